//! The long poll: register, read, wait if there was nothing, read again.

use std::time::Duration;

use ruma::{OwnedDeviceId, OwnedUserId, RoomId, api::client::filter::EventFormat};
use serde_json::value::RawValue;
use veche_base::limits::{SYNC_WAIT_SECS_MAX, TO_DEVICE_PAGE_MAX};
use veche_store::{Error, StreamPosition, records::memberships::Membership};

use super::{Settled, Sync, SyncToken, SyncUpdate, invites::outside};
use crate::{
    filter::{self, Fields, FilterDefinition},
    timeline::EventForm,
};

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
    /// The parts of room events to tell; `None` is all of them.
    pub(super) fields: Option<&'a Fields>,
    /// Everything up to here is known to the client.
    pub(super) since: Option<StreamPosition>,
    /// Nothing beyond this is told now.
    pub(super) upto: StreamPosition,
    /// What holds of the user's own at that position.
    pub(super) settled: &'a Settled,
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
        let fields = Fields::new(&request.filter.event_fields);
        let fields = fields.as_ref();
        // Register first, read second: what commits in between is read or wakes.
        let mut waiter = self.watch.register(&request.user);
        let wait = tokio::time::sleep(request.timeout.min(WAIT_MAX));
        tokio::pin!(wait);
        loop {
            let settled = Settled::of(&self.core, &self.parts, &request.user).await?;
            let upto = settled.upto;
            self.watch.answers.given(&request.user, &request.device).await;
            let update = self.collect(&Reading { request, fields, since, upto, settled: &settled })?;
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
            // A burst becomes one answer.
            tokio::time::sleep(COALESCE).await;
        }
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
    pub(super) fn collect(&self, reading: &Reading<'_>) -> Result<SyncUpdate, Error> {
        let mut update = SyncUpdate::default();
        let (user, rooms) = (&reading.request.user, &reading.settled.rooms);
        for (short, record) in rooms.kept.iter() {
            if !Self::wants_room(reading, &record.room_id) {
                continue;
            }
            match record.membership {
                Membership::Join => {
                    update.joined.extend(self.joined_room(reading, *short, record)?);
                }
                Membership::Invite => self.add_invite(reading, *short, record, &mut update)?,
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
            for (short, record) in rooms.forgotten.iter() {
                // Left on one device and forgotten before the others heard of it.
                if reading.is_new(record.position) && Self::wants_room(reading, &record.room_id) {
                    update.left.extend(self.left_room(reading, *short, record)?);
                }
            }
        }
        let wanted = &reading.request.filter;
        update.account_data = self.parts.account_data.global_since(user, reading.since, reading.upto)?;
        filter::keep(&wanted.account_data, &mut update.account_data);
        self.add_company(reading, &mut update)?;
        filter::keep(&wanted.presence, &mut update.presence);
        if let Some(received) = reading.since.and(reading.request.since).and_then(|token| token.messages) {
            // The last answer could not hold the whole queue.
            let device = &reading.request.device;
            (update.device.to_device, update.device.to_device_upto) =
                self.parts.e2ee.messages(user, device, Some(received), reading.upto, TO_DEVICE_PAGE_MAX)?;
        }
        Ok(update)
    }

    /// Adds what is told of those who share rooms with the user: their presence, and whose keys to fetch.
    fn add_company(&self, reading: &Reading<'_>, update: &mut SyncUpdate) -> Result<(), Error> {
        let Reading { request, since, upto, settled, .. } = *reading;
        let (user, mine) = (&request.user, &settled.rooms);
        let company = since.map(|since| self.parts.company.changes(user, mine, since, upto));
        let company = company.transpose()?.unwrap_or_default();
        update.presence = self.parts.presence.since(user, since, upto, &company.came)?;
        let e2ee = &self.parts.e2ee;
        let lists = since.map(|since| e2ee.device_lists(user, &mine.kept, since, upto, company));
        let lists = lists.transpose()?.unwrap_or_default();
        update.device = e2ee.device_update(user, &request.device, since, upto, lists)?;
        Ok(())
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

    /// The form in which room events are told.
    pub(super) fn form(&self) -> EventForm {
        let federation = self.request.filter.event_format == EventFormat::Federation;
        if federation { EventForm::Federation } else { EventForm::Sync }
    }

    /// Takes out of room events what the client does not want of them.
    pub(super) fn keep_fields(&self, events: &mut [Box<RawValue>]) {
        if let Some(fields) = self.fields {
            fields.keep(events);
        }
    }
}
