//! Reports to the administrators.

use axum::extract::FromRef;

use crate::app::{Gated, People};
use crate::routes::Routes;

mod report_content;
mod report_room;
mod report_user;

/// Registers the area.
pub(super) fn routes<S: Gated>(routes: Routes<S>) -> Routes<S>
where
    People: FromRef<S>,
{
    routes.ruma(report_content::report_content).ruma(report_room::report_room).ruma(report_user::report_user)
}
