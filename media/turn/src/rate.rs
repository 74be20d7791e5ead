//! Counting what passes in a time: bytes of an allocation, and answers to strangers.

use std::hash::BuildHasher;
use std::net::IpAddr;
use std::time::Duration;

use veche_base::Entropy;
use veche_base::canonical_ip::limit_key;

use crate::config::StrangerLimits;
use crate::hash::KeyedHash;

const NANOS_PER_SECOND: u128 = 1_000_000_000;

/// A bucket that fills by itself up to its size.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bucket {
    tokens: u64,
    size: u64,
    per_second: u64,
    at: Duration,
}

impl Bucket {
    /// A full bucket.
    pub(crate) const fn new(per_second: u64, size: u64, now: Duration) -> Self {
        Self { tokens: size, size, per_second, at: now }
    }

    /// Adds what has flowed in since the last time.
    fn fill(&mut self, now: Duration) {
        let rate = u128::from(self.per_second);
        let flowed = now.saturating_sub(self.at).as_nanos().saturating_mul(rate) / NANOS_PER_SECOND;
        if flowed > 0 {
            // The clock moves by what these tokens took and not to now, so that no part of one is lost.
            let took = u64::try_from(flowed.saturating_mul(NANOS_PER_SECOND) / rate).unwrap_or(u64::MAX);
            self.at += Duration::from_nanos(took);
            self.add(u64::try_from(flowed).unwrap_or(u64::MAX));
        }
    }

    /// Adds tokens, never beyond the size.
    fn add(&mut self, tokens: u64) {
        self.tokens = self.tokens.saturating_add(tokens).min(self.size);
    }

    /// Takes tokens if there are enough.
    pub(crate) fn take(&mut self, tokens: u64, now: Duration) -> bool {
        self.fill(now);
        match self.tokens.checked_sub(tokens) {
            Some(rest) => {
                self.tokens = rest;
                true
            }
            None => false,
        }
    }
}

/// What every address has left of answers and of bytes by which they are longer than its requests.
///
/// A table of fixed size: a flood from a million addresses takes no more memory than one request.
/// Addresses that meet in one slot share it, and nobody outside can know which do.
#[derive(Debug)]
pub(crate) struct Strangers {
    slots: Vec<(Bucket, Bucket)>,
    hash: KeyedHash,
}

/// Slots of the table: 4,096 of 64 bytes are 256 KiB.
const SLOTS: usize = 4_096;

impl Strangers {
    /// Everybody has everything left.
    pub(crate) fn new(limits: &StrangerLimits, entropy: &dyn Entropy) -> Self {
        let bucket = |per_second: u32, size: u32| Bucket::new(per_second.into(), size.into(), Duration::ZERO);
        let answers = bucket(limits.answers_per_second, limits.answers_burst);
        let surplus = bucket(limits.surplus_bytes_per_second, limits.surplus_burst_bytes);
        Self { slots: vec![(answers, surplus); SLOTS], hash: KeyedHash::new(entropy) }
    }

    /// Whether a request of `asked` bytes from this address may be answered with `answer` bytes.
    ///
    /// Only what the answer has more than the request is paid for, so that the bytes sent to any
    /// address never exceed those received from it by more than the allowance.
    pub(crate) fn may_answer(&mut self, from: IpAddr, asked: usize, answer: usize, now: Duration) -> bool {
        let index = self.hash.hash_one(limit_key(from)) % SLOTS as u64;
        let slot = usize::try_from(index).ok().and_then(|index| self.slots.get_mut(index));
        let Some((answers, surplus)) = slot else { return false };
        let longer = u64::try_from(answer.saturating_sub(asked)).unwrap_or(u64::MAX);
        surplus.take(longer, now) && answers.take(1, now)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use veche_base::testing::SeededEntropy;

    use super::{Bucket, Strangers};
    use crate::config::StrangerLimits;

    #[test]
    fn a_bucket_lets_through_its_size_and_then_its_rate() {
        let second = Duration::from_secs(1);
        let mut bucket = Bucket::new(100, 250, Duration::ZERO);
        assert!(bucket.take(250, Duration::ZERO));
        assert!(!bucket.take(1, Duration::from_millis(9)));
        assert!(bucket.take(1, Duration::from_millis(10)));
        assert!(bucket.take(100, second + Duration::from_millis(10)));
        assert!(!bucket.take(251, 1_000 * second));
        assert!(bucket.take(250, 1_000 * second));
        // Time that goes back gives nothing and takes nothing.
        assert!(!bucket.take(1, second));
    }

    #[test]
    fn many_small_steps_give_as_much_as_one_long() {
        let mut bucket = Bucket::new(100, 1_000, Duration::ZERO);
        assert!(bucket.take(1_000, Duration::ZERO));
        let taken = (1..=10_000).filter(|step| bucket.take(1, Duration::from_micros(step * 100))).count();
        assert_eq!(taken, 100);
        // Steps in which one token and a half flow in.
        let mut bucket = Bucket::new(100, 1_000, Duration::ZERO);
        assert!(bucket.take(1_000, Duration::ZERO));
        let taken = (1..=1_000).filter(|step| bucket.take(3, Duration::from_millis(step * 15))).count();
        assert_eq!(taken, 500);
    }

    #[test]
    fn a_flood_gets_back_no_more_than_it_sent_and_the_allowance() {
        let limits = StrangerLimits::default();
        let mut strangers = Strangers::new(&limits, &SeededEntropy::new(1));
        let victim = "198.51.100.7".parse().unwrap();
        let (mut sent, mut answered) = (0, 0);
        for _ in 0..100_000 {
            sent += 28;
            if strangers.may_answer(victim, 28, 56, Duration::ZERO) {
                answered += 56;
            }
        }
        assert!(answered <= u64::from(limits.surplus_burst_bytes) * 2, "{answered} of {sent}");
        assert!(strangers.may_answer(victim, 28, 56, Duration::from_secs(1)), "it recovers");
        let customer = |text: &str| text.parse().unwrap();
        for _ in 0..300 {
            strangers.may_answer(customer("2001:db8:1:2::1"), 28, 56, Duration::ZERO);
        }
        assert!(!strangers.may_answer(customer("2001:db8:1:2:ffff::1"), 28, 56, Duration::ZERO));
    }
}
