//! How busy the thread of calls is: the part of its time in which it does not wait.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// How long is measured before it counts.
const WINDOW: Duration = Duration::from_secs(1);
/// Of ten parts, how many the last window makes of what is told: a second in which a call begins is not taken for a busy hour.
const NEWEST_OF_TEN: u64 = 3;

/// What other threads see of it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Told(Arc<AtomicU32>);

impl Told {
    /// Of a thousand parts of the last seconds, how many it worked.
    pub(crate) fn permille(&self) -> u32 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Measures on the thread itself.
#[derive(Debug)]
pub(crate) struct Load {
    began: Duration,
    waited: Duration,
    told: Told,
}

impl Load {
    /// From now on.
    pub(crate) fn new(now: Duration) -> Self {
        Self { began: now, waited: Duration::ZERO, told: Told::default() }
    }

    /// For other threads.
    pub(crate) fn told(&self) -> Told {
        self.told.clone()
    }

    /// The thread has waited from one time to another, and works since.
    pub(crate) fn waited(&mut self, from: Duration, until: Duration) {
        self.waited += until.saturating_sub(from);
        let window = until.saturating_sub(self.began);
        if window < WINDOW {
            return;
        }
        let worked = window.saturating_sub(self.waited).as_micros() * 1_000 / window.as_micros();
        let worked = u64::try_from(worked).unwrap_or(1_000);
        // A window in which the thread slept long is made of many, in each of which as much was done.
        let windows = (window.as_secs()).clamp(1, 10);
        let before = u64::from(self.told.permille());
        let told = (0..windows).fold(before, |told, _| (told * (10 - NEWEST_OF_TEN) + worked * NEWEST_OF_TEN) / 10);
        self.told.0.store(u32::try_from(told).unwrap_or(1_000), Ordering::Relaxed);
        (self.began, self.waited) = (until, Duration::ZERO);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Load;

    /// Works and waits in turns, so many milliseconds each, for some seconds; what is told then.
    fn after(load: &mut Load, from_secs: u64, secs: u64, work_ms: u64, wait_ms: u64) -> u32 {
        let mut now = Duration::from_secs(from_secs);
        while now < Duration::from_secs(from_secs + secs) {
            let waits = now + Duration::from_millis(work_ms);
            now = waits + Duration::from_millis(wait_ms);
            load.waited(waits, now);
        }
        load.told().permille()
    }

    #[test]
    fn what_is_told_follows_within_seconds_and_not_at_once() {
        let mut load = Load::new(Duration::ZERO);
        assert!(after(&mut load, 0, 30, 1, 99) <= 11);
        let rising = after(&mut load, 30, 1, 100, 0);
        assert!((250..400).contains(&rising), "{rising}");
        let busy = after(&mut load, 31, 12, 100, 0);
        assert!(busy > 950, "{busy}");
        // It slept for long.
        load.waited(Duration::from_secs(43), Duration::from_secs(103));
        assert!(load.told().permille() < 50);
    }

    #[test]
    fn half_of_the_time_is_half() {
        let mut load = Load::new(Duration::ZERO);
        let half = after(&mut load, 0, 30, 5, 5);
        assert!((480..=500).contains(&half), "{half}");
    }
}
