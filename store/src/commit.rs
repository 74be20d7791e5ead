//! The commit thread: the only writer of the database. `docs/commits.md` explains the protocol.
//!
//! Invariants:
//! - positions become readable in the order in which they were taken, and after the data they stand for;
//! - a caller is answered with success only after its writes are on the disk;
//! - a position is never given out twice, not even by two lives of the process;
//! - after a failed write nothing is acknowledged any more.

use std::any::Any;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use rocksdb::WriteBatch;
use tokio::sync::{mpsc, oneshot};
use veche_base::Clock;

use crate::changes::{ChangeListener, Published};
use crate::disk::DiskGuard;
use crate::engine::Engine;
use crate::error::Error;
use crate::metrics::Metrics;
use crate::positions::StreamPosition;
use crate::records::meta::{MetaKey, POSITION_CEILING};
use crate::txn::{Taken, Txn, split_slot};

/// Transactions that share one disk sync, at most.
pub(crate) const GROUP_TXNS_MAX: usize = 256;
/// A group takes no further transaction once its writes are this large.
const GROUP_BYTES_MAX: usize = 4 << 20;
/// Transactions that may wait; further callers wait for their place.
pub(crate) const QUEUE_MAX: usize = 1_024;
/// How many positions are reserved on disk at once. A restart skips at most as many.
pub(crate) const POSITION_BLOCK: u64 = 10_000;

/// What the commit thread is asked to do.
pub(crate) enum Message {
    /// Run and commit a transaction.
    Commit(Box<dyn Job>),
    /// Answer when everything queued before is committed; then flush the tables.
    Flush(oneshot::Sender<Result<(), Error>>),
    /// Commit what is queued, take no more, and end.
    Close,
}

/// A queued transaction, its result type forgotten.
pub(crate) trait Job: Send {
    /// Runs the closure. True if its writes are to be kept.
    fn build(&mut self, txn: &mut Txn) -> bool;
    /// Makes the answer an error, whatever the closure said.
    fn refuse(&mut self, error: Error);
    /// Sends the answer.
    fn answer(self: Box<Self>);
}

/// A closure, what follows its commit, and whoever waits for what it returns.
pub(crate) struct TypedJob<F, T, R, E> {
    pub(crate) build: Option<F>,
    pub(crate) then: T,
    pub(crate) outcome: Option<Result<R, E>>,
    pub(crate) caller: oneshot::Sender<Result<R, E>>,
}

impl<F, T, R, E> Job for TypedJob<F, T, R, E>
where
    F: FnOnce(&mut Txn) -> Result<R, E> + Send,
    T: FnOnce(&R) + Send,
    R: Send,
    E: From<Error> + Send,
{
    fn build(&mut self, txn: &mut Txn) -> bool {
        let Some(build) = self.build.take() else { return false };
        // The transaction is thrown away after a panic, so nobody sees it half made.
        let outcome = catch_unwind(AssertUnwindSafe(|| build(txn)))
            .unwrap_or_else(|panic| Err(Error::Panicked(words_of(panic.as_ref())).into()));
        let keep = outcome.is_ok();
        self.outcome = Some(outcome);
        keep
    }

    fn refuse(&mut self, error: Error) {
        self.outcome = Some(Err(error.into()));
    }

    fn answer(self: Box<Self>) {
        let Self { then, outcome, caller, .. } = *self;
        let Some(outcome) = outcome else { return };
        match &outcome {
            Ok(done) => then(done),
            // What it holds on to is given back before the caller goes on.
            Err(_) => drop(then),
        }
        // A caller that has gone away does not undo what is on disk.
        let _ = caller.send(outcome);
    }
}

/// What the thread shares with the [`Store`](crate::Store).
pub(crate) struct Shared {
    pub(crate) engine: Arc<Engine>,
    pub(crate) disk: Arc<DiskGuard>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) metrics: Metrics,
    /// The newest position that may be read.
    pub(crate) position: AtomicU64,
    /// Why the store has stopped, once it has.
    pub(crate) stopped: OnceLock<String>,
    pub(crate) on_stopped: Box<dyn Fn(&str) + Send + Sync>,
    listeners: RwLock<Arc<Vec<Arc<dyn ChangeListener>>>>,
}

