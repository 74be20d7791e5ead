//! Those who wait at the doors of meetings. In memory: their browsers ask again and again, and after a restart they knock
//! anew. Whoever does not ask any more is not there any more.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use ruma::{OwnedRoomId, OwnedUserId, RoomId};
use tokio::sync::watch;
use veche_base::limits::{GUESTS_WAITING_MAX, GUESTS_WAITING_PER_MEETING_MAX};
use veche_directory::MeetingId;

/// Who was not heard of for so long has gone: twice as long as a browser waits for an answer.
const SILENT: Duration = Duration::from_secs(60);

/// Somebody who waits, as those see him who may let him in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// Names him.
    pub id: u64,
    /// What he calls himself.
    pub name: String,
    /// For how long.
    pub waits: Duration,
}

/// Somebody at the door.
#[derive(Debug, Clone)]
pub(super) struct Caller {
    pub(super) id: u64,
    pub(super) meeting: MeetingId,
    pub(super) room: OwnedRoomId,
    /// What the room will call him.
    pub(super) name: String,
    pub(super) verdict: Verdict,
    since: Duration,
    seen: Duration,
}

/// What was said to him.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    None,
    /// By this member, who invites him.
    LetIn(OwnedUserId),
    Refused,
}

/// There are as many at the doors as can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Crowded;

pub(super) struct Lobby {
    callers: Mutex<Callers>,
    /// Counts what happens at the doors.
    changes: watch::Sender<u64>,
}

#[derive(Default)]
struct Callers {
    last_id: u64,
    /// By what each one shows to be himself.
    by_ticket: HashMap<String, Caller>,
}

impl Lobby {
    pub(super) fn new() -> Self {
        // A client that knows nothing says 0.
        Self { callers: Mutex::default(), changes: watch::Sender::new(1) }
    }

    /// Hears of everything that happens from now on.
    pub(super) fn listen(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// Whoever waits looks again.
    pub(super) fn wake(&self) {
        self.changes.send_modify(|count| *count += 1);
    }

    pub(super) fn knock(
        &self,
        ticket: String,
        meeting: MeetingId,
        room: OwnedRoomId,
        name: String,
        verdict: Verdict,
        now: Duration,
    ) -> Result<(), Crowded> {
        let mut callers = self.lock();
        callers.forget_silent(now);
        let of_meeting = callers.by_ticket.values().filter(|caller| caller.meeting == meeting).count();
        if of_meeting >= GUESTS_WAITING_PER_MEETING_MAX || callers.by_ticket.len() >= GUESTS_WAITING_MAX {
            return Err(Crowded);
        }
        callers.last_id += 1;
        let id = callers.last_id;
        callers.by_ticket.insert(ticket, Caller { id, meeting, room, name, verdict, since: now, seen: now });
        drop(callers);
        self.wake();
        Ok(())
    }

    /// The one with this ticket, who is there now.
    pub(super) fn see(&self, ticket: &str, now: Duration) -> Option<Caller> {
        let mut callers = self.lock();
        let caller = callers.by_ticket.get_mut(ticket)?;
        caller.seen = now;
        Some(caller.clone())
    }

    /// The one with this ticket leaves the door, to come in or to go. Nobody leaves it twice.
    pub(super) fn take(&self, ticket: &str) -> Option<Caller> {
        let taken = self.lock().by_ticket.remove(ticket);
        if taken.is_some() {
            self.wake();
        }
        taken
    }

    /// Those to whom nobody has said anything yet, those first who came first.
    pub(super) fn waiting(&self, room: &RoomId, now: Duration) -> Vec<Waiting> {
        let callers = self.lock();
        let undecided =
            |caller: &&Caller| caller.room == room && caller.verdict == Verdict::None && !caller.is_silent(now);
        let mut waiting: Vec<Waiting> = callers
            .by_ticket
            .values()
            .filter(undecided)
            .map(|caller| Waiting { id: caller.id, name: caller.name.clone(), waits: now.saturating_sub(caller.since) })
            .collect();
        waiting.sort_by_key(|waiting| waiting.id);
        waiting
    }

    /// Says something to one of those; `None` when he is not there or somebody was quicker.
    pub(super) fn decide(&self, room: &RoomId, id: u64, verdict: Verdict, now: Duration) -> Option<Caller> {
        let mut callers = self.lock();
        let caller = callers.by_ticket.values_mut().find(|caller| {
            caller.id == id && caller.room == room && caller.verdict == Verdict::None && !caller.is_silent(now)
        })?;
        caller.verdict = verdict;
        let decided = caller.clone();
        drop(callers);
        self.wake();
        Some(decided)
    }

    pub(super) fn forget_silent(&self, now: Duration) {
        if self.lock().forget_silent(now) {
            self.wake();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Callers> {
        self.callers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Callers {
    fn forget_silent(&mut self, now: Duration) -> bool {
        let before = self.by_ticket.len();
        self.by_ticket.retain(|_, caller| !caller.is_silent(now));
        self.by_ticket.len() < before
    }
}

impl Caller {
    fn is_silent(&self, now: Duration) -> bool {
        now.saturating_sub(self.seen) > SILENT
    }
}
