//! `GET /.well-known/matrix/client`.

use std::future::ready;

use axum::Json;
use axum::extract::{FromRef, State};
use axum::response::{IntoResponse, Response};
use ruma::api::client::discovery::discover_homeserver::Request;
use serde_json::json;

use crate::app::{App, People};
use crate::error::ApiError;
use crate::extract::Ruma;
use crate::rtc::service_url;

/// What clients have to know before they know anything.
pub(crate) struct Signpost {
    base_url: String,
    has_calls: bool,
}

impl FromRef<App> for Signpost {
    fn from_ref(app: &App) -> Self {
        let has_calls = app.plugs.calls.as_ref().is_some_and(|calls| calls.is_open());
        Self { base_url: app.gate.settings.base_url.clone(), has_calls }
    }
}

/// Where there are no rooms, there are no calls.
impl FromRef<People> for Signpost {
    fn from_ref(people: &People) -> Self {
        Self { base_url: people.gate.settings.base_url.clone(), has_calls: false }
    }
}

/// Where clients reach this server, and where calls are opened, for clients that do not ask for that ([MSC4143]). Ruma's
/// answer knows it as a proposal only.
///
/// [MSC4143]: https://github.com/matrix-org/matrix-spec-proposals/pull/4143
pub(super) async fn discover_homeserver(
    State(signpost): State<Signpost>,
    _: Ruma<Request>,
) -> Result<Response, ApiError> {
    let mut told = json!({ "m.homeserver": { "base_url": signpost.base_url } });
    if signpost.has_calls {
        let service = json!({ "type": "livekit", "livekit_service_url": service_url(&signpost.base_url) });
        told["org.matrix.msc4143.rtc_foci"] = json!([service]);
    }
    ready(Ok(Json(told).into_response())).await
}
