//! How often a person, or an address nobody has signed in from, may ask.
//!
//! This bounds work. Guessing at passwords and tokens is slowed down in `veche-directory`, which knows what was wrong.
//!
//! Token buckets keyed by (class of endpoint, who). Memory is bounded without a sweep: buckets live in two
//! generations, a bucket that is used moves to the young one, and when the young one is full the old one is dropped.
//! A dropped bucket is a full bucket; making somebody's bucket drop takes more distinct addresses (IPv6: /64 networks)
//! than one attacker holds.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hash, RandomState};
use std::mem;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ruma::UserId;
use veche_base::Clock;
use veche_base::canonical_ip::limit_key;

use crate::error::ApiError;

/// Buckets in one generation of one shard; two generations of sixteen shards take about 6 MiB when full.
const GENERATION_BUCKETS_MAX: usize = 4_096;
const SHARDS: usize = 16;

/// What kind of work a request is; each kind has its own bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Class {
    /// Not limited here: what costs next to nothing.
    Free,
    /// Not limited here: long polls. What bounds them is how many of them a device may hold.
    Sync,
    /// Signing in: bounds the password hashing that one address can cause.
    Login,
    /// Renewing tokens, which hashes no password.
    Refresh,
    /// Making accounts, asking whether a name is taken, trying registration tokens.
    Register,
    /// Sending events.
    Message,
    /// End-to-end keys: bursts are normal when a call or a large room starts.
    Keys,
    /// Uploading and downloading content.
    Media,
    /// Reading much at once: a page of history, of relations, threads, a space or the directory may look at thousands of
    /// events or rooms.
    Pages,
    /// A sync that begins anew and tells everything, which may be thousands of rooms.
    FullSync,
    /// A new name or picture, which is written into every room of its owner.
    Profile,
    /// Everything else.
    Default,
}

/// How a bucket fills: `burst` at once, then one every `1 / per_sec` seconds.
#[derive(Clone, Copy, Debug)]
struct Rate {
    burst: f64,
    per_sec: f64,
}

impl Class {
    const fn rate(self) -> Option<Rate> {
        let (burst, per_sec) = match self {
            Self::Free | Self::Sync => return None,
            // A whole office signs in through one address on its first morning.
            Self::Login => (60.0, 1.0),
            // In the morning all its devices wake at once.
            Self::Refresh => (300.0, 10.0),
            Self::Register => (20.0, 0.5),
            Self::Message => (50.0, 10.0),
            Self::Keys => (500.0, 50.0),
            Self::Media => (200.0, 20.0),
            // Opening a room takes a handful; a bot that copies a history takes the large pages.
            Self::Pages => (200.0, 20.0),
            // Phones begin anew for each notification that wakes them.
            Self::FullSync => (120.0, 5.0),
            Self::Profile => (20.0, 0.1),
            Self::Default => (300.0, 50.0),
        };
        Some(Rate { burst, per_sec })
    }
}

/// Who is counted.
#[derive(Clone, Copy, Debug)]
pub enum Who<'a> {
    /// A signed-in user, whatever the address.
    User(&'a UserId),
    /// An address (for IPv6 its /64).
    Address(IpAddr),
}

/// All buckets of the server.
pub struct Limiter {
    clock: Arc<dyn Clock>,
    enabled: AtomicBool,
    hasher: RandomState,
    shards: [Mutex<Shard>; SHARDS],
}

#[derive(Default)]
struct Shard {
    young: HashMap<u64, Bucket>,
    old: HashMap<u64, Bucket>,
}

#[derive(Clone, Copy)]
struct Bucket {
    tokens: f64,
    at: Duration,
}

impl Limiter {
    /// A limiter with full buckets; `enabled` is the setting `limits.rates`.
    pub fn new(clock: Arc<dyn Clock>, enabled: bool) -> Self {
        Self {
            clock,
            enabled: AtomicBool::new(enabled),
            hasher: RandomState::new(),
            shards: std::array::from_fn(|_| Mutex::default()),
        }
    }

    /// Turns all limits on or off at once.
    pub fn set_enabled(&self, enabled: bool) {
        self.enabled.store(enabled, Ordering::Relaxed);
    }

