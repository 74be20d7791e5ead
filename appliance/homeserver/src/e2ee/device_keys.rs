//! What a device uploads: its identity keys, one-time keys and fallback keys.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use ruma::{DeviceId, OwnedDeviceId, OwnedUserId, UserId};
use serde_json::value::RawValue;
use veche_base::limits::{ID_BYTES_MAX, ONE_TIME_KEYS_PER_DEVICE_MAX};
use veche_store::{
    Change, Error, Json, Txn,
    records::e2ee::{
        ClaimedKeyKey, CrossSigningKeyKey, DeviceKeysKey, FallbackKey, FallbackKeyKey, KeyPurpose, OneTimeKey,
        OneTimeKeyKey,
    },
};

use super::{E2ee, changes, recent::Recent, signed::Signed};

/// A device's identity keys. Real ones have well under one kilobyte.
const DEVICE_KEYS_BYTES_MAX: usize = 16 * 1_024;
/// One one-time key. Real ones have a quarter of a kilobyte.
const ONE_TIME_KEY_BYTES_MAX: usize = 4 * 1_024;
/// Fallback keys of one device; there is one for each algorithm.
const FALLBACK_KEYS_MAX: usize = 10;

/// Claimed keys of one device that are remembered, so that a repeated upload does not bring them back.
const CLAIMED_KEYS_MAX: usize = 10 * ONE_TIME_KEYS_PER_DEVICE_MAX;

/// Why keys were not taken.
#[derive(Debug, thiserror::Error)]
pub enum UploadKeysError {
    /// The keys name another user or device than the one who uploads them.
    #[error("these keys are not those of the device that uploads them")]
    NotYours,
    /// A signature is missing or wrong.
    #[error("{0} is not signed by this device")]
    BadSignature(String),
    /// Something is not a key of the kind it should be.
    #[error("{0}")]
    Invalid(String),
    /// A one-time key with this id and other content is there already. Clients know this sentence.
    #[error("One time key {key_id} already exists. Old key: {old}; new key: {new}")]
    Exists {
        /// Algorithm and id.
        key_id: String,
        /// The key that stays.
        old: String,
        /// The key that was refused.
        new: String,
    },
    /// More keys than a device may have.
    #[error("a device may have {ONE_TIME_KEYS_PER_DEVICE_MAX} one-time keys")]
    TooMany,
    /// The store failed or refused.
    #[error(transparent)]
    Internal(#[from] Error),
}

/// What a device uploads; everything is optional.
#[derive(Debug, Default)]
pub struct KeysUpload {
    /// Its identity keys.
    pub device_keys: Option<Box<RawValue>>,
    /// One-time keys by algorithm and id, in the order in which they are to be handed out.
    pub one_time_keys: Vec<(String, Box<RawValue>)>,
    /// Fallback keys by algorithm and id.
    pub fallback_keys: Vec<(String, Box<RawValue>)>,
}

/// An upload whose signatures are good, ready for the commit.
pub(super) struct VerifiedUpload {
    user: OwnedUserId,
    device: OwnedDeviceId,
    device_keys: Option<Signed>,
    one_time_keys: Vec<OneTimeKey>,
    fallback_keys: Vec<OneTimeKey>,
}

impl E2ee {
    /// Takes the keys of a device and answers how many one-time keys it has now, by algorithm.
    pub async fn upload_keys(
        &self,
        user: &UserId,
        device: &DeviceId,
        upload: KeysUpload,
    ) -> Result<BTreeMap<String, u64>, UploadKeysError> {
        let verified = self.verify_upload(user, device, upload)?;
        let recent = Arc::clone(&self.recent);
        let changed = self.core.store.commit(move |txn| verified.write(txn, &recent)).await?;
        if changed {
            self.wake_sharers(user);
        }
        if !self.is_device(user, device)? {
            // The device was signed out meanwhile, and nobody would take these keys away again.
            self.forget_device(user, device).await?;
        }
        Ok(self.key_stock(user, device)?.one_time_keys.clone())
    }

