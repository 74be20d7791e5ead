//! The body of an upload, piece by piece.

use std::time::Duration;

use axum::body::Body;
use http::StatusCode;
use http_body_util::BodyExt;
use veche_base::limits::HTTP_BODY_IDLE_SECS_MAX;
use veche_homeserver::content::{Upload, UploadError};

use crate::error::ApiError;
use crate::extract::discard;

/// Hands the whole body on. Fails if it pauses for long, is cut off or is too large; what came is then forgotten.
pub(super) async fn receive(begun: Result<Upload, UploadError>, mut body: Body) -> Result<Upload, ApiError> {
    let received = match begun {
        Ok(upload) => pass_on(&mut body, upload).await?,
        Err(refused) => Err(refused),
    };
    if received.is_err() {
        discard(body).await;
    }
    Ok(received?)
}

/// The outer error is the sender's, the inner one the receiver's.
async fn pass_on(body: &mut Body, mut upload: Upload) -> Result<Result<Upload, UploadError>, ApiError> {
    let idle = Duration::from_secs(HTTP_BODY_IDLE_SECS_MAX);
    loop {
        let frame = tokio::time::timeout(idle, body.frame()).await.map_err(|_| too_slow())?;
        let Some(frame) = frame else { return Ok(Ok(upload)) };
        let cut_off = |_| ApiError::bad_request("M_UNKNOWN", "The upload was cut off");
        let Ok(piece) = frame.map_err(cut_off)?.into_data() else { continue };
        if let Err(refused) = upload.write(&piece).await {
            return Ok(Err(refused));
        }
    }
}

fn too_slow() -> ApiError {
    ApiError::new(StatusCode::REQUEST_TIMEOUT, "M_UNKNOWN", "The upload came too slowly")
}
