//! What a request says and what it is answered: attributes by their rules, errors by their codes.

use std::net::SocketAddr;

use crate::stun::{Algorithm, Attribute, Class, Family, LongTermKey, Message, MessageWriter, Method, attribute};

/// Comprehension-required attributes that this server understands, or may ignore in requests.
const UNDERSTOOD: [u16; 18] = [
    attribute::USERNAME,
    attribute::MESSAGE_INTEGRITY,
    attribute::ERROR_CODE,
    attribute::UNKNOWN_ATTRIBUTES,
    attribute::CHANNEL_NUMBER,
    attribute::LIFETIME,
    attribute::XOR_PEER_ADDRESS,
    attribute::DATA,
    attribute::REALM,
    attribute::NONCE,
    attribute::XOR_RELAYED_ADDRESS,
    attribute::REQUESTED_ADDRESS_FAMILY,
    attribute::EVEN_PORT,
    attribute::REQUESTED_TRANSPORT,
    attribute::DONT_FRAGMENT,
    attribute::MESSAGE_INTEGRITY_SHA256,
    attribute::XOR_MAPPED_ADDRESS,
    attribute::RESERVATION_TOKEN,
];

/// Unknown attributes that are named in a refusal; a request with more is nonsense anyway.
const UNKNOWN_MAX: usize = 8;

/// Why a request is refused: the code of the RFC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) code: u16,
    /// With 420: what was not understood.
    pub(crate) unknown: Vec<u16>,
}

impl Refusal {
    /// A refusal with this code.
    pub(crate) const fn new(code: u16) -> Self {
        Self { code, unknown: Vec::new() }
    }

    /// What an administrator reads in a packet dump.
    pub(crate) const fn reason(&self) -> &'static str {
        match self.code {
            400 => "Bad Request",
            401 => "Unauthenticated",
            403 => "Forbidden",
            420 => "Unknown Attribute",
            437 => "Allocation Mismatch",
            438 => "Stale Nonce",
            440 => "Address Family not Supported",
            441 => "Wrong Credentials",
            442 => "Unsupported Transport Protocol",
            443 => "Peer Address Family Mismatch",
            486 => "Allocation Quota Reached",
            508 => "Insufficient Capacity",
            _ => "",
        }
    }
}

/// The request is malformed.
pub(crate) const BAD_REQUEST: Refusal = Refusal::new(400);

/// A message with the rule that nothing after the integrity attribute counts (RFC 8489 §14.5).
#[derive(Debug, Clone, Copy)]
pub(crate) struct Request<'a> {
    pub(crate) message: Message<'a>,
    /// Where the first integrity attribute begins, or the end.
    end: usize,
}

impl<'a> Request<'a> {
    pub(crate) fn new(message: Message<'a>) -> Self {
        let is_integrity = |attribute: &Attribute<'a>| Algorithm::of_attribute(attribute.kind).is_some();
        let end = message.attributes().find(is_integrity).map_or(message.as_bytes().len(), |found| found.offset);
        Self { message, end }
    }

    /// The attributes that count.
    pub(crate) fn attributes(&self) -> impl Iterator<Item = Attribute<'a>> + use<'a> {
        let end = self.end;
        self.message.attributes().take_while(move |attribute| attribute.offset < end)
    }

