//! When the disk will be full, if it goes on filling as it did.

use veche_directory::Day;

/// Days that are looked back at.
const DAYS_MAX: usize = 30;
/// Fewer days say nothing.
const DAYS_MIN: usize = 3;
/// What lies further ahead than this is not worth a number.
const AHEAD_DAYS_MAX: f64 = 3_650.0;

/// Days until nothing is free; `None` if it does not fill, or if too little is known.
///
/// A line through the used bytes of the last month, by least squares: one large upload or one deletion bends it little.
pub(super) fn days_until_full(days: &[Day], free_bytes: u64) -> Option<u32> {
    let recent = &days[days.len().saturating_sub(DAYS_MAX)..];
    if recent.len() < DAYS_MIN {
        return None;
    }
    let points: Vec<(f64, f64)> = recent.iter().map(|day| (day.day as f64, day.disk_used_bytes as f64)).collect();
    let count = points.len() as f64;
    let (mean_x, mean_y) = points.iter().fold((0.0, 0.0), |(x, y), point| (x + point.0 / count, y + point.1 / count));
    let (mut above, mut below) = (0.0, 0.0);
    for (x, y) in points {
        above += (x - mean_x) * (y - mean_y);
        below += (x - mean_x) * (x - mean_x);
    }
    let per_day = above / below;
    let ahead = free_bytes as f64 / per_day;
    // Not a number where all days are one, negative where the disk empties.
    (per_day > 0.0 && ahead <= AHEAD_DAYS_MAX).then(|| ahead.round() as u32)
}

#[cfg(test)]
mod tests {
    use veche_directory::Day;

    use super::days_until_full;

    const GIB: u64 = 1 << 30;

    fn days(used: impl IntoIterator<Item = u64>) -> Vec<Day> {
        let days = used.into_iter().zip(20_000..);
        days.map(|(disk_used_bytes, day)| Day { day, disk_used_bytes, ..Day::default() }).collect()
    }

    #[test]
    fn what_fills_evenly_is_full_when_that_says() {
        assert_eq!(days_until_full(&days((0..40).map(|day| day * GIB)), 100 * GIB), Some(100));
        // The month before the last does not count any more.
        let slower = (0..40).map(|day| 100 * GIB * day).chain((0..30).map(|day| 4_000 * GIB + day * GIB));
        assert_eq!(days_until_full(&days(slower), 10 * GIB), Some(10));
    }

    #[test]
    fn nothing_is_foretold_of_a_disk_that_does_not_fill_or_of_two_days() {
        assert_eq!(days_until_full(&days([5, 5, 5, 5]), GIB), None);
        assert_eq!(days_until_full(&days([9, 8, 7]), GIB), None);
        assert_eq!(days_until_full(&days([0, GIB]), GIB), None);
        assert_eq!(days_until_full(&days([0, 1, 2]), GIB), None, "in three million years");
        let one_day_thrice = vec![Day { day: 1, disk_used_bytes: 5, ..Day::default() }; 3];
        assert_eq!(days_until_full(&one_day_thrice, GIB), None);
    }
}
