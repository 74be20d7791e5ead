//! The body of an upload, piece by piece.

use std::time::Duration;

use axum::body::Body;
use http::StatusCode;
use http_body_util::BodyExt;
use veche_base::limits::HTTP_BODY_IDLE_SECS_MAX;
use veche_homeserver::content::Upload;

use crate::error::ApiError;

/// Hands the whole body on. Fails if it pauses for long, is cut off or is too large; what came is then forgotten.
pub(super) async fn receive(mut body: Body, upload: &mut Upload) -> Result<(), ApiError> {
    let idle = Duration::from_secs(HTTP_BODY_IDLE_SECS_MAX);
    loop {
        let frame = tokio::time::timeout(idle, body.frame()).await.map_err(|_| too_slow())?;
        let Some(frame) = frame else { return Ok(()) };
        let cut_off = |_| ApiError::bad_request("M_UNKNOWN", "The upload was cut off");
        let Ok(piece) = frame.map_err(cut_off)?.into_data() else { continue };
        upload.write(&piece).await?;
    }
}

fn too_slow() -> ApiError {
    ApiError::new(StatusCode::REQUEST_TIMEOUT, "M_UNKNOWN", "The upload came too slowly")
}
