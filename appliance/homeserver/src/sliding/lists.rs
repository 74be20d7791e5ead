//! Which rooms a request shows: sorted by their last activity, filtered, cut into windows.

use std::{collections::BTreeMap, sync::Arc};

use ruma::{RoomId, UInt, api::client::sync::sync_events::v5::request::ListFilters, directory::RoomTypeFilter};
use serde::Deserialize;
use serde_json::{Value, value::RawValue};
use veche_base::limits::SLIDING_WINDOW_ROOMS_MAX;
use veche_store::{
    Error, ShortRoomId,
    records::memberships::{Membership, MembershipRecord},
};

use super::{Sliding, config::RoomConfig, poll::Reading};
use crate::{membership::RoomMembership, rooms::FindRoomError};

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

/// A room that may be in a list.
struct Candidate<'a> {
    short: ShortRoomId,
    record: &'a MembershipRecord,
    bump: u64,
    encrypted: bool,
    room_type: Option<String>,
}

/// What is read of stripped state.
#[derive(Deserialize)]
struct Stripped {
    #[serde(rename = "type")]
    kind: String,
    content: Value,
}

impl Sliding {
    /// The rooms that a request shows, and how many rooms each list has.
    pub(super) fn shown<'a>(
        &self,
        reading: &Reading<'a>,
        memberships: &RoomMembership,
    ) -> Result<(ShownRooms<'a>, BTreeMap<String, u64>), Error> {
        let mut shown = ShownRooms::new();
        let mut counts = BTreeMap::new();
        let user = &reading.request.user;
        let candidates =
            if reading.request.lists.is_empty() { Vec::new() } else { self.candidates(reading, memberships)? };
        for (name, list) in &reading.request.lists {
            let filters = list.filters.as_ref();
            let matching: Vec<ShortRoomId> = candidates
                .iter()
                .filter(|candidate| filters.is_none_or(|filters| candidate.passes(filters, reading)))
                .map(|candidate| candidate.short)
                .collect();
            counts.insert(name.clone(), matching.len() as u64);
            let details = &list.room_details;
            let config = Arc::new(RoomConfig::new(&details.required_state, details.timeline_limit, user));
            for (start, end) in windows(&list.ranges, matching.len()) {
                for short in &matching[start..end] {
                    show(&mut shown, *short, &config).lists.push(name);
                }
            }
        }
        for (room_id, wish) in &reading.request.subscriptions {
            let Some(short) = self.short_of(room_id)? else { continue };
            let inside = memberships.get(&short).filter(|record| record.position <= reading.upto);
            if inside.is_none_or(|record| !is_listed(record, reading)) {
                continue;
            }
            let config = Arc::new(RoomConfig::new(&wish.required_state, wish.timeline_limit, user));
            show(&mut shown, short, &config).subscribed = true;
        }
        Ok((shown, counts))
    }

    fn short_of(&self, room_id: &RoomId) -> Result<Option<ShortRoomId>, Error> {
        match self.parts.rooms.find(room_id) {
            Ok(room) => Ok(Some(room.short)),
            Err(FindRoomError::Unknown) => Ok(None),
            Err(FindRoomError::Internal(error)) => Err(error),
        }
    }

    /// Every room that the user is in, is invited to or knocks at, the most recently active first.
    fn candidates<'r>(
        &self,
        reading: &Reading<'_>,
        memberships: &'r RoomMembership,
    ) -> Result<Vec<Candidate<'r>>, Error> {
        let mut candidates = Vec::with_capacity(memberships.len());
        for (short, record) in memberships {
            // A newer membership than may be told: its commit wakes this poll again.
            if record.position > reading.upto || !is_listed(record, reading) {
                continue;
            }
            candidates.push(if record.membership == Membership::Join {
                let room = self.parts.rooms.find_short(*short)?;
                let facts = self.facts(&room, reading.upto)?;
                let room_type = facts.room_type.clone();
                Candidate { short: *short, record, bump: facts.bump, encrypted: facts.encrypted, room_type }
            } else {
                outside(*short, record)
            });
        }
        candidates.sort_by(|a, b| b.bump.cmp(&a.bump).then(b.short.cmp(&a.short)));
        Ok(candidates)
    }
}

impl Candidate<'_> {
    fn passes(&self, filters: &ListFilters, reading: &Reading<'_>) -> bool {
        let is = |wanted: Option<bool>, is: bool| wanted.is_none_or(|wanted| wanted == is);
        let has_type = |types: &[RoomTypeFilter]| types.iter().any(|kind| kind.as_str() == self.room_type.as_deref());
        is(filters.is_dm, reading.is_dm(&self.record.room_id))
            && is(filters.is_encrypted, self.encrypted)
            && is(filters.is_invite, self.record.membership == Membership::Invite)
            && (filters.room_types.is_empty() || has_type(&filters.room_types))
            && !has_type(&filters.not_room_types)
    }
}

/// Whether a membership puts a room into lists. Invites by ignored users do not.
pub(super) fn is_listed(record: &MembershipRecord, reading: &Reading<'_>) -> bool {
    match record.membership {
        Membership::Join | Membership::Knock => true,
        Membership::Invite => !reading.ignored.contains(record.sender.as_str()),
        Membership::Leave | Membership::Ban => false,
    }
}

fn outside(short: ShortRoomId, record: &MembershipRecord) -> Candidate<'_> {
    let state: Vec<Stripped> =
        stripped(record).iter().filter_map(|event| serde_json::from_str(event.get()).ok()).collect();
    let content = |kind: &str| state.iter().find(|event| event.kind == kind).map(|event| &event.content);
    let room_type = content("m.room.create").and_then(|create| create.get("type")).and_then(Value::as_str);
    Candidate {
        short,
        record,
        bump: record.position.0,
        encrypted: content("m.room.encryption").is_some(),
        room_type: room_type.map(ToOwned::to_owned),
    }
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

/// The windows of a list as half-open ranges of indices, within what there is and within the limit.
fn windows(ranges: &[(UInt, UInt)], rooms: usize) -> Vec<(usize, usize)> {
    let mut left = SLIDING_WINDOW_ROOMS_MAX;
    let index = |number: UInt| usize::try_from(u64::from(number)).unwrap_or(usize::MAX);
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
        let ranges =
            |pairs: &[(u32, u32)]| pairs.iter().map(|(a, b)| (UInt::from(*a), UInt::from(*b))).collect::<Vec<_>>();
        for (asked, rooms, expected) in [
            (&[(0, 19)][..], 5, &[(0, 5)][..]),
            (&[(0, 1), (3, 3)][..], 5, &[(0, 2), (3, 4)][..]),
            (&[(7, 9)][..], 5, &[][..]),
            (&[(0, u32::MAX)][..], 3_000, &[(0, SLIDING_WINDOW_ROOMS_MAX)][..]),
            (&[(0, 999), (1_000, 1_001)][..], 3_000, &[(0, SLIDING_WINDOW_ROOMS_MAX)][..]),
        ] {
            assert_eq!(windows(&ranges(asked), rooms), expected, "{asked:?} of {rooms}");
        }
    }
}
