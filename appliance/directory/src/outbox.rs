//! What conversations must hear of. See `veche_store::sql::outbox`.

use veche_store::sql::outbox::{self, Work};

use crate::StoreError;
use crate::directory::Directory;

impl Directory {
    /// The oldest work that conversations have not done yet, each with the number for [`Directory::work_done`].
    /// Do all of it at the start, before serving, and after every [`Directory::work_arrived`].
    pub async fn pending_work(&self, limit: u32) -> Result<Vec<(u64, Work)>, StoreError> {
        // In line with the writes: what made the work necessary is in the picture in memory before it is answered.
        self.sql.write(move |tx| outbox::page(tx, limit)).await
    }

    /// Takes work away that is done, on disk.
    pub async fn work_done(&self, number: u64) -> Result<(), StoreError> {
        self.sql.write(move |tx| outbox::done(tx, number)).await
    }

    /// Ends when there is new work; for the one worker that does it.
    pub async fn work_arrived(&self) {
        self.registry.work_arrived.notified().await;
    }
}
