//! What every part of the homeserver stands on: the store, the clock, randomness, the server's name and keys.
//!
//! Holds no behavior. Parts receive an `Arc<Core>` and never reach one another through it.

use std::sync::Arc;

use ruma::{OwnedServerName, RoomVersionId, UserId};
use veche_base::{Clock, Entropy};
use veche_directory::Directory;
use veche_rooms::SigningKeys;
use veche_store::{Error, Key, Store, keys::KeyPrefix};

/// Settings of the homeserver that an administrator may change in the settings file; all apply after a restart.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The room version of new rooms when a client names none.
    pub default_room_version: RoomVersionId,
    /// Whether presence is shared between users at all.
    pub presence: bool,
    /// Largest upload, bytes.
    pub upload_bytes_max: u64,
    /// All uploads of one user together, bytes.
    pub uploads_per_user_bytes_max: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            default_room_version: RoomVersionId::V12,
            presence: true,
            upload_bytes_max: veche_base::limits::UPLOAD_BYTES_MAX,
            uploads_per_user_bytes_max: veche_base::limits::UPLOADS_PER_USER_BYTES_MAX,
        }
    }
}

/// Rows deleted by one commit where there may be many.
const DELETED_AT_ONCE: usize = 1_000;

/// The ground under all parts.
pub struct Core {
    /// Conversations, administration and content on disk.
    pub store: Arc<Store>,
    /// The one source of time.
    pub clock: Arc<dyn Clock>,
    /// The one source of randomness.
    pub entropy: Arc<dyn Entropy>,
    /// This server's name, the domain of its users.
    pub server_name: OwnedServerName,
    /// The key that signs this server's events.
    pub keys: SigningKeys,
    /// Who is who.
    pub directory: Arc<Directory>,
    /// Settings that apply after a restart.
    pub settings: Settings,
}

impl Core {
    /// Whether `user` belongs to this server.
    pub fn is_local(&self, user: &UserId) -> bool {
        user.server_name() == self.server_name
    }

    /// Deletes all rows under a prefix, a bounded number in each commit. What a crash leaves is deleted by whoever
    /// asks again.
    pub(crate) async fn delete_all<K: Key>(&self, prefix: impl KeyPrefix + Copy) -> Result<(), Error> {
        loop {
            let rows = self.store.scan::<K>(prefix).keys().take(DELETED_AT_ONCE);
            let keys = rows.collect::<Result<Vec<K>, _>>()?;
            let count = keys.len();
            if count == 0 {
                return Ok(());
            }
            let commit = self.store.commit(move |txn| {
                keys.iter().for_each(|key| txn.delete(key));
                Ok::<_, Error>(())
            });
            commit.await?;
            if count < DELETED_AT_ONCE {
                return Ok(());
            }
        }
    }
}
