//! A thread of media: how it is started, asked and stopped.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::{self, JoinHandle};

use mio::Waker;

use crate::handle::{AskError, Panicked, StartError};

/// A thread that serves. Dropping it stops it.
pub(crate) struct Serving<C> {
    post: Post<C>,
    thread: Option<JoinHandle<()>>,
}

/// Asks the thread. Clones ask the same one.
pub(crate) struct Post<C> {
    commands: SyncSender<C>,
    waker: Arc<Waker>,
    is_stopping: Arc<AtomicBool>,
}

/// The thread's end of it.
pub(crate) struct Inbox<C> {
    commands: Receiver<C>,
    is_stopping: Arc<AtomicBool>,
}

impl<C: Send + 'static> Serving<C> {
    /// Starts what `make` makes of its inbox, together with what wakes it. At most `commands_max` wait for it.
    pub(crate) fn start<F: FnOnce() + Send + 'static>(
        name: &str,
        commands_max: usize,
        make: impl FnOnce(Inbox<C>) -> Result<(F, Arc<Waker>), StartError>,
    ) -> Result<Self, StartError> {
        let (sender, receiver) = sync_channel(commands_max);
        let is_stopping = Arc::new(AtomicBool::new(false));
        let (serve, waker) = make(Inbox { commands: receiver, is_stopping: Arc::clone(&is_stopping) })?;
        let thread = thread::Builder::new().name(name.to_owned()).spawn(serve).map_err(StartError::Thread)?;
        Ok(Self { post: Post { commands: sender, waker, is_stopping }, thread: Some(thread) })
    }
}

impl<C> Serving<C> {
    /// For whoever asks it.
    pub(crate) fn post(&self) -> Post<C> {
        self.post.clone()
    }

    /// Whether it serves.
    pub(crate) fn is_running(&self) -> bool {
        self.thread.as_ref().is_some_and(|thread| !thread.is_finished())
    }

    /// Tells it to stop, and waits until it has.
    pub(crate) fn stop(&mut self) -> Result<(), Panicked> {
        let Some(thread) = self.thread.take() else { return Ok(()) };
        self.post.is_stopping.store(true, Ordering::Release);
        // A thread that cannot be woken has ended already.
        let _ = self.post.waker.wake();
        thread.join().map_err(|_| Panicked)
    }
}

impl<C> Drop for Serving<C> {
    fn drop(&mut self) {
        // The panic was reported when it happened.
        let _ = self.stop();
    }
}

impl<C> Post<C> {
    /// Puts a command into the inbox.
    pub(crate) fn ask(&self, command: C) -> Result<(), AskError> {
        self.commands.try_send(command).map_err(|error| match error {
            TrySendError::Full(_) => AskError::Busy,
            TrySendError::Disconnected(_) => AskError::Stopped,
        })?;
        self.waker.wake().map_err(|_| AskError::Stopped)
    }
}

impl<C> Clone for Post<C> {
    fn clone(&self) -> Self {
        let Self { commands, waker, is_stopping } = self;
        Self { commands: commands.clone(), waker: Arc::clone(waker), is_stopping: Arc::clone(is_stopping) }
    }
}

impl<C> Inbox<C> {
    /// A command that waits.
    pub(crate) fn next(&self) -> Option<C> {
        self.commands.try_recv().ok()
    }

    /// Whether the thread shall end.
    pub(crate) fn is_stopping(&self) -> bool {
        self.is_stopping.load(Ordering::Acquire)
    }
}
