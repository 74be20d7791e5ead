//! Filters: which events a client asked for (spec: "Filtering").

use std::borrow::Cow;

use ruma::{
    OwnedUserId, RoomId,
    api::client::filter::{Filter, RoomEventFilter, UrlFilter},
};
use serde::Deserialize;
use serde_json::value::RawValue;
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

/// Keeps the events (account data, presence) that pass a filter.
pub fn keep(filter: &Filter, events: &mut Vec<Box<RawValue>>) {
    let senders = filter.senders.as_ref();
    let passes = |event: &Outline<'_>| {
        let is_by = |users: &[OwnedUserId]| {
            let sender = event.sender.as_deref();
            sender.is_some_and(|sender| users.iter().any(|user| user == sender))
        };
        matches_type(filter.types.as_deref(), &filter.not_types, &event.kind)
            && senders.is_none_or(|senders| is_by(senders))
            && !is_by(&filter.not_senders)
    };
    keep_if(events, filter.is_empty(), passes);
}

/// Keeps the events of one room that have no sender (receipts, typing, account data) and pass a filter.
pub fn keep_of_room(filter: &RoomEventFilter, room_id: &RoomId, events: &mut Vec<Box<RawValue>>) {
    let wanted = filter.rooms.as_ref().is_none_or(|rooms| rooms.iter().any(|room| room == room_id))
        && !filter.not_rooms.iter().any(|room| room == room_id);
    let passes = |event: &Outline<'_>| wanted && matches_type(filter.types.as_deref(), &filter.not_types, &event.kind);
    keep_if(events, filter.is_empty(), passes);
}

/// What filters look at.
#[derive(Deserialize)]
struct Outline<'a> {
    #[serde(rename = "type", borrow)]
    kind: Cow<'a, str>,
    #[serde(borrow)]
    sender: Option<Cow<'a, str>>,
}

/// Events that cannot be read are kept: they are not the client's to judge.
fn keep_if(events: &mut Vec<Box<RawValue>>, all: bool, passes: impl Fn(&Outline<'_>) -> bool) {
    if !all {
        events.retain(|event| serde_json::from_str::<Outline<'_>>(event.get()).ok().is_none_or(|event| passes(&event)));
    }
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
