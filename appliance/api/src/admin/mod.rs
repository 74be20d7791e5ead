//! What administrators ask and do. Each version of it is a folder, each area a folder or a file in it, each endpoint a
//! file that begins with who may call it.

use axum::extract::FromRef;

use crate::app::{Gated, Plugs};
use crate::routes::Routes;

pub mod v1;

/// Registers the area.
pub(crate) fn routes<S: Gated>(routes: Routes<S>) -> Routes<S>
where
    Plugs: FromRef<S>,
{
    v1::routes(routes)
}
