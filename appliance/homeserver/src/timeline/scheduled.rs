//! Sends an event that was scheduled earlier (MSC4140): as any other, with the end of its schedule in the same commit,
//! so that it is sent once, whatever happens in between.

use ruma::{EventId, OwnedDeviceId, OwnedEventId, RoomId, UserId};
use veche_base::limits::STICKY_EVENTS_PER_SENDER_MAX;
use veche_rooms::NewEvent;
use veche_store::Txn;

use super::{DraftError, SendError, Timeline, send::same_content};

/// Ends a schedule in the transaction that writes its event.
pub(crate) type Finish = Box<dyn FnOnce(&mut Txn, &EventId) -> Result<(), DraftError> + Send>;

/// What an event that was scheduled brings along.
pub struct Scheduled {
    /// The id under which it was scheduled.
    pub delay_id: String,
    /// The device that scheduled it.
    pub device_id: OwnedDeviceId,
    /// For how long it is to stick, if it is a message.
    pub sticky_ms: Option<u64>,
    /// Ends the schedule; where it fails, nothing is sent.
    pub finish: Finish,
}

impl Timeline {
    /// Sends a message or sets a piece of state. State that says what the current state says already is not sent
    /// again: then the event that stands for it is answered, and only the schedule ends.
    pub(crate) async fn send_scheduled(
        &self,
        room_id: &RoomId,
        sender: &UserId,
        event: NewEvent,
        scheduled: Scheduled,
    ) -> Result<OwnedEventId, SendError> {
        let room = self.rooms.find(room_id)?;
        let locked = room.lock().await;
        let head = room.head();
        if !head.is_joined(sender) && event.state_key.is_none() {
            return Err(SendError::Forbidden("you are not in this room".to_owned()));
        }
        let before = event
            .state_key
            .as_deref()
            .and_then(|state_key| head.state_event(&event.kind.to_string().into(), state_key).cloned());
        let Scheduled { delay_id, device_id, sticky_ms, finish } = scheduled;
        if sticky_ms.is_some() {
            // Somebody who has said all that he may is still heard when he leaves his call.
            self.check_sticky(&room, sender, 2 * STICKY_EVENTS_PER_SENDER_MAX)?;
        }
        let mut draft = self.draft(locked);
        draft.stick(sticky_ms);
        let pdu = draft.push(sender, event)?;
        self.check_relation(&room, &pdu)?;
        if let Some(same) = before.filter(|before| before.sender == pdu.sender && same_content(before, &pdu)) {
            let event_id = same.event_id.clone();
            self.core.store.commit(move |txn| finish(txn, &event_id)).await?;
            return Ok(same.event_id.clone());
        }
        draft.mark_delayed(device_id, delay_id);
        let event_id = pdu.event_id.clone();
        draft.also(move |txn, _| finish(txn, &event_id));
        draft.commit().await?;
        Ok(pdu.event_id.clone())
    }
}
