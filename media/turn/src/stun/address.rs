//! Addresses in attributes, combined with cookie and transaction id (RFC 8489 §14.2), because some
//! NATs rewrite every address they find in a packet.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use super::{MAGIC_COOKIE, TransactionId};

/// IPv4 or IPv6, as both kinds of attributes number them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// 0x01.
    Ipv4,
    /// 0x02.
    Ipv6,
}

impl Family {
    /// The family of an address.
    pub const fn of(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(_) => Self::Ipv4,
            IpAddr::V6(_) => Self::Ipv6,
        }
    }

    /// The family with this number.
    pub const fn from_number(number: u8) -> Option<Self> {
        match number {
            1 => Some(Self::Ipv4),
            2 => Some(Self::Ipv6),
            _ => None,
        }
    }

    /// Its number in attributes.
    pub const fn number(self) -> u8 {
        match self {
            Self::Ipv4 => 1,
            Self::Ipv6 => 2,
        }
    }

    /// Where things kept per family are kept.
    pub const fn index(self) -> usize {
        match self {
            Self::Ipv4 => 0,
            Self::Ipv6 => 1,
        }
    }
}

/// The sixteen bytes that an IPv6 address is combined with; an IPv4 address takes the first four.
fn mask(id: &TransactionId) -> [u8; 16] {
    let mut mask = [0; 16];
    mask[..4].copy_from_slice(&MAGIC_COOKIE.to_be_bytes());
    mask[4..].copy_from_slice(id);
    mask
}

fn combine<const N: usize>(bytes: [u8; N], id: &TransactionId) -> [u8; N] {
    let mask = mask(id);
    let mut combined = bytes;
    combined.iter_mut().zip(mask).for_each(|(byte, mask)| *byte ^= mask);
    combined
}

/// The upper half of the cookie, which ports are combined with.
const PORT_MASK: u16 = 0x2112;

/// Reads the value of an XOR address attribute.
pub(super) fn read_xor(value: &[u8], id: &TransactionId) -> Option<SocketAddr> {
    let [_, family, high, low] = *value.first_chunk()?;
    let port = u16::from_be_bytes([high, low]) ^ PORT_MASK;
    let ip = match Family::from_number(family)? {
        Family::Ipv4 => IpAddr::V4(Ipv4Addr::from(combine::<4>(value[4..].try_into().ok()?, id))),
        Family::Ipv6 => IpAddr::V6(Ipv6Addr::from(combine::<16>(value[4..].try_into().ok()?, id))),
    };
    Some(SocketAddr::new(ip, port))
}

/// Writes the value of an XOR address attribute into the front of `out`; tells how long it is.
pub(super) fn write_xor(address: SocketAddr, id: &TransactionId, out: &mut [u8; 20]) -> usize {
    out[0] = 0;
    out[1] = Family::of(address.ip()).number();
    out[2..4].copy_from_slice(&(address.port() ^ PORT_MASK).to_be_bytes());
    match address.ip() {
        IpAddr::V4(ip) => {
            out[4..8].copy_from_slice(&combine(ip.octets(), id));
            8
        }
        IpAddr::V6(ip) => {
            out[4..20].copy_from_slice(&combine(ip.octets(), id));
            20
        }
    }
}
