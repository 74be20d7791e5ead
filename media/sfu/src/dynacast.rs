//! Which layers of a publication anybody wants, so that a publisher encodes and sends no others. More is told at once, less
//! after a while: people scroll back, and a layer that is switched on again costs a keyframe.

use std::time::Duration;

use crate::publication::Quality;

/// How long less must have been wanted before the publisher is told.
pub(crate) const LESS_WANTED_AFTER: Duration = Duration::from_secs(5);

/// What one publisher has been told about one publication.
#[derive(Debug)]
pub(crate) struct Dynacast {
    told: Option<Quality>,
    less_since: Option<Duration>,
}

impl Dynacast {
    /// The publisher sends all up to this, as he does before anybody tells him.
    pub(crate) fn new(all: Quality) -> Self {
        Self { told: Some(all), less_since: None }
    }

    /// Takes the best that anybody wants, nothing if nobody wants any. What the publisher is to be told, if anything.
    pub(crate) fn update(&mut self, wanted: Option<Quality>, now: Duration) -> Option<Option<Quality>> {
        if wanted >= self.told {
            self.less_since = None;
            if wanted == self.told {
                return None;
            }
        } else {
            let since = *self.less_since.get_or_insert(now);
            if now < since + LESS_WANTED_AFTER {
                return None;
            }
        }
        self.less_since = None;
        self.told = wanted;
        Some(wanted)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Dynacast, LESS_WANTED_AFTER};
    use crate::publication::Quality::{self, High, Low, Medium};

    /// What is told when this is wanted at these seconds.
    fn told(wanted: &[(u64, Option<Quality>)]) -> Vec<(u64, Option<Quality>)> {
        let mut dynacast = Dynacast::new(High);
        let told = |(at, wanted): &(u64, Option<Quality>)| {
            dynacast.update(*wanted, Duration::from_secs(*at)).map(|upto| (*at, upto))
        };
        wanted.iter().filter_map(told).collect()
    }

    #[test]
    fn more_is_told_at_once_and_less_after_a_while() {
        let late = LESS_WANTED_AFTER.as_secs();
        assert!(told(&[(0, Some(High)), (1, Some(High))]).is_empty());
        assert_eq!(told(&[(0, None), (1, None), (late, None), (late + 1, None)]), [(late, None)]);
        assert!(told(&[(0, Some(Low)), (1, Some(High)), (late, Some(Low)), (late + 1, Some(Low))]).is_empty());
        let back = [(0, Some(Low)), (late, Some(Low)), (late + 1, Some(Medium)), (late + 1, Some(Medium))];
        assert_eq!(told(&back), [(late, Some(Low)), (late + 1, Some(Medium))]);
    }
}
