//! The push worker: tells gateways of the rows that are there and have not been told.
//!
//! Each pusher has its own pace: one gateway that is down does not hold up the others. What is read before it was told
//! is not told any more, because its row is gone. How far a pusher has got is written down every few seconds and at
//! the end, so a crash may tell something twice and never loses anything.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use futures_util::{StreamExt, stream::FuturesUnordered};
use ruma::{OwnedUserId, UserId, api::client::push::Pusher};
use serde_json::Value;
use tokio::sync::broadcast::error::RecvError;
use tracing::{debug, info, warn};
use veche_directory::{Reason, Revoked};
use veche_runtime::{
    outbound::{self, OutboundError, Policy},
    tasks::Supervisor,
};
use veche_store::{
    Error, ShortRoomId, StreamPosition,
    records::{
        memberships::{Membership, UserRoomKey},
        pushers::{Pusher as Record, PusherKey, PusherProgressKey},
        receipts::PushActionKey,
        rooms::TimelineKey,
    },
};

use super::{Notify, payload, pushers::progress_key};
use crate::rooms::order_of;

/// How long to wait after each failure in a row; the last one repeats.
const RETRY_DELAYS: [Duration; 7] = [
    Duration::from_secs(2),
    Duration::from_secs(10),
    Duration::from_secs(30),
    Duration::from_secs(2 * 60),
    Duration::from_secs(10 * 60),
    Duration::from_secs(30 * 60),
    Duration::from_secs(60 * 60),
];
/// What is older than this is no news any more.
const AGE_MS_MAX: u64 = 24 * 60 * 60 * 1_000;
/// Events told after a gateway was away: the newest ones.
const BACKLOG_MAX: usize = 20;
/// Gateways talked to at once.
const AT_ONCE_MAX: usize = 32;
/// How often progress is written down.
const PROGRESS_EVERY: Duration = Duration::from_secs(5);

/// One pusher's state in the worker.
struct Lane {
    /// Rooms that may have something untold.
    rooms: BTreeSet<ShortRoomId>,
    /// Something was read: the number on the icon may be wrong.
    badge: bool,
    told: StreamPosition,
    failures: usize,
    not_before: Duration,
    busy: bool,
}

/// What became of one round of a pusher.
struct Round {
    key: PusherKey,
    told: StreamPosition,
    outcome: Outcome,
}

enum Outcome {
    Done,
    /// The gateway does not know the push key any more.
    Rejected,
    /// To be tried again: these rooms, and the badge.
    Failed(BTreeSet<ShortRoomId>, bool),
}

struct Worker {
    notify: Arc<Notify>,
    client: outbound::Client,
    lanes: BTreeMap<PusherKey, Lane>,
    unwritten: BTreeSet<PusherKey>,
    written_at: Duration,
}

impl Notify {
    /// Starts telling gateways. Notifications that were due when the server stopped are told now.
    pub fn start(self: &Arc<Self>, supervisor: &Supervisor, client: outbound::Client) {
        // A second start would be a programming error; the first client stays.
        let _ = self.outbound.set(client.clone());
        let notify = Arc::clone(self);
        let stopping = supervisor.shutdown_token();
        supervisor.spawn("pushers", async move {
            let written_at = notify.core.clock.monotonic();
            let mut worker = Worker { notify, client, lanes: BTreeMap::new(), unwritten: BTreeSet::new(), written_at };
            tokio::select! {
                () = stopping.cancelled() => {}
                () = worker.run() => {}
            }
            worker.write_progress().await;
        });
    }
}

