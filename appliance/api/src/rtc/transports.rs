//! `GET /_matrix/client/v1/rtc/transports` (MSC4143), as far as clients ask for it under its unstable name.

use std::future::ready;

use axum::extract::State;
use axum::response::Response;
use serde_json::json;

use super::{answer, calls, service_url, sfu_url};
use crate::app::App;
use crate::error::ApiError;
use crate::extract::Plain;

/// The SFU of this server, by which its users send sound and pictures; an empty list if it has none.
///
/// Clients look for `rtc_transports` and the address of the service. The proposal has come to know another name for the list,
/// for the transport, and only the address of the SFU itself; whoever asks for that finds it beside.
pub(super) async fn transports(State(app): State<App>, req: Plain) -> Result<Response, ApiError> {
    let is_open = calls(&app).is_ok();
    let service = json!({ "type": "livekit", "livekit_service_url": service_url(&app.gate.settings.base_url) });
    let mut told = json!({ "rtc_transports": if is_open { vec![service] } else { Vec::new() } });
    if req.parts.uri.path().starts_with("/_matrix/client/v1/") {
        let sfu = json!({ "type": "m.livekit", "url": sfu_url(&app) });
        told["transports"] = if is_open { vec![sfu] } else { Vec::new() }.into();
    }
    ready(Ok(answer(&told))).await
}
