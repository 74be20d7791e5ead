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
    pub(super) name: String,
    pub(super) avatar: Option<OwnedMxcUri>,
    pub(super) heroes: Vec<Hero>,
    pub(super) joined: u64,
    pub(super) invited: u64,
}

#[derive(Deserialize)]
struct Name {
    name: String,
}

#[derive(Deserialize)]
struct Alias {
    alias: String,
}

#[derive(Deserialize)]
struct Avatar {
    url: OwnedMxcUri,
}

impl Summary {
    /// Of a room in this state, for this reader.
    pub(super) fn new(state: &StateMap, reader: &UserId) -> Self {
        let counts = summary_of(state, reader);
        let heroes: Vec<Hero> = counts.heroes.into_iter().map(|user_id| hero(state, user_id)).collect();
        let avatar = state.room_event(StateEventType::RoomAvatar).and_then(|pdu| pdu.content_as::<Avatar>());
        let name = explicit_name(state).unwrap_or_else(|| {
            let others = (counts.joined + counts.invited).saturating_sub(1);
            name_from(&heroes, others)
        });
        Self {
            name,
            avatar: avatar.map(|avatar| avatar.url).filter(|url| !url.as_str().is_empty()),
            heroes,
            joined: counts.joined,
            invited: counts.invited,
        }
    }
}

/// The name or the main address that the room was given.
fn explicit_name(state: &StateMap) -> Option<String> {
    let name = state.room_event(StateEventType::RoomName).and_then(|pdu| pdu.content_as::<Name>());
    let alias = || state.room_event(StateEventType::RoomCanonicalAlias).and_then(|pdu| pdu.content_as::<Alias>());
    name.map(|name| name.name)
        .filter(|name| !name.is_empty())
        .or_else(|| alias().map(|alias| alias.alias).filter(|alias| !alias.is_empty()))
}

fn hero(state: &StateMap, user_id: OwnedUserId) -> Hero {
    let member = state.member(&user_id).and_then(|pdu| membership::read(pdu));
    let (name, avatar) = member.map(|member| (member.display_name, member.avatar_url)).unwrap_or_default();
    Hero { user_id, name: name.filter(|name| !name.is_empty()), avatar: avatar.map(OwnedMxcUri::from) }
}

/// The name of a room that has none of its own (client-server API, "Calculating the display name for a room").
fn name_from(heroes: &[Hero], others: u64) -> String {
    let names: Vec<&str> = heroes.iter().map(|hero| hero.name.as_deref().unwrap_or(hero.user_id.as_str())).collect();
    let named = match names.split_last() {
        None => return "Empty room".to_owned(),
        Some((only, [])) => (*only).to_owned(),
        Some((last, rest)) if names.len() as u64 >= others => format!("{} and {last}", rest.join(", ")),
        Some(_) => format!("{} and {} others", names.join(", "), others - names.len() as u64),
    };
    if others == 0 { format!("Empty room (was {named})") } else { named }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rooms_without_a_name_are_named_after_their_members() {
        let heroes = |names: &[&str]| -> Vec<Hero> {
            let hero = |name: &&str| Hero {
                user_id: OwnedUserId::try_from("@x:y").unwrap(),
                name: Some((*name).to_owned()),
                avatar: None,
            };
            names.iter().map(hero).collect()
        };
        for (names, others, expected) in [
            (&[][..], 0, "Empty room"),
            (&["A"][..], 1, "A"),
            (&["A"][..], 0, "Empty room (was A)"),
            (&["A", "B"][..], 2, "A and B"),
            (&["A", "B", "C"][..], 3, "A, B and C"),
            (&["A", "B", "C"][..], 10, "A, B, C and 7 others"),
        ] {
            assert_eq!(name_from(&heroes(names), others), expected);
        }
    }
}
