//! One suite for the whole store: what it promises in every way it can be opened.

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use veche_base::metrics::Registry;
use veche_base::testing::{ManualClock, SeededEntropy};

use super::{OpenOptions, Store};
use crate::disk::Volume;
use crate::error::{Error, OpenError};
use crate::metrics::Metrics;
use crate::positions::{ShortStateKey, StreamPosition};
use crate::records::rooms::{ShortStateKeyKey, TypeAndStateKey};
use crate::txn::Txn;

mod commits;
mod opening;
mod scanning;

const GIB: u64 = 1 << 30;
const RESERVE: u64 = GIB;

/// A data directory and everything a store is given from outside.
pub(crate) struct Fixture {
    pub(crate) dir: tempfile::TempDir,
    clock: Arc<ManualClock>,
    free: Arc<AtomicU64>,
    registry: Registry,
    stops: Arc<Mutex<Vec<String>>>,
}

impl Fixture {
    pub(crate) fn new() -> Self {
        Self {
            dir: tempfile::tempdir().expect("a temporary directory"),
            clock: Arc::new(ManualClock::new()),
            free: Arc::new(AtomicU64::new(50 * GIB)),
            registry: Registry::new(),
            stops: Arc::default(),
        }
    }

    pub(crate) fn open(&self) -> Arc<Store> {
        self.try_open(self.dir.path()).expect("the store opens")
    }

    pub(crate) fn try_open(&self, dir: &Path) -> Result<Arc<Store>, OpenError> {
        let free = Arc::clone(&self.free);
        let stops = Arc::clone(&self.stops);
        let options = OpenOptions::new(self.clock.clone(), Arc::new(SeededEntropy::new(1)))
            .measure(Arc::new(move || Ok(Volume { free_bytes: free.load(Ordering::SeqCst), total_bytes: 100 * GIB })))
            .disk_reserve_bytes(RESERVE)
            .metrics(Metrics::new(&self.registry.scope("store")))
            .on_stopped(move |reason| stops.lock().expect("no test panics with it").push(reason.to_owned()));
        Store::open(dir, options)
    }

    fn set_free(&self, bytes: u64) {
        self.free.store(bytes, Ordering::SeqCst);
        self.clock.advance(Duration::from_secs(1));
    }

    /// What a killed process leaves: the files as they are now, while the store is open.
    pub(crate) fn copy_as_after_a_kill(&self) -> tempfile::TempDir {
        let copy = tempfile::tempdir().expect("a temporary directory");
        copy_dir(self.dir.path(), copy.path());
        copy
    }
}

fn copy_dir(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("creatable");
    for entry in fs::read_dir(from).expect("readable") {
        let entry = entry.expect("readable");
        let target = to.join(entry.file_name());
        if entry.file_type().expect("readable").is_dir() {
            copy_dir(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("copied");
        }
    }
}

/// The simplest record there is: a numbered text.
fn key(number: u64) -> ShortStateKeyKey {
    ShortStateKeyKey { number: ShortStateKey(number) }
}

fn text(text: &str) -> TypeAndStateKey {
    TypeAndStateKey { kind: text.to_owned(), state_key: String::new() }
}

/// Takes a position and leaves a record under it.
fn write_next(txn: &mut Txn) -> Result<StreamPosition, Error> {
    let position = txn.next_position();
    txn.put(&key(position.0), &text("written"));
    Ok(position)
}

/// Keeps the commit thread busy, so that what is queued meanwhile shares one group. The receiver of the returned
/// channel is the running transaction.
fn hold(store: &Arc<Store>) -> (mpsc::Sender<()>, std::thread::JoinHandle<Result<(), Error>>) {
    let (release, released) = mpsc::channel::<()>();
    let (entered, has_entered) = mpsc::channel();
    let store = Arc::clone(store);
    let thread = std::thread::spawn(move || {
        store.commit_blocking(move |_| {
            entered.send(()).expect("waited for");
            released.recv().map_err(|_| Error::Closed)
        })
    });
    has_entered.recv().expect("the transaction runs");
    (release, thread)
}
