//! Invites as `/sync` tells them. One that is hidden, because its user takes none (spec: "Invite permission") or ignores
//! who sent it, is not told; and a client that has it already is told that the room is none of its rooms any more, with
//! no event, because nothing has happened in the room. Once it is not hidden any more it is told again.

use ruma::events::room::member::MembershipState;
use serde_json::value::RawValue;
use veche_rooms::membership;
use veche_store::{Error, ShortRoomId, records::memberships::MembershipRecord};

use super::{
    Sync,
    collect::Reading,
    update::{InvitedUpdate, LeftUpdate, SyncUpdate},
};
use crate::rooms::order_of;

impl Sync {
    /// Adds what is news of a room to which the user is invited.
    pub(super) fn add_invite(
        &self,
        reading: &Reading<'_>,
        short: ShortRoomId,
        record: &MembershipRecord,
        update: &mut SyncUpdate,
    ) -> Result<(), Error> {
        let choice = reading.settled.invites;
        // He may have taken none before, or some.
        let has_chosen = reading.is_new(choice.position);
        let is_ignored = self.parts.account_data.ignored_users(&reading.request.user)?.contains(record.sender.as_str());
        if !choice.blocked && !is_ignored {
            if has_chosen || reading.is_new(record.position) {
                update.invited.extend(outside(record));
            }
            return Ok(());
        }
        // Who ignores somebody from now on begins anew (spec: "Ignoring users"): only his choice is told.
        let had_before = if reading.is_new(record.position) {
            self.had_another(reading, short, has_chosen || !choice.blocked)?
        } else {
            has_chosen && !is_ignored
        };
        if had_before && reading.since.is_some() {
            update.left.push(LeftUpdate::without_events(record.room_id.clone()));
        }
        Ok(())
    }

    /// Whether the client has the room from before the invite that is new now: as one that the user was in or knocked
    /// at, or, if that `could_show`, by an earlier invite.
    fn had_another(&self, reading: &Reading<'_>, short: ShortRoomId, could_show: bool) -> Result<bool, Error> {
        let Some(since) = reading.since else { return Ok(false) };
        let room = self.parts.rooms.find_short(short)?;
        let group = self.parts.timeline.state_group_at(&room, order_of(since))?;
        let state = self.parts.rooms.state(&room, group)?;
        Ok(match membership::of_user(&state, &reading.request.user) {
            MembershipState::Join | MembershipState::Knock => true,
            MembershipState::Invite => could_show,
            _ => false,
        })
    }
}

/// A room as one sees it who is invited or knocks.
pub(super) fn outside(record: &MembershipRecord) -> Option<InvitedUpdate> {
    let state = record.stripped_state.as_ref().map_or(&b"[]"[..], |json| &json.0);
    let state: Box<RawValue> = serde_json::from_slice(state).ok()?;
    Some(InvitedUpdate { room_id: record.room_id.clone(), state })
}

#[cfg(test)]
mod tests;
