//! Which rooms a request shows: sorted by their last activity, filtered, cut into windows.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use ruma::{RoomId, UserId, events::room::member::MembershipState};
use serde::Deserialize;
use serde_json::{Value, value::RawValue};
use veche_base::limits::SLIDING_WINDOW_ROOMS_MAX;
use veche_rooms::membership;
use veche_store::{
    Error, ShortRoomId,
    records::memberships::{Membership, MembershipRecord},
};

use super::{
    Sliding,
    config::RoomConfig,
    facts::{RoomKind, kind_of},
    poll::Reading,
};
use crate::{
    membership::RoomMembership,
    rooms::{FindRoomError, Room, order_of},
};

/// A room in the windows or subscribed to.
pub(super) struct Shown<'a> {
    /// What is wanted of it.
    pub(super) config: Arc<RoomConfig>,
    /// The lists in whose windows it is.
    pub(super) lists: Vec<&'a str>,
    /// Whether it is subscribed to by its id.
    pub(super) subscribed: bool,
}

/// The rooms that a request shows.
pub(super) type ShownRooms<'a> = BTreeMap<ShortRoomId, Shown<'a>>;

/// What the lists of a request come to.
#[derive(Default)]
pub(super) struct Windows<'a> {
    pub(super) shown: ShownRooms<'a>,
    /// How many rooms each list has.
    pub(super) counts: BTreeMap<String, u64>,
    /// Every room that is in a list, in its windows or not.
    pub(super) listed: BTreeSet<ShortRoomId>,
}

/// A room that may be in a list.
pub(super) struct Candidate<'a> {
    pub(super) short: ShortRoomId,
    pub(super) record: &'a MembershipRecord,
    pub(super) kind: Arc<RoomKind>,
    activity: u64,
}

/// What is read of stripped state.
#[derive(Deserialize)]
struct Stripped {
    #[serde(rename = "type")]
    kind: String,
    content: Value,
}

impl Sliding {
    /// The rooms that a request shows, and those that it could.
    pub(super) fn shown<'a>(&self, reading: &Reading<'a>, memberships: &RoomMembership) -> Result<Windows<'a>, Error> {
        let Windows { mut shown, mut counts, mut listed } = Windows::default();
        let candidates =
            if reading.request.lists.is_empty() { Vec::new() } else { self.candidates(reading, memberships)? };
        for (name, list) in &reading.request.lists {
            let sieve = self.sieve(reading, &list.filters)?;
            let mut matching: Vec<ShortRoomId> = Vec::with_capacity(candidates.len());
            for candidate in &candidates {
                if self.passes(reading, &sieve, candidate)? {
                    matching.push(candidate.short);
                }
            }
            counts.insert(name.clone(), matching.len() as u64);
            listed.extend(&matching);
            let config = Arc::new(RoomConfig::new(&list.room));
            for (start, end) in windows(list.ranges.as_deref(), matching.len()) {
                for short in &matching[start..end] {
                    show(&mut shown, *short, &config).lists.push(name);
                }
            }
        }
        for (room_id, wish) in &reading.request.subscriptions {
            let Some(short) = self.short_of(room_id)? else { continue };
            let inside = memberships.get(&short).filter(|record| record.position <= reading.upto);
            if inside.is_none_or(|record| is_gone(record) || !may_be_listed(record, reading)) {
                continue;
            }
            let config = Arc::new(RoomConfig::new(wish));
            show(&mut shown, short, &config).subscribed = true;
        }
        Ok(Windows { shown, counts, listed })
    }

    fn short_of(&self, room_id: &RoomId) -> Result<Option<ShortRoomId>, Error> {
        match self.parts.rooms.find(room_id) {
            Ok(room) => Ok(Some(room.short)),
            Err(FindRoomError::Unknown) => Ok(None),
            Err(FindRoomError::Internal(error)) => Err(error),
        }
    }

    /// Every room that the user is in, is invited to, knocks at or was put out of, the most recently active first.
    fn candidates<'r>(
        &self,
        reading: &Reading<'_>,
        memberships: &'r RoomMembership,
    ) -> Result<Vec<Candidate<'r>>, Error> {
        let mut candidates = Vec::with_capacity(memberships.len());
        for (short, record) in memberships {
            // A newer membership than may be told: its commit wakes this poll again.
            if record.position > reading.upto || !may_be_listed(record, reading) {
                continue;
            }
            candidates.push(if record.membership == Membership::Join {
                let room = self.parts.rooms.find_short(*short)?;
                let facts = self.facts(&room, reading.upto)?;
                Candidate { short: *short, record, kind: Arc::clone(&facts.kind), activity: facts.activity }
            } else if is_gone(record) {
                let room = self.parts.rooms.find_short(*short)?;
                let Some(kind) = self.lost(&room, record, &reading.request.user)? else { continue };
                Candidate { short: *short, record, kind: Arc::new(kind), activity: record.position.0 }
            } else {
                outside(*short, record)
            });
        }
        candidates.sort_by(|a, b| b.activity.cmp(&a.activity).then(b.short.cmp(&a.short)));
        Ok(candidates)
    }

    /// What a room was when the user was put out of it; `None` if he was not in it then.
    fn lost(&self, room: &Arc<Room>, record: &MembershipRecord, user: &UserId) -> Result<Option<RoomKind>, Error> {
        let group = self.parts.timeline.state_group_at(room, order_of(record.position) - 1)?;
        let state = self.parts.rooms.state(room, group)?;
        Ok((membership::of_user(&state, user) == MembershipState::Join).then(|| kind_of(&state)))
    }
}

