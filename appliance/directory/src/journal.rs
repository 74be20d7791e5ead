//! The right to administer, and the journal of what was done with it.

use serde_json::Value;
use veche_store::sql::grants::{Grant, Grants};
use veche_store::sql::journal::{self, Act, Break, Entry, Filter};

use crate::StoreError;
use crate::directory::Directory;
use crate::requester::Requester;

/// Proof that an administrator asks. Administrators' functions want one, so that none can forget the check.
#[derive(Debug, Clone)]
pub struct Authority {
    name: String,
    /// Whoever commands the machine may do to administrators what they may not do to one another.
    console: bool,
    owner: bool,
    grants: Grants,
}

/// The administrator has not been granted this (`M_FORBIDDEN`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not granted: {}", .0.as_str())]
pub struct NotGranted(pub Grant);

/// The requester is no administrator (`M_FORBIDDEN`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an administrator")]
pub struct NotAdministrator;

impl Authority {
    /// The command line and the settings of the machine itself.
    pub fn console() -> Self {
        Self { name: "console".to_owned(), console: true, owner: false, grants: Grants::ALL }
    }

    /// A company directory, which acts upon its own people and may do nothing else.
    pub(crate) fn directory(name: &str) -> Self {
        Self { name: format!("directory:{name}"), console: false, owner: false, grants: Grants::NONE }
    }

    /// How it stands in the journal: a user id, `console`, or `directory:` with the name of a company directory.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether this is an owner's right.
    pub const fn is_owner(&self) -> bool {
        self.owner
    }

    /// Everything that it covers.
    pub const fn grants(&self) -> Grants {
        self.grants
    }

    /// Whether it covers this.
    pub const fn may(&self, grant: Grant) -> bool {
        self.grants.has(grant)
    }

    /// Fails if it does not cover this.
    pub const fn must(&self, grant: Grant) -> Result<(), NotGranted> {
        if self.may(grant) { Ok(()) } else { Err(NotGranted(grant)) }
    }

    pub(crate) const fn is_console(&self) -> bool {
        self.console
    }
}

impl Requester {
    /// The right to administer, for administrators who are not suspended.
    pub fn authority(&self) -> Result<Authority, NotAdministrator> {
        let may = self.admin && !self.suspended && !self.locked;
        if !may {
            return Err(NotAdministrator);
        }
        let name = self.user_id.to_string();
        Ok(Authority { name, console: false, owner: self.owner, grants: self.grants })
    }
}

impl Directory {
    /// Rows of the journal after `after`, oldest first.
    pub async fn journal(&self, _authority: &Authority, after: u64, limit: u32) -> Result<Vec<Entry>, StoreError> {
        self.sql.read(move |view| journal::page(view, after, limit)).await
    }

    /// Rows that fit the filter, newest first, as far as they concern what the administrator may do.
    pub async fn search_journal(
        &self,
        authority: &Authority,
        filter: Filter,
        limit: u32,
    ) -> Result<Vec<Entry>, StoreError> {
        let filter = Filter { nouns: visible_nouns(authority, filter.nouns), ..filter };
        self.sql.read(move |view| journal::search(view, &filter, limit)).await
    }

    /// Writes an act down that is done elsewhere. Call it before, so that nothing is done that is not written down.
    pub async fn write_down(
        &self,
        authority: &Authority,
        action: &str,
        target: &str,
        detail: Value,
    ) -> Result<(), StoreError> {
        let act = self.act(authority, action, target, detail);
        self.sql.write(move |tx| journal::append(tx, &act)).await
    }

    /// Where the journal's chain is broken; `None` when it is whole.
    pub async fn journal_break(&self) -> Result<Option<Break>, StoreError> {
        self.sql.read(journal::verify).await
    }

    pub(crate) fn act(&self, authority: &Authority, action: &str, target: &str, detail: Value) -> Act {
        Act {
            at_ms: self.clock.wall_ms(),
            actor: authority.name.clone(),
            action: action.to_owned(),
            target: target.to_owned(),
            detail,
        }
    }
}

/// The nouns of the journal's actions that an administrator sees; `None` for all. Whoever looks after the system sees
/// everything, the others what belongs to their own work.
fn visible_nouns(authority: &Authority, asked: Option<Vec<String>>) -> Option<Vec<String>> {
    if authority.may(Grant::System) {
        return asked;
    }
    let own = NOUNS.iter().filter(|(grant, _)| authority.may(*grant)).flat_map(|(_, nouns)| nouns.iter().copied());
    let is_asked = |noun: &&str| asked.as_ref().is_none_or(|asked| asked.iter().any(|it| it == noun));
    Some(own.filter(is_asked).map(str::to_owned).collect())
}

/// Whose work the nouns of actions belong to.
const NOUNS: [(Grant, &[&str]); 4] = [
    (Grant::Users, &["account", "registration_token", "report"]),
    (Grant::Rooms, &["room", "meeting", "guest"]),
    (Grant::Backups, &["snapshot"]),
    (Grant::Bots, &["bot"]),
];
