//! The store: opening the data directory, reading, committing.

use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use rocksdb::WriteBatch;
use tokio::sync::{mpsc, oneshot};
use veche_base::{Clock, Entropy};

use crate::changes::ChangeListener;
use crate::commit::{CommitThread, Message, QUEUE_MAX, Shared, TypedJob};
use crate::content::ContentFiles;
use crate::disk::{DiskGuard, Measure};
use crate::engine::{BLOCK_CACHE_BYTES, Engine, decode};
use crate::error::{Error, OpenError};
use crate::folders::create_private_dir;
use crate::keys::{Key, KeyPrefix};
use crate::lock::DirLock;
use crate::metrics::Metrics;
use crate::migrate;
use crate::positions::StreamPosition;
use crate::records::meta::{EPOCH, MetaKey, POSITION_CEILING};
use crate::scan::Scan;
use crate::txn::Txn;

/// What a store needs from outside.
pub struct OpenOptions {
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    disk_reserve_bytes: Option<u64>,
    measure: Option<Measure>,
    metrics: Metrics,
    block_cache_bytes: usize,
    on_stopped: Box<dyn Fn(&str) + Send + Sync>,
}

impl OpenOptions {
    /// The defaults: see the methods.
    pub fn new(clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> Self {
        Self {
            clock,
            entropy,
            disk_reserve_bytes: None,
            measure: None,
            metrics: Metrics::default(),
            block_cache_bytes: BLOCK_CACHE_BYTES,
            on_stopped: Box::new(|_| ()),
        }
    }

    /// Free disk space that ordinary commits must leave; by default 1 GiB or a twentieth of the volume,
    /// whichever is less.
    #[must_use]
    pub fn disk_reserve_bytes(mut self, bytes: u64) -> Self {
        self.disk_reserve_bytes = Some(bytes);
        self
    }

    /// How free space is measured; by default the data directory's volume is asked.
    #[must_use]
    pub fn measure(mut self, measure: Measure) -> Self {
        self.measure = Some(measure);
        self
    }

    /// Where commits are counted; by default nowhere.
    #[must_use]
    pub fn metrics(mut self, metrics: Metrics) -> Self {
        self.metrics = metrics;
        self
    }

    /// Memory for decompressed blocks; by default 64 MiB.
    #[must_use]
    pub const fn block_cache_bytes(mut self, bytes: usize) -> Self {
        self.block_cache_bytes = bytes;
        self
    }

    /// Called once, on the commit thread, when a write or sync has failed: the process must exit non-zero, so that
    /// the next one verifies what is really on disk.
    #[must_use]
    pub fn on_stopped(mut self, call: impl Fn(&str) + Send + Sync + 'static) -> Self {
        self.on_stopped = Box::new(call);
        self
    }
}

/// An open data directory. One per process, shared as `Arc<Store>`; dropping the last one closes it.
pub struct Store {
    dir: PathBuf,
    shared: Arc<Shared>,
    queue: mpsc::Sender<Message>,
    thread: Mutex<Option<JoinHandle<()>>>,
    content: ContentFiles,
    epoch: u64,
    // Dropped last: nobody else may open the directory before everything above is closed.
    _lock: DirLock,
}

impl Store {
    /// Opens the store in `dir`, creating it if the directory is empty or missing. Blocks: it reads the log left by
    /// a crash and checks every file's header.
    ///
    /// Fails, changing nothing, if another process has it open, a newer program wrote it, or it is damaged.
    pub fn open(dir: &Path, options: OpenOptions) -> Result<Arc<Self>, OpenError> {
        create_private_dir(dir)?;
        let lock = DirLock::take(dir)?;
        // The engine would let everybody read its files if somebody else made the data folder.
        create_private_dir(&dir.join("db"))?;
        let engine = Engine::open(&dir.join("db"), options.block_cache_bytes)?;
        migrate::run(&engine)?;
        let epoch = epoch(&engine, options.entropy.as_ref())?;
        let ceiling = engine.get_record(&MetaKey::named(POSITION_CEILING))?.unwrap_or(0);
        let measure = options.measure.unwrap_or_else(|| DiskGuard::measure_dir(dir));
        let disk = Arc::new(DiskGuard::new(Arc::clone(&options.clock), measure, options.disk_reserve_bytes));
        let content = ContentFiles::open(&dir.join("content"), Arc::clone(&disk), Arc::clone(&options.clock))?;
        let shared =
            Arc::new(Shared::new(Arc::new(engine), disk, options.clock, options.metrics, ceiling, options.on_stopped));
        let (queue, inbox) = mpsc::channel(QUEUE_MAX);
        let body = CommitThread::new(Arc::clone(&shared), inbox, ceiling);
        let thread = std::thread::Builder::new().name("store-commit".to_owned()).spawn(move || body.run());
        let thread = Mutex::new(Some(thread.map_err(OpenError::file(dir))?));
        Ok(Arc::new(Self { dir: dir.to_owned(), shared, queue, thread, content, epoch, _lock: lock }))
    }

