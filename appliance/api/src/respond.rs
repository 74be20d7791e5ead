//! What a handler gives back on success.

use axum::body::Body;
use axum::response::Response;
use bytes::BytesMut;
use ruma::api::{OutgoingResponse, OutgoingResponseExt};

use crate::error::ApiError;

/// A typed answer, serialized by ruma.
#[derive(Debug)]
pub struct RumaResponse<T>(pub T);

/// Anything a handler may answer with: a [`RumaResponse`], or a whole [`Response`] where the body is streamed.
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

impl Answer for Response {
    fn into_http(self) -> Result<Response, ApiError> {
        Ok(self)
    }
}
