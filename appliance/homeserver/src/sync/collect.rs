//! The long poll: register, read, wait if there was nothing, read again.

use std::{sync::Arc, time::Duration};

use ruma::{OwnedDeviceId, OwnedUserId, RoomId, UserId, api::client::filter::FilterDefinition};
use veche_base::limits::{SYNC_WAIT_SECS_MAX, TO_DEVICE_PAGE_MAX};
use veche_store::{
    Error, StreamPosition,
    records::memberships::{Membership, MembershipRecord},
};

use super::{Sync, SyncToken, SyncUpdate, update::InvitedUpdate};
use crate::{Parts, core::Core, filter, membership::RoomMembership};

/// A long poll waits at most this long, whatever the client asks for.
const WAIT_MAX: Duration = Duration::from_secs(SYNC_WAIT_SECS_MAX);

/// What comes within this time after a wake-up is told together.
pub(crate) const COALESCE: Duration = Duration::from_millis(15);

/// Why a sync was not answered.
#[derive(Debug, thiserror::Error)]
pub enum SyncError {
    /// `since` is not a token of ours.
    #[error("{0}")]
    BadToken(#[from] super::TokenError),
    /// The store failed.
    #[error(transparent)]
    Internal(#[from] Error),
}

/// One device's question.
pub struct SyncRequest {
    /// The user.
    pub user: OwnedUserId,
    /// The device.
    pub device: OwnedDeviceId,
    /// The token of the last answer.
    pub since: Option<SyncToken>,
    /// What to leave out.
    pub filter: FilterDefinition,
    /// All state of every room, even if the client has it.
    pub full_state: bool,
    /// State at the end of the timeline instead of before it (MSC4222).
    pub state_after: bool,
    /// How long to wait for something new.
    pub timeout: Duration,
}

/// A request with its bounds fixed.
pub(super) struct Reading<'a> {
    pub(super) request: &'a SyncRequest,
    /// Everything up to here is known to the client.
    pub(super) since: Option<StreamPosition>,
    /// Nothing beyond this is told now.
    pub(super) upto: StreamPosition,
}

impl Sync {
    /// Answers with what changed since the request's token, waiting for a change if there is none yet. Ends without news
    /// when newer requests of the same device make it one too many.
    pub async fn poll(&self, request: &SyncRequest) -> Result<(SyncUpdate, SyncToken), SyncError> {
        let open = self.polls.open((request.user.clone(), request.device.clone()));
        let mut ended = false;
        let since = self.known_position(request.since);
        if let Some(since) = since {
            let received = request.since.and_then(|token| token.messages).unwrap_or(since).min(since);
            self.parts.e2ee.acknowledge(&request.user, &request.device, received).await?;
        }
        // Register first, read second: what commits in between is read or wakes.
        let mut waiter = self.watch.register(&request.user);
        let wait = tokio::time::sleep(request.timeout.min(WAIT_MAX));
        tokio::pin!(wait);
        loop {
            let (memberships, upto) = self.settled(&request.user).await?;
            let update = self.collect(&Reading { request, since, upto }, &memberships)?;
            let expired = ended || wait.is_elapsed() || request.timeout.is_zero();
            if since.is_none() || request.full_state || !update.is_empty() || expired {
                let token = SyncToken { messages: update.device.to_device_upto, ..self.token(upto) };
                return Ok((update, token));
            }
            tokio::select! {
                () = waiter.changed() => {}
                () = open.ended() => ended = true,
                () = &mut wait => {}
            }
            // A burst becomes one answer. And whoever sent what woke us has been answered by then: matrix-js-sdk takes
            // a message of its own in a thread for failed when it comes by sync first.
            tokio::time::sleep(COALESCE).await;
        }
    }

    /// A user's memberships and a position that fit together: the list holds every change up to the position and none
    /// after it. Otherwise a room could be passed over whose member event lies just beyond the answer's end.
    pub async fn settled(&self, user: &UserId) -> Result<(Arc<RoomMembership>, StreamPosition), Error> {
        settled(&self.core, &self.parts, user).await
    }

    /// The token of a position.
    pub fn token(&self, position: StreamPosition) -> SyncToken {
        SyncToken { epoch: self.core.store.epoch(), order: crate::rooms::order_of(position), messages: None }
    }

