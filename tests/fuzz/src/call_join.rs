//! What a client says of itself when it comes into a call: the parameters of `/rtc`, and the `join_request` of `/rtc/v1`.

use std::io::Write;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;
use flate2::Compression;
use flate2::write::GzEncoder;
use livekit_protocol::WrappedJoinRequest;
use livekit_protocol::signal_response::Message;
use prost::Message as _;
use veche_media_driver::testing::{House, ScriptedEngine};
use veche_media_driver::{Arrival, Grants};

use crate::calls::{ROOM, assert_bounded, assert_empties, assert_unharmed, hear_at, join, limits};

/// The first byte says what the rest is, and who comes: the parameter itself, a message that is packed, one that is not, or
/// parameters.
pub fn feed(input: &[u8]) {
    let Some((choice, rest)) = input.split_first() else { return };
    let Some(arrival) = arrival(*choice, rest) else { return };
    let mut house = House::new(ScriptedEngine::new(), limits());
    let anna = join(&mut house, "anna");
    let identity = if choice & 8 == 0 { "stranger" } else { "anna" };
    let grants = Grants {
        can_update_own_metadata: choice & 16 != 0,
        hidden: choice & 32 != 0,
        ..Grants::participant(identity, ROOM)
    };
    let comes_back = arrival.request.reconnect;
    let visitor = house.join(grants, arrival);
    assert_bounded(&house, &limits());
    let (heard, lives) = hear_at(&visitor);
    match heard.first() {
        Some(Message::Join(_)) => assert!(!comes_back, "who comes back is not told that he joins"),
        Some(Message::Reconnect(_)) => assert_eq!(identity, "anna", "nobody comes back as somebody else"),
        Some(Message::Leave(_)) => assert!(!lives && heard.len() == 1, "a refusal is the end: {heard:?}"),
        other => panic!("the first word is one of those, not {other:?}"),
    }
    if identity == "anna" && !comes_back {
        let (heard, lives) = hear_at(&anna.visitor);
        assert!(!lives && matches!(heard.last(), Some(Message::Leave(_))), "the second takes the place of the first");
    } else {
        assert_unharmed(&mut house, &anna);
    }
    assert_empties(&mut house, [&anna.visitor, &visitor]);
}

fn arrival(choice: u8, rest: &[u8]) -> Option<Arrival> {
    let wrapped = |compression, join_request| {
        let wrapped = WrappedJoinRequest { compression, join_request }.encode_to_vec();
        Arrival::from_join_request(&URL_SAFE.encode(wrapped)).ok()
    };
    match choice & 3 {
        0 => Arrival::from_join_request(str::from_utf8(rest).ok()?).ok(),
        1 => wrapped(0, rest.to_vec()),
        2 => {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
            encoder.write_all(rest).expect("memory takes everything");
            wrapped(1, encoder.finish().expect("memory takes everything"))
        }
        _ => {
            let text = str::from_utf8(rest).ok()?;
            let pairs = text.split('&').filter_map(|pair| pair.split_once('='));
            let parameters: Vec<(String, String)> =
                pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
            Some(Arrival::from_parameters(&parameters))
        }
    }
}
