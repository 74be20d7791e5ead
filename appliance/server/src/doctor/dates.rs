//! Moments as people write them, in UTC.

use time::OffsetDateTime;

/// `2026-11-22`, from Unix seconds.
pub(super) fn day(unix_seconds: i64) -> String {
    in_time(unix_seconds).date().to_string()
}

/// `2026-11-22 14:03:09 UTC`, from milliseconds since 1970.
pub(super) fn moment(ms: u64) -> String {
    let moment = in_time(i64::try_from(ms / 1_000).unwrap_or(i64::MAX));
    format!("{} {:02}:{:02}:{:02} UTC", moment.date(), moment.hour(), moment.minute(), moment.second())
}

/// What lies beyond the calendar's last year is told as its last moment.
fn in_time(unix_seconds: i64) -> OffsetDateTime {
    const LAST: i64 = 253_402_300_799;
    let unix_seconds = unix_seconds.clamp(0, LAST);
    OffsetDateTime::from_unix_timestamp(unix_seconds).expect("from 1970 to 9999 every second is in the calendar")
}

#[cfg(test)]
mod tests {
    use super::{day, moment};

    #[test]
    fn moments_are_those_that_date_prints() {
        for (seconds, expected) in [(0, "1970-01-01"), (951_782_400, "2000-02-29"), (4_107_542_400, "2100-03-01")] {
            assert_eq!(day(seconds), expected);
        }
        assert_eq!(moment(1_795_356_189_999), "2026-11-22 14:03:09 UTC");
        assert_eq!(moment(u64::MAX), "9999-12-31 23:59:59 UTC");
    }
}
