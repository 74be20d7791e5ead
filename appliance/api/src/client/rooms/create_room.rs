//! `POST /createRoom`

use axum::extract::State;
use ruma::{
    api::client::room::{Visibility, create_room, create_room::v3::RoomPreset},
    events::{AnyInitialStateEvent, TimelineEventType},
    serde::Raw,
};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Map, Value, value::RawValue};
use veche_homeserver::{
    creation::{NewRoom, Preset},
    timeline::NewEvent,
};

use crate::{app::App, error::ApiError, extract::Ruma, respond::RumaResponse};

/// State events a client may put into one request.
const INITIAL_STATE_EVENTS_MAX: usize = 100;

/// Makes a room. Any account may; the result is whole or nothing.
pub(crate) async fn create_room(
    State(app): State<App>,
    req: Ruma<create_room::v3::Request>,
) -> Result<RumaResponse<create_room::v3::Response>, ApiError> {
    let creator = req.sender().to_owned();
    let body = req.body;
    if !body.invite_3pid.is_empty() {
        return Err(ApiError::bad_request("M_UNRECOGNIZED", "Inviting by mail address is not possible here"));
    }
    if body.initial_state.len() > INITIAL_STATE_EVENTS_MAX {
        return Err(ApiError::invalid_param("too many events in initial_state"));
    }
    let preset = preset(body.preset.as_ref(), &body.visibility)?;
    let new = NewRoom {
        creator,
        version: body.room_version,
        preset,
        listed: body.visibility == Visibility::Public,
        alias_localpart: body.room_alias_name,
        name: body.name.filter(|name| !name.is_empty()),
        topic: body.topic.filter(|topic| !topic.is_empty()),
        invites: body.invite,
        creation_content: object(body.creation_content.as_ref(), "creation_content")?.unwrap_or_default(),
        initial_state: body.initial_state.iter().map(initial_state).collect::<Result<_, _>>()?,
        power_levels: object(body.power_level_content_override.as_ref(), "power_level_content_override")?,
        is_direct: body.is_direct,
        predecessor: None,
    };
    let room_id = app.homeserver.creation.create(new).await?;
    Ok(RumaResponse(create_room::v3::Response::new(room_id)))
}

/// Without a preset, a listed room is a public one (spec: `preset`).
fn preset(preset: Option<&RoomPreset>, visibility: &Visibility) -> Result<Preset, ApiError> {
    match preset {
        Some(RoomPreset::PrivateChat) => Ok(Preset::Private),
        Some(RoomPreset::TrustedPrivateChat) => Ok(Preset::TrustedPrivate),
        Some(RoomPreset::PublicChat) => Ok(Preset::Public),
        None if *visibility == Visibility::Public => Ok(Preset::Public),
        None => Ok(Preset::Private),
        Some(_) => Err(ApiError::invalid_param("unknown preset")),
    }
}

fn initial_state(raw: &Raw<AnyInitialStateEvent>) -> Result<NewEvent, ApiError> {
    #[derive(Deserialize)]
    struct Fields {
        #[serde(rename = "type")]
        kind: TimelineEventType,
        #[serde(default)]
        state_key: String,
        content: Box<RawValue>,
    }
    let fields: Fields = parse(raw.json(), "initial_state")?;
    Ok(NewEvent { kind: fields.kind, state_key: Some(fields.state_key), content: fields.content, redacts: None })
}

fn object<T>(raw: Option<&Raw<T>>, name: &'static str) -> Result<Option<Map<String, Value>>, ApiError> {
    raw.map(|raw| parse(raw.json(), name)).transpose()
}

fn parse<T: DeserializeOwned>(raw: &RawValue, name: &'static str) -> Result<T, ApiError> {
    serde_json::from_str(raw.get()).map_err(|_| ApiError::bad_json(format!("{name} is malformed")))
}
