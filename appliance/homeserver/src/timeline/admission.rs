//! Letting people in, wherever the wish comes from (`/join`, a state event, a delayed one): who lets a user into a
//! restricted room is this server's word, which its signature stands for, and never the client's.

use ruma::{
    CanonicalJsonValue, OwnedUserId, RoomId, UserId,
    events::{TimelineEventType, room::member::MembershipState},
};
use serde_json::value::to_raw_value;
use veche_rooms::{
    BuildError, NewEvent, Pdu, canonical,
    membership::{self as rules, JoinPermission},
};

use super::{Draft, DraftError};

/// The member of a restricted room whose right to invite lets somebody in.
const AUTHORIZER: &str = "join_authorised_via_users_server";

impl Draft<'_> {
    /// A member event with the authorizer that this join needs, and with none where it needs none. Everything else is
    /// left as it came.
    pub(super) fn with_authorizer(&self, sender: &UserId, event: NewEvent) -> Result<NewEvent, DraftError> {
        if event.kind != TimelineEventType::RoomMember {
            return Ok(event);
        }
        let mut content = canonical::parse_object(event.content.get()).map_err(BuildError::from)?;
        let claimed = content.remove(AUTHORIZER).is_some();
        let is_join = matches!(content.get("membership"), Some(CanonicalJsonValue::String(now)) if now == "join");
        let is_own = event.state_key.as_deref() == Some(sender.as_str());
        let authorizer = if is_join && is_own { self.authorizer(sender) } else { None };
        if !claimed && authorizer.is_none() {
            return Ok(event);
        }
        if let Some(authorizer) = authorizer {
            content.insert(AUTHORIZER.to_owned(), CanonicalJsonValue::String(authorizer.to_string()));
        }
        let content = to_raw_value(&content).expect("canonical JSON always serializes");
        Ok(NewEvent { content, ..event })
    }

    /// Somebody of another server is not invited as long as this one federates with none: nobody could tell him. Nor is
    /// somebody who takes no invites (spec: "Invite permission"); an invite that crosses his choice is hidden from him.
    pub(super) fn check_invite(&self, pdu: &Pdu) -> Result<(), DraftError> {
        let is_invite = rules::read(pdu).is_some_and(|member| member.membership == MembershipState::Invite);
        let Some(user) = Self::member_of(pdu).filter(|_| is_invite) else { return Ok(()) };
        if !self.timeline.core.is_local(&user) {
            return Err(DraftError::NotFederated(user));
        }
        let choice = self.timeline.notify.account_data.invite_choice(&user)?;
        if choice.blocked { Err(DraftError::InviteBlocked(user)) } else { Ok(()) }
    }

    /// In a restricted room, the member by whose right to invite `user` may come in. `None` where no such right is
    /// needed or none is there: the room's rules then decide.
    fn authorizer(&self, user: &UserId) -> Option<OwnedUserId> {
        let timeline = self.timeline;
        let is_joined_to = |id: &RoomId| timeline.rooms.find(id).is_ok_and(|room| room.head().is_joined(user));
        let server = &timeline.core.server_name;
        match rules::join_permission(&self.head.state, self.version(), user, server, &is_joined_to) {
            Ok(JoinPermission::Through(authorizer)) => Some(authorizer),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests;
