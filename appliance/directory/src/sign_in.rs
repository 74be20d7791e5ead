//! Where every way to sign in ends: the gate, the device, its tokens.

use std::time::Duration;

use ruma::{OwnedDeviceId, OwnedUserId};
use veche_base::limits::{DEVICES_PER_USER_MAX, DISPLAY_NAME_BYTES_MAX, ID_BYTES_MAX};
use veche_base::{Entropy, Secret, random_token};
use veche_store::sql::Tx;
use veche_store::sql::accounts::{self, Account};
use veche_store::sql::outbox::{self, Work};
use veche_store::sql::sessions::{self, LastSeen, NewSession, TokenPair};

use crate::StoreError;
use crate::directory::Directory;
use crate::registry::{Change, Reason};
use crate::requester::Caller;
use crate::tokens::{Token, TokenKind};

/// Characters of the name of a device that brings none.
const DEVICE_ID_CHARS: usize = 10;

/// A device of the same name may be signed out again and again while another one signs in; that often is no accident.
const TRIES_MAX: u32 = 10;

/// How much of a client's description of itself is kept.
const AGENT_BYTES_MAX: usize = 255;

/// Why an account may not sign in, whatever it has proved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// It has been deactivated, for good.
    Deactivated,
    /// An administrator has locked it.
    Locked,
}

/// The one gate behind every way to sign in and to renew a token.
pub const fn may_login(account: &Account) -> Result<(), Refusal> {
    if account.deactivated_ms.is_some() {
        return Err(Refusal::Deactivated);
    }
    if account.locked {
        return Err(Refusal::Locked);
    }
    Ok(())
}

/// A device that is now signed in, with the tokens that nobody can be told again.
#[derive(Debug, Clone)]
pub struct SignedIn {
    /// Whose it is.
    pub user_id: OwnedUserId,
    /// Which device.
    pub device_id: OwnedDeviceId,
    /// Proves who asks.
    pub access_token: Secret<String>,
    /// Renews the access token; for clients that said they can.
    pub refresh_token: Option<Secret<String>>,
    /// How long the access token lives; for ever when `None`.
    pub expires_in: Option<Duration>,
}

/// Tokens that were made, with the pair to store.
#[derive(Clone)]
pub(crate) struct Issued {
    pub(crate) access: Secret<String>,
    pub(crate) refresh: Option<Secret<String>>,
    pub(crate) expires_in: Option<Duration>,
    pub(crate) pair: TokenPair,
}

/// The device a client asks for. Made by [`Directory::wish`], which checks it.
#[derive(Clone)]
pub(crate) struct Wish {
    device_id: OwnedDeviceId,
    display_name: Option<String>,
    seen: LastSeen,
    issued: Issued,
}

/// The client's name for its device cannot be used.
pub(crate) struct BadDeviceId;

/// Why a transaction signed nobody in, though nobody was refused.
#[derive(Debug)]
pub(crate) enum Hindrance {
    /// A device of this name is gone, and conversations have not forgotten it yet.
    Lingering(OwnedUserId),
    /// The database failed.
    Internal(StoreError),
}

impl From<StoreError> for Hindrance {
    fn from(error: StoreError) -> Self {
        Self::Internal(error)
    }
}

impl From<Hindrance> for StoreError {
    fn from(hindrance: Hindrance) -> Self {
        match hindrance {
            Hindrance::Lingering(user) => Self::Engine(format!("a former device of {user} cannot be forgotten")),
            Hindrance::Internal(error) => error,
        }
    }
}

impl Directory {
    pub(crate) fn issue(&self, with_refresh: bool) -> Issued {
        let access = Token::make(TokenKind::Access, &*self.entropy);
        let refresh = with_refresh.then(|| Token::make(TokenKind::Refresh, &*self.entropy));
        let expires_in = with_refresh.then(|| Duration::from_secs(self.settings.access_token_secs));
        let expires_ms = with_refresh.then(|| self.clock.wall_ms() + self.settings.access_token_secs * 1_000);
        Issued {
            pair: TokenPair { access: access.hash, expires_ms, refresh: refresh.as_ref().map(|token| token.hash) },
            access: access.plain,
            refresh: refresh.map(|token| token.plain),
            expires_in,
        }
    }

    pub(crate) fn wish(
        &self,
        device_id: Option<OwnedDeviceId>,
        display_name: Option<String>,
        refresh_token: bool,
        caller: &Caller,
    ) -> Result<Wish, BadDeviceId> {
        let device_id = match device_id {
            Some(asked) if is_good_device_id(asked.as_str()) => asked,
            Some(_) => return Err(BadDeviceId),
            None => fresh_device_id(&*self.entropy),
        };
        Ok(Wish {
            device_id,
            display_name: display_name.map(|name| cut(&name, DISPLAY_NAME_BYTES_MAX)),
            seen: last_seen(self.clock.wall_ms(), caller),
            issued: self.issue(refresh_token),
        })
    }

