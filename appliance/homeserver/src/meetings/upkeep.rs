//! What goes on by itself: meetings end, and guests who have gone are seen off.

use std::{
    collections::BTreeSet,
    sync::{Arc, PoisonError},
    time::Duration,
};

use ruma::events::room::member::MembershipState;
use tokio::sync::broadcast::error::RecvError;
use veche_directory::{Gone, SeenGuest, StoreError};
use veche_rooms::StateMapExt;
use veche_runtime::tasks::Supervisor;
use veche_store::{Change, ChangeListener, Published};

use super::Meetings;
use crate::rooms::FindRoomError;

/// How often it is looked whether somebody has gone without a word.
const ROUND: Duration = Duration::from_secs(20);
/// Until the next try when the database refuses to write.
const RETRY: Duration = Duration::from_secs(2);
/// What was committed shows in its room a moment later.
const SETTLE: Duration = Duration::from_millis(100);
/// A guest's browser asks every half minute. Pages that are closed say so; this is for those that cannot any more.
const SILENT: Duration = Duration::from_secs(3 * 60);
/// Whoever is not in the room so long after his account was made does not come.
const COMING: Duration = Duration::from_secs(60);

impl Meetings {
    /// Ends meetings and sees guests off, from now on; also those of the last process.
    pub fn start(self: &Arc<Self>, supervisor: &Supervisor) {
        let mut revocations = self.core.directory.revocations();
        self.core.store.subscribe(Arc::clone(self) as Arc<dyn ChangeListener>);
        let (this, stopping) = (Arc::clone(self), supervisor.shutdown_token());
        supervisor.spawn("meetings", async move {
            while !stopping.is_cancelled() {
                let wait = this.look_after().await.unwrap_or_else(|error| {
                    tracing::warn!(%error, "meetings were not looked after; this is tried again");
                    RETRY
                });
                tokio::select! {
                    () = stopping.cancelled() => return,
                    () = tokio::time::sleep(wait) => {}
                    () = this.core.directory.meetings_changed() => {}
                    () = this.doubt.notified() => tokio::time::sleep(SETTLE).await,
                    heard = revocations.recv() => if matches!(heard, Err(RecvError::Closed)) { return },
                }
            }
        });
    }

    /// Does all that has to be done now; answers how long until there may be more.
    pub(super) async fn look_after(&self) -> Result<Duration, StoreError> {
        let next = self.core.directory.end_due_meetings().await?;
        self.lobby.forget_silent(self.core.clock.monotonic());
        let guests = self.core.directory.guests().await?;
        let rooms = guests.iter().filter_map(|guest| self.rooms.find(&guest.room_id).ok().map(|room| room.short));
        let rooms: BTreeSet<_> = rooms.collect();
        self.visited.write().unwrap_or_else(PoisonError::into_inner).extend(rooms.iter().copied());
        for guest in &guests {
            if let Some(gone) = self.has_gone(guest) {
                tracing::info!(user_id = %guest.user_id, room_id = %guest.room_id, ?gone, "a guest is gone");
                self.core.directory.dismiss_guest(&guest.user_id, gone).await?;
            }
        }
        let back = self.pages.keep(guests.iter().map(|guest| &*guest.user_id), self.core.clock.monotonic());
        let next = [next, back].into_iter().flatten().min();
        Ok(next.map_or(ROUND, |next| next.min(ROUND)).max(Duration::from_millis(1)))
    }

    fn has_gone(&self, guest: &SeenGuest) -> Option<Gone> {
        let clock = &self.core.clock;
        let Some(seen_ms) = guest.seen_ms else { return Some(Gone::Left) };
        // When somebody was seen is written down now and then only: after a start everybody has time to come back.
        let here_for = clock.monotonic().saturating_sub(self.started);
        let unseen = Duration::from_millis(clock.wall_ms().saturating_sub(seen_ms)).min(here_for);
        if unseen > SILENT {
            return Some(Gone::Silent);
        }
        if self.pages.is_gone(&guest.user_id, clock.monotonic()) {
            return Some(Gone::Left);
        }
        let room = match self.rooms.find(&guest.room_id) {
            Ok(room) => room,
            Err(FindRoomError::Unknown) => return Some(Gone::Left),
            Err(FindRoomError::Internal(_)) => return None,
        };
        let head = room.head();
        match (head.state.member(&guest.user_id), head.membership(&guest.user_id)) {
            (_, MembershipState::Join) => None,
            (Some(_), MembershipState::Leave | MembershipState::Ban) => Some(Gone::Left),
            // On his way in, if no crash has kept him from it.
            (_, _) => {
                let made_ms = self.core.directory.account(&guest.user_id).map_or(0, |account| account.created_ms);
                let coming = Duration::from_millis(clock.wall_ms().saturating_sub(made_ms)).min(here_for);
                (coming > COMING).then_some(Gone::NotIn)
            }
        }
    }
}

impl ChangeListener for Meetings {
    fn index(&self, _: &Published<'_>) {}

    fn wake(&self, published: &Published<'_>) {
        let visited = self.visited.read().unwrap_or_else(PoisonError::into_inner);
        let concerns = |change: &Change| matches!(change, Change::Room(room) if visited.contains(room));
        if published.changes.iter().any(concerns) {
            self.doubt.notify_one();
        }
    }
}
