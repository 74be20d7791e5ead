//! `GET /_matrix/client/v1/media/download/{serverName}/{mediaId}`.

use axum::extract::State;
use axum::response::Response;
use ruma::api::client::authenticated_media::get_content::v1::Request;

use crate::app::App;
use crate::client::content::serve::serve;
use crate::client::sync::held::held;
use crate::error::ApiError;
use crate::extract::RumaStream;

/// A file, or the part of it that `Range` asks for. One that was announced is waited for.
pub(super) async fn get_content(State(app): State<App>, req: RumaStream<Request>) -> Result<Response, ApiError> {
    let Request { server_name, media_id, timeout_ms, .. } = &req.request.body;
    let arrival = app.homeserver.content.open(server_name, media_id, *timeout_ms);
    let found = held(&app, &req.request.who, arrival).await?;
    Ok(serve(found, &req.headers))
}
