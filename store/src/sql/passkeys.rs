//! Passkeys: public keys of authenticators that sign somebody in without a password (WebAuthn).
//!
//! What an authenticator keeps to itself never comes here; whoever reads this table can sign in as nobody.

use ruma::{OwnedUserId, UserId};
use rusqlite::{Row, params};

use super::view::{ms, optional_ms, user_id};
use super::{Error, Tx, View, from_ms};

/// Bytes of a user handle.
pub const HANDLE_BYTES: usize = 16;

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passkey {
    /// What the authenticator calls it: at most 1,023 bytes (WebAuthn level 3, "credential ID").
    pub credential_id: Vec<u8>,
    /// Whose it is.
    pub user_id: OwnedUserId,
    /// What authenticators know the account by.
    pub user_handle: [u8; HANDLE_BYTES],
    /// What its owner calls it.
    pub name: String,
    /// Public key and counter, as JSON of the library that checks them.
    pub credential: String,
    /// When it was made.
    pub created_ms: u64,
    /// When it was last shown.
    pub used_ms: Option<u64>,
}

const COLUMNS: &str = "credential_id, user_id, user_handle, name, credential, created_ms, used_ms";

/// Keeps one; `false` when there is one of that id.
pub fn add(tx: &Tx<'_>, new: &Passkey) -> Result<bool, Error> {
    let sql = "INSERT INTO passkeys (credential_id, user_id, user_handle, name, credential, created_ms, used_ms)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO NOTHING";
    let values = params![
        new.credential_id,
        new.user_id.as_str(),
        new.user_handle,
        new.name,
        new.credential,
        from_ms(new.created_ms),
        new.used_ms.map(from_ms)
    ];
    Ok(tx.execute(sql, values)? == 1)
}

/// The one of this id.
pub fn get(view: &View<'_>, credential_id: &[u8]) -> Result<Option<Passkey>, Error> {
    view.expect_whole("passkeys", credential_id)?;
    view.row(&format!("SELECT {COLUMNS} FROM passkeys WHERE credential_id = ?1"), [credential_id], read)
}

/// An account's, oldest first.
pub fn of_user(view: &View<'_>, user: &UserId) -> Result<Vec<Passkey>, Error> {
    let sql = format!("SELECT {COLUMNS} FROM passkeys WHERE user_id = ?1 ORDER BY created_ms, credential_id");
    view.rows(&sql, [user.as_str()], read)
}

/// Notes that one was shown, and what its counter says now; `false` when it is gone.
pub fn used(tx: &Tx<'_>, credential_id: &[u8], credential: &str, now_ms: u64) -> Result<bool, Error> {
    let sql = "UPDATE passkeys SET credential = ?2, used_ms = ?3 WHERE credential_id = ?1";
    Ok(tx.execute(sql, params![credential_id, credential, from_ms(now_ms)])? == 1)
}

/// Forgets one of an account's; `false` when it has none of that id.
pub fn delete(tx: &Tx<'_>, user: &UserId, credential_id: &[u8]) -> Result<bool, Error> {
    let sql = "DELETE FROM passkeys WHERE user_id = ?1 AND credential_id = ?2";
    Ok(tx.execute(sql, params![user.as_str(), credential_id])? == 1)
}

/// Forgets all of an account's; says how many there were.
pub fn delete_of_user(tx: &Tx<'_>, user: &UserId) -> Result<usize, Error> {
    tx.execute("DELETE FROM passkeys WHERE user_id = ?1", [user.as_str()])
}

fn read(row: &Row<'_>) -> Result<Passkey, Error> {
    Ok(Passkey {
        credential_id: row.get(0)?,
        user_id: user_id(row, 1)?,
        user_handle: row.get(2)?,
        name: row.get(3)?,
        credential: row.get(4)?,
        created_ms: ms(row, 5)?,
        used_ms: optional_ms(row, 6)?,
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::{alice, behind_the_back, fresh};
    use super::super::{Error, accounts};
    use super::{HANDLE_BYTES, Passkey, add, delete, delete_of_user, get, of_user, used};

    fn passkey(id: u8) -> Passkey {
        Passkey {
            credential_id: vec![id; 32],
            user_id: alice().user_id,
            user_handle: [7; HANDLE_BYTES],
            name: format!("Key {id}"),
            credential: "{}".to_owned(),
            created_ms: u64::from(id),
            used_ms: None,
        }
    }

    #[test]
    fn they_are_kept_in_order_used_and_forgotten() {
        let (_dir, sql) = fresh();
        sql.write_blocking(|tx| -> Result<(), Error> {
            let (first, second, user) = (passkey(1), passkey(2), alice().user_id);
            accounts::create(tx, &alice())?;
            assert!(!accounts::get(tx, &user)?.unwrap().passkey);
            assert!(add(tx, &second)? && add(tx, &first)? && !add(tx, &first)?);
            assert!(accounts::get(tx, &user)?.unwrap().passkey);
            assert_eq!(of_user(tx, &user)?, [first.clone(), second]);
            assert!(used(tx, &first.credential_id, "[1]", 9)? && !used(tx, &[9], "[]", 9)?);
            let shown = get(tx, &first.credential_id)?.unwrap();
            assert_eq!((shown.credential.as_str(), shown.used_ms, shown.name), ("[1]", Some(9), first.name));
            assert!(delete(tx, &user, &first.credential_id)? && !delete(tx, &user, &first.credential_id)?);
            assert_eq!((get(tx, &first.credential_id)?, delete_of_user(tx, &user)?), (None, 1));
            Ok(())
        })
        .unwrap();
    }

    #[test]
    fn one_that_was_changed_behind_the_back_is_not_read() {
        let (dir, sql) = fresh();
        sql.write_blocking(|tx| accounts::create(tx, &alice()).and_then(|_| add(tx, &passkey(1)))).unwrap();
        behind_the_back(&dir).execute("UPDATE passkeys SET credential = '[2]'", []).unwrap();
        let read = sql.read_blocking(|view| get(view, &[1; 32]));
        assert!(matches!(read, Err(Error::Corrupt(_))), "{read:?}");
    }
}
