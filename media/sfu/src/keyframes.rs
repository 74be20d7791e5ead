//! Asking a publisher for the keyframes of one layer: seldom, however many want one, and again until it comes.

use std::time::Duration;

/// Between two requests for the same layer. A keyframe is several times as large as other frames, and one serves everybody, so
/// that fifty subscribers who lose the same packet cost the publisher no more than one does.
pub(crate) const KEYFRAME_REQUEST_INTERVAL: Duration = Duration::from_millis(500);

/// What is asked about one layer.
#[derive(Debug, Default)]
pub(crate) struct KeyframeRequests {
    is_wanted: bool,
    asked: Option<Duration>,
}

impl KeyframeRequests {
    /// Somebody cannot go on without a keyframe.
    pub(crate) fn want(&mut self) {
        self.is_wanted = true;
    }

    /// Whether somebody waits for one.
    pub(crate) fn is_wanted(&self) -> bool {
        self.is_wanted
    }

    /// Nobody needs one any more: it has come, or those who waited for it have gone.
    pub(crate) fn settle(&mut self) {
        self.is_wanted = false;
    }

    /// Whether the publisher is to be asked now. If so, it is noted that he has been.
    pub(crate) fn take_due(&mut self, now: Duration) -> bool {
        let is_soon = self.asked.is_some_and(|asked| now < asked + KEYFRAME_REQUEST_INTERVAL);
        let is_due = self.is_wanted && !is_soon;
        if is_due {
            self.asked = Some(now);
        }
        is_due
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{KEYFRAME_REQUEST_INTERVAL, KeyframeRequests};

    #[test]
    fn it_is_asked_for_at_once_then_seldom_and_until_it_comes() {
        let mut requests = KeyframeRequests::default();
        assert!(!requests.take_due(Duration::ZERO));
        let mut asked = Vec::new();
        for ms in (0..2_000).step_by(10) {
            requests.want();
            let now = Duration::from_millis(ms);
            if requests.take_due(now) {
                asked.push(now);
            }
        }
        assert_eq!(asked, [0, 1, 2, 3].map(|times| times * KEYFRAME_REQUEST_INTERVAL));
        requests.settle();
        assert!(!requests.take_due(Duration::from_secs(9)));
        requests.want();
        assert!(requests.take_due(Duration::from_secs(9)));
    }
}
