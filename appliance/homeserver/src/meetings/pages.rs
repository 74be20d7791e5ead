//! Whose page is being closed. Nobody can tell a page that is closed from one that is loaded anew: whoever is not back soon has
//! gone. Only in memory: after a restart whoever is silent is missed later.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use ruma::{OwnedUserId, UserId};

/// How long a page that is loaded anew may take until it says that it is there, also over a slow line.
const COMING_BACK: Duration = Duration::from_secs(20);

/// By what a page names itself, in bytes.
pub const PAGE_BYTES_MAX: usize = 64;

/// What a guest's page has said last.
#[derive(Debug)]
struct Page {
    id: String,
    /// Until when another one has to come.
    closed_until: Option<Duration>,
}

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Pages(Mutex<BTreeMap<OwnedUserId, Page>>);

impl Pages {
    /// This page of the guest's is there.
    pub(super) fn open(&self, guest: &UserId, id: String) {
        self.lock().insert(guest.to_owned(), Page { id, closed_until: None });
    }

    /// This page of the guest's goes away. What is said late, when the next page is there already, is not heard.
    pub(super) fn close(&self, guest: &UserId, id: String, now: Duration) {
        let mut pages = self.lock();
        if pages.get(guest).is_none_or(|page| page.id == id) {
            pages.insert(guest.to_owned(), Page { id, closed_until: Some(now + COMING_BACK) });
        }
    }

    /// Whether his page was closed, and no other has come in time.
    pub(super) fn is_gone(&self, guest: &UserId, now: Duration) -> bool {
        self.lock().get(guest).and_then(|page| page.closed_until).is_some_and(|until| until <= now)
    }

    /// Forgets all guests but these; answers how long until the next of them may have gone.
    pub(super) fn keep<'a>(&self, guests: impl Iterator<Item = &'a UserId>, now: Duration) -> Option<Duration> {
        let mut pages = self.lock();
        let mut kept: BTreeMap<_, _> = guests.filter_map(|guest| pages.remove_entry(guest)).collect();
        std::mem::swap(&mut *pages, &mut kept);
        pages.values().filter_map(|page| page.closed_until).min().map(|until| until.saturating_sub(now))
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<OwnedUserId, Page>> {
        // Nothing in here can stop halfway.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