impl Worker {
    async fn run(&mut self) {
        let notify = Arc::clone(&self.notify);
        let mut revoked = notify.core.directory.revocations();
        self.drop_orphans().await;
        let mut rounds = FuturesUnordered::new();
        loop {
            if let Err(error) = self.look() {
                warn!(%error, "pushers cannot be read");
            }
            for (key, lane) in self.startable(AT_ONCE_MAX.saturating_sub(rounds.len())) {
                rounds.push(lane.run(Arc::clone(&self.notify), self.client.clone(), key));
            }
            let wait = self.next_wait();
            tokio::select! {
                () = notify.queue.signal.notified() => {}
                () = tokio::time::sleep(wait) => {}
                Some(round) = rounds.next(), if !rounds.is_empty() => self.finish(round).await,
                ended = revoked.recv() => match ended {
                    Ok(ended) => self.forget_device(&ended).await,
                    Err(RecvError::Lagged(_)) => self.drop_orphans().await,
                    Err(RecvError::Closed) => return,
                },
            }
            if self.now().saturating_sub(self.written_at) >= PROGRESS_EVERY {
                self.write_progress().await;
            }
        }
    }

    fn now(&self) -> Duration {
        self.notify.core.clock.monotonic()
    }

    /// Brings the lanes in line with the pushers there are, and spreads the hints over them.
    fn look(&mut self) -> Result<(), Error> {
        let all = self.notify.all_pushers()?;
        self.lanes.retain(|key, _| all.contains_key(key));
        for key in all.keys() {
            if !self.lanes.contains_key(key) {
                let lane = self.new_lane(key)?;
                self.lanes.insert(key.clone(), lane);
            }
        }
        let hints = self.notify.queue.take(self.notify.core.store.position());
        for (key, lane) in &mut self.lanes {
            if let Some(hints) = hints.get(&key.user) {
                lane.rooms.extend(hints.rooms.keys());
                lane.badge |= hints.read.is_some();
            }
        }
        Ok(())
    }

    fn new_lane(&self, key: &PusherKey) -> Result<Lane, Error> {
        let told = self.notify.core.store.get(&progress_key(key))?.unwrap_or_default();
        let rooms = self.notify.unread_rooms(&key.user)?;
        Ok(Lane { rooms, badge: false, told, failures: 0, not_before: Duration::ZERO, busy: false })
    }

    /// Up to `count` pushers that have something to say and may say it, marked busy.
    fn startable(&mut self, count: usize) -> Vec<(PusherKey, Start)> {
        let now = self.now();
        let ready = |lane: &Lane| !lane.busy && lane.not_before <= now && (lane.badge || !lane.rooms.is_empty());
        let ready = self.lanes.iter_mut().filter(|(_, lane)| ready(lane)).take(count);
        ready
            .map(|(key, lane)| {
                lane.busy = true;
                let rooms = std::mem::take(&mut lane.rooms);
                let badge = std::mem::take(&mut lane.badge);
                (key.clone(), Start { rooms, badge, told: lane.told })
            })
            .collect()
    }

    fn next_wait(&self) -> Duration {
        let now = self.now();
        let waiting = self.lanes.values().filter(|lane| !lane.busy && (lane.badge || !lane.rooms.is_empty()));
        let retry = waiting.map(|lane| lane.not_before.saturating_sub(now)).min();
        let write = (!self.unwritten.is_empty()).then(|| (self.written_at + PROGRESS_EVERY).saturating_sub(now));
        // Also the grain of a lost signal, which cannot happen.
        let rest = Duration::from_secs(60);
        rest.min(retry.unwrap_or(rest)).min(write.unwrap_or(rest)).max(Duration::from_millis(20))
    }

    async fn finish(&mut self, round: Round) {
        let now = self.now();
        let Some(lane) = self.lanes.get_mut(&round.key) else { return };
        lane.busy = false;
        if round.told > lane.told {
            lane.told = round.told;
            self.unwritten.insert(round.key.clone());
        }
        match round.outcome {
            Outcome::Done => lane.failures = 0,
            Outcome::Failed(rooms, badge) => {
                lane.rooms.extend(rooms);
                lane.badge |= badge;
                lane.not_before = now + RETRY_DELAYS[lane.failures.min(RETRY_DELAYS.len() - 1)];
                lane.failures += 1;
            }
            Outcome::Rejected => {
                info!(user = %round.key.user, app_id = round.key.app_id, "a gateway rejected a pusher; it is removed");
                self.delete(|key, _| *key == round.key).await;
            }
        }
    }

