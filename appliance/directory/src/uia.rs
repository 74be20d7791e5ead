//! User-interactive authentication: proving once more who one is, before something grave is done.
//!
//! A UIA session is bound to the user and device that opened it, to the method and path and, for
//! people who are signed in, to the body (without `auth`); it is used up by success, dies after
//! five wrong answers and after 15 minutes, and lives in memory: after a restart, clients are simply
//! asked again. What comes out is a [`UiaPass`], which the grave operations take as an argument.
//!
//! The body is not bound for newcomers: clients first send an empty registration to learn the flows, and
//! a newcomer has nothing yet that another body could steal.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ruma::api::client::uiaa::{AuthData, AuthFlow, AuthType, UiaaInfo};
use ruma::api::error::{ErrorKind, StandardErrorBody};
use ruma::{OwnedDeviceId, OwnedUserId, UserId};
use sha2::{Digest, Sha256};
use veche_base::limits::{UIA_SESSION_SECS_MAX, UIA_SESSIONS_PER_USER_MAX};
use veche_base::{Secret, random_token};

use crate::StoreError;
use crate::directory::Directory;
use crate::limiter::TooFast;
use crate::login::{LoginError, typed_user};
use crate::requester::{Caller, Requester};
use crate::settings::RegistrationMode;
use crate::username;

/// Characters of a session's name: 130 bits.
const SESSION_CHARS: usize = 22;

/// Wrong answers before a session dies.
const ATTEMPTS_MAX: u32 = 5;

/// Sessions of newcomers at once, over all; a further one takes the place of the oldest.
const NEWCOMERS_MAX: usize = 2_000;

/// Who has to prove something.
#[derive(Debug, Clone, Copy)]
pub enum UiaSubject<'a> {
    /// Somebody who is signed in: by the account's password.
    Requester(&'a Requester),
    /// Somebody who wants an account: as the registration mode says.
    Newcomer,
}

/// The request that needs the proof.
#[derive(Debug, Clone, Copy)]
pub struct UiaRequest<'a> {
    /// Who has to prove something.
    pub subject: UiaSubject<'a>,
    /// The HTTP method.
    pub method: &'a str,
    /// The path as it came, without the query.
    pub path: &'a str,
    /// The body as it came, JSON.
    pub body: &'a [u8],
    /// Its `auth`, if any.
    pub auth: Option<&'a AuthData>,
    /// Where the request comes from.
    pub caller: &'a Caller,
}

/// Why the last answer did not do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UiaFailure {
    /// A wrong password or registration token.
    Wrong,
    /// The code of the authenticator app, to be typed behind the password, is missing, wrong or used up.
    Code,
    /// The password alone does not do: the account is opened by a passkey.
    Passkey,
    /// A kind of proof this server does not ask for.
    Unsupported,
}

/// What the client has to do next: the 401 answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UiaChallenge {
    /// Names the session; the client sends it back.
    pub session: String,
    /// The ways to prove it, each a list of stages.
    pub flows: Vec<Vec<AuthType>>,
    /// Stages that are done.
    pub completed: Vec<AuthType>,
    /// Why the last answer did not do.
    pub failure: Option<UiaFailure>,
}

