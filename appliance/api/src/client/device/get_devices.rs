//! `GET /_matrix/client/v3/devices`.

use std::future::ready;

use axum::extract::State;
use ruma::api::client::device::get_devices::v3::{Request, Response};

use super::shown;
use crate::app::People;
use crate::error::ApiError;
use crate::extract::Ruma;
use crate::respond::RumaResponse;

/// All devices of the account.
pub(super) async fn get_devices(
    State(people): State<People>,
    req: Ruma<Request>,
) -> Result<RumaResponse<Response>, ApiError> {
    let devices = ready(people.directory.devices(req.sender())).await;
    Ok(RumaResponse(Response::new(devices.into_iter().map(shown).collect())))
}
