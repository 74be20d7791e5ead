//! Data on its way (RFC 8656 §11, §12.6, §12.7): the hot path. Nothing here is copied as long as
//! there is room around the packet.

use std::net::SocketAddr;
use std::ops::Range;
use std::time::Duration;

use super::Server;
use super::request::Request;
use crate::address::{Destination, FiveTuple, Priority, Transmit};
use crate::allocation::Slot;
use crate::channel_data;
use crate::config::Now;
use crate::packet::Packet;
use crate::stun::{Family, TransactionId, attribute, write_data_header};

/// Where a peer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Route {
    /// It is another relayed address of ours.
    Relay(Slot),
    /// It is a part of this process.
    Sink,
    /// It is reached through the shared socket.
    Outside,
    /// It would be a relayed address of ours and is nobody's.
    Nobody,
}

/// A Send indication that may be sent on.
pub(super) struct Sending {
    slot: Slot,
    peer: SocketAddr,
    data: Range<usize>,
    dont_fragment: bool,
}

/// What was written before the data for the receiving client, and how much of it is used.
struct Head {
    bytes: [u8; crate::stun::DATA_HEADER_BYTES_MAX],
    used: usize,
    padding: usize,
}

impl Server {
    /// A datagram that the shared socket received from a peer outside; see [`Server::handle_datagram`].
    pub fn handle_peer_datagram(&mut self, now: Now, peer: SocketAddr, packet: &mut Packet<'_>) -> Option<Destination> {
        let Some(slot) = self.table.of_outside(peer) else {
            self.counters.dropped_forbidden += 1;
            return None;
        };
        self.deliver(now.monotonic, slot, peer, packet)
    }

    /// A packet that a sink sends to a relayed address; see [`Server::handle_datagram`].
    pub fn handle_sink_datagram(
        &mut self,
        now: Now,
        sink: SocketAddr,
        relayed: SocketAddr,
        packet: &mut Packet<'_>,
    ) -> Option<Destination> {
        let Route::Relay(slot) = self.route(relayed) else {
            self.counters.dropped_forbidden += 1;
            return None;
        };
        self.deliver(now.monotonic, slot, sink, packet)
    }

    /// Where a peer is. Relayed addresses come first: a packet to one must never leave the process.
    pub(super) fn route(&self, peer: SocketAddr) -> Route {
        if self.config.is_relayed(peer) {
            // No two of a family have one port, whatever address they show.
            let owner = self.table.of_relay_port(Family::of(peer.ip()), peer.port());
            return owner.map_or(Route::Nobody, Route::Relay);
        }
        if self.config.sinks.contains(&peer) { Route::Sink } else { Route::Outside }
    }

    pub(super) fn handle_channel_data(
        &mut self,
        now: Duration,
        client: &FiveTuple,
        packet: &mut Packet<'_>,
    ) -> Option<Destination> {
        let Some((number, data)) = channel_data::read(packet.bytes()) else {
            self.counters.dropped_malformed += 1;
            return None;
        };
        let slot = self.table.of_client(client);
        let allocation = slot.and_then(|slot| self.table.get(slot));
        let Some((slot, peer)) = slot.zip(allocation.and_then(|allocation| allocation.peer_of(number, now))) else {
            self.counters.dropped_forbidden += 1;
            return None;
        };
        self.send_on(now, Sending { slot, peer, data, dont_fragment: false }, packet)
    }

    /// RFC 8656 §11.2: whether a Send indication may be sent on. What may not is dropped in silence.
    pub(super) fn check_send(&mut self, now: Duration, client: &FiveTuple, request: &Request<'_>) -> Option<Sending> {
        let peer = request.peer();
        let data = request.attribute(attribute::DATA);
        let (Ok(()), Ok(peer), Some(data)) = (request.check_understood(), peer, data) else {
            self.counters.dropped_malformed += 1;
            return None;
        };
        let slot = self.table.of_client(client);
        let allocation = slot.and_then(|slot| self.table.get(slot));
        let may = allocation.is_some_and(|allocation| allocation.permits(peer.ip(), now)) && self.policy.allows(peer);
        let Some(slot) = slot.filter(|_| may) else {
            self.counters.dropped_forbidden += 1;
            return None;
        };
        let start = data.offset + crate::stun::ATTRIBUTE_HEADER_BYTES;
        let dont_fragment = request.has(attribute::DONT_FRAGMENT);
        Some(Sending { slot, peer, data: start..start + data.value.len(), dont_fragment })
    }

