//! Finding and reading files.

use std::pin::pin;
use std::time::Duration;

use bytes::Bytes;
use ruma::ServerName;
use veche_base::limits::DOWNLOAD_WAIT_SECS_MAX;
use veche_store::content::ContentReader;
use veche_store::records::content::{MediaFile, MediaKey};
use veche_store::{ContentHash, Error};

use super::Content;
use super::names::is_media_id;
use super::upload::is_expired;

/// Why there is nothing to download.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// There is no such content on this server.
    #[error("there is no such content")]
    NotFound,
    /// It was announced, and did not arrive while we waited.
    #[error("the content has not been uploaded yet")]
    NotYetUploaded,
    /// The store failed.
    #[error(transparent)]
    Internal(#[from] Error),
}

/// Content that was found.
pub struct Found {
    /// Its bytes.
    pub bytes: FoundBytes,
    /// What it is, if the uploader said so in valid terms.
    pub content_type: Option<String>,
    /// What the uploader calls it.
    pub name: Option<String>,
}

/// The bytes of something found. They never change.
#[derive(Clone)]
pub struct FoundBytes(Source);

#[derive(Clone)]
enum Source {
    File(ContentReader),
    /// A thumbnail that could not be kept because the disk is full.
    Memory(ContentHash, Bytes),
}

impl FoundBytes {
    pub(super) const fn file(reader: ContentReader) -> Self {
        Self(Source::File(reader))
    }

    pub(super) fn memory(bytes: Vec<u8>) -> Self {
        Self(Source::Memory(ContentHash::of(&bytes), bytes.into()))
    }

    /// How many there are.
    pub fn len(&self) -> u64 {
        match &self.0 {
            Source::File(reader) => reader.bytes(),
            Source::Memory(_, bytes) => bytes.len() as u64,
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What tells these bytes from all others.
    pub fn fingerprint(&self) -> String {
        match &self.0 {
            Source::File(reader) => reader.hash().to_string(),
            Source::Memory(hash, _) => hash.to_string(),
        }
    }

    /// Up to `bytes_max` bytes from `offset`; fewer only at the end.
    pub async fn read(&self, offset: u64, bytes_max: usize) -> Result<Bytes, Error> {
        match &self.0 {
            Source::File(reader) => reader.read(offset, bytes_max).await.map(Bytes::from),
            Source::Memory(_, bytes) => {
                let start = usize::try_from(offset).unwrap_or(usize::MAX).min(bytes.len());
                let end = start.saturating_add(bytes_max).min(bytes.len());
                Ok(bytes.slice(start..end))
            }
        }
    }
}

impl Content {
    /// The content with this address. If it is announced and has not arrived, waits for it that long (a minute at
    /// most).
    pub async fn open(&self, server: &ServerName, media_id: &str, wait: Duration) -> Result<Found, OpenError> {
        let MediaFile { hash, content_type, name, .. } = self.arrived_file(server, media_id, wait).await?;
        let bytes = FoundBytes::file(self.reader(hash).await?);
        Ok(Found { bytes, content_type, name })
    }

    pub(super) async fn reader(&self, hash: ContentHash) -> Result<ContentReader, OpenError> {
        if let Some(reader) = self.core.store.content().reader(hash).await? {
            return Ok(reader);
        }
        // A snapshot may be older than its records say; that is no reason to answer that the server is broken.
        tracing::error!(%hash, "a content file is missing");
        Err(OpenError::NotFound)
    }

    /// The file with this address, once it is there.
    pub(super) async fn arrived_file(
        &self,
        server: &ServerName,
        media_id: &str,
        wait: Duration,
    ) -> Result<MediaFile, OpenError> {
        if server != self.core.server_name || !is_media_id(media_id) {
            return Err(OpenError::NotFound);
        }
        let wait = wait.min(Duration::from_secs(DOWNLOAD_WAIT_SECS_MAX));
        let found = async {
            loop {
                // Register first, read second: what arrives between the two wakes us.
                let mut arrived = pin!(self.arrived.notified());
                arrived.as_mut().enable();
                if let Some(file) = self.look_up(media_id)? {
                    return Ok(file);
                }
                arrived.await;
            }
        };
        tokio::time::timeout(wait, found).await.unwrap_or(Err(OpenError::NotYetUploaded))
    }

    /// `None`: it is announced and has not arrived.
    fn look_up(&self, media_id: &str) -> Result<Option<MediaFile>, OpenError> {
        let media = self.core.store.get(&MediaKey { media_id: media_id.to_owned() })?.ok_or(OpenError::NotFound)?;
        if media.file.is_none() && is_expired(media.created_ms, self.core.clock.wall_ms()) {
            return Err(OpenError::NotFound);
        }
        Ok(media.file)
    }
}
