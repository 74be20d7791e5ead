//! Company directories: how they are reached, whom they vouch for, what was taken over from them.
//!
//! What the configuration, profiles and reports say is JSON that only the directory's logic reads.

use ruma::{OwnedUserId, UserId};
use rusqlite::{Row, params};
use veche_base::Secret;

use super::view::{ms, user_id};
use super::{Error, Tx, View, from_ms, to_ms};

/// Names one directory; never given twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DirectoryId(pub u64);

/// One directory as it is stored.
#[derive(Debug, Clone)]
pub struct UserDirectory {
    /// Which one.
    pub directory_id: DirectoryId,
    /// Directories are asked in the order of this, smallest first.
    pub place: u32,
    /// What administrators call it.
    pub name: String,
    /// Whether it is asked at all.
    pub enabled: bool,
    /// JSON.
    pub config: String,
    /// What the server proves itself with.
    pub bind_password: Secret<String>,
    /// Up to where changes were taken over.
    pub mark: Option<String>,
}

/// What is stored of a directory that is made or changed.
#[derive(Debug, Clone)]
pub struct NewUserDirectory {
    /// See [`UserDirectory::place`].
    pub place: u32,
    /// See [`UserDirectory::name`].
    pub name: String,
    /// See [`UserDirectory::enabled`].
    pub enabled: bool,
    /// JSON.
    pub config: String,
    /// What the server proves itself with.
    pub bind_password: Secret<String>,
}

/// An account that a directory opens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// The account.
    pub user_id: OwnedUserId,
    /// Whose; `None` when that directory has been taken away.
    pub directory_id: Option<DirectoryId>,
    /// What the directory knows the person by, whatever he is called and wherever he stands.
    pub entry_id: String,
    /// JSON.
    pub profile: String,
    /// The display name that conversations have been given last.
    pub named: Option<String>,
    /// Why the directory has locked the account, a stable word; `None` when it has not.
    pub barred: Option<String>,
}

const COLUMNS: &str = "directory_id, place, name, enabled, config, bind_password, mark";
const PERSON: &str = "user_id, directory_id, entry_id, profile, barred, named";

/// All directories in the order in which they are asked.
pub fn all(view: &View<'_>) -> Result<Vec<UserDirectory>, Error> {
    view.rows(&format!("SELECT {COLUMNS} FROM user_directories ORDER BY place, directory_id"), [], read)
}

/// One directory.
pub fn get(view: &View<'_>, id: DirectoryId) -> Result<Option<UserDirectory>, Error> {
    view.expect_whole("user_directories", from_ms(id.0))?;
    view.row(&format!("SELECT {COLUMNS} FROM user_directories WHERE directory_id = ?1"), [from_ms(id.0)], read)
}

/// Stores a new one; `None` when there is one of this name.
pub fn create(tx: &Tx<'_>, new: &NewUserDirectory) -> Result<Option<DirectoryId>, Error> {
    let made = tx.execute(
        "INSERT INTO user_directories (place, name, enabled, config, bind_password) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT DO NOTHING",
        params![new.place, new.name, new.enabled, new.config, new.bind_password.expose()],
    )?;
    Ok((made == 1).then(|| DirectoryId(tx.last_id())))
}

/// Changes one, whose changes are then taken over from the start; `false` when there is none such, or another one has
/// this name.
pub fn update(tx: &Tx<'_>, id: DirectoryId, new: &NewUserDirectory) -> Result<bool, Error> {
    let sql = "UPDATE OR IGNORE user_directories
               SET place = ?2, name = ?3, enabled = ?4, config = ?5, bind_password = ?6, mark = NULL
               WHERE directory_id = ?1";
    let password = new.bind_password.expose();
    Ok(tx.execute(sql, params![from_ms(id.0), new.place, new.name, new.enabled, new.config, password])? == 1)
}

/// Takes one away with its reports; its people stay known by their entries. `false` when there is none such.
pub fn delete(tx: &Tx<'_>, id: DirectoryId) -> Result<bool, Error> {
    tx.execute("UPDATE directory_people SET directory_id = NULL WHERE directory_id = ?1", [from_ms(id.0)])?;
    tx.execute("DELETE FROM directory_reports WHERE directory_id = ?1", [from_ms(id.0)])?;
    Ok(tx.execute("DELETE FROM user_directories WHERE directory_id = ?1", [from_ms(id.0)])? == 1)
}

