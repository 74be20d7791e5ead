//! `POST /unstable/org.matrix.simplified_msc3575/sync`

use std::time::Duration;

use axum::extract::State;
use ruma::{
    UInt,
    api::client::sync::sync_events::{
        UnreadNotificationsCount,
        v5::{
            Request, Response,
            response::{E2EE, Extensions, Hero as WireHero, List, Room, ToDevice},
        },
    },
};
use serde_json::value::RawValue;
use veche_homeserver::{
    sliding::{E2eeAnswer, ExtensionsAnswer, Hero, RoomAnswer, SlidingAnswer, SlidingRequest, ToDeviceAnswer},
    sync::UnreadCounts,
};

use crate::{app::App, client::message::raws, error::ApiError, extract::Ruma, respond::RumaResponse};

/// What is news in a connection's windows; waits when nothing is. Any account may, for itself.
pub(crate) async fn sliding_sync(
    State(app): State<App>,
    req: Ruma<Request>,
) -> Result<RumaResponse<Response>, ApiError> {
    let Ruma { body, who, .. } = req;
    let request = SlidingRequest {
        user: who.user_id.clone(),
        device: who.device_id.clone(),
        conn_id: body.conn_id.unwrap_or_default(),
        pos: body.pos,
        timeout: body.timeout.unwrap_or(Duration::ZERO),
        lists: body.lists,
        subscriptions: body.room_subscriptions,
        extensions: body.extensions,
    };
    // Ends with the answer, also when the client goes away before.
    let _poll = app.homeserver.parts.presence.poll(&request.user, &body.set_presence);
    let stopping = app.gate.supervisor.shutdown_token();
    let answer = tokio::select! {
        answer = app.homeserver.sliding.poll(&request) => answer?,
        () = who.revoked() => return Err(ApiError::unknown_token()),
        () = stopping.cancelled() => return Err(ApiError::stopping()),
    };
    let mut response = response(answer);
    response.txn_id = body.txn_id;
    Ok(RumaResponse(response))
}

fn response(answer: SlidingAnswer) -> Response {
    let mut response = Response::new(answer.pos);
    for (name, count) in answer.lists {
        let mut list = List::default();
        list.count = uint(count);
        response.lists.insert(name, list);
    }
    response.rooms = answer.rooms.into_iter().map(|(room_id, answer)| (room_id, room(answer))).collect();
    response.extensions = extensions(answer.extensions);
    response
}

fn room(answer: RoomAnswer) -> Room {
    let mut room = Room::new();
    room.initial = Some(answer.initial);
    room.name = answer.name;
    room.avatar = match answer.avatar {
        None => ruma::JsOption::Undefined,
        Some(None) => ruma::JsOption::Null,
        Some(Some(url)) => ruma::JsOption::Some(url),
    };
    room.is_dm = answer.is_dm;
    room.invite_state = answer.invite_state.map(raws);
    room.unread_notifications = counts(answer.unread);
    room.timeline = raws(answer.timeline);
    room.required_state = raws(answer.required_state);
    room.prev_batch = answer.prev_batch.map(|token| token.to_string());
    room.limited = answer.limited;
    room.joined_count = answer.joined.map(uint);
    room.invited_count = answer.invited.map(uint);
    room.num_live = Some(uint(answer.num_live));
    room.bump_stamp = Some(uint(answer.bump_stamp));
    room.heroes = answer.heroes.map(|heroes| heroes.into_iter().map(hero).collect());
    room
}

fn hero(hero: Hero) -> WireHero {
    let mut wire = WireHero::new(hero.user_id);
    wire.name = hero.name;
    wire.avatar = hero.avatar;
    wire
}

fn extensions(answer: ExtensionsAnswer) -> Extensions {
    let mut wire = Extensions::default();
    wire.to_device = answer.to_device.map(to_device);
    wire.e2ee = answer.e2ee.map(e2ee).unwrap_or_default();
    wire.account_data.global = raws(answer.account_data);
    wire.account_data.rooms =
        answer.room_account_data.into_iter().map(|(room_id, events)| (room_id, raws(events))).collect();
    wire.receipts.rooms = answer.receipts.into_iter().map(|(room_id, event)| (room_id, raw(event))).collect();
    wire.typing.rooms = answer.typing.into_iter().map(|(room_id, event)| (room_id, raw(event))).collect();
    wire
}

fn to_device(answer: ToDeviceAnswer) -> ToDevice {
    let mut wire = ToDevice::default();
    wire.next_batch = answer.next_batch.to_string();
    wire.events = raws(answer.events);
    wire
}

fn e2ee(answer: E2eeAnswer) -> E2EE {
    let mut wire = E2EE::default();
    wire.device_lists.changed = answer.changed;
    wire.device_lists.left = answer.left;
    wire.device_one_time_keys_count =
        answer.one_time_keys.into_iter().map(|(algorithm, count)| (algorithm.into(), uint(count))).collect();
    wire.device_unused_fallback_key_types = Some(answer.unused_fallback_keys.into_iter().map(Into::into).collect());
    wire
}

fn counts(counts: UnreadCounts) -> UnreadNotificationsCount {
    let mut wire = UnreadNotificationsCount::new();
    wire.notification_count = Some(uint(counts.notifications));
    wire.highlight_count = Some(uint(counts.highlights));
    wire
}

fn raw<T>(event: Box<RawValue>) -> ruma::serde::Raw<T> {
    ruma::serde::Raw::from_json(event)
}

fn uint(count: u64) -> UInt {
    UInt::new_saturating(count)
}
