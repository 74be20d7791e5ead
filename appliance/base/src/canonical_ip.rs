//! What an IP address really is, and whether it belongs to the open internet.
//!
//! IPv6 has many ways to write an IPv4 address, and each has been used to walk past a deny list
//! (CVE-2021-21392, CVE-2026-2455). So there is one function that unwraps them all, and one that
//! judges the result. The judgment is an allow list for IPv6: what nobody has assigned is refused.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Unwraps every IPv6 form that stands for an IPv4 address; any other address is returned as it is.
///
/// Known forms: v4-mapped and v4-compatible (RFC 4291), v4-translated (RFC 7915), 6to4 (RFC 3056),
/// Teredo (RFC 4380, the client's address), NAT64 well-known prefix (RFC 6052), ISATAP (RFC 5214).
pub fn canonical_ip(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => embedded_ipv4(v6).map_or(address, IpAddr::V4),
    }
}

/// Whether the address, once canonical, can only be a public unicast address of the internet.
pub fn is_global(address: IpAddr) -> bool {
    match canonical_ip(address) {
        IpAddr::V4(v4) => is_global_ipv4(v4),
        IpAddr::V6(v6) => is_global_ipv6(v6),
    }
}

/// Whether the address, once canonical, is the machine itself.
pub fn is_loopback(address: IpAddr) -> bool {
    canonical_ip(address).is_loopback()
}

/// Whether the address, once canonical, belongs to a company's own network: private IPv4, shared
/// (carrier-grade) IPv4, or a unique local IPv6 address. Link-local addresses never do, because that
/// is where clouds keep their metadata service.
pub fn is_private(address: IpAddr) -> bool {
    match canonical_ip(address) {
        IpAddr::V4(v4) => {
            matches!(v4.octets(), [10, ..] | [172, 16..=31, ..] | [192, 168, ..] | [100, 64..=127, ..])
        }
        IpAddr::V6(v6) => v6.segments()[0] & 0xFE00 == 0xFC00,
    }
}

/// The unit that limits are counted by: an IPv4 address, or the /64 that one IPv6 customer has.
///
/// Only forms whose network says that they stand for an IPv4 address are unwrapped. The second half of an address is
/// its owner's free choice: what he writes there (ISATAP) must not give him a fresh count.
pub fn limit_key(address: IpAddr) -> IpAddr {
    let IpAddr::V6(v6) = address else { return address };
    translated_ipv4(v6).map_or_else(
        || {
            let [a, b, c, d, ..] = v6.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        },
        IpAddr::V4,
    )
}

fn embedded_ipv4(v6: Ipv6Addr) -> Option<Ipv4Addr> {
    translated_ipv4(v6).or_else(|| match v6.segments() {
        [_, _, _, _, 0 | 0x200, 0x5EFE, high, low] => Some(ipv4(high, low)),
        _ => None,
    })
}

/// The forms that have networks of their own.
fn translated_ipv4(v6: Ipv6Addr) -> Option<Ipv4Addr> {
    match v6.segments() {
        // The unspecified and the loopback address look v4-compatible and are not.
        [0, 0, 0, 0, 0, 0, 0, 0 | 1] => None,
        [0, 0, 0, 0, 0, 0 | 0xFFFF, high, low]
        | [0, 0, 0, 0, 0xFFFF, 0, high, low]
        | [0x64, 0xFF9B, 0, 0, 0, 0, high, low]
        | [0x2002, high, low, _, _, _, _, _] => Some(ipv4(high, low)),
        [0x2001, 0, _, _, _, _, high, low] => Some(ipv4(!high, !low)),
        _ => None,
    }
}

fn ipv4(high: u16, low: u16) -> Ipv4Addr {
    Ipv4Addr::from((u32::from(high) << 16) | u32::from(low))
}

fn is_global_ipv4(v4: Ipv4Addr) -> bool {
    let [a, b, c, _] = v4.octets();
    match (a, b, c) {
        // "This network", loopback, and everything from multicast to broadcast.
        (0 | 127 | 224..=255, _, _) => false,
        // Private networks.
        (10, _, _) | (172, 16..=31, _) | (192, 168, _) => false,
        // Carrier-grade NAT, link-local (where clouds keep their metadata service), benchmarks.
        (100, 64..=127, _) | (169, 254, _) | (198, 18 | 19, _) => false,
        // Protocol assignments, documentation, the retired 6to4 relay.
        (192, 0, 0 | 2) | (198, 51, 100) | (203, 0, 113) | (192, 88, 99) => false,
        _ => true,
    }
}