/// Notes up to where changes were taken over.
pub fn set_mark(tx: &Tx<'_>, id: DirectoryId, mark: Option<&str>) -> Result<(), Error> {
    tx.execute("UPDATE user_directories SET mark = ?2 WHERE directory_id = ?1", params![from_ms(id.0), mark])?;
    Ok(())
}

/// The person that an account belongs to.
pub fn person(view: &View<'_>, user: &UserId) -> Result<Option<Person>, Error> {
    view.expect_whole("directory_people", user.as_str())?;
    view.row(&format!("SELECT {PERSON} FROM directory_people WHERE user_id = ?1"), [user.as_str()], read_person)
}

/// The person whom directories know by this entry.
pub fn person_of_entry(view: &View<'_>, entry_id: &str) -> Result<Option<Person>, Error> {
    view.row(&format!("SELECT {PERSON} FROM directory_people WHERE entry_id = ?1"), [entry_id], read_person)
}

/// Everybody whom one directory vouches for, by user id.
pub fn people(view: &View<'_>, id: DirectoryId) -> Result<Vec<Person>, Error> {
    let sql = format!("SELECT {PERSON} FROM directory_people WHERE directory_id = ?1 ORDER BY user_id");
    view.rows(&sql, [from_ms(id.0)], read_person)
}

/// Everybody whom any directory vouches for, or did, by user id.
pub fn all_people(view: &View<'_>) -> Result<Vec<Person>, Error> {
    view.rows(&format!("SELECT {PERSON} FROM directory_people ORDER BY user_id"), [], read_person)
}

/// Notes which display name conversations have been given.
pub fn set_named(tx: &Tx<'_>, user: &UserId, named: &str) -> Result<(), Error> {
    tx.execute("UPDATE directory_people SET named = ?2 WHERE user_id = ?1", [user.as_str(), named])?;
    Ok(())
}

/// Stores a person, in place of what was known of this account.
pub fn set_person(tx: &Tx<'_>, person: &Person, now_ms: u64) -> Result<(), Error> {
    let directory = person.directory_id.map(|id| from_ms(id.0));
    let (user, entry) = (person.user_id.as_str(), &person.entry_id);
    tx.execute(
        "INSERT INTO directory_people (user_id, directory_id, entry_id, profile, barred, changed_ms, named)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
         ON CONFLICT (user_id) DO UPDATE
         SET directory_id = ?2, entry_id = ?3, profile = ?4, barred = ?5, changed_ms = ?6, named = ?7",
        params![user, directory, entry, person.profile, person.barred, from_ms(now_ms), person.named],
    )?;
    Ok(())
}

/// Keeps a report, and of one directory no more than `keep`.
pub fn add_report(tx: &Tx<'_>, id: DirectoryId, at_ms: u64, report: &str, keep: u32) -> Result<(), Error> {
    let sql = "INSERT INTO directory_reports (directory_id, at_ms, report) VALUES (?1, ?2, ?3)";
    tx.execute(sql, params![from_ms(id.0), from_ms(at_ms), report])?;
    tx.execute(
        "DELETE FROM directory_reports WHERE directory_id = ?1 AND report_id NOT IN
            (SELECT report_id FROM directory_reports WHERE directory_id = ?1 ORDER BY report_id DESC LIMIT ?2)",
        params![from_ms(id.0), keep],
    )?;
    Ok(())
}

/// When reports of a directory were made and what they say, the newest first.
pub fn reports(view: &View<'_>, id: DirectoryId, limit: u32) -> Result<Vec<(u64, String)>, Error> {
    let sql = "SELECT at_ms, report FROM directory_reports WHERE directory_id = ?1 ORDER BY report_id DESC LIMIT ?2";
    view.rows(sql, params![from_ms(id.0), limit], |row| Ok((ms(row, 0)?, row.get(1)?)))
}

fn read(row: &Row<'_>) -> Result<UserDirectory, Error> {
    Ok(UserDirectory {
        directory_id: DirectoryId(to_ms(row.get(0)?)),
        place: row.get(1)?,
        name: row.get(2)?,
        enabled: row.get(3)?,
        config: row.get(4)?,
        bind_password: Secret::new(row.get(5)?),
        mark: row.get(6)?,
    })
}

fn read_person(row: &Row<'_>) -> Result<Person, Error> {
    let directory: Option<i64> = row.get(1)?;
    Ok(Person {
        user_id: user_id(row, 0)?,
        directory_id: directory.map(|id| DirectoryId(to_ms(id))),
        entry_id: row.get(2)?,
        profile: row.get(3)?,
        barred: row.get(4)?,
        named: row.get(5)?,
    })
}
