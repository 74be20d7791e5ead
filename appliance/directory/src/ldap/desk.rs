//! What administrators do with company directories: keep them, test them, read what became of their people.
//!
//! Whoever says which directory is asked says who gets into the accounts that it opens. So that takes the right to look
//! after people, too; and while one of those accounts is an administrator's, it takes an owner.

use std::time::Duration;

use ruma::UserId;
use serde_json::json;
use tokio::time::timeout;
use veche_base::Secret;
use veche_base::limits::{LDAP_DIRECTORIES_MAX, PASSWORD_BYTES_MAX};
use veche_store::sql::grants::Grant;
use veche_store::sql::journal;
use veche_store::sql::user_directories::{self, DirectoryId, NewUserDirectory, UserDirectory};

use super::config::{Config, ConfigFault};
use super::connection::Connection;
use super::entry::{Profile, account_name};
use super::groups::{groups_above, may_enter};
use super::sync::SyncReport;
use super::{Cause, Source, Whom};
use crate::StoreError;
use crate::directory::Directory;
use crate::journal::{Authority, NotGranted};

/// How long a test may take.
const TEST_MAX: Duration = Duration::from_secs(30);
/// Bytes of a directory's name.
const NAME_BYTES_MAX: usize = 100;

/// A directory as administrators see it: without the password.
#[derive(Debug, Clone)]
pub struct DirectorySource {
    /// Which one.
    pub id: DirectoryId,
    /// Directories are asked in the order of this, smallest first.
    pub place: u32,
    /// What it is called.
    pub name: String,
    /// Whether it is asked at all.
    pub enabled: bool,
    /// How it is reached and read.
    pub config: Config,
    /// Accounts that it opens.
    pub people: usize,
}

/// A directory that is made or changed.
#[derive(Debug, Clone)]
pub struct NewSource {
    /// See [`DirectorySource::place`].
    pub place: u32,
    /// See [`DirectorySource::name`].
    pub name: String,
    /// See [`DirectorySource::enabled`].
    pub enabled: bool,
    /// See [`DirectorySource::config`].
    pub config: Config,
    /// The server's password; the kept one when `None`.
    pub password: Option<Secret<String>>,
}

/// What somebody would get.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SourceTest {
    /// Why he would not get in, a stable word; `None` when he would, if his password is right.
    pub cause: Option<&'static str>,
    /// The same in English.
    pub words: Option<String>,
    /// His entry.
    pub dn: Option<String>,
    /// The account that he has or would get.
    pub account: Option<String>,
    /// Groups that he is in, the nearest first; not known where the directory looks through groups itself.
    pub groups: Vec<String>,
    /// What the address book would say.
    pub profile: Option<Profile>,
}