    /// The newest position that may be read: everything that was committed with it or before is there.
    ///
    /// Newer records may be visible too, so a reader that promises a position takes it first and leaves out what
    /// lies beyond.
    pub fn position(&self) -> StreamPosition {
        StreamPosition(self.shared.position.load(Ordering::Acquire))
    }

    /// A random number of this store's history, for sync tokens: a token with another one is from before a restore.
    pub const fn epoch(&self) -> u64 {
        self.epoch
    }

    /// The record under `key`. Fails if it is damaged.
    pub fn get<K: Key>(&self, key: &K) -> Result<Option<K::Value>, Error> {
        self.shared.engine.get_record(key)
    }

    /// The records under many keys, in the order of the keys; one call reads what lies together once.
    pub fn get_many<K: Key>(&self, keys: &[K]) -> Result<Vec<Option<K::Value>>, Error> {
        let bytes: Vec<Vec<u8>> = keys
            .iter()
            .map(|key| {
                let mut bytes = Vec::with_capacity(64);
                key.write(&mut bytes);
                bytes
            })
            .collect();
        let found = self.shared.engine.get_many(K::FAMILY, &bytes);
        let decoded = found.into_iter().zip(&bytes).map(|(found, key)| match found? {
            Some(value) => decode::<K>(key, &value).map(Some),
            None => Ok(None),
        });
        decoded.collect()
    }

    /// True if there is a record under `key`; its value is not looked at.
    pub fn contains<K: Key>(&self, key: &K) -> Result<bool, Error> {
        let mut bytes = Vec::with_capacity(64);
        key.write(&mut bytes);
        Ok(self.shared.engine.get(K::FAMILY, &bytes)?.is_some())
    }

    /// Walks the records whose key starts with `prefix`: `(room,)`, `(room, &user)`, or `()` for all.
    pub fn scan<K: Key>(&self, prefix: impl KeyPrefix) -> Scan<'_, K> {
        Scan::new(&self.shared.engine, prefix)
    }

    /// Runs `build` on the commit thread and commits what it wrote, all or nothing.
    ///
    /// Returns after the writes are on disk and the positions it took are readable. If `build` fails or panics,
    /// nothing is written. The closure sees everything that was committed before, must not block, and runs
    /// even if the caller stops waiting once the transaction is queued.
    pub async fn commit<R, E>(&self, build: impl FnOnce(&mut Txn) -> Result<R, E> + Send + 'static) -> Result<R, E>
    where
        R: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        self.commit_then(build, |_| ()).await
    }

