//! What is kept in memory of account data, and the one way to write any: so that nothing that changes on disk stays in
//! memory as it was.

use std::sync::Arc;

use veche_store::{
    Change, ChangeListener, Error, Json, Published, Txn,
    records::users::{AccountData as Record, AccountDataKey, AccountDataPointer, AccountDataPositionKey},
};

use super::{
    choices::{Choices, IGNORED_USERS, INVITE_PERMISSION},
    push_rules::{PUSH_RULES, UserRules},
};
use crate::cached::Cached;

/// See the module.
#[derive(Default)]
pub(crate) struct Kept {
    pub(super) choices: Cached<Choices>,
    pub(super) rules: Cached<Arc<UserRules>>,
}

impl Kept {
    /// Writes a piece of account data at a new position and takes its old place out of the order.
    pub(super) fn put(&self, txn: &mut Txn, key: &AccountDataKey, json: Json) -> Result<(), Error> {
        if let Some(before) = txn.get(key)? {
            txn.delete(&AccountDataPositionKey { user: key.user.clone(), position: before.position });
        }
        let position = txn.next_position();
        txn.put(key, &Record { position, json });
        let pointer = AccountDataPointer { room: key.room, kind: key.kind.clone() };
        txn.put(&AccountDataPositionKey { user: key.user.clone(), position }, &pointer);
        txn.change(Change::User(key.user.clone()));
        match (key.room, key.kind.as_str()) {
            (None, PUSH_RULES) => self.rules.changing(&key.user),
            (None, IGNORED_USERS | INVITE_PERMISSION) => self.choices.changing(&key.user),
            _ => {}
        }
        Ok(())
    }

    /// Forgets a user whose account data is gone from disk.
    pub(super) fn forget(&self, user: &ruma::UserId) {
        self.choices.forget(user);
        self.rules.forget(user);
    }
}

impl ChangeListener for Kept {
    fn index(&self, published: &Published<'_>) {
        for change in published.changes {
            if let Change::User(user) = change {
                self.choices.settle(user);
                self.rules.settle(user);
            }
        }
    }

    fn wake(&self, _: &Published<'_>) {}
}
