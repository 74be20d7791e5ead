//! The journal: every act of an administrator. Each sees what belongs to what he looks after.

mod export;
mod list;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use veche_directory::{Entry, JournalFilter};

use crate::app::App;
use crate::typed::{Operation, Typed};

/// Registers the area.
pub(super) fn register(typed: Typed<App>) -> Typed<App> {
    typed.add(Operation::get("journal.list", "/api/admin/v1/journal", "The journal, newest first"), list::list).add(
        Operation::get("journal.export", "/api/admin/v1/journal/export", "The journal as a table, newest first"),
        export::export,
    )
}

/// Which rows. What is left out does not matter.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(rename = "JournalWanted")]
#[serde(deny_unknown_fields)]
struct Wanted {
    /// Rows before this one; the `next` of the page before.
    before: Option<u64>,
    /// Whose acts: a user id, `console` or `system`.
    actor: Option<String>,
    /// One action: `account.lock`.
    action: Option<String>,
    /// Everything done to this kind of thing: `account`, `room`, `setting`.
    noun: Option<String>,
    /// On whom or what.
    target: Option<String>,
    /// Not before this time, in milliseconds since 1970.
    since_ms: Option<u64>,
    /// Before this time.
    until_ms: Option<u64>,
    /// Rows at most: 1 to 200, otherwise 50. An export gives all.
    limit: Option<u32>,
}

impl Wanted {
    fn filter(&self) -> JournalFilter {
        JournalFilter {
            before: self.before,
            actor: self.actor.clone(),
            action: self.action.clone(),
            nouns: self.noun.clone().map(|noun| vec![noun]),
            target: self.target.clone(),
            since_ms: self.since_ms,
            until_ms: self.until_ms,
        }
    }
}

/// A row of the journal.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "JournalRow")]
struct Row {
    /// Counts from one without holes.
    row: u64,
    at_ms: u64,
    /// A user id, `console` or `system`.
    actor: String,
    /// `noun.verb`.
    action: String,
    target: String,
    /// The rest; never a secret, never content.
    detail: Value,
    /// Covers this row and, through it, all before: who keeps the newest one elsewhere sees whether rows were changed.
    hash: String,
}

impl From<Entry> for Row {
    fn from(entry: Entry) -> Self {
        Self {
            row: entry.row_id,
            at_ms: entry.act.at_ms,
            actor: entry.act.actor,
            action: entry.act.action,
            target: entry.act.target,
            detail: entry.act.detail,
            hash: entry.hash.iter().map(|byte| format!("{byte:02x}")).collect(),
        }
    }
}
