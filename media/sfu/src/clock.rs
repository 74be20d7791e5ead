//! When what a publisher sends was captured, by our clock, so that the reports to subscribers put his voice and his picture beside
//! each other as he did himself (RFC 3550, section 6.4.1). His encoders and his line delay them differently: by the times of
//! their arrival a picture would be late by that.
//!
//! His sender reports say which time of his clock is which timestamp of a stream. How far his clock is from ours is told by the
//! report that was under way for the shortest time; that error is the same for all of his streams, and so harms nothing.

use std::time::Duration;

use crate::engine::SenderReport;

/// What was captured longer before its arrival than this, or this much after it, is not believed.
const OLDEST: Duration = Duration::from_secs(5);
/// Clocks that are suddenly this much farther apart have been set anew.
const CLOCK_STEP: Duration = Duration::from_secs(1);
/// Clocks drift apart: of each report that was under way for longer, so much is believed.
const DRIFT_PART: i64 = 64;

/// How far a publisher's clock is behind ours, once he has told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct PublisherClock {
    behind_us: Option<i64>,
}

impl PublisherClock {
    /// Takes a report on any of his streams.
    pub(crate) fn take(&mut self, report: &SenderReport) {
        let told = micros(report.received).saturating_sub(micros(report.wall));
        let before = self.behind_us.unwrap_or(told);
        let later = told.saturating_sub(before);
        let is_step = later.unsigned_abs() > CLOCK_STEP.as_micros().try_into().unwrap_or(u64::MAX);
        self.behind_us = Some(if is_step || later < 0 { told } else { before + later / DRIFT_PART });
    }
}

/// Which time is which timestamp of one stream, once its publisher has told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct StreamClock {
    told: Option<(u32, i64)>,
}

impl StreamClock {
    /// Takes a report on this stream.
    pub(crate) fn take(&mut self, report: &SenderReport) {
        self.told = Some((report.timestamp, micros(report.wall)));
    }

    /// When something was captured that has this timestamp and arrived then: never later than that. Nothing while the publisher
    /// has not told, or what he has told cannot be.
    pub(crate) fn captured(
        self,
        publisher: PublisherClock,
        timestamp: u32,
        received: Duration,
        clock_rate_hz: u32,
    ) -> Option<Duration> {
        let (behind_us, (at, wall_us)) = publisher.behind_us.zip(self.told)?;
        let ticks = i64::from(timestamp.wrapping_sub(at).cast_signed());
        let since_us = ticks * 1_000_000 / i64::from(clock_rate_hz.max(1));
        let captured_us = wall_us.saturating_add(behind_us).saturating_add(since_us);
        let received_us = micros(received);
        let is_believed = captured_us.abs_diff(received_us) <= OLDEST.as_micros().try_into().unwrap_or(u64::MAX);
        let captured_us = captured_us.min(received_us).max(0);
        is_believed.then(|| Duration::from_micros(captured_us.unsigned_abs()))
    }
}

fn micros(time: Duration) -> i64 {
    i64::try_from(time.as_micros()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{PublisherClock, StreamClock};
    use crate::engine::{Mid, SenderReport};

    const RATE: u32 = 90_000;

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    fn report(received: u64, wall: u64, timestamp: u32) -> SenderReport {
        let mid = Mid::new("0").unwrap();
        SenderReport { mid, rid: None, ssrc: 1, received: ms(received), wall: ms(wall), timestamp }
    }

    fn captured(reports: &[SenderReport], timestamp: u32, received: u64) -> Option<Duration> {
        let (mut publisher, mut stream) = (PublisherClock::default(), StreamClock::default());
        for report in reports {
            publisher.take(report);
            stream.take(report);
        }
        stream.captured(publisher, timestamp, ms(received), RATE)
    }

    #[test]
    fn a_packet_was_captured_when_its_publisher_says() {
        assert_eq!(captured(&[], 0, 5_000), None);
        // His clock is 1,000 s ahead, and the report took 30 ms.
        let told = report(10_030, 1_010_000, u32::MAX);
        assert_eq!(captured(&[told], 90_000 - 1, 11_200), Some(ms(11_030)));
        assert_eq!(captured(&[told], u32::MAX - 90_000, 9_200), Some(ms(9_030)), "before the report");
        assert_eq!(captured(&[told], 90_000 - 1, 11_010), Some(ms(11_010)), "never after its arrival");
        // Another one took 10 ms only.
        assert_eq!(captured(&[told, report(11_010, 1_011_000, 90_000 - 1)], 180_000 - 1, 12_200), Some(ms(12_010)));
    }

    #[test]
    fn clocks_drift_and_are_set_anew() {
        let steady: Vec<_> = (0..400).map(|at| report(10_000 + at * 1_001, 50_000 + at * 1_000, 0)).collect();
        let last = steady.last().unwrap();
        let at = captured(&steady, 0, 10_000 + 399 * 1_001 + 500).unwrap();
        assert!(last.received - at < ms(70), "{at:?}");
        let set = [report(10_000, 50_000, 0), report(11_000, 90_000, 0)];
        assert_eq!(captured(&set, 0, 11_100), Some(ms(11_000)));
    }

    #[test]
    fn what_cannot_be_is_not_believed() {
        let told = report(10_000, 50_000, 0);
        assert_eq!(captured(&[told], 10 * RATE, 11_000), None, "captured long after it arrived");
        assert_eq!(captured(&[told], 0, 16_000), None, "or too long before");
        let far = SenderReport { wall: Duration::MAX, ..told };
        assert_eq!(captured(&[far], 0, 10_000), Some(ms(10_000)));
        assert_eq!(captured(&[told, far, told, far], 1, 10_000), Some(ms(10_000)));
    }
}
