//! Who is in a room, how they came and went, and how restricted rooms let people in.

use ruma::{
    OwnedUserId, RoomId, RoomVersionId, ServerName, UserId,
    events::{StateEventType, TimelineEventType, room::member::MembershipState},
};
use serde::{Deserialize, de::IgnoredAny};
use serde_json::Value;

use crate::{
    pdu::{Pdu, StateMap, StateMapExt},
    power_levels::PowerLevels,
    room_versions::UnsupportedVersion,
};

/// What an `m.room.member` event says, read leniently: a profile field of the wrong type counts
/// as absent, because other servers let such events pass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The membership.
    pub membership: MembershipState,
    /// The display name in this room.
    pub display_name: Option<String>,
    /// The avatar in this room.
    pub avatar_url: Option<String>,
    /// Why.
    pub reason: Option<String>,
    /// The invitation is for a direct chat.
    pub is_direct: bool,
    /// The local user whose power let the member into a restricted room.
    pub join_authorized_by: Option<OwnedUserId>,
}

/// What a membership event did, in the words that people use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transition {
    /// Came in.
    Joined,
    /// Stayed in, with another name or picture.
    ProfileChanged,
    /// Went away.
    Left,
    /// Was put out.
    Kicked,
    /// Was asked in.
    Invited,
    /// Declined an invitation.
    InvitationDeclined,
    /// Lost an invitation.
    InvitationRevoked,
    /// Asked to come in.
    Knocked,
    /// Took that back.
    KnockRetracted,
    /// Was refused.
    KnockDenied,
    /// Was banned.
    Banned,
    /// Was unbanned.
    Unbanned,
    /// Nothing that anybody would notice.
    Unchanged,
}

/// Whether the join rules let a user in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JoinPermission {
    /// Joining needs nothing else: the room is public, or the user is invited or in it already.
    Open,
    /// The user is in a room of the allow list; the join must name this local user as the one
    /// who let them in, and be signed by this server.
    Through(OwnedUserId),
    /// The user is in a room of the allow list, but no local member may invite: another server
    /// that takes part in the room has to let them in.
    NeedsOtherServer,
    /// The user needs an invitation.
    InvitationNeeded,
    /// The user needs an invitation and may ask for one.
    MayKnock,
    /// The user is in none of the rooms whose members may come in, and has no invitation.
    NotInAllowedRoom,
    /// The user is banned.
    Banned,
}

#[derive(Deserialize)]
struct MemberContent {
    membership: MembershipState,
    #[serde(default)]
    displayname: Value,
    #[serde(default)]
    avatar_url: Value,
    #[serde(default)]
    reason: Value,
    #[serde(default)]
    is_direct: Value,
    #[serde(default)]
    join_authorised_via_users_server: Value,
}

/// Reads a membership event; `None` if it is none or has no membership.
#[must_use]
pub fn read(pdu: &Pdu) -> Option<Member> {
    if pdu.kind != TimelineEventType::RoomMember || pdu.state_key.is_none() {
        return None;
    }
    let content: MemberContent = pdu.content_as()?;
    let text = |value: Value| if let Value::String(text) = value { Some(text) } else { None };
    Some(Member {
        membership: content.membership,
        display_name: text(content.displayname),
        avatar_url: text(content.avatar_url),
        reason: text(content.reason),
        is_direct: content.is_direct == Value::Bool(true),
        join_authorized_by: text(content.join_authorised_via_users_server).and_then(|id| id.try_into().ok()),
    })
}

/// The user's membership in a state; those never heard of have left.
#[must_use]
pub fn of_user(state: &StateMap, user_id: &UserId) -> MembershipState {
    state.member(user_id).and_then(|event| read(event)).map_or(MembershipState::Leave, |member| member.membership)
}

/// Every user with one of these memberships, in order.
pub fn users_with<'a>(
    state: &'a StateMap,
    memberships: &'a [MembershipState],
) -> impl Iterator<Item = (OwnedUserId, Member)> + 'a {
    state
        .range((StateEventType::RoomMember, String::new())..)
        .take_while(|((kind, _), _)| *kind == StateEventType::RoomMember)
        .filter_map(|((_, state_key), event)| Some((OwnedUserId::try_from(state_key.as_str()).ok()?, read(event)?)))
        .filter(|(_, member)| memberships.contains(&member.membership))
}

