//! Sending delayed events: the loop that waits for the next one, and the sending itself.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use ruma::{EventId, OwnedEventId, events::TimelineEventType};
use serde::Deserialize;
use serde_json::value::RawValue;
use tracing::{error, info, warn};
use veche_directory::Account;
use veche_runtime::tasks::Supervisor;
use veche_store::{
    Error, Txn,
    records::{
        delayed::{Delayed as Record, DelayedKey, DueKey, End, Outcome},
        sticky::DelayedStickyKey,
    },
};

use super::{Delayed, finalize};
use crate::{
    creation::SetStateError,
    timeline::{DraftError, NewEvent, Scheduled, SendError},
};

/// How long the loop sleeps at most: the wall clock may be set while it does.
const REST_MAX: Duration = Duration::from_secs(30);
/// Until the next try when the store refuses to write.
const RETRY: Duration = Duration::from_secs(2);

/// Why a delayed event was not sent.
#[derive(Debug)]
pub(super) enum FireError {
    /// It has ended or was put off in the meantime.
    Superseded,
    /// The event could not be sent.
    Send(SetStateError),
}

impl Delayed {
    /// Sends what is due, from now on and in order; what fell due while the server was down comes first.
    pub fn start(self: &Arc<Self>, supervisor: &Supervisor) {
        let this = Arc::clone(self);
        let stopping = supervisor.shutdown_token();
        supervisor.spawn("delayed events", async move {
            loop {
                let wait = this.fire_due(&|| stopping.is_cancelled()).await;
                tokio::select! {
                    () = stopping.cancelled() => return,
                    () = this.sooner.notified() => {}
                    () = tokio::time::sleep(wait) => {}
                }
            }
        });
    }

    /// Sends everything that is due; answers how long until the next one may be.
    async fn fire_due(&self, is_stopping: &(dyn Fn() -> bool + Sync)) -> Duration {
        while !is_stopping() {
            match self.next() {
                Ok(None) => return REST_MAX,
                Ok(Some((key, delay_id))) => {
                    let now_ms = self.core.clock.wall_ms();
                    if key.due_ms > now_ms {
                        return Duration::from_millis(key.due_ms - now_ms).min(REST_MAX);
                    }
                    if let Err(error) = self.fire_one(key, &delay_id).await {
                        warn!(%error, "a delayed event could not be sent; it is tried again");
                        return RETRY;
                    }
                }
                Err(error) => {
                    error!(%error, "delayed events cannot be read");
                    return REST_MAX;
                }
            }
        }
        REST_MAX
    }

    fn next(&self) -> Result<Option<(DueKey, String)>, Error> {
        self.core.store.scan::<DueKey>(()).next().transpose()
    }

    /// Sends one that is due, or ends it with the reason why not. Fails only if the store does.
    async fn fire_one(&self, key: DueKey, delay_id: &str) -> Result<(), Error> {
        let record = self.record(delay_id)?.filter(|record| record.outcome.is_none() && record.due_key() == key);
        let Some(record) = record else {
            // A row without its event would stand at the head of the queue for ever.
            return self
                .core
                .store
                .commit(move |txn| {
                    txn.delete(&key);
                    Ok::<_, Error>(())
                })
                .await;
        };
        let error = match self.fire(delay_id, &record, false).await {
            Ok(()) | Err(FireError::Superseded) => return Ok(()),
            Err(FireError::Send(error)) => error,
        };
        if let SetStateError::Send(SendError::Internal(error)) = error {
            return match error {
                Error::DiskFull { .. } | Error::Stopped(_) | Error::Closed => Err(error),
                // What cannot be read today cannot be read tomorrow, and others wait behind it.
                error => {
                    error!(%error, "a delayed event could not be sent");
                    self.fail(key, delay_id, "M_UNKNOWN", "Internal server error").await
                }
            };
        }
        let (errcode, words) = refusal(&error);
        info!(errcode, "a delayed event was refused when it was due");
        self.fail(key, delay_id, errcode, &words).await
    }

    async fn fail(&self, due: DueKey, delay_id: &str, errcode: &str, words: &str) -> Result<(), Error> {
        let at_ms = self.core.clock.wall_ms();
        let end = End::Failed { errcode: errcode.to_owned(), error: words.to_owned() };
        let key = DelayedKey { delay_id: delay_id.to_owned() };
        let fail = self.core.store.commit(move |txn| match waiting(txn, &key, &due)? {
            Some(record) => finalize(txn, &key.delay_id, record, Outcome { at_ms, by_action: false, end }),
            None => Ok(()),
        });
        fail.await
    }

