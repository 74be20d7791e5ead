//! What users were told about and have read, for the list of notifications.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use ruma::{OwnedUserId, UserId};
use veche_base::limits::READ_NOTIFICATIONS_PER_USER_MAX;
use veche_store::{
    Error, Txn,
    records::receipts::{PushAction, PushActionKey, ReadAction, ReadActionKey},
};

/// Rows that may be above the bound before somebody looks.
const TRIM_EVERY: usize = 256;

/// Keeps the newest rows of each user.
#[derive(Default)]
pub(super) struct History {
    /// Rows written since the user's were last counted.
    uncounted: Mutex<HashMap<OwnedUserId, usize>>,
}

impl History {
    /// Adds rows that were read, all of one room and oldest first, in the transaction that reads them.
    pub(super) fn keep(&self, txn: &mut Txn, user: &UserId, read: &[(PushActionKey, PushAction)]) -> Result<(), Error> {
        if read.is_empty() {
            return Ok(());
        }
        let surplus = read.len().saturating_sub(READ_NOTIFICATIONS_PER_USER_MAX);
        let newest = &read[surplus..];
        for (key, action) in newest {
            let row = ReadAction { room: key.room, notify: action.notify, highlight: action.highlight };
            txn.put(&ReadActionKey { user: user.to_owned(), position: key.position }, &row);
        }
        if self.is_due(user, newest.len()) {
            let rows = txn.scan::<ReadActionKey>((user,))?;
            let surplus = rows.len().saturating_sub(READ_NOTIFICATIONS_PER_USER_MAX);
            rows[..surplus].iter().for_each(|(key, _)| txn.delete(key));
        }
        Ok(())
    }

    /// Whether it is time to count: the first time after a start, and then after so many rows.
    fn is_due(&self, user: &UserId, written: usize) -> bool {
        let mut uncounted = self.uncounted.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(count) = uncounted.get_mut(user) else {
            uncounted.insert(user.to_owned(), 0);
            return true;
        };
        *count += written;
        if *count < TRIM_EVERY {
            return false;
        }
        *count = 0;
        true
    }
}
