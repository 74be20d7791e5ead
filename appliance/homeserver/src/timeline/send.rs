//! Sends one event: answers a repeated transaction with the first result, takes the room's lock, drafts and commits.

use std::sync::Arc;

use ruma::{DeviceId, EventId, OwnedDeviceId, OwnedEventId, OwnedTransactionId, OwnedUserId, RoomId, UserId};
use veche_base::limits::{ROOMS_PER_USER_MAX, STICKY_EVENTS_PER_SENDER_MAX};
use veche_rooms::{NewEvent, Pdu};
use veche_store::{
    Error, StreamPosition,
    records::rooms::{EventTransactionKey, TransactionKey},
};

use super::{DraftError, Timeline};
use crate::rooms::{FindRoomError, Room};

/// Transaction ids forgotten by one commit.
const TRANSACTIONS_AT_ONCE: usize = 1_000;

/// Why an event was not sent.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// No such room, which a stranger to the room cannot tell from one he may not see.
    #[error("you are not in this room")]
    UnknownRoom,
    /// The rules of the room say no.
    #[error("{0}")]
    Forbidden(String),
    /// The event is not a valid one.
    #[error("{0}")]
    Invalid(String),
    /// The event is larger than an event may be.
    #[error("the event is larger than 65,535 bytes")]
    TooLarge,
    /// The event invites somebody who takes no invites.
    #[error("{0} does not accept invites")]
    InviteBlocked(OwnedUserId),
    /// The person whom the event lets in has as many rooms as one may have.
    #[error("nobody may be in more than {ROOMS_PER_USER_MAX} rooms")]
    TooManyRooms,
    /// As many events of this person stick in this room as may.
    #[error("{STICKY_EVENTS_PER_SENDER_MAX} of your events stick in this room already")]
    TooManySticky {
        /// When the first of them does no more.
        wait_ms: u64,
    },
    /// The same reaction of the same person is there already.
    #[error("you have reacted like this already")]
    DuplicateAnnotation,
    /// The store failed or refused.
    #[error(transparent)]
    Internal(#[from] Error),
}

impl From<DraftError> for SendError {
    fn from(error: DraftError) -> Self {
        match error {
            DraftError::Forbidden(why) => Self::Forbidden(why),
            DraftError::Invalid(why) => Self::Invalid(why),
            DraftError::TooLarge => Self::TooLarge,
            DraftError::Taken => Self::Invalid(error.to_string()),
            DraftError::NotFederated(_) => Self::Forbidden(error.to_string()),
            DraftError::InviteBlocked(user) => Self::InviteBlocked(user),
            DraftError::TooManyRooms => Self::TooManyRooms,
            DraftError::Internal(error) => Self::Internal(error),
        }
    }
}

impl From<FindRoomError> for SendError {
    fn from(error: FindRoomError) -> Self {
        match error {
            FindRoomError::Unknown => Self::UnknownRoom,
            FindRoomError::Internal(error) => Self::Internal(error),
        }
    }
}

/// A client's name for one request, so that a repetition has no second effect. Scoped to the device and to what the
/// request addresses (spec: "Transaction identifiers").
#[derive(Debug, Clone)]
pub struct TransactionId {
    /// The device that sent the request; survives a refreshed access token.
    pub device_id: OwnedDeviceId,
    /// The client's id.
    pub txn_id: OwnedTransactionId,
}

impl TransactionId {
    /// The id under which the result is kept: one endpoint, one room, one event type.
    pub(super) fn scoped(&self, room_id: &RoomId, pdu: &Pdu) -> String {
        scope(room_id, &pdu.kind.to_string(), self.txn_id.as_str())
    }
}

fn scope(room_id: &RoomId, kind: &str, txn_id: &str) -> String {
    format!("{room_id}\u{0}{kind}\u{0}{txn_id}")
}

/// An event that is on disk.
#[derive(Debug, Clone)]
pub struct Sent {
    /// Its id.
    pub event_id: OwnedEventId,
    /// Its position; `None` when an earlier request with the same transaction id had sent it.
    pub position: Option<StreamPosition>,
}

impl Timeline {
    /// Sends an event as `sender`, who must be allowed to by the room's rules. With a transaction id, a repetition
    /// answers the event of the first request.
    pub async fn send(
        &self,
        room_id: &RoomId,
        sender: &UserId,
        event: NewEvent,
        transaction: Option<TransactionId>,
    ) -> Result<Sent, SendError> {
        self.send_sticky(room_id, sender, event, transaction, None).await
    }

