//! The addresses that this machine has, as its kernel tells.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};

use tracing::debug;

/// One address of one interface.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Interface {
    /// What the machine calls the interface.
    pub(crate) name: String,
    /// One of its addresses.
    pub(crate) address: IpAddr,
}

/// Where a route is asked for, never a packet sent: addresses of documentation (RFC 5737, RFC 3849).
const ELSEWHERE: [IpAddr; 2] =
    [IpAddr::V4(Ipv4Addr::new(198, 51, 100, 1)), IpAddr::V6(Ipv6Addr::new(0x2001, 0x0DB8, 0, 0, 0, 0, 0, 1))];

/// All addresses, loopback included; none if the kernel does not tell.
pub(crate) fn all() -> Vec<Interface> {
    let told = if_addrs::get_if_addrs().inspect_err(|error| debug!(%error, "interfaces cannot be listed"));
    let interface = |told: if_addrs::Interface| Interface { address: told.ip(), name: told.name };
    told.unwrap_or_default().into_iter().map(interface).collect()
}

/// What the kernel would send from to somewhere far away, for each family that has a route there.
pub(crate) fn preferred() -> Vec<IpAddr> {
    ELSEWHERE.into_iter().filter_map(source_for).collect()
}

/// Connecting a UDP socket sends nothing; it only asks for the route.
fn source_for(target: IpAddr) -> Option<IpAddr> {
    let any: IpAddr = if target.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
    let socket = UdpSocket::bind(SocketAddr::new(any, 0)).ok()?;
    socket.connect(SocketAddr::new(target, 9)).ok()?;
    socket.local_addr().ok().map(|address| address.ip())
}

/// Whether the machine speaks IPv6 at all.
pub(crate) fn has_ipv6() -> bool {
    UdpSocket::bind((Ipv6Addr::UNSPECIFIED, 0)).is_ok()
}

#[cfg(test)]
mod tests {
    use super::{all, preferred};

    #[test]
    fn every_machine_has_loopback_and_prefers_what_it_has() {
        let interfaces = all();
        assert!(interfaces.iter().any(|interface| interface.address.is_loopback()), "{interfaces:?}");
        for address in preferred() {
            assert!(interfaces.iter().any(|interface| interface.address == address), "{address} of {interfaces:?}");
        }
    }
}
