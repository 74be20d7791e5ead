//! How many are in each call, as the SFU has told; and what calls may ask of the SFU.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tracing::warn;
use veche_calls::{NoPlace, Sfu};
use veche_media_driver::{PARTICIPANTS_MAX, SfuHandle};

/// See the module.
#[derive(Debug, Default)]
pub(super) struct People(Mutex<HashMap<String, usize>>);

impl People {
    /// Somebody has come.
    pub(super) fn joined(&self, room: &str) {
        *self.rooms().entry(room.to_owned()).or_default() += 1;
    }

    /// Somebody has gone.
    pub(super) fn left(&self, room: &str) {
        let mut rooms = self.rooms();
        let Some(count) = rooms.get_mut(room) else { return };
        *count -= 1;
        if *count == 0 {
            rooms.remove(room);
        }
    }

    fn in_room(&self, room: &str) -> usize {
        self.rooms().get(room).copied().unwrap_or_default()
    }

    fn rooms(&self) -> MutexGuard<'_, HashMap<String, usize>> {
        // Counting cannot stop halfway.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Of a thousand parts of its time, how many the thread of calls may work when somebody more is let in. The rest is for those
/// who are there: somebody turns his camera on, somebody makes a picture large.
const BUSY_PERMILLE_MAX: u32 = 850;

/// The SFU, as calls want it.
pub(super) struct Plug {
    sfu: SfuHandle,
    people: Arc<People>,
}

impl Plug {
    pub(super) fn new(sfu: SfuHandle, people: Arc<People>) -> Self {
        Self { sfu, people }
    }
}

impl Sfu for Plug {
    fn remove(&self, room: &str, identity: &str) {
        if let Err(error) = self.sfu.remove(room, identity) {
            warn!(%error, "somebody who may not be in a call any more was not taken out of it");
        }
    }

    fn refuses(&self, room: &str) -> Option<NoPlace> {
        if self.people.in_room(room) >= PARTICIPANTS_MAX {
            Some(NoPlace::Full)
        } else {
            (self.sfu.busy_permille() > BUSY_PERMILLE_MAX).then_some(NoPlace::Busy)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::People;

    #[test]
    fn rooms_are_forgotten_when_the_last_has_gone() {
        let people = People::default();
        people.joined("a");
        people.joined("a");
        people.joined("b");
        assert_eq!((people.in_room("a"), people.in_room("b"), people.in_room("c")), (2, 1, 0));
        people.left("a");
        people.left("b");
        people.left("b");
        assert_eq!((people.in_room("a"), people.in_room("b")), (1, 0));
        people.left("a");
        assert!(people.rooms().is_empty());
    }
}
