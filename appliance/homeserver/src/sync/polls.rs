//! The long polls that are open, so that one too many ends the oldest instead of piling up.

use std::{
    collections::{HashMap, VecDeque},
    hash::Hash,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::Notify;

type Open<K> = Arc<Mutex<HashMap<K, VecDeque<Arc<Notify>>>>>;

/// Open polls, so many of one key at most.
pub(crate) struct OpenPolls<K> {
    max: usize,
    open: Open<K>,
}

/// A poll that is open until this is dropped.
pub(crate) struct OpenPoll<K: Eq + Hash> {
    key: K,
    ended: Arc<Notify>,
    open: Open<K>,
}

impl<K: Eq + Hash + Clone> OpenPolls<K> {
    /// At most `max` polls of one key.
    pub(crate) fn new(max: usize) -> Self {
        Self { max, open: Open::default() }
    }

    /// Opens a poll; the oldest of the same key ends if they are too many then.
    pub(crate) fn open(&self, key: K) -> OpenPoll<K> {
        let ended = Arc::new(Notify::new());
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let polls = open.entry(key.clone()).or_default();
        polls.push_back(Arc::clone(&ended));
        while polls.len() > self.max
            && let Some(oldest) = polls.pop_front()
        {
            oldest.notify_one();
        }
        OpenPoll { key, ended, open: Arc::clone(&self.open) }
    }
}

impl<K: Eq + Hash> OpenPoll<K> {
    /// Waits until a newer poll takes the place of this one. Once only.
    pub(crate) async fn ended(&self) {
        self.ended.notified().await;
    }
}

impl<K: Eq + Hash> Drop for OpenPoll<K> {
    fn drop(&mut self) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(polls) = open.get_mut(&self.key) {
            polls.retain(|other| !Arc::ptr_eq(other, &self.ended));
            if polls.is_empty() {
                open.remove(&self.key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[test]
    fn one_too_many_ends_the_oldest_and_nothing_is_left_behind() {
        let polls = OpenPolls::new(2);
        let (first, second, other) = (polls.open("a"), polls.open("a"), polls.open("b"));
        let has_ended = |poll: &OpenPoll<&str>| poll.ended().now_or_never().is_some();
        assert!(![&first, &second, &other].into_iter().any(has_ended));
        let third = polls.open("a");
        assert!(has_ended(&first) && !has_ended(&second) && !has_ended(&third));
        drop(second);
        let fourth = polls.open("a");
        assert!(!has_ended(&third) && !has_ended(&fourth), "one had gone by itself");
        drop((first, third, fourth, other));
        assert!(polls.open.lock().unwrap().is_empty());
    }
}
