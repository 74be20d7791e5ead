//! What the SFU does, for the metric registry.

use veche_base::metrics::{Counter, Gauge, Registry};
use veche_sfu::Counters;

use crate::metrics::SocketMetrics;

/// Metrics of the SFU's sockets, named `veche_sfu_...`.
pub(crate) struct Metrics {
    pub(crate) sockets: SocketMetrics,
    pub(crate) dropped_strangers: Counter,
    pub(crate) fresh_starts: Counter,
    pub(crate) busy: Gauge,
}

/// Metrics of the SFU's rooms, under the same names.
pub(crate) struct RoomMetrics {
    pub(crate) joined: Counter,
    pub(crate) refused: Counter,
    pub(crate) broken_rooms: Counter,
    pub(crate) rooms: Gauge,
    pub(crate) participants: Gauge,
    pub(crate) participants_direct: Gauge,
    pub(crate) participants_tcp: Gauge,
    pub(crate) participants_relayed: Gauge,
    received_packets: Counter,
    ignored_packets: Counter,
    forwarded_packets: Counter,
    refused_packets: Counter,
    keyframe_requests: Counter,
}

impl Metrics {
    /// Registers all of them.
    pub(crate) fn new(registry: &Registry) -> Self {
        let scope = registry.scope("sfu");
        Self {
            sockets: SocketMetrics::new(&scope),
            dropped_strangers: scope.counter("dropped_strangers", "Datagrams of nobody who takes part in a call"),
            fresh_starts: scope.counter("fresh_starts", "Times that all rooms ended because of a panic"),
            busy: scope.gauge("busy_permille", "Of a thousand parts of the last seconds, how many the thread worked"),
        }
    }
}

impl RoomMetrics {
    /// Registers all of them.
    pub(crate) fn new(registry: &Registry) -> Self {
        let scope = registry.scope("sfu");
        let counter = |name, help| scope.counter(name, help);
        Self {
            joined: counter("joined", "Participants who were let in"),
            refused: counter("refused", "Connections of signaling that were refused"),
            broken_rooms: counter("broken_rooms", "Rooms that ended because of a panic"),
            rooms: scope.gauge("rooms", "Rooms with somebody in them"),
            participants: scope.gauge("participants", "Participants of all rooms"),
            participants_direct: scope.gauge("participants_direct", "Those of them who are heard over UDP"),
            participants_tcp: scope
                .gauge("participants_tcp", "Those of them who are heard over TCP, without the relay"),
            participants_relayed: scope.gauge("participants_relayed", "Those of them who are heard through the relay"),
            received_packets: counter("received_packets", "Media packets from publishers"),
            ignored_packets: counter("ignored_packets", "Media packets of nothing that is published, or is muted"),
            forwarded_packets: counter("forwarded_packets", "Media packets to subscribers"),
            refused_packets: counter("refused_packets", "Media packets that a subscriber's connection did not take"),
            keyframe_requests: counter("keyframe_requests", "Keyframes that publishers were asked for"),
        }
    }

    /// Adds what a call has counted since `before`.
    pub(crate) fn add(&self, before: &Counters, now: &Counters) {
        self.received_packets.inc_by(now.received_packets - before.received_packets);
        self.ignored_packets.inc_by(now.ignored_packets - before.ignored_packets);
        self.forwarded_packets.inc_by(now.forwarded_packets - before.forwarded_packets);
        self.refused_packets.inc_by(now.refused_packets - before.refused_packets);
        self.keyframe_requests.inc_by(now.keyframe_requests - before.keyframe_requests);
    }
}
