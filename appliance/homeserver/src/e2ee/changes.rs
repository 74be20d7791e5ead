//! Whose keys changed, who came and who left: what a device must know to encrypt for the right devices.
//!
//! Changes of keys are rows in the order of positions, one for each user, so a reader looks at what lies behind his
//! token. Who came and left is the difference of the rooms' states at both ends of the reading. A user is told of
//! another as long as they share a room, encrypted or not, because the room may become encrypted at any time.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use ruma::{
    OwnedUserId, UserId,
    events::{StateEventType, room::member::MembershipState},
};
use veche_rooms::{Pdu, StateMap, membership};
use veche_store::{
    Error, ShortRoomId, StreamPosition, Txn,
    records::{
        e2ee::{KeyChange, KeyChangeKey, KeyChangePositionKey},
        memberships::{Membership, MembershipRecord, RoomUserKey},
    },
};

use super::{E2ee, recent::Recent};
use crate::{
    membership::RoomMembership,
    rooms::{Room, order_of},
};

/// Users whose keys a device has to fetch anew, and users it need not follow any more.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct DeviceListChanges {
    /// Changed, or new to the reader.
    pub changed: Vec<OwnedUserId>,
    /// Share no room with the reader any more.
    pub left: Vec<OwnedUserId>,
}

/// Users who came into and went out of the reader's rooms.
#[derive(Default)]
struct Traffic {
    came: BTreeSet<OwnedUserId>,
    went: BTreeSet<OwnedUserId>,
}

/// Writes down that a user's keys changed, for `viewer` alone or for everybody. A later change takes the place of an
/// earlier one.
pub(super) fn note(txn: &mut Txn, recent: &Recent, user: &UserId, viewer: Option<&UserId>) -> Result<(), Error> {
    let at = KeyChangePositionKey { user: user.to_owned(), viewer: viewer.map(UserId::to_owned) };
    if let Some(position) = txn.get(&at)? {
        txn.delete(&KeyChangeKey { position });
    }
    let position = txn.next_position();
    txn.put(&at, &position);
    txn.put(&KeyChangeKey { position }, &KeyChange { user: at.user, viewer: at.viewer });
    recent.note_key_change(position);
    Ok(())
}

impl E2ee {
    /// Whose keys changed and who left, for `user`, in `(since, upto]`.
    pub fn device_lists(
        &self,
        user: &UserId,
        since: StreamPosition,
        upto: StreamPosition,
    ) -> Result<DeviceListChanges, Error> {
        let mine = self.user_rooms.of(user)?;
        let mut changed = BTreeSet::new();
        if self.recent.keys_changed(since) {
            self.changed_keys(user, &mine, since, upto, &mut changed)?;
        }
        let mut traffic = Traffic::default();
        // Rooms that were left and forgotten at once had members, too.
        let forgotten = self.user_rooms.forgotten(user)?;
        for (short, record) in mine.iter().chain(forgotten.iter()) {
            let maybe = record.position > since || self.recent.members_changed(*short, since);
            if maybe && record.position <= upto {
                self.room_traffic(user, *short, record, since, upto, &mut traffic)?;
            }
        }
        let mut left = Vec::new();
        for other in traffic.went {
            if !self.share_room(&mine, &other)? {
                changed.remove(&other);
                left.push(other);
            }
        }
        for other in traffic.came {
            if !changed.contains(&other) && !self.shared_room_before(&mine, &other, since)? {
                changed.insert(other);
            }
        }
        Ok(DeviceListChanges { changed: changed.into_iter().collect(), left })
    }

