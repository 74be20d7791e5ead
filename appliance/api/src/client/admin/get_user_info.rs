//! `GET /_matrix/client/v3/admin/whois/{userId}`.

use std::future::ready;

use axum::extract::State;
use ruma::api::client::admin::get_user_info::v3::{ConnectionInfo, DeviceInfo, Request, Response, SessionInfo};
use ruma::{MilliSecondsSinceUnixEpoch, UInt};
use veche_directory::{Device, Grant};

use super::account;
use crate::app::People;
use crate::error::ApiError;
use crate::extract::Ruma;
use crate::respond::RumaResponse;

/// From where, when and with which program each device of an account was last used. For its owner and administrators.
pub(super) async fn get_user_info(
    State(people): State<People>,
    req: Ruma<Request>,
) -> Result<RumaResponse<Response>, ApiError> {
    let user = &req.body.user_id;
    if *user != req.who.user_id {
        req.who.authority()?.must(Grant::Users)?;
        account(&people, user)?;
    }
    let devices = ready(people.directory.devices(user)).await;
    let mut response = Response::new();
    response.user_id = Some(user.clone());
    response.devices = devices.into_iter().map(|device| (device.device_id.to_string(), shown(device))).collect();
    Ok(RumaResponse(response))
}

/// A device has one session here, and of that the last use is known.
fn shown(device: Device) -> DeviceInfo {
    let mut connection = ConnectionInfo::new();
    connection.ip = device.last_seen_ip;
    connection.last_seen = UInt::try_from(device.last_seen_ms).ok().map(MilliSecondsSinceUnixEpoch);
    connection.user_agent = device.last_seen_agent;
    let mut session = SessionInfo::new();
    session.connections = vec![connection];
    let mut info = DeviceInfo::new();
    info.sessions = vec![session];
    info
}
