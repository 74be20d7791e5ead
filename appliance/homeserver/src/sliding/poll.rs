//! The long poll: register, read, wait if there was nothing, read again.

use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    sync::Arc,
    time::Duration,
};

use ruma::{OwnedDeviceId, OwnedRoomId, OwnedUserId, api::client::sync::sync_events::v5::request::Extensions};
use serde_json::Value;
use veche_base::{
    limits::{
        ID_BYTES_MAX, ROOMS_PER_USER_MAX, SLIDING_LISTS_MAX, SLIDING_STATE_PATTERNS_MAX, SYNC_WAIT_SECS_MAX,
        TAGS_PER_ROOM_MAX,
    },
    random_token,
};
use veche_store::{Error, StreamPosition};

use super::{
    ListWish, RoomWish, Sliding, SlidingAnswer, StickyWish,
    connections::{ConnectionKey, Picture, Pos},
};
use crate::{
    rooms::order_of,
    sync::{COALESCE, Settled, SyncToken, TokenError},
};

/// A long poll waits at most this long, whatever the client asks for.
const WAIT_MAX: Duration = Duration::from_secs(SYNC_WAIT_SECS_MAX);
/// Ranges of one list.
const RANGES_MAX: usize = 20;
/// News that come so soon after the last answer are part of a burst, whose rest is waited for. A single message is told
/// at once.
const BURST: Duration = Duration::from_millis(100);
/// Spaces that one list may be filtered by.
const SPACES_MAX: usize = 100;
/// Characters by which a connection is told from an earlier one of the same name.
const TOKEN_CHARS: usize = 12;

/// Why a request was not answered.
#[derive(Debug, thiserror::Error)]
pub enum SlidingError {
    /// The position is not known (any more): the client starts over.
    #[error("the position is not known; start a new connection")]
    UnknownPos,
    /// The request is not a valid one.
    #[error("{0}")]
    Invalid(String),
    /// The store failed.
    #[error(transparent)]
    Internal(#[from] Error),
}

impl From<TokenError> for SlidingError {
    fn from(error: TokenError) -> Self {
        Self::Invalid(error.to_string())
    }
}

/// One device's question on one of its connections.
pub struct SlidingRequest {
    /// The user.
    pub user: OwnedUserId,
    /// The device.
    pub device: OwnedDeviceId,
    /// The connection's name.
    pub conn_id: String,
    /// The last answer that the client has; `None` begins the connection anew.
    pub pos: Option<String>,
    /// How long to wait for something new.
    pub timeout: Duration,
    /// Windows on the list of rooms.
    pub lists: BTreeMap<String, ListWish>,
    /// Rooms wanted whatever the windows show.
    pub subscriptions: BTreeMap<OwnedRoomId, RoomWish>,
    /// What is wanted besides rooms.
    pub extensions: Extensions,
    /// What is wanted of events that stick.
    pub sticky: StickyWish,
}

/// A request with its bounds fixed.
pub(super) struct Reading<'a> {
    pub(super) request: &'a SlidingRequest,
    /// What the client has been shown.
    pub(super) base: Option<&'a Picture>,
    /// Nothing beyond this is told now.
    pub(super) upto: StreamPosition,
    /// What holds of the user's own at that position.
    pub(super) settled: &'a Settled,
    /// Rooms that the user calls direct chats.
    pub(super) direct: BTreeSet<String>,
    /// Users whose messages are not shown.
    pub(super) ignored: Arc<HashSet<String>>,
}

impl Sliding {
    /// Answers with what is news in the windows of a connection, waiting for news if there is none yet. Ends without
    /// news when a newer request comes on the same connection.
    pub async fn poll(&self, request: &SlidingRequest) -> Result<SlidingAnswer, SlidingError> {
        check(request)?;
        let key = ConnectionKey {
            user: request.user.clone(),
            device: request.device.clone(),
            conn_id: request.conn_id.clone(),
        };
        let open = self.polls.open(key.clone());
        let mut ended = false;
        let base = match &request.pos {
            None => None,
            Some(pos) => {
                let pos = Pos::parse(pos).ok_or(SlidingError::UnknownPos)?;
                let picture = self.connections.picture(&key, &pos).ok_or(SlidingError::UnknownPos)?;
                Some((pos, picture))
            }
        };
        if let Some(received) = self.received(request)? {
            self.parts.e2ee.acknowledge(&request.user, &request.device, received).await?;
        }
        // Register first, read second: what commits in between is read or wakes.
        let mut waiter = self.watch.register(&request.user);
        let wait = tokio::time::sleep(request.timeout.min(WAIT_MAX));
        tokio::pin!(wait);
        loop {
            let settled = Settled::of(&self.core, &self.parts, &request.user).await?;
            self.watch.answers.given(&request.user, &request.device).await;
            let shown = base.as_ref().map(|(_, picture)| &**picture);
            let (mut answer, mut picture) = self.read(&self.reading(request, shown, &settled)?)?;
            let news = !answer.is_empty() || shown.is_none_or(|shown| shown.counts != answer.lists);
            if news || ended || wait.is_elapsed() || request.timeout.is_zero() {
                let now = self.core.clock.monotonic();
                picture.told = now;
                let pos = match &base {
                    None => Some(self.connections.begin(&key, now, self.fresh_token(), picture)),
                    Some((base, _)) => self.connections.advance(&key, now, base, picture),
                };
                let reading = self.token(order_of(settled.upto));
                answer.pos = pos.ok_or(SlidingError::UnknownPos)?.on_the_wire(reading);
                return Ok(answer);
            }
            tokio::select! {
                () = waiter.changed() => {
                    let told = shown.map_or(Duration::ZERO, |shown| shown.told);
                    if self.core.clock.monotonic().saturating_sub(told) < BURST {
                        tokio::time::sleep(COALESCE).await;
                    }
                }
                () = open.ended() => ended = true,
                () = &mut wait => {}
            }
        }
    }