/// Why an administrator's wish about directories was refused.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// There is no such directory (`M_NOT_FOUND`).
    #[error("unknown directory")]
    NotFound,
    /// Something in the configuration cannot be used (`M_INVALID_PARAM`).
    #[error("{}: {}", .0.field, .0.code)]
    Fault(ConfigFault),
    /// A directory opens an administrator's account: only owners change directories then (`M_FORBIDDEN`).
    #[error("a directory opens an administrator's account")]
    Administrators,
    /// Another one has this name (`M_INVALID_PARAM`).
    #[error("the name is taken")]
    NameTaken,
    /// A password is needed, because it would be said to somebody else than before (`M_INVALID_PARAM`).
    #[error("the password must be given anew")]
    PasswordNeeded,
    /// There are as many as there may be (`M_LIMIT_EXCEEDED`).
    #[error("too many directories")]
    TooMany,
    /// The administrator has not been granted this (`M_FORBIDDEN`).
    #[error(transparent)]
    NotGranted(#[from] NotGranted),
    /// The database failed.
    #[error(transparent)]
    Internal(#[from] StoreError),
}

impl Directory {
    /// All directories, in the order in which they are asked.
    pub async fn directory_sources(&self, authority: &Authority) -> Result<Vec<DirectorySource>, SourceError> {
        authority.must(Grant::System)?;
        let read = |view: &veche_store::sql::View<'_>| {
            let stored = user_directories::all(view)?.into_iter();
            let with_people = stored.map(|one| Ok((user_directories::people(view, one.directory_id)?.len(), one)));
            with_people.collect::<Result<Vec<_>, StoreError>>()
        };
        let stored = self.sql.read(read).await?;
        stored.into_iter().map(|(people, one)| Ok(shown(one, people)?)).collect()
    }

    /// Adds a directory.
    pub async fn create_directory_source(
        &self,
        authority: &Authority,
        new: NewSource,
    ) -> Result<DirectoryId, SourceError> {
        self.must_be_above_people(authority).await?;
        let password = new.password.clone().ok_or(SourceError::PasswordNeeded)?;
        let stored = checked(&new, password)?;
        let act = self.act(authority, "directory.create", &stored.name, told(&new.config));
        self.sql
            .write(move |tx| {
                if user_directories::all(tx)?.len() >= LDAP_DIRECTORIES_MAX {
                    return Err(SourceError::TooMany);
                }
                let id = user_directories::create(tx, &stored)?.ok_or(SourceError::NameTaken)?;
                journal::append(tx, &act)?;
                Ok(id)
            })
            .await
    }

    /// Changes a directory. The password may only be kept where it is said to the same servers as before.
    pub async fn update_directory_source(
        &self,
        authority: &Authority,
        id: DirectoryId,
        new: NewSource,
    ) -> Result<(), SourceError> {
        self.must_be_above_people(authority).await?;
        let password = self.password_for(Some(id), &new.config, new.password.clone()).await?;
        let stored = checked(&new, password)?;
        let act = self.act(authority, "directory.update", &stored.name, told(&new.config));
        self.sql
            .write(move |tx| {
                user_directories::get(tx, id)?.ok_or(SourceError::NotFound)?;
                if !user_directories::update(tx, id, &stored)? {
                    return Err(SourceError::NameTaken);
                }
                Ok(journal::append(tx, &act)?)
            })
            .await
    }

    /// Takes a directory away. Its people stay in, and nothing lets them in again until a directory with their entries
    /// is back.
    pub async fn delete_directory_source(&self, authority: &Authority, id: DirectoryId) -> Result<(), SourceError> {
        self.must_be_above_people(authority).await?;
        let stored = self.sql.read(move |view| user_directories::get(view, id)).await?.ok_or(SourceError::NotFound)?;
        let act = self.act(authority, "directory.delete", &stored.name, json!({}));
        self.sql
            .write(move |tx| {
                if !user_directories::delete(tx, id)? {
                    return Err(SourceError::NotFound);
                }
                Ok(journal::append(tx, &act)?)
            })
            .await
    }

    /// What somebody would get by a configuration, kept or not. `id` is the directory whose password is used when none
    /// is given. No password of his is asked for or tried.
    pub async fn test_directory_source(
        &self,
        authority: &Authority,
        id: Option<DirectoryId>,
        config: Config,
        password: Option<Secret<String>>,
        user: &str,
    ) -> Result<SourceTest, SourceError> {
        authority.must(Grant::System)?;
        config.check().map_err(SourceError::Fault)?;
        let password = self.password_for(id, &config, password).await?;
        let source = Source { id: id.unwrap_or(DirectoryId(0)), name: "test".to_owned(), config, password, mark: None };
        let mut test = SourceTest::default();
        if let Err(cause) = self.try_out(&source, user.trim(), &mut test).await? {
            test.cause = Some(cause.code());
            test.words = Some(cause.to_string());
        }
        Ok(test)
    }

    /// Looks at everybody of a directory now. `many`: also if a large part of them is locked by it, for which one must
    /// look after people, too.
    pub async fn sync_directory_source(
        &self,
        authority: &Authority,
        id: DirectoryId,
        many: bool,
    ) -> Result<SyncReport, SourceError> {
        authority.must(Grant::System)?;
        if many {
            authority.must(Grant::Users)?;
        }
        let stored = self.sql.read(move |view| user_directories::get(view, id)).await?.ok_or(SourceError::NotFound)?;
        self.write_down(authority, "directory.sync", &stored.name, json!({ "many": many })).await?;
        Ok(self.sync_source(&Source::of(stored)?, many, true).await?)
    }

    /// What became of a directory's people, the newest first.
    pub async fn directory_reports(
        &self,
        authority: &Authority,
        id: DirectoryId,
        limit: u32,
    ) -> Result<Vec<SyncReport>, SourceError> {
        authority.must(Grant::System)?;
        let stored = self.sql.read(move |view| user_directories::reports(view, id, limit)).await?;
        Ok(stored.iter().filter_map(|(_, json)| serde_json::from_str(json).ok()).collect())
    }

    /// Fails if the administrator could get into an account by a directory of his own that he may not touch otherwise.
    async fn must_be_above_people(&self, authority: &Authority) -> Result<(), SourceError> {
        authority.must(Grant::System)?;
        authority.must(Grant::Users)?;
        if authority.is_owner() || authority.is_console() {
            return Ok(());
        }
        let people = self.sql.read(user_directories::all_people).await?;
        let is_administrators = |user: &UserId| self.account(user).is_some_and(|account| account.admin);
        match people.iter().any(|person| is_administrators(&person.user_id)) {
            true => Err(SourceError::Administrators),
            false => Ok(()),
        }
    }

    /// The password to use: the given one, or the kept one if it is said to nobody else.
    async fn password_for(
        &self,
        id: Option<DirectoryId>,
        config: &Config,
        given: Option<Secret<String>>,
    ) -> Result<Secret<String>, SourceError> {
        if let Some(given) = given {
            return Ok(given);
        }
        let id = id.ok_or(SourceError::PasswordNeeded)?;
        let stored = self.sql.read(move |view| user_directories::get(view, id)).await?.ok_or(SourceError::NotFound)?;
        let kept = Source::of(stored)?;
        let is_same = |config: &Config| (config.urls.clone(), config.ca_pem.clone(), config.bind_dn.clone());
        if is_same(&kept.config) == is_same(config) { Ok(kept.password) } else { Err(SourceError::PasswordNeeded) }
    }

    async fn try_out(
        &self,
        source: &Source,
        user: &str,
        test: &mut SourceTest,
    ) -> Result<Result<(), Cause>, StoreError> {
        let dialer = self.dialer()?;
        let asking = async {
            let mut connection = Connection::bound(dialer, &source.config, &source.password).await?;
            let entry = source.find(&mut connection, &Whom::Typed(user)).await?;
            test.dn = Some(entry.dn.clone());
            test.profile = Some(entry.profile.clone());
            let login = entry.login.as_deref();
            if !source.config.group_in_chain {
                test.groups = groups_above(&mut connection, &source.config, &entry.dn, login).await?;
            }
            let is_member = may_enter(&mut connection, &source.config, &entry.dn, login).await?;
            connection.close().await;
            Ok::<_, Cause>((entry, is_member))
        };
        let (entry, is_member) = match timeout(TEST_MAX, asking).await.unwrap_or(Err(Cause::TimedOut)) {
            Ok(found) => found,
            Err(cause) => return Ok(Err(cause)),
        };
        let entry_id = entry.entry_id.clone();
        let known = self.sql.read(move |view| user_directories::person_of_entry(view, &entry_id)).await?;
        let name = entry.login.as_deref().and_then(|login| account_name(login, self.server_name()));
        let is_others = known.as_ref().is_some_and(|person| person.directory_id.is_some_and(|id| id != source.id));
        let is_taken = known.is_none() && name.as_ref().is_some_and(|name| self.account(name).is_some());
        test.account = known.map(|person| person.user_id).or(name).map(|user| user.to_string());
        Ok(match (&test.account, is_others || is_taken) {
            _ if entry.is_disabled => Err(Cause::Disabled),
            _ if !is_member => Err(Cause::NotInGroup),
            (None, _) => Err(Cause::Incomplete("login name")),
            (_, true) => Err(Cause::Clash),
            _ => Ok(()),
        })
    }
}

