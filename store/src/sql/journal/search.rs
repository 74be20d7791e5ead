//! Looking for rows of the journal, the newest first.

use rusqlite::params;

use super::{Entry, View, read};
use crate::sql::{Error, from_ms};

/// Which rows are looked for; whatever is `None` does not matter.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Rows before this one.
    pub before: Option<u64>,
    /// Whose act it was.
    pub actor: Option<String>,
    /// What was done, as a whole: `account.lock`.
    pub action: Option<String>,
    /// What was done it to, by the part of the action before the dot: `account`, `room`.
    pub nouns: Option<Vec<String>>,
    /// On whom or what.
    pub target: Option<String>,
    /// Not before this time.
    pub since_ms: Option<u64>,
    /// Before this time.
    pub until_ms: Option<u64>,
}

/// Rows that fit, at most `limit`, newest first.
pub fn search(view: &View<'_>, filter: &Filter, limit: u32) -> Result<Vec<Entry>, Error> {
    // Between spaces, so that no noun is found inside another one.
    let nouns = filter.nouns.as_ref().map(|nouns| format!(" {} ", nouns.join(" ")));
    let sql = "SELECT row_id, at_ms, actor, action, target, detail, previous_hash, hash FROM journal
               WHERE (?1 IS NULL OR row_id < ?1) AND (?2 IS NULL OR actor = ?2) AND (?3 IS NULL OR action = ?3)
                 AND (?4 IS NULL OR instr(?4, ' ' || substr(action, 1, instr(action, '.') - 1) || ' ') > 0)
                 AND (?5 IS NULL OR target = ?5) AND (?6 IS NULL OR at_ms >= ?6) AND (?7 IS NULL OR at_ms < ?7)
               ORDER BY row_id DESC LIMIT ?8";
    let params = params![
        filter.before.map(from_ms),
        filter.actor,
        filter.action,
        nouns,
        filter.target,
        filter.since_ms.map(from_ms),
        filter.until_ms.map(from_ms),
        limit,
    ];
    let rows = view.rows(sql, params, read)?;
    rows.into_iter().map(super::Stored::entry).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::{Act, append};
    use super::{Filter, search};
    use crate::sql::Error;
    use crate::sql::tests::fresh;

    fn act(at_ms: u64, actor: &str, action: &str, target: &str) -> Act {
        let text = str::to_owned;
        Act { at_ms, actor: text(actor), action: text(action), target: text(target), detail: json!({}) }
    }

    #[test]
    fn rows_are_found_by_what_is_asked_and_newest_first() {
        let (_dir, sql) = fresh();
        sql.write_blocking(|tx| -> Result<(), Error> {
            for (at_ms, actor, action, target) in [
                (10, "@root:x", "account.lock", "@bob:x"),
                (20, "@root:x", "room.close", "!r:x"),
                (30, "console", "account.lock", "@eve:x"),
                (40, "@root:x", "account_import.run", "2"),
            ] {
                append(tx, &act(at_ms, actor, action, target))?;
            }
            let found = |filter: Filter| -> Result<Vec<u64>, Error> {
                Ok(search(tx, &filter, 10)?.into_iter().map(|entry| entry.row_id).collect())
            };
            let text = |text: &str| Some(text.to_owned());
            let all = Filter::default;
            assert_eq!(found(all())?, [4, 3, 2, 1]);
            assert_eq!(found(Filter { before: Some(3), ..all() })?, [2, 1]);
            assert_eq!(found(Filter { actor: text("@root:x"), ..all() })?, [4, 2, 1]);
            assert_eq!(found(Filter { action: text("account.lock"), ..all() })?, [3, 1]);
            assert_eq!(found(Filter { target: text("!r:x"), ..all() })?, [2]);
            assert_eq!(found(Filter { since_ms: Some(20), until_ms: Some(40), ..all() })?, [3, 2]);
            let nouns = |nouns: &[&str]| Some(nouns.iter().map(ToString::to_string).collect());
            assert_eq!(found(Filter { nouns: nouns(&["account"]), ..all() })?, [3, 1], "and no longer noun");
            assert_eq!(found(Filter { nouns: nouns(&["room", "account"]), ..all() })?, [3, 2, 1]);
            assert_eq!(found(Filter { nouns: nouns(&[]), ..all() })?, Vec::<u64>::new());
            assert_eq!(search(tx, &all(), 2)?.len(), 2);
            Ok(())
        })
        .unwrap();
    }
}
