//! What is read of each user from disk, in memory until a commit changes it.
//!
//! Invariants: what a commit changes is dropped after it is written and before its position can be read, so nobody
//! finds anything older than the position he reads at; what was read before a change is not kept after it. Both are the
//! commit thread's doing, so that it does not matter whether anybody still waits for the commit.

use std::{
    collections::HashMap,
    sync::{PoisonError, RwLock},
};

use ruma::{OwnedUserId, UserId};
use veche_store::Error;

/// Values by user.
pub(crate) struct Cached<V> {
    slots: RwLock<HashMap<OwnedUserId, Slot<V>>>,
}

struct Slot<V> {
    /// Counts the changes, so that what was read before a change is not kept after it.
    version: u64,
    /// A commit that is on its way changes the value.
    changing: bool,
    value: Option<V>,
}

impl<V> Default for Slot<V> {
    fn default() -> Self {
        Self { version: 0, changing: false, value: None }
    }
}

impl<V> Slot<V> {
    fn forget(&mut self) {
        *self = Self { version: self.version + 1, changing: false, value: None };
    }
}

impl<V> Default for Cached<V> {
    fn default() -> Self {
        Self { slots: RwLock::default() }
    }
}

impl<V: Clone> Cached<V> {
    /// The user's value; `load` reads it from disk when it is not in memory.
    pub(crate) fn get(&self, user: &UserId, load: impl FnOnce() -> Result<V, Error>) -> Result<V, Error> {
        let version = {
            let slots = self.slots.read().unwrap_or_else(PoisonError::into_inner);
            match slots.get(user) {
                Some(Slot { value: Some(value), .. }) => return Ok(value.clone()),
                Some(slot) => slot.version,
                None => 0,
            }
        };
        let value = load()?;
        let mut slots = self.slots.write().unwrap_or_else(PoisonError::into_inner);
        let slot = slots.entry(user.to_owned()).or_default();
        if slot.version == version {
            slot.value = Some(value.clone());
        }
        Ok(value)
    }

    /// A commit changes the user's value. To be called inside the commit; [`Cached::settle`] follows.
    pub(crate) fn changing(&self, user: &UserId) {
        let mut slots = self.slots.write().unwrap_or_else(PoisonError::into_inner);
        slots.entry(user.to_owned()).or_default().changing = true;
    }

    /// What a commit has changed of the user's is on disk and about to become readable: drops the value if it is
    /// among it. To be called from [`veche_store::ChangeListener::index`].
    pub(crate) fn settle(&self, user: &UserId) {
        let is_changing = |slot: &Slot<V>| slot.changing;
        if self.slots.read().unwrap_or_else(PoisonError::into_inner).get(user).is_some_and(is_changing) {
            self.forget(user);
        }
    }

    /// Drops the user's value, because it changed.
    pub(crate) fn forget(&self, user: &UserId) {
        let mut slots = self.slots.write().unwrap_or_else(PoisonError::into_inner);
        slots.entry(user.to_owned()).or_default().forget();
    }
}

#[cfg(test)]
mod tests {
    use ruma::user_id;

    use super::*;

    fn value(cached: &Cached<u8>, on_disk: u8) -> u8 {
        cached.get(user_id!("@alice:x"), || Ok(on_disk)).unwrap()
    }

    #[test]
    fn what_was_read_before_a_change_is_not_kept_after_it() {
        let (alice, cached) = (user_id!("@alice:x"), Cached::default());
        let forget = || cached.forget(alice);
        let commit = || {
            cached.changing(alice);
            cached.settle(alice);
        };
        for change in [&forget as &dyn Fn(), &commit] {
            let read = cached.get(alice, || {
                // It comes between the reading and the keeping.
                change();
                Ok(1)
            });
            assert_eq!(read.unwrap(), 1);
            assert_eq!(value(&cached, 2), 2);
            assert_eq!(value(&cached, 3), 2, "what is as it was is kept");
            cached.forget(alice);
        }
    }

    #[test]
    fn only_what_a_commit_changes_is_dropped() {
        let (alice, cached) = (user_id!("@alice:x"), Cached::default());
        assert_eq!(value(&cached, 1), 1);
        cached.settle(alice);
        assert_eq!(value(&cached, 2), 1);
        cached.changing(alice);
        assert_eq!(value(&cached, 2), 1, "it is not on disk yet");
        cached.settle(alice);
        assert_eq!(value(&cached, 2), 2);
    }
}
