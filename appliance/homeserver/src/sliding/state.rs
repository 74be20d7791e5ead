//! The state that an answer shows: what is wanted and not known to the client as it is now.

use std::{collections::BTreeSet, sync::Arc};

use ruma::{OwnedUserId, UserId, events::StateEventType};
use serde_json::value::RawValue;
use veche_rooms::{StateKeyPair, StateMap, StateMapExt};
use veche_store::{Error, ShortStateHash, records::memberships::MembershipRecord};

use super::{Sliding, config::RoomConfig, connections::RoomMemory, poll::Reading, summary::Summary, timeline::Slice};
use crate::{
    rooms::{Room, order_of},
    timeline::{Audience, EventForm, Renderer},
};

/// State that is news.
pub(super) struct StateNews {
    pub(super) events: Vec<Box<RawValue>>,
    /// What the client was told of and is no more.
    pub(super) removed: Vec<StateKeyPair>,
    /// Members known to the client because they spoke.
    pub(super) speakers: Arc<BTreeSet<OwnedUserId>>,
    pub(super) summary: Arc<Summary>,
}

/// A state to show, compared with what is known.
struct Comparison<'a> {
    config: &'a RoomConfig,
    known: Option<&'a RoomMemory>,
    before: &'a StateMap,
    after: &'a StateMap,
    /// Members wanted because they speak now or spoke before.
    speakers: &'a BTreeSet<OwnedUserId>,
    /// Members are wanted when they change: the client has all there is to know of them up to here.
    every_member: bool,
}

impl Sliding {
    /// What is news of a room's state `group`, given the timeline that is shown with it.
    pub(super) fn state_news(
        &self,
        reading: &Reading<'_>,
        room: &Arc<Room>,
        config: &RoomConfig,
        known: Option<&RoomMemory>,
        group: ShortStateHash,
        slice: &Slice,
    ) -> Result<StateNews, Error> {
        let user = &reading.request.user;
        let same_group = known.is_some_and(|known| known.group == group);
        let speakers = speakers(config, known, &slice.speakers);
        let nothing_wanted = known.is_some_and(|known| known.config.same_state(config) && known.speakers == speakers);
        if let Some(known) = known
            && same_group
            && nothing_wanted
        {
            let summary = Arc::clone(&known.summary);
            return Ok(StateNews { events: Vec::new(), removed: Vec::new(), speakers, summary });
        }
        let before = self.parts.rooms.state(room, known.map_or(ShortStateHash(0), |known| known.group))?;
        let after = self.parts.rooms.state(room, group)?;
        let summary = match known {
            Some(known) if same_group || !describes(&before, &after) => Arc::clone(&known.summary),
            _ => Arc::new(Summary::new(&after, user)),
        };
        let audience = Audience { user, device: None };
        let renderer = self.parts.timeline.renderer(room, audience, EventForm::Sync);
        // Across a gap a client that loads members lazily throws away those it has (MSC4186, "Lazy loaded memberships").
        let every_member = config.lazy_members && !slice.limited;
        let (before, after, speakers) = (&before, &after, &speakers);
        let comparison = Comparison { config, known, before, after, speakers, every_member };
        let (events, removed) = (comparison.news(&renderer), comparison.removed());
        Ok(StateNews { events, removed, speakers: Arc::clone(speakers), summary })
    }

