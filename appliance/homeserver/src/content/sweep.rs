//! Deletes files that no record refers to: what uploads leave that were cut off between file and record.

use std::collections::BTreeSet;

use veche_store::records::content::{MediaKey, ThumbnailKey};
use veche_store::{ContentHash, Error};

use super::Content;

/// Younger files are left alone: somebody may still be about to refer to them.
const AGE_MS_MIN: u64 = 24 * 60 * 60 * 1_000;

impl Content {
    /// Deletes old files that nothing refers to, and says how many. Uploads that end meanwhile wait for it.
    pub async fn sweep(&self) -> Result<u64, Error> {
        let files = self.core.store.content();
        let young_ms = self.core.clock.wall_ms().saturating_sub(AGE_MS_MIN);
        let mut old: BTreeSet<ContentHash> =
            files.list().await?.into_iter().filter(|file| file.modified_ms < young_ms).map(|file| file.hash).collect();
        if old.is_empty() {
            return Ok(0);
        }
        // From here on no file gets a name, so none of these can be found to be an equal upload's just before it goes.
        let _alone = self.naming.write().await;
        for media in self.core.store.scan::<MediaKey>(()) {
            if let Some(file) = media?.1.file {
                old.remove(&file.hash);
            }
        }
        for thumbnail in self.core.store.scan::<ThumbnailKey>(()) {
            old.remove(&thumbnail?.1.hash);
        }
        let mut deleted = 0;
        for hash in old {
            deleted += u64::from(files.delete(hash).await?);
        }
        Ok(deleted)
    }
}
