//! A password that a company directory knows: search, then bind (RFC 4513 §5.1).

use std::time::Duration;

use ruma::OwnedUserId;
use serde_json::json;
use tokio::time::timeout;
use veche_base::Secret;
use veche_base::limits::{ID_BYTES_MAX, LDAP_ANSWER_SECS_MAX, PASSWORD_BYTES_MAX};
use veche_store::sql::accounts::{self, Kind, NewAccount};
use veche_store::sql::user_directories::{self, Person};
use veche_store::sql::{Tx, journal, second_factors};

use super::connection::Connection;
use super::entry::{Mapped, account_name};
use super::groups::may_enter;
use super::{Cause, Source, Whom};
use crate::StoreError;
use crate::directory::Directory;
use crate::login::LoginError;
use crate::registry::Change;
use crate::requester::Caller;
use crate::totp;

/// All that is asked of one directory about somebody who signs in.
const ASKING_MAX: Duration = Duration::from_secs(30);

/// What asking a directory came to, if it did not let somebody in.
enum Refused {
    /// The directory is at fault, or does not know him.
    Cause(Cause),
    /// The login is.
    Login(LoginError),
}

impl From<Cause> for Refused {
    fn from(cause: Cause) -> Self {
        Self::Cause(cause)
    }
}

impl From<LoginError> for Refused {
    fn from(error: LoginError) -> Self {
        Self::Login(error)
    }
}

impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Self {
        Self::Login(LoginError::Internal(error))
    }
}

impl From<crate::limiter::TooFast> for Refused {
    fn from(error: crate::limiter::TooFast) -> Self {
        Self::Login(error.into())
    }
}

/// Somebody who signs in.
struct Attempt<'a> {
    whom: Whom<'a>,
    password: &'a Secret<String>,
    caller: &'a Caller,
    /// Every directory before this one has answered: a new account may be made.
    may_make: bool,
}

impl Directory {
    /// Whose password it is by the company directories, with the code that was typed behind it where the account has a
    /// second factor. Makes the account when somebody comes for the first time.
    ///
    /// `user` is the account that was typed, if it is a name that one of ours can have.
    pub(crate) async fn check_with_directories(
        &self,
        typed: &str,
        user: Option<&OwnedUserId>,
        password: &Secret<String>,
        caller: &Caller,
    ) -> Result<(OwnedUserId, Option<u32>), LoginError> {
        let typed = typed.trim();
        let is_usable = is_usable(typed, ID_BYTES_MAX) && is_usable(password.expose(), PASSWORD_BYTES_MAX + 7);
        let sources = if is_usable { self.sources().await? } else { Vec::new() };
        if sources.is_empty() {
            return Err(LoginError::WrongCredentials);
        }
        let person = self.person(user).await?;
        if person.is_none() && user.is_some_and(|user| self.account(user).is_some()) {
            // Made here, and opened by nothing else.
            return Err(LoginError::WrongCredentials);
        }
        let waiting = Duration::from_secs(LDAP_ANSWER_SECS_MAX);
        let turn = timeout(waiting, self.ldap.turns.acquire()).await;
        let _turn = turn.map_err(|_| LoginError::DirectoryAway)?.map_err(|_| LoginError::DirectoryAway)?;
        let is_whole_id = typed.starts_with('@');
        let own = person.as_ref().filter(|_| is_whole_id);
        let mut away = false;
        for source in &sources {
            if own.is_some_and(|person| person.directory_id != Some(source.id)) {
                continue;
            }
            let whom = match (own, user) {
                (Some(person), _) => Whom::Entry(&person.entry_id),
                (None, Some(user)) if is_whole_id => Whom::Typed(user.localpart()),
                (None, _) => Whom::Typed(typed),
            };
            let attempt = Attempt { whom, password, caller, may_make: !away };
            let asked = timeout(ASKING_MAX, self.ask(source, &attempt)).await;
            match asked.unwrap_or(Err(Refused::Cause(Cause::TimedOut))) {
                Ok(found) => return Ok(found),
                Err(Refused::Login(error)) => return Err(error),
                Err(Refused::Cause(Cause::NoEntry)) => {}
                Err(Refused::Cause(cause)) => {
                    tracing::warn!(directory = source.name, cause = cause.code(), error = %cause, "nobody let in");
                    if is_answer(&cause) {
                        return Err(LoginError::WrongCredentials);
                    }
                    away = true;
                }
            }
        }
        Err(if away { LoginError::DirectoryAway } else { LoginError::WrongCredentials })
    }

    async fn person(&self, user: Option<&OwnedUserId>) -> Result<Option<Person>, StoreError> {
        let Some(user) = user.cloned() else { return Ok(None) };
        self.sql.read(move |view| user_directories::person(view, &user)).await
    }

