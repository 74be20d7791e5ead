//! The values of `network.external_address` and `network.relay_peers`: where the relay is reached, and whom it reaches.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use serde::de::{Error, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use veche_base::Network;
use veche_base::canonical_ip::canonical_ip;

/// `network.external_address`: what this machine is called by others, at most one address of each family.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct ExternalAddress {
    pub(crate) ipv4: Option<Ipv4Addr>,
    pub(crate) ipv6: Option<Ipv6Addr>,
}

impl ExternalAddress {
    /// The addresses that are set, IPv4 first.
    pub(crate) fn addresses(&self) -> impl Iterator<Item = IpAddr> + use<> {
        self.ipv4.map(IpAddr::V4).into_iter().chain(self.ipv6.map(IpAddr::V6))
    }
}

/// `network.relay_peers`: whom clients may reach through the relay beside one another.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct RelayPeers {
    /// Every public address.
    pub(crate) internet: bool,
    /// These networks.
    pub(crate) networks: Vec<Network>,
}

impl<'de> Deserialize<'de> for ExternalAddress {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut external = Self::default();
        for text in deserializer.deserialize_any(OneOrMore)? {
            let address = text.parse().ok().filter(is_somebodys);
            let Some(address) = address else {
                return Err(D::Error::custom(format!("`{text}` is no address of a machine, like 203.0.113.7")));
            };
            let is_second = match address {
                IpAddr::V4(v4) => external.ipv4.replace(v4).is_some(),
                IpAddr::V6(v6) => external.ipv6.replace(v6).is_some(),
            };
            if is_second {
                return Err(D::Error::custom("there can be one IPv4 and one IPv6 address, not two of one kind"));
            }
        }
        Ok(external)
    }
}

impl<'de> Deserialize<'de> for RelayPeers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut peers = Self::default();
        for text in Vec::<String>::deserialize(deserializer)? {
            if text == "internet" {
                peers.internet = true;
                continue;
            }
            let network: Network = text.parse().map_err(|reason| {
                D::Error::custom(format!(
                    "`{text}` cannot be used: {reason}, and not \
                     `internet`"
                ))
            })?;
            if network.is_everybody() {
                return Err(D::Error::custom(format!(
                    "`{text}` would open every service inside the company to the relay; `internet` means all \
                         public addresses"
                )));
            }
            peers.networks.push(network);
        }
        Ok(peers)
    }
}

/// Whether one machine can have the address, and no other address is hidden in it.
fn is_somebodys(address: &IpAddr) -> bool {
    let is_broadcast = matches!(address, IpAddr::V4(v4) if v4.is_broadcast());
    !address.is_unspecified() && !address.is_multicast() && !is_broadcast && canonical_ip(*address) == *address
}

/// One text, or a list of texts.
struct OneOrMore;

impl<'de> Visitor<'de> for OneOrMore {
    type Value = Vec<String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an address in quotes, or a list of addresses")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Vec<String>, E> {
        Ok(vec![text.to_owned()])
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Vec<String>, A::Error> {
        let mut texts = Vec::new();
        while let Some(text) = sequence.next_element()? {
            texts.push(text);
        }
        Ok(texts)
    }
}
