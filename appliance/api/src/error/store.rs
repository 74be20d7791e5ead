//! The stores' errors: nobody's fault who asks.

use http::StatusCode;
use veche_directory::StoreError;

use crate::error::ApiError;

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::DiskFull => Self::disk_full(),
            StoreError::Failed | StoreError::Closed => Self::unavailable("The server is stopping", error),
            StoreError::Panicked | StoreError::Corrupt(_) | StoreError::Engine(_) => Self::internal(error),
        }
    }
}

impl ApiError {
    /// 507 `M_UNKNOWN`: nothing was changed; reading still works.
    pub fn disk_full() -> Self {
        Self::new(StatusCode::INSUFFICIENT_STORAGE, "M_UNKNOWN", "The server's disk is full")
    }
}