    /// Runs a transaction that ends in [`sign_in`]. A device that is gone is forgotten before another one takes its
    /// name: done later, that would take the keys along which the new one has uploaded meanwhile.
    pub(crate) async fn admit<R: Send + 'static>(
        &self,
        wish: Wish,
        work: impl Fn(&Tx<'_>, &mut Vec<Change>, Wish) -> Result<R, Hindrance> + Clone + Send + 'static,
    ) -> Result<R, StoreError> {
        for _ in 1..TRIES_MAX {
            let (work, wish_again) = (work.clone(), wish.clone());
            match self.commit(move |tx, changes| work(tx, changes, wish_again)).await {
                Err(Hindrance::Lingering(user)) => self.settle_device(&user, &wish.device_id).await?,
                outcome => return Ok(outcome?),
            }
        }
        Ok(self.commit(move |tx, changes| work(tx, changes, wish)).await?)
    }
}

/// Signs the device in, inside the caller's transaction. An inner refusal leaves the transaction as it was. See
/// [`Directory::admit`].
///
/// An account with as many devices as it may have loses the one unseen for longest: refusing instead
/// would shut out for good whoever has no device left to delete another one from.
pub(crate) fn sign_in(
    tx: &Tx<'_>,
    changes: &mut Vec<Change>,
    user_id: OwnedUserId,
    wish: Wish,
) -> Result<Result<SignedIn, Refusal>, Hindrance> {
    // Looked at here and not in memory: it may have been locked while the password was being checked.
    let account = accounts::get(tx, &user_id)?.ok_or_else(|| StoreError::Corrupt(format!("{user_id} is gone")))?;
    if let Err(refusal) = may_login(&account) {
        return Ok(Err(refusal));
    }
    if !outbox::of_device(tx, &user_id, &wish.device_id)?.is_empty() {
        return Err(Hindrance::Lingering(user_id));
    }
    match sessions::get(tx, &user_id, &wish.device_id)? {
        Some(former) => changes.push(Change::Ended(former.session_id, Reason::Replaced)),
        None => make_room(tx, changes, &user_id)?,
    }
    let session = sessions::create(
        tx,
        &NewSession {
            user_id: user_id.clone(),
            device_id: wish.device_id.clone(),
            display_name: wish.display_name,
            tokens: wish.issued.pair,
            seen: wish.seen,
        },
    )?;
    changes.push(Change::session(session));
    Ok(Ok(SignedIn {
        user_id,
        device_id: wish.device_id,
        access_token: wish.issued.access,
        refresh_token: wish.issued.refresh,
        expires_in: wish.issued.expires_in,
    }))
}

fn make_room(tx: &Tx<'_>, changes: &mut Vec<Change>, user: &OwnedUserId) -> Result<(), StoreError> {
    let devices = sessions::of_user(tx, user)?;
    let surplus = (devices.len() + 1).saturating_sub(DEVICES_PER_USER_MAX);
    for unseen in devices.iter().take(surplus) {
        tracing::info!(user_id = %user, device_id = %unseen.device_id, "signed out the device unseen for longest");
        remove(tx, changes, unseen, Reason::MadeRoom)?;
    }
    Ok(())
}

/// Ends a session for good and tells the owner of conversations that the device is gone.
pub(crate) fn remove(
    tx: &Tx<'_>,
    changes: &mut Vec<Change>,
    session: &sessions::Session,
    reason: Reason,
) -> Result<(), StoreError> {
    if sessions::delete(tx, session.session_id)? {
        let (user_id, device_id) = (session.user_id.clone(), session.device_id.clone());
        outbox::push(tx, &Work::DeviceRemoved { user_id, device_id })?;
        changes.push(Change::Ended(session.session_id, reason));
        changes.push(Change::Work);
    }
    Ok(())
}

pub(crate) fn last_seen(at_ms: u64, caller: &Caller) -> LastSeen {
    let agent = caller.agent.as_deref().map(|agent| cut(agent, AGENT_BYTES_MAX));
    LastSeen { at_ms, ip: Some(caller.ip.to_canonical().to_string()), agent }
}

/// Device ids are opaque, but they end up in keys, logs and URLs.
fn is_good_device_id(id: &str) -> bool {
    !id.is_empty() && id.len() <= ID_BYTES_MAX && !id.chars().any(char::is_control)
}

/// Ten capitals, as clients show them to people: 47 bits, which only have to be unique within an account.
fn fresh_device_id(entropy: &dyn Entropy) -> OwnedDeviceId {
    let capitals =
        random_token(entropy, DEVICE_ID_CHARS * 16).bytes().filter(u8::is_ascii_uppercase).collect::<Vec<_>>();
    let id: String = capitals.into_iter().take(DEVICE_ID_CHARS).map(char::from).collect();
    id.into()
}

pub(crate) fn cut(text: &str, bytes_max: usize) -> String {
    text[..text.floor_char_boundary(bytes_max)].to_owned()
}
