//! What a guest may do of that which an endpoint lets guests do at all: with whom, and to what of his room's state.

use std::collections::BTreeSet;
use std::sync::Arc;

use ruma::{OwnedUserId, events::TimelineEventType};

use crate::{access::Requester, app::App, error::ApiError};

/// By what somebody says that he is in the room's call; the one piece of state that guests set.
const CALL_MEMBER: &str = "org.matrix.msc3401.call.member";

/// Those with whom a guest has to do: the people of his room. `None` of everybody else, who may write to anybody.
pub(super) fn company(app: &App, who: &Requester) -> Option<Arc<BTreeSet<OwnedUserId>>> {
    let room = app.homeserver.parts.rooms.find(who.guest.as_ref()?);
    // Whose room is not there any more has to do with nobody.
    Some(room.map(|room| Arc::clone(&room.head().joined)).unwrap_or_default())
}

/// Refuses a guest to set other state of his room, whatever the room allows its members.
pub(super) fn check_state(who: &Requester, kind: &TimelineEventType) -> Result<(), ApiError> {
    let may = who.guest.is_none() || kind.to_string() == CALL_MEMBER;
    if may { Ok(()) } else { Err(ApiError::guest()) }
}
