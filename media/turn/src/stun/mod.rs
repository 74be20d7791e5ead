//! The STUN message format (RFC 8489 §5, §14): reading without copying, writing into one buffer.
//!
//! Reading is strict where the RFC is: a message that [`Message::parse`] accepts has the magic
//! cookie, a length that says the truth, and attributes that end where the message ends. So the
//! rest of the crate never checks bounds again.

mod address;
mod crc32;
mod integrity;
mod writer;

#[cfg(test)]
mod tests;

use std::net::SocketAddr;

pub use address::Family;
pub use integrity::{Algorithm, LongTermKey};
pub use writer::{DATA_HEADER_BYTES_MAX, MessageWriter, write_data_header};

/// The fixed bytes 4 to 8 of every message (RFC 8489 §5).
pub const MAGIC_COOKIE: u32 = 0x2112_A442;
/// Type, length, cookie and transaction id.
pub const HEADER_BYTES: usize = 20;
/// Type and length of one attribute.
pub const ATTRIBUTE_HEADER_BYTES: usize = 4;
/// What the checksum is combined with, so that it is told from other protocols' (RFC 8489 §14.7).
const FINGERPRINT_XOR: u32 = 0x5354_554E;
/// The whole FINGERPRINT attribute.
const FINGERPRINT_BYTES: usize = 8;

/// What ties an answer to its request: chosen by the client.
pub type TransactionId = [u8; 12];

/// The two class bits of a message type (RFC 8489 §5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// Wants an answer.
    Request,
    /// Wants none.
    Indication,
    /// Tells that the request was done.
    Success,
    /// Tells why the request was not done.
    Error,
}

/// The twelve method bits of a message type. Registered values are the constants below.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Method(pub u16);

impl Method {
    /// RFC 8489 §18.2.
    pub const BINDING: Self = Self(0x001);
    /// RFC 8656 §17.
    pub const ALLOCATE: Self = Self(0x003);
    /// RFC 8656 §17.
    pub const REFRESH: Self = Self(0x004);
    /// RFC 8656 §17: indication only, client to server.
    pub const SEND: Self = Self(0x006);
    /// RFC 8656 §17: indication only, server to client.
    pub const DATA: Self = Self(0x007);
    /// RFC 8656 §17.
    pub const CREATE_PERMISSION: Self = Self(0x008);
    /// RFC 8656 §17.
    pub const CHANNEL_BIND: Self = Self(0x009);
}

/// Attribute types by the names of RFC 8489 §18.3 and RFC 8656 §18.
pub mod attribute {
    /// Name of the long-term credential.
    pub const USERNAME: u16 = 0x0006;
    /// HMAC-SHA1 over what stands before it.
    pub const MESSAGE_INTEGRITY: u16 = 0x0008;
    /// Why a request was not done.
    pub const ERROR_CODE: u16 = 0x0009;
    /// Which attributes were not understood.
    pub const UNKNOWN_ATTRIBUTES: u16 = 0x000A;
    /// Two bytes from 0x4000 to 0x7FFF and two of padding.
    pub const CHANNEL_NUMBER: u16 = 0x000C;
    /// Seconds.
    pub const LIFETIME: u16 = 0x000D;
    /// Whom to send to, or who sent.
    pub const XOR_PEER_ADDRESS: u16 = 0x0012;
    /// What is relayed.
    pub const DATA: u16 = 0x0013;
    /// The realm of the long-term credential.
    pub const REALM: u16 = 0x0014;
    /// The server's proof that the client can be reached where it says.
    pub const NONCE: u16 = 0x0015;
    /// The address that peers see.
    pub const XOR_RELAYED_ADDRESS: u16 = 0x0016;
    /// IPv4 or IPv6 for the relayed address.
    pub const REQUESTED_ADDRESS_FAMILY: u16 = 0x0017;
    /// An even relayed port, perhaps with the next one reserved.
    pub const EVEN_PORT: u16 = 0x0018;
    /// The protocol between server and peer.
    pub const REQUESTED_TRANSPORT: u16 = 0x0019;
    /// Ask for the DF bit toward the peer.
    pub const DONT_FRAGMENT: u16 = 0x001A;
    /// HMAC-SHA256 over what stands before it.
    pub const MESSAGE_INTEGRITY_SHA256: u16 = 0x001C;
    /// The address that the server sees.
    pub const XOR_MAPPED_ADDRESS: u16 = 0x0020;
    /// A port that an earlier request reserved.
    pub const RESERVATION_TOKEN: u16 = 0x0022;
    /// A second relayed address of the other family.
    pub const ADDITIONAL_ADDRESS_FAMILY: u16 = 0x8000;
    /// Why there is no relayed address of one family.
    pub const ADDRESS_ERROR_CODE: u16 = 0x8001;
    /// CRC-32 of the message, always last.
    pub const FINGERPRINT: u16 = 0x8028;

    /// Whether a receiver must understand the attribute or refuse the message (RFC 8489 §14).
    pub const fn is_comprehension_required(kind: u16) -> bool {
        kind < 0x8000
    }
}

/// Why bytes are not a STUN message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ParseError {
    /// Fewer bytes than a header has.
    #[error("shorter than a header")]
    Short,
    /// The first two bits are not zero, or the cookie is another: not STUN at all.
    #[error("not STUN")]
    NotStun,
    /// The length in the header is not that of the message, or not a multiple of four.
    #[error("wrong length")]
    Length,
    /// An attribute reaches beyond the end.
    #[error("attribute reaches beyond the message")]
    Attribute,
}

