//! What conversations do when a device or an account is gone.
//!
//! The directory writes down what happened in its own database, and takes the note away when the work is done. What a
//! crash interrupts is done again at the next start, so every step here may run twice.

use std::{sync::Arc, time::Duration};

use ruma::{UserId, presence::PresenceState};
use veche_directory::Work;
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
        }
    }

    /// Does the work that is there, and then whenever there is some.
    pub fn start(self: &Arc<Self>, supervisor: &Supervisor) {
        let this = Arc::clone(self);
        let stopped = supervisor.shutdown_token();
        supervisor.spawn("departures", async move {
            tokio::select! {
                () = stopped.cancelled() => {}
                () = this.work() => {}
            }
        });
    }

    /// Does all work that the directory has written down.
    pub async fn settle_all(&self) -> Result<(), DepartureError> {
        loop {
            let page = self.core.directory.pending_work(PAGE).await?;
            if page.is_empty() {
                return Ok(());
            }
            for (number, work) in page {
                self.settle(&work).await?;
                self.core.directory.work_done(number).await?;
            }
        }
    }

    async fn work(&self) {
        loop {
            if let Err(error) = self.settle_all().await {
                tracing::error!(%error, "cannot take leave of a device or an account; trying again");
                tokio::time::sleep(RETRY).await;
            } else {
                self.core.directory.work_arrived().await;
            }
        }
    }

    async fn settle(&self, work: &Work) -> Result<(), DepartureError> {
        match work {
            Work::DeviceRemoved { user_id, device_id } => {
                self.sliding.forget_device(user_id, device_id);
                self.parts.notify.forget_device(user_id, device_id).await?;
                self.parts.e2ee.forget_device(user_id, device_id).await?;
                self.parts.timeline.forget_device(user_id, device_id).await?;
            }
            Work::AccountDeactivated { user_id, erase } => self.settle_account(user_id, *erase).await?,
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

#[cfg(test)]
mod tests;
