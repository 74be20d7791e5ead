//! `state_after` under the name it had before it was in the specification (MSC4222).
//!
//! Clients that ask with the old parameter look for the old name, and ruma writes the new one only.

use std::collections::BTreeMap;

use axum::{body::Body, response::Response as HttpResponse};
use bytes::BytesMut;
use ruma::api::{OutgoingResponseExt, client::sync::sync_events::v3::Response};
use serde_json::value::{RawValue, to_raw_value};

use crate::{error::ApiError, respond::Answer};

/// An object whose values are passed on as they are.
type Fields = BTreeMap<String, Box<RawValue>>;

/// The name in the specification, and the one before.
const NAMES: (&str, &str) = ("state_after", "org.matrix.msc4222.state_after");

/// A sync answer in the words of the client.
pub(crate) struct SyncAnswer {
    pub(crate) response: Response,
    /// The client used the old parameter.
    pub(crate) old_names: bool,
}

impl Answer for SyncAnswer {
    fn into_http(self) -> Result<HttpResponse, ApiError> {
        let has_rooms = !self.response.rooms.join.is_empty() || !self.response.rooms.leave.is_empty();
        let answer = self.response.try_into_http_response::<BytesMut>().map_err(ApiError::internal)?;
        if !self.old_names || !has_rooms {
            return Ok(answer.map(|body| Body::from(body.freeze())));
        }
        let (parts, body) = answer.into_parts();
        let body = renamed(&body).map_err(ApiError::internal)?;
        Ok(HttpResponse::from_parts(parts, Body::from(body)))
    }
}

/// The answer with the field renamed where it stands in a room, and nowhere else: events may hold the word too.
fn renamed(body: &[u8]) -> Result<Vec<u8>, serde_json::Error> {
    let mut answer: Fields = serde_json::from_slice(body)?;
    if let Some(by_kind) = answer.get_mut("rooms") {
        let mut kinds: Fields = serde_json::from_str(by_kind.get())?;
        for kind in ["join", "leave"] {
            let Some(rooms) = kinds.get_mut(kind) else { continue };
            let mut by_id: BTreeMap<String, Fields> = serde_json::from_str(rooms.get())?;
            for room in by_id.values_mut() {
                if let Some(state) = room.remove(NAMES.0) {
                    room.insert(NAMES.1.to_owned(), state);
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

    use super::renamed;

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
        let body = renamed(answer("state_after").to_string().as_bytes()).unwrap();
        let told: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(told, answer("org.matrix.msc4222.state_after"));
    }
}
