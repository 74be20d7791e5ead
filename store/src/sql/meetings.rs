//! Meetings: links by which people without an account come into one room for a while.
//!
//! Of the link's token only the hash is kept, and of a PIN only what checks it. A meeting that is over keeps its row for a
//! while, so that whoever comes late is told so; a guest's row goes when he does.

use ruma::{OwnedRoomId, OwnedUserId, RoomId, UserId};
use rusqlite::{Row, params};

use super::sessions::TokenHash;
use super::view::{ms, optional_ms, user_id};
use super::{Error, Tx, View, from_ms, to_ms};

/// Names a meeting; never used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MeetingId(pub u64);

/// A meeting, without what proves the right to come in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meeting {
    /// Names it.
    pub meeting_id: MeetingId,
    /// The room that guests come into.
    pub room_id: OwnedRoomId,
    /// What guests are told that it is.
    pub title: String,
    /// Who made the link.
    pub made_by: OwnedUserId,
    /// Whether a PIN is asked for.
    pub has_pin: bool,
    /// Whether somebody in the room lets each guest in.
    pub lobby: bool,
    /// Guests at one time.
    pub guests_max: u64,
    /// Guests who are there now.
    pub guests: u64,
    /// When it was made.
    pub created_ms: u64,
    /// Until when the link is good.
    pub expires_ms: u64,
    /// When it ended, if it has.
    pub ended_ms: Option<u64>,
}

/// What is needed to make a meeting.
#[derive(Debug, Clone)]
pub struct NewMeeting {
    /// Of the link's token.
    pub token_hash: TokenHash,
    /// See [`Meeting::room_id`].
    pub room_id: OwnedRoomId,
    /// See [`Meeting::title`].
    pub title: String,
    /// See [`Meeting::made_by`].
    pub made_by: OwnedUserId,
    /// PHC string, or none when no PIN is asked for.
    pub pin_hash: Option<String>,
    /// See [`Meeting::lobby`].
    pub lobby: bool,
    /// See [`Meeting::guests_max`].
    pub guests_max: u64,
    /// Now.
    pub created_ms: u64,
    /// See [`Meeting::expires_ms`].
    pub expires_ms: u64,
}

/// A guest who is there, or on his way in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guest {
    /// His account.
    pub user_id: OwnedUserId,
    /// By whose link he came.
    pub meeting_id: MeetingId,
    /// The one room that he may be in.
    pub room_id: OwnedRoomId,
    /// When he has to be gone.
    pub until_ms: u64,
}

const COLUMNS: &str = "meeting_id, room_id, title, made_by, pin_hash IS NOT NULL, lobby, guests_max, created_ms,
    expires_ms, ended_ms, (SELECT count(*) FROM guests WHERE guests.meeting_id = meetings.meeting_id)";

const GUEST: &str = "SELECT guests.user_id, guests.meeting_id, room_id, expires_ms FROM guests
    JOIN meetings ON meetings.meeting_id = guests.meeting_id";

/// Makes a meeting.
pub fn create(tx: &Tx<'_>, new: &NewMeeting) -> Result<MeetingId, Error> {
    tx.execute(
        "INSERT INTO meetings
             (token_hash, room_id, title, made_by, pin_hash, lobby, guests_max, created_ms, expires_ms)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        params![
            new.token_hash,
            new.room_id.as_str(),
            new.title,
            new.made_by.as_str(),
            new.pin_hash,
            new.lobby,
            from_ms(new.guests_max),
            from_ms(new.created_ms),
            from_ms(new.expires_ms)
        ],
    )?;
    Ok(MeetingId(tx.last_id()))
}

/// One meeting.
pub fn get(view: &View<'_>, id: MeetingId) -> Result<Option<Meeting>, Error> {
    view.expect_whole("meetings", from_ms(id.0))?;
    view.row(&format!("SELECT {COLUMNS} FROM meetings WHERE meeting_id = ?1"), [from_ms(id.0)], read)
}

