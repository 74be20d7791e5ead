//! The few endpoints under `/_synapse/admin` that tools everywhere expect; nothing else of Synapse's is imitated.

use axum::extract::FromRef;

use crate::app::{Gated, People};
use crate::routes::Routes;

mod register;

/// Registers the area.
pub(crate) fn routes<S: Gated>(routes: Routes<S>) -> Routes<S>
where
    People: FromRef<S>,
{
    register::routes(routes)
}