    /// Up to where the device says that it has its messages.
    fn received(&self, request: &SlidingRequest) -> Result<Option<StreamPosition>, SlidingError> {
        let to_device = &request.extensions.to_device;
        let Some(since) = to_device.since.as_deref().filter(|_| to_device.enabled == Some(true)) else {
            return Ok(None);
        };
        let token: SyncToken = since.parse()?;
        Ok(self.known(token))
    }

    /// The position of a token; `None` for one of another epoch or of a future that this server does not have.
    pub(super) fn known(&self, token: SyncToken) -> Option<StreamPosition> {
        Some(token.position())
            .filter(|position| token.epoch == self.core.store.epoch() && *position <= self.core.store.position())
    }

    fn fresh_token(&self) -> String {
        random_token(self.core.entropy.as_ref(), TOKEN_CHARS)
    }

    fn reading<'a>(
        &self,
        request: &'a SlidingRequest,
        base: Option<&'a Picture>,
        settled: &'a Settled,
    ) -> Result<Reading<'a>, Error> {
        let account_data = &self.parts.account_data;
        let direct = account_data.get(&request.user, None, "m.direct")?;
        let direct = direct.and_then(|direct| serde_json::from_str::<Value>(direct.get()).ok());
        let rooms = direct.as_ref().and_then(Value::as_object).into_iter().flat_map(|users| users.values());
        let rooms = rooms.filter_map(Value::as_array).flatten().filter_map(Value::as_str);
        Ok(Reading {
            request,
            base,
            upto: settled.upto,
            settled,
            direct: rooms.map(ToOwned::to_owned).collect(),
            ignored: account_data.ignored_users(&request.user)?,
        })
    }
}

impl Reading<'_> {
    /// Whether the user calls a room a direct chat.
    pub(super) fn is_dm(&self, room_id: &ruma::RoomId) -> bool {
        self.direct.contains(room_id.as_str())
    }
}

fn check(request: &SlidingRequest) -> Result<(), SlidingError> {
    let refuse = |why: &str| Err(SlidingError::Invalid(why.to_owned()));
    if request.conn_id.len() > ID_BYTES_MAX {
        return refuse("conn_id is too long");
    }
    if request.lists.len() > SLIDING_LISTS_MAX || request.lists.keys().any(|name| name.len() > ID_BYTES_MAX) {
        return refuse("too many lists, or one with too long a name");
    }
    if request.subscriptions.len() > ROOMS_PER_USER_MAX {
        return refuse("too many room subscriptions");
    }
    let patterns = |wish: &RoomWish| wish.state.include.len() + wish.state.exclude.len();
    let in_lists: usize = request.lists.values().map(|list| patterns(&list.room)).sum();
    if in_lists.max(request.subscriptions.values().map(patterns).max().unwrap_or(0)) > SLIDING_STATE_PATTERNS_MAX {
        return refuse("too many patterns of required state");
    }
    for list in request.lists.values() {
        let ranges = list.ranges.as_deref().unwrap_or_default();
        if ranges.len() > RANGES_MAX {
            return refuse("too many ranges");
        }
        if ranges.iter().any(|(start, end)| start > end) {
            return refuse("a range ends before it starts");
        }
        let filters = &list.filters;
        if filters.spaces.as_ref().is_some_and(|spaces| spaces.len() > SPACES_MAX) {
            return refuse("too many spaces to filter by");
        }
        let tags = [&filters.tags, &filters.not_tags];
        if tags.iter().any(|tags| tags.as_ref().is_some_and(|tags| tags.len() > TAGS_PER_ROOM_MAX)) {
            return refuse("too many tags to filter by");
        }
    }
    Ok(())
}
