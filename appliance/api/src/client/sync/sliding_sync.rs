//! `POST /unstable/org.matrix.simplified_msc3575/sync`: sliding sync as it was before MSC4186 was accepted, and as
//! Element X and the SDKs speak it. ruma has a type for it without some of the fields, so it is read here.

use std::{collections::BTreeMap, time::Duration};

use axum::{
    extract::{Query, State},
    response::Response,
};
use ruma::{
    OwnedRoomId, UInt, UserId, api::client::sync::sync_events::v5::request::Extensions, events::StateEventType,
    presence::PresenceState,
};
use serde::Deserialize;
use veche_homeserver::sliding::{ListFilters, ListWish, RoomWish, SlidingRequest, StatePattern, StateWish, StickyWish};

use super::{
    held::{begin, held, json},
    sliding_wire::{self, Dialect, ExtensionNames},
};
use crate::{app::App, error::ApiError, extract::Plain};

/// Stands for every type or every state key.
const ANY: &str = "*";

#[derive(Deserialize)]
struct Parameters {
    pos: Option<String>,
    timeout: Option<u64>,
    set_presence: Option<PresenceState>,
}

#[derive(Deserialize)]
struct Wishes {
    conn_id: Option<String>,
    txn_id: Option<String>,
    #[serde(default)]
    lists: BTreeMap<String, List>,
    #[serde(default)]
    room_subscriptions: BTreeMap<OwnedRoomId, Room>,
    #[serde(default)]
    extensions: Asked,
}

/// Extensions; ruma's type lacks one of them.
#[derive(Default, Deserialize)]
struct Asked {
    #[serde(flatten)]
    known: Extensions,
    #[serde(rename = "org.matrix.msc4354.sticky_events", default)]
    sticky: StickyWish,
}

#[derive(Deserialize)]
struct List {
    ranges: Option<Vec<(UInt, UInt)>>,
    timeline_limit: UInt,
    #[serde(default)]
    required_state: Vec<(StateEventType, String)>,
    filters: Option<ListFilters>,
}

#[derive(Deserialize)]
struct Room {
    timeline_limit: UInt,
    #[serde(default)]
    required_state: Vec<(StateEventType, String)>,
}

/// What is news in a connection's windows; waits when nothing is. Any account may, for itself.
pub(super) async fn sliding_sync(State(app): State<App>, req: Plain) -> Result<Response, ApiError> {
    let who = req.requester.as_ref().ok_or_else(ApiError::missing_token)?;
    let Query(parameters) = Query::<Parameters>::try_from_uri(&req.parts.uri)
        .map_err(|error| ApiError::invalid_param(error.to_string()))?;
    let wishes: Wishes = json(&req.bytes)?;
    let user = &who.user_id;
    let room = |room: Room| room_wish(&room.required_state, room.timeline_limit, user);
    let request = SlidingRequest {
        user: user.clone(),
        device: who.device_id.clone(),
        conn_id: wishes.conn_id.unwrap_or_default(),
        pos: parameters.pos,
        timeout: Duration::from_millis(parameters.timeout.unwrap_or(0)),
        lists: wishes.lists.into_iter().map(|(name, list)| (name, list_wish(list, user))).collect(),
        subscriptions: wishes.room_subscriptions.into_iter().map(|(id, wish)| (id, room(wish))).collect(),
        extensions: wishes.extensions.known,
        sticky: wishes.extensions.sticky,
    };
    if request.pos.is_none() {
        begin(&app, who)?;
    }
    // Ends with the answer, also when the client goes away before.
    let _poll = app.homeserver.parts.presence.poll(user, &parameters.set_presence.unwrap_or_default());
    let answer = held(&app, who, app.homeserver.sliding.poll(&request)).await?;
    sliding_wire::answer(answer, wishes.txn_id, Dialect::Former, &ExtensionNames::new())
}

fn list_wish(list: List, user: &UserId) -> ListWish {
    let ranges = |ranges: Vec<(UInt, UInt)>| ranges.into_iter().map(|(a, b)| (a.into(), b.into())).collect();
    ListWish {
        ranges: list.ranges.map(ranges),
        filters: list.filters.unwrap_or_default(),
        room: room_wish(&list.required_state, list.timeline_limit, user),
    }
}

/// Reads pairs of type and state key: `*` is any, `$ME` the reader, `$LAZY` the members who speak.
fn room_wish(required: &[(StateEventType, String)], timeline_limit: UInt, user: &UserId) -> RoomWish {
    let mut state = StateWish::default();
    for (kind, key) in required {
        if *kind == StateEventType::RoomMember && key == "$LAZY" {
            state.lazy_members = true;
            continue;
        }
        state.include.push(StatePattern {
            kind: Some(kind.clone()).filter(|kind| *kind != StateEventType::from(ANY)),
            state_key: match key.as_str() {
                ANY => None,
                "$ME" => Some(user.to_string()),
                key => Some(key.to_owned()),
            },
        });
    }
    RoomWish { timeline_limit: timeline_limit.into(), state }
}

#[cfg(test)]
mod tests {
    use ruma::user_id;

    use super::*;

    #[test]
    fn wishes_know_stars_and_oneself() {
        let pair = |kind: &str, key: &str| (StateEventType::from(kind), key.to_owned());
        let required =
            [pair("m.room.member", "$ME"), pair("m.room.member", "$LAZY"), pair("m.space.child", "*"), pair("*", "x")];
        let wish = room_wish(&required, UInt::from(7_u32), user_id!("@me:localhost"));
        let pattern = |kind: Option<&str>, key: Option<&str>| StatePattern {
            kind: kind.map(StateEventType::from),
            state_key: key.map(ToOwned::to_owned),
        };
        assert_eq!(wish.timeline_limit, 7);
        assert!(wish.state.lazy_members && wish.state.exclude.is_empty());
        assert_eq!(
            wish.state.include,
            [
                pattern(Some("m.room.member"), Some("@me:localhost")),
                pattern(Some("m.space.child"), None),
                pattern(None, Some("x")),
            ]
        );
    }
}
