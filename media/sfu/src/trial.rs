//! Trying again for a subscriber whose way seems too narrow for any picture. An estimate is made of what is sent: where nothing
//! is, it stays as low as it was when the last picture was taken away, for ever. So after a while the most important picture is
//! sent all the same, in its smallest form, and shows what the way carries.

use std::time::Duration;

/// How long nothing has fitted before the first trial. Each further one waits twice as long.
const TRIAL_AFTER: Duration = Duration::from_secs(1);
/// How often the wait is doubled: to a minute. A way that really carries no picture carries a voice, which each trial disturbs.
const DOUBLINGS_MAX: u32 = 6;
/// How long a trial lasts: a keyframe, and a few reports of the client.
const TRIAL_TIME: Duration = Duration::from_secs(3);

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Trial {
    waits_since: Option<Duration>,
    ends: Option<Duration>,
    tries: u32,
}

impl Trial {
    /// Takes whether any picture fits, or none is wished. Whether one is to be sent although it does not.
    pub(crate) fn is_on(&mut self, now: Duration, fits: bool) -> bool {
        if fits {
            *self = Self::default();
            return false;
        }
        if self.ends.is_some_and(|ends| now < ends) {
            return true;
        }
        let since = *self.waits_since.get_or_insert(now);
        let is_due = now >= since + TRIAL_AFTER * 2_u32.pow(self.tries.min(DOUBLINGS_MAX));
        if is_due {
            self.ends = Some(now + TRIAL_TIME);
            self.tries = self.tries.saturating_add(1);
            self.waits_since = None;
        }
        is_due
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Trial;

    #[test]
    fn it_is_tried_again_and_again_and_less_and_less_often() {
        let mut trial = Trial::default();
        let mut begins = Vec::new();
        let mut was_on = false;
        for second in 0..400 {
            let is_on = trial.is_on(Duration::from_secs(second), false);
            if is_on && !was_on {
                begins.push(second);
            }
            was_on = is_on;
        }
        assert_eq!(begins, [1, 6, 13, 24, 43, 78, 145, 212, 279, 346]);
        assert!(!trial.is_on(Duration::from_secs(400), true));
        assert!(!trial.is_on(Duration::from_secs(401), false));
        assert!(trial.is_on(Duration::from_secs(402), false), "as if it were the first time");
    }
}
