//! What the server is told at its start, and the limits it keeps.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::ops::RangeInclusive;
use std::time::Duration;

use veche_base::Secret;

use crate::stun::Family;

/// Two instants of the same moment, from the clock that the driver was handed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Now {
    /// Since an arbitrary start: what all lifetimes are counted on.
    pub monotonic: Duration,
    /// Since 1970: only for the expiry of credentials.
    pub wall_ms: u64,
}

/// Settings of the server.
#[derive(Debug, Clone)]
pub struct Config {
    /// The realm of the long-term credentials. Four characters or fewer keep refusals shortest.
    pub realm: String,
    /// Shared secrets that passwords are made from, the newest first; older ones stay valid while
    /// they are listed, so that a secret can be replaced without ending calls.
    pub secrets: Vec<Secret<Vec<u8>>>,
    /// How long credentials are good from when they are made, the same for all. It tells when a name that carries its
    /// expiry was made, and so what [`crate::Server::bar`] bars.
    pub credentials_lifetime: Duration,
    /// What relayed IPv4 addresses show; none are given out without it.
    pub external_ipv4: Option<Ipv4Addr>,
    /// What relayed IPv6 addresses show; none are given out without it.
    pub external_ipv6: Option<Ipv6Addr>,
    /// What relayed addresses that were given out before may still show: see [`crate::Server::renumber`].
    pub former_externals: Vec<IpAddr>,
    /// The virtual ports of relayed addresses. Nothing is bound to them.
    pub relay_ports: RangeInclusive<u16>,
    /// Addresses (as clients name them) of parts of this process that packets are handed to directly.
    pub sinks: Vec<SocketAddr>,
    /// How much of everything.
    pub limits: Limits,
}

impl Config {
    /// The external address of a family.
    pub(crate) fn external(&self, family: Family) -> Option<IpAddr> {
        match family {
            Family::Ipv4 => self.external_ipv4.map(IpAddr::V4),
            Family::Ipv6 => self.external_ipv6.map(IpAddr::V6),
        }
    }

    /// Whether the address is of the kind that relayed addresses of this server have, given out or not.
    pub(crate) fn is_relayed(&self, address: SocketAddr) -> bool {
        let ip = address.ip();
        let is_ours = self.external(Family::of(ip)) == Some(ip) || self.former_externals.contains(&ip);
        is_ours && self.relay_ports.contains(&address.port())
    }

    /// Refuses settings that cannot work.
    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        let is_quotable = |byte: u8| (b' '..=b'~').contains(&byte) && byte != b'"' && byte != b'\\';
        if self.realm.is_empty() || self.realm.len() > REALM_BYTES_MAX || !self.realm.bytes().all(is_quotable) {
            return Err(ConfigError::Realm);
        }
        if self.secrets.is_empty() || self.secrets.iter().any(|secret| secret.expose().is_empty()) {
            return Err(ConfigError::Secrets);
        }
        if self.relay_ports.is_empty() || *self.relay_ports.start() == 0 {
            return Err(ConfigError::RelayPorts);
        }
        if self.sinks.iter().any(|sink| self.is_relayed(*sink)) { Err(ConfigError::Sink) } else { Ok(()) }
    }
}

/// RFC 8489 §14.9 allows fewer than 128 characters.
const REALM_BYTES_MAX: usize = 127;

impl Default for Config {
    /// Without secret and external address, which have no default.
    fn default() -> Self {
        Self {
            realm: "turn".to_owned(),
            secrets: Vec::new(),
            credentials_lifetime: Duration::from_secs(1_800),
            external_ipv4: None,
            external_ipv6: None,
            former_externals: Vec::new(),
            relay_ports: 49_152..=65_535,
            sinks: Vec::new(),
            limits: Limits::default(),
        }
    }
}

