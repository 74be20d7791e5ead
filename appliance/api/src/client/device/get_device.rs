//! `GET /_matrix/client/v3/devices/{deviceId}`.

use std::future::ready;

use axum::extract::State;
use ruma::api::client::device::get_device::v3::{Request, Response};

use super::shown;
use crate::app::People;
use crate::error::ApiError;
use crate::extract::Ruma;
use crate::respond::RumaResponse;

/// One device of the account.
pub(super) async fn get_device(
    State(people): State<People>,
    req: Ruma<Request>,
) -> Result<RumaResponse<Response>, ApiError> {
    let device = ready(people.directory.device(req.sender(), &req.body.device_id)).await;
    let device = device.ok_or_else(|| ApiError::not_found("There is no such device"))?;
    Ok(RumaResponse(Response::new(shown(device))))
}
