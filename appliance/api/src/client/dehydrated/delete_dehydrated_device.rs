//! `DELETE /_matrix/client/unstable/org.matrix.msc3814.v1/dehydrated_device`.

use axum::extract::State;
use ruma::api::client::dehydrated_device::delete_dehydrated_device::unstable::{Request, Response};

use crate::{app::App, error::ApiError, extract::Ruma, respond::RumaResponse};

/// Deletes the dehydrated device with its keys and messages.
pub(super) async fn delete_dehydrated_device(
    State(app): State<App>,
    req: Ruma<Request>,
) -> Result<RumaResponse<Response>, ApiError> {
    let device_id = app.homeserver.parts.e2ee.delete_dehydrated(req.sender()).await?;
    Ok(RumaResponse(Response::new(device_id)))
}
