//! Uploaded files: immutable, named by the SHA-256 of their bytes, under `DIR/content/ab/cdef...`.
//!
//! A file is complete before it has its name: written under a temporary one, synced, renamed, and the directory
//! synced. Only then may a record refer to it. Equal uploads are one file, so deleting is the business of whoever
//! knows all references. What the names look like is known here only.
//!
//! A disk may change bytes by itself. So a file is compared with its name before its first byte is given out, unless it
//! was found whole, or was written, within the last day.

use std::collections::HashMap;
use std::fmt::{self, Write as _};
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::ops::ControlFlow;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use veche_base::Clock;

use crate::disk::DiskGuard;
use crate::error::{Error, OpenError};
use crate::folders::{create_private_dir, sync_dir};
use crate::keys::{KeyPart, KeyWrite};

/// How much of a file is held in memory while it is hashed.
const PIECE_BYTES: usize = 256 << 10;
/// How many files are remembered as whole; past that, all are forgotten and compared once more. About a megabyte.
const WHOLE_MAX: usize = 16_384;
/// How long a file is taken for whole without being looked at.
const WHOLE_FOR: Duration = Duration::from_secs(24 * 60 * 60);

/// Is told how many bytes were read since it was told last, and may take its time, or break the reading off.
pub type Pace<'a> = dyn FnMut(u64) -> ControlFlow<()> + 'a;

/// The name of a content file: the SHA-256 of its bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ContentHash(pub [u8; 32]);

impl ContentHash {
    /// The hash of some bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// The hash again from 64 hexadecimal digits in lower case.
    pub fn parse(text: &str) -> Option<Self> {
        let (pairs, odd) = text.as_bytes().as_chunks::<2>();
        let mut hash = [0; 32];
        if !odd.is_empty() || pairs.len() != hash.len() {
            return None;
        }
        for (byte, [high, low]) in hash.iter_mut().zip(pairs) {
            *byte = digit(*high)? << 4 | digit(*low)?;
        }
        Some(Self(hash))
    }
}

fn digit(hex: u8) -> Option<u8> {
    match hex {
        b'0'..=b'9' => Some(hex - b'0'),
        b'a'..=b'f' => Some(hex - b'a' + 10),
        _ => None,
    }
}

impl fmt::Display for ContentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for ContentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl KeyWrite for ContentHash {
    fn write(&self, out: &mut Vec<u8>) {
        self.0.write(out);
    }
}

impl KeyPart for ContentHash {
    fn read(bytes: &mut &[u8]) -> Option<Self> {
        KeyPart::read(bytes).map(Self)
    }
}

/// A finished upload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stored {
    /// Its name.
    pub hash: ContentHash,
    /// Its length.
    pub bytes: u64,
}

/// A content file as the sweep of unreferenced files sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listed {
    /// Its name.
    pub hash: ContentHash,
    /// Its length.
    pub bytes: u64,
    /// When it was written last, on the wall clock: a file younger than a day may be about to be referred to.
    pub modified_ms: u64,
}

/// All content files.
pub struct ContentFiles {
    dir: Arc<Path>,
    disk: Arc<DiskGuard>,
    whole: Arc<Whole>,
    next_temporary: AtomicU64,
}

/// The files whose bytes were found to be those of their names, and when.
struct Whole {
    clock: Arc<dyn Clock>,
    found: Mutex<HashMap<ContentHash, Duration>>,
}

impl Whole {
    fn contains(&self, hash: ContentHash) -> bool {
        let found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        found.get(&hash).is_some_and(|at| self.clock.monotonic().saturating_sub(*at) < WHOLE_FOR)
    }

    fn insert(&self, hash: ContentHash) {
        let now = self.clock.monotonic();
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        if found.len() >= WHOLE_MAX {
            found.clear();
        }
        found.insert(hash, now);
    }
}

