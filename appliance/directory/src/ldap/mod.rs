//! Company directories (LDAP, Active Directory): who may sign in, and who may no longer.
//!
//! - `login` asks them for a password, in their order; `check_password` calls it and nobody else.
//! - `sync` looks at everybody whom they have let in, once a minute and when an administrator wants it: whoever is
//!   disabled, deleted or out of the group is locked and signed out, and comes back when the directory has him back.
//! - `desk` is what administrators do: keep the configurations, test them, read the reports.
//!
//! Invariants:
//! - an account belongs to a person by what the directory knows an entry by (`objectGUID`, `entryUUID`), so that a name
//!   that is given to somebody else opens nothing of his predecessor's;
//! - an account that was made here is never opened by a directory, and one that a directory has made by no other password:
//!   those of directories are kept nowhere. A passkey of his own opens it, too, until the directory has locked it;
//! - nobody is locked by an answer that was not read to its end.

mod ber;
mod cause;
pub(crate) mod config;
mod connection;
pub(crate) mod desk;
mod entry;
mod groups;
mod login;
pub(crate) mod sync;

use std::sync::OnceLock;

use ldap3::ldap_escape;
use ruma::UserId;
use tokio::sync::{Mutex, Notify, Semaphore};
use veche_base::Secret;
use veche_runtime::outbound::Dialer;
use veche_store::sql::user_directories::{DirectoryId, UserDirectory};

pub(crate) use self::cause::Cause;
use self::config::Config;
use self::connection::{Connection, Scope, Search};
pub use self::entry::Profile;
use self::entry::{Mapped, escaped_id};
use crate::StoreError;
use crate::directory::Directory;
use crate::journal::Authority;

/// Questions to directories that are under way at one time.
const QUESTIONS_MAX: usize = 16;

/// What the directories need of the process.
pub(crate) struct Ldap {
    dialer: OnceLock<Dialer>,
    turns: Semaphore,
    /// Held while people are looked at, so that nobody is looked at twice at one time.
    syncing: Mutex<()>,
    /// Display names wait to be given to conversations.
    named: Notify,
}

impl Default for Ldap {
    fn default() -> Self {
        Self {
            dialer: OnceLock::new(),
            turns: Semaphore::new(QUESTIONS_MAX),
            syncing: Mutex::new(()),
            named: Notify::new(),
        }
    }
}

/// A directory, ready to be asked.
struct Source {
    id: DirectoryId,
    name: String,
    config: Config,
    password: Secret<String>,
    mark: Option<String>,
}

/// Whom to find.
enum Whom<'w> {
    /// As somebody typed it.
    Typed(&'w str),
    /// By what the directory knows the entry by, in hex.
    Entry(&'w str),
}

impl Source {
    fn of(stored: UserDirectory) -> Result<Self, StoreError> {
        let config = serde_json::from_str(&stored.config)
            .map_err(|_| StoreError::Corrupt(format!("the configuration of the directory {:?}", stored.name)))?;
        let (id, mark) = (stored.directory_id, stored.mark);
        Ok(Self { id, name: stored.name, config, password: stored.bind_password, mark })
    }

    /// How it stands in the journal where it acts.
    fn authority(&self) -> Authority {
        Authority::directory(&self.name)
    }

    /// The one entry that somebody has.
    async fn find(&self, connection: &mut Connection, whom: &Whom<'_>) -> Result<Mapped, Cause> {
        let filter = match whom {
            Whom::Entry(id) => format!("({}={})", self.config.attributes.id, escaped_id(id)),
            Whom::Typed(typed) => {
                let value = ldap_escape(*typed);
                let names = self.config.login_attributes.iter().map(|name| format!("({name}={value})"));
                format!("(|{})", names.collect::<String>())
            }
        };
        let filter = format!("(&{}{filter})", self.config.user_filter);
        let wanted = self.config.wanted();
        let search = Search { base: &self.config.base_dn, scope: Scope::Subtree, filter: &filter, attributes: &wanted };
        let found = connection.search(&search).await?;
        match found.entries.as_slice() {
            [] => Err(Cause::NoEntry),
            [one] => one.map(&self.config),
            _ => Err(Cause::TwoEntries),
        }
    }
}

impl Directory {
    /// Lets company directories be asked; to be called once, before serving.
    pub fn set_dialer(&self, dialer: Dialer) {
        if self.ldap.dialer.set(dialer).is_err() {
            tracing::error!("the way to company directories was set twice");
        }
    }

    /// Ends when somebody has a display name that conversations do not know yet; for the one worker that gives them.
    pub async fn names_arrived(&self) {
        self.ldap.named.notified().await;
    }

    /// Who is to be called what, by the company directories.
    pub async fn names_to_give(&self) -> Result<Vec<(ruma::OwnedUserId, String)>, StoreError> {
        let people = self.sql.read(veche_store::sql::user_directories::all_people).await?;
        let is_here = |user: &UserId| self.account(user).is_some_and(|account| account.deactivated_ms.is_none());
        let wanted = people.into_iter().filter(|person| is_here(&person.user_id)).filter_map(|person| {
            let profile: Profile = serde_json::from_str(&person.profile).ok()?;
            profile.name.filter(|name| person.named.as_ref() != Some(name)).map(|name| (person.user_id, name))
        });
        Ok(wanted.collect())
    }

    /// Notes that somebody is called so now.
    pub async fn name_given(&self, user: &UserId, name: &str) -> Result<(), StoreError> {
        let (user, name) = (user.to_owned(), name.to_owned());
        self.sql.write(move |tx| veche_store::sql::user_directories::set_named(tx, &user, &name)).await
    }

    /// Directories that are in use, in their order.
    async fn sources(&self) -> Result<Vec<Source>, StoreError> {
        let stored = self.sql.read(veche_store::sql::user_directories::all).await?;
        stored.into_iter().filter(|stored| stored.enabled).map(Source::of).collect()
    }

    fn dialer(&self) -> Result<&Dialer, StoreError> {
        let missing = || StoreError::Engine("nothing may connect to company directories yet".to_owned());
        self.ldap.dialer.get().ok_or_else(missing)
    }
}
