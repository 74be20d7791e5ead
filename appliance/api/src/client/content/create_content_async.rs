//! `PUT /_matrix/media/v3/upload/{serverName}/{mediaId}`.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use ruma::api::client::media::create_content_async::v3::Request;

use crate::app::App;
use crate::client::content::{description, receive::receive};
use crate::error::ApiError;
use crate::extract::RumaStream;

/// Takes a file that was announced.
pub(super) async fn create_content_async(
    State(app): State<App>,
    req: RumaStream<Request>,
) -> Result<Response, ApiError> {
    let RumaStream { request, length, stream, .. } = req;
    let Request { server_name, media_id, content_type, filename, .. } = &request.body;
    let description = description(content_type.as_deref(), filename.as_deref())?;
    let content = &app.homeserver.content;
    let begun = content.begin_announced(request.sender(), server_name, media_id, length).await;
    let upload = receive(begun, stream).await?;
    content.finish(upload, description).await?;
    // ruma's answer, an empty object, cannot be made outside of ruma.
    Ok(axum::Json(serde_json::json!({})).into_response())
}
