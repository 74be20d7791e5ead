//! The devices of one's own account.

use axum::extract::FromRef;
use ruma::api::client::device::Device as Shown;
use ruma::{MilliSecondsSinceUnixEpoch, UInt};
use veche_directory::Device;

use crate::app::{Gated, People};
use crate::limits::Class;
use crate::routes::{Route, Routes};

mod delete_device;
mod delete_devices;
mod get_device;
mod get_devices;
mod update_device;

/// Registers the area.
pub(super) fn routes<S: Gated>(routes: Routes<S>) -> Routes<S>
where
    People: FromRef<S>,
{
    let password = Route::new().class(Class::Login);
    routes
        .ruma(get_devices::get_devices)
        .ruma(get_device::get_device)
        .ruma(update_device::update_device)
        .ruma_with(password, delete_device::delete_device)
        .ruma_with(password, delete_devices::delete_devices)
}

fn shown(device: Device) -> Shown {
    let mut shown = Shown::new(device.device_id);
    shown.display_name = device.display_name;
    shown.last_seen_ip = device.last_seen_ip;
    shown.last_seen_ts = UInt::try_from(device.last_seen_ms).ok().map(MilliSecondsSinceUnixEpoch);
    shown
}
