//! A block of addresses as an administrator writes it: `10.0.0.0/8`, `2001:db8::/32`, or one address.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

/// The addresses that share their first bits with one. The IPv4 addresses of a dual-stack socket
/// (`::ffff:10.0.0.1`) count as the IPv4 addresses they are; no other disguise is seen through,
/// because whoever has an IPv6 network chooses what stands in the rest of his addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    base: IpAddr,
    prefix_bits: u8,
}

/// The text is no block of addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadNetwork {
    /// Neither an address nor an address with a prefix.
    #[error("it is no address like 10.0.0.1 and no network like 10.0.0.0/8")]
    NoNetwork,
    /// The address goes on behind the prefix: either one address is meant, or the whole network.
    #[error(
        "its address has more bits than its prefix; write the first address of the network, or one without a prefix"
    )]
    BitsBehindPrefix,
}

impl Network {
    /// Whether the address is in the block. An address is never in a block of the other family.
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        let other_bits = bits(self.base) ^ bits(address);
        let is_in = other_bits.checked_shr(128 - u32::from(self.prefix_bits)).unwrap_or(0) == 0;
        self.base.is_ipv4() == address.is_ipv4() && is_in
    }

    /// The first address of the block.
    pub const fn address(&self) -> IpAddr {
        self.base
    }

    /// How many first bits the addresses of the block share.
    pub const fn prefix_bits(&self) -> u8 {
        self.prefix_bits
    }

    /// Whether the block is a whole family of addresses.
    pub const fn is_everybody(&self) -> bool {
        self.prefix_bits == 0
    }
}

impl FromStr for Network {
    type Err = BadNetwork;

    fn from_str(text: &str) -> Result<Self, BadNetwork> {
        let (address, prefix) = text.split_once('/').map_or((text, None), |(address, prefix)| (address, Some(prefix)));
        let address: IpAddr = address.parse().map_err(|_| BadNetwork::NoNetwork)?;
        let bits_max = if address.is_ipv4() { 32 } else { 128 };
        let Some(prefix) = prefix else {
            let base = address.to_canonical();
            return Ok(Self { base, prefix_bits: if base.is_ipv4() { 32 } else { 128 } });
        };
        // A sign is a number to the standard library.
        let is_number = !prefix.is_empty() && prefix.bytes().all(|byte| byte.is_ascii_digit());
        let prefix_bits: u8 = prefix.parse().ok().filter(|_| is_number).ok_or(BadNetwork::NoNetwork)?;
        // A disguised IPv4 network would contain nothing.
        if prefix_bits > bits_max || address.to_canonical() != address {
            return Err(BadNetwork::NoNetwork);
        }
        if bits(address).checked_shl(u32::from(prefix_bits)).unwrap_or(0) != 0 {
            return Err(BadNetwork::BitsBehindPrefix);
        }
        Ok(Self { base: address, prefix_bits })
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.base, self.prefix_bits)
    }
}

/// The bits of the address, the first one highest, whatever its family.
fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(v4) => u128::from(u32::from(v4)) << 96,
        IpAddr::V6(v6) => u128::from(v6),
    }
}

#[cfg(test)]
mod tests {
    use super::{BadNetwork, Network};

    #[test]
    fn addresses_are_found_in_their_block_only() {
        for (network, inside, outside) in [
            ("10.0.0.0/8", &["10.0.0.0", "10.255.255.255", "::ffff:10.1.2.3"][..], &["9.255.255.255", "11.0.0.0"][..]),
            ("10.0.0.7", &["10.0.0.7", "::ffff:10.0.0.7"], &["10.0.0.6", "10.0.0.8"]),
            ("::ffff:10.0.0.7", &["10.0.0.7"], &["10.0.0.8", "::10.0.0.7"]),
            ("192.168.4.0/22", &["192.168.4.0", "192.168.7.255"], &["192.168.3.255", "192.168.8.0"]),
            ("2001:db8::/32", &["2001:db8::", "2001:db8:ffff::1"], &["2001:db9::", "32.1.13.184"]),
            ("::1", &["::1"], &["::2", "127.0.0.1"]),
            ("127.0.0.1", &["127.0.0.1"], &["2a00::5efe:127.0.0.1", "2002:7f00:1::", "64:ff9b::127.0.0.1"]),
            ("0.0.0.0/0", &["0.0.0.0", "255.255.255.255"], &["::", "::1"]),
            ("::/0", &["::", "ffff::"], &["0.0.0.0"]),
        ] {
            let block: Network = network.parse().unwrap();
            for address in inside {
                assert!(block.contains(address.parse().unwrap()), "{address} is in {network}");
            }
            for address in outside {
                assert!(!block.contains(address.parse().unwrap()), "{address} is not in {network}");
            }
        }
    }

    #[test]
    fn what_is_no_network_is_refused() {
        for text in ["", "/", "10.0.0.0/", "/8", "10.0.0.0/33", "::/129", "10.0.0.0/+8", "10.0.0.0/8/8", "10.0.0/8"] {
            assert_eq!(text.parse::<Network>(), Err(BadNetwork::NoNetwork), "{text}");
        }
        for text in ["a", "10.0.0.1 ", "::ffff:10.0.0.0/104", "10.0.0.0/256"] {
            assert_eq!(text.parse::<Network>(), Err(BadNetwork::NoNetwork), "{text}");
        }
        for text in ["10.0.0.1/8", "2001:db8::1/32", "0.0.0.1/0"] {
            assert_eq!(text.parse::<Network>(), Err(BadNetwork::BitsBehindPrefix), "{text}");
        }
        for text in ["10.0.0.1/32", "::1/128", "0.0.0.0/0", "10.0.0.0/8"] {
            assert_eq!(text.parse::<Network>().unwrap().to_string(), text);
        }
    }
}
