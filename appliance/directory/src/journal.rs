//! The right to administer, and the journal of what was done with it.

use serde_json::Value;
use veche_store::sql::journal::{self, Act, Break, Entry};

use crate::StoreError;
use crate::directory::Directory;
use crate::requester::Requester;

/// Proof that an administrator asks. Administrators' functions want one, so that none can forget the check.
#[derive(Debug, Clone)]
pub struct Authority {
    name: String,
    /// Whoever commands the machine may do to administrators what they may not do to one another.
    console: bool,
}

/// The requester is no administrator (`M_FORBIDDEN`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an administrator")]
pub struct NotAdministrator;

impl Authority {
    /// The command line and the settings of the machine itself.
    pub fn console() -> Self {
        Self { name: "console".to_owned(), console: true }
    }

    /// How it stands in the journal: a user id, or `console`.
    pub fn name(&self) -> &str {
        &self.name
    }

    pub(crate) const fn is_console(&self) -> bool {
        self.console
    }
}

impl Requester {
    /// The right to administer, for administrators who are not suspended.
    pub fn authority(&self) -> Result<Authority, NotAdministrator> {
        let may = self.admin && !self.suspended && !self.locked;
        if may { Ok(Authority { name: self.user_id.to_string(), console: false }) } else { Err(NotAdministrator) }
    }
}

impl Directory {
    /// Rows of the journal after `after`, oldest first.
    pub async fn journal(&self, _authority: &Authority, after: u64, limit: u32) -> Result<Vec<Entry>, StoreError> {
        self.sql.read(move |view| journal::page(view, after, limit)).await
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
