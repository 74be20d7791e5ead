//! What ruma's answer of a sync cannot say: `state_after` under the name it had before it was in the specification (MSC4222),
//! which clients look for that ask with the old parameter, and events that stick (MSC4354).

use std::collections::BTreeMap;

use axum::{body::Body, response::Response as HttpResponse};
use bytes::BytesMut;
use ruma::{
    OwnedRoomId, RoomId,
    api::{OutgoingResponseExt, client::sync::sync_events::v3::Response},
};
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

use crate::{error::ApiError, respond::Answer};

/// An object whose values are passed on as they are.
type Fields = BTreeMap<String, Box<RawValue>>;

/// The name in the specification, and the one before.
const NAMES: (&str, &str) = ("state_after", "org.matrix.msc4222.state_after");

/// Where events that stick stand in a room.
const STICKY: &str = "msc4354_sticky";

/// Events in the form in which parts of a room are told.
#[derive(Serialize)]
struct Events<'a> {
    events: &'a [Box<RawValue>],
}

/// A sync answer in the words of the client.
pub(crate) struct SyncAnswer {
    pub(crate) response: Response,
    /// The client used the old parameter.
    pub(crate) old_names: bool,
    /// Events that stick (MSC4354), by room.
    pub(crate) sticky: BTreeMap<OwnedRoomId, Vec<Box<RawValue>>>,
}

impl Answer for SyncAnswer {
    fn into_http(self) -> Result<HttpResponse, ApiError> {
        let has_rooms = !self.response.rooms.join.is_empty() || !self.response.rooms.leave.is_empty();
        let answer = self.response.try_into_http_response::<BytesMut>().map_err(ApiError::internal)?;
        if !(self.old_names && has_rooms || !self.sticky.is_empty()) {
            return Ok(answer.map(|body| Body::from(body.freeze())));
        }
        let (parts, body) = answer.into_parts();
        let body = reworded(&body, self.old_names, &self.sticky).map_err(ApiError::internal)?;
        Ok(HttpResponse::from_parts(parts, Body::from(body)))
    }
}

/// The answer with the field renamed where it stands in a room, and nowhere else: events may hold the word too. What sticks
/// is put beside it.
fn reworded(
    body: &[u8],
    old_names: bool,
    sticky: &BTreeMap<OwnedRoomId, Vec<Box<RawValue>>>,
) -> Result<Vec<u8>, serde_json::Error> {
    let mut answer: Fields = serde_json::from_slice(body)?;
    if let Some(by_kind) = answer.get_mut("rooms") {
        let mut kinds: Fields = serde_json::from_str(by_kind.get())?;
        for kind in ["join", "leave"] {
            let Some(rooms) = kinds.get_mut(kind) else { continue };
            let mut by_id: BTreeMap<String, Fields> = serde_json::from_str(rooms.get())?;
            for (id, room) in &mut by_id {
                if old_names && let Some(state) = room.remove(NAMES.0) {
                    room.insert(NAMES.1.to_owned(), state);
                }
                let stuck = <&RoomId>::try_from(id.as_str()).ok().and_then(|id| sticky.get(id));
                if let Some(events) = stuck.filter(|_| kind == "join") {
                    room.insert(STICKY.to_owned(), to_raw_value(&Events { events })?);
                }
            }
            *rooms = to_raw_value(&by_id)?;
        }
        *by_kind = to_raw_value(&kinds)?;
    }
    serde_json::to_vec(&answer)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use std::collections::BTreeMap;

    use ruma::owned_room_id;
    use serde_json::value::to_raw_value;

    use super::reworded;

    #[test]
    fn only_the_field_of_a_room_is_renamed() {
        let event = json!({ "content": { "state_after": 1 } });
        let answer = |name: &str| {
            json!({
                "next_batch": "s1_2",
                "rooms": {
                    "join": { "!a:x": { name: { "events": [event] }, "timeline": { "events": [event] } } },
                    "leave": { "!b:x": { name: {} } },
                    "invite": { "!c:x": { "invite_state": {} } },
                },
            })
        };
        let body = reworded(answer("state_after").to_string().as_bytes(), true, &BTreeMap::new()).unwrap();
        let told: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(told, answer("org.matrix.msc4222.state_after"));
        let sticky = BTreeMap::from([(owned_room_id!("!a:x"), vec![to_raw_value(&event).unwrap()])]);
        let body = reworded(answer("state_after").to_string().as_bytes(), false, &sticky).unwrap();
        let told: Value = serde_json::from_slice(&body).unwrap();
        let mut expected = answer("state_after");
        expected["rooms"]["join"]["!a:x"]["msc4354_sticky"] = json!({ "events": [event] });
        assert_eq!(told, expected);
    }
}
