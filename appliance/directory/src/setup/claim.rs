//! The claim code and those who have shown it.
//!
//! Threat: somebody in the network guesses the code before the owner types it. It has 130 bits, five wrong tries make it
//! worth nothing, and an address that has used up a code waits a minute, so that nobody changes the code faster than
//! the owner can type it.

use std::collections::{BTreeMap, VecDeque};
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use veche_base::canonical_ip::limit_key;
use veche_base::{Entropy, Secret};
use veche_store::sql::sessions::TokenHash;

use super::Setup;
use crate::requester::Caller;
use crate::tokens::{Token, TokenKind, lookup_hash, sha256};

/// Wrong tries after which there is another code.
pub const CLAIM_TRIES_MAX: u32 = 5;
/// Letters and digits of a code, five bits each: 130 bits.
const CODE_CHARS: usize = 26;
/// No letter that is taken for another one or for a digit (Crockford's Base32).
const CODE_ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// A code as somebody may type it, with whatever stands between.
const TYPED_BYTES_MAX: usize = 200;
/// How long an address waits that has used up a code.
const PAUSE: Duration = Duration::from_secs(60);
/// Addresses that wait at once; beyond, the one that is nearest to its end is forgotten.
const WAITING_MAX: usize = 1_000;
/// Sessions at once: a few browsers, of which the oldest gives way.
const SESSIONS_MAX: usize = 8;
/// How long a session lasts.
const SESSION: Duration = Duration::from_secs(12 * 60 * 60);

/// What whoever has shown the code sends with everything after that.
#[derive(Debug, Clone)]
pub struct ClaimSession {
    /// Proves that the code was shown.
    pub token: Secret<String>,
    /// For how long.
    pub expires_in: Duration,
}

/// Why a claim was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ClaimError {
    /// It is not the code (`M_FORBIDDEN`).
    #[error("wrong claim code")]
    Wrong {
        /// Tries until there is another code; none: there is one now.
        tries_left: u32,
    },
    /// This address has used up a code (`M_LIMIT_EXCEEDED`).
    #[error("too many wrong claim codes")]
    TooFast {
        /// When it is worth trying again.
        retry_after: Duration,
    },
}

pub(super) struct Claims {
    rates: bool,
    /// The code that holds, for whoever shows it to people.
    codes: watch::Sender<Secret<String>>,
    inner: Mutex<Inner>,
}

struct Inner {
    code: TokenHash,
    tries_left: u32,
    /// Until when, on the monotonic clock.
    waiting: BTreeMap<IpAddr, Duration>,
    /// The oldest first.
    sessions: VecDeque<(TokenHash, Duration)>,
}

impl Claims {
    pub(super) fn new(entropy: &dyn Entropy, rates: bool) -> Self {
        let code = fresh_code(entropy);
        let inner = Inner {
            code: sha256(code.expose().as_bytes()),
            tries_left: CLAIM_TRIES_MAX,
            waiting: BTreeMap::new(),
            sessions: VecDeque::new(),
        };
        Self { rates, codes: watch::Sender::new(code), inner: Mutex::new(inner) }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Setup {
    /// The code that holds now, and every one that takes its place. For the console of the machine alone.
    pub fn codes(&self) -> watch::Receiver<Secret<String>> {
        self.claims.codes.subscribe()
    }

    /// Takes the code from whoever has read it on the console, in capitals or not, with or without what stands between.
    pub fn claim(&self, typed: &str, caller: &Caller) -> Result<ClaimSession, ClaimError> {
        let (now, address) = (self.now(), limit_key(caller.ip));
        let mut inner = self.claims.lock();
        inner.waiting.retain(|_, until| *until > now);
        if let Some(until) = inner.waiting.get(&address) {
            return Err(ClaimError::TooFast { retry_after: until.saturating_sub(now) });
        }
        // Hashes are compared, so that the time says nothing about how much of the code was right.
        if normalized(typed).is_none_or(|code| sha256(code.as_bytes()) != inner.code) {
            return Err(self.wrong(&mut inner, address));
        }
        inner.tries_left = CLAIM_TRIES_MAX;
        let token = Token::make(TokenKind::Setup, &*self.entropy);
        if inner.sessions.len() >= SESSIONS_MAX {
            inner.sessions.pop_front();
        }
        inner.sessions.push_back((token.hash, now + SESSION));
        drop(inner);
        tracing::info!("the claim code was shown; the wizard may go on");
        Ok(ClaimSession { token: token.plain, expires_in: SESSION })
    }

    /// Whether this is the token of a session that lasts.
    pub fn is_session(&self, token: &str) -> bool {
        let Some(hash) = lookup_hash(token) else { return false };
        let now = self.now();
        self.claims.lock().sessions.iter().any(|(known, until)| *known == hash && *until > now)
    }

    fn wrong(&self, inner: &mut Inner, address: IpAddr) -> ClaimError {
        inner.tries_left -= 1;
        let tries_left = inner.tries_left;
        if tries_left > 0 {
            tracing::warn!(tries_left, "a wrong claim code");
            return ClaimError::Wrong { tries_left };
        }
        let code = fresh_code(&*self.entropy);
        inner.code = sha256(code.expose().as_bytes());
        inner.tries_left = CLAIM_TRIES_MAX;
        self.claims.codes.send_replace(code);
        tracing::warn!("the claim code was wrong too often; there is another one now");
        if self.claims.rates {
            if inner.waiting.len() >= WAITING_MAX {
                let first = inner.waiting.iter().min_by_key(|(_, until)| **until).map(|(address, _)| *address);
                first.and_then(|first| inner.waiting.remove(&first));
            }
            inner.waiting.insert(address, self.now() + PAUSE);
        }
        ClaimError::Wrong { tries_left }
    }
}

/// A code as people read it: in groups of four.
pub fn shown_code(code: &Secret<String>) -> Secret<String> {
    let letters: Vec<char> = code.expose().chars().collect();
    Secret::new(letters.chunks(4).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join("-"))
}

/// 256 is a multiple of 32, so every letter is as likely as any other.
fn fresh_code(entropy: &dyn Entropy) -> Secret<String> {
    let mut bytes = [0_u8; CODE_CHARS];
    entropy.fill(&mut bytes);
    Secret::new(bytes.iter().map(|byte| char::from(CODE_ALPHABET[usize::from(byte % 32)])).collect())
}

/// What somebody typed, as a code; `None` when it cannot be one.
fn normalized(typed: &str) -> Option<String> {
    if typed.len() > TYPED_BYTES_MAX {
        return None;
    }
    let letters = typed.chars().filter(|letter| !letter.is_whitespace() && *letter != '-');
    let code: String = letters
        .map(|letter| match letter.to_ascii_uppercase() {
            'O' => '0',
            'I' | 'L' => '1',
            other => other,
        })
        .collect();
    (code.len() == CODE_CHARS).then_some(code)
}
