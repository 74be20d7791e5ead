//! Calls: where a client finds the SFU of this server, and what opens it to him.
//!
//! The same is asked in two ways. A client asks its homeserver, with its access token (MSC4143, MSC4195); and it asks the
//! service that stands beside a LiveKit server elsewhere, which knows nobody and believes a proof of the homeserver's
//! (`livekit_service_url`, as Element Call speaks it). Here both are one process, and the proof is looked at where it was
//! made. Bodies come in the forms of several revisions of the proposal; what a form does not know is passed over.
//!
//! Without an SFU there is no such service, and none of this is recognized.

mod bodies;
mod delegate_delayed_leave;
mod get_token;
mod healthz;
mod legacy_sfu_get;
mod signal;
mod transports;
mod twirp;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use axum::body::Body;
use axum::response::Response;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Method};
use serde_json::Value;
use veche_calls::Calls;

use crate::access::Need;
use crate::app::App;
use crate::error::ApiError;
use crate::routes::{Route, Routes};

/// Where the service stands that believes proofs.
const SERVICE: &str = "/livekit/jwt";
/// Where the SFU stands, to which LiveKit's clients add the path of their signaling.
const SFU: &str = "/livekit/sfu";

/// The area's endpoints.
pub(crate) fn routes(mut routes: Routes<App>) -> Routes<App> {
    let (post, get) = (Method::POST, Method::GET);
    let guests = Route::new().refuse_suspended().guests();
    for path in ["/_matrix/client/unstable/org.matrix.msc4143/rtc/transports", "/_matrix/client/v1/rtc/transports"] {
        routes = routes.plain(get.clone(), path, Need::User, Route::new().guests(), transports::transports);
    }
    for path in [
        "/_matrix/client/unstable/io.element.msc4195/rtc/livekit/get_token",
        "/_matrix/client/v1/rtc/livekit/get_token",
    ] {
        routes = routes.plain(post.clone(), path, Need::User, guests, get_token::get_token);
    }
    for path in [
        "/_matrix/client/unstable/io.element.msc4195/rtc/livekit/delegate_delayed_leave",
        "/_matrix/client/v1/rtc/livekit/delegate_delayed_leave",
    ] {
        routes = routes.plain(post.clone(), path, Need::User, guests, delegate_delayed_leave::delegate_delayed_leave);
    }
    let (nobody, open) = (Need::Nobody, Route::new());
    routes
        .plain(post.clone(), "/livekit/jwt/sfu/get", nobody, open, legacy_sfu_get::legacy_sfu_get)
        .plain(post.clone(), "/livekit/jwt/get_token", nobody, open, get_token::get_token_by_proof)
        .plain(
            post,
            "/livekit/jwt/delegate_delayed_leave",
            nobody,
            open,
            delegate_delayed_leave::delegate_delayed_leave_by_proof,
        )
        .plain(get.clone(), "/livekit/jwt/healthz", nobody, open, healthz::healthz)
        .plain(get.clone(), "/livekit/sfu/rtc/v1", nobody, open, signal::join)
        .plain(get.clone(), "/livekit/sfu/rtc/v1/validate", nobody, open, signal::validate)
        .plain(get.clone(), "/livekit/sfu/rtc", nobody, open, signal::join_with_parameters)
        .plain(get, "/livekit/sfu/rtc/validate", nobody, open, signal::validate)
        .plain(Method::POST, "/livekit/sfu/twirp/{service}/{method}", nobody, open.any_body(), twirp::serve)
}

/// The calls of this server, if it has any.
fn calls(app: &App) -> Result<&Arc<Calls>, ApiError> {
    app.plugs.calls.as_ref().filter(|calls| calls.is_open()).ok_or_else(ApiError::unrecognized)
}

/// Where clients find the service.
pub(crate) fn service_url(base_url: &str) -> String {
    format!("{base_url}{SERVICE}")
}

/// Where clients find the SFU: the same place, as a WebSocket.
fn sfu_url(app: &App) -> String {
    // `https` becomes `wss` and `http` becomes `ws`.
    let base_url = &app.gate.settings.base_url;
    let rest = base_url.strip_prefix("http").unwrap_or(base_url);
    format!("ws{rest}{SFU}")
}

fn answer(json: &Value) -> Response {
    let mut answer = Response::new(Body::from(json.to_string()));
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    answer
}
