//! Setting a room's state, with the checks that are not part of the event authorization rules.

use std::collections::BTreeSet;

use ruma::{
    OwnedRoomAliasId, RoomId, UserId,
    events::{StateEventType, TimelineEventType, room::member::MembershipState},
};
use serde::Deserialize;
use serde_json::{Map, Value};
use veche_rooms::NewEvent;
use veche_store::Error;

use super::Creation;
use crate::timeline::{SendError, Sent};

/// Why a piece of state was not set.
#[derive(Debug, thiserror::Error)]
pub enum SetStateError {
    /// An address in `m.room.canonical_alias` does not belong to the room.
    #[error("{0} is not an address of this room")]
    BadAlias(String),
    /// Something in `m.room.canonical_alias` is not an address.
    #[error("{0} is not a room address")]
    MalformedAlias(String),
    /// A room is created once.
    #[error("the room has been created already")]
    CreatedAlready,
    /// The event could not be sent.
    #[error(transparent)]
    Send(#[from] SendError),
}

impl From<Error> for SetStateError {
    fn from(error: Error) -> Self {
        Self::Send(error.into())
    }
}

/// The addresses in the content of an `m.room.canonical_alias`. What is no text comes as the JSON that it is.
fn addresses(content: &Map<String, Value>) -> BTreeSet<String> {
    let alias = content.get("alias").filter(|alias| !alias.is_null() && *alias != "");
    let others = content.get("alt_aliases").filter(|others| !others.is_null());
    let others: &[Value] = match others {
        Some(Value::Array(others)) => others,
        Some(other) => std::slice::from_ref(other),
        None => &[],
    };
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
    alias.into_iter().chain(others).map(text).collect()
}

#[derive(Deserialize)]
struct Member {
    membership: MembershipState,
}

impl Creation {
    /// Sets a piece of state as `sender`. Addresses must belong to the room; a join is judged as that of `/join` is.
    pub async fn send_state(&self, room_id: &RoomId, sender: &UserId, event: NewEvent) -> Result<Sent, SetStateError> {
        self.check_state(room_id, sender, &event)?;
        Ok(self.timeline.send_state(room_id, sender, event).await?)
    }

    /// What must hold of a piece of state beyond the authorization rules.
    pub(crate) fn check_state(&self, room_id: &RoomId, sender: &UserId, event: &NewEvent) -> Result<(), SetStateError> {
        if event.kind == TimelineEventType::RoomCreate {
            return Err(SetStateError::CreatedAlready);
        }
        if event.kind == TimelineEventType::RoomCanonicalAlias {
            self.check_aliases(room_id, event)?;
        }
        if event.kind == TimelineEventType::RoomMember {
            let member: Member = serde_json::from_str(event.content.get())
                .map_err(|_| SendError::Invalid("a member event needs a membership".to_owned()))?;
            if member.membership == MembershipState::Knock && event.state_key.as_deref() != Some(sender.as_str()) {
                return Err(SendError::Forbidden("nobody can knock for another person".to_owned()).into());
            }
        }
        Ok(())
    }

    /// Addresses that the event adds must be addresses and point to this room (spec: `PUT` of
    /// `m.room.canonical_alias`); those that the current one has may have lost their room since.
    fn check_aliases(&self, room_id: &RoomId, event: &NewEvent) -> Result<(), SetStateError> {
        let content: Map<String, Value> = serde_json::from_str(event.content.get())
            .map_err(|_| SendError::Invalid("the content must be an object".to_owned()))?;
        let room = self.rooms.find(room_id).map_err(SendError::from)?;
        let current = room.head().state_event(&StateEventType::RoomCanonicalAlias, "").cloned();
        let current = current.and_then(|current| current.content_as()).map(|content| addresses(&content));
        for alias in addresses(&content).difference(&current.unwrap_or_default()) {
            let malformed = |_| SetStateError::MalformedAlias(alias.clone());
            let parsed = OwnedRoomAliasId::try_from(alias.as_str()).map_err(malformed)?;
            if self.alias_target(&parsed)?.is_none_or(|target| target != room_id) {
                return Err(SetStateError::BadAlias(alias.clone()));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
