//! What a handler gives back on success.

use axum::body::Body;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use ruma::api::{OutgoingResponse, OutgoingResponseExt};

use crate::error::ApiError;

/// A typed answer, serialized by ruma.
#[derive(Debug)]
pub struct RumaResponse<T>(pub T);

/// Anything a handler may answer with: a [`RumaResponse`], a [`FixedResponse`], or a whole [`Response`] where the body is
/// streamed.
pub trait Answer: Send + 'static {
    /// Serializes the answer; a failure is ours, never the client's.
    fn into_http(self) -> Result<Response, ApiError>;
}

impl<T: OutgoingResponse + Send + 'static> Answer for RumaResponse<T> {
    fn into_http(self) -> Result<Response, ApiError> {
        let answer = self.0.try_into_http_response::<BytesMut>().map_err(ApiError::internal)?;
        Ok(answer.map(|body| Body::from(body.freeze())))
    }
}

/// An answer that is the same for everybody, serialized once. Clones share its bytes.
#[derive(Clone, Debug)]
pub struct FixedResponse {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

impl FixedResponse {
    /// Serializes the answer; a failure is ours.
    pub fn of(answer: impl OutgoingResponse) -> Result<Self, ApiError> {
        let (parts, body) = answer.try_into_http_response::<BytesMut>().map_err(ApiError::internal)?.into_parts();
        Ok(Self { status: parts.status, headers: parts.headers, body: body.freeze() })
    }
}

impl Answer for FixedResponse {
    fn into_http(self) -> Result<Response, ApiError> {
        let mut answer = Response::new(Body::from(self.body));
        *answer.status_mut() = self.status;
        *answer.headers_mut() = self.headers;
        Ok(answer)
    }
}

impl Answer for Response {
    fn into_http(self) -> Result<Response, ApiError> {
        Ok(self)
    }
}

/// The answer with something that is dropped when the connection has taken all of the answer over, or will not.
pub(crate) fn carrying<T: Send + 'static>(answer: Response, load: T) -> Response {
    // The closure owns the load and the body owns the closure. Its length stays known, and no error is changed.
    answer.map(|body| {
        Body::new(body.map_err(move |error| {
            let _load = &load;
            error
        }))
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use axum::body::HttpBody;

    use super::*;

    #[tokio::test]
    async fn what_an_answer_carries_goes_with_its_last_byte() {
        let load = Arc::new(());
        let answer = carrying(Response::new(Body::from("body")), Arc::clone(&load));
        assert_eq!(answer.body().size_hint().exact(), Some(4), "the length is not known any more");
        assert_eq!(Arc::strong_count(&load), 2);
        let bytes = answer.into_body().collect().await.unwrap().to_bytes();
        assert_eq!((&bytes[..], Arc::strong_count(&load)), (&b"body"[..], 1));
    }
}
