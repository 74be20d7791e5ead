//! What has passed and what was dropped, for the metric registry.

use veche_base::metrics::{Counter, Gauge, Registry, Scope};
use veche_turn::{Counters, Occupancy};

use crate::kernel_drops;

/// What passes through the UDP sockets of one driver.
pub(crate) struct SocketMetrics {
    pub(crate) received_datagrams: Counter,
    pub(crate) received_batches: Counter,
    pub(crate) sent_datagrams: Counter,
    pub(crate) sent_batches: Counter,
    pub(crate) dropped_full_socket: Counter,
    pub(crate) dropped_failed_send: Counter,
    pub(crate) dropped_no_route: Counter,
    pub(crate) dropped_unanswerable: Counter,
    pub(crate) dropped_by_kernel: Counter,
}

impl SocketMetrics {
    /// Registers them under a driver's name.
    pub(crate) fn new(scope: &Scope) -> Self {
        let counter = |name, help| scope.counter(name, help);
        Self {
            received_datagrams: counter("received_datagrams", "Datagrams received by UDP sockets"),
            received_batches: counter("received_batches", "System calls that received them"),
            sent_datagrams: counter("sent_datagrams", "Datagrams sent by UDP sockets"),
            sent_batches: counter("sent_batches", "System calls that sent them"),
            dropped_full_socket: counter("dropped_full_socket", "Datagrams dropped because the socket was full"),
            dropped_failed_send: counter("dropped_failed_send", "Datagrams that the kernel refused to send"),
            dropped_no_route: counter("dropped_no_route", "Packets for connections and sockets that do not exist"),
            dropped_unanswerable: counter("dropped_unanswerable", "Datagrams from port 0 or to a group's address"),
            dropped_by_kernel: counter("dropped_by_kernel", "Datagrams dropped because the receive buffer was full"),
        }
    }

    /// Asks the kernel what it has dropped at these sockets.
    pub(crate) fn look_at_kernel(&self, inodes: &[u64]) {
        let dropped = kernel_drops::dropped(inodes);
        self.dropped_by_kernel.inc_by(dropped.saturating_sub(self.dropped_by_kernel.get()));
    }
}

/// What becomes of the TCP and TLS connections of one driver.
pub(crate) struct StreamMetrics {
    pub(crate) dropped_slow: Counter,
    pub(crate) opened: Counter,
    pub(crate) refused: Counter,
    pub(crate) open: Gauge,
}

impl StreamMetrics {
    /// Registers them under a driver's name.
    pub(crate) fn new(scope: &Scope) -> Self {
        Self {
            dropped_slow: scope.counter("dropped_slow_stream", "Media dropped because a connection was slow"),
            opened: scope.counter("streams_opened", "TCP and TLS connections taken"),
            refused: scope.counter("streams_refused", "TCP and TLS connections refused"),
            open: scope.gauge("streams", "TCP and TLS connections open"),
        }
    }
}

/// Metrics of the TURN driver, named `veche_turn_...`.
pub(crate) struct Metrics {
    pub(crate) sockets: SocketMetrics,
    pub(crate) streams: StreamMetrics,
    engine: EngineMetrics,
}

/// Reads one of the engine's numbers.
type Count = fn(&Counters) -> u64;
type Level = fn(&Occupancy) -> usize;

/// What the engine counts itself, and what was last told of it.
struct EngineMetrics {
    counters: [(Counter, Count); 9],
    gauges: [(Gauge, Level); 3],
}

impl Metrics {
    /// Registers all of them.
    pub(crate) fn new(registry: &Registry) -> Self {
        let scope = registry.scope("turn");
        let counter = |name, help| scope.counter(name, help);
        Self {
            sockets: SocketMetrics::new(&scope),
            streams: StreamMetrics::new(&scope),
            engine: EngineMetrics {
                counters: [
                    (counter("relayed_packets", "Packets relayed"), |seen| seen.relayed_packets),
                    (counter("relayed_bytes", "Bytes relayed, without headers"), |seen| seen.relayed_bytes),
                    (counter("copied_packets", "Relayed packets that were copied"), |seen| seen.copied_packets),
                    (counter("granted_requests", "Requests answered with success"), |seen| seen.granted_requests),
                    (counter("refused_requests", "Requests answered with an error"), |seen| seen.refused_requests),
                    (counter("dropped_strangers", "Requests above the allowance"), |seen| seen.dropped_strangers),
                    (counter("dropped_malformed", "Packets that make no sense"), |seen| seen.dropped_malformed),
                    (counter("dropped_forbidden", "Data that nobody allowed"), |seen| seen.dropped_forbidden),
                    (counter("dropped_bandwidth", "Data above the bandwidth"), |seen| seen.dropped_bandwidth),
                ],
                gauges: [
                    (scope.gauge("allocations", "Allocations"), |seen| seen.allocations),
                    (scope.gauge("outside_peers", "Peers outside that are talked to"), |seen| seen.outside_peers),
                    (scope.gauge("barred_users", "Users refused before their time is over"), |seen| seen.barred_users),
                ],
            },
        }
    }

    /// Tells what the engine has counted up to now.
    pub(crate) fn publish(&self, counters: &Counters, occupancy: &Occupancy) {
        for (counter, value) in &self.engine.counters {
            counter.inc_by(value(counters).saturating_sub(counter.get()));
        }
        for (gauge, value) in &self.engine.gauges {
            gauge.set(i64::try_from(value(occupancy)).unwrap_or(i64::MAX));
        }
    }
}

#[cfg(test)]
mod tests {
    use veche_base::metrics::Registry;
    use veche_turn::{Counters, Occupancy};

    use super::Metrics;

    #[test]
    fn what_the_engine_counts_is_told_once() {
        let registry = Registry::new();
        let metrics = Metrics::new(&registry);
        let occupancy = Occupancy { allocations: 3, ..Occupancy::default() };
        for relayed_packets in [5, 5, 12] {
            metrics.publish(&Counters { relayed_packets, ..Counters::default() }, &occupancy);
        }
        let text = registry.encode();
        for line in ["veche_turn_relayed_packets_total 12", "veche_turn_allocations 3"] {
            assert!(text.contains(line), "{line} is not in\n{text}");
        }
    }
}