    /// The first attribute of this type that counts.
    pub(crate) fn attribute(&self, kind: u16) -> Option<Attribute<'a>> {
        self.attributes().find(|attribute| attribute.kind == kind)
    }

    pub(crate) fn has(&self, kind: u16) -> bool {
        self.attribute(kind).is_some()
    }

    /// The value of an attribute of fixed length.
    pub(crate) fn fixed<const N: usize>(&self, kind: u16) -> Result<Option<[u8; N]>, Refusal> {
        let value = |attribute: Attribute<'a>| attribute.value.try_into().map_err(|_| BAD_REQUEST);
        self.attribute(kind).map(value).transpose()
    }

    /// The strongest integrity attribute: SHA-256 may follow SHA-1, not the other way round.
    pub(crate) fn integrity(&self) -> Option<(Algorithm, Attribute<'a>)> {
        let first = self.message.attributes().find(|found| found.offset >= self.end)?;
        let following = self.message.attributes().find(|found| found.offset > first.offset);
        let sha256 = |found: &Attribute<'a>| found.kind == attribute::MESSAGE_INTEGRITY_SHA256;
        let chosen = following.filter(sha256).unwrap_or(first);
        Algorithm::of_attribute(chosen.kind).map(|algorithm| (algorithm, chosen))
    }

    /// Refuses what must be understood and is not (RFC 8489 §6.3.1).
    pub(crate) fn check_understood(&self) -> Result<(), Refusal> {
        let is_unknown = |kind: &u16| attribute::is_comprehension_required(*kind) && !UNDERSTOOD.contains(kind);
        let unknown: Vec<u16> =
            self.attributes().map(|attribute| attribute.kind).filter(is_unknown).take(UNKNOWN_MAX).collect();
        if unknown.is_empty() { Ok(()) } else { Err(Refusal { code: 420, unknown }) }
    }

    /// The first peer.
    pub(crate) fn peer(&self) -> Result<SocketAddr, Refusal> {
        let attribute = self.attribute(attribute::XOR_PEER_ADDRESS).ok_or(BAD_REQUEST)?;
        self.message.xor_address(&attribute).ok_or(BAD_REQUEST)
    }

    /// Every peer; at least one, at most `max`.
    pub(crate) fn peers(&self, max: usize) -> Result<Vec<SocketAddr>, Refusal> {
        let is_peer = |attribute: &Attribute<'a>| attribute.kind == attribute::XOR_PEER_ADDRESS;
        let read = |attribute: Attribute<'a>| self.message.xor_address(&attribute).ok_or(BAD_REQUEST);
        let peers: Vec<SocketAddr> =
            self.attributes().filter(is_peer).take(max + 1).map(read).collect::<Result<_, _>>()?;
        match peers.len() {
            0 => Err(BAD_REQUEST),
            count if count > max => Err(Refusal::new(508)),
            _ => Ok(peers),
        }
    }

    /// The asked lifetime in seconds.
    pub(crate) fn lifetime(&self) -> Result<Option<u32>, Refusal> {
        Ok(self.fixed::<4>(attribute::LIFETIME)?.map(u32::from_be_bytes))
    }

    /// Whether it asks to end an allocation (RFC 8656 §8.1).
    pub(crate) fn is_good_bye(&self) -> bool {
        self.message.method() == Method::REFRESH && matches!(self.lifetime(), Ok(Some(0)))
    }

    /// The asked family of REQUESTED-ADDRESS-FAMILY or ADDITIONAL-ADDRESS-FAMILY.
    pub(crate) fn family(&self, kind: u16) -> Result<Option<Family>, Refusal> {
        let number = self.fixed::<4>(kind)?.map(|[number, ..]| number);
        number.map(|number| Family::from_number(number).ok_or(Refusal::new(440))).transpose()
    }
}

/// What a request proved: its answer is signed with the same key.
#[derive(Clone)]
pub(crate) struct Proof {
    pub(crate) key: LongTermKey,
    pub(crate) algorithm: Algorithm,
}

/// Signs an answer and gives it the checksum that the request had.
pub(crate) fn seal(answer: MessageWriter, request: &Request<'_>, proof: Option<&Proof>) -> Vec<u8> {
    let signed = match proof {
        Some(Proof { key, algorithm }) => answer.integrity(*algorithm, key.as_bytes()),
        None => answer,
    };
    let has_fingerprint = request.message.fingerprint().is_some();
    if has_fingerprint { signed.fingerprint().finish() } else { signed.finish() }
}

/// A refusal without words: what strangers get, as short as the RFC allows.
pub(crate) fn short_refusal(request: &Request<'_>, refusal: &Refusal) -> MessageWriter {
    with_unknown(MessageWriter::answer(&request.message, Class::Error).error_code(refusal.code, ""), refusal)
}

/// A refusal with its reason.
pub(crate) fn full_refusal(request: &Request<'_>, refusal: &Refusal) -> MessageWriter {
    let answer = MessageWriter::answer(&request.message, Class::Error);
    with_unknown(answer.error_code(refusal.code, refusal.reason()), refusal)
}

fn with_unknown(answer: MessageWriter, refusal: &Refusal) -> MessageWriter {
    if refusal.unknown.is_empty() {
        return answer;
    }
    let value: Vec<u8> = refusal.unknown.iter().flat_map(|kind| kind.to_be_bytes()).collect();
    answer.attribute(attribute::UNKNOWN_ATTRIBUTES, &value)
}
