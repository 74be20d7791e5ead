//! `/api/meetings/v1/rooms/{roomId}/links`. Who may call it: members of the room who may invite into it.

use axum::extract::State;
use ruma::{OwnedRoomId, OwnedUserId, RoomId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use veche_base::Secret;
use veche_directory::{Meeting, MeetingId};
use veche_homeserver::meetings::LinkWish;

use crate::app::App;
use crate::error::ApiError;
use crate::typed::{Asked, DONE, Done, Json, Nothing};

/// A link that somebody wants.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "NewLink")]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    /// What guests are told that it is.
    title: String,
    /// For how long it is good: from five minutes to thirty days.
    lifetime_secs: u64,
    /// Six to twelve digits that guests have to know; none: the link is enough.
    #[schemars(with = "Option<String>")]
    pin: Option<Secret<String>>,
    /// Whether somebody in the room lets each guest in.
    lobby: bool,
    /// Guests at one time, from 1 to 100.
    guests_max: u64,
}

/// A meeting.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Meeting")]
pub(super) struct Shown {
    /// Names it.
    id: u64,
    /// What guests are told that it is.
    title: String,
    /// Who made the link.
    #[schemars(with = "String")]
    made_by: OwnedUserId,
    /// Whether guests have to know a PIN.
    pin: bool,
    /// Whether somebody lets each guest in.
    lobby: bool,
    /// Guests who are there.
    guests: u64,
    /// Guests who may be there.
    guests_max: u64,
    /// When it was made, in milliseconds since 1970.
    created_ms: u64,
    /// Until when the link is good.
    expires_ms: u64,
}

/// A link that was made. It is told this once.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "MadeLink")]
pub(super) struct Made {
    meeting: Shown,
    link: String,
}

/// The links that are good.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Links")]
pub(super) struct Links {
    meetings: Vec<Shown>,
}

impl From<Meeting> for Shown {
    fn from(meeting: Meeting) -> Self {
        Self {
            id: meeting.meeting_id.0,
            title: meeting.title,
            made_by: meeting.made_by,
            pin: meeting.has_pin,
            lobby: meeting.lobby,
            guests: meeting.guests,
            guests_max: meeting.guests_max,
            created_ms: meeting.created_ms,
            expires_ms: meeting.expires_ms,
        }
    }
}

/// Makes a link.
pub(super) async fn make(State(app): State<App>, asked: Asked<Nothing, Wanted>) -> Result<Json<Made>, ApiError> {
    let room_id: &RoomId = asked.id(0)?;
    let by = &asked.requester()?.user_id;
    let Wanted { title, lifetime_secs, pin, lobby, guests_max } = &asked.body;
    let wish = LinkWish {
        room_id: OwnedRoomId::from(room_id),
        title: title.clone(),
        pin: pin.clone(),
        lobby: *lobby,
        guests_max: *guests_max,
        lifetime_secs: *lifetime_secs,
    };
    let (meeting, token) = app.homeserver.meetings.make(by, wish).await?;
    // Behind `#`, so that it reaches no server and no log.
    let link = format!("{}/#/meet/{}", app.gate.settings.base_url, token.expose());
    Ok(Json(Made { meeting: meeting.into(), link }))
}

/// The links that are good.
pub(super) async fn list(State(app): State<App>, asked: Asked) -> Result<Json<Links>, ApiError> {
    let meetings = app.homeserver.meetings.list(&asked.requester()?.user_id, asked.id(0)?).await?;
    Ok(Json(Links { meetings: meetings.into_iter().map(Shown::from).collect() }))
}

/// Ends a meeting.
pub(super) async fn end(State(app): State<App>, asked: Asked) -> Result<Json<Done>, ApiError> {
    let id = MeetingId(super::lobby::number(&asked, 1)?);
    app.homeserver.meetings.end(&asked.requester()?.user_id, asked.id(0)?, id).await?;
    Ok(DONE)
}
