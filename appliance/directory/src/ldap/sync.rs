//! Looking at everybody whom the directories have let in: who may no longer, who may again, who is called otherwise.
//!
//! Two questions each time: all entries with what says that they are disabled (whoever is not among them is deleted), and
//! all that entries which changed since the last time say. The first one needs no tombstones, which an account without
//! rights cannot read and most directories do not have.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use ruma::OwnedUserId;
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::time::timeout;
use veche_store::sql::user_directories::{self, DirectoryId, Person};
use veche_store::sql::{Tx, accounts, journal, sessions, short_tokens};

use super::connection::{Connection, Scope, Search};
use super::entry::Mapped;
use super::groups::{chain_filter, members};
use super::{Cause, Source};
use crate::StoreError;
use crate::directory::Directory;
use crate::registry::{Change, Reason};
use crate::sign_in::remove;

/// How often everybody is looked at.
pub const SYNC_EVERY: Duration = Duration::from_secs(60);

/// How long looking at everybody of one directory may take.
const LOOK_MAX: Duration = Duration::from_secs(600);
/// Reports that are kept of each directory.
const REPORTS_KEPT: u32 = 200;
/// People who are named in one report.
const NAMED_MAX: usize = 500;
/// So many people may be locked at one time whatever their share is.
const LOCKED_AT_ONCE: usize = 5;
/// And otherwise one in so many.
const LOCKED_SHARE: usize = 5;

/// What looking at everybody came to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SyncReport {
    /// When it began, in milliseconds since 1970.
    pub at_ms: u64,
    /// How long it took, in milliseconds.
    pub took_ms: u64,
    /// Entries that the directory has.
    pub entries: usize,
    /// Entries that have changed since the last time; all of them at the first.
    pub changed_entries: usize,
    /// Accounts that this directory opens.
    pub people: usize,
    /// Accounts whose profile is another one now.
    pub changed: Vec<String>,
    /// Accounts that were locked and signed out, and why: `disabled`, `deleted`, `not_in_group`.
    pub locked: Vec<(String, String)>,
    /// Accounts that were unlocked.
    pub unlocked: Vec<String>,
    /// Accounts that would have been locked, were they not so many, or were it not the last owner's.
    pub held_back: Vec<(String, String)>,
    /// Why it failed or stopped, a stable word; nobody was locked then.
    pub cause: Option<String>,
    /// The same in English, for administrators.
    pub words: Option<String>,
}

/// Who is in the directory.
struct Standing {
    is_disabled: bool,
    is_member: bool,
}

/// What was read, to its end.
struct Look {
    everybody: HashMap<String, Standing>,
    changed: Vec<Mapped>,
    mark: String,
}

impl Directory {
    /// Looks at everybody of every directory.
    pub async fn sync_directories(&self) -> Result<(), StoreError> {
        for source in self.sources().await? {
            self.sync_source(&source, false, false).await?;
        }
        Ok(())
    }

    /// Looks at everybody of one. `many`: also if a large part of them is locked by it. `is_asked`: an administrator
    /// waits, and finds the report among the kept ones whatever it says.
    pub(in crate::ldap) async fn sync_source(
        &self,
        source: &Source,
        many: bool,
        is_asked: bool,
    ) -> Result<SyncReport, StoreError> {
        let _one = self.ldap.syncing.lock().await;
        let (at_ms, started) = (self.clock.wall_ms(), self.clock.monotonic());
        let mut report = SyncReport { at_ms, ..SyncReport::default() };
        match timeout(LOOK_MAX, self.look(source)).await.unwrap_or(Err(Cause::TimedOut)) {
            Ok(look) => self.take_over(source, look, many, &mut report).await?,
            Err(cause) => {
                tracing::warn!(directory = source.name, cause = cause.code(), error = %cause, "people not looked at");
                report.cause = Some(cause.code().to_owned());
                report.words = Some(cause.to_string());
            }
        }
        report.took_ms = u64::try_from((self.clock.monotonic() - started).as_millis()).unwrap_or(u64::MAX);
        self.keep_report(source.id, &report, is_asked).await?;
        Ok(report)
    }

    async fn look(&self, source: &Source) -> Result<Look, Cause> {
        let dialer = self.ldap.dialer.get().ok_or(Cause::Closed)?;
        let config = &source.config;
        let mut connection = Connection::bound(dialer, config, &source.password).await?;
        let server = server_of(&mut connection).await?;
        let everybody = everybody(&mut connection, source).await?;
        let since = source.mark.as_deref().and_then(|mark| mark.split_once(' '));
        let since = since.filter(|(of, _)| *of == server).map(|(_, value)| value);
        let filter = match since {
            Some(value) => format!("(&{}({}>={value}))", config.user_filter, config.attributes.changed),
            None => config.user_filter.clone(),
        };
        let wanted = config.wanted();
        let search = Search { base: &config.base_dn, scope: Scope::Subtree, filter: &filter, attributes: &wanted };
        let found = connection.search(&search).await?;
        connection.close().await;
        let newest = found.entries.iter().filter_map(|entry| entry.text(&config.attributes.changed));
        // Numbers without leading zeros and times of one form both grow with length, then digit by digit.
        let newest =
            newest.chain(since).filter(|value| is_mark(value)).max_by_key(|value| (value.len(), value.to_string()));
        let mark = format!("{server} {}", newest.unwrap_or("0"));
        let changed = found.entries.iter().filter_map(|entry| entry.map(config).ok()).collect();
        Ok(Look { everybody, changed, mark })
    }

