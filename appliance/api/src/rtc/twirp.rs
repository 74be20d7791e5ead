//! `POST /livekit/sfu/twirp/livekit.RoomService/{method}`: LiveKit's API for servers, by which a call is administered, where
//! its SDKs look for it beside the signaling. Errors are Twirp's, so that they reach the caller as LiveKit's own do.

use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::request::Parts;
use http::{HeaderMap, HeaderValue};
use serde_json::json;

use crate::app::App;
use crate::error::ApiError;
use crate::extract::Plain;
use crate::room_service::{TwirpCode, TwirpError, TwirpRequest};

/// The only service.
const SERVICE: &str = "livekit.RoomService";
const PROTOBUF: &str = "application/protobuf";
const JSON: &str = "application/json";

/// Does what is asked of a call.
pub(super) async fn serve(State(app): State<App>, req: Plain) -> Result<Response, ApiError> {
    let Some(rooms) = app.plugs.rooms.clone() else { return Err(ApiError::unrecognized()) };
    let [service, method] = req.args.as_slice() else { return Err(ApiError::unrecognized()) };
    if service != SERVICE {
        return Ok(refused(&TwirpError::new(TwirpCode::BadRoute, "there is no such service")));
    }
    let Some(is_json) = is_json(&req.parts.headers) else {
        return Ok(refused(&TwirpError::new(TwirpCode::BadRoute, "the body is neither protobuf nor JSON")));
    };
    let request = TwirpRequest { method, token: token(&req.parts).unwrap_or_default(), is_json, body: &req.bytes };
    Ok(match rooms.serve(request).await {
        Ok(body) => with_type(Response::new(Body::from(body)), if is_json { JSON } else { PROTOBUF }),
        Err(error) => refused(&error),
    })
}

/// Whether the body is JSON, or protobuf; nothing if it is neither.
fn is_json(headers: &HeaderMap) -> Option<bool> {
    let kind = headers.get(CONTENT_TYPE)?.to_str().ok()?;
    match kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase().as_str() {
        JSON => Some(true),
        PROTOBUF => Some(false),
        _ => None,
    }
}

fn token(parts: &Parts) -> Option<&str> {
    parts.headers.get(AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")
}

fn refused(error: &TwirpError) -> Response {
    let body = json!({ "code": error.code.name(), "msg": error.message });
    let mut answer = Response::new(Body::from(body.to_string()));
    *answer.status_mut() = error.code.status();
    with_type(answer, JSON)
}

fn with_type(mut answer: Response, kind: &'static str) -> Response {
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    answer
}

#[cfg(test)]
mod tests {
    use http::header::CONTENT_TYPE;
    use http::{HeaderMap, HeaderValue};

    use super::is_json;

    #[test]
    fn bodies_are_protobuf_or_json_and_nothing_else() {
        let told =
            |kind: &'static str| is_json(&HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(kind))]));
        assert_eq!(told("application/protobuf"), Some(false));
        assert_eq!(told("Application/JSON; charset=utf-8"), Some(true));
        assert_eq!(told("text/plain"), None);
        assert_eq!(is_json(&HeaderMap::new()), None);
    }
}