/// Why a [`Config`] cannot work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// The realm is empty, too long, or holds what would have to be quoted.
    #[error("the realm must have 1 to 127 printable ASCII characters without quotes and backslashes")]
    Realm,
    /// There is no secret, or an empty one.
    #[error("there must be a secret, and none may be empty")]
    Secrets,
    /// No relay port can be given out.
    #[error("the range of relay ports must not be empty and must not begin with 0")]
    RelayPorts,
    /// A sink lies among the relayed addresses, so that nothing would ever reach it.
    #[error("a sink must not have the external address and one of the relay ports")]
    Sink,
}

/// How much of everything there may be. The defaults are those of `reliability-security` C30 and
/// of RFC 8656 where it names one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Allocations in all.
    pub allocations_max: usize,
    /// Allocations of one user name (without its expiry). A browser makes one for each transport,
    /// family and network interface.
    pub allocations_per_user_max: usize,
    /// Allocations of one person under all of his names: what stands before the first dot of a name tells whose it is.
    pub allocations_per_person_max: usize,
    /// Permissions of one allocation: one for each address of each peer.
    pub permissions_max: usize,
    /// Channels of one allocation.
    pub channels_max: usize,
    /// Peers outside that one allocation may talk to at the same time.
    pub outside_peers_max: usize,
    /// Relayed bytes per second of one allocation, each direction.
    pub bandwidth_bytes_per_second: u64,
    /// Relayed bytes that may pass at once after a pause, each direction.
    pub bandwidth_burst_bytes: u64,
    /// Relayed bytes per second of all allocations together, so that calls leave room for everything else on the line.
    pub bandwidth_total_bytes_per_second: u64,
    /// Relayed bytes of all allocations together that may pass at once after a pause.
    pub bandwidth_total_burst_bytes: u64,
    /// Lifetime of an allocation whose client asks for none or less (RFC 8656 §7.2).
    pub lifetime_default: Duration,
    /// The longest lifetime.
    pub lifetime_max: Duration,
    /// How long a nonce is good.
    pub nonce_lifetime: Duration,
    /// Users that are barred by name while their credentials last; beyond, everybody has to ask for new ones.
    pub barred_users_max: usize,
    /// What strangers are answered over UDP.
    pub strangers: StrangerLimits,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            allocations_max: 400,
            allocations_per_user_max: 12,
            // Four devices that ring at once; an eighth of what there is for all.
            allocations_per_person_max: 48,
            permissions_max: 256,
            channels_max: 256,
            outside_peers_max: 256,
            // A screen in good quality and a camera take 8 Mbit/s; twice that.
            bandwidth_bytes_per_second: 2_000_000,
            bandwidth_burst_bytes: 1_000_000,
            // Four fifths of a gigabit, and a tenth of a second of it.
            bandwidth_total_bytes_per_second: 100_000_000,
            bandwidth_total_burst_bytes: 10_000_000,
            lifetime_default: Duration::from_secs(600),
            lifetime_max: Duration::from_secs(3_600),
            nonce_lifetime: Duration::from_secs(3_600),
            // Nine sessions that end in every second of half an hour, in some 100 bytes each.
            barred_users_max: 16_384,
            strangers: StrangerLimits::default(),
        }
    }
}

/// What is answered over UDP to requests that prove nothing about their sender's address; see
/// [`crate`] on floods. Counted per IPv4 address or IPv6 /64.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StrangerLimits {
    /// Answers per second.
    pub answers_per_second: u32,
    /// Answers at once after a pause: a whole company behind one address that enters a call.
    pub answers_burst: u32,
    /// Bytes per second by which the answers may be longer than the requests.
    pub surplus_bytes_per_second: u32,
    /// Bytes at once, after a pause, by which the answers may be longer than the requests.
    pub surplus_burst_bytes: u32,
}

impl Default for StrangerLimits {
    fn default() -> Self {
        // A first Allocate of 28 bytes is refused with 56: 28 bytes of surplus for each newcomer.
        Self { answers_per_second: 10, answers_burst: 200, surplus_bytes_per_second: 280, surplus_burst_bytes: 5_600 }
    }
}
