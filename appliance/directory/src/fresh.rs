//! Fresh proofs: before something grave is done in the console, its administrator has shown his password a moment ago.
//!
//! A proof belongs to the session that asked for it, is good for five minutes, and is kept as a hash, in memory: after a
//! restart the password is simply asked for again.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use veche_base::Secret;
use veche_store::sql::sessions::{SessionId, TokenHash};

use crate::directory::Directory;
use crate::login::LoginError;
use crate::requester::{Caller, Requester};
use crate::tokens::{Token, TokenKind, lookup_hash};

/// How long a proof is fresh.
pub const FRESH_PROOF_SECS_MAX: u64 = 5 * 60;
/// Proofs at once, over all administrators; a further one takes the place of the one that ends first.
const PROOFS_MAX: usize = 1_000;

/// What shows that the password was shown a moment ago.
#[derive(Debug, Clone)]
pub struct FreshProof {
    /// What the client sends with grave requests.
    pub proof: Secret<String>,
    /// For how long.
    pub expires_in: Duration,
}

#[derive(Default)]
pub(crate) struct Proofs {
    /// Whose, and until when on the monotonic clock.
    known: Mutex<BTreeMap<TokenHash, (SessionId, Duration)>>,
}

impl Directory {
    /// Takes the requester's password once more and gives a proof of that. Guesses are slowed down as everywhere.
    pub async fn prove_freshly(
        &self,
        requester: &Requester,
        password: Secret<String>,
        caller: &Caller,
    ) -> Result<FreshProof, LoginError> {
        self.check_password(requester.user_id.as_str(), password, caller).await?;
        let token = Token::make(TokenKind::Fresh, &*self.entropy);
        let expires_in = Duration::from_secs(FRESH_PROOF_SECS_MAX);
        self.proofs.add(token.hash, requester.session_id, self.now(), expires_in);
        Ok(FreshProof { proof: token.plain, expires_in })
    }

    /// Whether this is a proof of the requester's own session that is still fresh.
    pub fn is_fresh(&self, requester: &Requester, proof: &str) -> bool {
        let owner = lookup_hash(proof).and_then(|hash| self.proofs.owner(&hash, self.now()));
        owner == Some(requester.session_id) && !requester.is_revoked()
    }
}

impl Proofs {
    fn add(&self, hash: TokenHash, session: SessionId, now: Duration, lifetime: Duration) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|_, (_, until)| *until > now);
        if known.len() >= PROOFS_MAX {
            let first = known.iter().min_by_key(|(_, (_, until))| *until).map(|(hash, _)| *hash);
            first.and_then(|first| known.remove(&first));
        }
        known.insert(hash, (session, now + lifetime));
    }

    fn owner(&self, hash: &TokenHash, now: Duration) -> Option<SessionId> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(hash).filter(|(_, until)| *until > now).map(|(session, _)| *session)
    }
}
