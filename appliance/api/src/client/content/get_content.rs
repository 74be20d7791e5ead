//! `GET /_matrix/client/v1/media/download/{serverName}/{mediaId}`.

use axum::extract::State;
use axum::response::Response;
use ruma::api::client::authenticated_media::get_content::v1::Request;

use crate::app::App;
use crate::client::content::serve::serve;
use crate::error::ApiError;
use crate::extract::RumaStream;

/// A file, or the part of it that `Range` asks for.
pub(super) async fn get_content(State(app): State<App>, req: RumaStream<Request>) -> Result<Response, ApiError> {
    let Request { server_name, media_id, timeout_ms, .. } = &req.request.body;
    let found = app.homeserver.content.open(server_name, media_id, *timeout_ms).await?;
    Ok(serve(found, &req.headers))
}
