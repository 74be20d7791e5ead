//! Fresh proofs: before something grave is done in the console, its administrator has shown his password a moment ago.
//!
//! A proof belongs to the session that asked for it, is good for five minutes, and is kept as a hash, in memory: after a
//! restart the password is simply asked for again.

use std::time::Duration;

use veche_base::Secret;
use veche_store::sql::sessions::{SessionId, TokenHash};

use crate::directory::Directory;
use crate::login::LoginError;
use crate::requester::{Caller, Requester};
use crate::tokens::{Token, TokenKind, lookup_hash};
use crate::waiting::Waiting;

/// How long a proof is fresh.
pub const FRESH_PROOF_SECS_MAX: u64 = 5 * 60;
/// Proofs at once, over all administrators.
const PROOFS_MAX: usize = 1_000;

/// What shows that the password was shown a moment ago.
#[derive(Debug, Clone)]
pub struct FreshProof {
    /// What the client sends with grave requests.
    pub proof: Secret<String>,
    /// For how long.
    pub expires_in: Duration,
}

/// By the hash of each proof, whose it is.
pub(crate) struct Proofs(Waiting<TokenHash, SessionId>);

impl Default for Proofs {
    fn default() -> Self {
        Self(Waiting::at_most(PROOFS_MAX))
    }
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
        self.proofs.0.put(token.hash, requester.session_id, self.now(), expires_in);
        Ok(FreshProof { proof: token.plain, expires_in })
    }

    /// Whether this is a proof of the requester's own session that is still fresh.
    pub fn is_fresh(&self, requester: &Requester, proof: &str) -> bool {
        let owner = lookup_hash(proof).and_then(|hash| self.proofs.0.look(&hash, self.now()));
        owner == Some(requester.session_id) && !requester.is_revoked()
    }
}
