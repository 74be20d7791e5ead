//! Rooms that an administrator has closed for good.
//!
//! The row is written together with the journal's. Putting everybody out happens in the conversations' store, more than
//! once if need be; then the row says so.

use ruma::{OwnedRoomId, RoomId};
use rusqlite::{Row, params};

use super::view::ms;
use super::{Error, Tx, View, from_ms};

/// One closed room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClosedRoom {
    /// Which one.
    pub room_id: OwnedRoomId,
    /// When it was closed.
    pub closed_ms: u64,
    /// Who closed it, as in the journal.
    pub closed_by: String,
    /// Nobody is in it any more.
    pub emptied: bool,
}

/// Closes a room; `false` when it was closed before.
pub fn close(tx: &Tx<'_>, room: &RoomId, by: &str, now_ms: u64) -> Result<bool, Error> {
    let sql = "INSERT INTO closed_rooms (room_id, closed_ms, closed_by) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING";
    Ok(tx.execute(sql, params![room.as_str(), from_ms(now_ms), by])? == 1)
}

/// Notes that nobody is in the room any more.
pub fn set_emptied(tx: &Tx<'_>, room: &RoomId) -> Result<(), Error> {
    tx.execute("UPDATE closed_rooms SET emptied = 1 WHERE room_id = ?1", [room.as_str()])?;
    Ok(())
}

/// One of them.
pub fn get(view: &View<'_>, room: &RoomId) -> Result<Option<ClosedRoom>, Error> {
    view.expect_whole("closed_rooms", room.as_str())?;
    let sql = "SELECT room_id, closed_ms, closed_by, emptied FROM closed_rooms WHERE room_id = ?1";
    view.row(sql, [room.as_str()], read)
}

/// All of them.
pub fn all(view: &View<'_>) -> Result<Vec<ClosedRoom>, Error> {
    view.rows("SELECT room_id, closed_ms, closed_by, emptied FROM closed_rooms ORDER BY room_id", [], read)
}

fn read(row: &Row<'_>) -> Result<ClosedRoom, Error> {
    let text: String = row.get(0)?;
    let room_id = OwnedRoomId::try_from(text.as_str());
    Ok(ClosedRoom {
        room_id: room_id.map_err(|_| Error::Corrupt(format!("{text:?} is no room id")))?,
        closed_ms: ms(row, 1)?,
        closed_by: row.get(2)?,
        emptied: row.get(3)?,
    })
}

#[cfg(test)]
mod tests {
    use ruma::room_id;

    use super::super::Error;
    use super::super::tests::fresh;
    use super::{all, close, get, set_emptied};

    #[test]
    fn a_room_is_closed_once_and_then_emptied() {
        let (_dir, sql) = fresh();
        sql.write_blocking(|tx| -> Result<(), Error> {
            let room = room_id!("!r:ex.org");
            assert!(close(tx, room, "@root:ex.org", 5)?);
            assert!(!close(tx, room, "@eve:ex.org", 6)?);
            let closed = get(tx, room)?.unwrap();
            assert_eq!((closed.closed_by.as_str(), closed.closed_ms, closed.emptied), ("@root:ex.org", 5, false));
            set_emptied(tx, room)?;
            assert!(all(tx)?.iter().all(|closed| closed.emptied));
            assert_eq!(get(tx, room_id!("!other:ex.org"))?, None);
            Ok(())
        })
        .unwrap();
    }
}
