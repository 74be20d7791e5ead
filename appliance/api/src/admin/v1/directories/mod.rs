//! Company directories: how they are reached, a test for one user, what became of their people.

mod create;
mod delete;
mod list;
mod reports;
mod sync;
mod test;
mod update;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use veche_base::Secret;
use veche_directory::{
    Attributes, DirectoryConfig, DirectoryId, DirectorySource, DisabledBy, Grant, NewSource, SourceError, SyncReport,
};

use crate::app::App;
use crate::error::ApiError;
use crate::typed::{Asked, Operation, Typed};

const ALL: &str = "/api/admin/v1/directories";
const ONE: &str = "/api/admin/v1/directories/{directory_id}";

/// Registers the area.
pub(super) fn register(typed: Typed<App>) -> Typed<App> {
    let list = Operation::get("directories.list", ALL, "Company directories, in the order in which they are asked");
    let create = Operation::post("directories.create", ALL, "Adds a company directory; needs a fresh proof");
    let update = Operation::put("directories.update", ONE, "Changes a company directory; needs a fresh proof");
    let delete = Operation::delete("directories.delete", ONE, "Takes a company directory away; needs a fresh proof");
    let test = Operation::post(
        "directories.test",
        "/api/admin/v1/directories/test",
        "Tells what somebody would get by a configuration; needs a fresh proof",
    );
    let sync = Operation::post(
        "directories.sync",
        "/api/admin/v1/directories/{directory_id}/sync",
        "Looks at everybody of a directory now; needs a fresh proof",
    );
    let reports = Operation::get(
        "directories.reports",
        "/api/admin/v1/directories/{directory_id}/reports",
        "What became of a directory's people, the newest first",
    );
    typed
        .add(list.grant(Grant::System), list::list)
        .add(create.grant(Grant::System).fresh(), create::create)
        .add(update.grant(Grant::System).fresh(), update::update)
        .add(delete.grant(Grant::System).fresh(), delete::delete)
        .add(test.grant(Grant::System).fresh(), test::test)
        .add(sync.grant(Grant::System).fresh(), sync::sync)
        .add(reports.grant(Grant::System), reports::reports)
}

/// A company directory.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "CompanyDirectory")]
struct Shown {
    id: u64,
    /// Directories are asked in the order of this, smallest first.
    place: u32,
    name: String,
    /// Whether it is asked at all.
    enabled: bool,
    config: Config,
    /// Accounts that it opens.
    people: usize,
}

/// A company directory that is made or changed.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "NewCompanyDirectory")]
#[serde(deny_unknown_fields)]
struct New {
    /// Directories are asked in the order of this, smallest first.
    #[serde(default)]
    place: u32,
    /// What administrators call it.
    name: String,
    /// Whether it is asked at all.
    enabled: bool,
    config: Config,
    /// What the server proves itself with. It is never shown again, and need not be given anew as long as servers, authority and
    /// bind DN stay the same.
    password: Option<String>,
}

/// How a company directory is reached and read.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "CompanyDirectoryConfig")]
#[serde(deny_unknown_fields)]
struct Config {
    /// Its servers, tried in this order: `ldaps://host[:port]`, or `ldap://host[:port]` with StartTLS.
    urls: Vec<String>,
    /// The authority that its certificates are signed by, in PEM; those of the machine if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ca_pem: Option<String>,
    /// Who the server signs in as.
    bind_dn: String,
    /// Below which people and groups are looked for.
    base_dn: String,
    /// Which entries are people (RFC 4515).
    user_filter: String,
    /// By which attributes somebody who signs in is found; the first one makes the account's name.
    login_attributes: Vec<String>,
    /// Who may enter: members of this group, also through groups in it. Everybody if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    group_dn: Option<String>,
    /// The directory looks through groups in groups itself (Active Directory).
    group_in_chain: bool,
    attributes: ConfigAttributes,
}

/// Which attributes say what.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "CompanyDirectoryAttributes")]
#[serde(deny_unknown_fields)]
struct ConfigAttributes {
    /// What stays the same when somebody is renamed or moved.
    id: String,
    /// What grows with every change.
    changed: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    mail: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    phone: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    department: Option<String>,
    /// The DN of another entry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    manager: Option<String>,
    disabled: Disabled,
}

/// How a directory marks who may not sign in.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "CompanyDirectoryDisabled")]
#[serde(rename_all = "snake_case")]
enum Disabled {
    /// Not at all.
    Nothing,
    /// Active Directory: bit 2 of `userAccountControl`.
    UserAccountControl,
    /// OpenLDAP: `pwdAccountLockedTime` is for good.
    PwdAccountLockedTime,
    /// FreeIPA: `nsAccountLock` is true.
    NsAccountLock,
}

