//! Key backups. Every endpoint concerns the requester's own.

mod add_backup_keys;
mod add_backup_keys_for_room;
mod add_backup_keys_for_session;
mod create_backup_version;
mod delete_backup_keys;
mod delete_backup_keys_for_room;
mod delete_backup_keys_for_session;
mod delete_backup_version;
mod get_backup_info;
mod get_backup_keys;
mod get_backup_keys_for_room;
mod get_backup_keys_for_session;
mod get_latest_backup_info;
mod update_backup_version;

use std::collections::BTreeMap;

use ruma::{UInt, serde::Raw};
use serde_json::value::RawValue;
use veche_homeserver::e2ee::backup::BackupState;

use crate::{
    app::App,
    limits::Class,
    routes::{Route, Routes},
};

/// The area's endpoints.
pub(crate) fn routes(routes: Routes<App>) -> Routes<App> {
    let keys = Route::new().class(Class::Keys).keys_body();
    routes
        .ruma_with(keys, create_backup_version::create_backup_version)
        .ruma_with(keys.guests(), get_latest_backup_info::get_latest_backup_info)
        .ruma_with(keys, get_backup_info::get_backup_info)
        .ruma_with(keys, update_backup_version::update_backup_version)
        .ruma_with(keys, delete_backup_version::delete_backup_version)
        .ruma_with(keys, add_backup_keys::add_backup_keys)
        .ruma_with(keys, add_backup_keys_for_room::add_backup_keys_for_room)
        .ruma_with(keys, add_backup_keys_for_session::add_backup_keys_for_session)
        .ruma_with(keys, get_backup_keys::get_backup_keys)
        .ruma_with(keys, get_backup_keys_for_room::get_backup_keys_for_room)
        .ruma_with(keys, get_backup_keys_for_session::get_backup_keys_for_session)
        .ruma_with(keys, delete_backup_keys::delete_backup_keys)
        .ruma_with(keys, delete_backup_keys_for_room::delete_backup_keys_for_room)
        .ruma_with(keys, delete_backup_keys_for_session::delete_backup_keys_for_session)
}

/// The etag and count of an answer.
fn told(state: BackupState) -> (String, UInt) {
    (state.etag.to_string(), UInt::new_saturating(state.count))
}

/// Keys as they were uploaded.
fn taken<T>(keys: BTreeMap<String, Raw<T>>) -> BTreeMap<String, Box<RawValue>> {
    keys.into_iter().map(|(session, key)| (session, key.into_json())).collect()
}

/// Keys for an answer.
fn shown<T>(keys: BTreeMap<String, Box<RawValue>>) -> BTreeMap<String, Raw<T>> {
    keys.into_iter().map(|(session, key)| (session, Raw::from_json(key))).collect()
}