    /// Checks everything in an upload that does not depend on what is stored at the moment of the commit.
    pub(super) fn verify_upload(
        &self,
        user: &UserId,
        device: &DeviceId,
        upload: KeysUpload,
    ) -> Result<VerifiedUpload, UploadKeysError> {
        if upload.one_time_keys.len() > ONE_TIME_KEYS_PER_DEVICE_MAX || upload.fallback_keys.len() > FALLBACK_KEYS_MAX {
            return Err(UploadKeysError::TooMany);
        }
        let device_keys = upload.device_keys.map(|keys| self.verify_device_keys(user, device, &keys)).transpose()?;
        let stored = self.device_keys(user, device)?;
        let signing_key = device_keys.as_ref().or(stored.as_ref()).and_then(|keys| keys.key(&ed25519(device)));
        let verify = |(key_id, json): (String, Box<RawValue>)| {
            let Some(signing_key) = signing_key else {
                return Err(UploadKeysError::Invalid("upload the keys of the device first".to_owned()));
            };
            verify_one_time_key(user, device, signing_key, key_id, &json)
        };
        let one_time_keys = upload.one_time_keys.into_iter().map(verify).collect::<Result<_, _>>()?;
        let fallback_keys = upload.fallback_keys.into_iter().map(verify).collect::<Result<_, _>>()?;
        Ok(VerifiedUpload {
            user: user.to_owned(),
            device: device.to_owned(),
            one_time_keys,
            fallback_keys,
            device_keys,
        })
    }

    fn verify_device_keys(&self, user: &UserId, device: &DeviceId, json: &RawValue) -> Result<Signed, UploadKeysError> {
        let invalid = |why: &str| UploadKeysError::Invalid(why.to_owned());
        if json.get().len() > DEVICE_KEYS_BYTES_MAX {
            return Err(invalid("the device keys are too large"));
        }
        let mut keys = Signed::parse(json).ok_or_else(|| invalid("the device keys are not canonical JSON"))?;
        if keys.text("user_id") != Some(user.as_str()) || keys.text("device_id") != Some(device.as_str()) {
            return Err(UploadKeysError::NotYours);
        }
        if !keys.is_text_list("algorithms") || keys.keys().is_none() {
            return Err(invalid("the device keys need algorithms and keys"));
        }
        let key_id = ed25519(device);
        let signing_key = keys.key(&key_id).ok_or_else(|| invalid("the device has no ed25519 key"))?;
        if !keys.is_signed_by(user, &key_id, signing_key) {
            return Err(UploadKeysError::BadSignature("the device".to_owned()));
        }
        // The owner's self-signing key may have signed the device before it uploads its keys.
        let self_signing = self.cross_signing_key(user, KeyPurpose::SelfSigning)?;
        let voucher = self_signing.as_ref().and_then(Signed::only_key);
        let vouched = voucher.filter(|(id, key)| keys.is_signed_by(user, id, key)).map(|(id, _)| id);
        keys.retain_signatures(|by, id| by == user.as_str() && (id == key_id || Some(id) == vouched));
        Ok(keys)
    }

    /// The stored identity keys of a device.
    pub(super) fn device_keys(&self, user: &UserId, device: &DeviceId) -> Result<Option<Signed>, Error> {
        let key = DeviceKeysKey { user: user.to_owned(), device: device.to_owned() };
        self.core.store.get(&key)?.map(|json| Signed::stored(&json)).transpose()
    }

