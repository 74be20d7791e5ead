//! One datagram as a STUN message (RFC 8489 §5).

use veche_turn::stun::{Algorithm, Class, LongTermKey, Message, MessageWriter, attribute};

/// Reads the message, asks it everything, writes it anew and expects the same answers.
pub fn feed(input: &[u8]) {
    let Ok(message) = Message::parse(input) else { return };
    let key = LongTermKey::new(b"user", b"realm", b"password");
    let mut end = 20;
    for attribute in message.attributes() {
        assert_eq!(attribute.offset, end, "attributes stand one behind the other");
        end = attribute.offset + 4 + attribute.value.len().next_multiple_of(4);
        let proved = message.is_intact(&attribute, key.as_bytes());
        assert!(!proved || Algorithm::of_attribute(attribute.kind).is_some());
        if let Some(address) = message.xor_address(&attribute) {
            let written = MessageWriter::answer(&message, Class::Success).xor_address(attribute.kind, address).finish();
            let read = Message::parse(&written).expect("what we write, we can read");
            let first = read.attribute(attribute.kind).expect("it was written");
            assert_eq!(read.xor_address(&first), Some(address));
        }
    }
    assert_eq!(end, input.len(), "attributes fill the message");
    assert!(message.fingerprint().is_none() || message.attribute(attribute::FINGERPRINT).is_some());
    write_again(&message);
}

/// The copy has the same header and attributes; only padding may differ, which receivers ignore (RFC 8489 §14).
fn write_again(message: &Message<'_>) {
    let writer = MessageWriter::new(message.class(), message.method(), message.transaction_id());
    let writer = message.attributes().fold(writer, |writer, one| writer.attribute(one.kind, one.value));
    let bytes = writer.finish();
    let copy = Message::parse(&bytes).expect("what we write, we can read");
    assert_eq!(bytes.len(), message.as_bytes().len());
    assert_eq!(bytes[..20], message.as_bytes()[..20]);
    let pairs = |of: &Message<'_>| of.attributes().map(|one| (one.kind, one.value.to_vec())).collect::<Vec<_>>();
    assert_eq!(pairs(&copy), pairs(message));
}
