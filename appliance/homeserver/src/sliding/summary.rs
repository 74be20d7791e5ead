//! What a client needs to show a room in a list: name, picture, members.

use ruma::{OwnedMxcUri, OwnedUserId, UserId, events::StateEventType};
use serde::Deserialize;
use veche_rooms::{StateMap, StateMapExt, membership};

use crate::sync::summary_of;

/// A member named to describe a room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hero {
    /// Who.
    pub user_id: OwnedUserId,
    /// The display name in this room.
    pub name: Option<String>,
    /// The picture in this room.
    pub avatar: Option<OwnedMxcUri>,
}

/// A room as a list shows it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Summary {
    /// The name that the room was given.
    pub(super) name: Option<String>,
    pub(super) avatar: Option<OwnedMxcUri>,
    /// Nobody where the room has a name.
    pub(super) heroes: Vec<Hero>,
    pub(super) joined: u64,
    pub(super) invited: u64,
}

#[derive(Deserialize)]
struct Name {
    name: String,
}

#[derive(Deserialize)]
struct Avatar {
    url: OwnedMxcUri,
}

impl Summary {
    /// Of a room in this state, for this reader.
    pub(super) fn new(state: &StateMap, reader: &UserId) -> Self {
        let counts = summary_of(state, reader);
        let name = given_name(state);
        let heroes = if name.is_none() { counts.heroes } else { Vec::new() };
        let avatar = state.room_event(StateEventType::RoomAvatar).and_then(|pdu| pdu.content_as::<Avatar>());
        Self {
            name,
            avatar: avatar.map(|avatar| avatar.url).filter(|url| !url.as_str().is_empty()),
            heroes: heroes.into_iter().map(|user_id| hero(state, user_id)).collect(),
            joined: counts.joined,
            invited: counts.invited,
        }
    }
}

/// The name that a room was given. What to call a room without one is for its clients to say, in their language.
pub(super) fn given_name(state: &StateMap) -> Option<String> {
    let name = state.room_event(StateEventType::RoomName).and_then(|pdu| pdu.content_as::<Name>());
    name.map(|name| name.name).filter(|name| !name.is_empty())
}

fn hero(state: &StateMap, user_id: OwnedUserId) -> Hero {
    let member = state.member(&user_id).and_then(|pdu| membership::read(pdu));
    let (name, avatar) = member.map(|member| (member.display_name, member.avatar_url)).unwrap_or_default();
    Hero { user_id, name: name.filter(|name| !name.is_empty()), avatar: avatar.map(OwnedMxcUri::from) }
}
