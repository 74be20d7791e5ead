//! Is everything as it was written? Looks at everything and changes nothing.
//!
//! Reads every block of the database with its checksum, decodes every record, follows the references between
//! records, and compares every referenced content file with its name. `veche check` does it to a folder that no server
//! has open ([`Held`]); a running server does it to itself, slowly, once a week ([`Store::verify`]).

use std::collections::BTreeSet;
use std::fmt;
use std::fs;
use std::io;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use crate::content::{self, Compared, ContentHash, Pace};
use crate::engine::Engine;
use crate::error::{Error, OpenError, printable};
use crate::families::Family;
use crate::keys::Key;
use crate::lock::LookLock;
use crate::migrate;
use crate::positions::ShortStateHash;
use crate::records::rooms::{
    EventIdKey, EventKind, OutlierKey, RoomIdKey, RoomStateKey, ShortRoomKey, StateGroupKey, TimelineKey,
};
use crate::scan::read_key;
use crate::sql;
use crate::store::Store;

/// Damage past this many findings is only counted: the first ones tell the story.
const FINDINGS_MAX: usize = 1_000;
/// A check does not need a large cache, it reads everything once.
const BLOCK_CACHE_BYTES: usize = 16 << 20;
/// Where a running server links the files that it verifies.
const LINKS_DIR: &str = "verifying";

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

    fn add_missing(&mut self, hash: ContentHash) {
        self.add(format_args!("content file {hash}"), "a record refers to it, but it is missing");
    }

    fn expect<K: Key>(&mut self, engine: &Engine, key: &K, place: &str, problem: &str) {
        match engine.get_record(key) {
            Ok(Some(_)) => {}
            Ok(None) => self.add(place, problem),
            Err(error) => self.add(place, error),
        }
    }
}

/// A data folder that no server has open, and that none can open as long as this lives.
#[derive(Debug)]
pub struct Held {
    dir: PathBuf,
    _lock: LookLock,
}

impl Held {
    /// Fails if a process has the folder open.
    pub fn take(dir: &Path) -> Result<Self, OpenError> {
        Ok(Self { dir: dir.to_owned(), _lock: LookLock::take(dir)? })
    }

    /// Checks what conversations made, uploaded files included.
    ///
    /// Fails only if the database cannot be opened at all; that, too, is a finding, and the error says which.
    pub fn conversations(&self) -> Result<Report, OpenError> {
        let engine = Engine::open_read_only(&self.dir.join("db"), BLOCK_CACHE_BYTES)?;
        let mut pace = |_| ControlFlow::Continue(());
        let mut walk = Walk { engine: &engine, pace: &mut pace, report: Report::default() };
        match migrate::refuse_newer(&engine) {
            // Its records would look like damage.
            Err(newer @ OpenError::Newer { .. }) => return Err(newer),
            Err(error) => walk.report.add("schema number", error),
            Ok(()) => {}
        }
        // This pace never breaks off.
        let missing = walk.everything(&self.dir.join("content")).continue_value().unwrap_or_default();
        missing.into_iter().for_each(|hash| walk.report.add_missing(hash));
        Ok(walk.report)
    }

    /// What is wrong with what administrators made, in plain words; see [`sql::check`].
    pub fn administration(&self) -> Result<Vec<String>, sql::OpenError> {
        sql::check(&self.dir)
    }
}

/// Checks what conversations made in `dir`, which no process may have open; see [`Held::conversations`].
pub fn check(dir: &Path) -> Result<Report, OpenError> {
    Held::take(dir)?.conversations()
}

impl Store {
    /// Checks what conversations made until now, uploaded files included, while the store is in use. Blocks for as long
    /// as `pace` likes.
    ///
    /// `None` if `pace` broke it off. Refused while the disk has less free space than uploads must leave, because files
    /// that are being verified keep their place although they may have been replaced meanwhile.
    pub fn verify(&self, pace: &mut Pace<'_>) -> Result<Option<Report>, Error> {
        if let Some(refusal) = self.disk().upload_refusal() {
            return Err(refusal);
        }
        let links = Links::make(self)?;
        let engine = match Engine::open_read_only(&links.dir, BLOCK_CACHE_BYTES) {
            Ok(engine) => engine,
            Err(error) => {
                let mut report = Report::default();
                report.add("the database of conversations", error);
                return Ok(Some(report));
            }
        };
        let mut walk = Walk { engine: &engine, pace, report: Report::default() };
        let Some(missing) = walk.everything(&self.dir().join("content")).continue_value() else { return Ok(None) };
        let mut report = walk.report;
        self.still_referred(missing)?.into_iter().for_each(|hash| report.add_missing(hash));
        Ok(Some(report))
    }

    /// Which of these content files a record refers to now: those that are not were deleted in the meantime.
    fn still_referred(&self, mut missing: BTreeSet<ContentHash>) -> Result<BTreeSet<ContentHash>, Error> {
        let mut referred = BTreeSet::new();
        for family in Family::ALL.iter().take_while(|_| !missing.is_empty()) {
            let read = self.engine().records(*family, |key, value| {
                let content = family.inspect(key, value).map(|found| found.content).unwrap_or_default();
                referred.extend(content.into_iter().filter(|hash| missing.contains(hash)));
                ControlFlow::Continue(())
            });
            let _never_broken_off = read?;
        }
        missing.retain(|hash| referred.contains(hash));
        Ok(missing)
    }
}

/// A second database over the files of an open one; removed when it goes.
struct Links {
    dir: PathBuf,
}

