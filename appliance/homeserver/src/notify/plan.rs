//! Whom an event notifies, and how loudly.

use std::sync::Arc;

use ruma::{
    EventId, OwnedEventId, OwnedUserId, RoomVersionId, UserId, events::room::member::MembershipState, push::Action,
};
use serde_json::Value;
use veche_rooms::{
    Pdu, PowerLevels, membership,
    push::{PushContext, PushEvent, PushOutcome},
    relations,
};
use veche_store::Error;

use super::Notify;
use crate::rooms::Head;

/// One user's notification of one event, stored beside the event.
pub struct PushRow {
    /// Whom it is for.
    pub user: OwnedUserId,
    /// Counts as a notification.
    pub notify: bool,
    /// Counts as a highlight (a mention).
    pub highlight: bool,
    /// The thread it belongs to, if any.
    pub thread: Option<OwnedEventId>,
}

/// What one user's rules say of one event.
pub(super) struct Judgment {
    pub(super) actions: Vec<Action>,
    pub(super) tweaks: Vec<(String, Value)>,
}

/// One event before the rules of the members of its room.
struct Judge<'a> {
    notify: &'a Notify,
    pdu: &'a Pdu,
    head: &'a Head,
    event: PushEvent<'a>,
    power_levels: PowerLevels,
}

impl Notify {
    /// Whom the event notifies, judged by the room as it was before it: the members of this server, and an invited
    /// user of this server.
    pub(crate) fn plan(&self, pdu: &Pdu, head: &Head, version: &RoomVersionId) -> Result<Vec<PushRow>, Error> {
        let invited = invited_by(pdu);
        let users: Vec<&UserId> = head
            .joined
            .iter()
            .map(AsRef::as_ref)
            .chain(invited.as_deref())
            .filter(|user| *user != pdu.sender && self.core.is_local(user))
            .collect();
        if users.is_empty() {
            return Ok(Vec::new());
        }
        let Some(judge) = Judge::new(self, pdu, head, version) else { return Ok(Vec::new()) };
        let thread = self.thread_of(pdu);
        let mut rows = Vec::new();
        for user in users {
            if self.account_data.ignored_users(user)?.contains(pdu.sender.as_str()) {
                continue;
            }
            let (notify, highlight) = judge.of(user, |outcome| (outcome.notify, outcome.highlight))?;
            if notify || highlight {
                rows.push(PushRow { user: user.to_owned(), notify, highlight, thread: thread.clone() });
            }
        }
        Ok(rows)
    }

    /// What the user's rules of now say of an event.
    pub(super) fn judge(
        &self,
        pdu: &Pdu,
        head: &Head,
        version: &RoomVersionId,
        user: &UserId,
    ) -> Result<Judgment, Error> {
        let Some(judge) = Judge::new(self, pdu, head, version) else {
            return Ok(Judgment { actions: Vec::new(), tweaks: Vec::new() });
        };
        judge.of(user, |outcome| Judgment {
            actions: outcome.actions.to_vec(),
            tweaks: outcome.tweaks().into_iter().collect(),
        })
    }

    /// The actions that the user's rules of now have for an event, for the list of notifications.
    pub(crate) fn actions(
        &self,
        pdu: &Pdu,
        head: &Head,
        version: &RoomVersionId,
        user: &UserId,
    ) -> Result<Vec<Action>, Error> {
        Ok(self.judge(pdu, head, version, user)?.actions)
    }

    /// The thread that an event counts in; `None` for the main timeline.
    pub(crate) fn thread_of(&self, pdu: &Pdu) -> Option<OwnedEventId> {
        let room = self.rooms.find(&pdu.room_id).ok();
        let lookup =
            |event_id: &EventId| room.as_ref().and_then(|room| self.rooms.event(room, event_id).ok().flatten());
        relations::thread_of(pdu, &lookup)
    }
}

impl<'a> Judge<'a> {
    fn new(notify: &'a Notify, pdu: &'a Pdu, head: &'a Head, version: &RoomVersionId) -> Option<Self> {
        // A room of a version without rules has no events to judge either.
        let power_levels = PowerLevels::of(&head.state, version).ok()?;
        Some(Self { notify, pdu, head, event: PushEvent::new(pdu), power_levels })
    }

    fn of<T>(&self, user: &UserId, read: impl FnOnce(PushOutcome<'_>) -> T) -> Result<T, Error> {
        let rules = self.notify.account_data.push_rules(user)?;
        let name = if rules.look_for_name { self.name_of(user) } else { None };
        let context = PushContext {
            user_id: user,
            display_name: name.as_deref().unwrap_or_else(|| user.localpart()),
            member_count: self.head.joined.len() as u64,
            power_levels: &self.power_levels,
        };
        debug_assert_ne!(user, self.pdu.sender, "nobody is told of his own events");
        Ok(read(self.event.evaluate(&rules.rules, &context)))
    }

    fn name_of(&self, user: &UserId) -> Option<String> {
        let event: &Arc<Pdu> = self.head.state_event(&ruma::events::StateEventType::RoomMember, user.as_str())?;
        membership::read(event)?.display_name
    }
}

/// The user whom an event invites.
fn invited_by(pdu: &Pdu) -> Option<OwnedUserId> {
    let member = membership::read(pdu)?;
    (member.membership == MembershipState::Invite).then(|| pdu.state_key.as_deref()?.try_into().ok()).flatten()
}
