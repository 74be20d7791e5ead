//! `GET /livekit/jwt/healthz`.

use std::future::ready;

use axum::extract::State;
use axum::response::Response;
use serde_json::json;

use super::{answer, calls};
use crate::app::App;
use crate::error::ApiError;
use crate::extract::Plain;

/// Whether the service works, for whoever watches over it.
pub(super) async fn healthz(State(app): State<App>, _: Plain) -> Result<Response, ApiError> {
    ready(calls(&app).map(|_| answer(&json!({})))).await
}
