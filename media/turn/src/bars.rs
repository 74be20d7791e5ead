//! Whose credentials open nothing any more, although they have not expired.
//!
//! Credentials are not remembered when they are made, so what is remembered is who is barred, and up to which moment of
//! making. An entry is forgotten when the last credentials that it bars have expired. The wall clock alone tells when that
//! is, because credentials expire by it: set back, it only lets an entry stay for longer.
//!
//! The table has a bound. Where it is full, everybody is barred who has asked for no credentials since: that lets nobody in,
//! and costs those who are welcome one more question.

use std::time::Duration;

use veche_base::Entropy;

use crate::config::Now;
use crate::credentials::Username;
use crate::hash::{KeyedHash, KeyedMap};

/// See the module.
pub(crate) struct Bars {
    /// How long credentials are good.
    lifetime_ms: u64,
    /// Users that are barred by name.
    users_max: usize,
    /// When the last of the barred credentials were made, by user; since 1970.
    users: KeyedMap<Box<str>, u64>,
    everyone: Option<Everyone>,
    /// When something is to be forgotten, on the monotonic clock.
    deadline: Option<Duration>,
}

/// All but some are barred.
struct Everyone {
    until_ms: u64,
    but: KeyedMap<Box<str>, ()>,
}

impl Bars {
    /// Nobody is barred.
    pub(crate) fn new(lifetime: Duration, users_max: usize, entropy: &dyn Entropy) -> Self {
        let lifetime_ms = u64::try_from(lifetime.as_millis()).unwrap_or(u64::MAX);
        let users = KeyedMap::with_hasher(KeyedHash::new(entropy));
        Self { lifetime_ms, users_max, users, everyone: None, deadline: None }
    }

    /// Bars what was made for a user until now.
    pub(crate) fn bar(&mut self, now: Now, user: &str) {
        let has_room = |bars: &Self| bars.users.len() < bars.users_max || bars.users.contains_key(user);
        if !has_room(self) {
            self.forget(now);
        }
        if has_room(self) {
            let until_ms = self.users.entry(user.into()).or_insert(now.wall_ms);
            *until_ms = now.wall_ms.max(*until_ms);
        } else {
            let until_ms = self.users.drain().map(|(_, until_ms)| until_ms).max();
            self.bar_until(until_ms.unwrap_or(0).max(now.wall_ms), Vec::new());
        }
        self.plan(now);
    }

    /// Bars what was made until now for everybody but these users.
    pub(crate) fn bar_all_but(&mut self, now: Now, users: Vec<String>) {
        self.bar_until(now.wall_ms, users);
        self.plan(now);
    }

    fn bar_until(&mut self, until_ms: u64, users: Vec<String>) {
        let until_ms = self.everyone.as_ref().map_or(until_ms, |before| before.until_ms.max(until_ms));
        let mut but = KeyedMap::with_capacity_and_hasher(users.len(), *self.users.hasher());
        but.extend(users.into_iter().map(|user| (user.into_boxed_str(), ())));
        self.everyone = Some(Everyone { until_ms, but });
    }

    /// Whether credentials with this name open nothing.
    pub(crate) fn holds(&self, username: &Username<'_>) -> bool {
        let made_ms = username.expiry_ms.saturating_sub(self.lifetime_ms);
        let by_name = self.users.get(username.user).is_some_and(|until_ms| made_ms <= *until_ms);
        let by_being_none_of_them = |all: &Everyone| made_ms <= all.until_ms && !all.but.contains_key(username.user);
        by_name || self.everyone.as_ref().is_some_and(by_being_none_of_them)
    }

    /// Forgets whom nothing is left of that could be barred.
    pub(crate) fn forget(&mut self, now: Now) {
        let lifetime_ms = self.lifetime_ms;
        let is_needed = |until_ms: u64| until_ms.saturating_add(lifetime_ms) > now.wall_ms;
        self.users.retain(|_, until_ms| is_needed(*until_ms));
        self.everyone = self.everyone.take().filter(|all| is_needed(all.until_ms));
        self.plan(now);
    }

    /// When [`Bars::forget`] has something to do.
    pub(crate) const fn deadline(&self) -> Option<Duration> {
        self.deadline
    }

    /// How many entries there are.
    pub(crate) fn len(&self) -> usize {
        self.users.len() + usize::from(self.everyone.is_some())
    }

    /// Whole seconds: an entry that stays too long holds nobody up, and many end in one.
    fn plan(&mut self, now: Now) {
        let untils = self.users.values().copied().chain(self.everyone.iter().map(|all| all.until_ms));
        let end_ms = untils.min().map(|until_ms| until_ms.saturating_add(self.lifetime_ms));
        let left = end_ms.map(|end_ms| Duration::from_secs(end_ms.saturating_sub(now.wall_ms).div_ceil(1_000)));
        self.deadline = left.map(|left| now.monotonic + left);
    }
}
