//! Receiving files: at once, or announced first and sent later (MSC2246).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::BytesMut;
use ruma::{OwnedUserId, ServerName, UserId};
use veche_base::{limits, random_token};
use veche_store::content::{ContentWriter, Stored};
use veche_store::records::content::{Media, MediaFile, MediaKey, PendingMediaKey, UploadedBytesKey};
use veche_store::{Error, Txn};

use super::Content;
use super::names::{ContentType, FileName, is_media_id};

/// What a file counts against its owner's quota at least.
const COUNTED_BYTES_MIN: u64 = 4_096;

/// Characters of a media id, 5.95 bits each: more than 128 bits, so that knowing the address is having been told it.
const MEDIA_ID_CHARS: usize = 22;
/// How much is gathered before it goes to the disk.
const PIECE_BYTES: usize = 128 << 10;
/// How long an announced upload may take to arrive.
const PENDING_MS_MAX: u64 = limits::UPLOAD_PENDING_SECS_MAX * 1_000;

/// Why a file was not taken.
#[derive(Debug, thiserror::Error)]
pub enum UploadError {
    /// The file is larger than an upload may be.
    #[error("an upload may have {bytes_max} bytes")]
    TooLarge {
        /// What an upload may have.
        bytes_max: u64,
    },
    /// The user has uploaded as much as he may.
    #[error("you have uploaded as much as one account may")]
    QuotaExceeded,
    /// As many of the user's uploads are being received as may be at a time.
    #[error("you are uploading {} files already", limits::UPLOADS_AT_ONCE_PER_USER_MAX)]
    TooManyAtOnce,
    /// No such upload was announced, or too long ago.
    #[error("no upload with this address was announced")]
    Unknown,
    /// Somebody else announced it.
    #[error("somebody else announced this upload")]
    NotYours,
    /// It has arrived already.
    #[error("this address has content already")]
    Arrived,
    /// The store failed or refused.
    #[error(transparent)]
    Internal(#[from] Error),
}

/// Why an upload was not announced.
#[derive(Debug, thiserror::Error)]
pub enum AnnounceError {
    /// The user has announced as many as he may.
    #[error("an account may announce {} uploads at a time", limits::UPLOADS_PENDING_PER_USER_MAX)]
    TooMany {
        /// The oldest of them is forgotten after that long.
        wait_ms: u64,
    },
    /// The store failed or refused.
    #[error(transparent)]
    Internal(#[from] Error),
}

/// An announced upload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Announced {
    /// Its address on this server.
    pub media_id: String,
    /// When the address is forgotten if nothing has arrived, on the wall clock.
    pub expires_ms: u64,
}

/// What the uploader says about a file.
#[derive(Debug, Clone, Default)]
pub struct Description {
    /// What it is.
    pub content_type: Option<ContentType>,
    /// What it is called.
    pub name: Option<FileName>,
}

/// A file that is being received. Dropping it forgets what has come.
pub struct Upload {
    writer: ContentWriter,
    gathered: BytesMut,
    bytes: u64,
    bytes_max: u64,
    /// What the uploader could still store when the upload began.
    quota_left_bytes: u64,
    owner: OwnedUserId,
    media_id: String,
    announced: bool,
    place: Place,
}

/// One of the uploads that a user may send at a time, until it is dropped.
struct Place {
    receiving: Arc<Mutex<HashMap<OwnedUserId, usize>>>,
    owner: OwnedUserId,
}

impl Place {
    fn take(receiving: &Arc<Mutex<HashMap<OwnedUserId, usize>>>, owner: &UserId) -> Option<Self> {
        let mut taken = receiving.lock().unwrap_or_else(PoisonError::into_inner);
        let count = taken.entry(owner.to_owned()).or_default();
        if *count >= limits::UPLOADS_AT_ONCE_PER_USER_MAX {
            return None;
        }
        *count += 1;
        Some(Self { receiving: Arc::clone(receiving), owner: owner.to_owned() })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.receiving.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = taken.get_mut(&self.owner) {
            *count -= 1;
            if *count == 0 {
                taken.remove(&self.owner);
            }
        }
    }
}

impl Upload {
    /// Takes the next bytes. After an error the upload is lost.
    pub async fn write(&mut self, piece: &[u8]) -> Result<(), UploadError> {
        self.bytes = self.bytes.saturating_add(piece.len() as u64);
        check_size(self.bytes, self.bytes_max, self.quota_left_bytes)?;
        self.gathered.extend_from_slice(piece);
        if self.gathered.len() >= PIECE_BYTES {
            self.writer.write(self.gathered.split().freeze()).await?;
        }
        Ok(())
    }

    async fn store(self) -> Result<Stored, Error> {
        let Self { mut writer, gathered, place, .. } = self;
        writer.write(gathered.freeze()).await?;
        let stored = writer.finish().await;
        drop(place);
        stored
    }
}

fn check_size(bytes: u64, bytes_max: u64, quota_left_bytes: u64) -> Result<(), UploadError> {
    if bytes > bytes_max {
        return Err(UploadError::TooLarge { bytes_max });
    }
    if bytes > quota_left_bytes { Err(UploadError::QuotaExceeded) } else { Ok(()) }
}

impl Content {
    /// Begins to receive a file of `owner`. `length` is what the sender declared; it is counted all the same.
    pub async fn begin(&self, owner: &UserId, length: Option<u64>) -> Result<Upload, UploadError> {
        let media_id = random_token(&*self.core.entropy, MEDIA_ID_CHARS);
        self.receive(owner, length, media_id, false).await
    }

