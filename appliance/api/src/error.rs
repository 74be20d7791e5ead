//! The one shape in which a request is refused, and the one place that turns it into an answer.
//!
//! Each operation's own error is mapped to an [`ApiError`] by a `From` in this module's children, in a `match`
//! without wildcard. What went wrong inside is never told: it is logged under a random id, and the client gets the id.

use std::borrow::Cow;
use std::fmt::Display;
use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderValue, StatusCode};
use serde_json::{Map, Value};
use veche_base::{Entropy, random_token};

mod calls;
mod content;
mod delayed;
mod directory;
mod e2ee;
mod homeserver;
mod meetings;
mod personal;
mod public_rooms;
mod relations;
mod store;

/// Characters of the id that joins a client's "internal error" with the line in the log.
const INCIDENT_ID_CHARS: usize = 10;

/// Why a request is refused, in the terms of the Matrix client-server API.
#[derive(Debug)]
pub struct ApiError {
    /// The HTTP status.
    pub status: StatusCode,
    /// The `errcode`; none only where the answer asks for user-interactive authentication.
    pub errcode: Option<&'static str>,
    /// The `error` text for people. Never contains another user's data, a token or an inner error.
    pub message: Cow<'static, str>,
    /// Further fields of the answer: `soft_logout`, `retry_after_ms`, `flows` and the like.
    pub extra: Option<Box<Map<String, Value>>>,
    /// What went wrong inside; logged, never answered.
    cause: Option<Box<str>>,
}

impl ApiError {
    /// A refusal with this status and code.
    pub fn new(status: StatusCode, errcode: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self { status, errcode: Some(errcode), message: message.into(), extra: None, cause: None }
    }

    /// The same refusal with one more field in the answer.
    #[must_use]
    pub fn with(mut self, field: &str, value: impl Into<Value>) -> Self {
        self.extra.get_or_insert_default().insert(field.to_owned(), value.into());
        self
    }

