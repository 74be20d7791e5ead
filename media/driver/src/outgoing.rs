//! Datagrams on their way out, gathered so that one system call sends many to one receiver.
//!
//! The kernel cuts one buffer into datagrams of equal size (GSO); only the last may be shorter. So
//! what goes to the same receiver is put together as long as the sizes allow it, and its order is kept.

use std::net::{IpAddr, SocketAddr};

/// Longer datagrams go alone: if a piece is longer than the path takes, the kernel refuses the whole
/// buffer. Every IPv6 path takes this much, and media packets are shorter.
const SEGMENT_BYTES_MAX: usize = 1_232;
/// What one call may send at most: the longest UDP datagram.
const BATCH_BYTES_MAX: usize = 65_507;
/// Receivers of one round; more make a search too slow.
const BATCHES_MAX: usize = 64;

/// Datagrams of one size for one receiver.
#[derive(Debug)]
pub(crate) struct Batch {
    /// The receiver.
    pub(crate) to: SocketAddr,
    /// Our own address that they shall come from, where we have several.
    pub(crate) from: Option<IpAddr>,
    /// Bytes of each but the last.
    pub(crate) segment_bytes: usize,
    /// How many.
    pub(crate) segments: usize,
    /// All of them, one behind the other.
    pub(crate) bytes: Vec<u8>,
    /// Whether the last is as long as the others.
    is_open: bool,
}

/// What one socket is to send.
#[derive(Debug, Default)]
pub(crate) struct Outgoing {
    batches: Vec<Batch>,
    /// The others keep their memory for later.
    used: usize,
}

impl Outgoing {
    /// Adds a datagram; `segments_max` is what the kernel cuts one buffer into.
    pub(crate) fn push(&mut self, to: SocketAddr, from: Option<IpAddr>, datagram: &[u8], segments_max: usize) {
        let latest = self.batches[..self.used].iter_mut().rev().find(|batch| batch.to == to && batch.from == from);
        if let Some(batch) = latest.filter(|batch| batch.takes(datagram.len(), segments_max)) {
            batch.bytes.extend_from_slice(datagram);
            batch.segments += 1;
            batch.is_open = datagram.len() == batch.segment_bytes;
            return;
        }
        if self.used == self.batches.len() {
            let bytes = Vec::new();
            self.batches.push(Batch { to, from, segment_bytes: 0, segments: 0, bytes, is_open: false });
        }
        let batch = &mut self.batches[self.used];
        self.used += 1;
        (batch.to, batch.from, batch.segment_bytes, batch.segments) = (to, from, datagram.len(), 1);
        batch.bytes.clear();
        batch.bytes.extend_from_slice(datagram);
        batch.is_open = (1..=SEGMENT_BYTES_MAX).contains(&datagram.len());
    }

    /// Whether it is time to send.
    pub(crate) const fn is_full(&self) -> bool {
        self.used >= BATCHES_MAX
    }

    /// What is to be sent, in order.
    pub(crate) fn batches(&self) -> &[Batch] {
        &self.batches[..self.used]
    }

    /// Forgets what was sent.
    pub(crate) const fn clear(&mut self) {
        self.used = 0;
    }
}

impl Batch {
    const fn takes(&self, datagram_bytes: usize, segments_max: usize) -> bool {
        self.is_open
            && datagram_bytes > 0
            && datagram_bytes <= self.segment_bytes
            && self.segments < segments_max
            && self.bytes.len() + datagram_bytes <= BATCH_BYTES_MAX
    }
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr, SocketAddr};

    use super::{BATCHES_MAX, Outgoing};

    fn to(port: u16) -> SocketAddr {
        SocketAddr::from(([192, 0, 2, 1], port))
    }

    /// The sizes of each batch: of a segment, of all together.
    fn shapes(outgoing: &Outgoing) -> Vec<(u16, usize, usize, usize)> {
        let shape = |batch: &super::Batch| (batch.to.port(), batch.segment_bytes, batch.segments, batch.bytes.len());
        outgoing.batches().iter().map(shape).collect()
    }

    #[test]
    fn equal_sizes_to_one_receiver_go_together_and_a_shorter_one_ends_it() {
        let mut outgoing = Outgoing::default();
        for (port, length) in [(1, 100), (2, 100), (1, 100), (1, 60), (1, 60), (2, 101), (1, 60), (2, 101)] {
            outgoing.push(to(port), None, &vec![1; length], 64);
        }
        assert_eq!(shapes(&outgoing), [(1, 100, 3, 260), (2, 100, 1, 100), (1, 60, 2, 120), (2, 101, 2, 202)]);
        outgoing.clear();
        assert_eq!(shapes(&outgoing), []);
        outgoing.push(to(3), None, &[1], 64);
        assert_eq!(shapes(&outgoing), [(3, 1, 1, 1)]);
    }

    #[test]
    fn limits_of_kernel_and_path_are_kept() {
        let mut outgoing = Outgoing::default();
        (0..5).for_each(|_| outgoing.push(to(1), None, &[1; 10], 2));
        assert_eq!(shapes(&outgoing), [(1, 10, 2, 20), (1, 10, 2, 20), (1, 10, 1, 10)]);
        outgoing.clear();
        (0..2).for_each(|_| outgoing.push(to(1), None, &[1; 1_400], 64));
        (0..2).for_each(|_| outgoing.push(to(2), None, &[], 64));
        assert_eq!(shapes(&outgoing), [(1, 1_400, 1, 1_400), (1, 1_400, 1, 1_400), (2, 0, 1, 0), (2, 0, 1, 0)]);
        outgoing.clear();
        (0..60).for_each(|_| outgoing.push(to(1), None, &[1; 1_200], 64));
        assert_eq!(shapes(&outgoing), [(1, 1_200, 54, 64_800), (1, 1_200, 6, 7_200)]);
    }

    #[test]
    fn our_own_addresses_are_told_apart() {
        let mut outgoing = Outgoing::default();
        for last in [1, 2, 1] {
            outgoing.push(to(1), Some(IpAddr::V4(Ipv4Addr::new(10, 0, 0, last))), &[1; 10], 64);
        }
        assert_eq!(shapes(&outgoing), [(1, 10, 2, 20), (1, 10, 1, 10)]);
        (0..BATCHES_MAX).for_each(|port| outgoing.push(to(u16::try_from(port).unwrap()), None, &[1], 64));
        assert!(outgoing.is_full());
    }
}
