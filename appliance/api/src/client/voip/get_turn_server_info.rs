//! `GET /_matrix/client/v3/voip/turnServer`.

use std::future::ready;

use axum::body::Body;
use axum::extract::State;
use axum::response::Response as HttpResponse;
use http::HeaderValue;
use http::header::CONTENT_TYPE;
use ruma::api::client::voip::get_turn_server_info::v3::{Request, Response};

use crate::app::Plugs;
use crate::error::ApiError;
use crate::extract::Ruma;
use crate::respond::{Answer, RumaResponse};

/// Where the relay is and what opens it; an empty object, as other servers answer, if there is none. For every user whose
/// session has not ended meanwhile: his next request tells him that it has.
pub(super) async fn get_turn_server_info(
    State(plugs): State<Plugs>,
    req: Ruma<Request>,
) -> Result<HttpResponse, ApiError> {
    let Some(relay) = plugs.relay else { return ready(Ok(nothing())).await };
    let given = relay.credentials(&req.who);
    // Looked at after they were made: the relay bars what was made before a session ended, and knows nothing of later.
    if req.who.is_revoked() {
        return Ok(nothing());
    }
    RumaResponse(Response::new(given.username, given.password.into_exposed(), given.uris, given.ttl)).into_http()
}

/// ruma's type cannot say that there is no relay.
fn nothing() -> HttpResponse {
    let mut answer = HttpResponse::new(Body::from("{}"));
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    answer
}