impl Links {
    fn make(store: &Store) -> Result<Self, Error> {
        let links = Self { dir: store.dir().join(LINKS_DIR) };
        // Left behind by a process that was killed meanwhile.
        links.remove().map_err(|error| Error::Engine(format!("{} cannot be removed: {error}", links.dir.display())))?;
        store.engine().link_to(&links.dir)?;
        Ok(links)
    }

    fn remove(&self) -> io::Result<()> {
        match fs::remove_dir_all(&self.dir) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}

impl Drop for Links {
    fn drop(&mut self) {
        if let Err(error) = self.remove() {
            tracing::warn!(%error, dir = %self.dir.display(), "links to verified files could not be removed");
        }
    }
}

/// One verification on its way.
struct Walk<'a, 'p> {
    engine: &'a Engine,
    pace: &'a mut Pace<'p>,
    report: Report,
}

impl Walk<'_, '_> {
    /// Reads everything, and gives the content files that are referred to and missing.
    fn everything(&mut self, content: &Path) -> ControlFlow<(), BTreeSet<ContentHash>> {
        let mut wanted = BTreeSet::new();
        for family in Family::ALL {
            self.records(*family, &mut wanted)?;
        }
        self.rooms()?;
        self.timelines()?;
        self.states()?;
        compare_content(content, wanted, &mut self.report, self.pace)
    }

    /// Reads and decodes all records of a family, and gathers the content they refer to.
    fn records(&mut self, family: Family, wanted: &mut BTreeSet<ContentHash>) -> ControlFlow<()> {
        let Self { engine, pace, report } = self;
        let read = engine.records(family, |key, value| {
            report.records += 1;
            match family.inspect(key, value) {
                Ok(inspection) => {
                    wanted.extend(inspection.content);
                    inspection.problems.iter().for_each(|problem| report.add(place(family, key), problem));
                }
                Err(error) => report.add(place(family, key), error),
            }
            pace((key.len() + value.len()) as u64)
        });
        read.unwrap_or_else(|error| {
            self.report
                .add(format_args!("family {}", family.name()), format_args!("cannot be read to its end: {error}"));
            ControlFlow::Continue(())
        })
    }

    /// A room's two ids lead to one another.
    fn rooms(&mut self) -> ControlFlow<()> {
        self.each::<RoomIdKey>(|engine, report, key, room, place| {
            let back = engine.get_record(&ShortRoomKey { room: room.short });
            if !matches!(back, Ok(Some(room_id)) if room_id == key.room_id) {
                report.add(place, "the room's short id does not lead back to it");
            }
        })
    }

    /// Every event in a timeline is found by its id, and every id leads to its event.
    fn timelines(&mut self) -> ControlFlow<()> {
        self.each::<TimelineKey>(|engine, report, key, entry, place| {
            let back = engine.get_record(&EventIdKey { event_id: entry.event_id });
            if !matches!(back, Ok(Some(at)) if at.room == key.room && at.order == key.order) {
                report.add(place, "the event's id does not lead to its place in the timeline");
            }
        })?;
        self.each::<EventIdKey>(|engine, report, key, at, place| match at.kind {
            EventKind::Timeline | EventKind::SoftFailed => {
                let key = TimelineKey { room: at.room, order: at.order };
                report.expect(engine, &key, place, "the timeline has no event in the place it leads to");
            }
            EventKind::Outlier => {
                report.expect(engine, &OutlierKey { event_id: key.event_id }, place, "the outlier is missing");
            }
            // Nothing obliges us to keep what was rejected.
            EventKind::Rejected => {}
        })
    }

    /// Every state that is referred to exists.
    fn states(&mut self) -> ControlFlow<()> {
        self.each::<RoomStateKey>(|engine, report, _, group, place| {
            if group != ShortStateHash::EMPTY {
                report.expect(engine, &StateGroupKey { group }, place, "the room's current state is missing");
            }
        })?;
        self.each::<StateGroupKey>(|engine, report, _, state, place| {
            if let Some(group) = state.parent {
                report.expect(engine, &StateGroupKey { group }, place, "the state's parent is missing");
            }
        })
    }

    /// Calls `visit` with all good records of a kind; the damaged ones are found already.
    fn each<K: Key>(&mut self, mut visit: impl FnMut(&Engine, &mut Report, K, K::Value, &str)) -> ControlFlow<()> {
        let Self { engine, pace, report } = self;
        let read = engine.records(K::FAMILY, |key, value| {
            if let (Ok(key_read), Ok(value)) = (read_key::<K>(key), crate::engine::decode::<K>(key, value)) {
                visit(engine, report, key_read, value, &place(K::FAMILY, key));
            }
            pace((key.len() + value.len()) as u64)
        });
        // A family that cannot be read to its end is found already.
        read.unwrap_or(ControlFlow::Continue(()))
    }
}

/// Compares content files with their names, and gives those that are missing.
fn compare_content(
    dir: &Path,
    wanted: BTreeSet<ContentHash>,
    report: &mut Report,
    pace: &mut Pace<'_>,
) -> ControlFlow<(), BTreeSet<ContentHash>> {
    let mut missing = BTreeSet::new();
    for hash in wanted {
        report.content_files += 1;
        match content::check(dir, hash, pace) {
            Ok(Compared::Whole) => {}
            Ok(Compared::Missing) => drop(missing.insert(hash)),
            Ok(Compared::BrokenOff) => return ControlFlow::Break(()),
            Err(Error::ContentDamaged { found, .. }) => {
                report.add(format_args!("content file {hash}"), format_args!("its bytes hash to {found}"));
            }
            Err(error) => report.add(format_args!("content file {hash}"), error),
        }
    }
    ControlFlow::Continue(missing)
}

fn place(family: Family, key: &[u8]) -> String {
    format!("family {}, key {}", family.name(), printable(key))
}

#[cfg(test)]
mod tests;
