//! What goes on by itself: leavings are put off and sent, and whoever may not be in a room any more is taken out of its call.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::broadcast::error::RecvError;
use tracing::{info, warn};
use veche_homeserver::StoreError;
use veche_homeserver::creation::SetStateError;
use veche_homeserver::delayed::{Action, Delegated, ManageError};
use veche_homeserver::timeline::SendError;
use veche_runtime::tasks::Supervisor;
use veche_store::{Change, ChangeListener, Published};

use crate::seats::{LOOK, SeatKey};
use crate::standing::Unfit;
use crate::{Calls, Holder};

/// Until the next try when the store refuses to write.
const RETRY: Duration = Duration::from_secs(2);

impl Calls {
    /// Takes up what the last process had been handed over, and looks after all calls from now on.
    pub fn start(self: &Arc<Self>, supervisor: &Supervisor) -> Result<(), StoreError> {
        // Both before anybody is in a call, so that nothing is missed.
        let mut revocations = self.homeserver.core.directory.revocations();
        self.homeserver.core.store.subscribe(Arc::clone(self) as Arc<dyn ChangeListener>);
        self.resume()?;
        let this = Arc::clone(self);
        let stopping = supervisor.shutdown_token();
        supervisor.spawn("calls", async move {
            while !stopping.is_cancelled() {
                let wait = this.work(&|| stopping.is_cancelled()).await;
                tokio::select! {
                    () = stopping.cancelled() => return,
                    () = this.seats.changed() => {}
                    () = tokio::time::sleep(wait) => {}
                    heard = revocations.recv() => match heard {
                        Ok(_) | Err(RecvError::Lagged(_)) => this.seats.doubt(),
                        Err(RecvError::Closed) => return,
                    },
                }
            }
        });
        Ok(())
    }

    /// The time by which seats are kept.
    pub(crate) fn now(&self) -> Duration {
        self.homeserver.core.clock.monotonic()
    }

    /// Waits for those who had handed their leaving over to the last process.
    pub(crate) fn resume(&self) -> Result<(), StoreError> {
        let now = self.now();
        for Delegated { delay_id, delay_ms, user, device, room_id, of } in self.homeserver.delayed.delegated()? {
            let Ok(room) = self.homeserver.parts.rooms.find(&room_id) else { continue };
            let holder = Holder { user_id: user, device_id: device, room_id };
            let key = SeatKey { call: of.call, identity: of.identity };
            self.seats.await_return(key, holder, room.short, delay_id, delay_ms, now);
        }
        Ok(())
    }

    /// Does all that has to be done now; answers how long until there may be more.
    ///
    /// Nothing is sent once the server stops: those who are in a call then may come back to the next process, which waits
    /// for them.
    pub(crate) async fn work(&self, is_stopping: &(dyn Fn() -> bool + Sync)) -> Duration {
        if self.seats.take_doubt(self.now()) {
            self.put_out_the_unfit();
        }
        let due = self.seats.due(self.now());
        let mut wait = due.next.map_or(LOOK, |next| next.saturating_sub(self.now()).min(LOOK));
        for delay_id in due.send {
            if is_stopping() {
                return wait;
            }
            if let Err(error) = self.send(&delay_id).await {
                warn!(%error, "a room was not told that somebody has left its call; this is tried again");
                self.seats.send_again(delay_id);
                wait = wait.min(RETRY);
            }
        }
        for delay_id in due.put_off {
            if is_stopping() {
                return wait;
            }
            match self.homeserver.delayed.manage(&delay_id, Action::Restart).await {
                Ok(()) => {}
                // Its owner has sent or cancelled it himself.
                Err(ManageError::Unknown | ManageError::Ended) => self.seats.forget_leaving(&delay_id),
                Err(ManageError::Send(_) | ManageError::Internal(_)) => {
                    warn!("the leaving of somebody in a call could not be put off");
                }
            }
        }
        wait
    }

    /// Tells the room that somebody has left its call. Fails only if the store does.
    async fn send(&self, delay_id: &str) -> Result<(), StoreError> {
        let delayed = &self.homeserver.delayed;
        match delayed.manage(delay_id, Action::Send).await {
            Ok(()) | Err(ManageError::Unknown | ManageError::Ended) => Ok(()),
            Err(ManageError::Internal(error) | ManageError::Send(SetStateError::Send(SendError::Internal(error)))) => {
                Err(error)
            }
            Err(ManageError::Send(refused)) => {
                // He was put out of the room, so nobody takes him for one who is in its call.
                info!(%refused, "a leaving is not for its room any more");
                match delayed.manage(delay_id, Action::Cancel).await {
                    Err(ManageError::Internal(error)) => Err(error),
                    Ok(()) | Err(_) => Ok(()),
                }
            }
        }
    }

    /// Takes everybody out of calls who may not be there any more.
    fn put_out_the_unfit(&self) {
        for (key, holder) in self.seats.everybody() {
            match self.standing(&holder) {
                Ok(_) => {}
                Err(Unfit::NotInRoom | Unfit::Account | Unfit::Device) => {
                    info!(user_id = %holder.user_id, room_id = %holder.room_id, "taken out of a call");
                    if let Some(sfu) = self.sfu.get() {
                        sfu.remove(&key.call, &key.identity);
                    }
                    self.seats.end(&key);
                }
                // Nobody loses a call because a disk could not be read.
                Err(Unfit::Internal(error)) => warn!(%error, "whether somebody may be in a call cannot be read"),
            }
        }
    }
}

impl ChangeListener for Calls {
    fn index(&self, _: &Published<'_>) {}

    /// Memberships and the end of a room are events, and events are changes of their room.
    fn wake(&self, published: &Published<'_>) {
        self.seats.doubt_rooms(published.changes.iter().filter_map(|change| match change {
            Change::Room(room) => Some(*room),
            Change::RoomEphemeral(_) | Change::User(_) | Change::Device(..) => None,
        }));
    }
}

#[cfg(test)]
mod tests;
