//! A draft: one or more events of one room, built and authorized in memory, then committed together.
//!
//! Each event sees the state that the ones before it in the draft made, so that creating a room or upgrading one is a
//! single commit: it happens whole or not at all.

use std::sync::Arc;

use ruma::{
    OwnedDeviceId, OwnedEventId, OwnedRoomId, OwnedUserId, RoomVersionId, UserId,
    events::{StateEventType, TimelineEventType, room::member::MembershipState},
};
use veche_base::limits::{DEPTH_MAX, PREV_EVENTS_MAX, ROOMS_PER_USER_MAX};
use veche_rooms::{AuthError, BuildContext, BuildError, NewEvent, Pdu, StateMap, authorize, build, membership};
use veche_store::{
    Error, ShortRoomId, ShortStateHash, Txn,
    records::memberships::{Membership, UserRoomKey},
};

use super::{Timeline, redact::Redaction, send::TransactionId};
use crate::{
    membership::is_inside,
    notify::PushRow,
    rooms::{Head, LockedRoom},
};

/// Why an event could not be added to a room.
#[derive(Debug, thiserror::Error)]
pub enum DraftError {
    /// The rules of the room say no; the text says which one.
    #[error("{0}")]
    Forbidden(String),
    /// The event is not a valid one.
    #[error("{0}")]
    Invalid(String),
    /// The event is larger than an event may be.
    #[error("the event is larger than 65,535 bytes")]
    TooLarge,
    /// The event invites somebody of another server, and this one federates with none.
    #[error("{0} belongs to another server, with which this one does not federate")]
    NotFederated(OwnedUserId),
    /// The event invites somebody who takes no invites.
    #[error("{0} does not accept invites")]
    InviteBlocked(OwnedUserId),
    /// Somebody whom the event lets in has as many rooms as one may have.
    #[error("nobody may be in more than {ROOMS_PER_USER_MAX} rooms")]
    TooManyRooms,
    /// A name that the draft would take is taken.
    #[error("this address is taken")]
    Taken,
    /// The store failed or refused.
    #[error(transparent)]
    Internal(#[from] Error),
}

impl From<AuthError> for DraftError {
    fn from(error: AuthError) -> Self {
        Self::Forbidden(error.to_string())
    }
}

impl From<BuildError> for DraftError {
    fn from(error: BuildError) -> Self {
        match error {
            BuildError::TooLarge => Self::TooLarge,
            other => Self::Invalid(other.to_string()),
        }
    }
}

/// The state group an event stands on, which may be one that the draft itself makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum GroupRef {
    /// On disk (or the empty state, 0).
    Stored(ShortStateHash),
    /// Made by the staged event with this index.
    Staged(usize),
}

/// One event of a draft.
pub(super) struct Staged {
    pub(super) pdu: Arc<Pdu>,
    pub(super) before: GroupRef,
    pub(super) after: GroupRef,
    /// Layers under `after` when the event made a group.
    pub(super) hops: u8,
    /// The state after this event, kept for the caches and for writing a complete layer.
    pub(super) state: Arc<StateMap>,
    pub(super) stripped: Option<Vec<u8>>,
    pub(super) redaction: Option<Redaction>,
    pub(super) push: Vec<PushRow>,
    pub(super) transaction: Option<TransactionId>,
    /// The device that scheduled the event, and the id under which it did.
    pub(super) delay: Option<(OwnedDeviceId, String)>,
}

/// Where a draft's events go.
pub(super) enum Target {
    /// A room that exists, with the right to append to it.
    Existing(LockedRoom),
    /// A room that the first event creates.
    New(RoomVersionId),
}

/// A write that goes to disk with a draft's events.
pub(super) type Extra = Box<dyn FnOnce(&mut Txn, ShortRoomId) -> Result<(), DraftError> + Send>;

/// Events being prepared for one commit.
pub struct Draft<'a> {
    pub(super) timeline: &'a Timeline,
    pub(super) target: Target,
    pub(super) room_id: Option<OwnedRoomId>,
    pub(super) head: Head,
    pub(super) group: GroupRef,
    pub(super) staged: Vec<Staged>,
    pub(super) extras: Vec<Extra>,
    now_ms: u64,
    sticky_ms: Option<u64>,
}

