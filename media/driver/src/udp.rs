//! One UDP socket: many datagrams for one system call, in both directions. Why it is done so, and
//! what it costs, is in `docs/io.md`.

use std::io::{self, IoSliceMut};
use std::net::{IpAddr, SocketAddr};

use mio::net::UdpSocket;
use quinn_udp::{BATCH_SIZE, RecvMeta, Transmit, UdpSocketState};
use rustix::net::sockopt::{Ipv4PathMtuDiscovery, set_ip_mtu_discover};
use socket2::{Domain, Protocol, Socket, Type};
use tracing::{debug, warn};
use veche_turn::{HEADROOM_BYTES, Packet, TAILROOM_BYTES};

use crate::kernel_drops;
use crate::metrics::SocketMetrics;
use crate::outgoing::{Batch, Outgoing};
use crate::settings::Limits;

/// The most that the kernel puts into one buffer, when it joins datagrams (GRO).
const RECEIVE_BYTES: usize = 65_535;
/// Datagrams that are sent one by one after the kernel has refused to cut a buffer, until it is asked
/// again: the refusal may have concerned one route only.
const SINGLES_AFTER_REFUSAL: usize = 4_096;
/// The path's own MTU is not asked for, DF is not set, and what is longer than the interface takes is
/// cut: RFC 8656 §14 leaves fragments allowed, and a forged ICMP message changes nothing.
const MAY_FRAGMENT: Ipv4PathMtuDiscovery = Ipv4PathMtuDiscovery::OMIT;

/// Buffers for one round of receiving, with room around them for headers. All sockets share them.
pub(crate) struct Incoming {
    buffers: Vec<Vec<u8>>,
    metas: [RecvMeta; BATCH_SIZE],
    received: usize,
    /// Where they came to.
    bound: SocketAddr,
}

impl Incoming {
    /// Takes 2 MiB.
    pub(crate) fn new() -> Self {
        let buffer = || vec![0; HEADROOM_BYTES + RECEIVE_BYTES + TAILROOM_BYTES];
        let buffers = (0..BATCH_SIZE).map(|_| buffer()).collect();
        let bound = SocketAddr::from(([0, 0, 0, 0], 0));
        Self { buffers, metas: [RecvMeta::default(); BATCH_SIZE], received: 0, bound }
    }

    /// Receives what waits, in place of what was received before. Tells whether more may wait.
    pub(crate) fn receive(&mut self, port: &UdpPort, metrics: &SocketMetrics) -> bool {
        let mut buffers = self.buffers.iter_mut();
        let mut slices: [IoSliceMut<'_>; BATCH_SIZE] = std::array::from_fn(|_| {
            let buffer = buffers.next().expect("there are as many buffers as a batch has");
            IoSliceMut::new(&mut buffer[HEADROOM_BYTES..HEADROOM_BYTES + RECEIVE_BYTES])
        });
        self.bound = port.address;
        match port.state.recv((&port.socket).into(), &mut slices, &mut self.metas) {
            Ok(received) => {
                self.received = received;
                metrics.received_batches.inc();
                // Fewer than there was room for: the rest will be told by a new event.
                received == BATCH_SIZE
            }
            Err(error) => {
                self.received = 0;
                let is_empty = error.kind() == io::ErrorKind::WouldBlock;
                if !is_empty {
                    debug!(%error, "a UDP socket was not read");
                }
                !is_empty
            }
        }
    }

    /// Hands out each datagram that was received, with our address that it came to and its sender.
    pub(crate) fn datagrams(&mut self, mut handle: impl FnMut(SocketAddr, SocketAddr, &mut Packet<'_>)) -> Received {
        let bound = self.bound;
        let mut seen = Received::default();
        for (buffer, meta) in self.buffers.iter_mut().zip(&self.metas[..self.received]) {
            if !is_answerable(meta) {
                seen.unanswerable += 1;
                continue;
            }
            let local = SocketAddr::new(meta.dst_ip.unwrap_or(bound.ip()), bound.port());
            let end = HEADROOM_BYTES + meta.len.min(RECEIVE_BYTES);
            let stride = meta.stride.max(1);
            let mut start = HEADROOM_BYTES;
            // At least one: a datagram may be empty.
            loop {
                // What follows the last datagram is free; what follows another is the next one.
                let next = start + stride;
                let (datagram_end, free_end) = if next >= end { (end, buffer.len()) } else { (next, next) };
                handle(local, meta.addr, &mut Packet::new(&mut buffer[..free_end], start..datagram_end));
                seen.datagrams += 1;
                start = next;
                if start >= end {
                    break;
                }
            }
        }
        seen
    }
}

