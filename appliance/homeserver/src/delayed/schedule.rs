//! Scheduling an event.

use ruma::{OwnedRoomId, events::TimelineEventType};
use serde_json::{Map, Value, value::RawValue};
use veche_base::{
    limits::{DELAYED_EVENT_SECS_MAX, DELAYED_EVENTS_PER_USER_MAX, ID_BYTES_MAX, PDU_BYTES_MAX},
    random_token,
};
use veche_store::{
    Error, Json,
    records::{
        delayed::{Delayed as Record, DelayedKey, DelayedRequestKey, UserScheduledKey},
        sticky::DelayedStickyKey,
    },
};

use super::Delayed;
use crate::{rooms::FindRoomError, timeline::TransactionId};

/// Letters of an id: more than 128 random bits, because who knows the id may manage the event.
const DELAY_ID_CHARS: usize = 24;

/// Why an event was not scheduled.
#[derive(Debug, thiserror::Error)]
pub enum ScheduleError {
    /// Not a room the person is in.
    #[error("you are not in this room")]
    NotInRoom,
    /// The event is not a valid one.
    #[error("{0}")]
    Invalid(String),
    /// The event is larger than an event may be.
    #[error("the event is larger than 65,535 bytes")]
    TooLarge,
    /// The delay is longer than a delay may be.
    #[error("an event may be delayed by {} seconds", DELAYED_EVENT_SECS_MAX)]
    TooLong,
    /// As many events of this person wait as may.
    #[error("{DELAYED_EVENTS_PER_USER_MAX} of your events wait already")]
    TooMany {
        /// When the next of them is due.
        wait_ms: u64,
    },
    /// The store failed or refused.
    #[error(transparent)]
    Internal(#[from] Error),
}

/// An event to be sent later.
pub struct NewDelayed {
    /// Where it goes.
    pub room_id: OwnedRoomId,
    /// Its type.
    pub kind: TimelineEventType,
    /// Its state key, if it is state.
    pub state_key: Option<String>,
    /// Its content.
    pub content: Box<RawValue>,
    /// How long to wait.
    pub delay_ms: u64,
    /// For how long it is to stick then, if it is a message (MSC4354).
    pub sticky_ms: Option<u64>,
}

impl Delayed {
    /// Schedules an event of `user`; answers its id. Whether the user may send it is asked when it is due. A repeated
    /// request with the same transaction id gets the same id.
    pub async fn schedule(
        &self,
        user: &ruma::UserId,
        device: &ruma::DeviceId,
        new: NewDelayed,
        transaction: Option<TransactionId>,
    ) -> Result<String, ScheduleError> {
        check(&new)?;
        match self.timeline.rooms.find(&new.room_id) {
            Ok(room) if room.head().is_joined(user) => {}
            Ok(_) | Err(FindRoomError::Unknown) => return Err(ScheduleError::NotInRoom),
            Err(FindRoomError::Internal(error)) => return Err(error.into()),
        }
        let request =
            transaction.map(|transaction| format!("{}\u{0}{}\u{0}{}", new.room_id, new.kind, transaction.txn_id));
        let delay_id = random_token(&*self.core.entropy, DELAY_ID_CHARS);
        let (user, device) = (user.to_owned(), device.to_owned());
        let now_ms = self.core.clock.wall_ms();
        let answered = self.core.store.commit(move |txn| {
            let request_key = request.as_ref().map(|request| DelayedRequestKey {
                user: user.clone(),
                device: device.clone(),
                request: request.clone(),
            });
            if let Some(key) = &request_key {
                if let Some(earlier) = txn.get(key)? {
                    return Ok(earlier);
                }
                txn.put(key, &delay_id);
            }
            let waiting = txn.scan::<UserScheduledKey>((&user,))?;
            if waiting.len() >= DELAYED_EVENTS_PER_USER_MAX {
                let mut next_ms = u64::MAX;
                for (_, delay_id) in waiting {
                    let record = txn.get(&DelayedKey { delay_id })?;
                    next_ms = record.map_or(next_ms, |record| next_ms.min(record.due_ms()));
                }
                return Err(ScheduleError::TooMany { wait_ms: next_ms.saturating_sub(now_ms) });
            }
            let position = txn.next_position();
            let record = Record {
                user: user.clone(),
                device,
                room_id: new.room_id,
                kind: new.kind.to_string(),
                state_key: new.state_key,
                content: Json::from_raw(&new.content),
                delay_ms: new.delay_ms,
                running_since_ms: now_ms,
                created: position,
                place: position,
                request,
                outcome: None,
            };
            if let Some(sticky_ms) = new.sticky_ms {
                txn.put(&DelayedStickyKey { delay_id: delay_id.clone() }, &sticky_ms);
            }
            txn.put(&record.due_key(), &delay_id);
            txn.put(&UserScheduledKey { user, created: position }, &delay_id);
            txn.put(&DelayedKey { delay_id: delay_id.clone() }, &record);
            Ok::<_, ScheduleError>(delay_id)
        });
        let delay_id = answered.await?;
        self.sooner.notify_one();
        Ok(delay_id)
    }
}

fn check(new: &NewDelayed) -> Result<(), ScheduleError> {
    if new.delay_ms == 0 {
        return Err(ScheduleError::Invalid("the delay must be longer than nothing".to_owned()));
    }
    if new.delay_ms > DELAYED_EVENT_SECS_MAX * 1_000 {
        return Err(ScheduleError::TooLong);
    }
    let too_long = |text: &str| text.len() > ID_BYTES_MAX;
    if too_long(&new.kind.to_string()) || new.state_key.as_deref().is_some_and(too_long) {
        return Err(ScheduleError::Invalid(format!("type and state key may have {ID_BYTES_MAX} bytes each")));
    }
    if new.content.get().len() > PDU_BYTES_MAX {
        return Err(ScheduleError::TooLarge);
    }
    match serde_json::from_str::<Map<String, Value>>(new.content.get()) {
        Ok(_) => Ok(()),
        Err(_) => Err(ScheduleError::Invalid("the content must be an object".to_owned())),
    }
}
