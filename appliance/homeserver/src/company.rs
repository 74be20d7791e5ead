//! Company: those who share a room with somebody. Whose keys a device has to follow and whose presence it is told
//! depends on it, and both have to know who came and who went.
//!
//! That is the difference of the rooms' states at both ends of a reading, so nothing is missed however often people
//! come and go. Rooms count whether they are encrypted or not, because a room may become encrypted at any time.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::{Arc, PoisonError, RwLock},
};

use ruma::{
    OwnedUserId, UserId,
    events::{StateEventType, room::member::MembershipState},
};
use veche_rooms::{Pdu, StateMap, membership};
use veche_store::{
    Change, ChangeListener, Error, Published, ShortRoomId, StreamPosition,
    records::memberships::{Membership, MembershipRecord, RoomUserKey},
};

use crate::{
    core::Core,
    membership::{RoomLists, RoomMembership, UserRooms},
    rooms::{Room, Rooms, order_of},
    timeline::Timeline,
};

/// How somebody's company changed between two positions.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct CompanyChange {
    /// They share a room with him, and may not have done before.
    pub came: BTreeSet<OwnedUserId>,
    /// They shared one with him and share none any more.
    pub went: BTreeSet<OwnedUserId>,
}

/// Who shares rooms with whom.
pub struct Company {
    core: Arc<Core>,
    rooms: Arc<Rooms>,
    user_rooms: Arc<UserRooms>,
    timeline: Arc<Timeline>,
    moved: Arc<Moved>,
}

/// When the members of each room last changed, so that a reading in which nobody moved costs nothing.
struct Moved {
    /// What is not known may have changed as late as this.
    started_at: StreamPosition,
    rooms: RwLock<HashMap<ShortRoomId, StreamPosition>>,
}

/// Users who came into and went out of somebody's rooms.
#[derive(Default)]
struct Traffic {
    came: BTreeSet<OwnedUserId>,
    went: BTreeSet<OwnedUserId>,
}

/// What is compared: the rooms of this user at both ends.
struct Reading<'a> {
    user: &'a UserId,
    since: StreamPosition,
    upto: StreamPosition,
}

impl Company {
    /// Over these parts; subscribes to the store's changes.
    pub fn new(core: Arc<Core>, rooms: Arc<Rooms>, user_rooms: Arc<UserRooms>, timeline: Arc<Timeline>) -> Self {
        let moved = Arc::new(Moved { started_at: core.store.position(), rooms: RwLock::default() });
        core.store.subscribe(Arc::clone(&moved) as Arc<dyn ChangeListener>);
        Self { core, rooms, user_rooms, timeline, moved }
    }

    /// How the company of `user` changed in `(since, upto]`. `mine` are his rooms, as they are at `upto` or later: what
    /// happened in a room is not lost because he has moved in it since.
    pub fn changes(
        &self,
        user: &UserId,
        mine: &RoomLists,
        since: StreamPosition,
        upto: StreamPosition,
    ) -> Result<CompanyChange, Error> {
        let (mut traffic, reading) = (Traffic::default(), Reading { user, since, upto });
        // Rooms that were left and forgotten at once had members, too.
        for (short, record) in mine.kept.iter().chain(mine.forgotten.iter()) {
            if record.position > since || self.moved.after(*short, since) {
                self.add_traffic(&reading, *short, record, &mut traffic)?;
            }
        }
        let mut change = CompanyChange::default();
        for other in traffic.went {
            if !traffic.came.contains(&other) && !self.share_room(&mine.kept, &other)? {
                change.went.insert(other);
            }
        }
        for other in traffic.came {
            if !self.shared_room_before(&mine.kept, &other, since)? {
                change.came.insert(other);
            }
        }
        Ok(change)
    }

