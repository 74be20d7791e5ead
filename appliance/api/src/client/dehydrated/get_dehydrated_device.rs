//! `GET /_matrix/client/unstable/org.matrix.msc3814.v1/dehydrated_device`.

use std::future::ready;

use axum::extract::State;
use ruma::{
    api::client::dehydrated_device::get_dehydrated_device::unstable::{Request, Response},
    serde::Raw,
};

use crate::{app::App, error::ApiError, extract::Ruma, respond::RumaResponse};

/// The dehydrated device, for a new device to wake up.
pub(super) async fn get_dehydrated_device(
    State(app): State<App>,
    req: Ruma<Request>,
) -> Result<RumaResponse<Response>, ApiError> {
    let (device_id, data) = ready(app.homeserver.parts.e2ee.fetch_dehydrated(req.sender())).await?;
    Ok(RumaResponse(Response::new(device_id, Raw::from_json(data))))
}
