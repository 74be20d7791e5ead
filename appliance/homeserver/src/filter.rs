//! Filters: which events a client asked for (spec: "Filtering").

use ruma::api::client::filter::{RoomEventFilter, UrlFilter};
use serde::Deserialize;
use veche_rooms::Pdu;

/// Whether an event of a room passes a room event filter.
pub fn matches_room_event(filter: &RoomEventFilter, pdu: &Pdu) -> bool {
    let kind = pdu.kind.to_string();
    matches_type(filter.types.as_deref(), &filter.not_types, &kind)
        && filter.senders.as_ref().is_none_or(|senders| senders.contains(&pdu.sender))
        && !filter.not_senders.contains(&pdu.sender)
        && filter.rooms.as_ref().is_none_or(|rooms| rooms.contains(&pdu.room_id))
        && !filter.not_rooms.contains(&pdu.room_id)
        && filter.url_filter.as_ref().is_none_or(|wanted| has_url(pdu) == (*wanted == UrlFilter::EventsWithUrl))
}

/// Whether an event type passes a pair of lists; `*` stands for any run of characters.
pub fn matches_type(types: Option<&[String]>, not_types: &[String], kind: &str) -> bool {
    types.is_none_or(|types| types.iter().any(|pattern| matches_pattern(pattern, kind)))
        && !not_types.iter().any(|pattern| matches_pattern(pattern, kind))
}

/// Linear in the length of both, whatever the pattern.
fn matches_pattern(pattern: &str, text: &str) -> bool {
    let Some((prefix, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut text) = text.strip_prefix(prefix) else { return false };
    let mut pieces = rest.split('*').peekable();
    while let Some(piece) = pieces.next() {
        if pieces.peek().is_none() {
            return text.ends_with(piece);
        }
        match text.find(piece) {
            Some(at) => text = &text[at + piece.len()..],
            None => return false,
        }
    }
    true
}

fn has_url(pdu: &Pdu) -> bool {
    #[derive(Deserialize)]
    struct Url {
        url: Option<String>,
    }
    serde_json::from_str::<Url>(pdu.content.get()).is_ok_and(|content| content.url.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_run_of_characters() {
        for (pattern, text, matches) in [
            ("m.room.message", "m.room.message", true),
            ("m.room.*", "m.room.message", true),
            ("m.room.*", "m.reaction", false),
            ("*", "", true),
            ("*.message", "m.room.message", true),
            ("m.*.mess*e", "m.room.message", true),
            ("m.*.mess*x", "m.room.message", false),
            ("a*a", "a", false),
            ("**", "anything", true),
        ] {
            assert_eq!(matches_pattern(pattern, text), matches, "{pattern} on {text}");
        }
    }
}