/// What one batch brought.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Received {
    /// Datagrams handed out.
    datagrams: u64,
    /// What was dropped; see [`is_answerable`].
    unanswerable: u64,
}

impl Received {
    /// Adds it to the metrics.
    pub(crate) fn count(&self, metrics: &SocketMetrics) {
        metrics.received_datagrams.inc_by(self.datagrams);
        metrics.dropped_unanswerable.inc_by(self.unanswerable);
    }
}

/// Whether an answer would be one to the sender alone and from an address of ours. The kernel refuses
/// to send to port 0 and from a group's address, and such datagrams are only made to provoke that.
fn is_answerable(meta: &RecvMeta) -> bool {
    let is_group = |ip: IpAddr| match ip {
        IpAddr::V4(ip) => ip.is_multicast() || ip.is_broadcast(),
        IpAddr::V6(ip) => ip.is_multicast(),
    };
    meta.addr.port() != 0 && !meta.dst_ip.is_some_and(is_group)
}

/// A bound socket.
pub(crate) struct UdpPort {
    /// For the poll.
    pub(crate) socket: UdpSocket,
    /// Where it is bound.
    pub(crate) address: SocketAddr,
    /// By which the kernel tells its drops.
    pub(crate) inode: Option<u64>,
    /// Whether something waits to be received.
    pub(crate) is_ready: bool,
    state: UdpSocketState,
    outgoing: Outgoing,
    /// Datagrams that the kernel cuts one buffer into.
    segments_max: usize,
    /// Datagrams that still go one by one.
    singles_left: usize,
}

impl UdpPort {
    /// Binds a socket with large buffers.
    pub(crate) fn bind(address: SocketAddr, limits: &Limits) -> io::Result<Self> {
        let socket = Socket::new(Domain::for_address(address), Type::DGRAM, Some(Protocol::UDP))?;
        if address.is_ipv6() {
            socket.set_only_v6(true)?;
        }
        socket.set_recv_buffer_size(limits.receive_buffer_bytes)?;
        socket.set_send_buffer_size(limits.send_buffer_bytes)?;
        socket.set_nonblocking(true)?;
        socket.bind(&address.into())?;
        // The kernel tells twice what it gives.
        let given = socket.recv_buffer_size()? / 2;
        if given < limits.receive_buffer_bytes {
            let wanted = limits.receive_buffer_bytes;
            warn!(given, wanted, "the receive buffer is small: raise net.core.rmem_max, or bursts are lost");
        }
        let socket = UdpSocket::from_std(socket.into());
        let state = UdpSocketState::new((&socket).into())?;
        if address.is_ipv4() {
            // The library forbids fragments, which QUIC wants.
            set_ip_mtu_discover(&socket, MAY_FRAGMENT)?;
        }
        let address = socket.local_addr()?;
        let inode = kernel_drops::inode(&socket);
        let segments_max = state.max_gso_segments();
        let (outgoing, singles_left, is_ready) = (Outgoing::default(), 0, false);
        Ok(Self { socket, address, inode, is_ready, state, outgoing, segments_max, singles_left })
    }

