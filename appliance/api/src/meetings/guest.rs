//! `/api/meetings/v1/guest`. Who may call it: anybody who has a link, to come in by it.

use axum::extract::State;
use ruma::{OwnedDeviceId, OwnedRoomId, OwnedUserId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use veche_base::Secret;
use veche_homeserver::meetings::{Entered, Knock, PAGE_BYTES_MAX};
use veche_runtime::tasks::TaskFailed;

use crate::app::App;
use crate::error::ApiError;
use crate::typed::{Asked, DONE, Done, Json, Nothing};

/// What a link ends with.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "LinkToken")]
#[serde(deny_unknown_fields)]
pub(super) struct Link {
    #[schemars(with = "String")]
    token: Secret<String>,
}

/// What a guest's page says of itself.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(rename = "GuestPage")]
#[serde(deny_unknown_fields)]
pub(super) struct Page {
    /// By what it is told from the one that is loaded after it.
    page: String,
    /// Whether it is there; otherwise it is closed, or loaded anew.
    open: bool,
}

/// What a link leads to. Who is there is not told.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "MeetingForGuests")]
pub(super) struct About {
    /// What the company is called, if somebody has said it.
    organisation: Option<String>,
    title: String,
    /// Whether a PIN has to be known.
    pin: bool,
    /// Whether one has to wait until somebody lets one in.
    lobby: bool,
    /// Whether as many guests are there as may be.
    full: bool,
    /// Until when the link is good, in milliseconds since 1970.
    expires_ms: u64,
}

/// Somebody who wants to come in.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "Knock")]
#[serde(deny_unknown_fields)]
pub(super) struct Knocking {
    #[schemars(with = "String")]
    token: Secret<String>,
    /// What he calls himself.
    name: String,
    #[schemars(with = "Option<String>")]
    pin: Option<Secret<String>>,
}

/// By what somebody at the door is known.
#[derive(Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "Ticket")]
#[serde(deny_unknown_fields)]
pub(super) struct Ticket {
    ticket: String,
}

/// What came of waiting.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Waited")]
pub(super) struct Waited {
    /// He is in; without it he asks again.
    session: Option<Session>,
}

/// What a guest's client signs its requests with, in the one room that it may be in.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "GuestSession")]
struct Session {
    #[schemars(with = "String")]
    user_id: OwnedUserId,
    #[schemars(with = "String")]
    device_id: OwnedDeviceId,
    access_token: String,
    #[schemars(with = "String")]
    room_id: OwnedRoomId,
}

/// What a link leads to.
pub(super) async fn about(State(app): State<App>, asked: Asked<Nothing, Link>) -> Result<Json<About>, ApiError> {
    let meeting = app.homeserver.meetings.about(asked.body.token.expose(), &asked.caller).await?;
    Ok(Json(About {
        organisation: app.plugs.site.get().name,
        full: meeting.guests >= meeting.guests_max,
        title: meeting.title,
        pin: meeting.has_pin,
        lobby: meeting.lobby,
        expires_ms: meeting.expires_ms,
    }))
}

/// Asks to be let in.
pub(super) async fn knock(State(app): State<App>, asked: Asked<Nothing, Knocking>) -> Result<Json<Ticket>, ApiError> {
    let Knocking { token, name, pin } = asked.body;
    let language = app.plugs.site.get().language;
    let knock = Knock { token: token.into_exposed(), name, pin, language };
    let ticket = app.homeserver.meetings.knock(knock, &asked.caller).await?;
    Ok(Json(Ticket { ticket: ticket.into_exposed() }))
}

/// Whether he may come in; if so he is in, which happens once.
pub(super) async fn wait(State(app): State<App>, asked: Asked<Nothing, Ticket>) -> Result<Json<Waited>, ApiError> {
    let ticket = asked.body.ticket;
    let stopping = app.gate.supervisor.shutdown_token();
    let waited = tokio::select! {
        waited = app.homeserver.meetings.wait(&ticket) => waited?,
        () = stopping.cancelled() => return Err(ApiError::stopping()),
    };
    if waited == Entered::Waits {
        return Ok(Json(Waited { session: None }));
    }
    // Coming in is many steps, which are all done though the browser may be gone.
    let (homeserver, caller) = (app.homeserver.clone(), asked.caller);
    let entering = async move { homeserver.meetings.enter(&ticket, &caller).await };
    let (signed_in, room_id) = match app.gate.supervisor.run_to_end("guest", entering).await {
        Ok(entered) => entered?,
        Err(TaskFailed::Panicked) => return Err(ApiError::internal("letting a guest in panicked")),
        Err(TaskFailed::Stopped) => return Err(ApiError::stopping()),
    };
    Ok(Json(Waited {
        session: Some(Session {
            user_id: signed_in.user_id,
            device_id: signed_in.device_id,
            access_token: signed_in.access_token.into_exposed(),
            room_id,
        }),
    }))
}

/// A guest's page is there, or is closed.
pub(super) async fn page(State(app): State<App>, asked: Asked<Nothing, Page>) -> Result<Json<Done>, ApiError> {
    let guest = asked.requester()?.user_id.clone();
    let Page { page, open } = asked.body;
    if page.is_empty() || page.len() > PAGE_BYTES_MAX {
        return Err(ApiError::invalid_param(format!("page must have between one and {PAGE_BYTES_MAX} bytes")));
    }
    let meetings = &app.homeserver.meetings;
    let heard = if open { meetings.page_opened(&guest, page) } else { meetings.page_closed(&guest, page) };
    if heard { Ok(DONE) } else { Err(ApiError::forbidden("This is for guests")) }
}
