//! Secrets of authenticator apps: what somebody shows beside the password.
//!
//! A secret holds from the moment that a code made with it was shown; until then it is an offer. Each code is worth
//! something once: the number of the last half minute whose code was taken stands beside it.

use ruma::UserId;
use rusqlite::{Row, params};

use super::view::{ms, optional_ms};
use super::{Error, Tx, View, from_ms};

/// Bytes of a secret, as RFC 4226 recommends.
pub const SECRET_BYTES: usize = 20;

/// One account's.
#[derive(Clone, PartialEq, Eq)]
pub struct SecondFactor {
    /// What the app knows, too.
    pub secret: [u8; SECRET_BYTES],
    /// Since when it is asked for; `None` while it is only an offer.
    pub since_ms: Option<u64>,
    /// The last half minute since 1970 whose code was taken.
    pub last_step: u64,
}

/// Offers a secret in place of one that was offered before; `false` when one holds already.
pub fn offer(tx: &Tx<'_>, user: &UserId, secret: &[u8; SECRET_BYTES]) -> Result<bool, Error> {
    let sql = "INSERT INTO second_factors (user_id, secret) VALUES (?1, ?2)
        ON CONFLICT (user_id) DO UPDATE SET secret = ?2, last_step = 0 WHERE since_ms IS NULL";
    Ok(tx.execute(sql, params![user.as_str(), secret])? == 1)
}

/// The secret that was offered holds from now on; `false` when there is none.
pub fn hold(tx: &Tx<'_>, user: &UserId, now_ms: u64) -> Result<bool, Error> {
    let sql = "UPDATE second_factors SET since_ms = ?2 WHERE user_id = ?1 AND since_ms IS NULL";
    Ok(tx.execute(sql, params![user.as_str(), from_ms(now_ms)])? == 1)
}

/// Uses up the code of a half minute and those before it; `false` when it was used up.
pub fn use_up(tx: &Tx<'_>, user: &UserId, step: u64) -> Result<bool, Error> {
    let sql = "UPDATE second_factors SET last_step = ?2 WHERE user_id = ?1 AND last_step < ?2";
    Ok(tx.execute(sql, params![user.as_str(), from_ms(step)])? == 1)
}

/// Takes it away, held or offered; `false` when there is none.
pub fn delete(tx: &Tx<'_>, user: &UserId) -> Result<bool, Error> {
    Ok(tx.execute("DELETE FROM second_factors WHERE user_id = ?1", [user.as_str()])? == 1)
}

/// One account's, held or offered.
pub fn get(view: &View<'_>, user: &UserId) -> Result<Option<SecondFactor>, Error> {
    view.expect_whole("second_factors", user.as_str())?;
    let sql = "SELECT secret, since_ms, last_step FROM second_factors WHERE user_id = ?1";
    view.row(sql, [user.as_str()], read)
}

fn read(row: &Row<'_>) -> Result<SecondFactor, Error> {
    Ok(SecondFactor { secret: row.get(0)?, since_ms: optional_ms(row, 1)?, last_step: ms(row, 2)? })
}

#[cfg(test)]
mod tests {
    use ruma::user_id;

    use super::super::Error;
    use super::super::accounts::{self, Kind, NewAccount};
    use super::super::tests::fresh;
    use super::{SECRET_BYTES, delete, get, hold, offer, use_up};

    #[test]
    fn an_offer_is_replaced_until_it_holds_and_each_code_counts_once() {
        let (_dir, sql) = fresh();
        sql.write_blocking(|tx| -> Result<(), Error> {
            let (alice, [first, second]) = (user_id!("@alice:ex.org"), [[1; SECRET_BYTES], [2; SECRET_BYTES]]);
            let (user_id, kind) = (alice.to_owned(), Kind::User);
            accounts::create(tx, &NewAccount { user_id, kind, password_hash: None, admin: false, created_ms: 1 })?;
            assert!(!hold(tx, alice, 5)?, "nothing was offered");
            assert!(offer(tx, alice, &first)? && offer(tx, alice, &second)?);
            assert!(use_up(tx, alice, 7)? && hold(tx, alice, 5)?);
            let held = get(tx, alice)?.unwrap();
            assert_eq!((held.secret, held.since_ms, held.last_step), (second, Some(5), 7));
            assert!(!offer(tx, alice, &first)? && !hold(tx, alice, 6)?, "it holds");
            assert!(!use_up(tx, alice, 7)? && !use_up(tx, alice, 6)? && use_up(tx, alice, 8)?);
            assert!(delete(tx, alice)? && !delete(tx, alice)?);
            assert!(get(tx, alice)?.is_none());
            Ok(())
        })
        .unwrap();
    }
}
