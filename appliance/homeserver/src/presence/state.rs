//! One user's presence: what his clients do, and what follows from it.

use std::{sync::Arc, time::Duration};

use ruma::{OwnedUserId, presence::PresenceState};
use veche_store::StreamPosition;

use super::{Presence, Shown};

/// Without anything that only a person does, a user counts as away.
const IDLE_AFTER: Duration = Duration::from_secs(5 * 60);
/// Without an open sync, a user counts as gone.
const GONE_AFTER: Duration = Duration::from_secs(30);
/// So soon after doing something, a user counts as active.
const ACTIVE_FOR: Duration = Duration::from_secs(60);

/// What others were told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Told {
    pub(super) state: PresenceState,
    pub(super) status_msg: Option<String>,
}

impl Default for Told {
    fn default() -> Self {
        Self { state: PresenceState::Offline, status_msg: None }
    }
}

/// What is known of a user. Times are on the monotonic clock.
#[derive(Default)]
pub(super) struct Entry {
    /// What he said himself: away, or not to be seen until his next sync.
    said: Option<PresenceState>,
    status_msg: Option<String>,
    /// His clients' newest sync said that he is away.
    away: bool,
    polls: usize,
    last_poll: Option<Duration>,
    last_active: Option<Duration>,
    pub(super) told: Told,
    pub(super) changed: StreamPosition,
}

impl Entry {
    pub(super) fn act(&mut self, now: Duration) {
        self.last_active = Some(now);
    }

    pub(super) fn set(&mut self, state: &PresenceState, status_msg: Option<String>, now: Duration) {
        self.status_msg = status_msg.filter(|status| !status.is_empty());
        self.said = (*state != PresenceState::Online).then(|| state.clone());
        if *state == PresenceState::Online {
            self.act(now);
        }
        // Also a user without an open sync has just been here.
        self.last_poll = Some(now);
    }

    pub(super) fn begin_poll(&mut self, wanted: &PresenceState, now: Duration) {
        if self.now(now).state == PresenceState::Offline {
            self.act(now);
        }
        if self.said == Some(PresenceState::Offline) {
            self.said = None;
        }
        self.away = *wanted == PresenceState::Unavailable;
        self.polls += 1;
    }

    fn end_poll(&mut self, now: Duration) {
        self.polls = self.polls.saturating_sub(1);
        self.last_poll = Some(now);
    }

    fn is_within(at: Option<Duration>, span: Duration, now: Duration) -> bool {
        at.is_some_and(|at| now.saturating_sub(at) < span)
    }

    /// What holds now.
    pub(super) fn now(&self, now: Duration) -> Told {
        let is_here = self.polls > 0 || Self::is_within(self.last_poll, GONE_AFTER, now);
        let state = match &self.said {
            _ if !is_here => PresenceState::Offline,
            Some(said) => said.clone(),
            None if self.away || !Self::is_within(self.last_active, IDLE_AFTER, now) => PresenceState::Unavailable,
            None => PresenceState::Online,
        };
        Told { state, status_msg: self.status_msg.clone() }
    }

    /// What holds now, if others were told something else.
    pub(super) fn news(&self, now: Duration) -> Option<Told> {
        Some(self.now(now)).filter(|holds| *holds != self.told)
    }

    pub(super) fn shown(&self, told: &Told, now: Duration) -> Shown {
        Shown {
            state: told.state.clone(),
            status_msg: told.status_msg.clone(),
            last_active_ago: self.last_active.map(|at| now.saturating_sub(at)),
            currently_active: told.state == PresenceState::Online && Self::is_within(self.last_active, ACTIVE_FOR, now),
        }
    }
}

/// A sync that is open; ends when dropped.
pub struct Poll {
    presence: Arc<Presence>,
    user: OwnedUserId,
}

impl Poll {
    pub(super) fn new(presence: Arc<Presence>, user: OwnedUserId) -> Self {
        Self { presence, user }
    }
}

impl Drop for Poll {
    fn drop(&mut self) {
        self.presence.change(&self.user, Entry::end_poll);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use ruma::presence::PresenceState::{self, Offline, Online, Unavailable};

    use super::Entry;

    const fn secs(secs: u64) -> Duration {
        Duration::from_secs(secs)
    }

    fn state(entry: &Entry, at: u64) -> PresenceState {
        entry.now(secs(at)).state
    }

    #[test]
    fn a_user_is_there_while_he_syncs_and_idle_when_he_does_nothing_else() {
        let mut entry = Entry::default();
        assert_eq!(state(&entry, 1_000), Offline);
        entry.begin_poll(&Online, secs(1_000));
        assert_eq!(state(&entry, 1_000), Online);
        assert_eq!(state(&entry, 1_299), Online);
        assert_eq!(state(&entry, 1_300), Unavailable);
        entry.act(secs(1_310));
        assert_eq!(state(&entry, 1_310), Online);
        entry.end_poll(secs(1_320));
        assert_eq!(state(&entry, 1_349), Online);
        assert_eq!(state(&entry, 1_350), Offline);
        entry.begin_poll(&Unavailable, secs(1_400));
        assert_eq!(state(&entry, 1_400), Unavailable);
    }

    #[test]
    fn what_the_user_says_holds_until_he_says_or_does_otherwise() {
        let mut entry = Entry::default();
        entry.begin_poll(&Online, secs(10));
        entry.set(&Unavailable, Some("lunch".to_owned()), secs(11));
        entry.begin_poll(&Online, secs(12));
        assert_eq!(state(&entry, 13), Unavailable);
        entry.set(&Online, Some(String::new()), secs(14));
        assert_eq!((state(&entry, 14), entry.now(secs(14)).status_msg), (Online, None));
        entry.set(&Offline, None, secs(15));
        assert_eq!(state(&entry, 16), Offline);
        entry.begin_poll(&Online, secs(17));
        assert_eq!(state(&entry, 17), Online);
    }
}
