//! Rooms as administrators see them: what they are called, who is in them, how they are protected. Never what is said.

use std::sync::Arc;

use ruma::{
    OwnedRoomAliasId, OwnedRoomId, OwnedUserId, RoomId,
    events::{StateEventType, room::member::MembershipState},
    room::{RoomSummary, RoomType},
};
use serde::Deserialize;
use veche_directory::Kind;
use veche_rooms::{PowerLevels, membership, visibility};
use veche_store::{Error, records::rooms::RoomIdKey};

pub use veche_store::disk::{DiskLevel, Volume};

use crate::{
    core::Core,
    creation::Creation,
    public_rooms::summary,
    rooms::{FindRoomError, Head, Room, Rooms},
};

/// A room.
pub struct RoomOverview {
    /// What it tells about itself.
    pub summary: RoomSummary,
    /// Every address of it on this server.
    pub aliases: Vec<OwnedRoomAliasId>,
    /// Who made it.
    pub creator: OwnedUserId,
    /// When, by the clock of the server that it was made on.
    pub created_ms: u64,
    /// When the newest event came.
    pub active_ms: u64,
    /// Whether users of other servers may ever come in.
    pub federated: bool,
    /// `invited`, `joined`, `shared`, `world_readable`.
    pub history_visibility: String,
    /// Whether the directory lists it.
    pub listed: bool,
    /// How many are invited.
    pub invited: u64,
    /// How many of those in it are guests or users of other servers.
    pub external: u64,
    /// The room that has taken its place.
    pub successor: Option<OwnedRoomId>,
}

impl RoomOverview {
    /// Whether it holds rooms and no talk.
    pub fn is_space(&self) -> bool {
        self.summary.room_type == Some(RoomType::Space)
    }
}

/// Somebody in a room.
pub struct RoomMember {
    /// Who.
    pub user_id: OwnedUserId,
    /// His name in the room.
    pub display_name: Option<String>,
    /// `join`, `invite` or `knock`.
    pub membership: MembershipState,
    /// What he may do there; `None` for a creator whose power has no bound.
    pub power_level: Option<i64>,
    /// Whether he is a guest or a user of another server.
    pub external: bool,
}

/// Which rooms are asked for.
#[derive(Debug, Clone, Default)]
pub struct RoomsWanted {
    /// Rooms after this one, in the order of their ids.
    pub after: Option<OwnedRoomId>,
    /// What a name, a topic, an address or the id contains, whatever its case.
    pub search: Option<String>,
    /// Rooms at most.
    pub limit: usize,
}

/// What a create event says of the room's future.
#[derive(Deserialize)]
struct Create {
    #[serde(rename = "m.federate", default = "yes")]
    federate: bool,
}

#[derive(Deserialize)]
struct Tombstone {
    replacement_room: OwnedRoomId,
}

const fn yes() -> bool {
    true
}

/// Looks at rooms for administrators.
pub struct Overview {
    core: Arc<Core>,
    rooms: Arc<Rooms>,
    creation: Arc<Creation>,
}

impl Overview {
    /// Over these parts.
    pub(crate) fn new(core: Arc<Core>, rooms: Arc<Rooms>, creation: Arc<Creation>) -> Self {
        Self { core, rooms, creation }
    }

    /// The volume that the data is on, and what its free space allows; `None` if it cannot be measured.
    pub fn disk(&self) -> Option<(Volume, DiskLevel)> {
        let disk = self.core.store.disk();
        Some((disk.volume()?, disk.level()))
    }

    /// How many rooms there are, closed ones not counted.
    pub fn count(&self) -> Result<usize, Error> {
        let mut count = 0;
        for key in self.core.store.scan::<RoomIdKey>(()).keys() {
            count += usize::from(!self.core.directory.is_room_closed(&key?.room_id));
        }
        Ok(count)
    }

    /// Rooms in the order of their ids, and whether there are more.
    pub fn rooms(&self, wanted: &RoomsWanted) -> Result<(Vec<RoomOverview>, bool), Error> {
        let mut scan = self.core.store.scan::<RoomIdKey>(());
        if let Some(after) = &wanted.after {
            scan = scan.after(&RoomIdKey { room_id: after.clone() });
        }
        let search = wanted.search.as_deref().map(str::to_lowercase);
        let mut found = Vec::new();
        for key in scan.keys() {
            let room = match self.rooms.find(&key?.room_id) {
                Ok(room) => room,
                Err(FindRoomError::Unknown) => continue,
                Err(FindRoomError::Internal(error)) => return Err(error),
            };
            let overview = self.of(&room)?;
            if search.as_deref().is_some_and(|search| !matches(&overview, search)) {
                continue;
            }
            if found.len() == wanted.limit {
                return Ok((found, true));
            }
            found.push(overview);
        }
        Ok((found, false))
    }