    async fn forget_device(&self, ended: &Revoked) {
        // The device of these lives on; a locked account hears nothing, but has its pushers back when unlocked.
        if matches!(ended.reason, Reason::Replaced | Reason::Locked) {
            return;
        }
        self.delete(|key, record| key.user == ended.user_id && record.device == ended.device_id).await;
    }

    /// Takes away the pushers of devices that went while nobody listened.
    async fn drop_orphans(&self) {
        let directory = &self.notify.core.directory;
        self.delete(|key, record| directory.device(&key.user, &record.device).is_none()).await;
    }

    async fn delete(&self, is_gone: impl Fn(&PusherKey, &Record) -> bool) {
        if let Err(error) = self.notify.delete_pushers(is_gone).await {
            warn!(%error, "a pusher could not be removed");
        }
    }

    async fn write_progress(&mut self) {
        self.written_at = self.now();
        let keys = std::mem::take(&mut self.unwritten);
        let progress: Vec<(PusherProgressKey, StreamPosition)> =
            keys.iter().filter_map(|key| Some((progress_key(key), self.lanes.get(key)?.told))).collect();
        if progress.is_empty() {
            return;
        }
        let work = move |txn: &mut veche_store::Txn| {
            for (key, told) in &progress {
                // A pusher that was deleted meanwhile leaves nothing behind.
                if txn.contains(key)? {
                    txn.put(key, told);
                }
            }
            Ok::<_, Error>(())
        };
        if let Err(error) = self.notify.core.store.commit(work).await {
            warn!(%error, "the progress of pushers could not be written down");
        }
    }
}

/// What one round of a pusher begins with.
struct Start {
    rooms: BTreeSet<ShortRoomId>,
    badge: bool,
    told: StreamPosition,
}

impl Start {
    async fn run(self, notify: Arc<Notify>, client: outbound::Client, key: PusherKey) -> Round {
        let mut told = self.told;
        let outcome = match self.tell(&notify, &client, &key, &mut told).await {
            Ok(outcome) => outcome,
            Err(error) => {
                warn!(user = %key.user, %error, "notifications cannot be read");
                Outcome::Failed(self.rooms, self.badge)
            }
        };
        Round { key, told, outcome }
    }

    async fn tell(
        &self,
        notify: &Notify,
        client: &outbound::Client,
        key: &PusherKey,
        told: &mut StreamPosition,
    ) -> Result<Outcome, Error> {
        let upto = notify.core.store.position();
        let Some(record) = notify.all_pushers()?.remove(key) else { return Ok(Outcome::Done) };
        let Ok(pusher) = record.json.parse::<Pusher>() else { return Ok(Outcome::Done) };
        let is_silent = |user: &UserId| notify.core.directory.account(user).is_none_or(|account| account.locked);
        if is_silent(&key.user) {
            *told = upto;
            return Ok(Outcome::Done);
        }
        let unread = notify.unread_rooms(&key.user)?.len() as u64;
        for (position, room) in notify.untold(&key.user, &self.rooms, *told, upto)? {
            let Some(body) = notify.body(&key.user, room, position, &pusher, record.set_ms, unread)? else { continue };
            match post(client, &pusher, &body).await {
                Answer::Taken => *told = position,
                Answer::Rejected => return Ok(Outcome::Rejected),
                Answer::Failed => return Ok(Outcome::Failed(self.rooms.clone(), self.badge)),
            }
        }
        // What was read elsewhere: the icon goes back to nothing. Other numbers come with the next event.
        if self.badge && unread == 0 {
            match post(client, &pusher, &payload::of_badge(&pusher, record.set_ms, 0)).await {
                Answer::Taken => {}
                Answer::Rejected => return Ok(Outcome::Rejected),
                Answer::Failed => return Ok(Outcome::Failed(self.rooms.clone(), true)),
            }
        }
        *told = upto;
        Ok(Outcome::Done)
    }
}

enum Answer {
    Taken,
    Rejected,
    Failed,
}