impl Shared {
    pub(crate) fn new(
        engine: Arc<Engine>,
        disk: Arc<DiskGuard>,
        clock: Arc<dyn Clock>,
        metrics: Metrics,
        position: u64,
        on_stopped: Box<dyn Fn(&str) + Send + Sync>,
    ) -> Self {
        Self {
            engine,
            disk,
            clock,
            metrics,
            position: AtomicU64::new(position),
            stopped: OnceLock::new(),
            on_stopped,
            listeners: RwLock::default(),
        }
    }

    pub(crate) fn subscribe(&self, listener: Arc<dyn ChangeListener>) {
        let mut listeners = self.listeners.write().unwrap_or_else(PoisonError::into_inner);
        Arc::make_mut(&mut listeners).push(listener);
    }

    fn listeners(&self) -> Arc<Vec<Arc<dyn ChangeListener>>> {
        Arc::clone(&self.listeners.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Stops the store for good, in the same instant in which it is known that something may be lost.
    fn stop(&self, reason: &str) {
        tracing::error!(reason, "the store stops acknowledging writes");
        if self.stopped.set(reason.to_owned()).is_ok() {
            (self.on_stopped)(reason);
        }
    }
}

/// The body of the commit thread.
pub(crate) struct CommitThread {
    shared: Arc<Shared>,
    inbox: mpsc::Receiver<Message>,
    txn: Txn,
    /// Positions up to this one are reserved on disk.
    ceiling: u64,
    /// The current group: transactions whose writes were kept, in order. Not a local variable, so that a panic does
    /// not drop them, and tell their callers "closed", before the store is marked as stopped.
    kept: VecDeque<(Box<dyn Job>, Taken)>,
}

impl CommitThread {
    /// `ceiling` is what the database holds: every position up to it may have been given out by an earlier life.
    pub(crate) fn new(shared: Arc<Shared>, inbox: mpsc::Receiver<Message>, ceiling: u64) -> Self {
        let txn = Txn::new(Arc::clone(&shared.engine), ceiling + 1);
        Self { shared, inbox, txn, ceiling, kept: VecDeque::new() }
    }

    /// Works until the store is closed.
    pub(crate) fn run(mut self) {
        // Closures are caught one by one; what arrives here is a panic of a listener or of our own.
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| self.work())) {
            self.shared.stop(&format!("the commit thread panicked: {}", words_of(panic.as_ref())));
        }
    }

    fn work(&mut self) {
        while let Some(message) = self.inbox.blocking_recv() {
            let mut next = Some(message);
            while let Some(message) = next.take() {
                match message {
                    Message::Commit(job) => next = self.commit_group(job),
                    Message::Flush(caller) => {
                        let _ = caller.send(self.flush());
                    }
                    Message::Close => self.inbox.close(),
                }
            }
        }
    }

    fn flush(&self) -> Result<(), Error> {
        match self.shared.stopped.get() {
            Some(reason) => Err(Error::Stopped(reason.clone())),
            None => self.shared.engine.flush(),
        }
    }

    /// Commits `first` and whatever waits behind it; returns a message that is no transaction, if it met one.
    fn commit_group(&mut self, first: Box<dyn Job>) -> Option<Message> {
        let started = self.shared.clock.monotonic();
        let (mut job, mut count, mut bytes) = (first, 0, 0);
        let leftover = loop {
            count += 1;
            bytes += self.build(job);
            if count >= GROUP_TXNS_MAX || bytes >= GROUP_BYTES_MAX {
                break None;
            }
            match self.inbox.try_recv() {
                Ok(Message::Commit(next)) => job = next,
                Ok(other) => break Some(other),
                Err(_) => break None,
            }
        };
        if self.kept.is_empty() {
            return leftover;
        }
        match self.write_group() {
            Ok(()) => {
                // Counted before anybody is answered, so that whoever has an answer finds it counted.
                let metrics = self.shared.metrics.clone();
                metrics.group_size.observe(count as f64);
                metrics.bytes.inc_by(bytes as u64);
                self.publish();
                metrics.commit_seconds.observe((self.shared.clock.monotonic() - started).as_secs_f64());
            }
            Err(error) => {
                // Whether the writes are on disk is unknown, and a second fsync of the same file may lie.
                let reason = error.to_string();
                self.shared.stop(&reason);
                for (mut job, _) in self.kept.drain(..) {
                    job.refuse(Error::Stopped(reason.clone()));
                    job.answer();
                }
            }
        }
        leftover
    }