    /// The state that one who left is told: what changed while he was in, and his own membership.
    pub(super) fn state_of_left(
        &self,
        reading: &Reading<'_>,
        room: &Arc<Room>,
        record: &MembershipRecord,
        known: Option<&Arc<RoomMemory>>,
    ) -> Result<Vec<Box<RawValue>>, Error> {
        let user: &UserId = &reading.request.user;
        let group = self.parts.timeline.state_group_at(room, order_of(record.position))?;
        let after = self.parts.rooms.state(room, group)?;
        let audience = Audience { user, device: None };
        let renderer = self.parts.timeline.renderer(room, audience, EventForm::Sync);
        let mut events = Vec::new();
        if let Some(known) = known {
            let before = self.parts.rooms.state(room, known.group)?;
            // His own membership follows, whether it was asked for or not.
            let mut others = (*after).clone();
            others.remove(&(StateEventType::RoomMember, user.to_string()));
            let (config, speakers) = (&known.config, &known.speakers);
            let (before, after, every_member) = (&before, &others, false);
            let comparison = Comparison { config, known: Some(known), before, after, speakers, every_member };
            events = comparison.news(&renderer);
        }
        events.extend(after.member(user).map(|pdu| renderer.state_event(pdu)));
        Ok(events)
    }
}

impl Comparison<'_> {
    /// The events that are wanted and that the client does not have in this form.
    fn news(&self, renderer: &Renderer<'_>) -> Vec<Box<RawValue>> {
        let mut events = Vec::new();
        for ((kind, state_key), pdu, same) in changes(self.before, self.after) {
            let wanted = self.config.wants(kind, state_key)
                || has(self.speakers, kind, state_key)
                || self.every_member && self.known.is_some() && !same && *kind == StateEventType::RoomMember;
            let told = self.known.is_some_and(|known| {
                same && (known.config.wants(kind, state_key) || has(&known.speakers, kind, state_key))
            });
            if wanted && !told {
                events.push(renderer.state_event(pdu));
            }
        }
        events
    }

    /// What the client has been told of and what is no part of the state any more: another state has won.
    fn removed(&self) -> Vec<StateKeyPair> {
        let Some(known) = self.known else { return Vec::new() };
        let was_told = |(kind, state_key): &&StateKeyPair| {
            known.config.wants(kind, state_key) || has(&known.speakers, kind, state_key)
        };
        self.before.keys().filter(|key| !self.after.contains_key(*key)).filter(was_told).cloned().collect()
    }
}

/// Walks a state beside the one before it: each event, and whether it was there already.
fn changes<'s>(
    before: &'s StateMap,
    after: &'s StateMap,
) -> impl Iterator<Item = (&'s veche_rooms::StateKeyPair, &'s veche_rooms::PduRef, bool)> {
    let mut old = before.iter().peekable();
    after.iter().map(move |(key, pdu)| {
        while old.peek().is_some_and(|(known, _)| *known < key) {
            old.next();
        }
        let same = old.peek().is_some_and(|(known, event)| *known == key && event.event_id == pdu.event_id);
        (key, pdu, same)
    })
}

/// Whether anything changed that a room is described by.
fn describes(before: &StateMap, after: &StateMap) -> bool {
    changes(before, after).any(|((kind, _), _, same)| {
        !same
            && matches!(
                kind,
                StateEventType::RoomMember
                    | StateEventType::RoomName
                    | StateEventType::RoomAvatar
                    | StateEventType::RoomCanonicalAlias
            )
    })
}

fn has(speakers: &BTreeSet<OwnedUserId>, kind: &StateEventType, state_key: &str) -> bool {
    *kind == StateEventType::RoomMember && <&UserId>::try_from(state_key).is_ok_and(|user| speakers.contains(user))
}

/// Members wanted because they speak or spoke. Who was told stays: a client that stops loading members lazily keeps
/// what it has, and must not find it stale when it begins again.
fn speakers(
    config: &RoomConfig,
    known: Option<&RoomMemory>,
    speaking: &BTreeSet<OwnedUserId>,
) -> Arc<BTreeSet<OwnedUserId>> {
    match known {
        Some(known) if !config.lazy_members => Arc::clone(&known.speakers),
        None if !config.lazy_members => Arc::default(),
        Some(known) if speaking.is_subset(&known.speakers) => Arc::clone(&known.speakers),
        Some(known) => Arc::new(known.speakers.union(speaking).cloned().collect()),
        None => Arc::new(speaking.clone()),
    }
}
