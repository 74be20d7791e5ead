//! The policy against every spelling of an address that must not be reached.

use std::net::{IpAddr, SocketAddr};

use super::{AllowList, Network, Outside, PeerPolicy};
use crate::config::Config;

fn ip(text: &str) -> IpAddr {
    text.parse().expect("the table holds valid addresses")
}

/// Addresses that must not be reached however they are written, with `own` as in [`open_to_all`].
pub(crate) const REFUSED: &[&str] = &[
    // Loopback.
    "127.0.0.1",
    "127.0.0.2",
    "127.255.255.254",
    "::1",
    "::ffff:127.0.0.1",
    "::127.0.0.1",
    "::ffff:0:127.0.0.1",
    "64:ff9b::127.0.0.1",
    "2002:7f00:1::",
    "2002:7f00:1::1",
    "2001:0:4136:e378:8000:63bf:80ff:fffe",
    "fe80::5efe:127.0.0.1",
    "2001:db8::200:5efe:127.0.0.1",
    // Unspecified, which reaches the machine itself.
    "0.0.0.0",
    "0.0.0.1",
    "::",
    "::ffff:0.0.0.0",
    "64:ff9b::",
    "2002::",
    // Metadata.
    "169.254.169.254",
    "::ffff:169.254.169.254",
    "64:ff9b::169.254.169.254",
    "2002:a9fe:a9fe::",
    "fd00:ec2::254",
    "100.100.100.200",
    "::ffff:100.100.100.200",
    "192.0.0.192",
    // Our own interfaces, under their names and under others.
    "172.17.0.1",
    "::ffff:172.17.0.1",
    "64:ff9b::172.17.0.1",
    "2002:ac11:1::",
    "fd12::5",
    "192.168.7.7",
    "::ffff:192.168.7.7",
    "::ffff:10.1.1.5",
    "::ffff:203.0.113.5",
    "2002:cb00:7105::",
    "64:ff9b::10.1.1.5",
    // The link, groups, broadcast, reserved.
    "169.254.0.1",
    "fe80::1",
    "febf::1",
    "fec0::1",
    "224.0.0.1",
    "239.255.255.255",
    "ff02::1",
    "ff0e::1",
    "255.255.255.255",
    "240.0.0.1",
    "::ffff:255.255.255.255",
    "::ffff:224.0.0.1",
];

/// Both families, and a sink in each of our two IPv4 addresses.
fn config() -> Config {
    Config {
        external_ipv4: Some("203.0.113.5".parse().unwrap()),
        external_ipv6: Some("2001:db8::5".parse().unwrap()),
        sinks: vec!["203.0.113.5:7882".parse().unwrap(), "10.1.1.5:7882".parse().unwrap()],
        ..Config::default()
    }
}

/// The policy of a server with this configuration and every network outside allowed that can be.
pub(crate) fn open_to_all(config: &Config) -> AllowList {
    let everything = vec![Network::new(ip("0.0.0.0"), 0).unwrap(), Network::new(ip("::"), 0).unwrap()];
    let own = vec![ip("10.1.1.5"), ip("172.17.0.1"), ip("fd12::5"), ip("::ffff:192.168.7.7")];
    AllowList::new(config, own, Outside { internet: true, networks: everything })
}

#[test]
fn no_spelling_of_ourselves_or_of_nobody_is_a_peer() {
    let policy = open_to_all(&config());
    assert!(REFUSED.len() >= 40);
    for text in REFUSED {
        assert!(!policy.allows_ip(ip(text)), "permission for {text}");
        for port in [0, 1, 80, 443, 7_882, 8_008, 50_000] {
            assert!(!policy.allows(SocketAddr::new(ip(text), port)), "{text} port {port}");
        }
    }
}

#[test]
fn of_our_own_addresses_only_relayed_ports_and_sinks_are_peers() {
    let policy = open_to_all(&config());
    for (peer, allowed) in [
        ("203.0.113.5:49152", true),
        ("203.0.113.5:65535", true),
        ("[2001:db8::5]:50000", true),
        ("203.0.113.5:7882", true),
        ("10.1.1.5:7882", true),
        ("203.0.113.5:49151", false),
        ("203.0.113.5:443", false),
        ("203.0.113.5:3478", false),
        ("[2001:db8::5]:443", false),
        ("[2001:db8::5]:7882", false),
        ("10.1.1.5:50000", false),
        ("10.1.1.5:5432", false),
    ] {
        assert_eq!(policy.allows(peer.parse().unwrap()), allowed, "{peer}");
    }
    assert!(policy.allows_ip(ip("203.0.113.5")) && policy.allows_ip(ip("10.1.1.5")));
}

#[test]
fn outside_is_closed_until_it_is_opened() {
    let config = Config { external_ipv4: Some("203.0.113.5".parse().unwrap()), ..Config::default() };
    let peers = ["8.8.8.8", "10.0.0.1", "2a00:1450:4001::1", "fd12::1", "192.168.1.1", "100.64.0.1"];
    let allowed = |outside: Outside| -> Vec<&str> {
        let policy = AllowList::new(&config, Vec::new(), outside);
        let both = |text: &&str| {
            assert_eq!(policy.allows_ip(ip(text)), policy.allows(SocketAddr::new(ip(text), 5_000)));
            policy.allows_ip(ip(text))
        };
        peers.into_iter().filter(both).collect()
    };
    assert_eq!(allowed(Outside::default()), [] as [&str; 0]);
    assert_eq!(allowed(Outside { internet: true, networks: Vec::new() }), ["8.8.8.8", "2a00:1450:4001::1"]);
    let office = vec![Network::new(ip("10.0.0.0"), 8).unwrap(), Network::new(ip("fd12::"), 64).unwrap()];
    assert_eq!(allowed(Outside { internet: false, networks: office }), ["10.0.0.1", "fd12::1"]);
}

#[test]
fn networks_end_where_their_prefix_says() {
    for (base, bits, inside, outside) in [
        ("10.0.0.0", 8, "10.255.255.255", "11.0.0.0"),
        ("192.168.4.0", 22, "192.168.7.255", "192.168.8.0"),
        ("192.0.2.7", 32, "192.0.2.7", "192.0.2.6"),
        ("2001:db8:0:8::", 61, "2001:db8:0:f:ffff::", "2001:db8:0:10::"),
        ("2001:db8::1", 128, "2001:db8::1", "2001:db8::"),
        ("0.0.0.0", 0, "255.255.255.255", "::1"),
        ("::", 0, "ffff::", "1.2.3.4"),
    ] {
        let network = Network::new(ip(base), bits).unwrap();
        assert!(network.contains(ip(inside)) && !network.contains(ip(outside)), "{base}/{bits}");
    }
    assert_eq!(Network::new(ip("10.0.0.0"), 33), None);
    assert_eq!(Network::new(ip("::"), 129), None);
}
