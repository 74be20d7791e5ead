//! What happens when a device or an account is gone. The directory decides it and writes it down; doing it twice
//! does no harm.

use std::sync::Arc;

use ruma::{DeviceId, UserId};
use veche_store::{
    Change, Error, Txn,
    records::e2ee::{
        BackupVersionKey, ClaimedKeyKey, CrossSigningKeyKey, DeviceKeysKey, FallbackKeyKey, OneTimeKeyKey, ToDeviceKey,
        ToDeviceTransactionKey, UserSignatureKey,
    },
};

use super::{E2ee, changes, recent::Recent};

impl E2ee {
    /// Forgets a device: its keys, its queue, its transaction ids. Others hear that the user's devices changed.
    pub async fn forget_device(&self, user: &UserId, device: &DeviceId) -> Result<(), Error> {
        self.core.delete_all::<ToDeviceKey>((user, device)).await?;
        self.core.delete_all::<ToDeviceTransactionKey>((user, device)).await?;
        let (owner, gone, recent) = (user.to_owned(), device.to_owned(), Arc::clone(&self.recent));
        let changed = self.core.store.commit(move |txn| forget(txn, &recent, &owner, &gone)).await?;
        self.recent.forget(user, device);
        if changed {
            self.wake_sharers(user);
        }
        Ok(())
    }

    /// Forgets everything of an account that is gone for good.
    pub async fn forget_user(&self, user: &UserId) -> Result<(), Error> {
        let mut devices = Vec::new();
        for key in self.core.store.scan::<DeviceKeysKey>((user,)).keys() {
            devices.push(key?.device);
        }
        for device in devices {
            self.forget_device(user, &device).await?;
        }
        self.drop_dehydrated(user).await?;
        let mut versions = Vec::new();
        for key in self.core.store.scan::<BackupVersionKey>((user,)).keys() {
            versions.push(key?.version);
        }
        for version in versions {
            self.drop_backup(user, version).await?;
        }
        let (owner, recent) = (user.to_owned(), Arc::clone(&self.recent));
        let commit = self.core.store.commit(move |txn| {
            txn.delete_prefix::<UserSignatureKey>((&owner,))?;
            if txn.delete_prefix::<CrossSigningKeyKey>((&owner,))? > 0 {
                changes::note(txn, &recent, &owner, None)?;
            }
            Ok::<_, Error>(())
        });
        commit.await?;
        self.wake_sharers(user);
        Ok(())
    }
}

/// Answers whether the device had keys that others know.
fn forget(txn: &mut Txn, recent: &Recent, user: &UserId, device: &DeviceId) -> Result<bool, Error> {
    txn.delete_prefix::<OneTimeKeyKey>((user, device))?;
    txn.delete_prefix::<FallbackKeyKey>((user, device))?;
    txn.delete_prefix::<ClaimedKeyKey>((user, device))?;
    txn.change(Change::Device(user.to_owned(), device.to_owned()));
    let at = DeviceKeysKey { user: user.to_owned(), device: device.to_owned() };
    if !txn.contains(&at)? {
        return Ok(false);
    }
    txn.delete(&at);
    changes::note(txn, recent, user, None)?;
    Ok(true)
}
