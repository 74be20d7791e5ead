//! The real clock and the operating system's randomness: the only place that reads either.

use std::time::{Duration, Instant, SystemTime};

use rand::TryRng;
use rand::rngs::SysRng;
use veche_base::{Clock, Entropy};

/// The machine's clocks.
#[derive(Debug, Clone, Copy)]
pub struct SystemClock {
    start: Instant,
}

impl SystemClock {
    /// A clock whose monotonic time starts now.
    #[expect(clippy::disallowed_methods, reason = "this is the clock that everybody else is told to use")]
    pub fn new() -> Self {
        Self { start: Instant::now() }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    fn monotonic(&self) -> Duration {
        self.start.elapsed()
    }

    #[expect(clippy::disallowed_methods, reason = "this is the clock that everybody else is told to use")]
    fn wall_ms(&self) -> u64 {
        // A machine whose battery died starts in 1970; a time before that reads as its first moment.
        let since_epoch = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        u64::try_from(since_epoch.as_millis()).unwrap_or(u64::MAX)
    }
}

/// The operating system's random numbers.
#[derive(Debug, Clone, Copy, Default)]
pub struct OsEntropy;

impl Entropy for OsEntropy {
    fn fill(&self, out: &mut [u8]) {
        // Going on with guessable keys would be worse than stopping, so this is no error to handle.
        SysRng.try_fill_bytes(out).expect("the operating system gives random numbers");
    }
}

#[cfg(test)]
mod tests {
    use veche_base::{Clock, Entropy};

    use super::{OsEntropy, SystemClock};

    #[test]
    fn clock_moves_forward_and_knows_the_century() {
        let clock = SystemClock::new();
        let earlier = clock.monotonic();
        assert!(clock.monotonic() >= earlier);
        assert!(clock.wall_ms() > 1_700_000_000_000);
    }

    #[test]
    fn entropy_fills_the_whole_buffer() {
        let mut out = [0_u8; 256];
        OsEntropy.fill(&mut out);
        assert!(out[..128].iter().any(|byte| *byte != 0) && out[128..].iter().any(|byte| *byte != 0));
    }
}
