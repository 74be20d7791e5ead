//! Tokens that clients bring back, wherever one is taken.

use http::Method;
use veche_homeserver::sync::SyncToken;

use crate::house::{self, encode};

/// The first byte chooses the endpoint; the rest is the token.
pub fn feed(input: &[u8]) {
    let Some((choice, token)) = input.split_first() else { return };
    if let Ok(text) = std::str::from_utf8(token) {
        if let Ok(read) = text.parse::<SyncToken>() {
            assert_eq!(read.to_string(), text, "a token has one spelling");
        }
        let _ = SyncToken::of_reading(text);
    }
    let token = encode(token);
    house::with(|house| {
        let room = house.room.clone();
        let event = house.event.clone();
        let client = "/_matrix/client";
        let (method, path) = match choice % 12 {
            0 => (Method::GET, format!("{client}/v3/sync?timeout=0&since={token}")),
            1 => (Method::GET, format!("{client}/v3/rooms/{room}/messages?dir=b&from={token}")),
            2 => (Method::GET, format!("{client}/v3/rooms/{room}/messages?dir=f&from={token}&to={token}")),
            3 => (Method::GET, format!("{client}/v3/keys/changes?from={token}&to={token}")),
            4 => (Method::GET, format!("{client}/v3/rooms/{room}/members?at={token}")),
            5 => (Method::GET, format!("{client}/v1/rooms/{room}/relations/{event}?from={token}")),
            6 => (Method::GET, format!("{client}/v1/rooms/{room}/threads?from={token}")),
            7 => (Method::GET, format!("{client}/v1/rooms/{room}/hierarchy?from={token}")),
            8 => (Method::GET, format!("{client}/v3/publicRooms?since={token}")),
            9 => (Method::GET, format!("{client}/v3/notifications?from={token}")),
            10 => (Method::GET, format!("{client}/v3/sync?timeout=0&filter={token}")),
            _ => {
                let sliding = format!("{client}/unstable/org.matrix.simplified_msc3575/sync?timeout=0&pos={token}");
                (Method::POST, sliding)
            }
        };
        house.ask(method, &path, b"{}");
    });
}