    /// Runs one closure. Keeps its writes in the group, or answers the caller at once and keeps nothing.
    /// Returns the size of what it wrote.
    fn build(&mut self, mut job: Box<dyn Job>) -> usize {
        if let Some(reason) = self.shared.stopped.get() {
            job.refuse(Error::Stopped(reason.clone()));
            job.answer();
            return 0;
        }
        let built = job.build(&mut self.txn);
        if built {
            let Some(refusal) = self.refusal() else {
                let taken = self.txn.keep();
                let bytes = taken.bytes;
                self.kept.push_back((job, taken));
                return bytes;
            };
            job.refuse(refusal);
        }
        self.txn.discard();
        self.shared.metrics.refused.inc();
        job.answer();
        0
    }

    /// Why a transaction that was built must not be committed, if there is a reason.
    fn refusal(&self) -> Option<Error> {
        if self.txn.is_too_large() {
            return Some(Error::TooLarge { bytes_max: crate::txn::TXN_BYTES_MAX });
        }
        if self.txn.adds_data() { self.shared.disk.refusal() } else { None }
    }

    /// Puts the group's writes on disk. A group that writes nothing (typing, presence) costs no disk access.
    fn write_group(&mut self) -> Result<(), Error> {
        let engine = &self.shared.engine;
        let mut batch = WriteBatch::default();
        for (slot, value) in self.txn.take_group() {
            let (family, key) = split_slot(&slot);
            engine.add(&mut batch, family, key, value.as_deref());
        }
        let newest = self.txn.position_after() - 1;
        let used_up = newest > self.ceiling;
        // The ceiling must be on disk before a position under it is given out. When the group is written anyway,
        // it is raised early, so that ephemeral groups rarely have to write for its sake.
        let mut ceiling = self.ceiling;
        if used_up || (!batch.is_empty() && self.ceiling - newest < POSITION_BLOCK / 2) {
            ceiling = newest + POSITION_BLOCK;
            engine.add_record(&mut batch, &MetaKey::named(POSITION_CEILING), &ceiling);
        }
        if !batch.is_empty() {
            engine.write(batch)?;
        }
        self.ceiling = ceiling;
        Ok(())
    }

    /// Makes the group's positions readable, one after the other, and answers its callers; then wakes who waits.
    /// In this order, because a client that is told of its own event before its request is answered has to guess
    /// that the two are one.
    fn publish(&mut self) {
        let listeners = self.shared.listeners();
        self.shared.metrics.commits.inc_by(self.kept.len() as u64);
        let mut awaited = Vec::new();
        while let Some((_, taken)) = self.kept.front() {
            if let Some(position) = taken.position {
                let published = Published { position, changes: &taken.changes };
                listeners.iter().for_each(|listener| listener.index(&published));
                self.retire(position);
            }
            if let Some((job, taken)) = self.kept.pop_front() {
                job.answer();
                awaited.extend(taken.position.map(|position| (position, taken.changes)));
            }
        }
        for (position, changes) in &awaited {
            let published = Published { position: *position, changes };
            listeners.iter().for_each(|listener| listener.wake(&published));
        }
    }

    fn retire(&self, position: StreamPosition) {
        let before = self.shared.position.swap(position.0, Ordering::AcqRel);
        assert!(before < position.0, "positions retire in order: {} after {before}", position.0);
    }
}

fn words_of(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("no words").to_owned()
}
