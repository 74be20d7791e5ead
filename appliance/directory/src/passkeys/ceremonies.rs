//! What was asked of browsers and not answered yet, and what was proved and not used yet. Each is taken once.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ruma::{OwnedUserId, UserId};
use veche_store::sql::sessions::{SessionId, TokenHash};
use webauthn_rs::prelude::{DiscoverableAuthentication, PasskeyRegistration};

use super::CEREMONY_SECS_MAX;
use crate::relying_party::UserHandle;
use crate::tokens::lookup_hash;

/// Of each kind at once, over everybody; a further one takes the place of the one that ends first.
const OPEN_MAX: usize = 2_000;

/// A passkey that somebody's browser is asked to make.
pub(crate) struct Registration {
    pub(crate) asked: PasskeyRegistration,
    pub(crate) handle: UserHandle,
}

#[derive(Default)]
pub(crate) struct Ceremonies {
    registrations: Waiting<SessionId, Registration>,
    assertions: Waiting<String, DiscoverableAuthentication>,
    proofs: Waiting<TokenHash, OwnedUserId>,
}

/// Things that wait for a while, at most [`OPEN_MAX`].
struct Waiting<K, V> {
    /// With the end of each on the monotonic clock.
    open: Mutex<BTreeMap<K, (V, Duration)>>,
}

impl<K, V> Default for Waiting<K, V> {
    fn default() -> Self {
        Self { open: Mutex::new(BTreeMap::new()) }
    }
}

impl Ceremonies {
    pub(crate) fn open_registration(&self, session: SessionId, registration: Registration, now: Duration) {
        self.registrations.put(session, registration, now, Duration::from_secs(CEREMONY_SECS_MAX));
    }

    pub(crate) fn take_registration(&self, session: SessionId, now: Duration) -> Option<Registration> {
        self.registrations.take(&session, now)
    }

    pub(crate) fn open_assertion(&self, name: String, asked: DiscoverableAuthentication, now: Duration) {
        self.assertions.put(name, asked, now, Duration::from_secs(CEREMONY_SECS_MAX));
    }

    pub(crate) fn take_assertion(&self, name: &str, now: Duration) -> Option<DiscoverableAuthentication> {
        self.assertions.take(&name.to_owned(), now)
    }

    pub(crate) fn keep_proof(&self, hash: TokenHash, user: OwnedUserId, now: Duration, lifetime: Duration) {
        self.proofs.put(hash, user, now, lifetime);
    }

    pub(crate) fn take_proof(&self, user: &UserId, typed: &str, now: Duration) -> bool {
        let owner = lookup_hash(typed).and_then(|hash| self.proofs.take(&hash, now));
        owner.is_some_and(|owner| owner == user)
    }
}

impl<K: Ord + Clone, V> Waiting<K, V> {
    fn put(&self, key: K, value: V, now: Duration, lifetime: Duration) {
        let mut open = self.lock();
        open.retain(|_, (_, until)| *until > now);
        if open.len() >= OPEN_MAX {
            let first = open.iter().min_by_key(|(_, (_, until))| *until).map(|(key, _)| key.clone());
            first.and_then(|first| open.remove(&first));
        }
        open.insert(key, (value, now + lifetime));
    }

    fn take(&self, key: &K, now: Duration) -> Option<V> {
        self.lock().remove(key).filter(|(_, until)| *until > now).map(|(value, _)| value)
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<K, (V, Duration)>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn what_waits_is_taken_once_in_time_and_has_a_bound() {
        let waiting = Waiting::<usize, &str>::default();
        waiting.put(1, "one", SECOND, SECOND);
        assert_eq!(waiting.take(&1, SECOND), Some("one"));
        assert_eq!(waiting.take(&1, SECOND), None, "it is used up");
        waiting.put(1, "one", SECOND, SECOND);
        assert_eq!(waiting.take(&1, 2 * SECOND), None, "it is too late");
        for number in 0..=OPEN_MAX {
            waiting.put(number, "", SECOND, SECOND * u32::try_from(number + 1).unwrap());
        }
        assert_eq!(waiting.lock().len(), OPEN_MAX);
        assert!(waiting.take(&0, SECOND).is_none() && waiting.take(&OPEN_MAX, SECOND).is_some());
    }
}
