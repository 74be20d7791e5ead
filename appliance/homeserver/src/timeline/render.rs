//! Turns stored events into what one client is shown.
//!
//! The stored bytes are reused; only `unsigned` differs from reader to reader: age, the reader's own transaction id,
//! his membership at the time (MSC4115), what a state event replaced, and what relates to the event.

use std::sync::Arc;

use ruma::{DeviceId, EventId, UserId, events::StateEventType, events::room::member::MembershipState};
use serde_json::value::RawValue;
use veche_rooms::{
    Pdu,
    format::{self, Unsigned},
    membership, redaction,
};
use veche_store::{
    Error, ShortStateHash, StreamPosition,
    records::rooms::{EventTransactionKey, TimelineEntry},
};

use super::{Timeline, bundle::Bundling};
use crate::rooms::Room;

/// Who reads.
#[derive(Debug, Clone, Copy)]
pub struct Audience<'a> {
    /// The user.
    pub user: &'a UserId,
    /// The device, which is told the transaction ids of its own events.
    pub device: Option<&'a DeviceId>,
}

/// The shape of an event on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventForm {
    /// With `room_id`, as most endpoints answer.
    Full,
    /// Without `room_id`, as `/sync` answers.
    Sync,
    /// As servers exchange it, with its id and `unsigned` beside (`event_format` of `/sync`).
    Federation,
}

/// Renders events of one room for one reader; keeps what consecutive events share.
pub struct Renderer<'a> {
    pub(super) timeline: &'a Timeline,
    pub(super) room: &'a Arc<Room>,
    pub(super) audience: Audience<'a>,
    form: EventForm,
    now_ms: u64,
    membership: Option<(ShortStateHash, MembershipState)>,
}

impl Timeline {
    /// A renderer of this room's events for this reader.
    pub fn renderer<'a>(&'a self, room: &'a Arc<Room>, audience: Audience<'a>, form: EventForm) -> Renderer<'a> {
        let now_ms = self.core.clock.wall_ms();
        Renderer { timeline: self, room, audience, form, now_ms, membership: None }
    }
}

impl Renderer<'_> {
    /// Renders a row of the timeline.
    pub fn entry(&mut self, order: i64, entry: &TimelineEntry) -> Result<Box<RawValue>, Error> {
        self.entry_with(order, entry, Bundling::All)
    }

    pub(super) fn entry_with(
        &mut self,
        order: i64,
        entry: &TimelineEntry,
        bundling: Bundling,
    ) -> Result<Box<RawValue>, Error> {
        let mut pdu = self.timeline.rooms.parse(self.room, order, entry)?;
        let membership = self.membership_at(entry.state_after)?;
        if membership != MembershipState::Join && self.timeline.core.directory.is_erased(&pdu.sender) {
            pdu = self.erased(&pdu)?;
        }
        let mut unsigned = Unsigned::default().with_age(&pdu, self.now_ms);
        if self.audience.user == pdu.sender {
            self.name_request(entry.short, &mut unsigned)?;
        }
        unsigned.membership = Some(membership);
        if pdu.sticky_ms.is_some() {
            unsigned.sticky_left_ms = self.timeline.sticks_for(self.room, entry.short, self.now_ms)?;
        }
        if let Some(replaced) = self.replaced_by(&pdu, entry.state_before)? {
            unsigned = unsigned.with_previous(&replaced);
        }
        unsigned.relations = self.bundle(order, &pdu, bundling)?;
        Ok(self.shape(&pdu, unsigned))
    }

    /// Renders an event of a state, which has no reader's context.
    pub fn state_event(&self, pdu: &Pdu) -> Box<RawValue> {
        self.shape(pdu, Unsigned::default().with_age(pdu, self.now_ms))
    }

    /// Renders an event without its content, for a reader who ignores its sender.
    pub fn emptied(&self, pdu: &Pdu) -> Box<RawValue> {
        let mut emptied = pdu.clone();
        emptied.content = RawValue::from_string("{}".to_owned()).expect("an empty object is JSON");
        self.state_event(&emptied)
    }

    /// What is left of an event whose sender wanted to be forgotten, for a reader who was not there (spec: `erase` of
    /// `POST /account/deactivate`).
    fn erased(&self, pdu: &Pdu) -> Result<Arc<Pdu>, Error> {
        let erased = redaction::erase(pdu, &self.room.version);
        let erased = erased.map_err(|error| Error::corrupt("event", pdu.event_id.as_str(), &error.to_string()))?;
        Ok(Arc::new(erased))
    }

    fn shape(&self, pdu: &Pdu, unsigned: Unsigned) -> Box<RawValue> {
        match self.form {
            EventForm::Full => format::client_event(pdu, unsigned),
            EventForm::Sync => format::sync_event(pdu, unsigned),
            EventForm::Federation => format::federation_event(pdu, unsigned),
        }
    }

    /// Tells the sender which of his requests made the event: the device its transaction id, all his devices the id
    /// of a delayed event.
    fn name_request(&self, position: StreamPosition, unsigned: &mut Unsigned) -> Result<(), Error> {
        let Some(echo) = self.timeline.core.store.get(&EventTransactionKey { position })? else { return Ok(()) };
        if echo.delay_id.is_none() && self.audience.device.is_some_and(|device| echo.device == device) {
            unsigned.transaction_id = Some(echo.txn_id.into());
        }
        unsigned.delay_id = echo.delay_id;
        Ok(())
    }

    fn membership_at(&mut self, group: ShortStateHash) -> Result<MembershipState, Error> {
        if let Some((at, membership)) = &self.membership
            && *at == group
        {
            return Ok(membership.clone());
        }
        let state = self.timeline.rooms.state(self.room, group)?;
        let membership = membership::of_user(&state, self.audience.user);
        self.membership = Some((group, membership.clone()));
        Ok(membership)
    }

    fn replaced_by(&self, pdu: &Pdu, before: ShortStateHash) -> Result<Option<Arc<Pdu>>, Error> {
        let Some(state_key) = pdu.state_key.clone() else { return Ok(None) };
        let state = self.timeline.rooms.state(self.room, before)?;
        Ok(state.get(&(StateEventType::from(pdu.kind.to_string()), state_key)).cloned())
    }
}

impl Timeline {
    /// Renders one event by its id, if the reader may see it.
    pub fn render_event(
        &self,
        room: &Arc<Room>,
        event_id: &EventId,
        audience: Audience<'_>,
    ) -> Result<Option<Box<RawValue>>, Error> {
        let Some((order, entry)) = self.rooms.entry(room, event_id)? else { return Ok(None) };
        if !self.may_see(room, order, &entry, audience.user)? {
            return Ok(None);
        }
        self.renderer(room, audience, EventForm::Full).entry(order, &entry).map(Some)
    }
}
