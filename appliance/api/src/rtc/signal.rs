//! `GET /livekit/sfu/rtc/v1` and `/livekit/sfu/rtc`: where a client of LiveKit becomes a participant, by the newer protocol or
//! the older one; and `/validate` beside each, where it asks why it did not.
//!
//! What went wrong is told in plain text, as LiveKit's server does: clients show it.

use axum::body::Body;
use axum::extract::{Query, State};
use axum::response::Response;
use http::header::{
    AUTHORIZATION, CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION, UPGRADE, USER_AGENT,
};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, StatusCode};
use hyper::upgrade::OnUpgrade;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use crate::app::App;
use crate::error::ApiError;
use crate::extract::Plain;
use crate::signaling::{JoinWish, SignalingRefusal};

/// Lets a client into a call: the answer is a WebSocket on which it hears why, if it is not.
pub(super) async fn join(State(app): State<App>, req: Plain) -> Result<Response, ApiError> {
    let join_request = parameter(&req.parts, "join_request").unwrap_or_default();
    let_in(&app, req, JoinWish::JoinRequest(&join_request)).await
}

/// The same by the older protocol.
pub(super) async fn join_with_parameters(State(app): State<App>, req: Plain) -> Result<Response, ApiError> {
    let parameters = parameters(&req.parts);
    let_in(&app, req, JoinWish::Parameters(&parameters)).await
}

async fn let_in(app: &App, mut req: Plain, wish: JoinWish<'_>) -> Result<Response, ApiError> {
    let Some(signaling) = app.plugs.signaling.clone() else { return Err(ApiError::unrecognized()) };
    let parts = &mut req.parts;
    let (Some(key), Some(upgrade)) = (websocket_key(&parts.headers), parts.extensions.remove::<OnUpgrade>()) else {
        // A page that was opened by hand; clients take this for a server that does not know the path.
        return Ok(plain(StatusCode::NOT_FOUND, "this is for clients of LiveKit"));
    };
    let token = token(parts).unwrap_or_default();
    let browser = browser(&parts.headers);
    if let Err(refusal) = signaling.accept(&token, wish, browser, upgrade).await {
        return Ok(refused(refusal));
    }
    let mut answer = Response::new(Body::empty());
    *answer.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = answer.headers_mut();
    headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(SEC_WEBSOCKET_ACCEPT, key);
    Ok(answer)
}

/// The browser that asks, of those whose calls need care of their own.
fn browser(headers: &HeaderMap) -> Option<&'static str> {
    let agent = headers.get(USER_AGENT)?.to_str().ok()?;
    agent.contains("Firefox/").then_some("Firefox")
}

/// Says whether a token would open the call now.
pub(super) async fn validate(State(app): State<App>, req: Plain) -> Result<Response, ApiError> {
    let Some(signaling) = app.plugs.signaling.clone() else { return Err(ApiError::unrecognized()) };
    let token = token(&req.parts).unwrap_or_default();
    Ok(match signaling.check(&token).await {
        Ok(()) => plain(StatusCode::OK, "success"),
        Err(refusal) => refused(refusal),
    })
}

/// What answers the key of a WebSocket's request (RFC 6455 §4.2), if it is one.
fn websocket_key(headers: &HeaderMap) -> Option<HeaderValue> {
    let has = |name, word: &str| {
        let words = headers.get_all(name).into_iter().filter_map(|value| value.to_str().ok());
        words.flat_map(|value| value.split(',')).any(|given| given.trim().eq_ignore_ascii_case(word))
    };
    let is_one = has(CONNECTION, "upgrade") && has(UPGRADE, "websocket") && has(SEC_WEBSOCKET_VERSION, "13");
    let key = headers.get(SEC_WEBSOCKET_KEY).filter(|_| is_one)?;
    HeaderValue::from_str(&derive_accept_key(key.as_bytes())).ok()
}

/// Clients that can, send it in the header; browsers cannot.
fn token(parts: &Parts) -> Option<String> {
    let of_header = parts.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    of_header.map(str::to_owned).or_else(|| parameter(parts, "access_token"))
}

fn parameters(parts: &Parts) -> Vec<(String, String)> {
    Query::try_from_uri(&parts.uri).map(|Query(pairs)| pairs).unwrap_or_default()
}

fn parameter(parts: &Parts, name: &str) -> Option<String> {
    parameters(parts).into_iter().find(|(key, _)| key == name).map(|(_, value)| value)
}

fn refused(refusal: SignalingRefusal) -> Response {
    let status = match refusal {
        SignalingRefusal::Token => StatusCode::UNAUTHORIZED,
        SignalingRefusal::NotAnyMore => StatusCode::FORBIDDEN,
        SignalingRefusal::Request => StatusCode::BAD_REQUEST,
        SignalingRefusal::Busy => StatusCode::SERVICE_UNAVAILABLE,
    };
    plain(status, &refusal.to_string())
}

fn plain(status: StatusCode, text: &str) -> Response {
    let mut answer = Response::new(Body::from(text.to_owned()));
    *answer.status_mut() = status;
    answer.headers_mut().insert(http::header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    answer
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderValue, Request};

    use super::{parameter, token, websocket_key};

    #[test]
    fn a_websocket_is_told_from_a_page_that_was_opened_by_hand() {
        let mut headers = HeaderMap::new();
        assert_eq!(websocket_key(&headers), None);
        for (name, value) in [
            ("connection", "keep-alive, Upgrade"),
            ("upgrade", "WebSocket"),
            ("sec-websocket-version", "13"),
            ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
        ] {
            headers.insert(name, HeaderValue::from_static(value));
        }
        // The example of RFC 6455.
        assert_eq!(websocket_key(&headers).unwrap(), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
        headers.insert("sec-websocket-version", HeaderValue::from_static("8"));
        assert_eq!(websocket_key(&headers), None);
    }

    #[test]
    fn the_token_stands_in_the_header_or_in_the_address() {
        let ask = |uri: &str| Request::get(uri).body(()).unwrap().into_parts().0;
        let mut parts = ask("/rtc/v1?a=b&access_token=x.y%2Dz&join_request=AA%3D%3D");
        assert_eq!(token(&parts).as_deref(), Some("x.y-z"));
        assert_eq!(parameter(&parts, "join_request").as_deref(), Some("AA=="));
        parts.headers.insert("authorization", HeaderValue::from_static("Bearer header"));
        assert_eq!(token(&parts).as_deref(), Some("header"));
        assert_eq!(token(&ask("/rtc/v1")), None);
        assert_ne!(parameter(&ask("/rtc/v1?access_token=%FF"), "access_token").as_deref(), Some("%FF"));
    }
}
