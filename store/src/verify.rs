//! `veche check`: looks at everything and changes nothing.
//!
//! Reads every block of the database with its checksum, decodes every record, follows the references between
//! records, and compares every referenced content file with its name.

use std::collections::BTreeSet;
use std::fmt;
use std::path::Path;

use crate::content::{self, ContentHash};
use crate::engine::Engine;
use crate::error::{Error, OpenError, printable};
use crate::families::Family;
use crate::keys::Key;
use crate::lock::DirLock;
use crate::migrate;
use crate::positions::ShortStateHash;
use crate::records::rooms::{
    EventIdKey, EventKind, OutlierKey, RoomIdKey, RoomStateKey, ShortRoomKey, StateGroupKey, TimelineKey,
};
use crate::scan::read_key;

/// Damage past this many findings is only counted: the first ones tell the story.
const FINDINGS_MAX: usize = 1_000;
/// A check does not need a large cache, it reads everything once.
const BLOCK_CACHE_BYTES: usize = 16 << 20;

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Where: a family and key, or a file.
    pub place: String,
    /// What, in plain words.
    pub problem: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.problem)
    }
}

/// What a check saw.
#[derive(Debug, Default)]
pub struct Report {
    /// Records that were read.
    pub records: u64,
    /// Content files that were read.
    pub content_files: u64,
    /// What is wrong; empty for a sound store.
    pub findings: Vec<Finding>,
    /// Findings beyond those listed.
    pub findings_left_out: u64,
}

impl Report {
    fn add(&mut self, place: impl fmt::Display, problem: impl fmt::Display) {
        if self.findings.len() < FINDINGS_MAX {
            self.findings.push(Finding { place: place.to_string(), problem: problem.to_string() });
        } else {
            self.findings_left_out += 1;
        }
    }

    fn expect<K: Key>(&mut self, engine: &Engine, key: &K, place: &str, problem: &str) {
        match engine.get_record(key) {
            Ok(Some(_)) => {}
            Ok(None) => self.add(place, problem),
            Err(error) => self.add(place, error),
        }
    }
}

/// Checks the store in `dir`, which no process may have open.
///
/// Fails only if the database cannot be opened at all; that, too, is a finding, and the error says which.
pub fn check(dir: &Path) -> Result<Report, OpenError> {
    let _lock = DirLock::take(dir)?;
    let engine = Engine::open_read_only(&dir.join("db"), BLOCK_CACHE_BYTES)?;
    let mut report = Report::default();
    match migrate::refuse_newer(&engine) {
        // Its records would look like damage.
        Err(newer @ OpenError::Newer { .. }) => return Err(newer),
        Err(error) => report.add("schema number", error),
        Ok(()) => {}
    }
    let mut wanted = BTreeSet::new();
    for family in Family::ALL {
        check_records(&engine, *family, &mut report, &mut wanted);
    }
    check_rooms(&engine, &mut report);
    check_timelines(&engine, &mut report);
    check_states(&engine, &mut report);
    check_content(&dir.join("content"), &wanted, &mut report);
    Ok(report)
}

/// Reads and decodes all records of a family, and gathers the content they refer to.
fn check_records(engine: &Engine, family: Family, report: &mut Report, wanted: &mut BTreeSet<ContentHash>) {
    let read = engine.records(family, |key, value| {
        report.records += 1;
        match family.inspect(key, value) {
            Ok(inspection) => {
                wanted.extend(inspection.content);
                inspection.problems.iter().for_each(|problem| report.add(place(family, key), problem));
            }
            Err(error) => report.add(place(family, key), error),
        }
    });
    if let Err(error) = read {
        report.add(format_args!("family {}", family.name()), format_args!("cannot be read to its end: {error}"));
    }
}

/// A room's two ids lead to one another.
fn check_rooms(engine: &Engine, report: &mut Report) {
    each::<RoomIdKey>(engine, |key, room, place| {
        let back = engine.get_record(&ShortRoomKey { room: room.short });
        if !matches!(back, Ok(Some(room_id)) if room_id == key.room_id) {
            report.add(place, "the room's short id does not lead back to it");
        }
    });
}

/// Every event in a timeline is found by its id, and every id leads to its event.
fn check_timelines(engine: &Engine, report: &mut Report) {
    each::<TimelineKey>(engine, |key, entry, place| {
        let back = engine.get_record(&EventIdKey { event_id: entry.event_id });
        if !matches!(back, Ok(Some(at)) if at.room == key.room && at.order == key.order) {
            report.add(place, "the event's id does not lead to its place in the timeline");
        }
    });
    each::<EventIdKey>(engine, |key, at, place| match at.kind {
        EventKind::Timeline | EventKind::SoftFailed => {
            let key = TimelineKey { room: at.room, order: at.order };
            report.expect(engine, &key, place, "the timeline has no event in the place it leads to");
        }
        EventKind::Outlier => {
            report.expect(engine, &OutlierKey { event_id: key.event_id }, place, "the outlier is missing");
        }
        // Nothing obliges us to keep what was rejected.
        EventKind::Rejected => {}
    });
}

/// Every state that is referred to exists.
fn check_states(engine: &Engine, report: &mut Report) {
    each::<RoomStateKey>(engine, |_, group, place| {
        if group != ShortStateHash::EMPTY {
            report.expect(engine, &StateGroupKey { group }, place, "the room's current state is missing");
        }
    });
    each::<StateGroupKey>(engine, |_, state, place| {
        if let Some(group) = state.parent {
            report.expect(engine, &StateGroupKey { group }, place, "the state's parent is missing");
        }
    });
}

fn check_content(dir: &Path, wanted: &BTreeSet<ContentHash>, report: &mut Report) {
    for hash in wanted {
        report.content_files += 1;
        match content::check(dir, *hash) {
            Ok(true) => {}
            Ok(false) => report.add(format_args!("content file {hash}"), "a record refers to it, but it is missing"),
            Err(Error::ContentDamaged { found, .. }) => {
                report.add(format_args!("content file {hash}"), format_args!("its bytes hash to {found}"));
            }
            Err(error) => report.add(format_args!("content file {hash}"), error),
        }
    }
}

/// Calls `visit` with all good records of a kind; the damaged ones are found already.
fn each<K: Key>(engine: &Engine, mut visit: impl FnMut(K, K::Value, &str)) {
    let read = engine.records(K::FAMILY, |key, value| {
        if let (Ok(key_read), Ok(value)) = (read_key::<K>(key), crate::engine::decode::<K>(key, value)) {
            visit(key_read, value, &place(K::FAMILY, key));
        }
    });
    // A family that cannot be read to its end is found already.
    drop(read);
}

fn place(family: Family, key: &[u8]) -> String {
    format!("family {}, key {}", family.name(), printable(key))
}

#[cfg(test)]
mod tests;
