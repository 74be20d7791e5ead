//! Writing messages: a builder for answers, and the head of a Data indication written in place.

use std::net::SocketAddr;

use super::address::write_xor;
use super::integrity::sign;
use super::{
    ATTRIBUTE_HEADER_BYTES, Algorithm, Class, FINGERPRINT_BYTES, FINGERPRINT_XOR, HEADER_BYTES, MAGIC_COOKIE, Message,
    Method, TransactionId, attribute, crc32, join_type,
};

/// Writes one message attribute by attribute; the length in the header is right after each.
#[derive(Debug)]
pub struct MessageWriter {
    bytes: Vec<u8>,
    id: TransactionId,
}

impl MessageWriter {
    /// A message without attributes.
    pub fn new(class: Class, method: Method, id: TransactionId) -> Self {
        let mut bytes = Vec::with_capacity(128);
        bytes.extend_from_slice(&header(class, method, 0, &id));
        Self { bytes, id }
    }

    /// The answer to a request, with its method and transaction id.
    pub fn answer(request: &Message<'_>, class: Class) -> Self {
        Self::new(class, request.method(), request.transaction_id())
    }

    /// Adds an attribute and its padding.
    pub fn attribute(mut self, kind: u16, value: &[u8]) -> Self {
        let length = u16::try_from(value.len()).expect("values are written by this crate and are short");
        self.bytes.extend_from_slice(&kind.to_be_bytes());
        self.bytes.extend_from_slice(&length.to_be_bytes());
        self.bytes.extend_from_slice(value);
        self.bytes.resize(self.bytes.len().next_multiple_of(4), 0);
        self.set_length(self.bytes.len());
        self
    }

    /// Adds an address in its XOR form.
    pub fn xor_address(self, kind: u16, address: SocketAddr) -> Self {
        let mut value = [0; 20];
        let length = write_xor(address, &self.id, &mut value);
        self.attribute(kind, &value[..length])
    }

    /// Adds an ERROR-CODE (300 to 699) with a reason for people, which may be empty.
    pub fn error_code(self, code: u16, reason: &str) -> Self {
        let mut value = vec![0, 0, class_of(code), number_of(code)];
        value.extend_from_slice(reason.as_bytes());
        self.attribute(attribute::ERROR_CODE, &value)
    }

    /// Adds an ADDRESS-ERROR-CODE without reason for the family of this number (RFC 8656 §18.12).
    pub fn address_error_code(self, family: u8, code: u16) -> Self {
        self.attribute(attribute::ADDRESS_ERROR_CODE, &[family, 0, class_of(code), number_of(code)])
    }

    /// Adds the integrity attribute over everything written so far.
    pub fn integrity(mut self, algorithm: Algorithm, key: &[u8]) -> Self {
        self.set_length(self.bytes.len() + ATTRIBUTE_HEADER_BYTES + algorithm.value_bytes());
        let value = sign(algorithm, key, &self.bytes);
        self.attribute(algorithm.attribute(), &value)
    }

    /// Adds the FINGERPRINT; nothing may follow it.
    pub fn fingerprint(mut self) -> Self {
        self.set_length(self.bytes.len() + FINGERPRINT_BYTES);
        let value = crc32::checksum(&self.bytes) ^ FINGERPRINT_XOR;
        self.attribute(attribute::FINGERPRINT, &value.to_be_bytes())
    }

    /// The finished message.
    pub fn finish(self) -> Vec<u8> {
        self.bytes
    }

    fn set_length(&mut self, end: usize) {
        let length = u16::try_from(end - HEADER_BYTES).expect("messages are written by this crate and are short");
        self.bytes[2..4].copy_from_slice(&length.to_be_bytes());
    }
}

/// The hundreds of an error code.
fn class_of(code: u16) -> u8 {
    u8::try_from(code / 100).unwrap_or(u8::MAX) & 0x07
}

/// The rest of an error code.
fn number_of(code: u16) -> u8 {
    u8::try_from(code % 100).expect("below 100")
}

fn header(class: Class, method: Method, length: u16, id: &TransactionId) -> [u8; HEADER_BYTES] {
    let mut bytes = [0; HEADER_BYTES];
    bytes[..2].copy_from_slice(&join_type(class, method).to_be_bytes());
    bytes[2..4].copy_from_slice(&length.to_be_bytes());
    bytes[4..8].copy_from_slice(&MAGIC_COOKIE.to_be_bytes());
    bytes[8..].copy_from_slice(id);
    bytes
}

/// Longest head of a Data indication: header, XOR-PEER-ADDRESS with IPv6, header of DATA.
pub const DATA_HEADER_BYTES_MAX: usize = HEADER_BYTES + 24 + ATTRIBUTE_HEADER_BYTES;

/// The head of a Data indication (RFC 8656 §11.6) that is followed by `data_bytes` of data and its
/// padding. The last element tells how much of the array is used. `None` if the data is too long.
pub fn write_data_header(
    peer: SocketAddr,
    data_bytes: usize,
    id: &TransactionId,
) -> Option<([u8; DATA_HEADER_BYTES_MAX], usize)> {
    let mut value = [0; 20];
    let address_bytes = write_xor(peer, id, &mut value);
    let used = HEADER_BYTES + ATTRIBUTE_HEADER_BYTES + address_bytes + ATTRIBUTE_HEADER_BYTES;
    let length = u16::try_from(used - HEADER_BYTES + data_bytes.next_multiple_of(4)).ok()?;
    let data_length = u16::try_from(data_bytes).ok()?;
    let address_length = u16::try_from(address_bytes).ok()?;
    let mut head = [0; DATA_HEADER_BYTES_MAX];
    head[..20].copy_from_slice(&header(Class::Indication, Method::DATA, length, id));
    head[20..22].copy_from_slice(&attribute::XOR_PEER_ADDRESS.to_be_bytes());
    head[22..24].copy_from_slice(&address_length.to_be_bytes());
    head[24..24 + address_bytes].copy_from_slice(&value[..address_bytes]);
    head[used - 4..used - 2].copy_from_slice(&attribute::DATA.to_be_bytes());
    head[used - 2..used].copy_from_slice(&data_length.to_be_bytes());
    Some((head, used))
}
