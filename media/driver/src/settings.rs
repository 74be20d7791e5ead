//! What the driver is told at its start, and which of it cannot work.

use std::net::SocketAddr;
use std::time::Duration;

/// Addresses of one kind: each has a token of its own in the poll.
pub(crate) const ADDRESSES_MAX: usize = 100;

/// Settings of [`crate::TurnDriver`].
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where clients come: one UDP and one TCP socket for each address, on the same port. Port 0 means
    /// any port that is free for both. IPv6 sockets take no IPv4, so both wildcards can be named.
    pub listen: Vec<SocketAddr>,
    /// Where packets to peers outside leave from and their answers come back to: at most one address
    /// per family. Without one, peers outside of that family are not reached.
    pub relay: Vec<SocketAddr>,
    /// Settings of the engine.
    pub turn: veche_turn::Config,
    /// How much of everything.
    pub limits: Limits,
}

/// How much of everything the driver holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// TCP and TLS connections in all.
    pub streams_max: usize,
    /// TCP connections from one address (one /64 for IPv6). Streams that are handed over were counted
    /// by whoever accepted them.
    pub streams_per_address_max: usize,
    /// A connection is closed when it has had no allocation for so long, whatever it said meanwhile.
    pub stream_idle: Duration,
    /// Relayed bytes that wait for one slow connection; beyond, the oldest are dropped.
    pub stream_media_bytes_max: usize,
    /// Receive buffer to ask the kernel for, of each UDP socket; `net.core.rmem_max` bounds what it gives.
    pub receive_buffer_bytes: usize,
    /// Send buffer to ask the kernel for, of each UDP socket; `net.core.wmem_max` bounds what it gives.
    pub send_buffer_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            streams_max: 1_024,
            streams_per_address_max: 256,
            stream_idle: Duration::from_secs(30),
            // A third of a second of good video: what is older is worth less than what follows it.
            stream_media_bytes_max: 128 * 1_024,
            // A tenth of a second at 300 Mbit/s, while the thread does something else.
            receive_buffer_bytes: 4 * 1_024 * 1_024,
            send_buffer_bytes: 2 * 1_024 * 1_024,
        }
    }
}

/// Why [`Settings`] cannot work.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// Nobody could come, or there are more addresses than the poll has tokens for.
    #[error("there must be 1 to {ADDRESSES_MAX} addresses for clients of TURN")]
    Listen,
    /// The second address of a family would never be used.
    #[error("there may be one address per family toward TURN's peers")]
    Relay,
    /// Sinks are parts of this process, to which a bridge must lead.
    #[error("there is no bridge over which packets could be handed to a part of this process")]
    Sinks,
    /// A limit is out of its range.
    #[error("{name} must be between {least} and {most}")]
    Limit {
        /// Its name in [`Limits`].
        name: &'static str,
        /// The least that works.
        least: u64,
        /// The most that makes sense.
        most: u64,
    },
}

impl Settings {
    /// Refuses settings that cannot work. Those of the engine are checked by the engine.
    pub(crate) fn check(&self, has_bridge: bool) -> Result<(), SettingsError> {
        if self.listen.is_empty() || self.listen.len() > ADDRESSES_MAX {
            return Err(SettingsError::Listen);
        }
        let of_family = |is_ipv4| self.relay.iter().filter(|address| address.is_ipv4() == is_ipv4).count();
        if of_family(true) > 1 || of_family(false) > 1 {
            return Err(SettingsError::Relay);
        }
        if !has_bridge && !self.turn.sinks.is_empty() {
            return Err(SettingsError::Sinks);
        }
        self.limits.check()
    }
}

impl Limits {
    fn check(&self) -> Result<(), SettingsError> {
        let is_within = |name, value: u64, least, most| {
            if (least..=most).contains(&value) { Ok(()) } else { Err(SettingsError::Limit { name, least, most }) }
        };
        let number = |value: usize| u64::try_from(value).unwrap_or(u64::MAX);
        is_within("streams_max", number(self.streams_max), 1, 1_000_000)?;
        is_within("streams_per_address_max", number(self.streams_per_address_max), 1, 1_000_000)?;
        is_within("stream_idle", self.stream_idle.as_secs(), 1, 86_400)?;
        // Less than one datagram would drop all media; a gibibyte is less than what the kernel counts in.
        is_within("stream_media_bytes_max", number(self.stream_media_bytes_max), 65_536, 1 << 30)?;
        is_within("receive_buffer_bytes", number(self.receive_buffer_bytes), 65_536, 1 << 30)?;
        is_within("send_buffer_bytes", number(self.send_buffer_bytes), 65_536, 1 << 30)
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;
    use std::time::Duration;

    use super::{ADDRESSES_MAX, Limits, Settings, SettingsError};

    fn at(text: &str) -> SocketAddr {
        text.parse().unwrap()
    }

    fn settings() -> Settings {
        let relay = vec![at("0.0.0.0:0"), at("[::]:0")];
        Settings {
            listen: vec![at("[::]:3478")],
            relay,
            turn: veche_turn::Config::default(),
            limits: Limits::default(),
        }
    }

    fn refused(change: impl Fn(&mut Settings)) -> SettingsError {
        let mut settings = settings();
        change(&mut settings);
        settings.check(false).unwrap_err()
    }

    #[test]
    fn defaults_work() {
        assert_eq!(settings().check(false), Ok(()));
    }

    #[test]
    fn what_would_be_ignored_or_serve_nobody_is_refused() {
        assert_eq!(refused(|settings| settings.listen.clear()), SettingsError::Listen);
        assert_eq!(refused(|settings| settings.listen = vec![at("[::]:0"); ADDRESSES_MAX + 1]), SettingsError::Listen);
        assert_eq!(refused(|settings| settings.relay.push(at("192.0.2.1:0"))), SettingsError::Relay);
        assert_eq!(refused(|settings| settings.relay.push(at("[2001:db8::1]:0"))), SettingsError::Relay);
        assert_eq!(refused(|settings| settings.turn.sinks.push(at("192.0.2.1:7882"))), SettingsError::Sinks);
    }

    #[test]
    fn a_limit_out_of_its_range_is_named() {
        type Change = fn(&mut Limits);
        let changes: [(&str, Change); 8] = [
            ("streams_max", |limits| limits.streams_max = 0),
            ("streams_per_address_max", |limits| limits.streams_per_address_max = 0),
            ("stream_idle", |limits| limits.stream_idle = Duration::from_millis(999)),
            ("stream_idle", |limits| limits.stream_idle = Duration::MAX),
            ("stream_media_bytes_max", |limits| limits.stream_media_bytes_max = 65_535),
            ("receive_buffer_bytes", |limits| limits.receive_buffer_bytes = usize::MAX),
            ("send_buffer_bytes", |limits| limits.send_buffer_bytes = 0),
            ("streams_max", |limits| limits.streams_max = usize::MAX),
        ];
        for (expected, change) in changes {
            let error = refused(|settings| change(&mut settings.limits));
            assert!(matches!(error, SettingsError::Limit { name, .. } if name == expected), "{expected}: {error}");
        }
        let error = refused(|settings| settings.limits.streams_max = 0);
        assert_eq!(error.to_string(), "streams_max must be between 1 and 1000000");
    }
}
