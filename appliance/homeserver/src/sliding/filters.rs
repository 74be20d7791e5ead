//! Which rooms are in a list.

use std::collections::BTreeSet;

use ruma::{
    OwnedRoomId,
    directory::RoomTypeFilter,
    events::{StateEventType, room::member::MembershipState},
};
use serde_json::Value;
use veche_rooms::membership;
use veche_store::{Error, records::memberships::Membership};

use super::{ListFilters, Sliding, lists::Candidate, poll::Reading};
use crate::rooms::{FindRoomError, order_of};

/// Filters with what must be read once for all rooms.
pub(super) struct Sieve<'a> {
    filters: &'a ListFilters,
    /// Children of the spaces that are asked for.
    children: Option<BTreeSet<String>>,
    name_like: Option<String>,
}

impl Sliding {
    /// Makes filters ready to be asked about rooms.
    pub(super) fn sieve<'a>(&self, reading: &Reading<'_>, filters: &'a ListFilters) -> Result<Sieve<'a>, Error> {
        let children = match &filters.spaces {
            None => None,
            Some(spaces) => {
                let mut children = BTreeSet::new();
                for space in spaces.iter().collect::<BTreeSet<_>>() {
                    self.add_children(reading, space, &mut children)?;
                }
                Some(children)
            }
        };
        let name_like = filters.room_name_like.as_ref().map(|name| name.to_lowercase());
        Ok(Sieve { filters, children, name_like })
    }

    /// Adds the children of a space that the user is in; others are ignored.
    fn add_children(
        &self,
        reading: &Reading<'_>,
        space: &OwnedRoomId,
        children: &mut BTreeSet<String>,
    ) -> Result<(), Error> {
        let room = match self.parts.rooms.find(space) {
            Ok(room) => room,
            Err(FindRoomError::Unknown) => return Ok(()),
            Err(FindRoomError::Internal(error)) => return Err(error),
        };
        let group = self.parts.timeline.state_group_at(&room, order_of(reading.upto))?;
        let state = self.parts.rooms.state(&room, group)?;
        if membership::of_user(&state, &reading.request.user) != MembershipState::Join {
            return Ok(());
        }
        for ((_, child), pdu) in state.iter().filter(|((kind, _), _)| *kind == StateEventType::SpaceChild) {
            // Without servers to go through it is no child (any more).
            let content: Value = serde_json::from_str(pdu.content.get()).unwrap_or_default();
            if content.get("via").and_then(Value::as_array).is_some_and(|via| !via.is_empty()) {
                children.insert(child.clone());
            }
        }
        Ok(())
    }

    /// Whether a room is in the list.
    pub(super) fn passes(
        &self,
        reading: &Reading<'_>,
        sieve: &Sieve<'_>,
        candidate: &Candidate<'_>,
    ) -> Result<bool, Error> {
        let filters = sieve.filters;
        let is = |wanted: Option<bool>, is: bool| wanted.is_none_or(|wanted| wanted == is);
        let of_type =
            |types: &Vec<RoomTypeFilter>| types.iter().any(|kind| kind.as_str() == candidate.kind.room_type.as_deref());
        let named =
            |wanted: &String| candidate.kind.name.as_ref().is_some_and(|name| name.to_lowercase().contains(wanted));
        let room_id = &candidate.record.room_id;
        if !is(filters.is_dm, reading.is_dm(room_id))
            || !is(filters.is_encrypted, candidate.kind.encrypted)
            || !is(filters.is_invited, candidate.record.membership == Membership::Invite)
            || !filters.room_types.as_ref().is_none_or(of_type)
            || filters.not_room_types.as_ref().is_some_and(of_type)
            || !sieve.children.as_ref().is_none_or(|children| children.contains(room_id.as_str()))
            || !sieve.name_like.as_ref().is_none_or(named)
        {
            return Ok(false);
        }
        if filters.tags.is_none() && filters.not_tags.is_none() {
            return Ok(true);
        }
        let given = self.parts.account_data.tags(&reading.request.user, candidate.short)?;
        let has = |tags: &Vec<String>| tags.iter().any(|tag| given.contains_key(tag));
        Ok(filters.tags.as_ref().is_none_or(has) && !filters.not_tags.as_ref().is_some_and(has))
    }
}