    /// Sends the event and ends its schedule, in one commit.
    pub(super) async fn fire(&self, delay_id: &str, record: &Record, by_action: bool) -> Result<(), FireError> {
        let event = self.event(record).map_err(|error| FireError::Send(error.into()))?;
        if event.state_key.is_some() {
            self.creation.check_state(&record.room_id, &record.user, &event).map_err(FireError::Send)?;
        }
        let superseded = Arc::new(AtomicBool::new(false));
        let outcome = Outcome { at_ms: self.core.clock.wall_ms(), by_action, end: End::Cancelled };
        let finish = {
            let (superseded, due) = (Arc::clone(&superseded), record.due_key());
            let key = DelayedKey { delay_id: delay_id.to_owned() };
            Box::new(move |txn: &mut Txn, event_id: &EventId| {
                let Some(record) = waiting(txn, &key, &due)? else {
                    superseded.store(true, Ordering::Release);
                    return Err(DraftError::Invalid("no longer scheduled".to_owned()));
                };
                let outcome = Outcome { end: End::Sent(event_id.to_owned()), ..outcome };
                Ok(finalize(txn, &key.delay_id, record, outcome)?)
            })
        };
        let (delay_id, device_id) = (delay_id.to_owned(), record.device.clone());
        let sticky_ms = self.core.store.get(&DelayedStickyKey { delay_id: delay_id.clone() });
        let sticky_ms = sticky_ms.map_err(|error| FireError::Send(SendError::from(error).into()))?;
        let scheduled = Scheduled { delay_id, device_id, sticky_ms, finish };
        match self.timeline.send_scheduled(&record.room_id, &record.user, event, scheduled).await {
            Ok(_) => Ok(()),
            Err(_) if superseded.load(Ordering::Acquire) => Err(FireError::Superseded),
            Err(error) => Err(FireError::Send(error.into())),
        }
    }

    /// The event as it was scheduled, if its sender may still write it.
    fn event(&self, record: &Record) -> Result<NewEvent, SendError> {
        let account = self.core.directory.account(&record.user);
        let account = account.filter(|account| account.deactivated_ms.is_none());
        let may_write = |account: Account| !account.suspended && !account.locked || speaks_of_sender(record);
        if !account.is_some_and(may_write) {
            return Err(SendError::Forbidden("this account may not write".to_owned()));
        }
        let content =
            record.content.raw().map_err(|error| Error::corrupt("DelayedKey", &record.kind, &error.to_string()))?;
        let kind = TimelineEventType::from(record.kind.as_str());
        let redacts = (kind == TimelineEventType::RoomRedaction).then(|| redacts(&content)).flatten();
        Ok(NewEvent { kind, state_key: record.state_key.clone(), content, redacts })
    }
}

/// How clients that use no state say whether they are in a call (MSC4143), in a room that is not encrypted.
const CALL_MEMBERS: [&str; 2] = ["m.rtc.member", "org.matrix.msc4143.rtc.member"];

/// Whether an event is state under a key of its sender's own (MSC3757), as a client's leaving of a call is, or the message
/// that others have for it. It was scheduled when he still might write, and he says nothing by it but that he is gone: refused, it would leave him in
/// the call for ever. How he comes into a room is not among it.
fn speaks_of_sender(record: &Record) -> bool {
    if record.state_key.is_none() {
        return CALL_MEMBERS.contains(&record.kind.as_str());
    }
    let key = record.state_key.as_deref().unwrap_or_default();
    let rest = key.strip_prefix('_').unwrap_or(key).strip_prefix(record.user.as_str());
    let is_own = rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('_'));
    is_own && record.kind != TimelineEventType::RoomMember.to_string()
}

/// The record, if it still waits as it did.
fn waiting(txn: &Txn, key: &DelayedKey, due: &DueKey) -> Result<Option<Record>, Error> {
    Ok(txn.get(key)?.filter(|record| record.outcome.is_none() && record.due_key() == *due))
}

fn redacts(content: &RawValue) -> Option<OwnedEventId> {
    #[derive(Deserialize)]
    struct Redaction {
        redacts: Option<OwnedEventId>,
    }
    serde_json::from_str::<Redaction>(content.get()).ok()?.redacts
}

/// What the sender is told when he looks up why his event was not sent.
fn refusal(error: &SetStateError) -> (&'static str, String) {
    let errcode = match error {
        SetStateError::BadAlias(_) => "M_BAD_ALIAS",
        SetStateError::MalformedAlias(_) | SetStateError::CreatedAlready => "M_INVALID_PARAM",
        SetStateError::Send(SendError::UnknownRoom | SendError::Forbidden(_)) => "M_FORBIDDEN",
        SetStateError::Send(SendError::Invalid(_)) => "M_BAD_JSON",
        SetStateError::Send(SendError::TooLarge) => "M_TOO_LARGE",
        SetStateError::Send(SendError::InviteBlocked(_)) => "M_INVITE_BLOCKED",
        SetStateError::Send(SendError::TooManyRooms) => "M_RESOURCE_LIMIT_EXCEEDED",
        SetStateError::Send(SendError::DuplicateAnnotation) => "M_DUPLICATE_ANNOTATION",
        SetStateError::Send(SendError::TooManySticky { .. }) => "M_LIMIT_EXCEEDED",
        SetStateError::Send(SendError::Internal(_)) => "M_UNKNOWN",
    };
    (errcode, error.to_string())
}

#[cfg(test)]
mod tests;
