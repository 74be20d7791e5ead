//! The public keys of users, as somebody may see them.

use std::collections::BTreeMap;

use ruma::{DeviceId, OwnedDeviceId, OwnedUserId, UserId};
use serde_json::{
    json,
    value::{RawValue, to_raw_value},
};
use veche_store::{
    Error, Json,
    records::e2ee::{CrossSigningKeyKey, DeviceKeysKey, KeyPurpose, UserSignatureKey},
};

use super::E2ee;

/// Public keys, by user.
#[derive(Debug, Default)]
pub struct KeysOfUsers {
    /// Of devices.
    pub device_keys: BTreeMap<OwnedUserId, BTreeMap<OwnedDeviceId, Box<RawValue>>>,
    /// Identities.
    pub master_keys: BTreeMap<OwnedUserId, Box<RawValue>>,
    /// What signs devices.
    pub self_signing_keys: BTreeMap<OwnedUserId, Box<RawValue>>,
    /// What signs identities; the reader's own only.
    pub user_signing_keys: BTreeMap<OwnedUserId, Box<RawValue>>,
}

impl E2ee {
    /// The keys of users: of all their devices, or of those named. Users who do not exist here are absent.
    pub fn query_keys(
        &self,
        reader: &UserId,
        wanted: &BTreeMap<OwnedUserId, Vec<OwnedDeviceId>>,
    ) -> Result<KeysOfUsers, Error> {
        let mut found = KeysOfUsers::default();
        for (user, devices) in wanted {
            if !self.core.is_local(user) || !self.core.directory.is_active(user) {
                continue;
            }
            found.device_keys.insert(user.clone(), self.shown_devices(user, devices)?);
            if let Some(master) = self.shown_master_key(reader, user)? {
                found.master_keys.insert(user.clone(), master);
            }
            if let Some(key) = self.shown_key(user, KeyPurpose::SelfSigning)? {
                found.self_signing_keys.insert(user.clone(), key);
            }
            if reader == user
                && let Some(key) = self.shown_key(user, KeyPurpose::UserSigning)?
            {
                found.user_signing_keys.insert(user.clone(), key);
            }
        }
        Ok(found)
    }

    fn shown_devices(
        &self,
        user: &UserId,
        wanted: &[OwnedDeviceId],
    ) -> Result<BTreeMap<OwnedDeviceId, Box<RawValue>>, Error> {
        let mut names: BTreeMap<OwnedDeviceId, Option<String>> =
            self.core.directory.devices(user).into_iter().map(|it| (it.device_id, it.display_name)).collect();
        names.extend(self.dehydrated(user)?.map(|it| (it.device_id, it.display_name)));
        let mut shown = BTreeMap::new();
        for row in self.core.store.scan::<DeviceKeysKey>((user,)) {
            let (key, json) = row?;
            // Keys of a device that is not there any more wait for their removal.
            let Some(name) = names.get(&key.device) else { continue };
            if wanted.is_empty() || wanted.contains(&key.device) {
                let named = with_name(&json, &key.device, name.as_deref())?;
                shown.insert(key.device, named);
            }
        }
        Ok(shown)
    }

    fn shown_key(&self, user: &UserId, purpose: KeyPurpose) -> Result<Option<Box<RawValue>>, Error> {
        let key = CrossSigningKeyKey { user: user.to_owned(), purpose };
        self.core.store.get(&key)?.map(|json| raw(&json, user.as_str())).transpose()
    }

    /// A master key with the reader's own signature on it, if there is one.
    fn shown_master_key(&self, reader: &UserId, user: &UserId) -> Result<Option<Box<RawValue>>, Error> {
        let at = UserSignatureKey { signer: reader.to_owned(), target: user.to_owned() };
        let Some(signature) = self.core.store.get(&at)? else { return self.shown_key(user, KeyPurpose::Master) };
        let Some(mut master) = self.cross_signing_key(user, KeyPurpose::Master)? else { return Ok(None) };
        if master.only_key().is_some_and(|(id, _)| id == signature.target_key) {
            master.add_signature(reader, &signature.signing_key, &signature.signature);
        }
        raw(&master.to_json(), user.as_str()).map(Some)
    }
}

fn raw(json: &Json, what: &str) -> Result<Box<RawValue>, Error> {
    json.raw().map_err(|error| Error::corrupt("key", what, &error.to_string()))
}

/// Device keys with the name that their owner gave the device, beside what is signed.
fn with_name(json: &Json, device: &DeviceId, name: Option<&str>) -> Result<Box<RawValue>, Error> {
    let Some(name) = name else { return raw(json, device.as_str()) };
    let corrupt = |error: String| Error::corrupt("DeviceKeysKey", device.as_str(), &error);
    let mut keys: BTreeMap<String, Box<RawValue>> = json.parse().map_err(|error| corrupt(error.to_string()))?;
    let unsigned = to_raw_value(&json!({ "device_display_name": name })).map_err(|error| corrupt(error.to_string()))?;
    keys.insert("unsigned".to_owned(), unsigned);
    to_raw_value(&keys).map_err(|error| corrupt(error.to_string()))
}
