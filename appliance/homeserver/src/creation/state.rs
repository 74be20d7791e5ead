//! Setting a room's state, with the checks that are not part of the event authorization rules.

use ruma::{
    OwnedRoomAliasId, RoomId, UserId,
    events::{TimelineEventType, room::member::MembershipState},
};
use serde::Deserialize;
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
    /// The event could not be sent.
    #[error(transparent)]
    Send(#[from] SendError),
}

impl From<Error> for SetStateError {
    fn from(error: Error) -> Self {
        Self::Send(error.into())
    }
}

#[derive(Deserialize)]
struct CanonicalAlias {
    #[serde(default)]
    alias: Option<String>,
    #[serde(default)]
    alt_aliases: Vec<String>,
}

#[derive(Deserialize)]
struct Member {
    membership: MembershipState,
}

impl Creation {
    /// Sets a piece of state as `sender`. Addresses must belong to the room; a member event joins as `/join` does.
    pub async fn send_state(&self, room_id: &RoomId, sender: &UserId, event: NewEvent) -> Result<Sent, SetStateError> {
        self.check_state(room_id, sender, &event)?;
        Ok(self.timeline.send_state(room_id, sender, event).await?)
    }

    /// What must hold of a piece of state beyond the authorization rules.
    pub(crate) fn check_state(&self, room_id: &RoomId, sender: &UserId, event: &NewEvent) -> Result<(), SetStateError> {
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

    /// Addresses that the event adds must point to this room (spec: `M_BAD_ALIAS`).
    fn check_aliases(&self, room_id: &RoomId, event: &NewEvent) -> Result<(), SetStateError> {
        let content: CanonicalAlias = serde_json::from_str(event.content.get())
            .map_err(|_| SendError::Invalid("the addresses are malformed".to_owned()))?;
        for alias in content.alias.iter().filter(|alias| !alias.is_empty()).chain(&content.alt_aliases) {
            let bad = || SetStateError::BadAlias(alias.clone());
            let parsed = OwnedRoomAliasId::try_from(alias.as_str())
                .map_err(|_| SendError::Invalid(format!("{alias} is not a room address")))?;
            let target = self.alias_target(&parsed)?.ok_or_else(bad)?;
            if target != room_id {
                return Err(bad());
            }
        }
        Ok(())
    }
}