    async fn ask(&self, source: &Source, attempt: &Attempt<'_>) -> Result<(OwnedUserId, Option<u32>), Refused> {
        let mut connection = Connection::bound(self.dialer()?, &source.config, &source.password).await?;
        let entry = source.find(&mut connection, &attempt.whom).await?;
        // One allowance however he is called: by login name, mail address or in capitals.
        let guess = self.limiter.password(&format!("entry:{}", entry.entry_id), attempt.caller.ip, false)?;
        if entry.is_disabled {
            return Err(Cause::Disabled.into());
        }
        if !may_enter(&mut connection, &source.config, &entry.dn, entry.login.as_deref()).await? {
            return Err(Cause::NotInGroup.into());
        }
        let (known, has_factor) = self.known(&entry.entry_id).await?;
        let split = if has_factor { totp::split(attempt.password.expose()) } else { None };
        let (password, code) = match split {
            Some((password, code)) => (Secret::new(password.to_owned()), Some(code)),
            None => (attempt.password.clone(), None),
        };
        if let Err(words) = connection.bind(&entry.dn, &password).await? {
            tracing::info!(directory = source.name, words, "a password was refused");
            return Err(LoginError::WrongCredentials.into());
        }
        connection.close().await;
        if known.is_none() && !attempt.may_make {
            return Err(LoginError::DirectoryAway.into());
        }
        let user = self.take_in(source, entry).await?;
        guess.was_right();
        Ok((user, code))
    }

    /// The person of this entry, and whether his account shows a second factor.
    async fn known(&self, entry_id: &str) -> Result<(Option<Person>, bool), StoreError> {
        let entry_id = entry_id.to_owned();
        let read = move |view: &veche_store::sql::View<'_>| {
            let person = user_directories::person_of_entry(view, &entry_id)?;
            let factor = match &person {
                Some(person) => second_factors::get(view, &person.user_id)?,
                None => None,
            };
            Ok::<_, StoreError>((person, factor.is_some_and(|factor| factor.since_ms.is_some())))
        };
        self.sql.read(read).await
    }

    /// The account of somebody who has proved who he is; a new one when he comes for the first time.
    async fn take_in(&self, source: &Source, entry: Mapped) -> Result<OwnedUserId, Refused> {
        let name = entry.login.as_deref().and_then(|login| account_name(login, self.server_name()));
        let authority = source.authority();
        let (id, now_ms) = (source.id, self.clock.wall_ms());
        let target = name.as_ref().map_or("", |name| name.as_str()).to_owned();
        let clash =
            self.act(&authority, "directory.clash", &target, json!({ "entry": entry.entry_id, "dn": entry.dn }));
        let made = self.act(&authority, "account.create", &target, json!({ "admin": false, "dn": entry.dn }));
        let profile = serde_json::to_string(&entry.profile).unwrap_or_else(|_| "{}".to_owned());
        let taken = self
            .commit(move |tx, changes| -> Result<Result<OwnedUserId, Cause>, StoreError> {
                let known = user_directories::person_of_entry(tx, &entry.entry_id)?;
                let user = match &known {
                    Some(person) if person.directory_id.is_none_or(|of| of == id) => person.user_id.clone(),
                    Some(_) => return clashes(tx, &clash),
                    None => match name {
                        Some(name) if make(tx, changes, &name, now_ms)? => {
                            journal::append(tx, &made)?;
                            name
                        }
                        Some(_) => return clashes(tx, &clash),
                        None => return Ok(Err(Cause::Incomplete("login name"))),
                    },
                };
                // Back from being locked by his directory, which lets him in again now.
                if known.as_ref().is_some_and(|person| person.barred.is_some()) {
                    accounts::set_locked(tx, &user, false)?;
                    changes.extend(accounts::get(tx, &user)?.map(Change::Account));
                }
                let named = known.and_then(|person| person.named);
                let person = Person {
                    user_id: user.clone(),
                    directory_id: Some(id),
                    entry_id: entry.entry_id,
                    profile,
                    named,
                    barred: None,
                };
                user_directories::set_person(tx, &person, now_ms)?;
                Ok(Ok(user))
            })
            .await?;
        self.ldap.named.notify_one();
        Ok(taken?)
    }
}

/// Whether the directory has said no, rather than nothing.
const fn is_answer(cause: &Cause) -> bool {
    matches!(cause, Cause::TwoEntries | Cause::NotInGroup | Cause::Disabled | Cause::Incomplete(_) | Cause::Clash)
}

fn is_usable(text: &str, bytes_max: usize) -> bool {
    !text.is_empty() && text.len() <= bytes_max && !text.contains('\0')
}

fn clashes(tx: &Tx<'_>, act: &journal::Act) -> Result<Result<OwnedUserId, Cause>, StoreError> {
    journal::append(tx, act)?;
    Ok(Err(Cause::Clash))
}

fn make(tx: &Tx<'_>, changes: &mut Vec<Change>, name: &OwnedUserId, now_ms: u64) -> Result<bool, StoreError> {
    let new =
        NewAccount { user_id: name.clone(), kind: Kind::User, password_hash: None, admin: false, created_ms: now_ms };
    let made = accounts::create(tx, &new)?;
    if made {
        changes.extend(accounts::get(tx, name)?.map(Change::Account));
    }
    Ok(made)
}
