//! `GET /_matrix/client/v1/media/download/{serverName}/{mediaId}/{fileName}`.

use axum::extract::State;
use axum::response::Response;
use ruma::api::client::authenticated_media::get_content_as_filename::v1::Request;
use veche_homeserver::content::{FileName, Found};

use crate::app::App;
use crate::client::content::serve::serve;
use crate::client::sync::held::held;
use crate::error::ApiError;
use crate::extract::RumaStream;

/// A file under the name that the downloader wants.
pub(super) async fn get_content_as_filename(
    State(app): State<App>,
    req: RumaStream<Request>,
) -> Result<Response, ApiError> {
    let Request { server_name, media_id, filename, timeout_ms, .. } = &req.request.body;
    let name = FileName::parse(filename)?;
    let arrival = app.homeserver.content.open(server_name, media_id, *timeout_ms);
    let found = held(&app, &req.request.who, arrival).await?;
    Ok(serve(Found { name: Some(name.as_str().to_owned()), ..found }, &req.headers))
}
