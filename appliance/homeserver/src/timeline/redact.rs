//! What a redaction does to the event it names: the stored copy loses its content for good and says why.

use std::sync::Arc;

use ruma::{
    OwnedUserId,
    events::{TimelineEventType, room::member::MembershipState},
};
use veche_rooms::{Pdu, PowerLevels, membership, redaction};
use veche_store::{
    Error,
    records::rooms::{TimelineEntry, TimelineKey},
};

use super::{
    Draft,
    draft::{DraftError, Target},
    relate::LostRelation,
};

/// A row of the timeline as it will be once its event is redacted.
pub(super) struct Redaction {
    pub(super) key: TimelineKey,
    pub(super) entry: TimelineEntry,
    /// The event as that row has it.
    pub(super) pdu: Arc<Pdu>,
    pub(super) was_state: bool,
    /// What the redacted event related to, which it no longer does.
    pub(super) lost: Option<LostRelation>,
    /// Who may have been told of it: nobody needs to be any more.
    pub(super) audience: Vec<OwnedUserId>,
}

impl Draft<'_> {
    /// Prepares the effect of a redaction. An event that is not known here, or that the sender may not redact, stays
    /// as it is: the redaction itself is still sent (spec: "Handling redactions").
    pub(super) fn plan_redaction(&self, pdu: &Arc<Pdu>) -> Result<Option<Redaction>, DraftError> {
        if pdu.kind != TimelineEventType::RoomRedaction {
            return Ok(None);
        }
        let (Some(target), Target::Existing(locked)) = (redaction::redaction_target(pdu, self.version()), &self.target)
        else {
            return Ok(None);
        };
        let rooms = &self.timeline.rooms;
        let Some((order, entry)) = rooms.entry(&locked.room, &target)? else {
            return Ok(None);
        };
        let original = rooms.parse(&locked.room, order, &entry)?;
        let levels = PowerLevels::of(&self.head.state, &locked.room.version)
            .map_err(|error| DraftError::Invalid(error.to_string()))?;
        if !redaction::takes_effect(pdu, &original, &levels) {
            return Err(DraftError::Forbidden("you may not delete other people's messages in this room".to_owned()));
        }
        let redacted = redaction::redact(&original, pdu, &locked.room.version)
            .map_err(|error| Error::corrupt("TimelineKey", target.as_str(), &error.to_string()))?;
        let lost = LostRelation::plan(&self.timeline.core.store, locked.room.short, &original, entry.short)?;
        let entry = TimelineEntry { json: redacted.json.get().as_bytes().to_vec(), ..entry };
        let key = TimelineKey { room: locked.room.short, order };
        let (was_state, audience) = (original.state_key.is_some(), self.audience());
        Ok(Some(Redaction { key, entry, pdu: Arc::new(redacted), was_state, lost, audience }))
    }

    /// The users of this server who are told of what happens in the room.
    fn audience(&self) -> Vec<OwnedUserId> {
        let invited = membership::users_with(&self.head.state, &[MembershipState::Invite]).map(|(user, _)| user);
        let all = self.head.joined.iter().cloned().chain(invited);
        all.filter(|user| self.timeline.core.is_local(user)).collect()
    }
}