    /// As [`Timeline::send`], and lets a message stick for so long (MSC4354).
    pub async fn send_sticky(
        &self,
        room_id: &RoomId,
        sender: &UserId,
        event: NewEvent,
        transaction: Option<TransactionId>,
        sticky_ms: Option<u64>,
    ) -> Result<Sent, SendError> {
        let room = self.rooms.find(room_id)?;
        if let Some(sent) = self.already_sent(&room, sender, &event, transaction.as_ref())? {
            return Ok(sent);
        }
        let locked = room.lock().await;
        // A twin of this request may have been ahead in the queue for the lock.
        if let Some(sent) = self.already_sent(&room, sender, &event, transaction.as_ref())? {
            return Ok(sent);
        }
        if !room.head().is_joined(sender) && event.state_key.is_none() {
            return Err(SendError::Forbidden("you are not in this room".to_owned()));
        }
        let is_message = event.state_key.is_none();
        if sticky_ms.is_some() {
            self.check_sticky(&room, sender, STICKY_EVENTS_PER_SENDER_MAX)?;
        }
        let mut draft = self.draft(locked);
        draft.stick(sticky_ms);
        let pdu = draft.push_sent(sender, event, transaction)?;
        self.check_relation(&room, &pdu)?;
        if let Some(scope) = self.notify.implied_read(&room, &pdu)? {
            let (notify, sender) = (Arc::clone(&self.notify), sender.to_owned());
            draft.also(move |txn, short| Ok(notify.read(txn, &sender, short, &scope, StreamPosition(u64::MAX))?));
        }
        let (_, positions) = draft.commit().await?;
        if is_message {
            self.count_sent();
        }
        Ok(Sent { event_id: pdu.event_id.clone(), position: positions.first().copied() })
    }

    /// Sends a state event; one that says what the current one says already is not sent again (it is authorized all
    /// the same).
    pub async fn send_state(&self, room_id: &RoomId, sender: &UserId, event: NewEvent) -> Result<Sent, SendError> {
        let room = self.rooms.find(room_id)?;
        let locked = room.lock().await;
        let mut draft = self.draft(locked);
        let before = event
            .state_key
            .as_deref()
            .and_then(|state_key| room.head().state_event(&event.kind.to_string().into(), state_key).cloned());
        let pdu = draft.push(sender, event)?;
        if let Some(same) = before.filter(|before| before.sender == pdu.sender && same_content(before, &pdu)) {
            return Ok(Sent { event_id: same.event_id.clone(), position: None });
        }
        draft.commit().await?;
        Ok(Sent { event_id: pdu.event_id.clone(), position: None })
    }

    /// Whether this event is in the room and of this user.
    pub fn is_own(&self, room_id: &RoomId, event_id: &EventId, user: &UserId) -> Result<bool, Error> {
        let room = match self.rooms.find(room_id) {
            Ok(room) => room,
            Err(FindRoomError::Unknown) => return Ok(false),
            Err(FindRoomError::Internal(error)) => return Err(error),
        };
        Ok(self.rooms.event(&room, event_id)?.is_some_and(|event| event.sender == user))
    }

    /// Forgets the transaction ids of a device that is gone: nobody repeats its requests or asks which they were.
    pub(crate) async fn forget_device(&self, user: &UserId, device: &DeviceId) -> Result<(), Error> {
        loop {
            let rows = self.core.store.scan::<TransactionKey>((user, device)).take(TRANSACTIONS_AT_ONCE);
            let rows = rows.collect::<Result<Vec<_>, _>>()?;
            if rows.is_empty() {
                return Ok(());
            }
            let forget = self.core.store.commit(move |txn| {
                for (key, result) in rows {
                    txn.delete(&EventTransactionKey { position: result.position });
                    txn.delete(&key);
                }
                Ok::<_, Error>(())
            });
            forget.await?;
        }
    }

    fn already_sent(
        &self,
        room: &Arc<Room>,
        sender: &UserId,
        event: &NewEvent,
        transaction: Option<&TransactionId>,
    ) -> Result<Option<Sent>, Error> {
        let Some(transaction) = transaction else { return Ok(None) };
        let key = TransactionKey {
            user: sender.to_owned(),
            device: transaction.device_id.clone(),
            txn_id: scope(&room.id, &event.kind.to_string(), transaction.txn_id.as_str()),
        };
        let Some(result) = self.core.store.get(&key)? else { return Ok(None) };
        Ok(Some(Sent { event_id: result.event_id, position: None }))
    }
}

/// Both contents are canonical JSON, so equal bytes mean equal contents.
pub(super) fn same_content(a: &Pdu, b: &Pdu) -> bool {
    a.content.get() == b.content.get()
}
