//! What lists sort and filter rooms by, kept in memory and brought up to date when a room has changed.

use std::{
    collections::BTreeMap,
    sync::{Arc, PoisonError, RwLock},
};

use ruma::events::{StateEventType, TimelineEventType};
use serde::Deserialize;
use veche_rooms::{Pdu, StateMap, StateMapExt};
use veche_store::{Error, ShortRoomId, ShortStateHash, StreamPosition};

use super::{Sliding, summary::given_name};
use crate::{
    rooms::{Room, order_of},
    timeline::{ReadFilter, Span},
};

/// Facts of one room.
#[derive(Debug, Clone)]
pub(super) struct RoomFacts {
    /// The facts are those at this position.
    at: StreamPosition,
    /// Position of the last event: lists are sorted by it.
    pub(super) activity: u64,
    /// Position of the last event that people would call news: `bump_stamp`.
    pub(super) bump: u64,
    /// The state at that position.
    pub(super) group: ShortStateHash,
    /// What the state says.
    pub(super) kind: Arc<RoomKind>,
}

/// What lists filter by.
#[derive(Debug, Default)]
pub(super) struct RoomKind {
    /// Whether messages are end-to-end encrypted.
    pub(super) encrypted: bool,
    /// The type in the create event.
    pub(super) room_type: Option<String>,
    /// The name that the room was given.
    pub(super) name: Option<String>,
}

/// Facts of all rooms that were asked for.
#[derive(Default)]
pub(super) struct Facts(RwLock<BTreeMap<ShortRoomId, Arc<RoomFacts>>>);

#[derive(Deserialize)]
struct Create {
    #[serde(rename = "type")]
    room_type: Option<String>,
}

impl Sliding {
    /// The facts of a room at a position, or at a newer one that another reader has asked for.
    pub(super) fn facts(&self, room: &Arc<Room>, upto: StreamPosition) -> Result<Arc<RoomFacts>, Error> {
        let known = self.facts.0.read().unwrap_or_else(PoisonError::into_inner).get(&room.short).cloned();
        if let Some(known) = &known
            && (known.at >= upto || !self.watch.room_changed(room.short, known.at))
        {
            return Ok(Arc::clone(known));
        }
        let facts = Arc::new(self.read_facts(room, known.as_deref(), upto)?);
        let mut all = self.facts.0.write().unwrap_or_else(PoisonError::into_inner);
        let kept = all.entry(room.short).or_insert_with(|| Arc::clone(&facts));
        if kept.at < facts.at {
            *kept = Arc::clone(&facts);
        }
        Ok(facts)
    }

    fn read_facts(
        &self,
        room: &Arc<Room>,
        known: Option<&RoomFacts>,
        upto: StreamPosition,
    ) -> Result<RoomFacts, Error> {
        let span = Span { after: known.map_or(i64::MIN, |known| order_of(known.at)), until: order_of(upto) };
        let newest = |filter: &dyn ReadFilter| -> Result<Option<u64>, Error> {
            let page = self.parts.timeline.page(room, span, true, 1, None, filter)?;
            Ok(page.rows.first().and_then(|(order, _, _)| u64::try_from(*order).ok()))
        };
        let (activity, bump) = (newest(&|_: &Pdu| true)?, newest(&bumps)?);
        let group = self.parts.timeline.state_group_at(room, order_of(upto))?;
        let kind = match known {
            Some(known) if known.group == group => Arc::clone(&known.kind),
            _ => Arc::new(kind_of(&*self.parts.rooms.state(room, group)?)),
        };
        Ok(RoomFacts {
            at: upto,
            activity: activity.or(known.map(|known| known.activity)).unwrap_or(0),
            bump: bump.or(known.map(|known| known.bump)).unwrap_or(0),
            group,
            kind,
        })
    }
}

/// Reads a state.
pub(super) fn kind_of(state: &StateMap) -> RoomKind {
    let create = state.room_event(StateEventType::RoomCreate);
    RoomKind {
        encrypted: state.room_event(StateEventType::RoomEncryption).is_some(),
        room_type: create.and_then(|create| create.content_as::<Create>()).and_then(|create| create.room_type),
        name: given_name(state),
    }
}

/// Whether an event is one that people would call news.
fn bumps(pdu: &Pdu) -> bool {
    match &pdu.kind {
        TimelineEventType::RoomCreate
        | TimelineEventType::RoomMessage
        | TimelineEventType::RoomEncrypted
        | TimelineEventType::Sticker
        | TimelineEventType::CallInvite => true,
        kind => matches!(
            kind.to_string().as_str(),
            "m.poll.start"
                | "org.matrix.msc3381.poll.start"
                | "m.rtc.notification"
                | "org.matrix.msc4075.rtc.notification"
                | "m.beacon_info"
                | "org.matrix.msc3672.beacon_info"
        ),
    }
}
