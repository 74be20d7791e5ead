//! The picture in memory: all accounts, all sessions, all tokens by hash.
//!
//! Invariants:
//! - complete: loaded at the start, and told of every change by the hook of the transaction that made
//!   it, in commit order and before the caller of the change is answered. A token that is not here is unknown;
//! - a session that ends is signalled to everybody who holds a [`Requester`] of it, in the same moment.
//!
//! When a token expires is kept on the monotonic clock: setting the machine's clock signs nobody out.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard};
use std::time::Duration;

use ruma::{DeviceId, OwnedDeviceId, OwnedRoomId, OwnedUserId, UserId};
use tokio::sync::{Notify, broadcast, watch};
use veche_base::Clock;
use veche_base::canonical_ip::limit_key;
use veche_store::sql::accounts::{Account, Kind};
use veche_store::sql::meetings::Guest;
use veche_store::sql::sessions::{LastSeen, Session, SessionId, TokenHash, TokenPair};

use crate::requester::Requester;

/// Revocations a slow listener may fall behind by before it misses some.
const REVOCATIONS_KEPT: usize = 1_024;

/// Signs of life closer together than this are not told apart.
const SEEN_EVERY_MS: u64 = 10_000;

/// Why a session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// Its owner signed it out or deleted the device.
    SignedOut,
    /// The same device signed in anew; the device lives on under another session.
    Replaced,
    /// It had to make room for a new device.
    MadeRoom,
    /// The password was changed.
    PasswordChanged,
    /// The account was locked; the session comes back when it is unlocked.
    Locked,
    /// The account was deactivated.
    Deactivated,
    /// An administrator ended it.
    EndedByAdministrator,
}

/// A session that may no longer be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revoked {
    /// Whose it was.
    pub user_id: OwnedUserId,
    /// Which device used it.
    pub device_id: OwnedDeviceId,
    /// Which one.
    pub session_id: SessionId,
    /// Why.
    pub reason: Reason,
}

/// What a transaction changed, for the picture in memory.
#[derive(Debug)]
pub(crate) enum Change {
    /// The account as it is now.
    Account(Account),
    /// The account is a guest's of this meeting.
    Guest(Guest),
    /// The session as it is now; new or known.
    Session(Box<Session>),
    /// The session has ended.
    Ended(SessionId, Reason),
    /// There is new work in the outbox.
    Work,
}

impl Change {
    pub(crate) fn session(session: Session) -> Self {
        Self::Session(Box::new(session))
    }
}

pub(crate) struct Registry {
    clock: Arc<dyn Clock>,
    /// No access token lives longer, whatever the clock said when it was stored.
    lifetime_max: Duration,
    tables: RwLock<Tables>,
    revocations: broadcast::Sender<Revoked>,
    pub(crate) work_arrived: Notify,
}

#[derive(Default)]
struct Tables {
    accounts: BTreeMap<OwnedUserId, Known>,
    sessions: HashMap<SessionId, Arc<Live>>,
    tokens: HashMap<TokenHash, Access>,
}

struct Known {
    account: Account,
    /// Of a guest: the one room that he may be in, and until when on the monotonic clock.
    guest: Option<(OwnedRoomId, Duration)>,
    sessions: BTreeSet<SessionId>,
}

/// Where an access token leads.
#[derive(Clone, Copy)]
struct Access {
    session: SessionId,
    /// On the monotonic clock.
    expires: Option<Duration>,
}

/// A session in use.
pub(crate) struct Live {
    record: Mutex<Record>,
    revoked: watch::Sender<bool>,
}

struct Record {
    session: Session,
    /// Seen since that was last written down.
    unwritten: bool,
}

/// What a token leads to.
pub(crate) struct Found {
    pub(crate) account: Account,
    pub(crate) requester: Requester,
    pub(crate) expired: bool,
    /// A guest whose meeting is over, though nobody has sent him home yet.
    pub(crate) over: bool,
    /// The token is the newer of a pair of pairs: using it ends the grace of the older one.
    pub(crate) ends_grace: bool,
}

impl Registry {
    pub(crate) fn new(
        clock: Arc<dyn Clock>,
        lifetime_max: Duration,
        accounts: Vec<Account>,
        guests: Vec<Guest>,
        sessions: Vec<Session>,
    ) -> Self {
        let registry = Self {
            clock,
            lifetime_max,
            tables: RwLock::default(),
            revocations: broadcast::channel(REVOCATIONS_KEPT).0,
            work_arrived: Notify::new(),
        };
        let changes: Vec<_> = accounts
            .into_iter()
            .map(Change::Account)
            .chain(guests.into_iter().map(Change::Guest))
            .chain(sessions.into_iter().map(Change::session))
            .collect();
        registry.apply(&changes);
        registry
    }

