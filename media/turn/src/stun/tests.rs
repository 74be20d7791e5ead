use std::net::SocketAddr;

use proptest::prelude::*;
use stun_types::attribute::{AttributeStaticType, Realm, Username, XorMappedAddress};
use stun_types::message::{
    IntegrityAlgorithm, LongTermKeyCredentials, Message as PeerMessage, MessageIntegrityCredentials, MessageType,
    MessageWrite, MessageWriteExt, MessageWriteVec, Method as PeerMethod, ShortTermCredentials,
    TransactionId as PeerId,
};

use super::{Algorithm, Class, LongTermKey, Message, MessageWriter, Method, ParseError, attribute, write_data_header};

fn bytes(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> = hex.bytes().filter(u8::is_ascii_hexdigit).collect();
    digits.chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

/// RFC 5769 §2.1.
const SAMPLE_REQUEST: &str = "
    00010058 2112a442 b7e7a701bc34d686fa87dfae
    80220010 5354554e207465737420636c69656e74
    00240004 6e0001ff 80290008 932ff9b151263b36
    00060009 6576746a3a68367659202020
    00080014 9aeaa70cbfd8cb56781ef2b5b2d3f249c1b571a2
    80280004 e57a3bcf";
/// RFC 5769 §2.2.
const SAMPLE_IPV4_RESPONSE: &str = "
    0101003c 2112a442 b7e7a701bc34d686fa87dfae
    8022000b 7465737420766563746f7220
    00200008 0001a147e112a643
    00080014 2b91f599fd9e90c38c7489f92af9ba53f06be7d7
    80280004 c07d4c96";
/// RFC 5769 §2.3.
const SAMPLE_IPV6_RESPONSE: &str = "
    01010048 2112a442 b7e7a701bc34d686fa87dfae
    8022000b 7465737420766563746f7220
    00200014 0002a1470113a9faa5d3f179bc25f4b5bed2b9d9
    00080014 a382954e4be67bf11784c97c8292c275bfe3ed41
    80280004 c8fb0b4c";
/// RFC 5769 §2.4.
const SAMPLE_LONG_TERM_REQUEST: &str = "
    00010060 2112a442 78ad3433c6ad72c029da412e
    00060012 e3839ee38388e383aae38383e382afe382b90000
    0015001c 662f2f3439396b39353464364f4c33346f4c394653547679363473 41
    0014000b 6578616d706c652e6f726700
    00080014 f67024656dd64a3e02b8e0712e85c9a28ca89666";
const SAMPLE_PASSWORD: &[u8] = b"VOkJxbRl1RmTxUk/WvJxBt";

fn is_intact(message: &Message<'_>, key: &[u8]) -> bool {
    message.attribute(attribute::MESSAGE_INTEGRITY).is_some_and(|found| message.is_intact(&found, key))
}

#[test]
fn rfc_5769_request() {
    let sample = bytes(SAMPLE_REQUEST);
    let message = Message::parse(&sample).unwrap();
    assert_eq!((message.class(), message.method()), (Class::Request, Method::BINDING));
    assert_eq!(message.transaction_id().to_vec(), bytes("b7e7a701bc34d686fa87dfae"));
    assert_eq!(message.attribute(attribute::USERNAME).unwrap().value, b"evtj:h6vY");
    assert!(is_intact(&message, SAMPLE_PASSWORD));
    assert!(!is_intact(&message, b"another"));
    assert_eq!(message.fingerprint(), Some(true));
}

#[test]
fn rfc_5769_responses() {
    for (sample, address) in [
        (SAMPLE_IPV4_RESPONSE, "192.0.2.1:32853"),
        (SAMPLE_IPV6_RESPONSE, "[2001:db8:1234:5678:11:2233:4455:6677]:32853"),
    ] {
        let sample = bytes(sample);
        let message = Message::parse(&sample).unwrap();
        assert_eq!((message.class(), message.method()), (Class::Success, Method::BINDING));
        let mapped = message.attribute(attribute::XOR_MAPPED_ADDRESS).unwrap();
        assert_eq!(message.xor_address(&mapped), Some(address.parse().unwrap()));
        assert!(is_intact(&message, SAMPLE_PASSWORD));
        assert_eq!(message.fingerprint(), Some(true));
    }
}

#[test]
fn rfc_5769_long_term_request() {
    let sample = bytes(SAMPLE_LONG_TERM_REQUEST);
    let message = Message::parse(&sample).unwrap();
    let key = LongTermKey::new("マトリックス".as_bytes(), b"example.org", b"TheMatrIX");
    assert!(is_intact(&message, key.as_bytes()));
    assert_eq!(message.attribute(attribute::NONCE).unwrap().value, b"f//499k954d6OL34oL9FSTvy64sA");
    assert_eq!(message.fingerprint(), None);
}

#[test]
fn every_changed_bit_is_noticed() {
    let sample = bytes(SAMPLE_IPV4_RESPONSE);
    for bit in 0..sample.len() * 8 {
        let mut changed = sample.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        let right = Message::parse(&changed).is_ok_and(|message| message.fingerprint() == Some(true));
        assert!(!right, "bit {bit}");
    }
}

#[test]
fn what_is_no_message_is_refused() {
    let whole = bytes(SAMPLE_REQUEST);
    for length in 0..whole.len() {
        assert!(Message::parse(&whole[..length]).is_err(), "{length} bytes");
    }
    let mut longer = whole.clone();
    longer.push(0);
    assert_eq!(Message::parse(&longer).unwrap_err(), ParseError::Length);
    let mut channel = whole.clone();
    channel[0] = 0x40;
    assert_eq!(Message::parse(&channel).unwrap_err(), ParseError::NotStun);
    let mut old = whole.clone();
    old[4] = 0;
    assert_eq!(Message::parse(&old).unwrap_err(), ParseError::NotStun);
    let mut reaching = whole;
    reaching[23] = 0xFF;
    assert_eq!(Message::parse(&reaching).unwrap_err(), ParseError::Attribute);
}

#[test]
fn another_implementation_reads_what_we_write() {
    let address: SocketAddr = "[2001:db8::9]:65535".parse().unwrap();
    let id = *b"transaction!";
    let peer_credentials = LongTermKeyCredentials::new("user".into(), "password".into(), "realm".into());
    let credentials = MessageIntegrityCredentials::LongTerm(peer_credentials);
    let key = LongTermKey::new(b"user", b"realm", b"password");
    let written = MessageWriter::new(Class::Success, Method::ALLOCATE, id)
        .xor_address(attribute::XOR_MAPPED_ADDRESS, address)
        .attribute(attribute::REALM, b"realm")
        .integrity(Algorithm::Sha1, key.as_bytes())
        .fingerprint()
        .finish();
    let read = PeerMessage::from_bytes(&written).unwrap();
    assert_eq!(read.method(), PeerMethod::new(3));
    assert_eq!(u128::from(read.transaction_id()).to_be_bytes()[4..], id);
    assert_eq!(read.attribute::<XorMappedAddress>().unwrap().addr(read.transaction_id()), address);
    assert_eq!(read.attribute::<Realm>().unwrap().realm(), "realm");
    assert!(read.validate_integrity(&credentials).is_ok());
}

#[test]
fn both_hashes_agree_with_another_implementation() {
    let credentials = ShortTermCredentials::new("a short-term password".into());
    let peer_credentials = MessageIntegrityCredentials::ShortTerm(credentials);
    let pairs = [(Algorithm::Sha1, IntegrityAlgorithm::Sha1), (Algorithm::Sha256, IntegrityAlgorithm::Sha256)];
    for (ours, theirs) in pairs {
        let mut message = PeerMessage::builder_request(PeerMethod::new(9), MessageWriteVec::new());
        message.add_attribute(&Username::new("name").unwrap()).unwrap();
        message.add_message_integrity(&peer_credentials, theirs).unwrap();
        message.add_fingerprint().unwrap();
        let made = message.finish();
        let read = Message::parse(&made).unwrap();
        assert_eq!(read.method(), Method::CHANNEL_BIND);
        assert_eq!(read.attribute(Username::TYPE.value()).unwrap().value, b"name");
        let integrity = read.attribute(ours.attribute()).unwrap();
        assert!(read.is_intact(&integrity, b"a short-term password"));
        assert_eq!(read.fingerprint(), Some(true));

        let written = MessageWriter::new(Class::Request, Method::REFRESH, [7; 12])
            .integrity(ours, b"a short-term password")
            .fingerprint()
            .finish();
        assert_eq!(PeerMessage::from_bytes(&written).unwrap().validate_integrity(&peer_credentials).unwrap(), theirs);
    }
}

#[test]
fn a_hash_may_be_cut_to_half_and_not_further() {
    let whole = MessageWriter::new(Class::Request, Method::BINDING, [1; 12]);
    for (kept, accepted) in [(32, true), (16, true), (20, true), (12, false), (0, false), (36, false)] {
        let mut hash = vec![0; kept];
        // The length in the header counts the cut attribute, so the hash is made over that.
        let placed = MessageWriter::new(Class::Request, Method::BINDING, [1; 12])
            .attribute(attribute::MESSAGE_INTEGRITY_SHA256, &hash)
            .finish();
        let mac: Vec<u8> = {
            use hmac::digest::{KeyInit, Mac};
            let mut mac = hmac::Hmac::<sha2::Sha256>::new_from_slice(b"key").unwrap();
            mac.update(&placed[..20]);
            mac.finalize().into_bytes().to_vec()
        };
        let fits = kept.min(mac.len());
        hash[..fits].copy_from_slice(&mac[..fits]);
        let sent = MessageWriter::new(Class::Request, Method::BINDING, [1; 12])
            .attribute(attribute::MESSAGE_INTEGRITY_SHA256, &hash)
            .finish();
        let message = Message::parse(&sent).unwrap();
        let found = message.attribute(attribute::MESSAGE_INTEGRITY_SHA256).unwrap();
        assert_eq!(message.is_intact(&found, b"key"), accepted, "{kept} bytes");
    }
    assert_eq!(whole.finish().len(), 20);
}

#[test]
fn error_codes_are_split_as_the_rfc_says() {
    let written = MessageWriter::new(Class::Error, Method::REFRESH, [0; 12])
        .error_code(438, "Stale Nonce")
        .address_error_code(2, 440)
        .finish();
    let message = Message::parse(&written).unwrap();
    assert_eq!(message.attribute(attribute::ERROR_CODE).unwrap().value, b"\0\0\x04\x26Stale Nonce");
    assert_eq!(message.attribute(attribute::ADDRESS_ERROR_CODE).unwrap().value, b"\x02\0\x04\x28");
}

proptest! {
    #[test]
    fn any_class_and_method_are_told_as_another_implementation_tells_them(kind in 0_u16..0x4000) {
        let mut sent = vec![0; 20];
        sent[..2].copy_from_slice(&kind.to_be_bytes());
        sent[4..8].copy_from_slice(&super::MAGIC_COOKIE.to_be_bytes());
        let ours = Message::parse(&sent).unwrap();
        let theirs = MessageType::from_bytes(&sent).unwrap();
        prop_assert_eq!(ours.method().0, theirs.method().value());
        prop_assert_eq!(super::join_type(ours.class(), ours.method()), kind);
    }

    #[test]
    fn any_address_comes_back(ip: std::net::IpAddr, port: u16, id: [u8; 12]) {
        let address = SocketAddr::new(ip, port);
        let peer_id = PeerId::from(id.iter().fold(0_u128, |all, byte| (all << 8) | u128::from(*byte)));
        let written = MessageWriter::new(Class::Success, Method::BINDING, id)
            .xor_address(attribute::XOR_MAPPED_ADDRESS, address)
            .finish();
        let message = Message::parse(&written).unwrap();
        prop_assert_eq!(message.xor_address(&message.attributes().next().unwrap()), Some(address));
        let peer = PeerMessage::from_bytes(&written).unwrap();
        prop_assert_eq!(peer.attribute::<XorMappedAddress>().unwrap().addr(peer_id), address);
    }

    #[test]
    fn a_head_written_in_place_is_a_data_indication(ip: std::net::IpAddr, port: u16, data: Vec<u8>, id: [u8; 12]) {
        let (head, used) = write_data_header(SocketAddr::new(ip, port), data.len(), &id).unwrap();
        let mut sent = head[..used].to_vec();
        sent.extend_from_slice(&data);
        sent.resize(used + data.len().next_multiple_of(4), 0);
        let message = Message::parse(&sent).unwrap();
        prop_assert_eq!((message.class(), message.method()), (Class::Indication, Method::DATA));
        let peer = message.attribute(attribute::XOR_PEER_ADDRESS).unwrap();
        prop_assert_eq!(message.xor_address(&peer), Some(SocketAddr::new(ip, port)));
        prop_assert_eq!(message.attribute(attribute::DATA).unwrap().value, &data[..]);
    }

    #[test]
    fn arbitrary_bytes_are_read_without_harm(tail: Vec<u8>, kind in 0_u16..0x4000) {
        let mut sent = vec![0; 20];
        sent[..2].copy_from_slice(&kind.to_be_bytes());
        sent[2..4].copy_from_slice(&u16::try_from(tail.len()).unwrap().to_be_bytes());
        sent[4..8].copy_from_slice(&super::MAGIC_COOKIE.to_be_bytes());
        sent.extend_from_slice(&tail);
        if let Ok(message) = Message::parse(&sent) {
            for attribute in message.attributes() {
                message.xor_address(&attribute);
                message.is_intact(&attribute, b"key");
            }
            message.fingerprint();
        }
    }
}
