//! `GET /_matrix/client/v1/media/thumbnail/{serverName}/{mediaId}`.

use axum::extract::State;
use axum::response::Response;
use ruma::UInt;
use ruma::api::client::authenticated_media::get_content_thumbnail::v1::Request;
use ruma::media::Method;
use veche_homeserver::content::ThumbnailSize;

use crate::app::App;
use crate::client::content::serve::serve;
use crate::client::sync::held::held;
use crate::error::ApiError;
use crate::extract::RumaStream;

/// A small version of an image. It never moves, so `animated` changes nothing.
pub(super) async fn get_content_thumbnail(
    State(app): State<App>,
    req: RumaStream<Request>,
) -> Result<Response, ApiError> {
    let Request { server_name, media_id, method, width, height, timeout_ms, .. } = &req.request.body;
    let crop = match method {
        None | Some(Method::Scale) => false,
        Some(Method::Crop) => true,
        Some(_) => return Err(ApiError::invalid_param("A thumbnail is cropped or scaled")),
    };
    let wanted = ThumbnailSize { width: pixels(*width), height: pixels(*height), crop };
    let arrival = app.homeserver.content.thumbnail(server_name, media_id, wanted, *timeout_ms);
    let found = held(&app, &req.request.who, arrival).await?;
    Ok(serve(found, &req.headers))
}

fn pixels(length: UInt) -> u32 {
    u32::try_from(u64::from(length)).unwrap_or(u32::MAX)
}
