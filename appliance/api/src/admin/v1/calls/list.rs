//! `GET /api/admin/v1/calls`. Who may call it: administrators who look after rooms.

use axum::extract::State;
use schemars::JsonSchema;
use serde::Serialize;

use super::{CallPath, JoinStages, LiveCall, LiveParticipant};
use crate::admin::v1::users::display_name;
use crate::app::App;
use crate::error::ApiError;
use crate::typed::{Asked, Json};

/// Calls that go on now.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Calls")]
pub(super) struct Calls {
    /// Whether this server has calls of many at all.
    open: bool,
    /// The oldest first.
    calls: Vec<CallShown>,
}

/// A call.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Call")]
struct CallShown {
    /// Its name, by which it is ended.
    call: String,
    room_id: Option<String>,
    room_name: Option<String>,
    room_alias: Option<String>,
    since_ms: u64,
    participants: Vec<ParticipantShown>,
}

/// Somebody in a call.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "CallParticipant")]
struct ParticipantShown {
    /// His name in the call.
    identity: String,
    user_id: Option<String>,
    display_name: Option<String>,
    device_id: Option<String>,
    joined_ms: u64,
    /// Whether media can flow just now.
    connected: bool,
    /// How many voices, pictures and screens he sends.
    tracks: u32,
    /// Which way his media take; none before some have come.
    path: Option<CallPath>,
    /// Of a thousand packets from him, how many did not come; none if it is not known.
    lost_in_permille: Option<u16>,
    /// Of a thousand packets to him.
    lost_out_permille: Option<u16>,
    round_trip_ms: Option<u32>,
    /// How unevenly his packets come: the mean deviation from the beat in which they were sent.
    jitter_ms: Option<u32>,
    /// Bits that came from him in a second, with everything around them.
    up_bps: u64,
    /// Bits that went to him.
    down_bps: u64,
    stages: JoinStages,
}

/// Calls that go on now, and who is in them.
pub(super) async fn list(State(app): State<App>, _: Asked) -> Result<Json<Calls>, ApiError> {
    let Some(live) = &app.plugs.live_calls else { return Ok(Json(Calls { open: false, calls: Vec::new() })) };
    let mut calls = live.list().await?;
    calls.sort_by_key(|call| call.since_ms);
    let calls = calls.into_iter().map(|call| call_shown(&app, call)).collect::<Result<_, _>>()?;
    Ok(Json(Calls { open: true, calls }))
}

fn call_shown(app: &App, call: LiveCall) -> Result<CallShown, ApiError> {
    // A room that cannot be shown does not hide its call.
    let room = call.room_id.as_ref().and_then(|room| app.homeserver.overview.room(room).ok());
    let summary = room.map(|room| room.summary);
    let participants = call.participants.into_iter().map(|it| participant_shown(app, it));
    Ok(CallShown {
        room_id: call.room_id.map(|room| room.to_string()),
        room_name: summary.as_ref().and_then(|summary| summary.name.clone()),
        room_alias: summary.and_then(|summary| summary.canonical_alias).map(|alias| alias.to_string()),
        since_ms: call.since_ms,
        participants: participants.collect::<Result<_, _>>()?,
        call: call.call,
    })
}

fn participant_shown(app: &App, it: LiveParticipant) -> Result<ParticipantShown, ApiError> {
    let (user_id, device_id) = it.who.unzip();
    let display_name = match &user_id {
        Some(user_id) => display_name(app, user_id)?,
        None => None,
    };
    Ok(ParticipantShown {
        identity: it.identity,
        display_name,
        user_id: user_id.map(|user| user.to_string()),
        device_id: device_id.map(|device| device.to_string()),
        joined_ms: it.joined_ms,
        connected: it.connected,
        tracks: it.tracks,
        path: it.path,
        lost_in_permille: it.lost_in_permille,
        lost_out_permille: it.lost_out_permille,
        round_trip_ms: it.round_trip_ms,
        jitter_ms: it.jitter_ms,
        up_bps: it.up_bps,
        down_bps: it.down_bps,
        stages: it.stages,
    })
}
