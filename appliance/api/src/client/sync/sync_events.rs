//! `GET /sync`

use std::time::Duration;

use axum::extract::State;
use ruma::{
    UInt,
    api::client::sync::sync_events::{
        DeviceLists, UnreadNotificationsCount,
        v3::{
            InviteState, InvitedRoom, JoinedRoom, KnockState, KnockedRoom, LeftRoom, Request, Response,
            RoomSummary as WireSummary, State as WireState, StateEvents, Timeline,
        },
    },
};
use veche_homeserver::{
    filter::FilterDefinition,
    sync::{
        InvitedUpdate, JoinedUpdate, LeftUpdate, RoomSummary, SyncRequest, SyncToken, SyncUpdate, TimelineUpdate,
        UnreadCounts,
    },
};

use super::{
    held::{begin, held},
    state_after::SyncAnswer,
};
use crate::{
    app::App,
    client::{filter::definition, message::raws},
    error::ApiError,
    extract::Ruma,
};

/// What changed for a device since its last token; waits when nothing did. Any account may, for itself.
pub(crate) async fn sync_events(State(app): State<App>, req: Ruma<Request>) -> Result<SyncAnswer, ApiError> {
    let since = req.body.since.as_deref().map(str::parse::<SyncToken>).transpose();
    let since = since.map_err(|error| ApiError::invalid_param(error.to_string()))?;
    let request = SyncRequest {
        user: req.sender().to_owned(),
        device: req.who.device_id.clone(),
        since,
        filter: filter(&app, &req)?,
        full_state: req.body.full_state,
        state_after: req.body.use_state_after
            || req.query("org.matrix.msc4222.use_state_after").as_deref() == Some("true"),
        timeout: req.body.timeout.unwrap_or(Duration::ZERO),
    };
    if request.since.is_none() || request.full_state {
        begin(&app, &req.who)?;
    }
    // Ends with the answer, also when the client goes away before.
    let _poll = app.homeserver.parts.presence.poll(req.sender(), &req.body.set_presence);
    let (update, next) = held(&app, &req.who, app.homeserver.sync.poll(&request)).await?;
    let old_names = request.state_after && !req.body.use_state_after;
    let mut update = update;
    let sticky = update.joined.iter_mut().filter(|room| !room.sticky.is_empty());
    let sticky = sticky.map(|room| (room.room_id.clone(), std::mem::take(&mut room.sticky))).collect();
    Ok(SyncAnswer { response: response(update, next, request.state_after), old_names, sticky })
}

/// What begins as an object does is a filter itself; everything else is the id of a saved one.
fn filter(app: &App, req: &Ruma<Request>) -> Result<FilterDefinition, ApiError> {
    let Some(named) = req.query("filter") else { return Ok(FilterDefinition::default()) };
    if named.trim_start().starts_with('{') {
        return definition(&named);
    }
    let saved = app.homeserver.parts.account_data.filter(req.sender(), &named)?;
    saved.ok_or_else(|| ApiError::invalid_param("no such filter"))
}

fn response(update: SyncUpdate, next: SyncToken, state_after: bool) -> Response {
    let mut response = Response::new(next.to_string());
    for room in update.joined {
        let (id, room) = joined(room, state_after);
        response.rooms.join.insert(id, room);
    }
    for InvitedUpdate { room_id, state } in update.invited {
        let mut invite_state = InviteState::new();
        invite_state.events = stripped(&state);
        response.rooms.invite.insert(room_id, InvitedRoom::from(invite_state));
    }
    for InvitedUpdate { room_id, state } in update.knocked {
        let mut knock_state = KnockState::new();
        knock_state.events = stripped(&state);
        response.rooms.knock.insert(room_id, KnockedRoom::from(knock_state));
    }
    for room in update.left {
        let (id, room) = left(room, state_after);
        response.rooms.leave.insert(id, room);
    }
    response.account_data.events = raws(update.account_data);
    response.presence.events = raws(update.presence);
    response.to_device.events = raws(update.device.to_device);
    response.device_lists = DeviceLists::new();
    response.device_lists.changed = update.device.changed;
    response.device_lists.left = update.device.left;
    response.device_one_time_keys_count =
        update.device.one_time_keys.into_iter().map(|(algorithm, count)| (algorithm.into(), uint(count))).collect();
    response.device_unused_fallback_key_types =
        Some(update.device.unused_fallback_keys.into_iter().map(Into::into).collect());
    response
}

fn joined(update: JoinedUpdate, state_after: bool) -> (ruma::OwnedRoomId, JoinedRoom) {
    let mut room = JoinedRoom::new();
    room.timeline = timeline(update.timeline);
    room.state = state(update.state, state_after);
    room.summary = update.summary.map(summary).unwrap_or_default();
    room.unread_notifications = counts(update.unread);
    room.unread_thread_notifications =
        update.unread_threads.into_iter().map(|(root, unread)| (root, counts(unread))).collect();
    room.ephemeral.events = raws(update.ephemeral);
    room.account_data.events = raws(update.account_data);
    (update.room_id, room)
}

fn left(update: LeftUpdate, state_after: bool) -> (ruma::OwnedRoomId, LeftRoom) {
    let mut room = LeftRoom::new();
    room.timeline = timeline(update.timeline);
    room.state = state(update.state, state_after);
    room.account_data.events = raws(update.account_data);
    (update.room_id, room)
}

fn timeline(update: TimelineUpdate) -> Timeline {
    let mut timeline = Timeline::new();
    timeline.limited = update.limited;
    timeline.prev_batch = update.prev_batch.map(|token| token.to_string());
    timeline.events = raws(update.events);
    timeline
}

fn state(events: Vec<Box<serde_json::value::RawValue>>, state_after: bool) -> WireState {
    let mut state = StateEvents::new();
    state.events = raws(events);
    if state_after { WireState::After(state) } else { WireState::Before(state) }
}

fn summary(summary: RoomSummary) -> WireSummary {
    let mut wire = WireSummary::new();
    wire.heroes = summary.heroes;
    wire.joined_member_count = Some(uint(summary.joined));
    wire.invited_member_count = Some(uint(summary.invited));
    wire
}

fn counts(counts: UnreadCounts) -> UnreadNotificationsCount {
    let mut wire = UnreadNotificationsCount::new();
    wire.notification_count = Some(uint(counts.notifications));
    wire.highlight_count = Some(uint(counts.highlights));
    wire
}

/// The stored array of stripped events.
fn stripped<T>(state: &serde_json::value::RawValue) -> Vec<ruma::serde::Raw<T>> {
    serde_json::from_str::<Vec<Box<serde_json::value::RawValue>>>(state.get()).map(raws).unwrap_or_default()
}

fn uint(count: u64) -> UInt {
    UInt::new_saturating(count)
}
