//! `GET /_matrix/client/versions`.

use std::future::ready;

use axum::extract::{FromRef, State};
use ruma::api::client::discovery::get_supported_versions::{Request, Response};

use crate::app::{Gated, People};
use crate::extract::Ruma;
use crate::respond::FixedResponse;
use crate::routes::{Route, Routes};

/// Registers the endpoint with its fixed answer. No token is read: a stale one must not keep a client from finding
/// out what the server is.
pub(super) fn register<S: Gated>(routes: Routes<S>, route: Route, advertised: Response) -> Routes<S>
where
    People: FromRef<S>,
{
    let advertised = FixedResponse::of(advertised).expect("names of versions and features are JSON");
    routes.ruma_with(route, move |_: State<People>, _: Ruma<Request>| ready(Ok(advertised.clone())))
}