    pub(crate) fn revocations(&self) -> broadcast::Receiver<Revoked> {
        self.revocations.subscribe()
    }

    /// Takes over what a transaction changed. Called by the writer's hook, in commit order.
    pub(crate) fn apply(&self, changes: &[Change]) {
        let mut revoked = Vec::new();
        let mut tables = self.tables.write().unwrap_or_else(PoisonError::into_inner);
        for change in changes {
            match change {
                Change::Account(account) => tables.set_account(account, &mut revoked),
                Change::Guest(guest) => {
                    let left = Duration::from_millis(guest.until_ms.saturating_sub(self.clock.wall_ms()));
                    tables.set_guest(guest, self.clock.monotonic() + left);
                }
                Change::Session(session) => tables.set_session(session, |expires_ms| self.deadline(expires_ms)),
                Change::Ended(session, reason) => revoked.extend(tables.end(*session, *reason)),
                Change::Work => self.work_arrived.notify_one(),
            }
        }
        drop(tables);
        for revoked in revoked {
            let _nobody_listens = self.revocations.send(revoked);
        }
    }

    pub(crate) fn find(&self, token: &TokenHash) -> Option<Found> {
        let tables = self.read();
        let access = tables.tokens.get(token)?;
        let live = tables.sessions.get(&access.session)?;
        let record = live.lock();
        let known = tables.accounts.get(&record.session.user_id)?;
        let account = known.account.clone();
        let session = &record.session;
        let mut requester = Requester::new(
            session.user_id.clone(),
            session.device_id.clone(),
            session.session_id,
            live.revoked.subscribe(),
        );
        requester.admin = account.admin;
        requester.owner = account.owner;
        requester.grants = account.grants;
        requester.suspended = account.suspended;
        requester.locked = account.locked;
        requester.guest = known.guest.as_ref().map(|(room, _)| room.clone());
        let is_over = |(_, until): &(OwnedRoomId, Duration)| *until <= self.clock.monotonic();
        let over = account.kind == Kind::Guest && known.guest.as_ref().is_none_or(is_over);
        Some(Found {
            requester,
            account,
            over,
            expired: access.expires.is_some_and(|expires| expires <= self.clock.monotonic()),
            ends_grace: session.previous.is_some() && session.current.access == *token,
        })
    }

    pub(crate) fn account(&self, user: &UserId) -> Option<Account> {
        self.read().accounts.get(user).map(|known| known.account.clone())
    }

    /// Whether there is such an account and `test` says so of it; nothing is copied.
    pub(crate) fn is_account(&self, user: &UserId, test: impl FnOnce(&Account) -> bool) -> bool {
        self.read().accounts.get(user).is_some_and(|known| test(&known.account))
    }

    pub(crate) fn accounts(&self) -> Vec<Account> {
        self.read().accounts.values().map(|known| known.account.clone()).collect()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.read().accounts.is_empty()
    }

    pub(crate) fn sessions(&self, user: &UserId) -> Vec<Session> {
        self.of_user(user, |record| record.session.clone())
    }

    /// Every session that can be used now; those of locked accounts cannot.
    pub(crate) fn usable_sessions(&self) -> Vec<(OwnedUserId, SessionId)> {
        let tables = self.read();
        let usable = tables.accounts.iter().filter(|(_, known)| !known.account.locked);
        usable.flat_map(|(user, known)| known.sessions.iter().map(|session| (user.clone(), *session))).collect()
    }

    pub(crate) fn session(&self, user: &UserId, device: &DeviceId) -> Option<Session> {
        self.sessions(user).into_iter().find(|session| session.device_id == device)
    }

    /// How many accounts have a device that was seen at this time or later.
    pub(crate) fn seen_since(&self, at_ms: u64) -> usize {
        let tables = self.read();
        let is_seen =
            |id: &SessionId| tables.sessions.get(id).is_some_and(|live| live.lock().session.last_seen.at_ms >= at_ms);
        tables.accounts.values().filter(|known| known.sessions.iter().any(is_seen)).count()
    }

    /// Whether one of the account's devices was last seen at this address.
    pub(crate) fn is_known_address(&self, user: &UserId, ip: IpAddr) -> bool {
        let key = limit_key(ip);
        self.of_user(user, |record| {
            let seen = record.session.last_seen.ip.as_deref();
            seen.and_then(|text| text.parse().ok()).is_some_and(|seen: IpAddr| limit_key(seen) == key)
        })
        .contains(&true)
    }

