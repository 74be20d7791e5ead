//! Dehydrated devices (MSC3814): a device whose private part lies here, encrypted, so that messages can be sent to a
//! user who is signed in nowhere. A new device fetches it, takes its messages out, and deletes it.

use std::sync::Arc;

use ruma::{DeviceId, OwnedDeviceId, UserId};
use serde_json::value::RawValue;
use veche_base::limits::{ACCOUNT_DATA_BYTES_MAX, DISPLAY_NAME_BYTES_MAX, TO_DEVICE_PAGE_MAX};
use veche_store::{
    Error, Json, StreamPosition,
    records::e2ee::{DehydratedDevice, DehydratedDeviceKey},
};

use super::{E2ee, KeysUpload, UploadKeysError};
use crate::sync::SyncToken;

/// Why a dehydrated device was not kept or found.
#[derive(Debug, thiserror::Error)]
pub enum DehydratedError {
    /// The user has none, or one by another id.
    #[error("there is no such dehydrated device")]
    NotFound,
    /// A device that is signed in has this id.
    #[error("the id belongs to a device that is signed in")]
    IdTaken,
    /// Something is not what it should be.
    #[error("{0}")]
    Invalid(&'static str),
    /// Its keys were not taken.
    #[error(transparent)]
    Keys(#[from] UploadKeysError),
    /// The store failed or refused.
    #[error(transparent)]
    Internal(#[from] Error),
}

/// A dehydrated device as it is uploaded.
#[derive(Debug)]
pub struct DehydratedUpload {
    /// Its id.
    pub device_id: OwnedDeviceId,
    /// What its owner calls it.
    pub display_name: Option<String>,
    /// Its private part, encrypted.
    pub data: Box<RawValue>,
    /// Its public keys.
    pub keys: KeysUpload,
}

impl E2ee {
    /// Keeps a dehydrated device in place of the one before.
    pub async fn put_dehydrated(&self, user: &UserId, upload: DehydratedUpload) -> Result<(), DehydratedError> {
        let DehydratedUpload { device_id, display_name, data, keys } = upload;
        if data.get().len() > ACCOUNT_DATA_BYTES_MAX {
            return Err(DehydratedError::Invalid("the device's data is too large"));
        }
        if display_name.as_ref().is_some_and(|name| name.len() > DISPLAY_NAME_BYTES_MAX) {
            return Err(DehydratedError::Invalid("the device's name is too long"));
        }
        if self.core.directory.device(user, &device_id).is_some() {
            return Err(DehydratedError::IdTaken);
        }
        let verified = self.verify_upload(user, &device_id, keys)?;
        let before = self.dehydrated(user)?.filter(|before| before.device_id != device_id);
        let record = DehydratedDevice { device_id, display_name, data: Json::from_raw(&data) };
        let (at, recent) = (DehydratedDeviceKey { user: user.to_owned() }, Arc::clone(&self.recent));
        let commit = self.core.store.commit(move |txn| {
            txn.put(&at, &record);
            verified.write(txn, &recent)
        });
        let changed = commit.await?;
        if let Some(before) = before {
            self.forget_device(user, &before.device_id).await?;
        }
        if changed {
            self.wake_sharers(user);
        }
        Ok(())
    }

    /// The user's dehydrated device.
    pub fn dehydrated(&self, user: &UserId) -> Result<Option<DehydratedDevice>, Error> {
        self.core.store.get(&DehydratedDeviceKey { user: user.to_owned() })
    }

    /// The id and the encrypted private part of the user's dehydrated device.
    pub fn fetch_dehydrated(&self, user: &UserId) -> Result<(OwnedDeviceId, Box<RawValue>), DehydratedError> {
        let device = self.dehydrated(user)?.ok_or(DehydratedError::NotFound)?;
        let data = device.data.raw();
        let data = data.map_err(|it| Error::corrupt("DehydratedDeviceKey", user.as_str(), &it.to_string()))?;
        Ok((device.device_id, data))
    }

    /// Deletes the user's dehydrated device with its keys and messages; answers its id.
    pub async fn delete_dehydrated(&self, user: &UserId) -> Result<OwnedDeviceId, DehydratedError> {
        self.drop_dehydrated(user).await?.ok_or(DehydratedError::NotFound)
    }

    pub(super) async fn drop_dehydrated(&self, user: &UserId) -> Result<Option<OwnedDeviceId>, Error> {
        let Some(device) = self.dehydrated(user)? else { return Ok(None) };
        let at = DehydratedDeviceKey { user: user.to_owned() };
        let commit = self.core.store.commit(move |txn| {
            txn.delete(&at);
            Ok::<_, Error>(())
        });
        commit.await?;
        self.forget_device(user, &device.device_id).await?;
        Ok(Some(device.device_id))
    }

    /// A page of the messages to the user's dehydrated device, and the token of the next one. They stay until the
    /// device is deleted, so that an interrupted rehydration can be repeated.
    pub fn dehydrated_messages(
        &self,
        user: &UserId,
        device: &DeviceId,
        after: Option<SyncToken>,
    ) -> Result<(Vec<Box<RawValue>>, SyncToken), DehydratedError> {
        if self.dehydrated(user)?.is_none_or(|dehydrated| dehydrated.device_id != device) {
            return Err(DehydratedError::NotFound);
        }
        let epoch = self.core.store.epoch();
        let after = after.filter(|token| token.epoch == epoch).map_or(StreamPosition(0), |token| token.position());
        let upto = self.core.store.position();
        let (messages, end) = self.messages(user, device, Some(after), upto, TO_DEVICE_PAGE_MAX)?;
        let last = end.unwrap_or(upto);
        Ok((messages, SyncToken { epoch, order: crate::rooms::order_of(last), messages: None }))
    }
}