    /// Whether our address of a packet is one of this socket.
    pub(crate) fn owns(&self, local: SocketAddr) -> bool {
        let is_own = self.address.ip() == local.ip() || self.address.ip().is_unspecified();
        is_own && self.address.port() == local.port() && self.address.is_ipv4() == local.is_ipv4()
    }

    /// Sends a datagram with the next [`UdpPort::flush`], from one of our addresses.
    pub(crate) fn push(&mut self, to: SocketAddr, from: Option<IpAddr>, datagram: &[u8], metrics: &SocketMetrics) {
        let from = from.filter(|_| self.address.ip().is_unspecified());
        let segments_max = if self.singles_left > 0 { 1 } else { self.segments_max };
        self.singles_left = self.singles_left.saturating_sub(1);
        self.outgoing.push(to, from, datagram, segments_max);
        if self.outgoing.is_full() {
            self.flush(metrics);
        }
    }

    /// Sends a datagram at once, with the bit that forbids routers to cut it (RFC 8656 §14). IPv6
    /// routers never cut.
    pub(crate) fn send_unfragmented(&mut self, to: SocketAddr, datagram: &[u8], metrics: &SocketMetrics) {
        self.flush(metrics);
        self.outgoing.push(to, None, datagram, 1);
        let is_ipv4 = self.address.is_ipv4();
        let set = |socket: &UdpSocket, value| if is_ipv4 { set_ip_mtu_discover(socket, value) } else { Ok(()) };
        if let Err(error) = set(&self.socket, Ipv4PathMtuDiscovery::DO) {
            debug!(%error, "a datagram is sent without the DF bit");
        }
        self.flush(metrics);
        if let Err(error) = set(&self.socket, MAY_FRAGMENT) {
            warn!(%error, "the DF bit stays set");
        }
    }

    /// Sends what was pushed. What does not fit into the socket is dropped: it would be late.
    pub(crate) fn flush(&mut self, metrics: &SocketMetrics) {
        let mut outgoing = std::mem::take(&mut self.outgoing);
        outgoing.batches().iter().for_each(|batch| self.send(batch, metrics));
        outgoing.clear();
        self.outgoing = outgoing;
    }

    fn send(&mut self, batch: &Batch, metrics: &SocketMetrics) {
        let is_joined = batch.segments > 1;
        let sent = self.send_bytes(batch, &batch.bytes, is_joined.then_some(batch.segment_bytes));
        let is_refused = sent.as_ref().is_err_and(|error| error.kind() != io::ErrorKind::WouldBlock);
        if !is_joined || !is_refused {
            count(sent, batch.segments, metrics);
            return;
        }
        // A card, a tunnel or a route that does not cut buffers; or a receiver that cannot be reached.
        for datagram in batch.bytes.chunks(batch.segment_bytes) {
            let sent = self.send_bytes(batch, datagram, None);
            if sent.is_ok() {
                self.singles_left = SINGLES_AFTER_REFUSAL;
            }
            count(sent, 1, metrics);
        }
    }

    fn send_bytes(&self, batch: &Batch, contents: &[u8], segment_size: Option<usize>) -> io::Result<()> {
        let transmit = Transmit { destination: batch.to, ecn: None, contents, segment_size, src_ip: batch.from };
        self.state.try_send((&self.socket).into(), &transmit)
    }
}

/// Counts what became of so many datagrams of one system call.
fn count(sent: io::Result<()>, datagrams: usize, metrics: &SocketMetrics) {
    let datagrams = u64::try_from(datagrams).unwrap_or(u64::MAX);
    match sent {
        Ok(()) => {
            metrics.sent_batches.inc();
            metrics.sent_datagrams.inc_by(datagrams);
        }
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
            metrics.dropped_full_socket.inc_by(datagrams);
        }
        Err(error) => {
            debug!(%error, "datagrams were not sent");
            metrics.dropped_failed_send.inc_by(datagrams);
        }
    }
}

#[cfg(test)]
mod tests;
