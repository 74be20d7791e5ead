//! `GET /.well-known/matrix/server`: where other servers reach this one. Ruma's type is in its federation API.

use std::future::ready;

use axum::body::Body;
use axum::extract::{FromRef, State};
use axum::response::Response;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Method};
use serde_json::json;

use crate::access::Need;
use crate::app::{Gated, People};
use crate::error::ApiError;
use crate::extract::Plain;
use crate::routes::{Route, Routes};

/// Registers the endpoint.
pub(super) fn register<S: Gated>(routes: Routes<S>, route: Route) -> Routes<S>
where
    People: FromRef<S>,
{
    routes.plain(Method::GET, "/.well-known/matrix/server", Need::Nobody, route, discover_server)
}

async fn discover_server(State(people): State<People>, _: Plain) -> Result<Response, ApiError> {
    let address = people.gate.settings.server_address.as_deref();
    let address = ready(address).await.ok_or_else(|| ApiError::not_found("This server does not federate"))?;
    let mut answer = Response::new(Body::from(json!({ "m.server": address }).to_string()));
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(answer)
}
