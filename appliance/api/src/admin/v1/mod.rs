//! `/_veche/admin/v1`.

use axum::extract::FromRef;

use crate::app::{Gated, Plugs};
use crate::routes::Routes;

pub mod reachability;

/// Registers the area.
pub(super) fn routes<S: Gated>(routes: Routes<S>) -> Routes<S>
where
    Plugs: FromRef<S>,
{
    reachability::routes(routes)
}
