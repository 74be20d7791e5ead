//! What people reported to the administrators: an event, a room, somebody.

use ruma::{OwnedEventId, OwnedRoomId, OwnedUserId, UserId};
use rusqlite::{Row, params};

use super::view::{ms, user_id};
use super::{Error, Tx, View, from_ms, to_ms};

/// What is reported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// A message or another event.
    Event {
        /// Its room.
        room_id: OwnedRoomId,
        /// The event.
        event_id: OwnedEventId,
        /// How bad, from -100 (most) to 0, as older clients say.
        score: Option<i64>,
    },
    /// A room.
    Room(OwnedRoomId),
    /// Somebody.
    User(OwnedUserId),
}

/// A report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// When it was made.
    pub at_ms: u64,
    /// By whom.
    pub reporter: OwnedUserId,
    /// About what.
    pub subject: Subject,
    /// In the reporter's words.
    pub reason: Option<String>,
}

const COLUMNS: &str = "report_id, at_ms, reporter, kind, room_id, event_id, user_id, reason, score";

/// Stores a report and gives its number.
pub fn create(tx: &Tx<'_>, report: &Report) -> Result<u64, Error> {
    let (kind, room, event, user, score) = match &report.subject {
        Subject::Event { room_id, event_id, score } => {
            ("event", Some(room_id.as_str()), Some(event_id.as_str()), None, *score)
        }
        Subject::Room(room_id) => ("room", Some(room_id.as_str()), None, None, None),
        Subject::User(user_id) => ("user", None, None, Some(user_id.as_str()), None),
    };
    tx.execute(
        "INSERT INTO reports (at_ms, reporter, kind, room_id, event_id, user_id, reason, score)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        params![from_ms(report.at_ms), report.reporter.as_str(), kind, room, event, user, report.reason, score],
    )?;
    Ok(tx.last_id())
}

/// How many reports somebody has made since then.
pub fn count_since(view: &View<'_>, reporter: &UserId, since_ms: u64) -> Result<u64, Error> {
    let sql = "SELECT count(*) FROM reports WHERE reporter = ?1 AND at_ms >= ?2";
    view.count(sql, params![reporter.as_str(), from_ms(since_ms)])
}

/// Reports with a number below `before`, newest first.
pub fn page(view: &View<'_>, before: Option<u64>, limit: u32) -> Result<Vec<(u64, Report)>, Error> {
    let sql = format!("SELECT {COLUMNS} FROM reports WHERE report_id < ?1 ORDER BY report_id DESC LIMIT ?2");
    view.rows(&sql, params![before.map_or(i64::MAX, from_ms), limit], read)
}

/// Deletes a report that was dealt with; `false` when there is none such.
pub fn delete(tx: &Tx<'_>, report_id: u64) -> Result<bool, Error> {
    Ok(tx.execute("DELETE FROM reports WHERE report_id = ?1", [from_ms(report_id)])? == 1)
}

fn read(row: &Row<'_>) -> Result<(u64, Report), Error> {
    let report_id = to_ms(row.get(0)?);
    let corrupt = || Error::Corrupt(format!("report {report_id}"));
    let kind: String = row.get(3)?;
    let room_id = || -> Result<OwnedRoomId, Error> {
        let text: String = row.get(4)?;
        OwnedRoomId::try_from(text.as_str()).map_err(|_| corrupt())
    };
    let subject = match kind.as_str() {
        "event" => {
            let event: String = row.get(5)?;
            let event_id = OwnedEventId::try_from(event.as_str()).map_err(|_| corrupt())?;
            Subject::Event { room_id: room_id()?, event_id, score: row.get(8)? }
        }
        "room" => Subject::Room(room_id()?),
        _ => Subject::User(user_id(row, 6)?),
    };
    Ok((report_id, Report { at_ms: ms(row, 1)?, reporter: user_id(row, 2)?, subject, reason: row.get(7)? }))
}
