//! What has arrived at somebody: how many packets, how late, and how many did not.

use std::collections::BTreeMap;
use std::time::Duration;

use veche_sfu::engine::Mid;

/// See the module.
#[derive(Default)]
pub(super) struct Tally {
    lines: BTreeMap<Mid, Line>,
    pub(super) delays: Vec<Duration>,
}

/// One line: its numbers go on without gaps, whatever the publisher's do.
struct Line {
    first: u64,
    last: u64,
    arrived: u64,
}

impl Tally {
    /// A packet that was written so long before.
    pub(super) fn count(&mut self, mid: Mid, sequence: u64, delay: Duration) {
        let line = self.lines.entry(mid).or_insert(Line { first: sequence, last: sequence, arrived: 0 });
        line.first = line.first.min(sequence);
        line.last = line.last.max(sequence);
        line.arrived += 1;
        self.delays.push(delay);
    }

    /// How many have arrived, and how many should have.
    pub(super) fn arrived(&self) -> (u64, u64) {
        let all = self.lines.values();
        all.fold((0, 0), |(arrived, sent), line| (arrived + line.arrived, sent + line.last - line.first + 1))
    }

    /// On how many lines something has arrived.
    pub(super) fn lines(&self) -> usize {
        self.lines.len()
    }
}