/// Why a request did not get through.
#[derive(Debug, thiserror::Error)]
pub enum UiaError {
    /// Something has still to be proved (401 with [`UiaChallenge::to_info`]).
    #[error("a proof is needed")]
    Challenge(Box<UiaChallenge>),
    /// The session was opened for another request (`M_FORBIDDEN`).
    #[error("the session is for another request")]
    OtherRequest,
    /// Nobody may register (`M_FORBIDDEN`).
    #[error("registration is closed")]
    Closed,
    /// Too many attempts (`M_LIMIT_EXCEEDED`).
    #[error("too many attempts")]
    TooFast {
        /// When it is worth trying again.
        retry_after: Duration,
    },
    /// The database failed.
    #[error(transparent)]
    Internal(#[from] StoreError),
}

/// The proof, good for one operation. Only this file makes one.
#[derive(Debug)]
pub struct UiaPass {
    owner: Owner,
    token: Option<Token>,
}

/// The registration token a newcomer has shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Token {
    /// The one that makes the first administrator.
    Claim,
    /// One that an administrator made.
    Made(String),
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Owner {
    User(OwnedUserId, OwnedDeviceId),
    Newcomer,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Binding {
    owner: Owner,
    method: String,
    path: String,
    /// `None` for newcomers.
    body: Option<[u8; 32]>,
}

struct UiaSession {
    binding: Binding,
    flows: Vec<Vec<AuthType>>,
    completed: Vec<AuthType>,
    token: Option<Token>,
    wrong: u32,
    opened: Duration,
}

#[derive(Default)]
pub(crate) struct UiaSessions {
    open: Mutex<BTreeMap<Arc<str>, UiaSession>>,
}

/// What an answer was worth.
enum Outcome {
    Done(Option<Token>),
    Failed(UiaFailure),
    /// The client only asks where it stands.
    Nothing,
}

impl UiaPass {
    /// Who has proved to be themselves; `None` for newcomers.
    pub fn user(&self) -> Option<&UserId> {
        match &self.owner {
            Owner::User(user, _) => Some(user),
            Owner::Newcomer => None,
        }
    }

    pub(crate) fn newcomers_token(&self) -> Option<&Token> {
        self.token.as_ref()
    }
}

impl UiaChallenge {
    /// The body of the 401 answer, in ruma's words.
    pub fn to_info(&self) -> UiaaInfo {
        let mut info = UiaaInfo::new(self.flows.iter().cloned().map(AuthFlow::new).collect());
        info.session = Some(self.session.clone());
        info.completed.clone_from(&self.completed);
        info.params = serde_json::value::to_raw_value(&serde_json::json!({})).ok();
        info.auth_error = self.failure.map(|failure| {
            Box::new(match failure {
                UiaFailure::Wrong => StandardErrorBody::new(ErrorKind::Forbidden, "Wrong password or token".to_owned()),
                UiaFailure::Code => {
                    let words = "Type the code of your authenticator app behind the password; each is good once";
                    StandardErrorBody::new(ErrorKind::Forbidden, words.to_owned())
                }
                UiaFailure::Passkey => {
                    let words = "This account is opened by its passkey, not by the password alone";
                    StandardErrorBody::new(ErrorKind::Forbidden, words.to_owned())
                }
                UiaFailure::Unsupported => {
                    StandardErrorBody::new(ErrorKind::Unrecognized, "Unsupported kind of proof".to_owned())
                }
            })
        });
        info
    }
}

impl Directory {
    /// Checks whether the request brings what has to be proved, and takes the proof.
    pub async fn uia(&self, request: UiaRequest<'_>) -> Result<UiaPass, UiaError> {
        let flows = self.flows(request.subject)?;
        let binding = Binding::of(&request);
        let named = request.auth.and_then(AuthData::session);
        let known = match named {
            Some(session) => self.uia.check(session, &binding, self.now())?,
            None => false,
        };
        let session = match named {
            Some(session) if known => session.to_owned(),
            _ => self.uia.open(binding, flows, random_token(&*self.entropy, SESSION_CHARS), self.now()),
        };
        let outcome = match request.auth {
            // Whoever names a session that is gone has used it up or was too slow: ask again, judge nothing.
            Some(auth) if known || named.is_none() => self.judge(auth, &session, &request).await?,
            _ => Outcome::Nothing,
        };
        let stage = request.auth.and_then(AuthData::auth_type);
        self.uia.advance(&session, stage, outcome)
    }

    fn flows(&self, subject: UiaSubject<'_>) -> Result<Vec<Vec<AuthType>>, UiaError> {
        if let UiaSubject::Requester(_) = subject {
            return Ok(vec![vec![AuthType::Password]]);
        }
        let by_token = vec![AuthType::RegistrationToken];
        let claim = self.first_claim_token().map(|_| by_token.clone());
        Ok(match self.registration() {
            RegistrationMode::Closed => vec![claim.ok_or(UiaError::Closed)?],
            RegistrationMode::Token => vec![by_token],
            RegistrationMode::Open => std::iter::once(vec![AuthType::Dummy]).chain(claim).collect(),
        })
    }

    async fn judge(&self, auth: &AuthData, session: &str, request: &UiaRequest<'_>) -> Result<Outcome, UiaError> {
        if matches!(auth, AuthData::FallbackAcknowledgement(_)) {
            return Ok(Outcome::Nothing);
        }
        let wanted = auth.auth_type().is_some_and(|stage| self.uia.wants(session, &stage));
        if !wanted || !self.uia.count_attempt(session) {
            return Ok(Outcome::Failed(UiaFailure::Unsupported));
        }
        match auth {
            AuthData::Dummy(_) => Ok(Outcome::Done(None)),
            AuthData::Password(shown) => {
                self.judge_password(typed_user(&shown.identifier), &shown.password, request).await
            }
            AuthData::RegistrationToken(shown) => self.judge_token(&shown.token, request.caller).await,
            _ => Ok(Outcome::Failed(UiaFailure::Unsupported)),
        }
    }

    async fn judge_password(
        &self,
        typed: Option<&str>,
        password: &str,
        request: &UiaRequest<'_>,
    ) -> Result<Outcome, UiaError> {
        let UiaSubject::Requester(requester) = request.subject else {
            return Ok(Outcome::Failed(UiaFailure::Unsupported));
        };
        let meant = typed.and_then(|typed| username::typed(typed, self.server_name()));
        if meant.as_deref() != Some(&*requester.user_id) {
            // Somebody else's password proves nothing here, so this is no place to try it.
            return Ok(Outcome::Failed(UiaFailure::Wrong));
        }
        let password = Secret::new(password.to_owned());
        match self.check_password(requester.user_id.as_str(), password, request.caller).await {
            Ok(_) => Ok(Outcome::Done(None)),
            Err(LoginError::TooFast { retry_after }) => Err(UiaError::TooFast { retry_after }),
            Err(LoginError::Internal(error)) => Err(error.into()),
            Err(LoginError::CodeNeeded | LoginError::WrongCode | LoginError::CodeUsed) => {
                Ok(Outcome::Failed(UiaFailure::Code))
            }
            Err(LoginError::PasskeyNeeded) => Ok(Outcome::Failed(UiaFailure::Passkey)),
            Err(_) => Ok(Outcome::Failed(UiaFailure::Wrong)),
        }
    }

    async fn judge_token(&self, token: &str, caller: &Caller) -> Result<Outcome, UiaError> {
        let guess = self.limiter.token(caller.ip)?;
        let shown = if self.is_claim_token(token) {
            Token::Claim
        } else if self.is_usable_token(token).await? {
            Token::Made(token.to_owned())
        } else {
            return Ok(Outcome::Failed(UiaFailure::Wrong));
        };
        guess.was_right();
        Ok(Outcome::Done(Some(shown)))
    }
}

impl UiaSessions {
    /// Whether the session is open; an error when it is, for another request.
    fn check(&self, session: &str, binding: &Binding, now: Duration) -> Result<bool, UiaError> {
        let mut open = self.lock();
        forget_old(&mut open, now);
        match open.get(session) {
            Some(found) if found.binding == *binding => Ok(true),
            Some(_) => Err(UiaError::OtherRequest),
            None => Ok(false),
        }
    }

    fn open(&self, binding: Binding, flows: Vec<Vec<AuthType>>, name: String, now: Duration) -> String {
        let mut open = self.lock();
        forget_old(&mut open, now);
        let owner = binding.owner.clone();
        let bound = if owner == Owner::Newcomer { NEWCOMERS_MAX } else { UIA_SESSIONS_PER_USER_MAX };
        let same = |session: &UiaSession| match (&session.binding.owner, &owner) {
            (Owner::User(one, _), Owner::User(other, _)) => one == other,
            (one, other) => one == other,
        };
        let mut theirs: Vec<_> =
            open.iter().filter(|(_, it)| same(it)).map(|(name, it)| (it.opened, Arc::clone(name))).collect();
        theirs.sort();
        let surplus = (theirs.len() + 1).saturating_sub(bound);
        for (_, oldest) in theirs.into_iter().take(surplus) {
            open.remove(&oldest);
        }
        let session = UiaSession { binding, flows, completed: Vec::new(), token: None, wrong: 0, opened: now };
        open.insert(name.as_str().into(), session);
        name
    }

    fn wants(&self, session: &str, stage: &AuthType) -> bool {
        self.lock().get(session).is_some_and(|it| it.flows.iter().flatten().any(|wanted| wanted == stage))
    }

    /// Counts before the answer is judged, so that parallel answers do not get past the bound.
    fn count_attempt(&self, session: &str) -> bool {
        let mut open = self.lock();
        let Some(found) = open.get_mut(session) else { return false };
        found.wrong += 1;
        found.wrong <= ATTEMPTS_MAX
    }

    /// Takes the outcome into account: a pass when a flow is complete (and the session is used up), else what is missing.
    fn advance(&self, name: &str, stage: Option<AuthType>, outcome: Outcome) -> Result<UiaPass, UiaError> {
        let mut open = self.lock();
        // Two answers at once: the other one has used the session up.
        let session = open.get_mut(name).ok_or(UiaError::OtherRequest)?;
        let failure = match outcome {
            Outcome::Done(token) => {
                session.completed.extend(stage.filter(|stage| !session.completed.contains(stage)));
                session.token = token.or(session.token.take());
                session.wrong -= 1;
                None
            }
            Outcome::Failed(failure) => Some(failure),
            Outcome::Nothing => None,
        };
        let complete = session.flows.iter().any(|flow| flow.iter().all(|stage| session.completed.contains(stage)));
        if complete {
            let owner = session.binding.owner.clone();
            let token = session.token.take();
            open.remove(name);
            return Ok(UiaPass { owner, token });
        }
        let challenge = UiaChallenge {
            session: name.to_owned(),
            flows: session.flows.clone(),
            completed: session.completed.clone(),
            failure,
        };
        if session.wrong >= ATTEMPTS_MAX {
            open.remove(name);
        }
        Err(UiaError::Challenge(Box::new(challenge)))
    }

    pub(crate) fn forget_old(&self, now: Duration) {
        forget_old(&mut self.lock(), now);
    }

    #[cfg(test)]
    pub(crate) fn count(&self) -> usize {
        self.lock().len()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Arc<str>, UiaSession>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Binding {
    fn of(request: &UiaRequest<'_>) -> Self {
        let (owner, body) = match request.subject {
            UiaSubject::Requester(requester) => {
                (Owner::User(requester.user_id.clone(), requester.device_id.clone()), Some(body_hash(request.body)))
            }
            UiaSubject::Newcomer => (Owner::Newcomer, None),
        };
        Self { owner, method: request.method.to_owned(), path: request.path.to_owned(), body }
    }
}

fn forget_old(open: &mut BTreeMap<Arc<str>, UiaSession>, now: Duration) {
    open.retain(|_, session| now.saturating_sub(session.opened) < Duration::from_secs(UIA_SESSION_SECS_MAX));
}

/// Hash of what the body says without `auth`; the order of keys does not matter. What is not a JSON object is
/// hashed as bytes.
fn body_hash(body: &[u8]) -> [u8; 32] {
    let mut hasher = Sha256::new();
    match serde_json::from_slice::<BTreeMap<String, serde_json::Value>>(body) {
        Ok(mut object) => {
            object.remove("auth");
            for (key, value) in &object {
                absorb(&mut hasher, 'k', key);
                absorb_value(&mut hasher, value);
            }
        }
        Err(_) => hasher.update(body),
    }
    hasher.finalize().into()
}

/// The depth of the body has been checked where it was parsed first.
fn absorb_value(hasher: &mut Sha256, value: &serde_json::Value) {
    match value {
        serde_json::Value::Object(object) => {
            let sorted: BTreeMap<_, _> = object.iter().collect();
            absorb(hasher, 'o', &sorted.len().to_string());
            for (key, value) in sorted {
                absorb(hasher, 'k', key);
                absorb_value(hasher, value);
            }
        }
        serde_json::Value::Array(items) => {
            absorb(hasher, 'a', &items.len().to_string());
            items.iter().for_each(|item| absorb_value(hasher, item));
        }
        serde_json::Value::String(text) => absorb(hasher, 's', text),
        other => absorb(hasher, 'v', &other.to_string()),
    }
}

fn absorb(hasher: &mut Sha256, kind: char, text: &str) {
    hasher.update([kind as u8]);
    hasher.update((text.len() as u64).to_be_bytes());
    hasher.update(text);
}

impl From<TooFast> for UiaError {
    fn from(too_fast: TooFast) -> Self {
        Self::TooFast { retry_after: too_fast.retry_after }
    }
}