/// How a content file compares with its name, if its bytes are not others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Compared {
    /// Its bytes are those of its name.
    Whole,
    /// There is no such file.
    Missing,
    /// It was not read to its end.
    BrokenOff,
}

impl ContentFiles {
    /// Opens the directory and removes what unfinished uploads left.
    pub(crate) fn open(dir: &Path, disk: Arc<DiskGuard>, clock: Arc<dyn Clock>) -> Result<Self, OpenError> {
        let temporary = dir.join(TEMPORARY_DIR);
        create_private_dir(&temporary)?;
        let leftovers = fs::read_dir(&temporary).map_err(OpenError::file(&temporary))?;
        for leftover in leftovers {
            let path = leftover.map_err(OpenError::file(&temporary))?.path();
            fs::remove_file(&path).map_err(OpenError::file(path))?;
        }
        let whole = Arc::new(Whole { clock, found: Mutex::default() });
        Ok(Self { dir: dir.into(), disk, whole, next_temporary: AtomicU64::new(0) })
    }

    /// Starts an upload. Refused while the disk has less free space than uploads must leave.
    pub async fn create(&self) -> Result<ContentWriter, Error> {
        if let Some(refusal) = self.disk.upload_refusal() {
            return Err(refusal);
        }
        let number = self.next_temporary.fetch_add(1, Ordering::Relaxed);
        let path = self.dir.join(TEMPORARY_DIR).join(number.to_string());
        let dir = Arc::clone(&self.dir);
        let upload = blocking(move || Upload::create(dir, path)).await?;
        Ok(ContentWriter { upload: Some(upload), disk: Arc::clone(&self.disk), whole: Arc::clone(&self.whole) })
    }

    /// Opens a file for reading; `None` if there is none. Unless it was found whole within the last day, its bytes are
    /// compared with its name, and [`Error::ContentDamaged`] if they are others.
    pub async fn reader(&self, hash: ContentHash) -> Result<Option<ContentReader>, Error> {
        let (dir, whole) = (Arc::clone(&self.dir), Arc::clone(&self.whole));
        blocking(move || {
            let Some((file, bytes)) = open(&dir, hash)? else { return Ok(None) };
            if !whole.contains(hash) {
                compare(&file, hash, &mut without_pause)?;
                whole.insert(hash);
            }
            Ok(Some(ContentReader { file: Arc::new(file), bytes, hash }))
        })
        .await
    }

    /// All bytes of a file of at most `bytes_max`, compared with its name; `None` if there is none.
    pub async fn read_whole(&self, hash: ContentHash, bytes_max: u64) -> Result<Option<Vec<u8>>, Error> {
        let dir = Arc::clone(&self.dir);
        blocking(move || read_whole(&dir, hash, bytes_max)).await
    }

    /// Reads a file through and compares its bytes with its name. False if there is none.
    pub async fn check(&self, hash: ContentHash) -> Result<bool, Error> {
        let dir = Arc::clone(&self.dir);
        blocking(move || check(&dir, hash, &mut without_pause).map(|compared| compared == Compared::Whole)).await
    }

    /// Deletes a file. The caller knows that no record refers to it any more. False if there was none.
    pub async fn delete(&self, hash: ContentHash) -> Result<bool, Error> {
        let path = path_of(&self.dir, hash);
        blocking(move || match fs::remove_file(&path) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(Error::content("deleting", &error)),
        })
        .await
    }

    /// All files, in the order of their names.
    pub async fn list(&self) -> Result<Vec<Listed>, Error> {
        let dir = Arc::clone(&self.dir);
        blocking(move || list(&dir)).await
    }
}

/// An upload in progress. Dropping it forgets what was written.
pub struct ContentWriter {
    /// `None` while a write is under way; it stays so if that write failed or was abandoned.
    upload: Option<Upload>,
    disk: Arc<DiskGuard>,
    whole: Arc<Whole>,
}

