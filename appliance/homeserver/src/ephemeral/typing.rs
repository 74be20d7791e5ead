//! Who is typing where. In memory only: a restart finds everybody silent, which is what they are by then.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use ruma::{OwnedUserId, RoomId, UserId};
use tokio::sync::Notify as Signal;
use tracing::warn;
use veche_runtime::tasks::Supervisor;
use veche_store::{Change, Error, ShortRoomId, StreamPosition};

use super::Ephemeral;
use crate::rooms::FindRoomError;

/// However long a client says that its user will type.
const TYPING_MAX: Duration = Duration::from_secs(30);
/// How long the worker sleeps when nobody types; somebody who begins wakes it.
const REST: Duration = Duration::from_secs(3600);

/// Why typing was not noted.
#[derive(Debug, thiserror::Error)]
pub enum TypingError {
    /// The user is not in the room, or there is no such room.
    #[error("you are not in this room")]
    NotJoined,
    /// The store failed or refused.
    #[error(transparent)]
    Internal(#[from] Error),
}

impl From<FindRoomError> for TypingError {
    fn from(error: FindRoomError) -> Self {
        match error {
            FindRoomError::Unknown => Self::NotJoined,
            FindRoomError::Internal(error) => Self::Internal(error),
        }
    }
}

#[derive(Default)]
struct RoomTyping {
    /// Until when, on the monotonic clock.
    until: BTreeMap<OwnedUserId, Duration>,
    /// When the list last changed.
    changed: StreamPosition,
}

/// Who types in each room.
#[derive(Default)]
pub(super) struct Table {
    rooms: Mutex<HashMap<ShortRoomId, RoomTyping>>,
    began: Signal,
}

impl Table {
    fn lock(&self) -> MutexGuard<'_, HashMap<ShortRoomId, RoomTyping>> {
        self.rooms.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// When the list of a room last changed, and who is on it.
    pub(super) fn of(&self, room: ShortRoomId, now: Duration) -> (StreamPosition, Vec<OwnedUserId>) {
        let rooms = self.lock();
        let Some(typing) = rooms.get(&room) else { return (StreamPosition(0), Vec::new()) };
        let users = typing.until.iter().filter(|(_, until)| **until > now).map(|(user, _)| user.clone());
        (typing.changed, users.collect())
    }

    fn next_end(&self) -> Option<Duration> {
        self.lock().values().flat_map(|typing| typing.until.values()).min().copied()
    }

    /// Takes those off the lists whose time is over; answers the rooms where somebody was.
    fn expire(&self, now: Duration) -> Vec<ShortRoomId> {
        let mut changed = Vec::new();
        for (room, typing) in self.lock().iter_mut() {
            let before = typing.until.len();
            typing.until.retain(|_, until| *until > now);
            if typing.until.len() != before {
                changed.push(*room);
            }
        }
        changed
    }
}

impl Ephemeral {
    /// Notes that `user` types in a room for so long, or with `None` that he has stopped.
    pub async fn set_typing(
        &self,
        user: &UserId,
        room_id: &RoomId,
        timeout: Option<Duration>,
    ) -> Result<(), TypingError> {
        let room = self.rooms.find(room_id)?;
        if !room.head().is_joined(user) {
            return Err(TypingError::NotJoined);
        }
        let changed = {
            let mut rooms = self.typing.lock();
            let typing = rooms.entry(room.short).or_default();
            match timeout {
                Some(timeout) => {
                    let until = self.core.clock.monotonic() + timeout.min(TYPING_MAX);
                    typing.until.insert(user.to_owned(), until).is_none()
                }
                None => typing.until.remove(user).is_some(),
            }
        };
        if changed {
            self.typing.began.notify_one();
            self.publish_typing(vec![room.short]).await?;
        }
        Ok(())
    }

    /// Gives the changed lists a position, so that syncs tell them. Nothing goes to disk.
    async fn publish_typing(&self, rooms: Vec<ShortRoomId>) -> Result<(), Error> {
        let table = Arc::clone(&self.typing);
        let work = move |txn: &mut veche_store::Txn| {
            let position = txn.next_position();
            let mut lists = table.lock();
            for room in rooms {
                lists.entry(room).or_default().changed = position;
                txn.change(Change::RoomEphemeral(room));
            }
            Ok(())
        };
        self.core.store.commit(work).await
    }

    /// Ends the typing of those whose clients fell silent.
    pub fn start(self: &Arc<Self>, supervisor: &Supervisor) {
        let this = Arc::clone(self);
        let stopping = supervisor.shutdown_token();
        supervisor.spawn("typing", async move {
            loop {
                let now = this.core.clock.monotonic();
                let wait = this.typing.next_end().map_or(REST, |end| end.saturating_sub(now));
                tokio::select! {
                    () = stopping.cancelled() => return,
                    () = this.typing.began.notified() => continue,
                    () = tokio::time::sleep(wait) => {}
                }
                let silent = this.typing.expire(this.core.clock.monotonic());
                if !silent.is_empty()
                    && let Err(error) = this.publish_typing(silent).await
                {
                    warn!(%error, "the end of typing was not told");
                }
            }
        });
    }
}
