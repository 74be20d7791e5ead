//! `GET /api/admin/v1/users/{userId}/devices`. Who may call it: administrators who look after users.

use std::future::ready;

use axum::extract::State;
use schemars::JsonSchema;
use serde::Serialize;

use super::super::target;
use crate::app::App;
use crate::error::ApiError;
use crate::typed::{Asked, Json};

/// The devices of an account, in the order in which they signed in.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Devices")]
pub(in super::super) struct Devices {
    devices: Vec<DeviceShown>,
}

/// A device that is signed in.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Device")]
struct DeviceShown {
    device_id: String,
    display_name: Option<String>,
    last_seen_ms: u64,
    last_seen_ip: Option<String>,
    /// What the client calls itself.
    last_seen_agent: Option<String>,
}

/// The devices of an account.
pub(in super::super) async fn list(State(app): State<App>, asked: Asked) -> Result<Json<Devices>, ApiError> {
    let user = ready(target(&app, &asked)).await?;
    let devices = app.directory.devices(&user).into_iter().map(|device| DeviceShown {
        device_id: device.device_id.to_string(),
        display_name: device.display_name,
        last_seen_ms: device.last_seen_ms,
        last_seen_ip: device.last_seen_ip,
        last_seen_agent: device.last_seen_agent,
    });
    Ok(Json(Devices { devices: devices.collect() }))
}
