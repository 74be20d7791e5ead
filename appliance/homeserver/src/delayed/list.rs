//! What a user sees of his delayed events.

use ruma::UserId;
use veche_store::{
    Error,
    records::delayed::{Delayed as Record, UserFinalizedKey, UserScheduledKey},
};

use super::{Delayed, is_fresh};

/// A delayed event as its sender sees it.
pub struct DelayedEvent {
    /// Its id.
    pub delay_id: String,
    /// The event, its delay and, if it has ended, how.
    pub record: Record,
}

impl Delayed {
    /// One delayed event of this user, waiting or ended.
    pub fn get(&self, user: &UserId, delay_id: &str) -> Result<Option<DelayedEvent>, Error> {
        let record = self.record(delay_id)?.filter(|record| record.user == user);
        Ok(record.map(|record| DelayedEvent { delay_id: delay_id.to_owned(), record }))
    }

    /// The user's events that wait, the next one first.
    pub fn scheduled(&self, user: &UserId) -> Result<Vec<DelayedEvent>, Error> {
        let mut events = Vec::new();
        for row in self.core.store.scan::<UserScheduledKey>((user,)) {
            events.extend(self.get(user, &row?.1)?.filter(|event| event.record.outcome.is_none()));
        }
        events.sort_by_key(|event| (event.record.due_ms(), event.record.place));
        Ok(events)
    }

    /// The user's events that have been sent or cancelled in the last days, in the order in which that happened.
    pub fn finalized(&self, user: &UserId) -> Result<Vec<DelayedEvent>, Error> {
        let now_ms = self.core.clock.wall_ms();
        let mut events = Vec::new();
        for row in self.core.store.scan::<UserFinalizedKey>((user,)) {
            let fresh =
                |event: &DelayedEvent| event.record.outcome.as_ref().is_some_and(|outcome| is_fresh(outcome, now_ms));
            events.extend(self.get(user, &row?.1)?.filter(fresh));
        }
        Ok(events)
    }
}
