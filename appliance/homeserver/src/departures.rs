//! What conversations do when a device or an account is gone.
//!
//! The directory writes down what happened in its own database, and takes the note away when the work is done. What a
//! crash interrupts is done again at the next start, so every step here may run twice.
//!
//! A device may be gone and come back under its name, with new keys. So it is signed in only once its note is gone
//! ([`Conversations`]), and nothing is forgotten of a device without a note.

use std::{sync::Arc, time::Duration};

use ruma::{DeviceId, UserId, presence::PresenceState};
use tokio::sync::Mutex;
use veche_directory::{Conversations, Settling, Work};
use veche_runtime::tasks::Supervisor;

use crate::{
    Parts, StoreError, core::Core, delayed::Delayed, membership::Members, profiles::Profiles, sliding::Sliding,
};

/// Notes read at once.
const PAGE: u32 = 100;
/// How long to wait after a failure.
const RETRY: Duration = Duration::from_secs(10);

/// Why the work stopped; what is left stays written down.
#[derive(Debug, thiserror::Error)]
pub enum DepartureError {
    /// The directory's database failed.
    #[error("the directory: {0}")]
    Directory(#[from] veche_directory::StoreError),
    /// The conversations' store failed.
    #[error("the store: {0}")]
    Store(#[from] StoreError),
}

/// Takes leave of devices and accounts.
pub struct Departures {
    core: Arc<Core>,
    parts: Parts,
    members: Arc<Members>,
    profiles: Arc<Profiles>,
    delayed: Arc<Delayed>,
    sliding: Arc<Sliding>,
    /// Held by whoever works off the notes in their order.
    in_order: Mutex<()>,
    /// Held by whoever forgets a device, from reading its note to taking it away.
    forgetting: Mutex<()>,
}

impl Departures {
    /// Over these parts.
    pub(crate) fn new(
        core: &Arc<Core>,
        parts: &Parts,
        members: &Arc<Members>,
        profiles: &Arc<Profiles>,
        delayed: &Arc<Delayed>,
        sliding: &Arc<Sliding>,
    ) -> Self {
        Self {
            core: Arc::clone(core),
            parts: parts.clone(),
            members: Arc::clone(members),
            profiles: Arc::clone(profiles),
            delayed: Arc::clone(delayed),
            sliding: Arc::clone(sliding),
            in_order: Mutex::new(()),
            forgetting: Mutex::new(()),
        }
    }

    /// Does the work that is there, and then whenever there is some.
    pub fn start(self: &Arc<Self>, supervisor: &Supervisor) {
        let this = Arc::clone(self);
        let stopping = supervisor.shutdown_token();
        supervisor.spawn("departures", async move {
            while !stopping.is_cancelled() {
                let settled = this.settle_until(|| stopping.is_cancelled()).await;
                tokio::select! {
                    () = stopping.cancelled() => {}
                    () = this.rest(settled) => {}
                }
            }
        });
    }

    /// Does all work that the directory has written down.
    pub async fn settle_all(&self) -> Result<(), DepartureError> {
        self.settle_until(|| false).await
    }

    /// Until there is more to do.
    async fn rest(&self, settled: Result<(), DepartureError>) {
        match settled {
            Ok(()) => self.core.directory.work_arrived().await,
            Err(error) => {
                tracing::error!(%error, "cannot take leave of a device or an account; trying again");
                tokio::time::sleep(RETRY).await;
            }
        }
    }

    /// Does work until there is none, or until it is told to stop, which it does between two pieces of work only.
    async fn settle_until(&self, stop: impl Fn() -> bool) -> Result<(), DepartureError> {
        let _alone = self.in_order.lock().await;
        loop {
            let page = self.core.directory.pending_work(PAGE).await?;
            if page.is_empty() {
                return Ok(());
            }
            for (number, work) in page {
                if stop() {
                    return Ok(());
                }
                self.settle(number, &work).await?;
            }
        }
    }

    async fn settle(&self, number: u64, work: &Work) -> Result<(), DepartureError> {
        match work {
            Work::DeviceRemoved { user_id, device_id } => self.forget_device(user_id, device_id).await,
            Work::AccountDeactivated { user_id, erase } => {
                self.settle_account(user_id, *erase).await?;
                Ok(self.core.directory.work_done(number).await?)
            }
        }
    }

    /// Whoever has waited here finds the note gone if another one has done the work: the device of that name may be a
    /// new one by now.
    async fn forget_device(&self, user: &UserId, device: &DeviceId) -> Result<(), DepartureError> {
        let _alone = self.forgetting.lock().await;
        let notes = self.core.directory.pending_work_of(user, device).await?;
        if notes.is_empty() {
            return Ok(());
        }
        self.sliding.forget_device(user, device);
        self.parts.notify.forget_device(user, device).await?;
        self.parts.e2ee.forget_device(user, device).await?;
        self.parts.timeline.forget_device(user, device).await?;
        for note in notes {
            self.core.directory.work_done(note).await?;
        }
        Ok(())
    }

    /// The rooms first: from then on the user is nobody's company. What he said stays with those who heard it, and his
    /// files with what shows them; with `erase` those who come later get it without content (see
    /// [`Renderer`](crate::timeline::Renderer)). Addresses of rooms belong to the rooms and stay.
    async fn settle_account(&self, user: &UserId, erase: bool) -> Result<(), DepartureError> {
        // That he is offline is told to nobody any more; a status nobody may see needs no memory.
        let _ = self.parts.presence.set(user, &PresenceState::Offline, None);
        self.parts.notify.forget_user(user).await?;
        self.delayed.forget_user(user).await?;
        self.members.leave_all(user).await?;
        self.parts.e2ee.forget_user(user).await?;
        self.parts.account_data.forget_user(user).await?;
        if erase {
            self.profiles.forget(user).await?;
        }
        tracing::info!(%user, erase, "a deactivated account has left its rooms");
        Ok(())
    }
}

impl Conversations for Departures {
    fn settle_device<'a>(&'a self, user: &'a UserId, device: &'a DeviceId) -> Settling<'a> {
        Box::pin(async move { Ok(self.forget_device(user, device).await?) })
    }
}

impl From<DepartureError> for veche_directory::StoreError {
    fn from(error: DepartureError) -> Self {
        match error {
            DepartureError::Directory(error) => error,
            DepartureError::Store(StoreError::DiskFull { .. }) => Self::DiskFull,
            DepartureError::Store(error) => Self::Engine(error.to_string()),
        }
    }
}

#[cfg(test)]
mod tests;
