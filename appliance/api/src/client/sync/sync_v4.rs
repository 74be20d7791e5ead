//! `POST /_matrix/client/v4/sync`: sliding sync as MSC4186 was accepted in June 2026. No released version of the
//! specification has it yet (the newest is 1.19), so `/versions` has no word for it; ruma has no type for it either.
//!
//! Its extensions are proposals of their own. `typing` is accepted (MSC4508); messages to the device (MSC4538) and keys
//! (MSC4543) are not, and have to be asked for under their unstable names. What is asked for otherwise is ignored.

use std::{collections::BTreeMap, time::Duration};

use axum::{extract::State, response::Response};
use ruma::{
    OwnedRoomId, UInt,
    api::client::sync::sync_events::v5::request::{E2EE, Extensions, ToDevice, Typing},
    presence::PresenceState,
};
use serde::Deserialize;
use veche_homeserver::sliding::{ListFilters, ListWish, RoomWish, SlidingRequest, StatePattern, StateWish, StickyWish};

use super::{
    held::{begin, held, json},
    sliding_wire::{self, Dialect, ExtensionNames},
};
use crate::{app::App, error::ApiError, extract::Plain};

#[derive(Deserialize)]
struct Wishes {
    conn_id: Option<String>,
    pos: Option<String>,
    timeout: Option<UInt>,
    set_presence: Option<PresenceState>,
    #[serde(default)]
    lists: BTreeMap<String, List>,
    #[serde(default)]
    room_subscriptions: BTreeMap<OwnedRoomId, Room>,
    #[serde(default)]
    extensions: Asked,
}

#[derive(Deserialize)]
struct List {
    timeline_limit: UInt,
    required_state: RequiredState,
    range: Option<(UInt, UInt)>,
    filters: Option<ListFilters>,
}

#[derive(Deserialize)]
struct Room {
    timeline_limit: UInt,
    required_state: RequiredState,
}

#[derive(Deserialize)]
struct RequiredState {
    #[serde(default)]
    include: Vec<StatePattern>,
    #[serde(default)]
    exclude: Vec<StatePattern>,
    #[serde(default)]
    lazy_members: bool,
}

/// Extensions under their names of today.
#[derive(Default, Deserialize)]
struct Asked {
    typing: Option<Typing>,
    #[serde(rename = "org.matrix.msc4508.typing")]
    unstable_typing: Option<Typing>,
    #[serde(rename = "org.matrix.msc4538.to_device")]
    to_device: Option<ToDevice>,
    #[serde(rename = "org.matrix.msc4543.e2ee")]
    e2ee: Option<E2EE>,
    #[serde(rename = "org.matrix.msc4354.sticky_events", default)]
    sticky: StickyWish,
}

/// What is news in a connection's windows; waits when nothing is. Any account may, for itself.
pub(super) async fn sync_v4(State(app): State<App>, req: Plain) -> Result<Response, ApiError> {
    let who = req.requester.as_ref().ok_or_else(ApiError::missing_token)?;
    let wishes: Wishes = json(&req.bytes)?;
    check(&wishes)?;
    let sticky = wishes.extensions.sticky.clone();
    let (extensions, names) = extensions(wishes.extensions);
    let request = SlidingRequest {
        user: who.user_id.clone(),
        device: who.device_id.clone(),
        conn_id: wishes.conn_id.unwrap_or_default(),
        pos: wishes.pos,
        timeout: Duration::from_millis(wishes.timeout.unwrap_or_default().into()),
        lists: wishes.lists.into_iter().map(|(name, list)| (name, list_wish(list))).collect(),
        subscriptions: wishes
            .room_subscriptions
            .into_iter()
            .map(|(id, room)| (id, room_wish(room.required_state, room.timeline_limit)))
            .collect(),
        extensions,
        sticky,
    };
    if request.pos.is_none() {
        begin(&app, who)?;
    }
    // Ends with the answer, also when the client goes away before.
    let _poll = app.homeserver.parts.presence.poll(&who.user_id, &wishes.set_presence.unwrap_or_default());
    let answer = held(&app, who, app.homeserver.sliding.poll(&request)).await?;
    sliding_wire::answer(answer, None, Dialect::Accepted, &names)
}

fn check(wishes: &Wishes) -> Result<(), ApiError> {
    let known = [PresenceState::Online, PresenceState::Unavailable, PresenceState::Offline];
    if wishes.set_presence.as_ref().is_some_and(|presence| !known.contains(presence)) {
        return Err(ApiError::invalid_param("set_presence is online, unavailable or offline"));
    }
    // The grammar of opaque identifiers.
    let opaque = |name: &String| {
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte))
    };
    if !wishes.lists.keys().all(opaque) {
        return Err(ApiError::invalid_param("the name of a list is made of letters, digits and -._~"));
    }
    let to_device = wishes.extensions.to_device.as_ref();
    if to_device.and_then(|wish| wish.limit).is_some_and(|limit| limit == UInt::from(0_u32)) {
        return Err(ApiError::invalid_param("the limit of messages to the device is a positive number"));
    }
    Ok(())
}

fn list_wish(list: List) -> ListWish {
    ListWish {
        ranges: list.range.map(|(first, last)| vec![(first.into(), last.into())]),
        filters: list.filters.unwrap_or_default(),
        room: room_wish(list.required_state, list.timeline_limit),
    }
}

fn room_wish(required: RequiredState, timeline_limit: UInt) -> RoomWish {
    let RequiredState { include, exclude, lazy_members } = required;
    RoomWish { timeline_limit: timeline_limit.into(), state: StateWish { include, exclude, lazy_members } }
}

/// The extensions that are asked for, and the names under which.
fn extensions(asked: Asked) -> (Extensions, ExtensionNames) {
    let mut names = ExtensionNames::from([
        ("to_device", "org.matrix.msc4538.to_device".to_owned()),
        ("e2ee", "org.matrix.msc4543.e2ee".to_owned()),
    ]);
    if asked.typing.is_none() {
        names.insert("typing", "org.matrix.msc4508.typing".to_owned());
    }
    let mut extensions = Extensions::default();
    extensions.to_device = asked.to_device.unwrap_or_default();
    extensions.e2ee = asked.e2ee.unwrap_or_default();
    extensions.typing = asked.typing.or(asked.unstable_typing).unwrap_or_default();
    (extensions, names)
}
