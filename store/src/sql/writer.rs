//! The one thread that writes.
//!
//! Everything that waits (at most [`GROUP_MAX`]) goes into one transaction with one sync, so that a
//! hundred people who sign in at nine o'clock do not wait for a hundred syncs. Each piece of work has
//! a savepoint: when it is refused, fails or panics, only its own changes are thrown away.
//!
//! When the disk is full, the engine may throw the whole transaction away by itself. Then everybody in
//! the group is told so and nothing was changed. When a write or sync *fails*, nobody can say what is
//! on the disk (a second fsync may lie), so the writer stops for good and the process should end.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Mutex, PoisonError};
use std::thread::JoinHandle;

use rusqlite::Connection;
use tokio::sync::oneshot;
use veche_base::metrics::{COUNT_BUCKETS, Counter, Histogram};

use super::{Error, Options, Tx};

/// Writes that may share one transaction.
const GROUP_MAX: usize = 128;

/// Runs the work in the open savepoint, or is told why it cannot run.
type Work = Box<dyn FnOnce(Result<&Tx<'_>, Error>) -> Ran + Send>;

/// What is left to do once the fate of the transaction is known: hook and answer.
type Finish = Box<dyn FnOnce(Result<(), Error>) + Send>;

enum Ran {
    Keep(Finish),
    ThrowAway(Finish),
}

impl Ran {
    fn finish(self) -> Finish {
        match self {
            Self::Keep(finish) | Self::ThrowAway(finish) => finish,
        }
    }
}

enum Message {
    Write(Work),
    Close,
}

pub(super) struct Writer {
    inbox: Sender<Message>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Writer {
    pub(super) fn start(connection: Connection, options: Options) -> std::io::Result<Self> {
        let scope = options.metrics.scope("sql");
        let writing = Writing {
            connection,
            failed: false,
            on_failure: options.on_failure,
            commits: scope.counter("commits", "Transactions of the administration database on disk"),
            group: scope.histogram("commit_writes", "Writes that shared one transaction", &COUNT_BUCKETS),
        };
        let (inbox, messages) = channel();
        let thread = std::thread::Builder::new().name("sql-writer".to_owned()).spawn(move || writing.run(&messages))?;
        Ok(Self { inbox, thread: Mutex::new(Some(thread)) })
    }

    pub(super) async fn write_then<R, E>(
        &self,
        work: impl FnOnce(&Tx<'_>) -> Result<R, E> + Send + 'static,
        then: impl FnOnce(&R) + Send + 'static,
    ) -> Result<R, E>
    where
        R: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let answer = self.queue(work, then);
        answer.await.unwrap_or_else(|_| Err(Error::Closed.into()))
    }

    pub(super) fn write_blocking<R, E>(
        &self,
        work: impl FnOnce(&Tx<'_>) -> Result<R, E> + Send + 'static,
    ) -> Result<R, E>
    where
        R: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        // Not `blocking_recv`, which panics on a runtime's thread: a plain channel carries the answer.
        let (sender, answer) = channel();
        let message = Message::Write(Box::new(move |tx| run(tx, work, |_: &R| (), move |it| drop(sender.send(it)))));
        let queued = self.inbox.send(message);
        queued.ok().and_then(|()| answer.recv().ok()).unwrap_or_else(|| Err(Error::Closed.into()))
    }

    pub(super) fn close(&self) {
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            let _gone_already = self.inbox.send(Message::Close);
            let _its_panic_was_logged = thread.join();
        }
    }

    fn queue<R, E>(
        &self,
        work: impl FnOnce(&Tx<'_>) -> Result<R, E> + Send + 'static,
        then: impl FnOnce(&R) + Send + 'static,
    ) -> oneshot::Receiver<Result<R, E>>
    where
        R: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let (sender, answer) = oneshot::channel();
        // A caller that stopped waiting is no reason to stop: the write and its hook happen all the same.
        let message = Message::Write(Box::new(move |tx| run(tx, work, then, move |it| drop(sender.send(it)))));
        let _closed_shows_as_a_dropped_sender = self.inbox.send(message);
        answer
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.close();
    }
}

fn run<R, E>(
    tx: Result<&Tx<'_>, Error>,
    work: impl FnOnce(&Tx<'_>) -> Result<R, E>,
    then: impl FnOnce(&R) + Send + 'static,
    answer: impl FnOnce(Result<R, E>) + Send + 'static,
) -> Ran
where
    R: Send + 'static,
    E: From<Error> + Send + 'static,
{
    let tx = match tx {
        Ok(tx) => tx,
        Err(error) => return Ran::ThrowAway(Box::new(move |_| answer(Err(error.into())))),
    };
    match catch_unwind(AssertUnwindSafe(|| work(tx))) {
        Ok(Ok(value)) => Ran::Keep(Box::new(move |fate| {
            answer(fate.map_err(E::from).map(|()| {
                then(&value);
                value
            }));
        })),
        Ok(Err(refusal)) => Ran::ThrowAway(Box::new(move |_| answer(Err(refusal)))),
        Err(_) => Ran::ThrowAway(Box::new(move |_| answer(Err(Error::Panicked.into())))),
    }
}

struct Writing {
    connection: Connection,
    failed: bool,
    on_failure: super::FailureHook,
    commits: Counter,
    group: Histogram,
}

impl Writing {
    fn run(mut self, messages: &Receiver<Message>) {
        let mut closing = false;
        while !closing {
            let Ok(first) = messages.recv() else { break };
            let mut group = Vec::new();
            for message in std::iter::once(first).chain(messages.try_iter()).take(GROUP_MAX) {
                match message {
                    Message::Write(work) => group.push(work),
                    Message::Close => closing = true,
                }
            }
            self.write(group);
        }
        // Leaves one file behind for whoever copies it; a failure loses nothing, the log is still there.
        if let Err(error) = self.connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)") {
            tracing::warn!(%error, "could not write the log back at close");
        }
    }

    fn write(&mut self, group: Vec<Work>) {
        if group.is_empty() {
            return;
        }
        let mut finishes = Vec::with_capacity(group.len());
        let fate = self.transact(group, &mut finishes);
        if let Err(error) = &fate {
            tracing::error!(%error, writes = finishes.len(), "a transaction was not written");
            self.roll_back();
        }
        for finish in finishes {
            let finished = catch_unwind(AssertUnwindSafe(|| finish(fate.clone())));
            if finished.is_err() {
                tracing::error!("a hook after a commit panicked");
            }
        }
    }

    /// Runs the group. Whatever comes back as `Err` holds for everybody in `finishes`.
    fn transact(&mut self, group: Vec<Work>, finishes: &mut Vec<Finish>) -> Result<(), Error> {
        let writes = group.len();
        let mut fate = if self.failed { Err(Error::Failed) } else { self.batch("BEGIN IMMEDIATE") };
        for work in group {
            fate = match fate {
                Ok(()) => self.savepoint(work, finishes),
                Err(error) => {
                    finishes.push(work(Err(error.clone())).finish());
                    Err(error)
                }
            };
        }
        fate?;
        self.batch("COMMIT")?;
        self.commits.inc();
        self.group.observe(u32::try_from(writes).map_or(f64::MAX, f64::from));
        Ok(())
    }

    fn savepoint(&mut self, work: Work, finishes: &mut Vec<Finish>) -> Result<(), Error> {
        self.batch("SAVEPOINT work")?;
        let (finish, end) = match work(Ok(&Tx::new(&self.connection))) {
            Ran::Keep(finish) => (finish, "RELEASE work"),
            Ran::ThrowAway(finish) => (finish, "ROLLBACK TO work; RELEASE work"),
        };
        finishes.push(finish);
        if self.connection.is_autocommit() {
            // The engine threw the transaction away in the middle of the work, which is what a full disk does.
            return Err(Error::DiskFull);
        }
        self.batch(end)
    }

    fn batch(&mut self, sql: &str) -> Result<(), Error> {
        let done = self.connection.execute_batch(sql);
        if done.as_ref().is_err_and(is_final) {
            self.failed = true;
            (self.on_failure)();
            return Err(Error::Failed);
        }
        Ok(done?)
    }

    fn roll_back(&mut self) {
        if !self.connection.is_autocommit()
            && let Err(error) = self.connection.execute_batch("ROLLBACK")
        {
            tracing::error!(%error, "could not roll back; the writer stops");
            self.failed = true;
            (self.on_failure)();
        }
    }
}

/// After these, what is on the disk is unknown.
fn is_final(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(rusqlite::ErrorCode::SystemIoFailure | rusqlite::ErrorCode::DatabaseCorrupt)
    )
}
