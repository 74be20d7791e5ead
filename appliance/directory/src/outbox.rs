//! What conversations must hear of. See `veche_store::sql::outbox`.

use std::pin::Pin;
use std::sync::{PoisonError, Weak};

use ruma::{DeviceId, UserId};
use veche_store::sql::outbox::{self, Work};

use crate::StoreError;
use crate::directory::Directory;

/// Work that somebody waits for.
pub type Settling<'a> = Pin<Box<dyn Future<Output = Result<(), StoreError>> + Send + 'a>>;

/// Whoever owns conversations, as far as signing in needs him.
pub trait Conversations: Send + Sync {
    /// Does the work that is still written down for this device, now and not in its turn.
    fn settle_device<'a>(&'a self, user: &'a UserId, device: &'a DeviceId) -> Settling<'a>;
}

impl Directory {
    /// Tells who does the work. A device that signs in under the name of one that is gone waits for him, so set it
    /// before serving.
    pub fn set_conversations(&self, conversations: Weak<dyn Conversations>) {
        *self.conversations.lock().unwrap_or_else(PoisonError::into_inner) = Some(conversations);
    }

    /// The oldest work that conversations have not done yet, each with the number for [`Directory::work_done`].
    /// Do all of it at the start, before serving, and after every [`Directory::work_arrived`].
    pub async fn pending_work(&self, limit: u32) -> Result<Vec<(u64, Work)>, StoreError> {
        // In line with the writes: what made the work necessary is in the picture in memory before it is answered.
        self.sql.write(move |tx| outbox::page(tx, limit)).await
    }

    /// The numbers of the work that is still to be done for one device.
    pub async fn pending_work_of(&self, user: &UserId, device: &DeviceId) -> Result<Vec<u64>, StoreError> {
        let (user, device) = (user.to_owned(), device.to_owned());
        self.sql.read(move |view| outbox::of_device(view, &user, &device)).await
    }

    /// Takes work away that is done, on disk.
    pub async fn work_done(&self, number: u64) -> Result<(), StoreError> {
        self.sql.write(move |tx| outbox::done(tx, number)).await
    }

    /// Ends when there is new work; for the one worker that does it.
    pub async fn work_arrived(&self) {
        self.registry.work_arrived.notified().await;
    }

    /// Has the work done that is still written down for this device.
    pub(crate) async fn settle_device(&self, user: &UserId, device: &DeviceId) -> Result<(), StoreError> {
        let conversations = self.conversations.lock().unwrap_or_else(PoisonError::into_inner).clone();
        match conversations.and_then(|conversations| conversations.upgrade()) {
            Some(conversations) => conversations.settle_device(user, device).await,
            None => Err(StoreError::Engine("nobody is there to forget the device that had this name".to_owned())),
        }
    }
}
