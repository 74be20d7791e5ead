//! How unevenly packets come (RFC 3550, section 6.4.1): the mean deviation of the time between two packets from that by which
//! their timestamps differ.

use std::time::Duration;

/// One stream's.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Jitter {
    last: Option<(Duration, u32)>,
    nanoseconds: u64,
}

impl Jitter {
    /// A packet with a timestamp of this clock (ticks in a second) has come.
    pub(crate) fn arrive(&mut self, received: Duration, timestamp: u32, clock_hz: u32) {
        let last = self.last;
        let ticks = last.map(|(_, stamp)| timestamp.wrapping_sub(stamp).cast_signed());
        if ticks.is_some_and(|ticks| ticks <= 0 && ticks.unsigned_abs() <= clock_hz) {
            // Another packet of the same frame, or one that was overtaken or sent again: it says nothing of the way.
            return;
        }
        self.last = Some((received, timestamp));
        // Neither does the end of a pause.
        let ticks = ticks.map(i32::unsigned_abs).filter(|ticks| *ticks <= clock_hz);
        let (Some((before, _)), Some(ticks)) = (last, ticks) else { return };
        let sent = u64::from(ticks) * 1_000_000_000 / u64::from(clock_hz.max(1));
        let took = u64::try_from(received.saturating_sub(before).as_nanos()).unwrap_or(u64::MAX);
        let deviation = took.abs_diff(sent);
        self.nanoseconds = self.nanoseconds - self.nanoseconds / 16 + deviation / 16;
    }

    /// What it is now; nothing before two packets have come.
    pub(crate) fn get(&self) -> Option<Duration> {
        self.last.map(|_| Duration::from_nanos(self.nanoseconds))
    }

    /// Another stream begins.
    pub(crate) fn forget(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Jitter;

    const VOICE_HZ: u32 = 48_000;

    /// After packets of a voice, 20 ms each, that were on the way so long.
    fn after(delays_ms: impl IntoIterator<Item = u64>) -> Duration {
        let mut jitter = Jitter::default();
        for (at, delay) in (0_u32..).zip(delays_ms) {
            let sent = Duration::from_millis(20) * at;
            jitter.arrive(sent + Duration::from_millis(delay), u32::MAX.wrapping_add(at * 960), VOICE_HZ);
        }
        jitter.get().unwrap()
    }

    #[test]
    fn an_even_way_has_none_however_long_it_is() {
        assert_eq!(after([300; 200]), Duration::ZERO);
    }

    #[test]
    fn what_comes_unevenly_is_told_by_its_mean_deviation() {
        let found = after((0..400).map(|at| 50 + at % 2 * 10));
        assert!((8..=10).contains(&found.as_millis()), "{found:?}");
    }

    #[test]
    fn packets_of_one_frame_pauses_and_late_ones_are_not_counted() {
        let mut jitter = Jitter::default();
        assert_eq!(jitter.get(), None);
        let frame = [(0, 0), (2, 0), (33, 2_970), (35, 2_970), (30_000, 900_000), (30_001, 896_000)];
        for (ms, timestamp) in frame {
            jitter.arrive(Duration::from_millis(ms), timestamp, 90_000);
        }
        assert!(jitter.get().unwrap() < Duration::from_millis(1), "{jitter:?}");
        jitter.forget();
        assert_eq!(jitter.get(), None);
    }
}
