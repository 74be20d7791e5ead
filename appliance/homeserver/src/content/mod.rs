//! Uploaded files: received piece by piece, counted against their uploader's quota, served to whoever is signed in.
//!
//! Invariants: no upload is ever in memory as a whole; the file is durable before the record that refers to it is
//! committed, and the record before the upload is acknowledged; what a user has uploaded is counted in the same
//! transaction. Nothing is decoded but the four image formats that get thumbnails (see `decode.rs`).
//!
//! There is no federation, so content of other servers is never found.

mod decode;
mod download;
mod names;
mod sweep;
mod thumbnail;
mod upload;

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use quick_cache::sync::Cache;
use ruma::OwnedUserId;
use tokio::sync::{Notify, RwLock, Semaphore};
use veche_store::ContentHash;

use self::decode::Unreadable;
pub use self::{
    download::{Found, FoundBytes, OpenError},
    names::{BadFileName, ContentType, FileName},
    thumbnail::{ThumbnailError, ThumbnailSize},
    upload::{AnnounceError, Announced, Description, Upload, UploadError},
};
use crate::core::Core;

/// Images that could not be decoded are remembered, so that asking again costs nothing. That many.
const UNREADABLE_MAX: usize = 1_000;

/// All uploads.
pub struct Content {
    core: Arc<Core>,
    /// Wakes downloads that wait for an announced upload, whichever it is: they are few.
    arrived: Notify,
    /// Shared from a file's getting its name to the commit of the record that refers to it; alone while files that
    /// no record refers to are deleted.
    naming: RwLock<()>,
    /// How many uploads of each user are being received.
    receiving: Arc<Mutex<HashMap<OwnedUserId, usize>>>,
    /// One permit for each image that may be decoded at a time.
    decoders: Arc<Semaphore>,
    unreadable: Cache<ContentHash, Unreadable>,
}

impl Content {
    /// Over the store's content.
    pub fn new(core: Arc<Core>) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            core,
            arrived: Notify::new(),
            naming: RwLock::new(()),
            receiving: Arc::default(),
            decoders: Arc::new(Semaphore::new(cores)),
            unreadable: Cache::new(UNREADABLE_MAX),
        }
    }

    /// The largest upload that is taken, bytes.
    pub fn upload_bytes_max(&self) -> u64 {
        self.core.settings.upload_bytes_max
    }
}
