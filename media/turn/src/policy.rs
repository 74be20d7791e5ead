//! Which peers a client may reach through the relay. An allow list: what is not named is refused.
//!
//! A relay is asked by strangers to send packets from inside the network, so this is the wall
//! between them and every service there (CVE-2020-26262, CVE-2026-27624). It is asked in
//! CreatePermission, in ChannelBind and for each Send indication, always through the same function.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::ops::RangeInclusive;

use veche_base::canonical_ip::{canonical_ip, is_global};

use crate::config::Config;

/// Judges peers.
pub trait PeerPolicy: Send {
    /// Whether any port of the address may be a peer: asked for permissions, which have no port.
    fn allows_ip(&self, ip: IpAddr) -> bool;

    /// Whether this very peer may be sent to.
    fn allows(&self, peer: SocketAddr) -> bool;
}

/// A block of addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    base: IpAddr,
    prefix_bits: u8,
}

impl Network {
    /// The addresses that share the first `prefix_bits` bits with `base`; `None` if the address has
    /// fewer bits.
    pub fn new(base: IpAddr, prefix_bits: u8) -> Option<Self> {
        let bits = if base.is_ipv4() { 32 } else { 128 };
        (prefix_bits <= bits).then_some(Self { base, prefix_bits })
    }

    /// Whether the address is in the block. An address is never in a block of the other family.
    pub fn contains(&self, ip: IpAddr) -> bool {
        let prefix = u32::from(self.prefix_bits);
        match (self.base, ip) {
            (IpAddr::V4(base), IpAddr::V4(ip)) => {
                (u32::from(base) ^ u32::from(ip)).checked_shr(32 - prefix).unwrap_or(0) == 0
            }
            (IpAddr::V6(base), IpAddr::V6(ip)) => {
                (u128::from(base) ^ u128::from(ip)).checked_shr(128 - prefix).unwrap_or(0) == 0
            }
            _ => false,
        }
    }
}

/// Peers outside of this process that clients may reach; nobody by default.
#[derive(Debug, Clone, Default)]
pub struct Outside {
    /// Every public address of the internet.
    pub internet: bool,
    /// The company's own networks, as far as an administrator named them.
    pub networks: Vec<Network>,
}

/// The policy of the product: relayed addresses and sinks of this server, then what an
/// administrator allows outside, and never our own machine or an address that no peer can have.
#[derive(Debug, Clone)]
pub struct AllowList {
    relays: Vec<IpAddr>,
    relay_ports: RangeInclusive<u16>,
    sinks: Vec<SocketAddr>,
    own: Vec<IpAddr>,
    outside: Outside,
}

/// Where clouds answer every machine with its credentials, beside the link-local one.
const METADATA: [IpAddr; 3] = [
    IpAddr::V4(Ipv4Addr::new(100, 100, 100, 200)),
    IpAddr::V4(Ipv4Addr::new(192, 0, 0, 192)),
    IpAddr::V6(Ipv6Addr::new(0xFD00, 0x0EC2, 0, 0, 0, 0, 0, 0x0254)),
];

impl AllowList {
    /// The list for a server with this configuration on a machine with these own addresses.
    pub fn new(config: &Config, own: Vec<IpAddr>, outside: Outside) -> Self {
        let relays = [config.external_ipv4.map(IpAddr::V4), config.external_ipv6.map(IpAddr::V6)];
        let relays: Vec<IpAddr> = relays.into_iter().flatten().chain(config.former_externals.iter().copied()).collect();
        let sinks = config.sinks.clone();
        let sink_ips = sinks.iter().map(SocketAddr::ip);
        let own = own.into_iter().chain(relays.iter().copied()).chain(sink_ips).map(canonical_ip).collect();
        Self { relays, relay_ports: config.relay_ports.clone(), sinks, own, outside }
    }

    /// Without a port, whether any port is allowed.
    fn judge(&self, ip: IpAddr, port: Option<u16>) -> bool {
        // No honest peer is reached under another address's disguise, and what is checked must be
        // what is sent to.
        if canonical_ip(ip) != ip || port == Some(0) {
            return false;
        }
        let is_relay = self.relays.contains(&ip) && port.is_none_or(|port| self.relay_ports.contains(&port));
        let is_sink = self.sinks.iter().any(|sink| sink.ip() == ip && port.is_none_or(|port| sink.port() == port));
        if is_relay || is_sink {
            return true;
        }
        if self.own.contains(&ip) || is_never_a_peer(ip) {
            return false;
        }
        self.outside.networks.iter().any(|network| network.contains(ip)) || (self.outside.internet && is_global(ip))
    }
}

impl PeerPolicy for AllowList {
    fn allows_ip(&self, ip: IpAddr) -> bool {
        self.judge(ip, None)
    }

    fn allows(&self, peer: SocketAddr) -> bool {
        self.judge(peer.ip(), Some(peer.port()))
    }
}

/// Addresses that no setting can allow: this machine, this link, groups, and what is nobody's.
fn is_never_a_peer(ip: IpAddr) -> bool {
    let is_special = match ip {
        IpAddr::V4(v4) => matches!(v4.octets(), [0 | 127 | 224..=255, ..] | [169, 254, ..]),
        IpAddr::V6(v6) => {
            let [first, ..] = v6.segments();
            v6.is_unspecified() || v6.is_loopback() || v6.is_multicast() || first & 0xFF80 == 0xFE80
        }
    };
    is_special || METADATA.contains(&ip)
}

#[cfg(test)]
#[path = "policy_tests.rs"]
pub(crate) mod tests;