impl ContentWriter {
    /// Appends bytes. After an error, or if the future was dropped before its end, the upload is lost.
    pub async fn write(&mut self, piece: impl AsRef<[u8]> + Send + 'static) -> Result<(), Error> {
        if let Some(refusal) = self.disk.upload_refusal() {
            self.upload = None;
            return Err(refusal);
        }
        let mut upload = self.upload.take().ok_or_else(abandoned)?;
        let upload = blocking(move || upload.write(piece.as_ref()).map(|()| upload)).await?;
        self.upload = Some(upload);
        Ok(())
    }

    /// Bytes written so far.
    pub fn bytes(&self) -> u64 {
        self.upload.as_ref().map_or(0, |upload| upload.bytes)
    }

    /// Makes the file durable and gives it its name.
    pub async fn finish(mut self) -> Result<Stored, Error> {
        let upload = self.upload.take().ok_or_else(abandoned)?;
        let stored = blocking(move || upload.finish()).await?;
        self.whole.insert(stored.hash);
        Ok(stored)
    }
}

/// An open content file. It stays readable when the file is deleted meanwhile.
#[derive(Debug, Clone)]
pub struct ContentReader {
    file: Arc<File>,
    bytes: u64,
    hash: ContentHash,
}

impl ContentReader {
    /// The file's length.
    pub const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The file's name.
    pub const fn hash(&self) -> ContentHash {
        self.hash
    }

    /// Up to `bytes_max` bytes from `offset`; fewer only at the end of the file.
    pub async fn read(&self, offset: u64, bytes_max: usize) -> Result<Vec<u8>, Error> {
        let left = self.bytes.saturating_sub(offset);
        let bytes = usize::try_from(left).unwrap_or(usize::MAX).min(bytes_max);
        let file = Arc::clone(&self.file);
        blocking(move || {
            let mut piece = vec![0; bytes];
            file.read_exact_at(&mut piece, offset).map_err(|error| Error::content("reading", &error))?;
            Ok(piece)
        })
        .await
    }
}

const TEMPORARY_DIR: &str = "temporary";

/// The part of an upload that blocks.
struct Upload {
    dir: Arc<Path>,
    temporary: PathBuf,
    file: File,
    hasher: Sha256,
    bytes: u64,
    named: bool,
}

impl Upload {
    fn create(dir: Arc<Path>, temporary: PathBuf) -> Result<Self, Error> {
        let file = File::create_new(&temporary).map_err(|error| Error::content("creating", &error))?;
        Ok(Self { dir, temporary, file, hasher: Sha256::new(), bytes: 0, named: false })
    }

    fn write(&mut self, piece: &[u8]) -> Result<(), Error> {
        self.file.write_all(piece).map_err(|error| Error::content("writing", &error))?;
        self.hasher.update(piece);
        self.bytes += piece.len() as u64;
        Ok(())
    }

    fn finish(mut self) -> Result<Stored, Error> {
        let hash = ContentHash(std::mem::take(&mut self.hasher).finalize().into());
        self.name(hash).map_err(|error| Error::content("finishing", &error))?;
        Ok(Stored { hash, bytes: self.bytes })
    }

    fn name(&mut self, hash: ContentHash) -> io::Result<()> {
        self.file.sync_all()?;
        let path = path_of(&self.dir, hash);
        let parent = path.parent().unwrap_or(&self.dir);
        make_folder(parent, sync_dir)?;
        // Over an equal file, too: if that one was damaged, it is whole again.
        fs::rename(&self.temporary, &path)?;
        self.named = true;
        sync_dir(parent)
    }
}

