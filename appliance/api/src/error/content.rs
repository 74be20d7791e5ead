//! The errors of uploads and downloads.

use std::time::Duration;

use http::StatusCode;
use veche_homeserver::content::{AnnounceError, BadFileName, OpenError, ThumbnailError, UploadError};

use super::ApiError;

/// When to come back if too many thumbnails are being made, or files being sent.
const BUSY_WAIT: Duration = Duration::from_secs(5);

impl From<UploadError> for ApiError {
    fn from(error: UploadError) -> Self {
        match error {
            UploadError::TooLarge { .. } => Self::too_large(),
            UploadError::QuotaExceeded | UploadError::NotYours => Self::forbidden(error.to_string()),
            UploadError::TooManyAtOnce => {
                let mut refusal = Self::limit_exceeded(BUSY_WAIT);
                refusal.message = error.to_string().into();
                refusal
            }
            UploadError::Unknown => Self::not_found(error.to_string()),
            UploadError::Arrived => Self::new(StatusCode::CONFLICT, "M_CANNOT_OVERWRITE_MEDIA", error.to_string()),
            UploadError::Internal(error) => error.into(),
        }
    }
}

impl From<AnnounceError> for ApiError {
    fn from(error: AnnounceError) -> Self {
        match error {
            AnnounceError::TooMany { wait_ms } => Self::limit_exceeded(Duration::from_millis(wait_ms)),
            AnnounceError::Internal(error) => error.into(),
        }
    }
}

impl From<OpenError> for ApiError {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::NotFound => Self::not_found(error.to_string()),
            OpenError::NotYetUploaded => {
                Self::new(StatusCode::GATEWAY_TIMEOUT, "M_NOT_YET_UPLOADED", error.to_string())
            }
            OpenError::Internal(error) => error.into(),
        }
    }
}

impl From<ThumbnailError> for ApiError {
    fn from(error: ThumbnailError) -> Self {
        match error {
            ThumbnailError::Open(error) => error.into(),
            ThumbnailError::NotAnImage => Self::bad_request("M_UNKNOWN", error.to_string()),
            ThumbnailError::TooLarge => Self::new(StatusCode::PAYLOAD_TOO_LARGE, "M_TOO_LARGE", error.to_string()),
            ThumbnailError::Busy => Self::limit_exceeded(BUSY_WAIT),
            ThumbnailError::Internal(error) => error.into(),
        }
    }
}

impl From<BadFileName> for ApiError {
    fn from(error: BadFileName) -> Self {
        Self::invalid_param(error.to_string())
    }
}
