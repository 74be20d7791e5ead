//! `POST /_matrix/client/unstable/org.matrix.msc3814.v1/dehydrated_device/{deviceId}/events`.

use std::future::ready;

use axum::extract::State;
use ruma::api::client::dehydrated_device::get_events::unstable::{Request, Response};
use veche_homeserver::sync::SyncToken;

use crate::{app::App, client::message::raws, error::ApiError, extract::Ruma, respond::RumaResponse};

/// The messages that came for the dehydrated device, page by page. The last page is the empty one.
pub(super) async fn get_events(State(app): State<App>, req: Ruma<Request>) -> Result<RumaResponse<Response>, ApiError> {
    let after = req.body.next_batch.as_deref().map(str::parse::<SyncToken>).transpose();
    let after = after.map_err(|error| ApiError::invalid_param(error.to_string()))?;
    let e2ee = &app.homeserver.parts.e2ee;
    let (events, next) = ready(e2ee.dehydrated_messages(req.sender(), &req.body.device_id, after)).await?;
    let mut response = Response::new(raws(events));
    response.next_batch = Some(next.to_string());
    Ok(RumaResponse(response))
}