impl Timeline {
    /// A draft of events for a room whose lock is held.
    pub fn draft(&self, locked: LockedRoom) -> Draft<'_> {
        let head = (*locked.room.head()).clone();
        Draft {
            timeline: self,
            room_id: Some(locked.room.id.clone()),
            group: GroupRef::Stored(head.group),
            target: Target::Existing(locked),
            head,
            staged: Vec::new(),
            extras: Vec::new(),
            now_ms: self.core.clock.wall_ms(),
            sticky_ms: None,
        }
    }

    /// A draft of a new room; its first event must be `m.room.create`.
    pub fn draft_room(&self, version: RoomVersionId, room_id: Option<OwnedRoomId>) -> Draft<'_> {
        Draft {
            timeline: self,
            target: Target::New(version),
            room_id,
            head: Head::empty(),
            group: GroupRef::Stored(ShortStateHash(0)),
            staged: Vec::new(),
            extras: Vec::new(),
            now_ms: self.core.clock.wall_ms(),
            sticky_ms: None,
        }
    }
}

impl Draft<'_> {
    /// The room version whose rules apply.
    pub fn version(&self) -> &RoomVersionId {
        match &self.target {
            Target::Existing(locked) => &locked.room.version,
            Target::New(version) => version,
        }
    }

    /// The state as the draft has made it so far.
    pub fn state(&self) -> &Arc<StateMap> {
        &self.head.state
    }

    /// The head as the draft has made it so far.
    pub fn head(&self) -> &Head {
        &self.head
    }

    /// The room's id; known from the first event on.
    pub fn room_id(&self) -> Option<&OwnedRoomId> {
        self.room_id.as_ref()
    }

    /// Lets the next events carry this origin time instead of the clock's (application services and imports only).
    pub fn at(&mut self, now_ms: u64) -> &mut Self {
        self.now_ms = now_ms;
        self
    }

    /// Lets the next messages stick for so long (MSC4354).
    pub(super) fn stick(&mut self, sticky_ms: Option<u64>) -> &mut Self {
        self.sticky_ms = sticky_ms;
        self
    }

    /// Adds a write that happens in the same commit, after the events'.
    pub fn also(
        &mut self,
        write: impl FnOnce(&mut Txn, ShortRoomId) -> Result<(), DraftError> + Send + 'static,
    ) -> &mut Self {
        self.extras.push(Box::new(write));
        self
    }

    /// Builds, signs and authorizes one more event by `sender`.
    pub fn push(&mut self, sender: &UserId, event: NewEvent) -> Result<Arc<Pdu>, DraftError> {
        self.push_sent(sender, event, None)
    }

    /// As [`Draft::push`], remembering the transaction it answers.
    pub(super) fn push_sent(
        &mut self,
        sender: &UserId,
        event: NewEvent,
        transaction: Option<TransactionId>,
    ) -> Result<Arc<Pdu>, DraftError> {
        let event = self.with_authorizer(sender, event)?;
        let version = self.version().clone();
        let context = BuildContext {
            room_id: self.room_id.as_deref(),
            version: &version,
            sender,
            now_ms: self.now_ms,
            prev_events: self.head.extremities.iter().take(PREV_EVENTS_MAX).cloned().collect(),
            // Another server's event may stand as deep as an event can.
            depth: (self.head.depth + 1).min(DEPTH_MAX),
            state: &self.head.state,
            sticky_ms: self.sticky_ms.filter(|_| event.state_key.is_none()),
        };
        let pdu = Arc::new(build(event, context, &self.timeline.core.keys)?);
        authorize(&pdu, &self.head.state, &version)?;
        self.check_open(&pdu)?;
        self.check_invite(&pdu)?;
        self.check_newcomer(&pdu)?;
        let redaction = self.plan_redaction(&pdu)?;
        let push = self.timeline.notify.plan(&pdu, &self.head, &version)?;
        let before = self.group;
        self.room_id.get_or_insert_with(|| pdu.room_id.clone());
        self.keep_settings(&pdu)?;
        self.advance(&pdu);
        let stripped = self.stripped_for(&pdu);
        self.staged.push(Staged {
            before,
            after: self.group,
            hops: self.head.hops,
            state: Arc::clone(&self.head.state),
            stripped,
            redaction,
            push,
            transaction,
            delay: None,
            pdu: Arc::clone(&pdu),
        });
        Ok(pdu)
    }

    /// A user of this server who gets a place in the room that he had not must not have too many of them.
    fn check_newcomer(&self, pdu: &Pdu) -> Result<(), DraftError> {
        let core = &self.timeline.core;
        let Some(user) = Self::member_of(pdu).filter(|user| core.is_local(user)) else { return Ok(()) };
        let is_place = |state: &MembershipState| Membership::from_state(state).is_some_and(is_inside);
        let gets_one = membership::read(pdu).is_some_and(|member| is_place(&member.membership));
        if !gets_one || is_place(&self.head.membership(&user)) {
            return Ok(());
        }
        let mut places = 0;
        for row in core.store.scan::<UserRoomKey>((&user,)) {
            places += usize::from(is_inside(row?.1.membership));
        }
        if places < ROOMS_PER_USER_MAX { Ok(()) } else { Err(DraftError::TooManyRooms) }
    }

    /// A closed room takes nothing any more but that people leave it.
    fn check_open(&self, pdu: &Pdu) -> Result<(), DraftError> {
        let leaves = || membership::read(pdu).is_some_and(|member| member.membership == MembershipState::Leave);
        if self.timeline.core.directory.is_room_closed(&pdu.room_id) && !leaves() {
            return Err(DraftError::Forbidden("an administrator has closed this room".to_owned()));
        }
        Ok(())
    }

    /// Says under which id the last event pushed was scheduled.
    pub(super) fn mark_delayed(&mut self, device: OwnedDeviceId, delay_id: String) {
        if let Some(last) = self.staged.last_mut() {
            last.delay = Some((device, delay_id));
        }
    }

    /// The id of an event pushed so far.
    pub fn last_event_id(&self) -> Option<&OwnedEventId> {
        self.staged.last().map(|staged| &staged.pdu.event_id)
    }

    fn advance(&mut self, pdu: &Arc<Pdu>) {
        // What one event cannot name stays for the next one.
        self.head.extremities.retain(|event_id| !pdu.prev_events.contains(event_id));
        self.head.extremities.push(pdu.event_id.clone());
        self.head.depth = pdu.depth;
        let Some(state_key) = pdu.state_key.clone() else { return };
        let mut state = (*self.head.state).clone();
        state.insert((StateEventType::from(pdu.kind.to_string()), state_key), Arc::clone(pdu));
        self.head.state = Arc::new(state);
        self.group = GroupRef::Staged(self.staged.len());
        self.head.hops = if self.head.hops >= crate::rooms::LAYERS_MAX || self.staged.is_empty() && self.is_new() {
            0
        } else {
            self.head.hops + 1
        };
        if pdu.kind == TimelineEventType::RoomMember {
            self.head.recount_joined();
        }
    }

    fn is_new(&self) -> bool {
        matches!(self.target, Target::New(_))
    }

    /// What an invited or knocking user may see of the room before being in it (spec: "stripped state").
    fn stripped_for(&self, pdu: &Pdu) -> Option<Vec<u8>> {
        if pdu.kind != TimelineEventType::RoomMember {
            return None;
        }
        let membership = membership::read(pdu)?.membership;
        matches!(membership, MembershipState::Invite | MembershipState::Knock)
            .then(|| crate::membership::stripped_state(&self.head.state, Some(pdu)))
    }

    /// The staged member events: who, and the event.
    pub(super) fn member_of(pdu: &Pdu) -> Option<OwnedUserId> {
        (pdu.kind == TimelineEventType::RoomMember)
            .then(|| pdu.state_key.as_deref().and_then(|key| OwnedUserId::try_from(key).ok()))
            .flatten()
    }
}