/// The meeting whose link ends with this token, and what checks its PIN.
pub fn by_token(view: &View<'_>, token: &TokenHash) -> Result<Option<(Meeting, Option<String>)>, Error> {
    let sql = "SELECT meeting_id, pin_hash FROM meetings WHERE token_hash = ?1";
    let found: Option<(i64, Option<String>)> = view.row(sql, [token], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let Some((id, pin_hash)) = found else { return Ok(None) };
    Ok(get(view, MeetingId(to_ms(id)))?.map(|meeting| (meeting, pin_hash)))
}

/// The meetings of a room that are not over, the oldest first.
pub fn of_room(view: &View<'_>, room: &RoomId) -> Result<Vec<Meeting>, Error> {
    let sql = format!("SELECT {COLUMNS} FROM meetings WHERE room_id = ?1 AND ended_ms IS NULL ORDER BY meeting_id");
    view.rows(&sql, [room.as_str()], read)
}

/// Meetings that are over by the clock and are not said to be.
pub fn due(view: &View<'_>, now_ms: u64) -> Result<Vec<Meeting>, Error> {
    let sql = format!("SELECT {COLUMNS} FROM meetings WHERE ended_ms IS NULL AND expires_ms <= ?1 ORDER BY meeting_id");
    view.rows(&sql, [from_ms(now_ms)], read)
}

/// When the next meeting is over by the clock.
pub fn next_due(view: &View<'_>) -> Result<Option<u64>, Error> {
    let next =
        view.row("SELECT min(expires_ms) FROM meetings WHERE ended_ms IS NULL", [], |row| optional_ms(row, 0))?;
    Ok(next.flatten())
}

/// Ends a meeting; `false` when it was over before.
pub fn end(tx: &Tx<'_>, id: MeetingId, now_ms: u64) -> Result<bool, Error> {
    let sql = "UPDATE meetings SET ended_ms = ?2 WHERE meeting_id = ?1 AND ended_ms IS NULL";
    Ok(tx.execute(sql, [from_ms(id.0), from_ms(now_ms)])? == 1)
}

/// Forgets meetings that have been over since then and that nobody is in any more.
pub fn forget_ended(tx: &Tx<'_>, before_ms: u64) -> Result<(), Error> {
    tx.execute(
        "DELETE FROM meetings WHERE ended_ms < ?1
             AND NOT EXISTS (SELECT 1 FROM guests WHERE guests.meeting_id = meetings.meeting_id)",
        [from_ms(before_ms)],
    )?;
    Ok(())
}

/// Notes that an account is a guest of this meeting.
pub fn add_guest(tx: &Tx<'_>, user: &UserId, id: MeetingId) -> Result<(), Error> {
    tx.execute("INSERT INTO guests (user_id, meeting_id) VALUES (?1, ?2)", params![user.as_str(), from_ms(id.0)])?;
    Ok(())
}

/// A guest is gone; `false` when there was none such.
pub fn remove_guest(tx: &Tx<'_>, user: &UserId) -> Result<bool, Error> {
    Ok(tx.execute("DELETE FROM guests WHERE user_id = ?1", [user.as_str()])? == 1)
}

/// One guest.
pub fn guest(view: &View<'_>, user: &UserId) -> Result<Option<Guest>, Error> {
    view.expect_whole("guests", user.as_str())?;
    view.row(&format!("{GUEST} WHERE guests.user_id = ?1"), [user.as_str()], read_guest)
}

/// All guests.
pub fn guests(view: &View<'_>) -> Result<Vec<Guest>, Error> {
    view.rows(&format!("{GUEST} ORDER BY guests.user_id"), [], read_guest)
}

/// The guests of one meeting.
pub fn guests_of(view: &View<'_>, id: MeetingId) -> Result<Vec<Guest>, Error> {
    view.rows(&format!("{GUEST} WHERE guests.meeting_id = ?1 ORDER BY guests.user_id"), [from_ms(id.0)], read_guest)
}

fn room_id(row: &Row<'_>, column: usize) -> Result<OwnedRoomId, Error> {
    let text: String = row.get(column)?;
    OwnedRoomId::try_from(text.as_str()).map_err(|_| Error::Corrupt(format!("{text:?} is no room id")))
}

fn read(row: &Row<'_>) -> Result<Meeting, Error> {
    Ok(Meeting {
        meeting_id: MeetingId(ms(row, 0)?),
        room_id: room_id(row, 1)?,
        title: row.get(2)?,
        made_by: user_id(row, 3)?,
        has_pin: row.get(4)?,
        lobby: row.get(5)?,
        guests_max: ms(row, 6)?,
        created_ms: ms(row, 7)?,
        expires_ms: ms(row, 8)?,
        ended_ms: optional_ms(row, 9)?,
        guests: ms(row, 10)?,
    })
}

fn read_guest(row: &Row<'_>) -> Result<Guest, Error> {
    Ok(Guest {
        user_id: user_id(row, 0)?,
        meeting_id: MeetingId(ms(row, 1)?),
        room_id: room_id(row, 2)?,
        until_ms: ms(row, 3)?,
    })
}

#[cfg(test)]
mod tests {
    use ruma::{OwnedUserId, room_id, user_id};

    use super::super::accounts::{self, Kind, NewAccount};
    use super::super::tests::fresh;
    use super::super::{Error, Tx};
    use super::{
        NewMeeting, add_guest, by_token, create, due, end, forget_ended, guest, guests, guests_of, next_due, of_room,
        remove_guest,
    };

    fn account(tx: &Tx<'_>, user_id: OwnedUserId, kind: Kind) -> Result<(), Error> {
        let new = NewAccount { user_id, kind, password_hash: None, admin: false, created_ms: 1 };
        assert!(accounts::create(tx, &new)?);
        Ok(())
    }

    fn meeting(token: u8, expires_ms: u64) -> NewMeeting {
        NewMeeting {
            token_hash: [token; 32],
            room_id: room_id!("!r:ex.org").to_owned(),
            title: "Budget".to_owned(),
            made_by: user_id!("@anna:ex.org").to_owned(),
            pin_hash: (token == 1).then(|| "$argon2id$...".to_owned()),
            lobby: true,
            guests_max: 5,
            created_ms: 10,
            expires_ms,
        }
    }

    #[test]
    fn a_meeting_is_found_by_its_token_until_it_is_forgotten() {
        let (_dir, sql) = fresh();
        sql.write_blocking(|tx| -> Result<(), Error> {
            account(tx, user_id!("@anna:ex.org").to_owned(), Kind::User)?;
            let (first, second) = (create(tx, &meeting(1, 100))?, create(tx, &meeting(2, 50))?);
            let (found, pin) = by_token(tx, &[1; 32])?.unwrap();
            assert_eq!((found.meeting_id, found.title.as_str(), found.has_pin), (first, "Budget", true));
            assert_eq!(pin.as_deref(), Some("$argon2id$..."));
            assert_eq!(by_token(tx, &[9; 32])?, None);
            assert_eq!(of_room(tx, room_id!("!r:ex.org"))?.len(), 2);
            assert_eq!(next_due(tx)?, Some(50));
            assert_eq!(due(tx, 50)?.iter().map(|it| it.meeting_id).collect::<Vec<_>>(), [second]);
            assert!(end(tx, second, 51)?);
            assert!(!end(tx, second, 52)?, "it is over once");
            assert_eq!(of_room(tx, room_id!("!r:ex.org"))?.len(), 1);
            assert_eq!(by_token(tx, &[2; 32])?.unwrap().0.ended_ms, Some(51));
            forget_ended(tx, 51)?;
            assert!(by_token(tx, &[2; 32])?.is_some(), "not yet");
            forget_ended(tx, 52)?;
            assert_eq!(by_token(tx, &[2; 32])?, None);
            assert_eq!(next_due(tx)?, Some(100));
            Ok(())
        })
        .unwrap();
    }

    #[test]
    fn guests_are_counted_and_keep_their_meeting() {
        let (_dir, sql) = fresh();
        sql.write_blocking(|tx| -> Result<(), Error> {
            let visitor = user_id!("@guest-1:ex.org");
            account(tx, user_id!("@anna:ex.org").to_owned(), Kind::User)?;
            account(tx, visitor.to_owned(), Kind::Guest)?;
            let id = create(tx, &meeting(1, 100))?;
            add_guest(tx, visitor, id)?;
            assert_eq!(by_token(tx, &[1; 32])?.unwrap().0.guests, 1);
            let found = guest(tx, visitor)?.unwrap();
            assert_eq!((found.meeting_id, found.until_ms, found.room_id.as_str()), (id, 100, "!r:ex.org"));
            assert_eq!(guests(tx)?, guests_of(tx, id)?);
            end(tx, id, 20)?;
            forget_ended(tx, 1_000)?;
            assert!(by_token(tx, &[1; 32])?.is_some(), "somebody is in it");
            assert!(remove_guest(tx, visitor)?);
            assert!(!remove_guest(tx, visitor)?);
            assert_eq!(guest(tx, visitor)?, None);
            forget_ended(tx, 1_000)?;
            assert_eq!(by_token(tx, &[1; 32])?, None);
            Ok(())
        })
        .unwrap();
    }
}