    async fn take_over(
        &self,
        source: &Source,
        look: Look,
        many: bool,
        report: &mut SyncReport,
    ) -> Result<(), StoreError> {
        let id = source.id;
        let people = self.sql.read(move |view| user_directories::people(view, id)).await?;
        report.entries = look.everybody.len();
        report.changed_entries = look.changed.len();
        report.people = people.len();
        let (mut out, mut back) = (Vec::new(), Vec::new());
        for person in &people {
            let Some(account) = self.account(&person.user_id).filter(|account| account.deactivated_ms.is_none()) else {
                continue;
            };
            match why_not(look.everybody.get(&person.entry_id)) {
                Some(why) if !account.locked => out.push((person.clone(), why)),
                None if person.barred.is_some() => back.push(person.clone()),
                _ => {}
            }
        }
        // A company without anybody is a wrong base or filter, however small it is.
        let is_plausible = !look.everybody.is_empty();
        let is_few = out.len() <= LOCKED_AT_ONCE || out.len() * LOCKED_SHARE <= people.len();
        let may_lock = many || out.is_empty() || (is_plausible && is_few);
        if may_lock {
            for (person, why) in out {
                let row = (person.user_id.to_string(), why.to_owned());
                let list =
                    if self.bar(source, person, why).await? { &mut report.locked } else { &mut report.held_back };
                list.push(row);
            }
        } else {
            report.cause = Some("too_many_locked".to_owned());
            report.words = Some(format!("{} of {} people would be locked", out.len(), people.len()));
            report.held_back =
                out.iter().map(|(person, why)| (person.user_id.to_string(), (*why).to_owned())).collect();
            tracing::error!(directory = source.name, people = out.len(), "nobody locked, because so many would be");
        }
        for person in back {
            report.unlocked.push(person.user_id.to_string());
            self.unbar(source, person).await?;
        }
        report.changed = self.take_profiles(id, look).await?;
        report.changed.truncate(NAMED_MAX);
        report.held_back.truncate(NAMED_MAX);
        Ok(())
    }

    /// Locks somebody and ends all his sessions; `false` when he is the last owner who is left.
    async fn bar(&self, source: &Source, person: Person, why: &'static str) -> Result<bool, StoreError> {
        let act = self.act(&source.authority(), "account.lock", person.user_id.as_str(), json!({ "why": why }));
        let now_ms = self.clock.wall_ms();
        self.commit(move |tx, changes| -> Result<bool, StoreError> {
            let user = &person.user_id;
            let is_other_owner = |account: &accounts::Account| {
                account.owner && !account.locked && account.deactivated_ms.is_none() && account.user_id != *user
            };
            let is_owner = accounts::get(tx, user)?.is_some_and(|account| account.owner);
            if is_owner && !accounts::all(tx)?.iter().any(is_other_owner) {
                return Ok(false);
            }
            accounts::set_locked(tx, user, true)?;
            changes.extend(accounts::get(tx, user)?.map(Change::Account));
            for session in sessions::of_user(tx, user)? {
                remove(tx, changes, &session, Reason::EndedByAdministrator)?;
            }
            short_tokens::delete_of_user(tx, user)?;
            user_directories::set_person(tx, &Person { barred: Some(why.to_owned()), ..person }, now_ms)?;
            journal::append(tx, &act)?;
            Ok(true)
        })
        .await
    }

    async fn unbar(&self, source: &Source, person: Person) -> Result<(), StoreError> {
        let act = self.act(&source.authority(), "account.unlock", person.user_id.as_str(), json!({}));
        let now_ms = self.clock.wall_ms();
        self.commit(move |tx, changes| -> Result<(), StoreError> {
            accounts::set_locked(tx, &person.user_id, false)?;
            changes.extend(accounts::get(tx, &person.user_id)?.map(Change::Account));
            user_directories::set_person(tx, &Person { barred: None, ..person }, now_ms)?;
            journal::append(tx, &act)
        })
        .await
    }

