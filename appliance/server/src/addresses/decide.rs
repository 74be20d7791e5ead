//! The decision: from what is known to one external and one internal address of each family. Pure.

use std::cmp::Reverse;
use std::net::IpAddr;

use veche_base::canonical_ip::{canonical_ip, is_global};

use super::{Interface, Known};

/// Interfaces of containers and virtual machines, whose addresses nobody outside can reach.
const VIRTUAL: [&str; 9] = ["docker", "br-", "veth", "virbr", "lxc", "lxd", "cni", "podman", "flannel"];

/// What was decided.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Addresses {
    /// For IPv4, if the machine can be reached over it.
    pub(crate) ipv4: Option<Chosen>,
    /// For IPv6, if the machine can be reached over it.
    pub(crate) ipv6: Option<Chosen>,
    /// What came first and was not taken.
    pub(crate) passed_over: Vec<PassedOver>,
}

impl Addresses {
    /// What was chosen, IPv4 first.
    pub(crate) fn chosen(&self) -> impl Iterator<Item = &Chosen> {
        self.ipv4.iter().chain(&self.ipv6)
    }

    /// The external addresses, IPv4 first.
    pub(crate) fn externals(&self) -> Vec<IpAddr> {
        self.chosen().map(|chosen| chosen.external).collect()
    }
}

/// The addresses of one family.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Chosen {
    /// What others call the machine.
    pub(crate) external: IpAddr,
    /// What it has itself; the same without NAT. None if it has no usable address of the family.
    pub(crate) internal: Option<IpAddr>,
    /// Who says so.
    pub(crate) source: Source,
}

impl Chosen {
    /// Whether another machine translates between the two.
    pub(crate) fn is_translated(&self) -> bool {
        self.internal != Some(self.external)
    }
}

/// Who is believed, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    /// `network.external_address`.
    Setting,
    /// The records of our own name.
    Dns,
    /// What a browser asked for.
    Seen,
    /// An interface.
    Interface,
    /// Only loopback is left: nobody but this machine reaches it.
    Loopback,
}

impl Source {
    /// The word for logs and JSON.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Setting => "setting",
            Self::Dns => "dns",
            Self::Seen => "seen",
            Self::Interface => "interface",
            Self::Loopback => "loopback",
        }
    }
}

/// An address that would have come first, and why it was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PassedOver {
    pub(crate) address: IpAddr,
    pub(crate) source: Source,
    pub(crate) why: Why,
}

/// Why an address was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Why {
    /// It is good on this machine or this cable only, or nobody's.
    NotReachable,
    /// No interface has an address of this family.
    FamilyMissing,
    /// Another one of the same source is better: public before private, one of this machine before others.
    Another,
    /// What comes first in the order says something else.
    Outranked,
}

/// Decides.
pub(crate) fn decide(known: &Known) -> Addresses {
    let mut decided = Addresses::default();
    decided.ipv4 = decide_family(known, IpAddr::is_ipv4, &mut decided.passed_over);
    decided.ipv6 = decide_family(known, IpAddr::is_ipv6, &mut decided.passed_over);
    if decided.ipv4.is_none() && decided.ipv6.is_none() {
        let loopback = known.interfaces.iter().map(|interface| interface.address).find(IpAddr::is_loopback);
        let chosen = loopback.map(|ip| Chosen { external: ip, internal: Some(ip), source: Source::Loopback });
        match loopback {
            Some(IpAddr::V6(_)) => decided.ipv6 = chosen,
            _ => decided.ipv4 = chosen,
        }
    }
    decided
}

fn decide_family(known: &Known, is_family: fn(&IpAddr) -> bool, passed: &mut Vec<PassedOver>) -> Option<Chosen> {
    let internal = internal(known, is_family);
    let is_own = |ip: IpAddr| known.interfaces.iter().any(|interface| interface.address == ip);
    // In the order in which they are believed.
    let said = [
        (Source::Setting, &known.setting[..]),
        (Source::Dns, known.records.addresses()),
        (Source::Seen, &known.seen[..]),
    ];
    let mut chosen: Option<(IpAddr, Source)> = None;
    for (source, addresses) in said {
        let mut addresses: Vec<IpAddr> = addresses.iter().copied().filter(is_family).collect();
        addresses.sort_by_key(|ip| (Reverse(is_global(*ip)), Reverse(is_own(*ip)), *ip));
        for address in addresses {
            // The setting was checked when it was read; whoever sets it knows better.
            let why = match chosen {
                None if source == Source::Setting => None,
                _ if !is_reachable(address) => Some(Why::NotReachable),
                None if internal.is_none() => Some(Why::FamilyMissing),
                None => None,
                Some((taken, _)) if taken == address => continue,
                Some((_, first)) if first == source => Some(Why::Another),
                Some(_) => Some(Why::Outranked),
            };
            match why {
                Some(why) => passed.push(PassedOver { address, source, why }),
                None => chosen = Some((address, source)),
            }
        }
    }
    let (external, source) = chosen.or_else(|| internal.map(|ip| (ip, Source::Interface)))?;
    let internal = if is_own(external) { Some(external) } else { internal };
    Some(Chosen { external, internal, source })
}

/// The best address of this machine itself: what the kernel sends from, else public before private, wires before
/// what only containers see.
fn internal(known: &Known, is_family: fn(&IpAddr) -> bool) -> Option<IpAddr> {
    let usable = known.interfaces.iter().filter(|it| is_family(&it.address) && is_reachable(it.address));
    let rank = |it: &&Interface| {
        let is_virtual = VIRTUAL.iter().any(|prefix| it.name.starts_with(prefix));
        (Reverse(known.preferred.contains(&it.address)), is_virtual, Reverse(is_global(it.address)))
    };
    usable.min_by_key(rank).map(|it| it.address)
}

/// Whether another machine can have a way there: not this machine, not this cable only, no group, nobody's, and not
/// another address in disguise.
fn is_reachable(ip: IpAddr) -> bool {
    let is_special = match ip {
        IpAddr::V4(v4) => v4.is_unspecified() || v4.is_loopback() || v4.is_link_local() || v4.is_broadcast(),
        IpAddr::V6(v6) => v6.is_unspecified() || v6.is_loopback() || v6.is_unicast_link_local(),
    };
    !is_special && !ip.is_multicast() && canonical_ip(ip) == ip
}