    fn add_traffic(
        &self,
        reading: &Reading<'_>,
        short: ShortRoomId,
        record: &MembershipRecord,
        traffic: &mut Traffic,
    ) -> Result<(), Error> {
        // One who is outside and did not move in this time sees nobody come or go.
        if record.membership != Membership::Join && record.position <= reading.since {
            return Ok(());
        }
        let room = self.rooms.find_short(short)?;
        let (before, after) = (self.state_at(&room, reading.since)?, self.state_at(&room, reading.upto)?);
        if Arc::ptr_eq(&before, &after) {
            return Ok(());
        }
        let is_in = |state: &StateMap| membership::of_user(state, reading.user) == MembershipState::Join;
        let (was_in, is_in) = (is_in(&before), is_in(&after));
        let (before, after) = (members(&before), members(&after));
        // An event of the same id says the same, so only those that differ are looked into.
        let joined = |members: &BTreeMap<&str, &Arc<Pdu>>, than: Option<&BTreeMap<&str, &Arc<Pdu>>>| {
            let mut joined = BTreeSet::new();
            for (member, pdu) in members {
                let same = than.and_then(|than| than.get(member)).is_some_and(|it| it.event_id == pdu.event_id);
                if !same && *member != reading.user.as_str() && is_join(pdu) {
                    joined.extend(UserId::parse(*member).ok());
                }
            }
            joined
        };
        match (was_in, is_in) {
            (true, true) => {
                let (old, new) = (joined(&before, Some(&after)), joined(&after, Some(&before)));
                traffic.came.extend(new.difference(&old).cloned());
                traffic.went.extend(old.difference(&new).cloned());
            }
            (false, true) => traffic.came.extend(joined(&after, None)),
            (true, false) => traffic.went.extend(joined(&before, None)),
            (false, false) => {}
        }
        Ok(())
    }

    fn state_at(&self, room: &Arc<Room>, position: StreamPosition) -> Result<Arc<StateMap>, Error> {
        let group = self.timeline.state_group_at(room, order_of(position))?;
        self.rooms.state(room, group)
    }

    /// Whether somebody is in one of these rooms with their reader.
    pub(crate) fn share_room(&self, mine: &RoomMembership, other: &UserId) -> Result<bool, Error> {
        let joined = |record: &MembershipRecord| record.membership == Membership::Join;
        if self.core.is_local(other) {
            let theirs = self.user_rooms.of(other)?;
            return Ok(mine.iter().any(|(room, record)| joined(record) && theirs.get(room).is_some_and(joined)));
        }
        for (room, _) in mine.iter().filter(|(_, record)| joined(record)) {
            let key = RoomUserKey { room: *room, user: other.to_owned() };
            if self.core.store.get(&key)? == Some(Membership::Join) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether it is certain that both were together in a room at `since` already and still are: then everything in
    /// between has been told.
    fn shared_room_before(&self, mine: &RoomMembership, other: &UserId, since: StreamPosition) -> Result<bool, Error> {
        if !self.core.is_local(other) {
            return Ok(false);
        }
        let stayed = |record: &MembershipRecord| record.membership == Membership::Join && record.position <= since;
        let theirs = self.user_rooms.of(other)?;
        Ok(mine.iter().any(|(room, record)| stayed(record) && theirs.get(room).is_some_and(stayed)))
    }
}

impl Moved {
    fn after(&self, room: ShortRoomId, since: StreamPosition) -> bool {
        let rooms = self.rooms.read().unwrap_or_else(PoisonError::into_inner);
        rooms.get(&room).copied().unwrap_or(self.started_at) > since
    }
}

impl ChangeListener for Moved {
    fn index(&self, published: &Published<'_>) {
        // A membership changes in one commit that concerns the room and the member.
        if !published.changes.iter().any(|change| matches!(change, Change::User(_))) {
            return;
        }
        let mut rooms = self.rooms.write().unwrap_or_else(PoisonError::into_inner);
        for change in published.changes {
            if let Change::Room(room) = change {
                rooms.insert(*room, published.position);
            }
        }
    }

    fn wake(&self, _: &Published<'_>) {}
}

/// The member events of a state by user.
fn members(state: &StateMap) -> BTreeMap<&str, &Arc<Pdu>> {
    let members = state.iter().filter(|((kind, _), _)| *kind == StateEventType::RoomMember);
    members.map(|((_, user), pdu)| (user.as_str(), pdu)).collect()
}

fn is_join(pdu: &Pdu) -> bool {
    membership::read(pdu).is_some_and(|member| member.membership == MembershipState::Join)
}

#[cfg(test)]
mod tests;
