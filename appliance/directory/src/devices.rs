//! The devices of an account, and signing out.

use std::collections::BTreeSet;

use ruma::{DeviceId, OwnedDeviceId, UserId};
use veche_base::limits::DISPLAY_NAME_BYTES_MAX;
use veche_store::sql::sessions::{self, Session};

use crate::StoreError;
use crate::directory::Directory;
use crate::registry::{Change, Reason};
use crate::requester::Requester;
use crate::sign_in::remove;
use crate::uia::UiaPass;

/// A device, as its owner sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// Names it.
    pub device_id: OwnedDeviceId,
    /// What its owner calls it.
    pub display_name: Option<String>,
    /// From where it was last used.
    pub last_seen_ip: Option<String>,
    /// With which program it was last used.
    pub last_seen_agent: Option<String>,
    /// When it was last used.
    pub last_seen_ms: u64,
}

/// Why a device was not changed.
#[derive(Debug, thiserror::Error)]
pub enum DeviceError {
    /// The account has no such device (`M_NOT_FOUND`).
    #[error("unknown device")]
    NotFound,
    /// The name is too long (`M_TOO_LARGE`).
    #[error("too long a name")]
    NameTooLong,
    /// The proof is somebody else's (`M_FORBIDDEN`).
    #[error("not proven")]
    NotProven,
    /// The database failed.
    #[error(transparent)]
    Internal(#[from] StoreError),
}

impl Directory {
    /// The devices of an account, in the order in which they signed in.
    pub fn devices(&self, user: &UserId) -> Vec<Device> {
        self.registry.sessions(user).into_iter().map(Device::from).collect()
    }

    /// One device of an account.
    pub fn device(&self, user: &UserId, device: &DeviceId) -> Option<Device> {
        self.registry.session(user, device).map(Device::from)
    }

    /// Renames a device; `None` takes its name away.
    pub async fn rename_device(
        &self,
        user: &UserId,
        device: &DeviceId,
        name: Option<String>,
    ) -> Result<(), DeviceError> {
        if name.as_ref().is_some_and(|name| name.len() > DISPLAY_NAME_BYTES_MAX) {
            return Err(DeviceError::NameTooLong);
        }
        let (user, device) = (user.to_owned(), device.to_owned());
        self.commit(move |tx, changes| {
            if !sessions::rename(tx, &user, &device, name.as_deref())? {
                return Err(DeviceError::NotFound);
            }
            changes.extend(sessions::get(tx, &user, &device)?.map(Change::session));
            Ok(())
        })
        .await
    }

    /// Signs devices out and deletes them. Devices that are not there are no mistake.
    pub async fn delete_devices(
        &self,
        requester: &Requester,
        devices: BTreeSet<OwnedDeviceId>,
        pass: UiaPass,
    ) -> Result<(), DeviceError> {
        if !requester.is_proven_by(&pass) {
            return Err(DeviceError::NotProven);
        }
        let user = requester.user_id.clone();
        self.commit(move |tx, changes| {
            for session in sessions::of_user(tx, &user)?.iter().filter(|it| devices.contains(&it.device_id)) {
                remove(tx, changes, session, Reason::SignedOut)?;
            }
            Ok(())
        })
        .await
    }

    /// Signs the requester's device out and deletes it.
    pub async fn logout(&self, requester: &Requester) -> Result<(), StoreError> {
        let (user, device, id) = (requester.user_id.clone(), requester.device_id.clone(), requester.session_id);
        self.commit(move |tx, changes| match sessions::get(tx, &user, &device)? {
            // The same device may have signed in anew meanwhile: that session is not the one to end.
            Some(session) if session.session_id == id => remove(tx, changes, &session, Reason::SignedOut),
            _ => Ok(()),
        })
        .await
    }

    /// Signs all devices of the requester's account out and deletes them.
    pub async fn logout_all(&self, requester: &Requester) -> Result<(), StoreError> {
        let user = requester.user_id.clone();
        self.commit(move |tx, changes| {
            for session in sessions::of_user(tx, &user)? {
                remove(tx, changes, &session, Reason::SignedOut)?;
            }
            Ok(())
        })
        .await
    }
}

impl From<Session> for Device {
    fn from(session: Session) -> Self {
        Self {
            device_id: session.device_id,
            display_name: session.display_name,
            last_seen_ip: session.last_seen.ip,
            last_seen_agent: session.last_seen.agent,
            last_seen_ms: session.last_seen.at_ms,
        }
    }
}
