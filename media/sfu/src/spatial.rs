//! Spatial layers that come in one stream (SVC), as VP9 and AV1 are published: a subscriber gets those up to one of them, and the
//! packets of those above are left out.
//!
//! Invariants: fewer layers begin with a new picture, more of them with a keyframe, because only there nothing builds on what
//! the subscriber has not got (`L3T3_KEY` ties the layers together nowhere else). What is left out leaves no gap in the
//! sequence numbers, wherever a late packet stands among what was left out. The last packet of the highest layer that goes out
//! ends the picture.

use crate::headers::Head;

/// Packets that are remembered, whether they were left out. What is later than this is not forwarded anyway.
pub(crate) const REMEMBERED_PACKETS: u64 = 1_024;
/// Bits of one word of the memory.
const WORD_BITS: u64 = u64::BITS as u64;
/// The words that hold one bit for each packet.
const WORDS: usize = (REMEMBERED_PACKETS / WORD_BITS) as usize;

/// What becomes of a packet that goes out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Passed {
    /// How many packets before it were left out.
    pub(crate) left_out: u64,
    /// It ends the picture, whether or not its publisher says so.
    pub(crate) ends_picture: bool,
}

/// Which packets of one stream one subscriber gets.
#[derive(Debug, Default)]
pub(crate) struct Spatial {
    /// The highest layer that is meant to go out, and that does.
    target: u8,
    current: u8,
    /// The highest that went out before, up to the packet with this number, which is of this picture.
    before: u8,
    since: (u64, u32),
    /// The newest packet, and its picture.
    newest: u64,
    timestamp: u32,
    /// How many packets were left out, and which of the last ones.
    left_out: u64,
    memory: [u64; WORDS],
}

impl Spatial {
    /// Says up to which layer it is to be.
    pub(crate) fn set_target(&mut self, target: u8) {
        self.target = target;
    }

    /// Whether more is meant to go out than does, for which a keyframe is needed.
    pub(crate) fn is_rising(&self) -> bool {
        self.current < self.target
    }

    /// The stream begins with this packet of a keyframe.
    pub(crate) fn begin(&mut self, sequence: u64, timestamp: u32) {
        let target = self.target;
        *self = Self {
            target,
            current: target,
            before: target,
            since: (sequence, timestamp),
            newest: sequence,
            timestamp,
            ..Self::default()
        };
    }

    /// What becomes of a packet behind the first: nothing, if it is left out.
    pub(crate) fn take(&mut self, sequence: u64, timestamp: u32, head: &Head) -> Option<Passed> {
        if sequence <= self.newest {
            // What was lost of the picture that has changed it is late, and belongs to it all the same.
            let is_before = sequence < self.since.0 && timestamp != self.since.1;
            let limit = if is_before { self.before } else { self.current };
            return self.passed(sequence, limit, head);
        }
        self.advance(sequence);
        let is_other_picture = timestamp != self.timestamp;
        self.timestamp = timestamp;
        if is_other_picture && (self.target < self.current || head.starts_keyframe) && self.target != self.current {
            (self.before, self.since, self.current) = (self.current, (sequence, timestamp), self.target);
        }
        let passed = self.passed(sequence, self.current, head);
        if passed.is_none() {
            self.left_out = self.left_out.wrapping_add(1);
            places(sequence, sequence).for_each(|(word, bits)| self.memory[word] |= bits);
        }
        passed
    }

    fn passed(&self, sequence: u64, limit: u8, head: &Head) -> Option<Passed> {
        // A layer that cannot be read off the packet is the subscriber's to make sense of.
        let layer = head.spatial.unwrap_or(0);
        if layer > limit {
            return None;
        }
        let left_out = self.left_out.wrapping_sub(self.left_out_after(sequence));
        Some(Passed { left_out, ends_picture: head.ends_layer && layer == limit })
    }

    /// Makes room for the packets up to this one.
    fn advance(&mut self, sequence: u64) {
        let steps = sequence.wrapping_sub(self.newest);
        if steps >= REMEMBERED_PACKETS {
            self.memory = [0; WORDS];
        } else {
            places(self.newest + 1, sequence).for_each(|(word, bits)| self.memory[word] &= !bits);
        }
        self.newest = sequence;
    }

    /// How many were left out behind this packet.
    fn left_out_after(&self, sequence: u64) -> u64 {
        let oldest = self.newest.saturating_sub(REMEMBERED_PACKETS - 1);
        let later = places(sequence.saturating_add(1).max(oldest), self.newest);
        later.map(|(word, bits)| u64::from((self.memory[word] & bits).count_ones())).sum()
    }
}

/// Where the bits of these packets stand, the first and the last included: whole words at a time, because a publisher may let
/// numbers jump with every packet.
fn places(mut from: u64, upto: u64) -> impl Iterator<Item = (usize, u64)> {
    std::iter::from_fn(move || {
        let left = upto.saturating_add(1).checked_sub(from).filter(|left| *left > 0)?;
        let bit = from % WORD_BITS;
        let count = left.min(WORD_BITS - bit);
        let word = usize::try_from(from % REMEMBERED_PACKETS / WORD_BITS).ok()?;
        from += count;
        Some((word, u64::MAX >> (WORD_BITS - count) << bit))
    })
}