/// Whether a membership may put a room into lists. Hidden invites do not, nor do rooms that the user left by himself: he
/// knows.
fn may_be_listed(record: &MembershipRecord, reading: &Reading<'_>) -> bool {
    match record.membership {
        Membership::Join | Membership::Knock => true,
        Membership::Invite => !is_hidden(record, reading),
        Membership::Leave | Membership::Ban => record.sender != reading.request.user,
    }
}

/// Whether this is an invite that the user is not shown: he takes none, or ignores who sent it.
pub(super) fn is_hidden(record: &MembershipRecord, reading: &Reading<'_>) -> bool {
    let is_unwanted = reading.settled.invites.blocked || reading.ignored.contains(record.sender.as_str());
    record.membership == Membership::Invite && is_unwanted
}

/// Whether the user is out of the room.
pub(super) fn is_gone(record: &MembershipRecord) -> bool {
    matches!(record.membership, Membership::Leave | Membership::Ban)
}

fn outside(short: ShortRoomId, record: &MembershipRecord) -> Candidate<'_> {
    let state: Vec<Stripped> =
        stripped(record).iter().filter_map(|event| serde_json::from_str(event.get()).ok()).collect();
    let content = |kind: &str| state.iter().find(|event| event.kind == kind).map(|event| &event.content);
    let text = |kind: &str, field: &str| content(kind).and_then(|content| content.get(field)).and_then(Value::as_str);
    let kind = RoomKind {
        encrypted: content("m.room.encryption").is_some(),
        room_type: text("m.room.create", "type").map(ToOwned::to_owned),
        name: text("m.room.name", "name").map(ToOwned::to_owned),
    };
    Candidate { short, record, kind: Arc::new(kind), activity: record.position.0 }
}

/// The events of a stripped state.
pub(super) fn stripped(record: &MembershipRecord) -> Vec<Box<RawValue>> {
    let json = record.stripped_state.as_ref().map_or(&b"[]"[..], |json| &json.0);
    serde_json::from_slice(json).unwrap_or_default()
}

fn show<'s, 'a>(shown: &'s mut ShownRooms<'a>, short: ShortRoomId, config: &Arc<RoomConfig>) -> &'s mut Shown<'a> {
    let room = shown.entry(short).or_insert_with(|| Shown {
        config: Arc::clone(config),
        lists: Vec::new(),
        subscribed: false,
    });
    if !Arc::ptr_eq(&room.config, config) {
        Arc::make_mut(&mut room.config).merge(config);
    }
    room
}

/// The windows of a list as half-open ranges of indices, within what there is and within the limit. A list without
/// windows is shown whole.
fn windows(ranges: Option<&[(u64, u64)]>, rooms: usize) -> Vec<(usize, usize)> {
    let Some(ranges) = ranges else { return vec![(0, rooms)] };
    let mut left = SLIDING_WINDOW_ROOMS_MAX;
    let index = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
    let mut windows = Vec::with_capacity(ranges.len());
    for (first, last) in ranges {
        let start = index(*first).min(rooms);
        let end = index(*last).saturating_add(1).min(rooms).min(start.saturating_add(left));
        left -= end.saturating_sub(start);
        if start < end {
            windows.push((start, end));
        }
    }
    windows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_stay_within_the_list_and_the_limit() {
        assert_eq!(windows(None, 3_000), [(0, 3_000)]);
        for (asked, rooms, expected) in [
            (&[(0, 19)][..], 5, &[(0, 5)][..]),
            (&[(0, 1), (3, 3)][..], 5, &[(0, 2), (3, 4)][..]),
            (&[(7, 9)][..], 5, &[][..]),
            (&[(0, u64::MAX)][..], 3_000, &[(0, SLIDING_WINDOW_ROOMS_MAX)][..]),
            (&[(0, 999), (1_000, 1_001)][..], 3_000, &[(0, SLIDING_WINDOW_ROOMS_MAX)][..]),
        ] {
            assert_eq!(windows(Some(asked), rooms), expected, "{asked:?} of {rooms}");
        }
    }
}
