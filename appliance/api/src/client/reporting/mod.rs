//! Reports to the administrators. Those about an event are in `rooms`: whoever reports it must be able to see it.

use axum::extract::FromRef;

use crate::app::{Gated, People};
use crate::routes::Routes;

mod report_room;
mod report_user;

/// Registers the area.
pub(super) fn routes<S: Gated>(routes: Routes<S>) -> Routes<S>
where
    People: FromRef<S>,
{
    routes.ruma(report_room::report_room).ruma(report_user::report_user)
}