/// Makes a folder for files that begin alike, and sees to it that its own entry survives a power cut.
fn make_folder(folder: &Path, sync: impl FnOnce(&Path) -> io::Result<()>) -> io::Result<()> {
    match fs::create_dir(folder) {
        // It may be another upload that has just made it and has not synced it yet. Syncing once more costs little.
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    folder.parent().map_or(Ok(()), sync)
}

impl Drop for Upload {
    fn drop(&mut self) {
        if !self.named {
            // What cannot be removed now is removed when the store is opened again.
            let _ = fs::remove_file(&self.temporary);
        }
    }
}

fn abandoned() -> Error {
    Error::Content("an earlier write of this upload did not end".to_owned())
}

fn path_of(dir: &Path, hash: ContentHash) -> PathBuf {
    let mut name = String::with_capacity(65);
    write!(name, "{hash}").expect("writing to a String cannot fail");
    name.insert(2, '/');
    dir.join(name)
}

fn open(dir: &Path, hash: ContentHash) -> Result<Option<(File, u64)>, Error> {
    let opened = match File::open(path_of(dir, hash)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        opened => opened.and_then(|file| file.metadata().map(|found| (file, found.len()))),
    };
    opened.map(Some).map_err(|error| Error::content("opening", &error))
}

fn read_whole(dir: &Path, hash: ContentHash, bytes_max: u64) -> Result<Option<Vec<u8>>, Error> {
    let Some((mut file, length)) = open(dir, hash)? else { return Ok(None) };
    if length > bytes_max {
        return Err(Error::Content(format!("{hash} has {length} bytes, asked for were at most {bytes_max}")));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or(0));
    file.read_to_end(&mut bytes).map_err(|error| Error::content("reading", &error))?;
    same(hash, ContentHash::of(&bytes))?;
    Ok(Some(bytes))
}

/// Compares a file with its name at this pace.
pub(crate) fn check(dir: &Path, hash: ContentHash, pace: &mut Pace<'_>) -> Result<Compared, Error> {
    match open(dir, hash)? {
        Some((file, _)) => compare(&file, hash, pace),
        None => Ok(Compared::Missing),
    }
}

/// Reads a file through; an error if its bytes are not those of its name.
fn compare(mut file: &File, hash: ContentHash, pace: &mut Pace<'_>) -> Result<Compared, Error> {
    let mut hasher = Sha256::new();
    let mut piece = vec![0; PIECE_BYTES];
    loop {
        let read = file.read(&mut piece).map_err(|error| Error::content("reading", &error))?;
        hasher.update(&piece[..read]);
        if read == 0 {
            break;
        }
        if pace(read as u64).is_break() {
            return Ok(Compared::BrokenOff);
        }
    }
    same(hash, ContentHash(hasher.finalize().into()))?;
    Ok(Compared::Whole)
}

/// The pace of somebody who waits for the file.
fn without_pause(_: u64) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

fn same(hash: ContentHash, found: ContentHash) -> Result<(), Error> {
    if hash == found {
        return Ok(());
    }
    Err(Error::ContentDamaged { hash: hash.to_string(), found: found.to_string() })
}

fn list(dir: &Path) -> Result<Vec<Listed>, Error> {
    let failed = |error: io::Error| Error::content("listing", &error);
    let mut files = Vec::new();
    for folder in fs::read_dir(dir).map_err(failed)? {
        let folder = folder.map_err(failed)?;
        let start = folder.file_name();
        for file in fs::read_dir(folder.path()).map_err(failed)? {
            let file = file.map_err(failed)?;
            // Temporary files have other names.
            let name = format!("{}{}", start.to_string_lossy(), file.file_name().to_string_lossy());
            let Some(hash) = ContentHash::parse(&name) else { continue };
            let found = file.metadata().map_err(failed)?;
            files.push(Listed { hash, bytes: found.len(), modified_ms: unix_ms(found.modified().map_err(failed)?) });
        }
    }
    files.sort_unstable_by_key(|file| file.hash);
    Ok(files)
}

fn unix_ms(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

/// Runs file work where it may block. It runs to its end even if the caller stops waiting.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T, Error> + Send + 'static) -> Result<T, Error> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|error| Err(Error::Content(format!("the work did not end: {error}"))))
}

#[cfg(test)]
mod tests;
