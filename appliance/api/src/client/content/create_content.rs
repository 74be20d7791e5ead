//! `POST /_matrix/media/v3/upload`.

use axum::extract::State;
use ruma::api::client::media::create_content::v3::{Request, Response};

use crate::app::App;
use crate::client::content::{description, receive::receive};
use crate::error::ApiError;
use crate::extract::RumaStream;
use crate::respond::RumaResponse;

/// Takes a file and gives it an address.
pub(super) async fn create_content(
    State(app): State<App>,
    req: RumaStream<Request>,
) -> Result<RumaResponse<Response>, ApiError> {
    let RumaStream { request, length, stream, .. } = req;
    let description = description(request.body.content_type.as_deref(), request.body.filename.as_deref())?;
    let content = &app.homeserver.content;
    let upload = receive(content.begin(request.sender(), length).await, stream).await?;
    let media_id = content.finish(upload, description).await?;
    Ok(RumaResponse(Response::new(super::create_mxc_uri::address(&app, &media_id))))
}
