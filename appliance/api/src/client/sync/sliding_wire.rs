//! A sliding sync answer as JSON, in either dialect.

use std::collections::BTreeMap;

use axum::{body::Body, response::Response};
use http::{HeaderValue, header::CONTENT_TYPE};
use ruma::{OwnedMxcUri, OwnedRoomId, OwnedUserId, events::StateEventType};
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};
use veche_homeserver::sliding::{
    E2eeAnswer, ExtensionsAnswer, Hero, RoomAnswer, SlidingAnswer, StickyAnswer, ToDeviceAnswer,
};

use crate::error::ApiError;

/// The two forms of MSC4186.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    /// `/unstable/org.matrix.simplified_msc3575/sync`, as it was implemented before the proposal was accepted.
    Former,
    /// `/v4/sync`, as it was accepted.
    Accepted,
}

/// The names under which a request asked for extensions; the answer uses the same.
pub(super) type ExtensionNames = BTreeMap<&'static str, String>;

#[derive(Serialize)]
struct Answer {
    pos: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    txn_id: Option<String>,
    lists: BTreeMap<String, List>,
    rooms: BTreeMap<OwnedRoomId, Room>,
    extensions: BTreeMap<String, Box<RawValue>>,
}

#[derive(Serialize)]
struct List {
    count: u64,
}

/// Fields whose name differs stand twice.
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
struct Room {
    #[serde(skip_serializing_if = "is_false")]
    initial: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    membership: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    lists: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<Option<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    avatar: Option<Option<OwnedMxcUri>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    heroes: Option<Vec<WireHero>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    is_dm: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    invite_state: Option<Vec<Box<RawValue>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stripped_state: Option<Vec<Box<RawValue>>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    required_state: Vec<Box<RawValue>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    timeline: Vec<Box<RawValue>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    timeline_events: Vec<Box<RawValue>>,
    #[serde(skip_serializing_if = "is_false")]
    unstable_expanded_timeline: bool,
    #[serde(skip_serializing_if = "is_false")]
    expanded_timeline: bool,
    #[serde(skip_serializing_if = "is_false")]
    limited: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    prev_batch: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    num_live: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    joined_count: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    invited_count: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    notification_count: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    highlight_count: Option<u64>,
    bump_stamp: u64,
}

#[derive(Serialize)]
struct WireHero {
    user_id: OwnedUserId,
    #[serde(skip_serializing_if = "Option::is_none")]
    displayname: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    avatar_url: Option<OwnedMxcUri>,
}

/// State that is no more.
#[derive(Serialize)]
struct StateStub {
    #[serde(rename = "type")]
    kind: StateEventType,
    state_key: String,
}

#[derive(Serialize)]
struct ToDevice {
    next_batch: String,
    events: Vec<Box<RawValue>>,
}

#[derive(Serialize)]
struct E2ee {
    device_lists: DeviceLists,
    device_one_time_keys_count: BTreeMap<String, u64>,
    device_unused_fallback_key_types: Vec<String>,
}

#[derive(Serialize)]
struct DeviceLists {
    changed: Vec<OwnedUserId>,
    left: Vec<OwnedUserId>,
}

#[derive(Serialize)]
struct AccountData {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    global: Vec<Box<RawValue>>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    rooms: BTreeMap<OwnedRoomId, Vec<Box<RawValue>>>,
}

#[derive(Serialize)]
struct ByRoom {
    rooms: BTreeMap<OwnedRoomId, Box<RawValue>>,
}

#[derive(Serialize)]
struct Sticky {
    next_batch: String,
    rooms: BTreeMap<OwnedRoomId, Events>,
}

#[derive(Serialize)]
struct Events {
    events: Vec<Box<RawValue>>,
}

/// The whole answer.
pub(super) fn answer(
    answer: SlidingAnswer,
    txn_id: Option<String>,
    dialect: Dialect,
    names: &ExtensionNames,
) -> Result<Response, ApiError> {
    let mut rooms = BTreeMap::new();
    // The former dialect has no word for an invite that is hidden: a room without an invite would count as joined.
    let can_be_said = |answer: &RoomAnswer| dialect == Dialect::Accepted || !answer.withdrawn;
    for (room_id, answer) in answer.rooms.into_iter().filter(|(_, answer)| can_be_said(answer)) {
        rooms.insert(room_id, room(answer, dialect)?);
    }
    let answer = Answer {
        pos: answer.pos,
        txn_id,
        lists: answer.lists.into_iter().map(|(name, count)| (name, List { count })).collect(),
        rooms,
        extensions: extensions(answer.extensions, names).map_err(ApiError::internal)?,
    };
    let body = serde_json::to_vec(&answer).map_err(ApiError::internal)?;
    let mut response = Response::new(Body::from(body));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(response)
}

