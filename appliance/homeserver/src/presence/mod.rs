//! Presence: who is online. Kept in memory only; a restart begins with everybody offline.
//!
//! What a user's clients do changes his entry at once; what others are told changes in rounds. One worker compares,
//! every few seconds at most, what holds with what was told, gives all that differs one position and wakes those who
//! share a room with it. So two hundred people who open their laptops at nine wake each other a few times, not two
//! hundred times each.

mod state;
mod worker;

pub use self::state::Poll;

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use ruma::{OwnedUserId, UserId, presence::PresenceState};
use serde_json::{
    json,
    value::{RawValue, to_raw_value},
};
use tokio::sync::Notify as Signal;
use veche_base::limits::ID_BYTES_MAX;
use veche_store::{Error, StreamPosition};

use self::state::{Entry, Told};
use crate::{core::Core, sync::Watch};

/// Why presence was not set or shown.
#[derive(Debug, thiserror::Error)]
pub enum PresenceError {
    /// The two users share no room.
    #[error("you share no room with this user")]
    NotShared,
    /// The status is longer than it may be.
    #[error("the status message is too long")]
    TooLong,
    /// The state is not one of those that the specification knows.
    #[error("this is not a state of presence")]
    BadState,
    /// The store failed.
    #[error(transparent)]
    Internal(#[from] Error),
}

/// One user's presence, as others see it.
pub struct Shown {
    /// Online, unavailable or offline.
    pub state: PresenceState,
    /// What the user says of himself.
    pub status_msg: Option<String>,
    /// Since he last did something; `None` if nothing is known of him.
    pub last_active_ago: Option<Duration>,
    /// Whether he is doing something right now.
    pub currently_active: bool,
}

/// The presence of local users.
pub struct Presence {
    core: Arc<Core>,
    watch: Arc<Watch>,
    entries: Arc<Mutex<HashMap<OwnedUserId, Entry>>>,
    changed: Signal,
}

impl Presence {
    /// Over these parts.
    pub fn new(core: Arc<Core>, watch: Arc<Watch>) -> Self {
        Self { core, watch, entries: Arc::default(), changed: Signal::new() }
    }

    fn is_off(&self) -> bool {
        !self.core.settings.presence
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<OwnedUserId, Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes a user's entry, and calls the worker if that is something to be told.
    fn change(&self, user: &UserId, change: impl FnOnce(&mut Entry, Duration)) {
        if self.is_off() {
            return;
        }
        let now = self.core.clock.monotonic();
        let mut entries = self.lock();
        let entry = entries.entry(user.to_owned()).or_default();
        change(entry, now);
        if entry.news(now).is_some() {
            self.changed.notify_one();
        }
    }

    /// Sets a user's presence by his own words.
    pub fn set(&self, user: &UserId, state: &PresenceState, status_msg: Option<String>) -> Result<(), PresenceError> {
        if status_msg.as_ref().is_some_and(|status| status.len() > 4 * ID_BYTES_MAX) {
            return Err(PresenceError::TooLong);
        }
        if !matches!(state, PresenceState::Online | PresenceState::Unavailable | PresenceState::Offline) {
            return Err(PresenceError::BadState);
        }
        self.change(user, |entry, now| entry.set(state, status_msg, now));
        Ok(())
    }

    /// The user did something that only a person does: wrote, typed, read.
    pub fn active(&self, user: &UserId) {
        self.change(user, Entry::act);
    }

    /// How many users are there now, doing something or not; `None` if presence is off.
    pub fn online(&self) -> Option<usize> {
        let now = self.core.clock.monotonic();
        let is_here = |entry: &&Entry| entry.now(now).state != PresenceState::Offline;
        (!self.is_off()).then(|| self.lock().values().filter(is_here).count())
    }

    /// A sync begins; it ends when the answer is dropped. One that says `offline` does not count.
    pub fn poll(self: &Arc<Self>, user: &UserId, wanted: &PresenceState) -> Option<Poll> {
        if self.is_off() || *wanted == PresenceState::Offline {
            return None;
        }
        self.change(user, |entry, now| entry.begin_poll(wanted, now));
        Some(Poll::new(Arc::clone(self), user.to_owned()))
    }

    /// The presence of `user` as `asker`, who must share a room with him, may see it.
    pub fn of(&self, asker: &UserId, user: &UserId) -> Result<Shown, PresenceError> {
        if asker != user && !self.shares_room(asker, user)? {
            return Err(PresenceError::NotShared);
        }
        let now = self.core.clock.monotonic();
        let entries = self.lock();
        Ok(entries.get(user).map_or_else(Shown::nothing, |entry| entry.shown(&entry.now(now), now)))
    }

    /// Presence events of users who share a room with `user`: those whose presence changed in `(since, upto]`, and
    /// those who `came` to share one in that time, of whom he was told nothing before; without `since` all who are
    /// there.
    pub fn since(
        &self,
        user: &UserId,
        since: Option<StreamPosition>,
        upto: StreamPosition,
        came: &BTreeSet<OwnedUserId>,
    ) -> Result<Vec<Box<RawValue>>, Error> {
        if self.is_off() {
            return Ok(Vec::new());
        }
        let now = self.core.clock.monotonic();
        let is_news = |other: &OwnedUserId, entry: &Entry| match since {
            // Who came is told also if he has gone offline: he may have been seen online in an earlier company.
            Some(since) => entry.changed > since && entry.changed <= upto || came.contains(other),
            None => entry.told != Told::default(),
        };
        let candidates: Vec<(OwnedUserId, Shown)> = self
            .lock()
            .iter()
            .filter(|(other, entry)| is_news(other, entry))
            .map(|(user, entry)| (user.clone(), entry.shown(&entry.told, now)))
            .collect();
        let mut events = Vec::new();
        for (other, shown) in candidates {
            if other == user || self.shares_room(user, &other)? {
                events.push(event(&other, &shown));
            }
        }
        Ok(events)
    }

    fn shares_room(&self, one: &UserId, other: &UserId) -> Result<bool, Error> {
        for (short, record) in self.watch.user_rooms.of(one)?.iter() {
            if record.membership == veche_store::records::memberships::Membership::Join
                && self.watch.rooms.find_short(*short)?.head().is_joined(other)
            {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

impl Shown {
    /// What is known of somebody who was not seen since the start.
    fn nothing() -> Self {
        Self { state: PresenceState::Offline, status_msg: None, last_active_ago: None, currently_active: false }
    }
}

fn event(user: &UserId, shown: &Shown) -> Box<RawValue> {
    let mut content = json!({ "presence": shown.state, "currently_active": shown.currently_active });
    if let Some(ago) = shown.last_active_ago {
        content["last_active_ago"] = json!(u64::try_from(ago.as_millis()).unwrap_or(u64::MAX));
    }
    if let Some(status) = &shown.status_msg {
        content["status_msg"] = json!(status);
    }
    to_raw_value(&json!({ "type": "m.presence", "sender": user, "content": content }))
        .expect("a JSON value always serializes")
}

#[cfg(test)]
mod tests;
