//! Background tasks that shutdown waits for.
//!
//! Every task of the process is spawned here, under a name. Stopping is soft first (the token from
//! [`Supervisor::shutdown_token`] is cancelled, and tasks leave at their next safe point) and hard at
//! the deadline (what is left is dropped where it waits). A panic ends only its own task, is logged
//! and counted, and never takes the process down.

use std::any::Any;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures_util::FutureExt;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{error, warn};
use veche_base::metrics::{Counter, Registry};

/// Spawns tasks and ends them all. Clones share the same tasks.
#[derive(Clone)]
pub struct Supervisor {
    tracker: TaskTracker,
    soft: CancellationToken,
    hard: CancellationToken,
    panics: Counter,
}

/// Why [`Supervisor::run_to_end`] has no answer.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum TaskFailed {
    /// The task panicked; the panic is in the log.
    #[error("the task panicked")]
    Panicked,
    /// The server was stopped hard before the task was done.
    #[error("the server is stopping")]
    Stopped,
}

/// How a drain ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Drained {
    /// Every task left by itself.
    Softly,
    /// This many tasks were still there at the deadline and were dropped.
    Hard(usize),
}

impl Supervisor {
    /// A supervisor without tasks, which counts panics in `registry`.
    pub fn new(registry: &Registry) -> Self {
        Self {
            tracker: TaskTracker::new(),
            soft: CancellationToken::new(),
            hard: CancellationToken::new(),
            panics: registry.scope("runtime").counter("task_panics", "Tasks that ended in a panic"),
        }
    }

    /// Another group of tasks, stopped and drained on its own, whose panics are counted with these.
    #[must_use]
    pub fn sibling(&self) -> Self {
        Self {
            tracker: TaskTracker::new(),
            soft: CancellationToken::new(),
            hard: CancellationToken::new(),
            panics: self.panics.clone(),
        }
    }

    /// Runs `task` in the background. It should leave soon after [`Self::shutdown_token`] is cancelled.
    pub fn spawn(&self, name: &'static str, task: impl Future<Output = ()> + Send + 'static) {
        let this = self.clone();
        // Looked at each time that the task wakes: a token that all tasks share would be a lock that they share.
        let hard = self.hard.child_token();
        self.tracker.spawn(async move {
            // Nothing to tell anybody: a panic is already in the log, and stopping is no failure here.
            let _ = this.guarded(name, task, &hard).await;
        });
    }

    /// Runs `task` to its end even if the caller stops waiting, and gives its answer to a caller who does not.
    ///
    /// Requests that change something run like this, so that a client that goes away leaves nothing half done.
    pub async fn run_to_end<T: Send + 'static>(
        &self,
        name: &'static str,
        task: impl Future<Output = T> + Send + 'static,
    ) -> Result<T, TaskFailed> {
        let this = self.clone();
        let handle = self.tracker.spawn(async move { this.guarded(name, task, &this.hard).await });
        handle.await.unwrap_or(Err(TaskFailed::Stopped))
    }

    /// Is cancelled when the server starts to stop.
    pub fn shutdown_token(&self) -> CancellationToken {
        self.soft.clone()
    }

    /// Tells every task to stop, without waiting for it.
    pub fn begin_shutdown(&self) {
        self.soft.cancel();
    }

    /// Ends all tasks: softly until `deadline` has passed, then hard.
    pub async fn drain(&self, deadline: Duration) -> Drained {
        self.soft.cancel();
        self.tracker.close();
        if tokio::time::timeout(deadline, self.tracker.wait()).await.is_ok() {
            return Drained::Softly;
        }
        let left = self.tracker.len();
        warn!(left, "tasks did not stop in time and are dropped");
        self.hard.cancel();
        self.tracker.wait().await;
        Drained::Hard(left)
    }

    async fn guarded<T>(
        &self,
        name: &'static str,
        task: impl Future<Output = T>,
        hard: &CancellationToken,
    ) -> Result<T, TaskFailed> {
        // The task owns all it captured and is dropped after a panic, so no one sees its broken state.
        let caught = AssertUnwindSafe(task).catch_unwind();
        tokio::select! {
            biased;
            outcome = caught => outcome.map_err(|payload| {
                self.panics.inc();
                error!(task = name, reason = panic_reason(payload.as_ref()), "a task panicked");
                TaskFailed::Panicked
            }),
            () = hard.cancelled() => Err(TaskFailed::Stopped),
        }
    }
}

/// The words of a panic, if it has any.
pub fn panic_reason(payload: &(dyn Any + Send)) -> &str {
    payload
        .downcast_ref::<&'static str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("a panic without words")
}

#[cfg(test)]
mod tests {
    use std::future::pending;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::time::Duration;

    use futures_util::FutureExt;
    use veche_base::metrics::Registry;

    use super::{Drained, Supervisor, TaskFailed};

    #[tokio::test]
    async fn tasks_that_heed_the_token_are_drained_softly() {
        let supervisor = Supervisor::new(&Registry::new());
        let token = supervisor.shutdown_token();
        let finished = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&finished);
        supervisor.spawn("heeding", async move {
            token.cancelled().await;
            flag.store(true, Ordering::SeqCst);
        });
        assert_eq!(supervisor.drain(Duration::from_secs(60)).await, Drained::Softly);
        assert!(finished.load(Ordering::SeqCst));
    }

    #[tokio::test]
    async fn tasks_that_do_not_are_dropped_at_the_deadline() {
        let supervisor = Supervisor::new(&Registry::new());
        supervisor.spawn("deaf", pending());
        assert_eq!(supervisor.drain(Duration::from_millis(5)).await, Drained::Hard(1));
    }

    #[tokio::test]
    async fn siblings_stop_apart() {
        let workers = Supervisor::new(&Registry::new());
        let connections = workers.sibling();
        assert_eq!(connections.drain(Duration::from_secs(60)).await, Drained::Softly);
        assert!(connections.shutdown_token().is_cancelled() && !workers.shutdown_token().is_cancelled());
    }

    #[tokio::test]
    async fn panic_is_counted_and_ends_only_its_task() {
        let registry = Registry::new();
        let supervisor = Supervisor::new(&registry);
        let failed: Result<(), TaskFailed> = supervisor.run_to_end("failing", async { panic!("a test's panic") }).await;
        assert_eq!(failed, Err(TaskFailed::Panicked));
        assert_eq!(supervisor.run_to_end("working", async { 7 }).await, Ok(7));
        assert!(registry.encode().contains("veche_runtime_task_panics_total 1"));
    }

    #[tokio::test]
    async fn work_goes_on_when_its_caller_is_gone() {
        let supervisor = Supervisor::new(&Registry::new());
        let finished = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&finished);
        let caller = supervisor.run_to_end("send", async move {
            tokio::task::yield_now().await;
            flag.store(true, Ordering::SeqCst);
        });
        // Polled once, which starts the work, and then dropped like the request of a closed laptop.
        assert!(caller.now_or_never().is_none());
        assert_eq!(supervisor.drain(Duration::from_secs(60)).await, Drained::Softly);
        assert!(finished.load(Ordering::SeqCst));
    }
}
