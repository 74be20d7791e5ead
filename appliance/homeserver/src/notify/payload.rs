//! What a gateway is told (push gateway API, `POST /_matrix/push/v1/notify`).

use ruma::{
    UserId,
    api::client::push::{Pusher, PusherKind},
    events::{StateEventType, TimelineEventType},
    push::PushFormat,
};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use veche_rooms::{Pdu, membership};

use super::plan::Judgment;
use crate::rooms::Head;

/// An event to be told of.
pub(super) struct Told<'a> {
    /// Who is told.
    pub(super) recipient: &'a UserId,
    pub(super) head: &'a Head,
    pub(super) pdu: &'a Pdu,
    pub(super) judgment: &'a Judgment,
}

/// The body that tells a pusher of an event.
pub(super) fn of_event(pusher: &Pusher, set_ms: u64, told: &Told<'_>, unread: u64) -> Value {
    let is_short = data(pusher).is_some_and(|data| matches!(data.format, Some(PushFormat::EventIdOnly)));
    let pdu = told.pdu;
    let mut notification = json!({
        "event_id": pdu.event_id,
        "room_id": pdu.room_id,
        "counts": { "unread": unread },
        "prio": if is_urgent(told) { "high" } else { "low" },
        "devices": [device(pusher, set_ms, if is_short { None } else { Some(&told.judgment.tweaks) })],
    });
    if !is_short && let Some(fields) = notification.as_object_mut() {
        add_details(fields, told, pusher);
    }
    json!({ "notification": notification })
}

/// The body that tells a pusher how much is unread.
pub(super) fn of_badge(pusher: &Pusher, set_ms: u64, unread: u64) -> Value {
    json!({
        "notification": {
            "counts": { "unread": unread },
            "prio": "low",
            "devices": [device(pusher, set_ms, None)],
        }
    })
}

/// The gateway's address.
pub(super) fn url(pusher: &Pusher) -> Option<&str> {
    data(pusher).map(|data| data.url.as_str())
}

fn data(pusher: &Pusher) -> Option<&ruma::push::HttpPusherData> {
    match &pusher.kind {
        PusherKind::Http(data) => Some(data),
        _ => None,
    }
}

/// Encrypted events may be anything, so the phone must look at once.
fn is_urgent(told: &Told<'_>) -> bool {
    let has = |name: &str, value: &Value| match name {
        "highlight" => *value == Value::Bool(true),
        "sound" => true,
        _ => false,
    };
    told.pdu.kind == TimelineEventType::RoomEncrypted
        || told.judgment.tweaks.iter().any(|(name, value)| has(name, value))
}

fn device(pusher: &Pusher, set_ms: u64, tweaks: Option<&Vec<(String, Value)>>) -> Value {
    let mut data = Map::new();
    if let Some(http) = self::data(pusher) {
        // All that the client gave, except where to send it.
        data.clone_from(&http.data);
        if let Some(format) = &http.format {
            data.insert("format".to_owned(), Value::String(format.to_string()));
        }
    }
    let mut device = json!({
        "app_id": pusher.ids.app_id,
        "pushkey": pusher.ids.pushkey,
        "pushkey_ts": set_ms / 1_000,
        "data": data,
    });
    if let Some(tweaks) = tweaks {
        device["tweaks"] = Value::Object(tweaks.iter().cloned().collect());
    }
    device
}

fn add_details(fields: &mut Map<String, Value>, told: &Told<'_>, pusher: &Pusher) {
    #[derive(Deserialize)]
    struct Name {
        name: String,
    }
    #[derive(Deserialize)]
    struct Alias {
        alias: String,
    }
    let Told { recipient, head, pdu, .. } = told;
    let mut add = |name: &str, value: Value| fields.insert(name.to_owned(), value);
    add("type", Value::String(pdu.kind.to_string()));
    add("sender", Value::String(pdu.sender.to_string()));
    let sender = head.state_event(&StateEventType::RoomMember, pdu.sender.as_str());
    if let Some(name) = sender.and_then(|event| membership::read(event)).and_then(|member| member.display_name) {
        add("sender_display_name", Value::String(name));
    }
    if let Some(Name { name }) = head.state_event(&StateEventType::RoomName, "").and_then(|event| event.content_as()) {
        add("room_name", Value::String(name));
    }
    let alias = head.state_event(&StateEventType::RoomCanonicalAlias, "");
    if let Some(Alias { alias }) = alias.and_then(|event| event.content_as()) {
        add("room_alias", Value::String(alias));
    }
    if let Ok(content) = serde_json::from_str(pdu.content.get()) {
        add("content", content);
    }
    if let Some(tag) = &pusher.profile_tag {
        add("profile_tag", Value::String(tag.clone()));
    }
    if pdu.kind == TimelineEventType::RoomMember {
        add("user_is_target", Value::Bool(pdu.state_key.as_deref() == Some(recipient.as_str())));
    }
}
