//! The virtual ports of relayed addresses: numbers in a table, bound to no socket.

use std::ops::RangeInclusive;

use crate::allocation::Slot;
use crate::stun::Family;

/// Which of the free ports may be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Parity {
    Any,
    /// RFC 8656 §7.2: EVEN-PORT without a reservation of the next one.
    Even,
}

/// Which ports are given out, per family, and to whom.
#[derive(Debug)]
pub(crate) struct RelayPorts {
    first: u16,
    owners: [Vec<Option<Slot>>; 2],
    free: [Vec<u16>; 2],
}

impl RelayPorts {
    /// All ports of the range are free.
    pub(crate) fn new(range: RangeInclusive<u16>) -> Self {
        let free: Vec<u16> = range.clone().collect();
        let owners = vec![None; free.len()];
        Self { first: *range.start(), owners: [owners.clone(), owners], free: [free.clone(), free] }
    }

    /// Takes the port that the random number picks, because a port that can be guessed can be
    /// aimed at (CVE-2025-69217). `None` if none is free.
    pub(crate) fn take(&mut self, family: Family, owner: Slot, random: u64, parity: Parity) -> Option<u16> {
        let free = &mut self.free[family.index()];
        let count = u64::try_from(free.len()).ok().filter(|count| *count > 0)?;
        let first = usize::try_from(random % count).ok()?;
        let is_wanted = |index: &usize| parity == Parity::Any || free[*index].is_multiple_of(2);
        let index = (first..free.len()).chain(0..first).find(is_wanted)?;
        let port = free.swap_remove(index);
        self.owners[family.index()][usize::from(port - self.first)] = Some(owner);
        Some(port)
    }

    /// Gives back a port that was taken.
    pub(crate) fn give_back(&mut self, family: Family, port: u16) {
        self.owners[family.index()][usize::from(port - self.first)] = None;
        self.free[family.index()].push(port);
    }

    /// Whose port it is. `None` also for ports out of the range.
    pub(crate) fn owner(&self, family: Family, port: u16) -> Option<Slot> {
        let index = usize::from(port.checked_sub(self.first)?);
        self.owners[family.index()].get(index).copied().flatten()
    }

    /// Ports given out of both families.
    pub(crate) fn taken(&self) -> usize {
        self.owners.iter().map(Vec::len).sum::<usize>() - self.free.iter().map(Vec::len).sum::<usize>()
    }
}

#[cfg(test)]
mod tests {
    use super::{Parity, RelayPorts};
    use crate::allocation::Slot;
    use crate::stun::Family::{Ipv4, Ipv6};

    #[test]
    fn every_port_is_given_out_once_per_family() {
        let mut ports = RelayPorts::new(65_530..=65_535);
        let mut taken: Vec<u16> =
            (0..6).map(|random| ports.take(Ipv4, Slot(9), random * 7_919, Parity::Any).unwrap()).collect();
        taken.sort_unstable();
        assert_eq!(taken, [65_530, 65_531, 65_532, 65_533, 65_534, 65_535]);
        assert_eq!(ports.take(Ipv4, Slot(9), 3, Parity::Any), None);
        assert!(ports.take(Ipv6, Slot(8), 3, Parity::Any).is_some());
        assert_eq!(ports.owner(Ipv4, 65_530), Some(Slot(9)));
        assert_eq!((ports.owner(Ipv4, 65_529), ports.owner(Ipv4, 0), ports.taken()), (None, None, 7));
        ports.give_back(Ipv4, 65_533);
        assert_eq!(ports.owner(Ipv4, 65_533), None);
        assert_eq!(ports.take(Ipv4, Slot(1), u64::MAX, Parity::Any), Some(65_533));
    }
    #[test]
    fn even_ports_are_given_out_as_long_as_there_are_any() {
        let mut ports = RelayPorts::new(65_531..=65_535);
        let mut even: Vec<u16> =
            (0..2).map(|random| ports.take(Ipv4, Slot(1), random * 7_919, Parity::Even).unwrap()).collect();
        even.sort_unstable();
        assert_eq!(even, [65_532, 65_534]);
        assert_eq!(ports.take(Ipv4, Slot(1), 4, Parity::Even), None);
        assert!(ports.take(Ipv4, Slot(1), 4, Parity::Any).is_some());
    }
}
