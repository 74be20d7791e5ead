//! What has to be done in the conversations' store because of a change here.
//!
//! No commit spans both stores. The change here and its row in the outbox are one transaction; whoever
//! owns conversations does the work, more than once if need be, and then takes the row away. What a
//! crash interrupts is therefore done at the next start.

use ruma::{DeviceId, OwnedDeviceId, OwnedUserId, UserId};
use rusqlite::params;

use super::view::user_id;
use super::{Error, Tx, View, from_ms, to_ms};

/// Work for the owner of conversations. Doing it twice must do no harm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Work {
    /// The device is gone: forget its keys, its to-device messages and its pushers.
    DeviceRemoved {
        /// Whose it was.
        user_id: OwnedUserId,
        /// Which one.
        device_id: OwnedDeviceId,
    },
    /// The account is gone: leave its rooms, forget what belongs to it.
    AccountDeactivated {
        /// Which one.
        user_id: OwnedUserId,
        /// The owner asked that messages be forgotten as far as possible.
        erase: bool,
    },
}

/// Adds work, inside the transaction that makes it necessary.
pub fn push(tx: &Tx<'_>, work: &Work) -> Result<(), Error> {
    let (kind, user, device, erase) = match work {
        Work::DeviceRemoved { user_id, device_id } => ("device_removed", user_id, Some(device_id.as_str()), false),
        Work::AccountDeactivated { user_id, erase } => ("account_deactivated", user_id, None, *erase),
    };
    tx.execute(
        "INSERT INTO outbox (kind, user_id, device_id, erase) VALUES (?1, ?2, ?3, ?4)",
        params![kind, user.as_str(), device, erase],
    )?;
    Ok(())
}

/// The oldest work not done yet, with the number that [`done`] wants.
pub fn page(view: &View<'_>, limit: u32) -> Result<Vec<(u64, Work)>, Error> {
    let sql = "SELECT row_id, user_id, device_id, erase FROM outbox ORDER BY row_id LIMIT ?1";
    view.rows(sql, [limit], |row| {
        let user_id = user_id(row, 1)?;
        let device: Option<String> = row.get(2)?;
        let work = match device {
            Some(device) => Work::DeviceRemoved { user_id, device_id: device.into() },
            None => Work::AccountDeactivated { user_id, erase: row.get(3)? },
        };
        Ok((to_ms(row.get(0)?), work))
    })
}

/// The numbers of the work not done yet that [`Work::DeviceRemoved`] asks for one device.
pub fn of_device(view: &View<'_>, user: &UserId, device: &DeviceId) -> Result<Vec<u64>, Error> {
    let sql = "SELECT row_id FROM outbox WHERE user_id = ?1 AND device_id = ?2 ORDER BY row_id";
    view.rows(sql, [user.as_str(), device.as_str()], |row| Ok(to_ms(row.get(0)?)))
}

/// Takes work away that has been done.
pub fn done(tx: &Tx<'_>, row_id: u64) -> Result<(), Error> {
    tx.execute("DELETE FROM outbox WHERE row_id = ?1", [from_ms(row_id)])?;
    Ok(())
}