/// One received message, borrowed from the buffer it came in.
#[derive(Debug, Clone, Copy)]
pub struct Message<'a> {
    bytes: &'a [u8],
    class: Class,
    method: Method,
}

impl<'a> Message<'a> {
    /// Reads exactly one message.
    ///
    /// # Errors
    /// [`ParseError`] if the bytes are anything else, also if something follows the message.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, ParseError> {
        let header: &[u8; HEADER_BYTES] = bytes.first_chunk().ok_or(ParseError::Short)?;
        let kind = u16::from_be_bytes([header[0], header[1]]);
        if kind & 0xC000 != 0 || header[4..8] != MAGIC_COOKIE.to_be_bytes() {
            return Err(ParseError::NotStun);
        }
        let length = usize::from(u16::from_be_bytes([header[2], header[3]]));
        if !length.is_multiple_of(4) || HEADER_BYTES + length != bytes.len() {
            return Err(ParseError::Length);
        }
        let mut offset = HEADER_BYTES;
        while offset < bytes.len() {
            let [_, _, high, low] = *bytes[offset..].first_chunk().ok_or(ParseError::Attribute)?;
            let value = usize::from(u16::from_be_bytes([high, low]));
            offset += ATTRIBUTE_HEADER_BYTES + value.next_multiple_of(4);
        }
        if offset != bytes.len() {
            return Err(ParseError::Attribute);
        }
        let (class, method) = split_type(kind);
        Ok(Self { bytes, class, method })
    }

    /// Request, indication or answer.
    pub const fn class(&self) -> Class {
        self.class
    }

    /// What is asked for.
    pub const fn method(&self) -> Method {
        self.method
    }

    /// The whole message as it was received.
    pub const fn as_bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// What ties the answer to this message.
    pub fn transaction_id(&self) -> TransactionId {
        let mut id = [0; 12];
        id.copy_from_slice(&self.bytes[8..HEADER_BYTES]);
        id
    }

    /// The attributes in order, also repeated and unknown ones.
    pub const fn attributes(&self) -> Attributes<'a> {
        Attributes { bytes: self.bytes, offset: HEADER_BYTES }
    }

    /// The first attribute of this type.
    pub fn attribute(&self, kind: u16) -> Option<Attribute<'a>> {
        self.attributes().find(|attribute| attribute.kind == kind)
    }

    /// Reads an XOR address; `None` if it is neither IPv4 nor IPv6 or has a wrong length.
    pub fn xor_address(&self, attribute: &Attribute<'_>) -> Option<SocketAddr> {
        address::read_xor(attribute.value, &self.transaction_id())
    }

    /// Whether the integrity attribute was made with this key over everything before it
    /// (RFC 8489 §14.5, §14.6). Compares in constant time; false for any other attribute.
    pub fn is_intact(&self, attribute: &Attribute<'_>, key: &[u8]) -> bool {
        let Some(algorithm) = Algorithm::of_attribute(attribute.kind) else {
            return false;
        };
        integrity::verify(algorithm, key, &self.bytes[..attribute.offset], attribute.value)
    }

    /// Whether the message ends in a FINGERPRINT: `None` if it does not, otherwise if it is right.
    pub fn fingerprint(&self) -> Option<bool> {
        let attribute = self.attribute(attribute::FINGERPRINT)?;
        let is_last = attribute.offset + FINGERPRINT_BYTES == self.bytes.len();
        let expected = crc32::checksum(&self.bytes[..attribute.offset]) ^ FINGERPRINT_XOR;
        Some(is_last && attribute.value == expected.to_be_bytes())
    }
}

/// One attribute of a [`Message`].
#[derive(Debug, Clone, Copy)]
pub struct Attribute<'a> {
    /// Its type, see [`attribute`].
    pub kind: u16,
    /// Its value without padding.
    pub value: &'a [u8],
    /// Where its header begins, counted from the beginning of the message.
    pub offset: usize,
}

/// Walks over the attributes of a [`Message`].
#[derive(Debug, Clone)]
pub struct Attributes<'a> {
    bytes: &'a [u8],
    offset: usize,
}

impl<'a> Iterator for Attributes<'a> {
    type Item = Attribute<'a>;

    fn next(&mut self) -> Option<Attribute<'a>> {
        let offset = self.offset;
        let [kind_high, kind_low, high, low] = *self.bytes.get(offset..)?.first_chunk()?;
        let length = usize::from(u16::from_be_bytes([high, low]));
        let start = offset + ATTRIBUTE_HEADER_BYTES;
        let value = self.bytes.get(start..start + length)?;
        self.offset = start + length.next_multiple_of(4);
        Some(Attribute { kind: u16::from_be_bytes([kind_high, kind_low]), value, offset })
    }
}

/// Takes class and method out of a message type, where their bits are interleaved.
fn split_type(kind: u16) -> (Class, Method) {
    let class = match (kind & 0x0100 != 0, kind & 0x0010 != 0) {
        (false, false) => Class::Request,
        (false, true) => Class::Indication,
        (true, false) => Class::Success,
        (true, true) => Class::Error,
    };
    (class, Method((kind & 0x000F) | ((kind >> 1) & 0x0070) | ((kind >> 2) & 0x0F80)))
}

/// Puts class and method together again.
fn join_type(class: Class, method: Method) -> u16 {
    let class = match class {
        Class::Request => 0x0000,
        Class::Indication => 0x0010,
        Class::Success => 0x0100,
        Class::Error => 0x0110,
    };
    let Method(method) = method;
    class | (method & 0x000F) | ((method & 0x0070) << 1) | ((method & 0x0F80) << 2)
}