    /// 400 with any code: the request itself is wrong.
    pub fn bad_request(errcode: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, errcode, message)
    }

    /// 400 `M_NOT_JSON`: the body is not JSON at all.
    pub fn not_json(message: impl Into<Cow<'static, str>>) -> Self {
        Self::bad_request("M_NOT_JSON", message)
    }

    /// 400 `M_BAD_JSON`: JSON, but not the JSON this endpoint takes.
    pub fn bad_json(message: impl Into<Cow<'static, str>>) -> Self {
        Self::bad_request("M_BAD_JSON", message)
    }

    /// 400 `M_INVALID_PARAM`: a value that cannot be.
    pub fn invalid_param(message: impl Into<Cow<'static, str>>) -> Self {
        Self::bad_request("M_INVALID_PARAM", message)
    }

    /// 400 `M_MISSING_PARAM`: a value that must be there.
    pub fn missing_param(message: impl Into<Cow<'static, str>>) -> Self {
        Self::bad_request("M_MISSING_PARAM", message)
    }

    /// 403 `M_FORBIDDEN`: who asks may not do this.
    pub fn forbidden(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "M_FORBIDDEN", message)
    }

    /// 404 `M_NOT_FOUND`: there is no such thing, or the one who asks may not know of it.
    pub fn not_found(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "M_NOT_FOUND", message)
    }

    /// 404 `M_UNRECOGNIZED`: no such endpoint. Clients' fallbacks key on exactly this answer.
    pub fn unrecognized() -> Self {
        Self::new(StatusCode::NOT_FOUND, "M_UNRECOGNIZED", "Unrecognized request")
    }

    /// 405 `M_UNRECOGNIZED`: the endpoint exists, with another method.
    pub fn method_not_allowed() -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "M_UNRECOGNIZED", "Unrecognized method for this endpoint")
    }

    /// 413 `M_TOO_LARGE`: more bytes than this endpoint takes.
    pub fn too_large() -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "M_TOO_LARGE", "The request is larger than this endpoint takes")
    }

    /// 429 `M_LIMIT_EXCEEDED`: too many of these; come back after `wait`.
    pub fn limit_exceeded(wait: Duration) -> Self {
        let wait_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX).max(1);
        Self::new(StatusCode::TOO_MANY_REQUESTS, "M_LIMIT_EXCEEDED", "Too many requests")
            .with("retry_after_ms", wait_ms)
    }

    /// 401 `M_MISSING_TOKEN`: the endpoint needs an access token.
    pub fn missing_token() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "M_MISSING_TOKEN", "Missing access token")
    }

    /// 401 `M_UNKNOWN_TOKEN`: the session is over; the client forgets it.
    pub fn unknown_token() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "M_UNKNOWN_TOKEN", "Unknown access token").with("soft_logout", false)
    }

    /// 401 `M_UNKNOWN_TOKEN` with `soft_logout`: the client keeps its keys and refreshes or signs in again.
    pub fn expired_token() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "M_UNKNOWN_TOKEN", "The access token has expired").with("soft_logout", true)
    }

    /// 401 `M_USER_LOCKED`: an administrator locked the account; the session survives.
    pub fn user_locked() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "M_USER_LOCKED", "This account is locked").with("soft_logout", true)
    }

    /// 403 `M_USER_SUSPENDED`: an administrator suspended the account; it may read and leave, not write.
    pub fn user_suspended() -> Self {
        Self::new(StatusCode::FORBIDDEN, "M_USER_SUSPENDED", "This account is suspended")
    }

    /// 403 `M_GUEST_ACCESS_FORBIDDEN`: guests may be in their room and its call, and nothing else.
    pub fn guest() -> Self {
        Self::new(StatusCode::FORBIDDEN, "M_GUEST_ACCESS_FORBIDDEN", "Guests may not do this")
    }

    /// 403 `M_FORBIDDEN`: the administrator has to show his password once more.
    pub fn fresh_proof_needed() -> Self {
        Self::forbidden("Show your password once more").with("reason", "fresh_proof_needed")
    }

    /// 403 `M_FORBIDDEN`: somebody who is signed in has not shown his own password.
    pub fn wrong_password() -> Self {
        Self::forbidden("This is not the password").with("reason", "wrong_password")
    }

    /// 500 `M_UNKNOWN`: our fault. `cause` goes to the log only.
    pub fn internal(cause: impl Display) -> Self {
        let mut error = Self::new(StatusCode::INTERNAL_SERVER_ERROR, "M_UNKNOWN", "Internal server error");
        error.cause = Some(cause.to_string().into_boxed_str());
        error
    }

    /// 503 `M_UNKNOWN`: not now (shutting down, disk full); nothing was changed. `cause` goes to the log only.
    pub fn unavailable(message: &'static str, cause: impl Display) -> Self {
        let mut error = Self::new(StatusCode::SERVICE_UNAVAILABLE, "M_UNKNOWN", message);
        error.cause = Some(cause.to_string().into_boxed_str());
        error
    }

    /// 503 `M_UNKNOWN` for a long poll that a shutdown ends: the client asks again, and then the next process answers.
    pub fn stopping() -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "M_UNKNOWN", "The server is restarting")
    }

    /// 401 with the fields of a user-interactive authentication and no code of its own.
    pub(crate) fn interactive(fields: Map<String, Value>) -> Self {
        Self {
            status: StatusCode::UNAUTHORIZED,
            errcode: None,
            message: Cow::Borrowed(""),
            extra: Some(Box::new(fields)),
            cause: None,
        }
    }

    /// The answer to the client; logs the cause, if there is one, under an id that the answer repeats.
    pub fn into_answer(self, entropy: &dyn Entropy) -> Response {
        let mut message = self.message;
        if let Some(cause) = self.cause {
            let incident = random_token(entropy, INCIDENT_ID_CHARS);
            tracing::error!(incident, status = self.status.as_u16(), cause = &*cause, "request failed inside");
            message = Cow::Owned(format!("{message} (incident {incident})"));
        }
        let mut fields = self.extra.map_or_else(Map::new, |extra| *extra);
        let wait_ms = fields.get("retry_after_ms").and_then(Value::as_u64);
        if let Some(errcode) = self.errcode {
            fields.insert("errcode".to_owned(), errcode.into());
            fields.insert("error".to_owned(), message.into_owned().into());
        }
        let mut answer = Response::new(Body::from(Value::Object(fields).to_string()));
        *answer.status_mut() = self.status;
        answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let Some(wait_ms) = wait_ms {
            answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from(wait_ms.div_ceil(1_000)));
        }
        answer
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use http_body_util::BodyExt;
    use serde_json::{Value, json};
    use veche_base::testing::SeededEntropy;

    use super::ApiError;

    async fn answered(error: ApiError) -> (u16, Option<String>, Value) {
        let answer = error.into_answer(&SeededEntropy::new(1));
        let status = answer.status().as_u16();
        let retry_after = answer.headers().get("retry-after").map(|value| value.to_str().unwrap().to_owned());
        let body = answer.into_body().collect().await.unwrap().to_bytes();
        (status, retry_after, serde_json::from_slice(&body).unwrap())
    }

    #[tokio::test]
    async fn errors_have_the_shape_of_the_specification() {
        let (status, _, body) = answered(ApiError::unknown_token()).await;
        assert_eq!(status, 401);
        assert_eq!(body, json!({"errcode": "M_UNKNOWN_TOKEN", "error": "Unknown access token", "soft_logout": false}));

        let (status, retry_after, body) = answered(ApiError::limit_exceeded(Duration::from_millis(1_500))).await;
        assert_eq!((status, retry_after.as_deref()), (429, Some("2")));
        assert_eq!(body["retry_after_ms"], 1_500);
        assert_eq!(body["errcode"], "M_LIMIT_EXCEEDED");
    }

    #[tokio::test]
    async fn inner_causes_are_answered_by_an_id_only() {
        let (status, _, body) = answered(ApiError::internal("no such column: password_hash")).await;
        assert_eq!((status, &body["errcode"]), (500, &json!("M_UNKNOWN")));
        let text = body["error"].as_str().unwrap();
        assert!(text.contains("incident ") && !text.contains("password_hash"), "{text}");
    }
}
