//! Packets of a layer that somebody waits for, kept for a moment: the first packet of a keyframe may arrive after others of it,
//! overtaken or lost and sent again, and then these have to follow it.

use std::collections::BTreeMap;

use crate::engine::ReceivedRtp;
use crate::headers::Head;

/// How many packets are kept of one layer. A keyframe of a large picture has about a hundred.
const HELD_PACKETS_MAX: usize = 256;

/// See the module.
#[derive(Debug)]
pub(crate) struct Held<B> {
    packets: BTreeMap<u64, (ReceivedRtp<B>, Head)>,
    /// All packets from this sequence number on that have arrived are here.
    since: u64,
    is_holding: bool,
}

impl<B: Clone> Held<B> {
    pub(crate) fn new() -> Self {
        Self { packets: BTreeMap::new(), since: 0, is_holding: false }
    }

    /// Keeps a packet. `newest` is the highest sequence number that had arrived before it.
    pub(crate) fn hold(&mut self, packet: &ReceivedRtp<B>, head: Head, newest: Option<u64>) {
        if !self.is_holding {
            self.is_holding = true;
            self.since = newest.map_or(0, |newest| newest.saturating_add(1));
        }
        self.packets.insert(packet.sequence, (packet.clone(), head));
        if self.packets.len() > HELD_PACKETS_MAX
            && let Some((oldest, _)) = self.packets.pop_first()
        {
            self.since = self.since.max(oldest.saturating_add(1));
        }
    }

    /// Keeps nothing, because nobody waits.
    pub(crate) fn release(&mut self) {
        if self.is_holding {
            self.is_holding = false;
            self.packets.clear();
        }
    }

    /// Whether somebody waits.
    pub(crate) fn is_holding(&self) -> bool {
        self.is_holding
    }

    /// Whether everything that has arrived after this packet is here.
    pub(crate) fn has_all_after(&self, sequence: u64) -> bool {
        self.is_holding && sequence.saturating_add(1) >= self.since
    }

    /// What has arrived after this packet, in order.
    pub(crate) fn after(&self, sequence: u64) -> impl Iterator<Item = &(ReceivedRtp<B>, Head)> {
        self.packets.range(sequence.saturating_add(1)..).map(|(_, held)| held)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{HELD_PACKETS_MAX, Held};
    use crate::engine::{Extensions, Mid, ReceivedRtp};
    use crate::headers::Head;

    fn packet(sequence: u64) -> ReceivedRtp<Vec<u8>> {
        ReceivedRtp {
            received: Duration::ZERO,
            mid: Mid::new("0").unwrap(),
            rid: None,
            ssrc: 1,
            payload_type: 96,
            sequence,
            timestamp: 0,
            marker: false,
            extensions: Extensions::default(),
            payload: Vec::new(),
        }
    }

    fn after(held: &Held<Vec<u8>>, sequence: u64) -> Vec<u64> {
        held.after(sequence).map(|(packet, _)| packet.sequence).collect()
    }

    #[test]
    fn what_has_overtaken_a_packet_is_there_in_order() {
        let mut held = Held::new();
        assert!(!held.has_all_after(0));
        for sequence in [12, 14, 13] {
            held.hold(&packet(sequence), Head::default(), Some(10));
        }
        assert!(held.has_all_after(10) && held.has_all_after(11) && !held.has_all_after(9));
        assert_eq!(after(&held, 11), [12, 13, 14]);
        held.release();
        assert!(!held.has_all_after(11) && after(&held, 0).is_empty());
    }

    #[test]
    fn not_more_than_a_keyframe_is_kept() {
        let mut held = Held::new();
        let last = u64::try_from(HELD_PACKETS_MAX).unwrap() + 9;
        for sequence in 0..=last {
            held.hold(&packet(sequence), Head::default(), sequence.checked_sub(1));
        }
        assert_eq!(after(&held, 0).len(), HELD_PACKETS_MAX);
        assert!(held.has_all_after(9) && !held.has_all_after(8));
    }
}
