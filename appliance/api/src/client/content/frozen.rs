//! The endpoints of `/_matrix/media/v3` that need no token. The specification has frozen them: content that came
//! after the freeze is not found there, and this server has no other.

#![expect(deprecated, reason = "that they are deprecated is the point")]

use std::future::ready;

use axum::extract::State;
use axum::response::Response;
use ruma::api::client::media::{
    get_content as content, get_content_as_filename as named, get_content_thumbnail as thumb,
};

use crate::app::App;
use crate::error::ApiError;
use crate::extract::Ruma;

/// `GET /_matrix/media/v3/download/{serverName}/{mediaId}`.
pub(super) async fn get_content(_: State<App>, _: Ruma<content::v3::Request>) -> Result<Response, ApiError> {
    ready(Err(frozen())).await
}

/// `GET /_matrix/media/v3/download/{serverName}/{mediaId}/{fileName}`.
pub(super) async fn get_content_as_filename(_: State<App>, _: Ruma<named::v3::Request>) -> Result<Response, ApiError> {
    ready(Err(frozen())).await
}

/// `GET /_matrix/media/v3/thumbnail/{serverName}/{mediaId}`.
pub(super) async fn get_content_thumbnail(_: State<App>, _: Ruma<thumb::v3::Request>) -> Result<Response, ApiError> {
    ready(Err(frozen())).await
}

fn frozen() -> ApiError {
    ApiError::not_found("Content is downloaded with a token, at /_matrix/client/v1/media")
}