    /// Begins to receive a file that `owner` has announced.
    pub async fn begin_announced(
        &self,
        owner: &UserId,
        server: &ServerName,
        media_id: &str,
        length: Option<u64>,
    ) -> Result<Upload, UploadError> {
        if server != self.core.server_name || !is_media_id(media_id) {
            return Err(UploadError::Unknown);
        }
        let known = self.core.store.get(&MediaKey { media_id: media_id.to_owned() })?;
        let media = known.ok_or(UploadError::Unknown)?;
        check_announced(&media, owner)?;
        if is_expired(media.created_ms, self.core.clock.wall_ms()) {
            return Err(UploadError::Unknown);
        }
        self.receive(owner, length, media_id.to_owned(), true).await
    }

    async fn receive(
        &self,
        owner: &UserId,
        length: Option<u64>,
        media_id: String,
        announced: bool,
    ) -> Result<Upload, UploadError> {
        let used = self.core.store.get(&UploadedBytesKey { user: owner.to_owned() })?.unwrap_or(0);
        let bytes_max = self.core.settings.upload_bytes_max;
        let quota_left_bytes = self.core.settings.uploads_per_user_bytes_max.saturating_sub(used);
        check_size(length.unwrap_or(0), bytes_max, quota_left_bytes)?;
        let place = Place::take(&self.receiving, owner).ok_or(UploadError::TooManyAtOnce)?;
        let writer = self.core.store.content().create().await?;
        let (owner, gathered) = (owner.to_owned(), BytesMut::new());
        Ok(Upload { writer, gathered, bytes: 0, bytes_max, quota_left_bytes, owner, media_id, announced, place })
    }

    /// The file has come as a whole: keeps it, and answers its media id. It can be downloaded when this returns.
    pub async fn finish(&self, upload: Upload, description: Description) -> Result<String, UploadError> {
        let (owner, media_id, announced) = (upload.owner.clone(), upload.media_id.clone(), upload.announced);
        let quota_bytes = self.core.settings.uploads_per_user_bytes_max;
        let created_ms = self.core.clock.wall_ms();
        let naming = self.naming.read().await;
        let Stored { hash, bytes } = upload.store().await?;
        let content_type = description.content_type.map(|content_type| content_type.as_str().to_owned());
        let name = description.name.map(|name| name.as_str().to_owned());
        let media = Media { owner, created_ms, file: Some(MediaFile { hash, bytes, content_type, name }) };
        let key = MediaKey { media_id: media_id.clone() };
        self.core.store.commit(move |txn| keep(txn, &key, &media, bytes, quota_bytes, announced)).await?;
        drop(naming);
        if announced {
            self.arrived.notify_waiters();
        }
        Ok(media_id)
    }

    /// Makes an address for a file that `owner` will send later.
    pub async fn announce(&self, owner: &UserId) -> Result<Announced, AnnounceError> {
        let media_id = random_token(&*self.core.entropy, MEDIA_ID_CHARS);
        let (owner, now_ms) = (owner.to_owned(), self.core.clock.wall_ms());
        let announced = Announced { media_id: media_id.clone(), expires_ms: expires_ms(now_ms) };
        self.core
            .store
            .commit(move |txn| {
                let mut oldest_ms = now_ms;
                let mut pending = 0;
                for (key, announced_ms) in txn.scan::<PendingMediaKey>((&owner,))? {
                    if is_expired(announced_ms, now_ms) {
                        txn.delete(&MediaKey { media_id: key.media_id.clone() });
                        txn.delete(&key);
                        continue;
                    }
                    pending += 1;
                    oldest_ms = oldest_ms.min(announced_ms);
                }
                if pending >= limits::UPLOADS_PENDING_PER_USER_MAX {
                    return Err(AnnounceError::TooMany { wait_ms: expires_ms(oldest_ms).saturating_sub(now_ms) });
                }
                txn.put(&PendingMediaKey { user: owner.clone(), media_id: media_id.clone() }, &now_ms);
                txn.put(&MediaKey { media_id }, &Media { owner, created_ms: now_ms, file: None });
                Ok(())
            })
            .await?;
        Ok(announced)
    }
}

/// Writes down a file that has come, and counts it.
fn keep(
    txn: &mut Txn,
    key: &MediaKey,
    media: &Media,
    bytes: u64,
    quota_bytes: u64,
    announced: bool,
) -> Result<(), UploadError> {
    if announced {
        // A twin of this upload may have been faster, or a new announcement may have found it expired.
        let known = txn.get(key)?.ok_or(UploadError::Unknown)?;
        check_announced(&known, &media.owner)?;
        txn.delete(&PendingMediaKey { user: media.owner.clone(), media_id: key.media_id.clone() });
    }
    let uploaded = UploadedBytesKey { user: media.owner.clone() };
    // The smallest file takes a block of the disk, a name and a record, too: a million empty ones are not nothing.
    let used = txn.get(&uploaded)?.unwrap_or(0).saturating_add(bytes.max(COUNTED_BYTES_MIN));
    // Other uploads of the user may have ended while this one came.
    if used > quota_bytes {
        return Err(UploadError::QuotaExceeded);
    }
    txn.put(&uploaded, &used);
    txn.put(key, media);
    Ok(())
}

fn check_announced(media: &Media, owner: &UserId) -> Result<(), UploadError> {
    if media.owner != owner {
        return Err(UploadError::NotYours);
    }
    if media.file.is_some() { Err(UploadError::Arrived) } else { Ok(()) }
}

const fn expires_ms(announced_ms: u64) -> u64 {
    announced_ms.saturating_add(PENDING_MS_MAX)
}

/// Whether an address that was announced then, and has got no content, is forgotten.
pub(super) const fn is_expired(announced_ms: u64, now_ms: u64) -> bool {
    expires_ms(announced_ms) <= now_ms
}