fn checked(new: &NewSource, password: Secret<String>) -> Result<NewUserDirectory, SourceError> {
    let fault = |field, code| SourceError::Fault(ConfigFault { field, code });
    let name = new.name.trim();
    if name.is_empty() || name.len() > NAME_BYTES_MAX || name.chars().any(char::is_control) {
        return Err(fault("name", "bad_text"));
    }
    let typed = password.expose();
    if typed.is_empty() || typed.len() > PASSWORD_BYTES_MAX || typed.contains('\0') {
        return Err(fault("password", "bad_text"));
    }
    new.config.check().map_err(SourceError::Fault)?;
    let config = serde_json::to_string(&new.config).map_err(|error| StoreError::Engine(error.to_string()))?;
    Ok(NewUserDirectory {
        place: new.place,
        name: name.to_owned(),
        enabled: new.enabled,
        config,
        bind_password: password,
    })
}

/// What the journal says of a configuration.
fn told(config: &Config) -> serde_json::Value {
    json!({ "urls": config.urls, "base_dn": config.base_dn, "group_dn": config.group_dn })
}

fn shown(stored: UserDirectory, people: usize) -> Result<DirectorySource, StoreError> {
    let (place, enabled) = (stored.place, stored.enabled);
    let Source { id, name, config, .. } = Source::of(stored)?;
    Ok(DirectorySource { id, place, name, enabled, config, people })
}
