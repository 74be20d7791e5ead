//! A room at one glance (spec: `GET /rooms/{roomId}/initialSync`): what clients show of one that they are not in.

use ruma::{
    RoomId,
    events::{StateEventType, room::member::MembershipState},
};
use serde_json::value::RawValue;

use super::{Audience, EventForm, History, HistoryRequest, ReadError, Timeline};
use crate::filter::RoomEventFilter;

/// A room as it is for one reader.
pub struct Glance {
    /// The newest events, the newest first.
    pub messages: History,
    /// The state: as it is now, or as it was when the reader left.
    pub state: Vec<Box<RawValue>>,
    /// The reader's membership now; `None` if he was never in.
    pub membership: Option<MembershipState>,
    /// The reader's own data of the room.
    pub account_data: Vec<Box<RawValue>>,
}

impl Timeline {
    /// A room with up to `limit` of its newest events. Members may, those who left, and everybody where the world may
    /// read.
    pub fn peek(&self, room_id: &RoomId, audience: Audience<'_>, limit: usize) -> Result<Glance, ReadError> {
        let Audience { user, .. } = audience;
        let upto = self.core.store.position();
        let filter = RoomEventFilter::default();
        let request =
            HistoryRequest { room_id, audience, from: None, to: None, backwards: true, limit, filter: &filter };
        let messages = self.history(&request)?;
        let (room, state) = self.visible_state(room_id, user)?;
        let renderer = self.renderer(&room, audience, EventForm::Full);
        let was_in = state.contains_key(&(StateEventType::RoomMember, user.to_string()));
        Ok(Glance {
            messages,
            state: state.values().map(|pdu| renderer.state_event(pdu)).collect(),
            membership: was_in.then(|| room.head().membership(user)),
            account_data: self.notify.account_data.room_since(user, room.short, None, upto)?,
        })
    }
}

#[cfg(test)]
mod tests;
