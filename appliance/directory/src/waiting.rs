//! Things that wait in memory to be asked for: each until its time, and never more than a bound.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// By a key, with the end of each on the monotonic clock. A further one than the bound takes the place of the one that ends
/// first.
pub(crate) struct Waiting<K, V> {
    open: Mutex<BTreeMap<K, (V, Duration)>>,
    max: usize,
}

impl<K: Ord + Clone, V> Waiting<K, V> {
    /// At most so many.
    pub(crate) const fn at_most(max: usize) -> Self {
        Self { open: Mutex::new(BTreeMap::new()), max }
    }

    /// Lets something wait for so long, in place of what waits under this key.
    pub(crate) fn put(&self, key: K, value: V, now: Duration, lifetime: Duration) {
        let mut open = self.lock();
        open.retain(|_, (_, until)| *until > now);
        if open.len() >= self.max {
            let first = open.iter().min_by_key(|(_, (_, until))| *until).map(|(key, _)| key.clone());
            first.and_then(|first| open.remove(&first));
        }
        open.insert(key, (value, now + lifetime));
    }

    /// Takes what waits under this key, if its time is not over.
    pub(crate) fn take(&self, key: &K, now: Duration) -> Option<V> {
        self.lock().remove(key).filter(|(_, until)| *until > now).map(|(value, _)| value)
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<K, (V, Duration)>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Ord + Clone, V: Clone> Waiting<K, V> {
    /// What waits under this key, which goes on waiting.
    pub(crate) fn look(&self, key: &K, now: Duration) -> Option<V> {
        self.lock().get(key).filter(|(_, until)| *until > now).map(|(value, _)| value.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn what_waits_is_taken_once_in_time_and_has_a_bound() {
        let waiting = Waiting::<u32, &str>::at_most(3);
        waiting.put(1, "one", SECOND, SECOND);
        assert_eq!(waiting.look(&1, SECOND), Some("one"));
        assert_eq!(waiting.take(&1, SECOND), Some("one"));
        assert_eq!(waiting.take(&1, SECOND), None, "it is used up");
        waiting.put(1, "one", SECOND, SECOND);
        assert_eq!(waiting.look(&1, 2 * SECOND), None, "it is too late");
        assert_eq!(waiting.take(&1, 2 * SECOND), None);
        for number in 0..=3 {
            waiting.put(number, "", SECOND, SECOND * (number + 1));
        }
        assert_eq!(waiting.lock().len(), 3);
        assert!(waiting.take(&0, SECOND).is_none() && waiting.take(&3, SECOND).is_some());
    }
}
