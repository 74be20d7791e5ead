//! What was asked of browsers and not answered yet, and what was proved and not used yet. Each is taken once.

use std::time::Duration;

use ruma::{OwnedUserId, UserId};
use veche_store::sql::sessions::{SessionId, TokenHash};
use webauthn_rs::prelude::{DiscoverableAuthentication, PasskeyRegistration};

use super::CEREMONY_SECS_MAX;
use crate::relying_party::UserHandle;
use crate::tokens::lookup_hash;
use crate::waiting::Waiting;

/// Of each kind at once, over everybody.
const OPEN_MAX: usize = 2_000;
const LIFETIME: Duration = Duration::from_secs(CEREMONY_SECS_MAX);

/// A passkey that somebody's browser is asked to make.
pub(crate) struct Registration {
    pub(crate) asked: PasskeyRegistration,
    pub(crate) handle: UserHandle,
}

pub(crate) struct Ceremonies {
    registrations: Waiting<SessionId, Registration>,
    assertions: Waiting<String, DiscoverableAuthentication>,
    proofs: Waiting<TokenHash, OwnedUserId>,
}

impl Default for Ceremonies {
    fn default() -> Self {
        Self {
            registrations: Waiting::at_most(OPEN_MAX),
            assertions: Waiting::at_most(OPEN_MAX),
            proofs: Waiting::at_most(OPEN_MAX),
        }
    }
}

impl Ceremonies {
    pub(crate) fn open_registration(&self, session: SessionId, registration: Registration, now: Duration) {
        self.registrations.put(session, registration, now, LIFETIME);
    }

    pub(crate) fn take_registration(&self, session: SessionId, now: Duration) -> Option<Registration> {
        self.registrations.take(&session, now)
    }

    pub(crate) fn open_assertion(&self, name: String, asked: DiscoverableAuthentication, now: Duration) {
        self.assertions.put(name, asked, now, LIFETIME);
    }

    pub(crate) fn take_assertion(&self, name: &str, now: Duration) -> Option<DiscoverableAuthentication> {
        self.assertions.take(&name.to_owned(), now)
    }

    pub(crate) fn keep_proof(&self, hash: TokenHash, user: OwnedUserId, now: Duration, lifetime: Duration) {
        self.proofs.put(hash, user, now, lifetime);
    }

    /// Whether this is a proof of this user; whosever it is, it is used up.
    pub(crate) fn take_proof(&self, user: &UserId, typed: &str, now: Duration) -> bool {
        let owner = lookup_hash(typed).and_then(|hash| self.proofs.take(&hash, now));
        owner.is_some_and(|owner| owner == user)
    }
}