    /// [`commit`](Self::commit), after which the commit thread calls `then`: once the writes are on disk and can be
    /// read, before the caller is answered and anybody is woken, and also if the caller has stopped waiting. It is for
    /// the picture in memory that belongs to the writes. It must not block or fail; if nothing is written, it is
    /// dropped without being called.
    pub async fn commit_then<R, E>(
        &self,
        build: impl FnOnce(&mut Txn) -> Result<R, E> + Send + 'static,
        then: impl FnOnce(&R) + Send + 'static,
    ) -> Result<R, E>
    where
        R: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let (caller, answer) = oneshot::channel();
        let job = TypedJob { build: Some(build), then, outcome: None, caller };
        if self.queue.send(Message::Commit(Box::new(job))).await.is_err() {
            return Err(self.gone().into());
        }
        answer.await.unwrap_or_else(|_| Err(self.gone().into()))
    }

    /// [`commit`](Self::commit) for threads outside the async runtime.
    pub fn commit_blocking<R, E>(&self, build: impl FnOnce(&mut Txn) -> Result<R, E> + Send + 'static) -> Result<R, E>
    where
        R: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let (caller, answer) = oneshot::channel();
        let job = TypedJob { build: Some(build), then: |_: &R| (), outcome: None, caller };
        if self.queue.blocking_send(Message::Commit(Box::new(job))).is_err() {
            return Err(self.gone().into());
        }
        answer.blocking_recv().unwrap_or_else(|_| Err(self.gone().into()))
    }

    /// Tells `listener` of every commit from the next one on.
    pub fn subscribe(&self, listener: Arc<dyn ChangeListener>) {
        self.shared.subscribe(listener);
    }

    /// Uploaded files.
    pub const fn content(&self) -> &ContentFiles {
        &self.content
    }

    /// How full the disk is.
    pub fn disk(&self) -> &DiskGuard {
        &self.shared.disk
    }

    /// The data directory.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    pub(crate) fn engine(&self) -> &Engine {
        &self.shared.engine
    }

    /// Why the store has stopped acknowledging writes, if it has.
    pub fn stopped(&self) -> Option<&str> {
        self.shared.stopped.get().map(String::as_str)
    }

    /// Waits for everything queued so far, then writes the tables, so that the next opening reads no log.
    /// Acknowledged commits are on disk without it.
    pub async fn flush(&self) -> Result<(), Error> {
        let (caller, answer) = oneshot::channel();
        if self.queue.send(Message::Flush(caller)).await.is_err() {
            return Err(self.gone());
        }
        answer.await.unwrap_or_else(|_| Err(self.gone()))
    }

    /// Commits what is queued, flushes, and takes no more commits. Reads still work; the directory stays locked until
    /// the store is dropped.
    pub async fn close(&self) -> Result<(), Error> {
        let flushed = self.flush().await;
        // A queue that is closed already is what we want.
        let _ = self.queue.send(Message::Close).await;
        self.queue.closed().await;
        flushed
    }

    /// Why the commit thread does not answer.
    fn gone(&self) -> Error {
        self.shared.stopped.get().map_or(Error::Closed, |reason| Error::Stopped(reason.clone()))
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        // The queue's end goes away with its only sender, and the thread after its last group.
        let (unused, _) = mpsc::channel(1);
        drop(std::mem::replace(&mut self.queue, unused));
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        // A closure may hold the last reference to the store; then the thread cannot wait for itself.
        if let Some(thread) = thread.filter(|thread| thread.thread().id() != std::thread::current().id()) {
            let _ = thread.join();
        }
    }
}

/// The store's epoch; a new store draws one.
fn epoch(engine: &Engine, entropy: &dyn Entropy) -> Result<u64, Error> {
    if let Some(epoch) = engine.get_record(&MetaKey::named(EPOCH))? {
        return Ok(epoch);
    }
    let mut bytes = [0; 4];
    entropy.fill(&mut bytes);
    let epoch = u64::from(u32::from_be_bytes(bytes));
    let mut batch = WriteBatch::default();
    engine.add_record(&mut batch, &MetaKey::named(EPOCH), &epoch);
    engine.write(batch)?;
    Ok(epoch)
}

#[cfg(test)]
pub(crate) mod tests;