    /// A stored cross-signing key.
    pub(super) fn cross_signing_key(&self, user: &UserId, purpose: KeyPurpose) -> Result<Option<Signed>, Error> {
        let key = CrossSigningKeyKey { user: user.to_owned(), purpose };
        self.core.store.get(&key)?.map(|json| Signed::stored(&json)).transpose()
    }
}

/// The id of a device's signing key.
pub(super) fn ed25519(device: &DeviceId) -> String {
    format!("ed25519:{device}")
}

fn verify_one_time_key(
    user: &UserId,
    device: &DeviceId,
    signing_key: &str,
    key_id: String,
    json: &RawValue,
) -> Result<OneTimeKey, UploadKeysError> {
    if key_id.len() > ID_BYTES_MAX || json.get().len() > ONE_TIME_KEY_BYTES_MAX || !key_id.contains(':') {
        return Err(UploadKeysError::Invalid("this cannot be a one-time key".to_owned()));
    }
    let Some(key) = Signed::parse(json).filter(|key| key.text("key").is_some()) else {
        return Err(UploadKeysError::Invalid(format!("{key_id} is not a signed one-time key")));
    };
    if !key.is_signed_by(user, &ed25519(device), signing_key) {
        return Err(UploadKeysError::BadSignature(key_id));
    }
    Ok(OneTimeKey { key_id, json: key.to_json() })
}

impl VerifiedUpload {
    /// Writes the upload. Answers whether others have to hear of it.
    pub(super) fn write(self, txn: &mut Txn, recent: &Recent) -> Result<bool, UploadKeysError> {
        let Self { user, device, device_keys, one_time_keys, fallback_keys } = self;
        let changed = match device_keys {
            Some(keys) => write_device_keys(txn, &user, &device, keys)?,
            None => false,
        };
        let mut restocked = write_one_time_keys(txn, &user, &device, one_time_keys)?;
        for key in fallback_keys {
            restocked |= write_fallback_key(txn, &user, &device, key)?;
        }
        if changed {
            changes::note(txn, recent, &user, None)?;
        }
        if changed || restocked {
            txn.change(Change::Device(user, device));
        }
        Ok(changed)
    }
}

/// Answers whether the keys or their signatures are new.
fn write_device_keys(txn: &mut Txn, user: &UserId, device: &DeviceId, mut keys: Signed) -> Result<bool, Error> {
    let key = DeviceKeysKey { user: user.to_owned(), device: device.to_owned() };
    if let Some(before) = txn.get(&key)? {
        let before = Signed::stored(&before)?;
        if before.has_content_of(&keys) {
            keys.add_signatures_of(user, &before);
            if keys == before {
                return Ok(false);
            }
        } else {
            // Another identity: what the old one signed is of no use to anybody.
            txn.delete_prefix::<OneTimeKeyKey>((user, device))?;
            txn.delete_prefix::<FallbackKeyKey>((user, device))?;
            txn.delete_prefix::<ClaimedKeyKey>((user, device))?;
        }
    }
    txn.put(&key, &keys.to_json());
    Ok(true)
}

fn write_one_time_keys(
    txn: &mut Txn,
    user: &UserId,
    device: &DeviceId,
    keys: Vec<OneTimeKey>,
) -> Result<bool, UploadKeysError> {
    if keys.is_empty() {
        return Ok(false);
    }
    let stored = txn.scan::<OneTimeKeyKey>((user, device))?;
    let by_id: BTreeMap<&str, &Json> = stored.iter().map(|(_, key)| (key.key_id.as_str(), &key.json)).collect();
    let (mut fresh, mut known) = (Vec::new(), BTreeSet::new());
    for key in keys {
        let claimed = ClaimedKeyKey { user: user.to_owned(), device: device.to_owned(), key_id: key.key_id.clone() };
        match by_id.get(key.key_id.as_str()) {
            Some(old) if old.0 != key.json.0 => {
                let text = |json: &Json| String::from_utf8_lossy(&json.0).into_owned();
                return Err(UploadKeysError::Exists { old: text(old), new: text(&key.json), key_id: key.key_id });
            }
            Some(_) => _ = known.insert(key.key_id),
            None if txn.contains(&claimed)? => _ = known.insert(key.key_id),
            None => fresh.push(key),
        }
    }
    if stored.len() + fresh.len() > ONE_TIME_KEYS_PER_DEVICE_MAX {
        return Err(UploadKeysError::TooMany);
    }
    // All of it is new, so the device has seen our answer to its last upload and will not repeat it. And no device
    // repeats a key of so many claims ago.
    if known.is_empty() || txn.scan::<ClaimedKeyKey>((user, device))?.len() > CLAIMED_KEYS_MAX {
        txn.delete_prefix::<ClaimedKeyKey>((user, device))?;
    }
    let restocked = !fresh.is_empty();
    for key in fresh {
        let algorithm = algorithm_of(&key.key_id).to_owned();
        let position = txn.next_position();
        let at = OneTimeKeyKey { user: user.to_owned(), device: device.to_owned(), algorithm, position };
        txn.put(&at, &key);
    }
    Ok(restocked)
}

fn write_fallback_key(
    txn: &mut Txn,
    user: &UserId,
    device: &DeviceId,
    key: OneTimeKey,
) -> Result<bool, UploadKeysError> {
    let algorithm = algorithm_of(&key.key_id).to_owned();
    let at = FallbackKeyKey { user: user.to_owned(), device: device.to_owned(), algorithm };
    match txn.get(&at)? {
        Some(before) if before.key_id == key.key_id && before.json == key.json => return Ok(false),
        Some(_) => {}
        None if txn.scan::<FallbackKeyKey>((user, device))?.len() >= FALLBACK_KEYS_MAX => {
            return Err(UploadKeysError::TooMany);
        }
        None => {}
    }
    txn.put(&at, &FallbackKey { key_id: key.key_id, used: false, json: key.json });
    Ok(true)
}

/// The part of a key id before the colon.
fn algorithm_of(key_id: &str) -> &str {
    key_id.split_once(':').map_or(key_id, |(algorithm, _)| algorithm)
}
