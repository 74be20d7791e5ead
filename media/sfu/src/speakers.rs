//! Who speaks, by the loudness that clients write beside each packet of sound; the sound itself may be encrypted.
//!
//! A window of time counts as speech if enough of its packets are loud, so that a cough or a key on a keyboard does not move
//! anybody's picture; and somebody goes on speaking for a few windows of silence, because people breathe.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::engine::AudioLevel;
use crate::participant::ParticipantId;

/// How long a window is, which is also how often changes are told.
pub(crate) const SPEAKERS_WINDOW: Duration = Duration::from_millis(300);
/// A packet is loud if it is at most this far below the loudest.
const LOUD_BELOW_FULL_DB: u8 = 40;
/// Percent of the packets of a window that must be loud.
const LOUD_PERCENT_MIN: u32 = 40;
/// Packets without which nothing is said of a window: in silence clients send one in 400 ms.
const PACKETS_MIN: u32 = 2;
/// Windows of silence after which somebody does not speak any longer.
const SILENT_WINDOWS_MAX: u8 = 3;
/// Loudness is told in steps of so many decibels, so that clients are not told of every breath.
const STEP_DB: u8 = 6;
/// How many speakers are told of; more at once nobody can follow.
pub const SPEAKERS_MAX: usize = 10;
/// The highest value of a level: silence.
const SILENCE_BELOW_FULL_DB: u8 = 127;

/// Somebody who speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Speaker {
    /// Who.
    pub participant: ParticipantId,
    /// How loud, in decibels below the loudest, smoothed and rounded.
    pub below_full_db: u8,
}

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Speakers {
    voices: BTreeMap<ParticipantId, Voice>,
    told: Vec<Speaker>,
    window_ends: Option<Duration>,
}

#[derive(Debug, Default)]
struct Voice {
    packets: u32,
    loud: u32,
    /// The sum of the levels of loud packets.
    level: u32,
    speaks_at: Option<u8>,
    silent_windows: u8,
}

impl Speakers {
    /// Takes the loudness of a packet.
    pub(crate) fn hear(&mut self, who: ParticipantId, level: AudioLevel) {
        let voice = self.voices.entry(who).or_default();
        voice.packets = voice.packets.saturating_add(1);
        if level.below_full_db <= LOUD_BELOW_FULL_DB {
            voice.loud = voice.loud.saturating_add(1);
            voice.level = voice.level.saturating_add(level.below_full_db.into());
        }
    }

    /// Somebody is not heard any longer.
    pub(crate) fn forget(&mut self, who: ParticipantId) {
        self.voices.remove(&who);
    }

    /// Who speaks, the loudest first, if that has changed.
    pub(crate) fn update(&mut self, now: Duration) -> Option<Vec<Speaker>> {
        let ends = *self.window_ends.get_or_insert(now + SPEAKERS_WINDOW);
        if now < ends {
            return None;
        }
        self.window_ends = Some(now + SPEAKERS_WINDOW);
        let speaker = |(who, voice): (&ParticipantId, &mut Voice)| {
            let below_full_db = voice.end_window()?.div_ceil(STEP_DB) * STEP_DB;
            Some(Speaker { participant: *who, below_full_db: below_full_db.min(SILENCE_BELOW_FULL_DB) })
        };
        let mut speakers: Vec<Speaker> = self.voices.iter_mut().filter_map(speaker).collect();
        speakers.sort_by_key(|speaker| (speaker.below_full_db, speaker.participant));
        speakers.truncate(SPEAKERS_MAX);
        if speakers == self.told {
            return None;
        }
        self.told.clone_from(&speakers);
        Some(speakers)
    }
}

impl Voice {
    /// How loud somebody speaks, smoothed, after a window that has ended.
    fn end_window(&mut self) -> Option<u8> {
        let is_speech = self.packets >= PACKETS_MIN && self.loud * 100 >= self.packets * LOUD_PERCENT_MIN;
        if is_speech {
            let level = u8::try_from(self.level / self.loud.max(1)).unwrap_or(SILENCE_BELOW_FULL_DB);
            // Half way to the new value, unless there is no old one.
            self.speaks_at = Some(self.speaks_at.map_or(level, |before| before.midpoint(level)));
            self.silent_windows = 0;
        } else {
            self.silent_windows = self.silent_windows.saturating_add(1);
            if self.silent_windows >= SILENT_WINDOWS_MAX {
                self.speaks_at = None;
            }
        }
        (self.packets, self.loud, self.level) = (0, 0, 0);
        self.speaks_at
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{SILENT_WINDOWS_MAX, SPEAKERS_MAX, SPEAKERS_WINDOW, Speaker, Speakers};
    use crate::engine::AudioLevel;
    use crate::participant::ParticipantId;

    /// A second hand that moves by windows.
    struct Table {
        speakers: Speakers,
        now: Duration,
    }

    impl Table {
        fn new() -> Self {
            let mut speakers = Speakers::default();
            assert_eq!(speakers.update(Duration::ZERO), None);
            Self { speakers, now: Duration::ZERO }
        }

        /// One window, in which each of these says so many packets of a loudness.
        fn window(&mut self, said: &[(u64, u32, u8)]) -> Option<Vec<(u64, u8)>> {
            for (who, packets, below_full_db) in said {
                for _ in 0..*packets {
                    let level = AudioLevel { below_full_db: *below_full_db, voice: true };
                    self.speakers.hear(ParticipantId(*who), level);
                }
            }
            self.now += SPEAKERS_WINDOW;
            let told = self.speakers.update(self.now)?;
            Some(told.iter().map(|Speaker { participant, below_full_db }| (participant.0, *below_full_db)).collect())
        }
    }

    #[test]
    fn the_loudest_is_first_and_nothing_is_told_twice() {
        let mut table = Table::new();
        assert_eq!(table.window(&[(1, 15, 30), (2, 15, 12), (3, 15, 127)]), Some(vec![(2, 12), (1, 30)]));
        assert_eq!(table.window(&[(1, 15, 30), (2, 15, 12), (3, 15, 127)]), None);
        assert_eq!(table.window(&[(1, 15, 6), (2, 15, 30)]), Some(vec![(1, 18), (2, 24)]));
    }

    #[test]
    fn a_cough_is_no_speech_and_a_breath_no_end() {
        let mut table = Table::new();
        assert_eq!(table.window(&[(1, 4, 10), (1, 11, 90)]), None);
        assert_eq!(table.window(&[(1, 1, 10)]), None);
        assert_eq!(table.window(&[(1, 15, 30)]), Some(vec![(1, 30)]));
        for _ in 1..SILENT_WINDOWS_MAX {
            assert_eq!(table.window(&[(1, 1, 127)]), None);
        }
        assert_eq!(table.window(&[]), Some(vec![]));
        assert_eq!(table.window(&[]), None);
    }

    #[test]
    fn who_leaves_is_silent_and_a_crowd_is_cut_short() {
        let mut table = Table::new();
        table.window(&[(1, 15, 30)]);
        table.speakers.forget(ParticipantId(1));
        assert_eq!(table.window(&[]), Some(vec![]));
        let crowd: Vec<_> = (0..100).map(|who| (who, 15, 30)).collect();
        assert_eq!(table.window(&crowd).unwrap().len(), SPEAKERS_MAX);
    }
}