    /// The token of an order in a timeline.
    pub fn token_at(&self, order: i64) -> SyncToken {
        SyncToken { epoch: self.core.store.epoch(), order, messages: None }
    }

    /// A token of another epoch, or of a future this server does not have, means that the client must start over.
    fn known_position(&self, token: Option<SyncToken>) -> Option<StreamPosition> {
        token
            .filter(|token| token.epoch == self.core.store.epoch())
            .map(|token| token.position())
            .filter(|position| *position <= self.core.store.position())
    }

    /// Everything that changed in the reading's bounds.
    fn collect(&self, reading: &Reading<'_>, memberships: &RoomMembership) -> Result<SyncUpdate, Error> {
        let mut update = SyncUpdate::default();
        let user = &reading.request.user;
        for (short, record) in memberships {
            if !Self::wants_room(reading, &record.room_id) {
                continue;
            }
            match record.membership {
                Membership::Join => {
                    update.joined.extend(self.joined_room(reading, *short, record)?);
                }
                Membership::Invite if reading.is_new(record.position) => {
                    update.invited.extend(self.outside_view(reading, record)?);
                }
                Membership::Knock if reading.is_new(record.position) => {
                    update.knocked.extend(outside(record));
                }
                Membership::Leave | Membership::Ban if reading.is_new(record.position) => {
                    update.left.extend(self.left_room(reading, *short, record)?);
                }
                _ => {}
            }
        }
        if reading.since.is_some() {
            for (short, record) in self.parts.user_rooms.forgotten(user)?.iter() {
                // Left on one device and forgotten before the others heard of it.
                if reading.is_new(record.position) && Self::wants_room(reading, &record.room_id) {
                    update.left.extend(self.left_room(reading, *short, record)?);
                }
            }
        }
        let wanted = &reading.request.filter;
        update.account_data = self.parts.account_data.global_since(user, reading.since, reading.upto)?;
        filter::keep(&wanted.account_data, &mut update.account_data);
        update.presence = self.parts.presence.since(user, reading.since, reading.upto)?;
        filter::keep(&wanted.presence, &mut update.presence);
        let (e2ee, device) = (&self.parts.e2ee, &reading.request.device);
        update.device = e2ee.device_update(user, device, reading.since, reading.upto)?;
        if let Some(received) = reading.since.and(reading.request.since).and_then(|token| token.messages) {
            // The last answer could not hold the whole queue.
            (update.device.to_device, update.device.to_device_upto) =
                e2ee.messages(user, device, Some(received), reading.upto, TO_DEVICE_PAGE_MAX)?;
        }
        Ok(update)
    }

    fn outside_view(&self, reading: &Reading<'_>, record: &MembershipRecord) -> Result<Option<InvitedUpdate>, Error> {
        let ignored = self.parts.account_data.ignored_users(&reading.request.user)?;
        Ok(if ignored.contains(record.sender.as_str()) { None } else { outside(record) })
    }

    fn wants_room(reading: &Reading<'_>, room_id: &RoomId) -> bool {
        let filter = &reading.request.filter.room;
        filter.rooms.as_ref().is_none_or(|rooms| rooms.iter().any(|room| room == room_id))
            && !filter.not_rooms.iter().any(|room| room == room_id)
    }
}

impl Reading<'_> {
    /// Whether a position is news to the client.
    pub(super) fn is_new(&self, position: StreamPosition) -> bool {
        self.since.is_none_or(|since| position > since) && position <= self.upto
    }
}

/// See [`Sync::settled`].
pub(crate) async fn settled(
    core: &Core,
    parts: &Parts,
    user: &UserId,
) -> Result<(Arc<RoomMembership>, StreamPosition), Error> {
    loop {
        let upto = core.store.position();
        let memberships = parts.user_rooms.of(user)?;
        if memberships.values().all(|record| record.position <= upto) {
            return Ok((memberships, upto));
        }
        // A commit is on disk and not readable yet: that takes microseconds.
        tokio::task::yield_now().await;
    }
}

fn outside(record: &MembershipRecord) -> Option<InvitedUpdate> {
    let state = record.stripped_state.as_ref().map_or(&b"[]"[..], |json| &json.0);
    Some(InvitedUpdate { room_id: record.room_id.clone(), state: serde_json::from_slice(state).ok()? })
}