#[cfg(test)]
mod tests {
    use super::{Passed, REMEMBERED_PACKETS, Spatial};
    use crate::headers::Head;

    fn head(spatial: u8) -> Head {
        Head { spatial: Some(spatial), ends_layer: true, ..Head::default() }
    }

    fn key(spatial: u8) -> Head {
        Head { starts_keyframe: spatial == 0, ..head(spatial) }
    }

    fn spatial(target: u8) -> Spatial {
        let mut spatial = Spatial::default();
        spatial.set_target(target);
        spatial.begin(10, 0);
        spatial
    }

    fn left_out(passed: Option<Passed>) -> Option<u64> {
        passed.map(|passed| passed.left_out)
    }

    #[test]
    fn layers_above_are_left_out_and_the_last_below_ends_the_picture() {
        let mut spatial = spatial(1);
        assert_eq!(spatial.take(11, 0, &head(1)), Some(Passed { left_out: 0, ends_picture: true }));
        assert_eq!(spatial.take(12, 0, &head(2)), None);
        assert_eq!(spatial.take(13, 0, &head(2)), None);
        assert_eq!(spatial.take(14, 3_000, &head(0)), Some(Passed { left_out: 2, ends_picture: false }));
        let middle = Head { ends_layer: false, ..head(1) };
        assert_eq!(spatial.take(15, 3_000, &middle), Some(Passed { left_out: 2, ends_picture: false }));
    }

    #[test]
    fn less_begins_with_the_next_picture_and_more_with_a_keyframe() {
        let mut spatial = spatial(2);
        spatial.set_target(0);
        assert!(!spatial.is_rising());
        assert!(spatial.take(11, 0, &head(2)).is_some(), "the picture that has begun is finished");
        assert!(spatial.take(12, 3_000, &head(0)).is_some_and(|passed| passed.ends_picture));
        assert!(spatial.take(13, 3_000, &head(1)).is_none());
        spatial.set_target(2);
        assert!(spatial.is_rising());
        assert!(spatial.take(14, 6_000, &head(0)).is_some());
        assert!(spatial.take(15, 6_000, &head(1)).is_none());
        assert!(spatial.take(16, 9_000, &key(0)).is_some_and(|passed| !passed.ends_picture));
        assert!(spatial.take(17, 9_000, &key(2)).is_some() && !spatial.is_rising());
    }

    #[test]
    fn a_late_packet_stands_where_it_would_have_stood() {
        let mut spatial = spatial(0);
        // 12 is left out; 13 is lost; 14 is left out; 15 goes on.
        assert_eq!(left_out(spatial.take(11, 0, &head(0))), Some(0));
        assert_eq!(left_out(spatial.take(12, 0, &head(1))), None);
        assert_eq!(left_out(spatial.take(14, 3_000, &head(1))), None);
        assert_eq!(left_out(spatial.take(15, 6_000, &head(0))), Some(2));
        assert_eq!(left_out(spatial.take(13, 3_000, &head(0))), Some(1));
        assert_eq!(left_out(spatial.take(16, 6_000, &head(0))), Some(2), "its place was kept");
        assert_eq!(left_out(spatial.take(12, 0, &head(1))), None);
    }

    #[test]
    fn a_late_packet_is_judged_by_what_went_out_in_its_time() {
        let mut spatial = spatial(2);
        spatial.set_target(0);
        assert!(spatial.take(13, 3_000, &head(0)).is_some());
        assert!(spatial.take(12, 0, &head(2)).is_some(), "of the picture before");
        assert!(spatial.take(14, 3_000, &head(2)).is_none());
        spatial.set_target(2);
        assert!(spatial.take(17, 9_000, &key(0)).is_some());
        spatial.set_target(1);
        assert!(spatial.take(20, 12_000, &head(1)).is_some_and(|passed| passed.ends_picture));
        assert!(spatial.take(19, 12_000, &head(0)).is_some_and(|passed| !passed.ends_picture), "of the same picture");
        assert!(spatial.take(18, 9_000, &head(2)).is_some());
    }

    #[test]
    fn a_long_gap_is_forgotten_and_nothing_is_lost_count_of() {
        let mut spatial = spatial(0);
        for sequence in 11..=2 * REMEMBERED_PACKETS {
            let is_passed = sequence % 2 == 0;
            let passed = spatial.take(sequence, u32::try_from(sequence / 2).unwrap(), &head(u8::from(!is_passed)));
            assert_eq!(left_out(passed), is_passed.then(|| (sequence - 10) / 2));
        }
        let far = 5 * REMEMBERED_PACKETS;
        assert_eq!(left_out(spatial.take(far, 1, &head(0))), Some(REMEMBERED_PACKETS - 5));
        assert_eq!(left_out(spatial.take(far - 9, 1, &head(0))), Some(REMEMBERED_PACKETS - 5));
    }
}