async fn post(client: &outbound::Client, pusher: &Pusher, body: &Value) -> Answer {
    let Some(url) = payload::url(pusher) else { return Answer::Taken };
    match client.post_json(url, body, Policy::PUSH).await {
        Ok(answer) => {
            let rejected = answer.get("rejected").and_then(Value::as_array);
            let is_rejected =
                rejected.is_some_and(|keys| keys.iter().any(|key| key.as_str() == Some(&pusher.ids.pushkey)));
            if is_rejected { Answer::Rejected } else { Answer::Taken }
        }
        // A gateway that answers a 2xx has taken it, whatever it says.
        Err(OutboundError::BadAnswer(_)) => Answer::Taken,
        Err(error) => {
            debug!(%error, app_id = pusher.ids.app_id, "a push gateway did not take a notification");
            Answer::Failed
        }
    }
}

impl Notify {
    /// The rooms in which a user has something unread that he can see.
    pub(super) fn unread_rooms(&self, user: &UserId) -> Result<BTreeSet<ShortRoomId>, Error> {
        let mut rooms = BTreeSet::new();
        let mut from = PushActionKey { user: user.to_owned(), room: ShortRoomId(0), position: StreamPosition(0) };
        // From room to room, not from row to row: somebody may have thousands unread in one.
        while let Some(key) = self.core.store.scan::<PushActionKey>((user,)).from(&from).keys().next() {
            let room = key?.room;
            if !self.hides_invite(user, room)? {
                rooms.insert(room);
            }
            from.room = ShortRoomId(room.0 + 1);
        }
        Ok(rooms)
    }

    /// Whether all that the user could see of a room is an invite, and he takes none.
    fn hides_invite(&self, user: &UserId, room: ShortRoomId) -> Result<bool, Error> {
        if !self.account_data.invite_choice(user)?.blocked {
            return Ok(false);
        }
        let record = self.core.store.get(&UserRoomKey { user: user.to_owned(), room })?;
        Ok(record.is_some_and(|record| record.membership == Membership::Invite))
    }

    /// The newest rows in `(told, upto]`, oldest first.
    fn untold(
        &self,
        user: &UserId,
        rooms: &BTreeSet<ShortRoomId>,
        told: StreamPosition,
        upto: StreamPosition,
    ) -> Result<Vec<(StreamPosition, ShortRoomId)>, Error> {
        let mut rows = Vec::new();
        for room in rooms {
            let user: OwnedUserId = user.to_owned();
            let from = PushActionKey { user: user.clone(), room: *room, position: told };
            let to = PushActionKey { user: user.clone(), room: *room, position: upto };
            let newest = self.core.store.scan::<PushActionKey>((&user, *room)).from(&to).until(&from).reverse();
            for row in newest.take(BACKLOG_MAX) {
                let (key, action) = row?;
                if action.notify && key.position > told {
                    rows.push((key.position, *room));
                }
            }
        }
        rows.sort_unstable();
        rows.drain(..rows.len().saturating_sub(BACKLOG_MAX));
        Ok(rows)
    }

    /// What to tell of a row; `None` if there is nothing (any more).
    pub(super) fn body(
        &self,
        user: &UserId,
        room: ShortRoomId,
        position: StreamPosition,
        pusher: &Pusher,
        set_ms: u64,
        unread: u64,
    ) -> Result<Option<Value>, Error> {
        let room = self.rooms.find_short(room)?;
        let order = order_of(position);
        let is_unread =
            self.core.store.contains(&PushActionKey { user: user.to_owned(), room: room.short, position })?;
        let entry = self.core.store.get(&TimelineKey { room: room.short, order })?;
        let Some(entry) = entry.filter(|_| is_unread) else { return Ok(None) };
        if self.hides_invite(user, room.short)? {
            return Ok(None);
        }
        let pdu = self.rooms.parse(&room, order, &entry)?;
        let age_ms = self.core.clock.wall_ms().saturating_sub(pdu.origin_server_ts);
        if age_ms > AGE_MS_MAX || pdu.is_redacted() {
            return Ok(None);
        }
        let head = room.head();
        let judgment = self.judge(&pdu, &head, &room.version, user)?;
        let told = payload::Told { recipient: user, head: &head, pdu: &pdu, judgment: &judgment };
        Ok(Some(payload::of_event(pusher, set_ms, &told, unread)))
    }
}