    fn changed_keys(
        &self,
        user: &UserId,
        mine: &RoomMembership,
        since: StreamPosition,
        upto: StreamPosition,
        changed: &mut BTreeSet<OwnedUserId>,
    ) -> Result<(), Error> {
        for row in self.core.store.scan::<KeyChangeKey>(()).after(&KeyChangeKey { position: since }) {
            let (at, change) = row?;
            if at.position > upto {
                break;
            }
            let concerns = match &change.viewer {
                Some(viewer) => viewer == user,
                None => change.user == user || self.share_room(mine, &change.user)?,
            };
            if concerns {
                changed.insert(change.user);
            }
        }
        Ok(())
    }

    fn room_traffic(
        &self,
        user: &UserId,
        short: ShortRoomId,
        record: &MembershipRecord,
        since: StreamPosition,
        upto: StreamPosition,
        traffic: &mut Traffic,
    ) -> Result<(), Error> {
        // One who is outside and did not move in this time sees nobody come or go.
        if record.membership != Membership::Join && record.position <= since {
            return Ok(());
        }
        let room = self.rooms.find_short(short)?;
        let (before, after) = (self.state_at(&room, since)?, self.state_at(&room, upto)?);
        if Arc::ptr_eq(&before, &after) {
            return Ok(());
        }
        let is_in = |state: &StateMap| membership::of_user(state, user) == MembershipState::Join;
        let (was_in, is_in) = (is_in(&before), is_in(&after));
        let (before, after) = (members(&before), members(&after));
        // An event of the same id says the same, so only those that differ are looked into.
        let joined = |members: &BTreeMap<&str, &Arc<Pdu>>, than: Option<&BTreeMap<&str, &Arc<Pdu>>>| {
            let mut joined = BTreeSet::new();
            for (member, pdu) in members {
                let same = than.and_then(|than| than.get(member)).is_some_and(|it| it.event_id == pdu.event_id);
                if !same && *member != user.as_str() && is_join(pdu) {
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

    /// Whether somebody is in one of these rooms with the reader.
    fn share_room(&self, mine: &RoomMembership, other: &UserId) -> Result<bool, Error> {
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

    /// Whether it is certain that both were together in a room at `since` already and still are: then every change
    /// of keys in between has been told.
    fn shared_room_before(&self, mine: &RoomMembership, other: &UserId, since: StreamPosition) -> Result<bool, Error> {
        if !self.core.is_local(other) {
            return Ok(false);
        }
        let stayed = |record: &MembershipRecord| record.membership == Membership::Join && record.position <= since;
        let theirs = self.user_rooms.of(other)?;
        Ok(mine.iter().any(|(room, record)| stayed(record) && theirs.get(room).is_some_and(stayed)))
    }

    /// Wakes everybody who has to hear that the user's keys changed. Call it after the commit.
    ///
    /// Not a `Change` of each of them: nothing of theirs changed, so nothing of theirs must be read again.
    pub(super) fn wake_sharers(&self, user: &UserId) {
        let sharers = self.sharers(user).unwrap_or_else(|error| {
            // They hear of it with the next thing that wakes them.
            tracing::warn!(%user, %error, "cannot tell who shares a room with a user whose keys changed");
            BTreeSet::new()
        });
        self.watch.wake_user(user);
        for sharer in sharers {
            self.watch.wake_user(&sharer);
        }
    }

    fn sharers(&self, user: &UserId) -> Result<BTreeSet<OwnedUserId>, Error> {
        let mut sharers = BTreeSet::new();
        for (short, record) in self.user_rooms.of(user)?.iter() {
            if record.membership == Membership::Join {
                sharers.extend(self.rooms.find_short(*short)?.head().joined.iter().cloned());
            }
        }
        Ok(sharers)
    }
}

/// The member events of a state by user.
fn members(state: &StateMap) -> BTreeMap<&str, &Arc<Pdu>> {
    let members = state.iter().filter(|((kind, _), _)| *kind == StateEventType::RoomMember);
    members.map(|((_, user), pdu)| (user.as_str(), pdu)).collect()
}

fn is_join(pdu: &Pdu) -> bool {
    membership::read(pdu).is_some_and(|member| member.membership == MembershipState::Join)
}
