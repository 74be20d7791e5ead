//! How much of everything. Both servers get the same plan, so that the figures can be compared.

use std::time::Duration;

pub(crate) struct Plan {
    /// People of the company.
    pub(crate) users: usize,
    /// Sequential messages of the latency bench.
    pub(crate) latency_messages: usize,
    /// Rooms and senders at saturation, and for how long.
    pub(crate) saturation_rooms: usize,
    pub(crate) saturation_lanes: usize,
    pub(crate) saturation: Duration,
    /// Messages into the room where everybody waits.
    pub(crate) fanout_messages: usize,
    /// The office: its rate is the same for both servers, as waits are answered together under a higher one.
    pub(crate) office: Duration,
    pub(crate) office_messages_per_sec: f64,
    /// First sync: rooms, messages in each, how often measured.
    pub(crate) sync_rooms: usize,
    pub(crate) sync_messages: usize,
    pub(crate) sync_repeats: usize,
    /// Length of the history that is read back, and for how long at most.
    pub(crate) history_events: usize,
    pub(crate) history: Duration,
    /// Logins: how many at once, and for how long.
    pub(crate) login_lanes: usize,
    pub(crate) login: Duration,
    /// Events for the start-up of Veche with a full store.
    pub(crate) events: usize,
    /// The long office.
    pub(crate) hour: Duration,
    /// How long clients of the relay send.
    pub(crate) relay: Duration,
    /// Requests over HTTPS: over how many connections, and for how long.
    pub(crate) request_connections: usize,
    pub(crate) requests: Duration,
    /// TLS handshakes: how many at once, and for how long.
    pub(crate) handshake_lanes: usize,
    pub(crate) handshakes: Duration,
    /// TLS connections that are open and idle.
    pub(crate) idle_connections: usize,
    /// How long calls are measured.
    pub(crate) call: Duration,
    /// Nothing may fill a store for longer than this.
    pub(crate) fill: Duration,
}

impl Plan {
    pub(crate) fn full() -> Self {
        Self {
            users: 200,
            latency_messages: 300,
            saturation_rooms: 16,
            saturation_lanes: 64,
            saturation: Duration::from_secs(15),
            fanout_messages: 20,
            office: Duration::from_secs(90),
            office_messages_per_sec: 2.0,
            sync_rooms: 50,
            sync_messages: 10,
            sync_repeats: 10,
            history_events: 2000,
            history: Duration::from_secs(8),
            login_lanes: 4,
            login: Duration::from_secs(8),
            events: 1_000_000,
            hour: Self::minutes(60),
            relay: Duration::from_secs(10),
            request_connections: 64,
            requests: Duration::from_secs(10),
            handshake_lanes: 16,
            handshakes: Duration::from_secs(10),
            idle_connections: 2_000,
            call: Duration::from_secs(20),
            fill: Duration::from_secs(1800),
        }
    }

    pub(crate) fn quick() -> Self {
        Self {
            users: 20,
            latency_messages: 50,
            saturation: Duration::from_secs(4),
            fanout_messages: 5,
            office: Duration::from_secs(15),
            sync_rooms: 10,
            sync_messages: 5,
            sync_repeats: 3,
            history_events: 300,
            history: Duration::from_secs(3),
            login: Duration::from_secs(3),
            events: 5_000,
            hour: Self::minutes(2),
            relay: Duration::from_secs(3),
            requests: Duration::from_secs(3),
            handshakes: Duration::from_secs(3),
            idle_connections: 500,
            call: Duration::from_secs(5),
            ..Self::full()
        }
    }

    pub(crate) const fn minutes(minutes: usize) -> Duration {
        Duration::from_secs(minutes as u64 * 60)
    }
}
