//! The state that one room's part of a sync answer tells.

use std::{collections::BTreeSet, sync::Arc};

use ruma::{OwnedEventId, OwnedUserId, events::StateEventType};
use serde_json::value::RawValue;
use veche_rooms::{PduRef, StateKeyPair, StateMap};
use veche_store::{Error, ShortStateHash};

use super::{Sync, collect::Reading, room::Slice};
use crate::{rooms::Room, timeline::Audience};

/// States to compare: what the client knows, and what it must know.
pub(super) struct Delta {
    before: Arc<StateMap>,
    /// Where the timeline starts.
    start: Arc<StateMap>,
    /// At the end of the answer.
    end: Arc<StateMap>,
    /// Events that the client reads in the timeline itself.
    in_timeline: BTreeSet<OwnedEventId>,
    /// The client had a picture of the room.
    is_known: bool,
    /// Nothing changed: there is only to tell again who speaks.
    same: bool,
}

impl Delta {
    /// The state to tell, and whether each event is news.
    ///
    /// The timeline need not explain the state at its end: events may be filtered out of it, or have happened while the
    /// reader was away and may not see them. What it does not show is told with the state.
    fn walk(&self) -> impl Iterator<Item = (&StateKeyPair, &PduRef, bool)> {
        self.end.iter().filter_map(|(key, pdu)| {
            let pdu = if self.in_timeline.contains(&pdu.event_id) { self.start.get(key)? } else { pdu };
            let is_new = self.before.get(key).is_none_or(|old| old.event_id != pdu.event_id);
            Some((key, pdu, is_new))
        })
    }

    /// Whether members are among what is news.
    pub(super) fn has_members(&self) -> bool {
        !self.same && self.walk().any(|((kind, _), _, is_new)| is_new && *kind == StateEventType::RoomMember)
    }
}

impl Sync {
    /// Compares what the client knows (`None`: nothing) with the state around a timeline that ends with the state
    /// `end`; `None` if there is surely nothing to tell.
    pub(super) fn delta(
        &self,
        reading: &Reading<'_>,
        room: &Arc<Room>,
        known: Option<ShortStateHash>,
        slice: &Slice,
        end: ShortStateHash,
    ) -> Result<Option<Delta>, Error> {
        let known = known.filter(|_| !reading.request.full_state);
        let start = match slice.state_before {
            Some(before) if !reading.request.state_after => before,
            _ => end,
        };
        // The common case: each event of the timeline leads to the next, and the last one to the end.
        let explained = start == end || slice.leads_to == Some(end);
        let end = if explained { start } else { end };
        if known == Some(end) && !is_lazy(reading) {
            return Ok(None);
        }
        Ok(Some(Delta {
            before: self.parts.rooms.state(room, known.unwrap_or(ShortStateHash(0)))?,
            start: self.parts.rooms.state(room, start)?,
            end: self.parts.rooms.state(room, end)?,
            in_timeline: if explained || reading.request.state_after { BTreeSet::new() } else { slice.ids.clone() },
            is_known: known.is_some(),
            same: explained && known == Some(end) && start == end,
        }))
    }

    /// The events to tell. `heroes` are told to clients that load members lazily and must name the room.
    pub(super) fn state_events(
        &self,
        reading: &Reading<'_>,
        room: &Arc<Room>,
        delta: &Delta,
        slice: &Slice,
        heroes: &[OwnedUserId],
    ) -> Result<Vec<Box<RawValue>>, Error> {
        let user = &reading.request.user;
        let wanted = self.parts.timeline.wanted(room, user, &reading.request.filter.room.state)?;
        let renderer = self.parts.timeline.renderer(room, Audience { user, device: None }, reading.form());
        let lazy = is_lazy(reading);
        let mut events = Vec::new();
        if delta.same {
            // Nearly every message of a large room comes here, once for each reader: the state is not walked.
            let told: BTreeSet<&str> =
                slice.senders.iter().map(String::as_str).chain(heroes.iter().map(|hero| hero.as_str())).collect();
            let members = told.into_iter().map(|member| (StateEventType::RoomMember, member.to_owned()));
            for pdu in members.filter_map(|key| delta.end.get(&key)) {
                if wanted.wants_state(pdu)? {
                    events.push(renderer.state_event(pdu));
                }
            }
            reading.keep_fields(&mut events);
            return Ok(events);
        }
        for ((kind, state_key), pdu, is_new) in delta.walk() {
            // Who speaks and who names the room is told again, known or not. Who changed since the last answer is told
            // too: the client may have all members already, and cannot find out otherwise that one of them left.
            let needed = if lazy && *kind == StateEventType::RoomMember {
                slice.senders.contains(state_key)
                    || heroes.iter().any(|hero| hero == state_key)
                    || is_new && (delta.is_known || state_key == user.as_str())
            } else {
                is_new
            };
            if needed && wanted.wants_state(pdu)? {
                events.push(renderer.state_event(pdu));
            }
        }
        reading.keep_fields(&mut events);
        Ok(events)
    }
}

fn is_lazy(reading: &Reading<'_>) -> bool {
    reading.request.filter.room.state.lazy_load_members
}