/// What looking at everybody of a directory came to. Lists name at most some hundred people.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "DirectoryReport")]
struct Report {
    /// When it began, in milliseconds since 1970.
    at_ms: u64,
    /// How long it took, in milliseconds.
    took_ms: u64,
    /// Entries that the directory has.
    entries: usize,
    /// Entries that have changed since the last time; all of them at the first.
    changed_entries: usize,
    /// Accounts that the directory opens.
    people: usize,
    /// Accounts whose profile is another one now.
    changed: Vec<String>,
    /// Accounts that were locked and signed out.
    locked: Vec<Barred>,
    /// Accounts that were unlocked.
    unlocked: Vec<String>,
    /// Accounts that would have been locked, were they not so many, or were it not the last owner's.
    held_back: Vec<Barred>,
    /// Why it failed or stopped, a stable word; nobody was locked then.
    cause: Option<String>,
    /// The same in English.
    words: Option<String>,
}

/// Somebody who may no longer enter.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "DirectoryBarred")]
struct Barred {
    user_id: String,
    /// `disabled`, `deleted` or `not_in_group`.
    why: String,
}

impl Shown {
    fn of(source: DirectorySource) -> Self {
        let DirectorySource { id, place, name, enabled, config, people } = source;
        Self { id: id.0, place, name, enabled, config: Config::of(config), people }
    }
}

impl New {
    fn into_source(self) -> NewSource {
        let Self { place, name, enabled, config, password } = self;
        NewSource { place, name, enabled, config: config.into_config(), password: password.map(Secret::new) }
    }
}

impl Config {
    fn of(config: DirectoryConfig) -> Self {
        let attributes = config.attributes;
        Self {
            urls: config.urls,
            ca_pem: config.ca_pem,
            bind_dn: config.bind_dn,
            base_dn: config.base_dn,
            user_filter: config.user_filter,
            login_attributes: config.login_attributes,
            group_dn: config.group_dn,
            group_in_chain: config.group_in_chain,
            attributes: ConfigAttributes {
                id: attributes.id,
                changed: attributes.changed,
                name: attributes.name,
                mail: attributes.mail,
                phone: attributes.phone,
                title: attributes.title,
                department: attributes.department,
                manager: attributes.manager,
                disabled: match attributes.disabled {
                    DisabledBy::Nothing => Disabled::Nothing,
                    DisabledBy::UserAccountControl => Disabled::UserAccountControl,
                    DisabledBy::PwdAccountLockedTime => Disabled::PwdAccountLockedTime,
                    DisabledBy::NsAccountLock => Disabled::NsAccountLock,
                },
            },
        }
    }

    fn into_config(self) -> DirectoryConfig {
        let attributes = self.attributes;
        DirectoryConfig {
            urls: self.urls,
            ca_pem: self.ca_pem,
            bind_dn: self.bind_dn,
            base_dn: self.base_dn,
            user_filter: self.user_filter,
            login_attributes: self.login_attributes,
            group_dn: self.group_dn,
            group_in_chain: self.group_in_chain,
            attributes: Attributes {
                id: attributes.id,
                changed: attributes.changed,
                name: attributes.name,
                mail: attributes.mail,
                phone: attributes.phone,
                title: attributes.title,
                department: attributes.department,
                manager: attributes.manager,
                disabled: match attributes.disabled {
                    Disabled::Nothing => DisabledBy::Nothing,
                    Disabled::UserAccountControl => DisabledBy::UserAccountControl,
                    Disabled::PwdAccountLockedTime => DisabledBy::PwdAccountLockedTime,
                    Disabled::NsAccountLock => DisabledBy::NsAccountLock,
                },
            },
        }
    }
}

impl Report {
    fn of(report: SyncReport) -> Self {
        let barred =
            |list: Vec<(String, String)>| list.into_iter().map(|(user_id, why)| Barred { user_id, why }).collect();
        Self {
            at_ms: report.at_ms,
            took_ms: report.took_ms,
            entries: report.entries,
            changed_entries: report.changed_entries,
            people: report.people,
            changed: report.changed,
            locked: barred(report.locked),
            unlocked: report.unlocked,
            held_back: barred(report.held_back),
            cause: report.cause,
            words: report.words,
        }
    }
}

fn id<Q, B>(asked: &Asked<Q, B>) -> Result<DirectoryId, ApiError> {
    let id = asked.arg(0)?.parse().map_err(|_| ApiError::not_found("There is no such directory"))?;
    Ok(DirectoryId(id))
}

impl From<SourceError> for ApiError {
    fn from(error: SourceError) -> Self {
        match error {
            SourceError::NotFound => Self::not_found("There is no such directory"),
            SourceError::Fault(fault) => Self::invalid_param(format!("{} cannot be used: {}", fault.field, fault.code))
                .with("reason", "directory_fault")
                .with("field", fault.field)
                .with("fault", fault.code),
            SourceError::Administrators => {
                Self::forbidden("A directory opens an administrator's account: only an owner changes directories")
                    .with("reason", "directory_of_administrators")
            }
            SourceError::NameTaken => {
                Self::invalid_param("Another directory has this name").with("reason", "directory_name_taken")
            }
            SourceError::PasswordNeeded => {
                Self::invalid_param("The password is needed, because servers, authority or bind DN are others")
                    .with("reason", "directory_password_needed")
            }
            SourceError::TooMany => {
                Self::invalid_param("There are as many directories as there may be").with("reason", "directory_count")
            }
            SourceError::NotGranted(missing) => missing.into(),
            SourceError::Internal(error) => error.into(),
        }
    }
}