    /// Keeps what has changed of people's profiles, and up to where changes were read.
    async fn take_profiles(&self, id: DirectoryId, look: Look) -> Result<Vec<String>, StoreError> {
        let now_ms = self.clock.wall_ms();
        let work = move |tx: &Tx<'_>| -> Result<Vec<OwnedUserId>, StoreError> {
            let mut changed = Vec::new();
            let mut known: HashMap<String, Person> =
                user_directories::people(tx, id)?.into_iter().map(|person| (person.entry_id.clone(), person)).collect();
            for entry in look.changed {
                let Some(person) = known.remove(&entry.entry_id) else { continue };
                let profile = serde_json::to_string(&entry.profile).unwrap_or_else(|_| "{}".to_owned());
                if profile != person.profile {
                    changed.push(person.user_id.clone());
                    user_directories::set_person(tx, &Person { profile, ..person }, now_ms)?;
                }
            }
            user_directories::set_mark(tx, id, Some(&look.mark))?;
            Ok(changed)
        };
        let changed = self.sql.write(work).await?;
        if !changed.is_empty() {
            self.ldap.named.notify_one();
        }
        Ok(changed.iter().map(ToString::to_string).collect())
    }

    /// Keeps a report that tells something new: a minute in which nothing happened is none.
    async fn keep_report(&self, id: DirectoryId, report: &SyncReport, is_asked: bool) -> Result<(), StoreError> {
        let (json, report) = (serde_json::to_string(report).unwrap_or_else(|_| "{}".to_owned()), report.clone());
        let work = move |tx: &Tx<'_>| -> Result<(), StoreError> {
            let last = user_directories::reports(tx, id, 1)?.into_iter().next();
            let last: Option<SyncReport> = last.and_then(|(_, json)| serde_json::from_str(&json).ok());
            let has_acted = !(report.changed.is_empty() && report.locked.is_empty() && report.unlocked.is_empty());
            let is_new = last.is_none_or(|last| last.cause != report.cause || last.held_back != report.held_back);
            if is_asked || has_acted || is_new {
                user_directories::add_report(tx, id, report.at_ms, &json, REPORTS_KEPT)?;
            }
            Ok(())
        };
        self.sql.write(work).await
    }
}

/// All entries of people, and whether they may enter.
async fn everybody(connection: &mut Connection, source: &Source) -> Result<HashMap<String, Standing>, Cause> {
    let config = &source.config;
    let mut wanted = vec![config.attributes.id.as_str()];
    wanted.extend(config.login_attributes.first().map(String::as_str));
    wanted.extend(config.attributes.disabled.attribute());
    let all = Search { base: &config.base_dn, scope: Scope::Subtree, filter: &config.user_filter, attributes: &wanted };
    let found = connection.search(&all).await?;
    let members = members(connection, config).await?;
    let chained = match chain_filter(config) {
        None => None,
        Some(chain) => {
            let filter = format!("(&{}{chain})", config.user_filter);
            let found = connection.search(&Search { filter: &filter, ..all }).await?;
            let ids = found.entries.iter().filter_map(|entry| entry.map(config).ok());
            Some(ids.map(|mapped| mapped.entry_id).collect::<HashSet<_>>())
        }
    };
    let mut everybody = HashMap::new();
    for entry in &found.entries {
        // What has no id cannot have made an account.
        let Ok(mapped) = entry.map(config) else { continue };
        let is_member = match &chained {
            Some(ids) => ids.contains(&mapped.entry_id),
            None => members.has(&mapped.dn, mapped.login.as_deref()),
        };
        everybody.insert(mapped.entry_id, Standing { is_disabled: mapped.is_disabled, is_member });
    }
    // An account that may not read what tells entries apart would see nobody.
    if everybody.is_empty() && !found.entries.is_empty() {
        return Err(Cause::Incomplete("id"));
    }
    Ok(everybody)
}

/// Which server answers, where servers of one directory count changes apart (Active Directory); otherwise a dash.
async fn server_of(connection: &mut Connection) -> Result<String, Cause> {
    let filter = "(objectClass=*)";
    let root = Search { base: "", scope: Scope::Base, filter, attributes: &["dsServiceName"] };
    let found = connection.search(&root).await?;
    let Some(service) = found.entries.first().and_then(|entry| entry.text("dsServiceName")) else {
        return Ok("-".to_owned());
    };
    let search = Search { base: service, scope: Scope::Base, filter, attributes: &["invocationId"] };
    let found = connection.search(&search).await?;
    // Without it, everything is read each time.
    let id = found.entries.first().and_then(|entry| entry.bytes("invocationId"));
    Ok(id.map_or_else(|| "?".to_owned(), |id| id.iter().map(|byte| format!("{byte:02x}")).collect()))
}

/// Why somebody may not be in, a stable word.
const fn why_not(standing: Option<&Standing>) -> Option<&'static str> {
    match standing {
        None => Some("deleted"),
        Some(Standing { is_disabled: true, .. }) => Some("disabled"),
        Some(Standing { is_member: false, .. }) => Some("not_in_group"),
        Some(_) => None,
    }
}

/// It goes into a filter, and comes from the directory.
fn is_mark(value: &str) -> bool {
    !value.is_empty()
        && value.len() <= 40
        && value.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'Z' | b'.'))
}