/// What a membership event did, given the one it took the place of.
#[must_use]
pub fn transition(previous: Option<&Pdu>, event: &Pdu) -> Transition {
    use MembershipState::{Ban, Invite, Join, Knock, Leave};
    let Some(new) = read(event) else { return Transition::Unchanged };
    let old = previous.and_then(read);
    let was = old.as_ref().map_or(Leave, |old| old.membership.clone());
    let by_self = event.state_key.as_deref() == Some(event.sender.as_str());
    match (was, new.membership.clone()) {
        (Join, Join) => {
            let profile = |member: &Member| (member.display_name.clone(), member.avatar_url.clone());
            let changed = old.as_ref().map(profile) != Some(profile(&new));
            if changed { Transition::ProfileChanged } else { Transition::Unchanged }
        }
        (_, Join) => Transition::Joined,
        (Invite, Invite) | (Knock, Knock) | (Ban, Ban) | (Leave, Leave) => Transition::Unchanged,
        (_, Invite) => Transition::Invited,
        (_, Knock) => Transition::Knocked,
        (_, Ban) => Transition::Banned,
        (Ban, Leave) => Transition::Unbanned,
        (Join, Leave) => {
            if by_self {
                Transition::Left
            } else {
                Transition::Kicked
            }
        }
        (Invite, Leave) => {
            if by_self {
                Transition::InvitationDeclined
            } else {
                Transition::InvitationRevoked
            }
        }
        (Knock, Leave) => {
            if by_self {
                Transition::KnockRetracted
            } else {
                Transition::KnockDenied
            }
        }
        _ => Transition::Unchanged,
    }
}

#[derive(Deserialize)]
struct JoinRules {
    join_rule: String,
    #[serde(default)]
    allow: Vec<Value>,
}

#[derive(Deserialize)]
struct AllowRule {
    #[serde(rename = "type")]
    kind: String,
    room_id: ruma::OwnedRoomId,
}

/// Whether and how the join rules let `user_id` in. `is_joined_to` answers for rooms of the allow
/// list. Chooses an authorizing user of `server` if one is needed: the first by power, then name,
/// so that every try chooses the same.
pub fn join_permission(
    state: &StateMap,
    version: &RoomVersionId,
    user_id: &UserId,
    server: &ServerName,
    is_joined_to: &dyn Fn(&RoomId) -> bool,
) -> Result<JoinPermission, UnsupportedVersion> {
    match of_user(state, user_id) {
        MembershipState::Ban => return Ok(JoinPermission::Banned),
        MembershipState::Join | MembershipState::Invite => return Ok(JoinPermission::Open),
        _ => {}
    }
    let levels = PowerLevels::of(state, version)?;
    let rules = state.room_event(StateEventType::RoomJoinRules).and_then(|event| event.content_as::<JoinRules>());
    let Some(rules) = rules else { return Ok(JoinPermission::InvitationNeeded) };
    Ok(match rules.join_rule.as_str() {
        "public" => JoinPermission::Open,
        "knock" => JoinPermission::MayKnock,
        "restricted" | "knock_restricted" => {
            if allowed_rooms(&rules).any(|room_id| is_joined_to(&room_id)) {
                authorizing_user(state, &levels, server)
                    .map_or(JoinPermission::NeedsOtherServer, JoinPermission::Through)
            } else if rules.join_rule == "restricted" {
                JoinPermission::NotInAllowedRoom
            } else {
                JoinPermission::MayKnock
            }
        }
        _ => JoinPermission::InvitationNeeded,
    })
}

/// The rooms whose members may join by the room's restricted join rule.
#[must_use]
pub fn restricted_rooms(state: &StateMap) -> Vec<ruma::OwnedRoomId> {
    let rules = state.room_event(StateEventType::RoomJoinRules).and_then(|event| event.content_as::<JoinRules>());
    rules
        .filter(|rules| matches!(rules.join_rule.as_str(), "restricted" | "knock_restricted"))
        .map(|rules| allowed_rooms(&rules).collect())
        .unwrap_or_default()
}

fn allowed_rooms(rules: &JoinRules) -> impl Iterator<Item = ruma::OwnedRoomId> {
    rules.allow.iter().filter_map(|rule| {
        let rule = AllowRule::deserialize(rule).ok()?;
        (rule.kind == "m.room_membership").then_some(rule.room_id)
    })
}

fn authorizing_user(state: &StateMap, levels: &PowerLevels, server: &ServerName) -> Option<OwnedUserId> {
    users_with(state, &[MembershipState::Join])
        .map(|(user_id, _)| user_id)
        .filter(|user_id| user_id.server_name() == server && levels.can_invite(user_id))
        .max_by(|left, right| levels.user(left).cmp(&levels.user(right)).then_with(|| right.cmp(left)))
}

/// Whether the content of a third-party invitation is in a member event: such invitations are
/// exchanged through identity servers, which a closed site has none of.
#[must_use]
pub fn is_third_party_invite(pdu: &Pdu) -> bool {
    #[derive(Deserialize)]
    struct Content {
        #[serde(rename = "third_party_invite")]
        _third_party_invite: IgnoredAny,
    }
    pdu.content_as::<Content>().is_some()
}

#[cfg(test)]
mod tests;
