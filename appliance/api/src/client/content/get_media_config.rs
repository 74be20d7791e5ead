//! `GET /_matrix/client/v1/media/config` and its older path `/_matrix/media/v3/config`.

#![expect(deprecated, reason = "clients older than Matrix 1.11 ask at the old path")]

use std::future::ready;

use axum::extract::State;
use ruma::UInt;
use ruma::api::client::authenticated_media::get_media_config::v1;
use ruma::api::client::media::get_media_config::v3;

use crate::app::App;
use crate::error::ApiError;
use crate::extract::Ruma;
use crate::respond::RumaResponse;

/// How large an upload may be.
pub(super) async fn get_media_config(
    State(app): State<App>,
    _: Ruma<v1::Request>,
) -> Result<RumaResponse<v1::Response>, ApiError> {
    ready(Ok(RumaResponse(v1::Response::new(bytes_max(&app))))).await
}

/// The same.
pub(super) async fn get_media_config_v3(
    State(app): State<App>,
    _: Ruma<v3::Request>,
) -> Result<RumaResponse<v3::Response>, ApiError> {
    ready(Ok(RumaResponse(v3::Response::new(bytes_max(&app))))).await
}

fn bytes_max(app: &App) -> UInt {
    UInt::try_from(app.homeserver.content.upload_bytes_max()).unwrap_or(UInt::MAX)
}