fn room(answer: RoomAnswer, dialect: Dialect) -> Result<Room, ApiError> {
    let accepted = dialect == Dialect::Accepted;
    let outside = answer.invite_state.is_some();
    // The accepted form says nothing of a room's inside to those who are outside.
    let inside = !(accepted && outside);
    let (timeline, timeline_events) = either(accepted, answer.timeline);
    let (invite_state, stripped_state) = either(accepted, answer.invite_state);
    let (unstable_expanded_timeline, expanded_timeline) = either(accepted, answer.expanded);
    let mut required_state = answer.required_state;
    if accepted {
        for (kind, state_key) in answer.removed_state {
            required_state.push(to_raw_value(&StateStub { kind, state_key }).map_err(ApiError::internal)?);
        }
    }
    Ok(Room {
        initial: answer.initial && inside,
        membership: answer.membership.filter(|_| accepted).map(|membership| membership.to_string()),
        lists: if accepted { answer.lists } else { Vec::new() },
        // In the former dialect a name is there or not; that it is gone is told by the state event.
        name: answer.name.filter(|name| inside && (accepted || name.is_some())),
        avatar: answer.avatar,
        heroes: answer.heroes.map(|heroes| heroes.into_iter().map(hero).collect()),
        is_dm: answer.is_dm.filter(|_| inside),
        invite_state,
        stripped_state,
        required_state,
        timeline,
        timeline_events,
        unstable_expanded_timeline,
        expanded_timeline,
        limited: answer.limited,
        prev_batch: answer.prev_batch.map(|token| token.to_string()),
        num_live: inside.then_some(answer.num_live),
        joined_count: answer.joined,
        invited_count: answer.invited,
        notification_count: inside.then_some(answer.unread.notifications),
        highlight_count: inside.then_some(answer.unread.highlights),
        bump_stamp: answer.bump_stamp,
    })
}

/// A value under its former name or under its accepted one.
fn either<T: Default>(accepted: bool, value: T) -> (T, T) {
    if accepted { (T::default(), value) } else { (value, T::default()) }
}

fn hero(hero: Hero) -> WireHero {
    WireHero { user_id: hero.user_id, displayname: hero.name, avatar_url: hero.avatar }
}

fn extensions(
    answer: ExtensionsAnswer,
    names: &ExtensionNames,
) -> Result<BTreeMap<String, Box<RawValue>>, serde_json::Error> {
    let mut wire = BTreeMap::new();
    let mut put = |name: &'static str, value: Box<RawValue>| {
        wire.insert(names.get(name).map_or(name, String::as_str).to_owned(), value);
    };
    if let Some(ToDeviceAnswer { next_batch, events }) = answer.to_device {
        put("to_device", to_raw_value(&ToDevice { next_batch: next_batch.to_string(), events })?);
    }
    if let Some(answer) = answer.e2ee {
        put("e2ee", to_raw_value(&e2ee(answer))?);
    }
    if !answer.account_data.is_empty() || !answer.room_account_data.is_empty() {
        let wire = AccountData { global: answer.account_data, rooms: answer.room_account_data };
        put("account_data", to_raw_value(&wire)?);
    }
    if !answer.receipts.is_empty() {
        put("receipts", to_raw_value(&ByRoom { rooms: answer.receipts })?);
    }
    if let Some(StickyAnswer { next_batch, rooms }) = answer.sticky {
        let rooms = rooms.into_iter().map(|(room_id, events)| (room_id, Events { events })).collect();
        put("org.matrix.msc4354.sticky_events", to_raw_value(&Sticky { next_batch: next_batch.to_string(), rooms })?);
    }
    if !answer.typing.is_empty() {
        put("typing", to_raw_value(&ByRoom { rooms: answer.typing })?);
    }
    Ok(wire)
}

fn e2ee(answer: E2eeAnswer) -> E2ee {
    E2ee {
        device_lists: DeviceLists { changed: answer.changed, left: answer.left },
        device_one_time_keys_count: answer.one_time_keys,
        device_unused_fallback_key_types: answer.unused_fallback_keys,
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes fields by reference")]
fn is_false(flag: &bool) -> bool {
    !*flag
}
