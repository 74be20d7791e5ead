//! `PUT /_matrix/client/v3/sendToDevice/{eventType}/{txnId}`.

use axum::extract::State;
use ruma::{
    api::client::to_device::send_event_to_device::v3::{Request, Response},
    serde::Raw,
    to_device::DeviceIdOrAllDevices,
};
use veche_homeserver::e2ee::{Recipient, ToDeviceMessages};

use crate::{app::App, client::guests, error::ApiError, extract::Ruma, respond::RumaResponse};

/// Sends messages to devices; repeated with the same transaction id, it sends nothing. Guests write to the people of their
/// room.
pub(super) async fn send_event_to_device(
    State(app): State<App>,
    req: Ruma<Request>,
) -> Result<RumaResponse<Response>, ApiError> {
    let mut messages = ToDeviceMessages::new();
    let company = guests::company(&app, &req.who);
    for (user, contents) in &req.body.messages {
        if company.as_ref().is_some_and(|company| !company.contains(user)) {
            return Err(ApiError::guest());
        }
        let contents = contents.iter().map(|(device, content)| (recipient(device), Raw::json(content).to_owned()));
        messages.insert(user.clone(), contents.collect());
    }
    let (device, kind) = (&req.who.device_id, req.body.event_type.to_string());
    let e2ee = &app.homeserver.parts.e2ee;
    e2ee.send_to_device(req.sender(), device, &kind, req.body.txn_id.as_str(), messages).await?;
    Ok(RumaResponse(Response::new()))
}

fn recipient(device: &DeviceIdOrAllDevices) -> Recipient {
    match device {
        DeviceIdOrAllDevices::DeviceId(device) => Recipient::Device(device.clone()),
        DeviceIdOrAllDevices::AllDevices => Recipient::All,
    }
}
