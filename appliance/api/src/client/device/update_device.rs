//! `PUT /_matrix/client/v3/devices/{deviceId}`.

use axum::extract::State;
use ruma::api::client::device::update_device::v3::{Request, Response};

use crate::app::People;
use crate::error::ApiError;
use crate::extract::Ruma;
use crate::respond::RumaResponse;

/// Renames a device. A body without a name changes nothing, but the device must exist all the same.
pub(super) async fn update_device(
    State(people): State<People>,
    req: Ruma<Request>,
) -> Result<RumaResponse<Response>, ApiError> {
    let (user, device) = (req.sender(), &req.body.device_id);
    match req.body.display_name.clone() {
        Some(name) => people.directory.rename_device(user, device, Some(name)).await?,
        None if people.directory.device(user, device).is_some() => {}
        None => return Err(ApiError::not_found("There is no such device")),
    }
    Ok(RumaResponse(Response::new()))
}