    /// One room.
    pub fn room(&self, room_id: &RoomId) -> Result<RoomOverview, FindRoomError> {
        let room = self.rooms.find(room_id)?;
        Ok(self.of(&room)?)
    }

    /// Who is in a room, invited to it or knocking at it, in the order of user ids: those after `after`, and whether
    /// there are more.
    pub fn members(
        &self,
        room_id: &RoomId,
        after: Option<&OwnedUserId>,
        limit: usize,
    ) -> Result<(Vec<RoomMember>, bool), FindRoomError> {
        let room = self.rooms.find(room_id)?;
        let head = room.head();
        let levels = PowerLevels::of(&head.state, &room.version).ok();
        let inside = [MembershipState::Join, MembershipState::Invite, MembershipState::Knock];
        let members = membership::users_with(&head.state, &inside);
        let mut members: Vec<RoomMember> = members
            .filter(|(user, _)| after.is_none_or(|after| user > after))
            .take(limit + 1)
            .map(|(user_id, member)| RoomMember {
                power_level: levels.as_ref().and_then(|levels| level(levels, &user_id)),
                external: self.is_external(&user_id),
                display_name: member.display_name,
                membership: member.membership,
                user_id,
            })
            .collect();
        let more = members.len() > limit;
        members.truncate(limit);
        Ok((members, more))
    }

    /// Lists the room in the directory or takes it off. The caller has written the act down.
    pub async fn set_listed(&self, room_id: &RoomId, listed: bool) -> Result<(), FindRoomError> {
        self.rooms.find(room_id)?;
        Ok(self.creation.set_listed(room_id, listed).await?)
    }

    fn of(&self, room: &Room) -> Result<RoomOverview, Error> {
        let head = room.head();
        let create = head.state_event(&StateEventType::RoomCreate, "");
        let missing = || Error::corrupt("room", room.id.as_str(), "it has no create event");
        let create = create.ok_or_else(missing)?;
        let invited = [MembershipState::Invite];
        let tombstone = head.state_event(&StateEventType::RoomTombstone, "");
        Ok(RoomOverview {
            summary: summary(room),
            aliases: self.creation.aliases_of(room.short)?,
            creator: create.sender.clone(),
            created_ms: create.origin_server_ts,
            active_ms: self.active_ms(room, &head)?,
            federated: create.content_as::<Create>().is_none_or(|create| create.federate),
            history_visibility: visibility::of_state(&head.state).to_string(),
            listed: self.creation.is_listed(&room.id)?,
            invited: membership::users_with(&head.state, &invited).count() as u64,
            external: head.joined.iter().filter(|user| self.is_external(user)).count() as u64,
            successor: tombstone.and_then(|event| event.content_as::<Tombstone>()).map(|it| it.replacement_room),
        })
    }

    fn active_ms(&self, room: &Room, head: &Head) -> Result<u64, Error> {
        let mut newest = 0;
        for event_id in &head.extremities {
            newest = newest.max(self.rooms.event(room, event_id)?.map_or(0, |event| event.origin_server_ts));
        }
        Ok(newest)
    }

    fn is_external(&self, user: &OwnedUserId) -> bool {
        let is_guest = || self.core.directory.account(user).is_some_and(|account| account.kind == Kind::Guest);
        !self.core.is_local(user) || is_guest()
    }
}

fn level(levels: &PowerLevels, user: &OwnedUserId) -> Option<i64> {
    use ruma::events::room::power_levels::UserPowerLevel;
    match levels.user(user) {
        UserPowerLevel::Int(level) => Some(level.into()),
        _ => None,
    }
}

fn matches(room: &RoomOverview, search: &str) -> bool {
    let summary = &room.summary;
    let aliases = room.aliases.iter().map(|alias| alias.as_str());
    let texts = [Some(summary.room_id.as_str()), summary.name.as_deref(), summary.topic.as_deref()];
    texts.into_iter().flatten().chain(aliases).any(|text| text.to_lowercase().contains(search))
}

#[cfg(test)]
mod tests;
