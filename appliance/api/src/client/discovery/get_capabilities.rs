//! `GET /_matrix/client/v3/capabilities`.

use std::future::ready;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response as Answer};
use ruma::RoomVersionId;
use ruma::api::client::discovery::get_capabilities::v3::{
    AccountModerationCapability, Capabilities, ChangePasswordCapability, GetLoginTokenCapability,
    ProfileFieldsCapability, Request, RoomVersionStability, RoomVersionsCapability, ThirdPartyIdChangesCapability,
};

use serde_json::json;
use veche_base::limits::{DELAYED_EVENT_SECS_MAX, DELAYED_EVENTS_PER_USER_MAX};
use veche_directory::Grant;

use crate::app::People;
use crate::error::ApiError;
use crate::extract::Ruma;

/// Room versions that may be created and joined.
const ROOM_VERSIONS: [RoomVersionId; 3] = [RoomVersionId::V10, RoomVersionId::V11, RoomVersionId::V12];

/// What the server allows this user. `m.set_displayname` and `m.set_avatar_url` say yes by their absence (they are
/// deprecated since 1.16), as does `m.forget_forced_upon_leave` say no.
pub(super) async fn get_capabilities(State(people): State<People>, req: Ruma<Request>) -> Result<Answer, ApiError> {
    let default = people.gate.settings.default_room_version.clone();
    let capabilities = capabilities(default, req.who.grants.has(Grant::Users));
    let mut body = serde_json::to_value(capabilities).map_err(ApiError::internal)?;
    // ruma leaves out what is so by default, but not every client knows the defaults.
    if let Some(capabilities) = body.as_object_mut() {
        capabilities.entry("m.change_password").or_insert_with(|| json!({ "enabled": true }));
    }
    ready(Ok(Json(json!({ "capabilities": body })).into_response())).await
}

fn capabilities(default: RoomVersionId, moderates: bool) -> Capabilities {
    let mut capabilities = Capabilities::new();
    let available = ROOM_VERSIONS.into_iter().map(|version| (version, RoomVersionStability::Stable)).collect();
    capabilities.room_versions = RoomVersionsCapability::new(default, available);
    capabilities.change_password = ChangePasswordCapability::new(true);
    capabilities.thirdparty_id_changes = ThirdPartyIdChangesCapability::new(false);
    capabilities.get_login_token = GetLoginTokenCapability::new(true);
    capabilities.profile_fields = Some(ProfileFieldsCapability::new(true));
    let delayed = json!({
        "max_delay_ms": DELAYED_EVENT_SECS_MAX * 1_000,
        "max_scheduled": DELAYED_EVENTS_PER_USER_MAX,
    });
    for name in ["m.delayed_events", "org.matrix.msc4140.delayed_events"] {
        capabilities.set(name, delayed.clone()).expect("a capability that ruma does not know takes any JSON");
    }
    if moderates {
        capabilities.account_moderation = AccountModerationCapability::new(true, true);
    }
    capabilities
}
