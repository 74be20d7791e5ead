//! `GET /api/admin/v1/calls`. Who may call it: administrators who look after rooms.

use axum::extract::State;
use ruma::OwnedRoomId;
use schemars::JsonSchema;
use serde::Serialize;
use veche_calls::{NoPlace, RefusedJoin, RefusedJoins};

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
    refused: RefusedShown,
}

/// Who was not let into calls for lack of room, since the server started.
#[derive(Debug, Default, Serialize, JsonSchema)]
#[schemars(rename = "CallsRefused")]
struct RefusedShown {
    /// How often a call had as many people as it may have.
    full: u64,
    /// How often the server carried as many people as it can.
    busy: u64,
    /// The last ones, the newest first.
    latest: Vec<RefusedJoinShown>,
}

/// Somebody who was not let into a call for lack of room.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "CallRefused")]
struct RefusedJoinShown {
    at_ms: u64,
    why: RefusedWhy,
    user_id: String,
    display_name: Option<String>,
    room_id: String,
    room_name: Option<String>,
    room_alias: Option<String>,
}

/// For lack of which room.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum RefusedWhy {
    /// The call had as many people as it may have.
    Full,
    /// The server carried as many people as it can.
    Busy,
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
    let Some(live) = &app.plugs.live_calls else {
        return Ok(Json(Calls { open: false, calls: Vec::new(), refused: RefusedShown::default() }));
    };
    let mut calls = live.list().await?;
    calls.sort_by_key(|call| call.since_ms);
    let calls = calls.into_iter().map(|call| call_shown(&app, call)).collect::<Result<_, _>>()?;
    let refused = app.plugs.calls.as_ref().map(|calls| refused_shown(&app, calls.refused())).transpose()?;
    Ok(Json(Calls { open: true, calls, refused: refused.unwrap_or_default() }))
}

fn refused_shown(app: &App, refused: RefusedJoins) -> Result<RefusedShown, ApiError> {
    let latest = refused.latest.into_iter().map(|RefusedJoin { at_ms, why, holder }| {
        let (room_name, room_alias) = room_named(app, Some(&holder.room_id));
        Ok(RefusedJoinShown {
            at_ms,
            why: match why {
                NoPlace::Full => RefusedWhy::Full,
                NoPlace::Busy => RefusedWhy::Busy,
            },
            display_name: display_name(app, &holder.user_id)?,
            user_id: holder.user_id.to_string(),
            room_id: holder.room_id.to_string(),
            room_name,
            room_alias,
        })
    });
    Ok(RefusedShown { full: refused.full, busy: refused.busy, latest: latest.collect::<Result<_, ApiError>>()? })
}

/// A room's name and its alias; a room that cannot be shown does not hide what happened in it.
fn room_named(app: &App, room: Option<&OwnedRoomId>) -> (Option<String>, Option<String>) {
    let room = room.and_then(|room| app.homeserver.overview.room(room).ok());
    let Some(summary) = room.map(|room| room.summary) else { return (None, None) };
    (summary.name, summary.canonical_alias.map(|alias| alias.to_string()))
}

fn call_shown(app: &App, call: LiveCall) -> Result<CallShown, ApiError> {
    let (room_name, room_alias) = room_named(app, call.room_id.as_ref());
    let participants = call.participants.into_iter().map(|it| participant_shown(app, it));
    Ok(CallShown {
        room_id: call.room_id.map(|room| room.to_string()),
        room_name,
        room_alias,
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
