//! The summary of a room (spec: `GET /room_summary/{roomIdOrAlias}`), and who may have it.

use ruma::{
    EventEncryptionAlgorithm, OwnedMxcUri, OwnedRoomAliasId, UInt, UserId,
    events::{
        StateEventType,
        room::{history_visibility::HistoryVisibility, member::MembershipState},
    },
    room::{JoinRule, JoinRuleSummary, RoomSummary, RoomType},
};
use serde::{Deserialize, de::DeserializeOwned};
use veche_rooms::{StateMap, membership, visibility};

use super::PublicRooms;
use crate::rooms::Room;

#[derive(Deserialize)]
struct Name {
    name: String,
}

#[derive(Deserialize)]
struct Topic {
    topic: String,
}

#[derive(Deserialize)]
struct Avatar {
    url: OwnedMxcUri,
}

#[derive(Deserialize)]
struct CanonicalAlias {
    alias: OwnedRoomAliasId,
}

#[derive(Deserialize)]
struct Create {
    #[serde(rename = "type")]
    kind: RoomType,
}

#[derive(Deserialize)]
struct GuestAccess {
    guest_access: String,
}

#[derive(Deserialize)]
struct Encryption {
    algorithm: EventEncryptionAlgorithm,
}

/// What a room says about itself.
pub fn summary(room: &Room) -> RoomSummary {
    let head = room.head();
    let state = &*head.state;
    let guests = content::<GuestAccess>(state, StateEventType::RoomGuestAccess);
    let mut summary = RoomSummary::new(
        room.id.clone(),
        join_rule(state),
        guests.is_some_and(|guests| guests.guest_access == "can_join"),
        UInt::new_saturating(head.joined.len() as u64),
        visibility::of_state(state) == HistoryVisibility::WorldReadable,
    );
    let not_empty = |text: &String| !text.is_empty();
    summary.name = content::<Name>(state, StateEventType::RoomName).map(|name| name.name).filter(not_empty);
    summary.topic = content::<Topic>(state, StateEventType::RoomTopic).map(|topic| topic.topic).filter(not_empty);
    summary.avatar_url = content::<Avatar>(state, StateEventType::RoomAvatar).map(|avatar| avatar.url);
    summary.canonical_alias =
        content::<CanonicalAlias>(state, StateEventType::RoomCanonicalAlias).map(|canonical| canonical.alias);
    summary.room_type = content::<Create>(state, StateEventType::RoomCreate).map(|create| create.kind);
    summary.encryption =
        content::<Encryption>(state, StateEventType::RoomEncryption).map(|encryption| encryption.algorithm);
    summary.room_version = Some(room.version.clone());
    summary
}

fn join_rule(state: &StateMap) -> JoinRuleSummary {
    match content::<JoinRule>(state, StateEventType::RoomJoinRules) {
        Some(JoinRule::Public) => JoinRuleSummary::Public,
        Some(JoinRule::Knock) => JoinRuleSummary::Knock,
        Some(JoinRule::Private) => JoinRuleSummary::Private,
        Some(JoinRule::Restricted(rule)) => JoinRuleSummary::Restricted(rule.into()),
        Some(JoinRule::KnockRestricted(rule)) => JoinRuleSummary::KnockRestricted(rule.into()),
        // A rule of the future lets nobody in without an invitation, as far as we can know.
        Some(_) | None => JoinRuleSummary::Invite,
    }
}

/// A piece of state as far as it is what it should be.
fn content<T: DeserializeOwned>(state: &StateMap, kind: StateEventType) -> Option<T> {
    state.get(&(kind, String::new()))?.content_as()
}

impl PublicRooms {
    /// Whether `reader` (`None`: anybody) may know what the room says about itself: it is open to all, or its history
    /// is, or he is in it, invited to it or knocking at it, or in a room whose members may join it (MSC3266).
    pub(super) fn may_preview(&self, room: &Room, reader: Option<&UserId>) -> bool {
        let head = room.head();
        let open = matches!(
            join_rule(&head.state),
            JoinRuleSummary::Public | JoinRuleSummary::Knock | JoinRuleSummary::KnockRestricted(_)
        );
        if open || visibility::of_state(&head.state) == HistoryVisibility::WorldReadable {
            return true;
        }
        let Some(reader) = reader else { return false };
        let own = membership::of_user(&head.state, reader);
        if matches!(own, MembershipState::Join | MembershipState::Invite | MembershipState::Knock) {
            return true;
        }
        own != MembershipState::Ban
            && membership::restricted_rooms(&head.state)
                .iter()
                .any(|room_id| self.rooms.find(room_id).is_ok_and(|room| room.head().is_joined(reader)))
    }
}