    /// Takes one token, or refuses with the time until there is one.
    pub fn take(&self, class: Class, who: Who<'_>) -> Result<(), ApiError> {
        let Some(rate) = class.rate() else { return Ok(()) };
        if !self.enabled.load(Ordering::Relaxed) {
            return Ok(());
        }
        let now = self.clock.monotonic();
        let key = self.key(class, who);
        let index = usize::try_from(key % SHARDS as u64).unwrap_or(0);
        let mut shard = self.shards[index].lock().unwrap_or_else(PoisonError::into_inner);
        let bucket = shard.bucket(key, Bucket { tokens: rate.burst, at: now });
        let elapsed = now.saturating_sub(bucket.at).as_secs_f64();
        bucket.tokens = elapsed.mul_add(rate.per_sec, bucket.tokens).min(rate.burst);
        bucket.at = now;
        if bucket.tokens < 1.0 {
            return Err(ApiError::limit_exceeded(Duration::from_secs_f64((1.0 - bucket.tokens) / rate.per_sec)));
        }
        bucket.tokens -= 1.0;
        Ok(())
    }

    /// The hash stands for the key: 64 bits under a random seed, so nobody can aim at another one's bucket.
    fn key(&self, class: Class, who: Who<'_>) -> u64 {
        match who {
            Who::User(user) => self.hasher.hash_one((class, 0_u8, user.as_str())),
            Who::Address(address) => self.hasher.hash_one((class, 1_u8, limit_key(address))),
        }
    }

    #[cfg(test)]
    fn buckets(&self) -> usize {
        let count = |shard: &Mutex<Shard>| {
            let shard = shard.lock().unwrap();
            shard.young.len() + shard.old.len()
        };
        self.shards.iter().map(count).sum()
    }
}

impl Shard {
    fn bucket(&mut self, key: u64, full: Bucket) -> &mut Bucket {
        if !self.young.contains_key(&key) && self.young.len() >= GENERATION_BUCKETS_MAX {
            self.old = mem::take(&mut self.young);
        }
        let old = &mut self.old;
        self.young.entry(key).or_insert_with(|| old.remove(&key).unwrap_or(full))
    }
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
    use std::sync::Arc;
    use std::time::Duration;

    use ruma::user_id;
    use veche_base::testing::ManualClock;

    use super::{Class, GENERATION_BUCKETS_MAX, Limiter, SHARDS, Who};

    fn limiter() -> (Limiter, Arc<ManualClock>) {
        let clock = Arc::new(ManualClock::new());
        (Limiter::new(clock.clone(), true), clock)
    }

    fn taken(limiter: &Limiter, class: Class, who: Who<'_>) -> usize {
        (0..1_000).take_while(|_| limiter.take(class, who).is_ok()).count()
    }

    #[test]
    fn a_burst_passes_and_then_one_at_a_time() {
        let (limiter, clock) = limiter();
        let alice = Who::User(user_id!("@alice:x"));
        assert_eq!(taken(&limiter, Class::Message, alice), 50);
        let refused = limiter.take(Class::Message, alice).unwrap_err();
        assert_eq!(refused.extra.unwrap()["retry_after_ms"], 100);
        clock.advance(Duration::from_millis(250));
        assert_eq!(taken(&limiter, Class::Message, alice), 2);
        assert_eq!(taken(&limiter, Class::Message, Who::User(user_id!("@bob:x"))), 50);
        assert_eq!(taken(&limiter, Class::Default, alice), 300, "classes do not share");
        clock.advance(Duration::from_secs(86_400));
        assert_eq!(taken(&limiter, Class::Message, alice), 50, "a bucket never holds more than its burst");
    }

    #[test]
    fn one_ipv6_customer_is_one_address_and_mapped_addresses_are_no_disguise() {
        let (limiter, _) = limiter();
        let v6 = |last| Who::Address(IpAddr::V6(Ipv6Addr::new(0x2a00, 1, 2, 3, 4, 5, 6, last)));
        assert_eq!(taken(&limiter, Class::Register, v6(1)), 20);
        assert_eq!(taken(&limiter, Class::Register, v6(2)), 0);
        let v4 = Ipv4Addr::new(203, 0, 113, 9);
        assert_eq!(taken(&limiter, Class::Register, Who::Address(v4.into())), 20);
        assert_eq!(taken(&limiter, Class::Register, Who::Address(v4.to_ipv6_mapped().into())), 0);
    }

    #[test]
    fn memory_is_bounded_whoever_asks() {
        let (limiter, _) = limiter();
        for n in 0..400_000_u32 {
            limiter.take(Class::Default, Who::Address(Ipv4Addr::from(n).into())).unwrap();
        }
        assert!(limiter.buckets() <= 2 * SHARDS * GENERATION_BUCKETS_MAX, "{}", limiter.buckets());
    }

    #[test]
    fn limits_can_be_turned_off_and_free_endpoints_have_none() {
        let (limiter, _) = limiter();
        let who = Who::Address(Ipv4Addr::LOCALHOST.into());
        assert_eq!(taken(&limiter, Class::Free, who), 1_000);
        limiter.set_enabled(false);
        assert_eq!(taken(&limiter, Class::Register, who), 1_000);
    }
}
