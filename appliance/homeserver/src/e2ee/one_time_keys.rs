//! Handing out one-time keys: in the order of upload, each exactly once.
//!
//! A key is taken under the commit that answers it: two claims can never see the same key, and a crash either leaves
//! it or has taken it for good.

use std::{collections::BTreeMap, sync::Arc};

use ruma::{DeviceId, OwnedDeviceId, OwnedUserId, UserId};
use serde_json::value::RawValue;
use veche_store::{
    Change, Error, Json, Txn,
    records::e2ee::{ClaimedKeyKey, FallbackKeyKey, OneTimeKeyKey},
};

use super::{
    E2ee,
    recent::{KeyStock, Recent},
};

/// The algorithm whose count clients expect even when it is zero.
const USUAL_ALGORITHM: &str = "signed_curve25519";

/// Keys handed out: by user and device, each with its algorithm and id.
pub type ClaimedKeys = BTreeMap<OwnedUserId, BTreeMap<OwnedDeviceId, (String, Box<RawValue>)>>;

/// One device that a key is wanted of.
struct Wish {
    user: OwnedUserId,
    device: OwnedDeviceId,
    algorithm: String,
    /// The oldest key when we looked, so that under the commit mostly one read is enough.
    oldest: Option<OneTimeKeyKey>,
}

impl E2ee {
    /// Takes one key of each named device. Devices that are unknown or have no key are absent from the answer.
    pub async fn claim_keys(
        &self,
        wanted: BTreeMap<OwnedUserId, BTreeMap<OwnedDeviceId, String>>,
    ) -> Result<ClaimedKeys, Error> {
        let mut wishes = Vec::new();
        for (user, devices) in wanted {
            for (device, algorithm) in devices {
                if self.is_device(&user, &device)? {
                    let keys = self.core.store.scan::<OneTimeKeyKey>((&user, &device, algorithm.as_str()));
                    let oldest = keys.keys().next().transpose()?;
                    wishes.push(Wish { user: user.clone(), device, algorithm, oldest });
                }
            }
        }
        if wishes.is_empty() {
            return Ok(ClaimedKeys::new());
        }
        let recent = Arc::clone(&self.recent);
        let taken = self.core.store.commit(move |txn| take_all(txn, &recent, wishes)).await?;
        let mut claimed = ClaimedKeys::new();
        for (wish, key_id, json) in taken {
            let key = json.raw().map_err(|error| Error::corrupt("OneTimeKeyKey", &key_id, &error.to_string()))?;
            claimed.entry(wish.user).or_default().insert(wish.device, (key_id, key));
        }
        Ok(claimed)
    }

    /// What others may claim from a device.
    pub(super) fn key_stock(&self, user: &UserId, device: &DeviceId) -> Result<Arc<KeyStock>, Error> {
        self.recent.stock(user, device, || {
            let store = &self.core.store;
            let mut one_time_keys = BTreeMap::from([(USUAL_ALGORITHM.to_owned(), 0)]);
            for key in store.scan::<OneTimeKeyKey>((user, device)).keys() {
                *one_time_keys.entry(key?.algorithm).or_default() += 1;
            }
            let mut unused_fallback_keys = Vec::new();
            for row in store.scan::<FallbackKeyKey>((user, device)) {
                let (key, fallback) = row?;
                if !fallback.used {
                    unused_fallback_keys.push(key.algorithm);
                }
            }
            Ok(KeyStock { one_time_keys, unused_fallback_keys })
        })
    }
}

fn take_all(txn: &mut Txn, recent: &Recent, wishes: Vec<Wish>) -> Result<Vec<(Wish, String, Json)>, Error> {
    let mut taken = Vec::new();
    for wish in wishes {
        let Some((key_id, json)) = take(txn, recent, &wish)? else { continue };
        taken.push((wish, key_id, json));
    }
    Ok(taken)
}

fn take(txn: &mut Txn, recent: &Recent, wish: &Wish) -> Result<Option<(String, Json)>, Error> {
    let Wish { user, device, algorithm, oldest } = wish;
    let mut found = None;
    if let Some(at) = oldest {
        found = txn.get(at)?.map(|key| (at.clone(), key));
    }
    if found.is_none() {
        // Somebody was faster, or there was none when we looked.
        found = txn.scan::<OneTimeKeyKey>((user, device, algorithm.as_str()))?.into_iter().next();
    }
    if let Some((at, key)) = found {
        txn.delete(&at);
        let claimed = ClaimedKeyKey { user: user.clone(), device: device.clone(), key_id: key.key_id.clone() };
        txn.put(&claimed, &());
        tell_owner(txn, recent, user, device);
        return Ok(Some((key.key_id, key.json)));
    }
    let at = FallbackKeyKey { user: user.clone(), device: device.clone(), algorithm: algorithm.clone() };
    let Some(mut fallback) = txn.get(&at)? else { return Ok(None) };
    let answer = (fallback.key_id.clone(), fallback.json.clone());
    if !fallback.used {
        fallback.used = true;
        txn.put(&at, &fallback);
        tell_owner(txn, recent, user, device);
    }
    Ok(Some(answer))
}

fn tell_owner(txn: &mut Txn, recent: &Recent, user: &UserId, device: &DeviceId) {
    let position = txn.next_position();
    recent.note_claim(user, device, position);
    txn.change(Change::Device(user.to_owned(), device.to_owned()));
}