    /// Sends a client's data to its peer, wherever that is.
    pub(super) fn send_on(&mut self, now: Duration, sending: Sending, packet: &mut Packet<'_>) -> Option<Destination> {
        let Sending { slot, peer, data, dont_fragment } = sending;
        packet.narrow(data);
        let bytes = packet.bytes().len() as u64;
        let allocation = self.table.get_mut(slot)?;
        let client = allocation.client;
        let Some(from) = allocation.relayed(Family::of(peer.ip()), now) else {
            self.counters.dropped_forbidden += 1;
            return None;
        };
        if !allocation.up.take(bytes, now) {
            self.counters.dropped_bandwidth += 1;
            return None;
        }
        let to = match self.route(peer) {
            Route::Relay(other) => return self.deliver(now, other, from, packet),
            Route::Sink => Some(Destination::Sink { to: peer, from, by: client.transport }),
            Route::Outside => {
                let is_ours = self.table.claim_outside(slot, peer, self.config.limits.outside_peers_max);
                let dont_fragment = dont_fragment && heeds_dont_fragment(&client, peer);
                is_ours.then_some(Destination::Peer { to: peer, dont_fragment })
            }
            Route::Nobody => None,
        };
        if to.is_none() {
            self.counters.dropped_forbidden += 1;
            return None;
        }
        if !self.total.take(bytes, now) {
            self.counters.dropped_bandwidth += 1;
            return None;
        }
        self.counters.relayed_packets += 1;
        self.counters.relayed_bytes += bytes;
        to
    }

    /// Hands data from a peer to the client of an allocation, on a channel if it has one.
    fn deliver(&mut self, now: Duration, slot: Slot, from: SocketAddr, packet: &mut Packet<'_>) -> Option<Destination> {
        let bytes = packet.bytes().len() as u64;
        let allocation = self.table.get_mut(slot)?;
        let lives = allocation.relayed(Family::of(from.ip()), now).is_some();
        if !lives || !allocation.permits(from.ip(), now) {
            self.counters.dropped_forbidden += 1;
            return None;
        }
        if !allocation.down.take(bytes, now) || !self.total.take(bytes, now) {
            self.counters.dropped_bandwidth += 1;
            return None;
        }
        let (client, number) = (allocation.client, allocation.number_of(from, now));
        let head = self.head_for(&client, number, from, packet.bytes().len())?;
        self.counters.relayed_packets += 1;
        self.counters.relayed_bytes += bytes;
        let to = Destination::Client(client);
        if packet.wrap(&head.bytes[..head.used], head.padding) {
            return Some(to);
        }
        self.counters.copied_packets += 1;
        let mut copy = Vec::with_capacity(head.used + packet.bytes().len() + head.padding);
        copy.extend_from_slice(&head.bytes[..head.used]);
        copy.extend_from_slice(packet.bytes());
        copy.resize(copy.len() + head.padding, 0);
        self.queue(Transmit { to, bytes: copy, priority: Priority::Media });
        None
    }

    /// What stands before the data: the header of ChannelData, or that of a Data indication. `None`
    /// if the data is longer than either can say, which no datagram is.
    fn head_for(&mut self, client: &FiveTuple, number: Option<u16>, from: SocketAddr, data: usize) -> Option<Head> {
        let padding = data.next_multiple_of(4) - data;
        let Some(number) = number else {
            let (bytes, used) = write_data_header(from, data, &self.indication_id())?;
            return Some(Head { bytes, used, padding });
        };
        let header = channel_data::header(number, data)?;
        let mut bytes = [0; crate::stun::DATA_HEADER_BYTES_MAX];
        bytes[..header.len()].copy_from_slice(&header);
        let padding = if client.transport.is_stream() { padding } else { 0 };
        Some(Head { bytes, used: header.len(), padding })
    }

    /// Nothing answers an indication, so its id has to be different and need not be secret.
    fn indication_id(&mut self) -> TransactionId {
        self.next_indication = self.next_indication.wrapping_add(1);
        let mut id = [0; 12];
        id[4..].copy_from_slice(&self.next_indication.to_be_bytes());
        id
    }
}

/// RFC 8656 §13 to §15: the attribute counts between IPv4 and IPv4, and for what came in a stream.
const fn heeds_dont_fragment(client: &FiveTuple, peer: SocketAddr) -> bool {
    client.transport.is_stream() || (client.remote.is_ipv4() && peer.is_ipv4())
}
