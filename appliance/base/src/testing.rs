//! Time that tests move and randomness that tests can repeat. Never used by the product itself.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::{Clock, Entropy};

/// 2026-01-01 00:00:00 UTC: where a [`ManualClock`] starts unless told otherwise.
const START_WALL_MS: u64 = 1_767_225_600_000;

/// A clock that stands still until a test moves it.
#[derive(Debug)]
pub struct ManualClock {
    monotonic_nanos: AtomicU64,
    wall_ms: AtomicU64,
}

impl ManualClock {
    /// A clock at monotonic zero and 2026-01-01 on the wall.
    pub const fn new() -> Self {
        Self { monotonic_nanos: AtomicU64::new(0), wall_ms: AtomicU64::new(START_WALL_MS) }
    }

    /// Moves both clocks forward, as time does.
    pub fn advance(&self, by: Duration) {
        let nanos = u64::try_from(by.as_nanos()).unwrap_or(u64::MAX);
        self.monotonic_nanos.fetch_add(nanos, Ordering::SeqCst);
        self.wall_ms.fetch_add(nanos / 1_000_000, Ordering::SeqCst);
    }

    /// Sets the wall clock alone, as an administrator or a time server does; backward is allowed.
    pub fn set_wall_ms(&self, wall_ms: u64) {
        self.wall_ms.store(wall_ms, Ordering::SeqCst);
    }
}

impl Default for ManualClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for ManualClock {
    fn monotonic(&self) -> Duration {
        Duration::from_nanos(self.monotonic_nanos.load(Ordering::SeqCst))
    }

    fn wall_ms(&self) -> u64 {
        self.wall_ms.load(Ordering::SeqCst)
    }
}

/// Randomness that repeats for the same seed (splitmix64). Print the seed when a test fails.
#[derive(Debug)]
pub struct SeededEntropy {
    phase: Mutex<u64>,
}

impl SeededEntropy {
    /// A source that always gives the same bytes for `seed`.
    pub const fn new(seed: u64) -> Self {
        Self { phase: Mutex::new(seed) }
    }
}

impl Entropy for SeededEntropy {
    fn fill(&self, out: &mut [u8]) {
        let mut phase = self.phase.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        for chunk in out.chunks_mut(8) {
            *phase = phase.wrapping_add(0x9E37_79B9_7F4A_7C15);
            let mut word = *phase;
            word = (word ^ (word >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            word = (word ^ (word >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            word ^= word >> 31;
            chunk.copy_from_slice(&word.to_le_bytes()[..chunk.len()]);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{ManualClock, SeededEntropy};
    use crate::{Clock, Entropy};

    #[test]
    fn setting_the_wall_back_leaves_the_monotonic_clock_alone() {
        let clock = ManualClock::new();
        clock.advance(Duration::from_secs(5));
        clock.set_wall_ms(1);
        assert_eq!((clock.monotonic(), clock.wall_ms()), (Duration::from_secs(5), 1));
    }

    #[test]
    fn same_seed_same_bytes() {
        let bytes = |seed| {
            let mut out = [0; 37];
            SeededEntropy::new(seed).fill(&mut out);
            out
        };
        assert_eq!(bytes(7), bytes(7));
        assert_ne!(bytes(7), bytes(8));
    }
}
