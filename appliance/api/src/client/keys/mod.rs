//! End-to-end keys: of devices, one-time, and identities.

mod claim_keys;
mod get_key_changes;
mod get_keys;
mod upload_keys;
mod upload_signatures;
mod upload_signing_keys;

use std::collections::BTreeMap;

use ruma::{OwnedOneTimeKeyId, encryption::OneTimeKey, serde::Raw};
use serde_json::value::RawValue;

use crate::{
    app::App,
    limits::Class,
    routes::{Route, Routes},
};

/// The area's endpoints.
pub(crate) fn routes(routes: Routes<App>) -> Routes<App> {
    let keys = Route::new().class(Class::Keys).keys_body();
    routes
        .ruma_with(keys.guests(), upload_keys::upload_keys)
        .ruma_with(keys.guests(), get_keys::get_keys)
        .ruma_with(keys.guests(), claim_keys::claim_keys)
        .ruma_with(keys.guests(), get_key_changes::get_key_changes)
        .ruma_with(keys.guests(), upload_signing_keys::upload_signing_keys)
        .ruma_with(keys.guests(), upload_signatures::upload_signatures)
}

/// One-time or fallback keys, in the order in which they are to be handed out.
pub(super) fn one_time_keys(keys: BTreeMap<OwnedOneTimeKeyId, Raw<OneTimeKey>>) -> Vec<(String, Box<RawValue>)> {
    keys.into_iter().map(|(id, key)| (id.to_string(), key.into_json())).collect()
}