fn is_global_ipv6(v6: Ipv6Addr) -> bool {
    match v6.segments() {
        // Protocol assignments, documentation (two blocks).
        [0x2001, 0..=0x01FF, ..] | [0x2001, 0x0DB8, ..] | [0x3FFF, 0..=0x0FFF, ..] => false,
        // The only block that has ever been given out for global unicast is 2000::/3.
        [first, ..] => first & 0xE000 == 0x2000,
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::{canonical_ip, is_global, is_loopback, is_private, limit_key};

    fn ip(text: &str) -> IpAddr {
        text.parse().expect("the table holds valid addresses")
    }

    #[test]
    fn every_disguise_of_an_ipv4_address_is_unwrapped() {
        for (disguise, real) in [
            ("::ffff:127.0.0.1", "127.0.0.1"),
            ("::ffff:8.8.8.8", "8.8.8.8"),
            ("::10.0.0.1", "10.0.0.1"),
            ("::ffff:0:192.168.1.1", "192.168.1.1"),
            ("2002:7f00:1::", "127.0.0.1"),
            ("2002:a9fe:a9fe::1", "169.254.169.254"),
            ("64:ff9b::10.1.2.3", "10.1.2.3"),
            ("2001:0:4136:e378:8000:63bf:f5ff:fffe", "10.0.0.1"),
            ("fe80::5efe:10.0.0.9", "10.0.0.9"),
            ("2a00:1450::200:5efe:127.0.0.1", "127.0.0.1"),
        ] {
            assert_eq!(canonical_ip(ip(disguise)), ip(real), "{disguise}");
        }
    }

    #[test]
    fn other_addresses_stay_as_they_are() {
        for text in ["1.1.1.1", "::", "::1", "2a00:1450:4001::1", "fe80::1", "64:ff9b:1::1"] {
            assert_eq!(canonical_ip(ip(text)), ip(text));
        }
    }

    #[test]
    fn only_public_unicast_is_global() {
        for text in ["1.1.1.1", "8.8.8.8", "100.63.255.255", "172.32.0.1", "2a00:1450:4001::1", "::ffff:1.1.1.1"] {
            assert!(is_global(ip(text)), "{text}");
        }
        for text in [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "100.64.0.1",
            "127.0.0.1",
            "127.255.0.9",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.1",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.0.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:10.0.0.1",
            "::ffff:0:10.0.0.1",
            "64:ff9b::127.0.0.1",
            "64:ff9b:1::1",
            "100::1",
            "2001:db8::1",
            "2001:20::1",
            "2001:0:4136:e378:8000:63bf:f5ff:fffe",
            "2002:c0a8:101::1",
            "3fff::1",
            "5f00::1",
            "fc00::1",
            "fd12::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ] {
            assert!(!is_global(ip(text)), "{text}");
        }
    }

    #[test]
    fn loopback_is_seen_through_its_disguises() {
        for text in ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1", "2002:7f00:1::"] {
            assert!(is_loopback(ip(text)), "{text}");
        }
        assert!(!is_loopback(ip("10.0.0.1")));
    }

    #[test]
    fn private_networks_are_known_and_link_local_is_not_one() {
        for text in ["10.0.0.1", "172.20.0.1", "192.168.1.1", "100.64.0.1", "fd12::1", "::ffff:10.0.0.1"] {
            assert!(is_private(ip(text)), "{text}");
        }
        for text in ["127.0.0.1", "169.254.169.254", "8.8.8.8", "::1", "fe80::1", "2a00::1", "172.32.0.1"] {
            assert!(!is_private(ip(text)), "{text}");
        }
    }

    #[test]
    fn one_ipv6_customer_counts_as_one() {
        assert_eq!(limit_key(ip("2a00:1:2:3:4:5:6:7")), limit_key(ip("2a00:1:2:3::9")));
        assert_ne!(limit_key(ip("2a00:1:2:3::1")), limit_key(ip("2a00:1:2:4::1")));
        assert_eq!(limit_key(ip("::ffff:1.2.3.4")), ip("1.2.3.4"));
        assert_eq!(limit_key(ip("2002:102:304:5::6")), ip("1.2.3.4"));
        // What one writes into the second half of his own addresses gives him no second count.
        assert_eq!(limit_key(ip("2a00:1:2:3:0:5efe:1.2.3.4")), limit_key(ip("2a00:1:2:3::9")));
        assert_eq!(limit_key(ip("2a00:1:2:3:200:5efe:127.0.0.1")), limit_key(ip("2a00:1:2:3::9")));
    }
}
