//! `GET /livekit/jwt/healthz`.

use axum::extract::State;
use axum::response::Response;
use serde_json::json;

use super::{answer, calls};
use crate::app::App;
use crate::error::ApiError;
use crate::extract::Plain;

/// Whether the service works and calls are served, for whoever watches over it.
pub(super) async fn healthz(State(app): State<App>, _: Plain) -> Result<Response, ApiError> {
    calls(&app)?;
    if let Some(signaling) = &app.plugs.signaling
        && !signaling.serves().await
    {
        return Err(ApiError::unavailable("Calls are not served", "their thread does not answer"));
    }
    Ok(answer(&json!({})))
}
