//! Who has broken a room, by a message or by coming, has to wait before he comes again: clients come back at once and do the same
//! again, and all others would lose their call each time.

use std::collections::BTreeMap;
use std::time::Duration;

/// How long the first break costs; each further one twice as much as the one before.
const WAIT_FIRST: Duration = Duration::from_secs(5);
/// No break costs more.
const WAIT_MAX: Duration = Duration::from_mins(10);
/// So long after the end of his waiting it is forgotten.
const FORGOTTEN_AFTER: Duration = Duration::from_mins(60);
/// People who are remembered. One more takes the place of nobody: to get here each of them has had a token of his own.
const REMEMBERED_MAX: usize = 1_024;

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Strikes {
    by_identity: BTreeMap<String, Strike>,
}

#[derive(Clone, Copy, Debug)]
struct Strike {
    count: u32,
    until: Duration,
}

impl Strikes {
    /// This identity has broken a room.
    pub(crate) fn add(&mut self, identity: &str, now: Duration) {
        self.by_identity.retain(|_, strike| now < strike.until + FORGOTTEN_AFTER);
        let before = self.by_identity.get(identity).map_or(0, |strike| strike.count);
        if before == 0 && self.by_identity.len() >= REMEMBERED_MAX {
            return;
        }
        let wait = WAIT_FIRST.saturating_mul(1_u32.checked_shl(before).unwrap_or(u32::MAX)).min(WAIT_MAX);
        let strike = Strike { count: before.saturating_add(1), until: now + wait };
        self.by_identity.insert(identity.to_owned(), strike);
    }

    /// Whether this identity has to wait.
    pub(crate) fn must_wait(&self, identity: &str, now: Duration) -> bool {
        self.by_identity.get(identity).is_some_and(|strike| now < strike.until)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{FORGOTTEN_AFTER, REMEMBERED_MAX, Strikes, WAIT_FIRST, WAIT_MAX};

    #[test]
    fn each_break_costs_more_until_it_is_forgotten() {
        let mut strikes = Strikes::default();
        let mut now = Duration::from_secs(100);
        assert!(!strikes.must_wait("anna", now));
        let mut waits = Vec::new();
        for _ in 0..40 {
            strikes.add("anna", now);
            let from = now;
            while strikes.must_wait("anna", now) {
                now += WAIT_FIRST;
            }
            waits.push(now - from);
        }
        assert_eq!(waits[..3], [1, 2, 4].map(|times| times * WAIT_FIRST));
        assert_eq!(waits.last(), Some(&WAIT_MAX));
        assert!(!strikes.must_wait("boris", now));
        now += FORGOTTEN_AFTER + WAIT_MAX;
        strikes.add("anna", now);
        assert!(strikes.must_wait("anna", now) && !strikes.must_wait("anna", now + WAIT_FIRST));
    }

    #[test]
    fn only_so_many_are_remembered() {
        let mut strikes = Strikes::default();
        for number in 0..2 * REMEMBERED_MAX {
            strikes.add(&number.to_string(), Duration::ZERO);
        }
        assert_eq!(strikes.by_identity.len(), REMEMBERED_MAX);
        assert!(strikes.must_wait("0", Duration::ZERO));
    }
}