    /// Notes a sign of life. One soon after another from the same place changes nothing, so that a busy
    /// client does not cause a write at every round.
    pub(crate) fn see(&self, session: SessionId, seen: LastSeen) {
        if let Some(live) = self.read().sessions.get(&session) {
            let mut record = live.lock();
            let last = &record.session.last_seen;
            let soon = (last.at_ms..last.at_ms + SEEN_EVERY_MS).contains(&seen.at_ms);
            if !soon || last.ip != seen.ip {
                record.session.last_seen = seen;
                record.unwritten = true;
            }
        }
    }

    /// The signs of life nobody has written down yet; from now on they count as written.
    pub(crate) fn take_unwritten(&self) -> Vec<(SessionId, LastSeen)> {
        let tables = self.read();
        let mut taken = Vec::new();
        for session in tables.accounts.values().flat_map(|known| &known.sessions) {
            let Some(live) = tables.sessions.get(session) else { continue };
            let mut record = live.lock();
            if std::mem::take(&mut record.unwritten) {
                taken.push((*session, record.session.last_seen.clone()));
            }
        }
        taken
    }

    fn of_user<R>(&self, user: &UserId, read: impl Fn(&Record) -> R) -> Vec<R> {
        let tables = self.read();
        let ids = tables.accounts.get(user).map(|known| &known.sessions);
        let live = ids.into_iter().flatten().filter_map(|id| tables.sessions.get(id));
        live.map(|live| read(&live.lock())).collect()
    }

    /// The wall clock is asked once, when the token is made or loaded.
    fn deadline(&self, expires_ms: u64) -> Duration {
        let left = Duration::from_millis(expires_ms.saturating_sub(self.clock.wall_ms()));
        self.clock.monotonic() + left.min(self.lifetime_max)
    }

    fn read(&self) -> RwLockReadGuard<'_, Tables> {
        self.tables.read().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Tables {
    fn set_account(&mut self, account: &Account, revoked: &mut Vec<Revoked>) {
        let known = self.accounts.entry(account.user_id.clone()).or_insert_with(|| Known {
            account: account.clone(),
            guest: None,
            sessions: BTreeSet::new(),
        });
        known.account = account.clone();
        for session in &known.sessions {
            let Some(live) = self.sessions.get(session) else { continue };
            let was_locked = live.revoked.send_replace(account.locked);
            if account.locked && !was_locked {
                revoked.push(live.describe(Reason::Locked));
            }
        }
    }

    fn set_guest(&mut self, guest: &Guest, until: Duration) {
        if let Some(known) = self.accounts.get_mut(&guest.user_id) {
            known.guest = Some((guest.room_id.clone(), until));
        }
    }

    fn set_session(&mut self, session: &Session, deadline: impl Fn(u64) -> Duration) {
        let mut former = Vec::new();
        match self.sessions.get(&session.session_id) {
            Some(live) => {
                let mut record = live.lock();
                former = pairs(&record.session).map(|pair| pair.access).collect();
                // What was seen since is newer than what the transaction read.
                let last_seen = record.session.last_seen.clone();
                record.session = session.clone();
                record.session.last_seen = last_seen;
            }
            None => {
                let locked = self.accounts.get(&session.user_id).is_some_and(|known| known.account.locked);
                let record = Mutex::new(Record { session: session.clone(), unwritten: false });
                let live = Live { record, revoked: watch::channel(locked).0 };
                self.sessions.insert(session.session_id, Arc::new(live));
            }
        }
        let mut kept = HashMap::new();
        for access in former {
            kept.extend(self.tokens.remove(&access).map(|found| (access, found)));
        }
        for pair in pairs(session) {
            let expires = pair.expires_ms.map(&deadline);
            let fresh = Access { session: session.session_id, expires };
            self.tokens.insert(pair.access, kept.get(&pair.access).copied().unwrap_or(fresh));
        }
        if let Some(known) = self.accounts.get_mut(&session.user_id) {
            known.sessions.insert(session.session_id);
        }
    }

    fn end(&mut self, session: SessionId, reason: Reason) -> Option<Revoked> {
        let live = self.sessions.remove(&session)?;
        live.revoked.send_replace(true);
        for pair in pairs(&live.lock().session) {
            self.tokens.remove(&pair.access);
        }
        let revoked = live.describe(reason);
        if let Some(known) = self.accounts.get_mut(&revoked.user_id) {
            known.sessions.remove(&session);
        }
        Some(revoked)
    }
}

impl Live {
    fn lock(&self) -> MutexGuard<'_, Record> {
        self.record.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn describe(&self, reason: Reason) -> Revoked {
        let record = self.lock();
        Revoked {
            user_id: record.session.user_id.clone(),
            device_id: record.session.device_id.clone(),
            session_id: record.session.session_id,
            reason,
        }
    }
}

fn pairs(session: &Session) -> impl Iterator<Item = TokenPair> {
    [Some(session.current), session.previous].into_iter().flatten()
}
