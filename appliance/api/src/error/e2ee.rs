//! Errors of keys, to-device messages and key backups.

use http::StatusCode;
use veche_homeserver::e2ee::{
    DehydratedError, SendToDeviceError, UploadKeysError, UploadSigningKeysError, backup::BackupError,
};

use super::ApiError;

impl From<UploadKeysError> for ApiError {
    fn from(error: UploadKeysError) -> Self {
        match error {
            UploadKeysError::NotYours => Self::invalid_param(error.to_string()),
            UploadKeysError::BadSignature(_) => Self::bad_request("M_INVALID_SIGNATURE", error.to_string()),
            UploadKeysError::Invalid(why) => Self::invalid_param(why),
            UploadKeysError::Exists { .. } => Self::bad_request("M_UNKNOWN", error.to_string()),
            UploadKeysError::TooMany => Self::bad_request("M_LIMIT_EXCEEDED", error.to_string()),
            UploadKeysError::Internal(error) => error.into(),
        }
    }
}

impl From<UploadSigningKeysError> for ApiError {
    fn from(error: UploadSigningKeysError) -> Self {
        match error {
            UploadSigningKeysError::Invalid(why) => Self::invalid_param(why),
            UploadSigningKeysError::NoMasterKey => Self::missing_param(error.to_string()),
            UploadSigningKeysError::BadSignature(_) => Self::bad_request("M_INVALID_SIGNATURE", error.to_string()),
            UploadSigningKeysError::NamesDevice | UploadSigningKeysError::NotProven => {
                Self::forbidden(error.to_string())
            }
            UploadSigningKeysError::Internal(error) => error.into(),
        }
    }
}

impl From<SendToDeviceError> for ApiError {
    fn from(error: SendToDeviceError) -> Self {
        match error {
            SendToDeviceError::TooLarge => Self::too_large(),
            SendToDeviceError::Invalid(why) => Self::bad_json(why),
            SendToDeviceError::Internal(error) => error.into(),
        }
    }
}

impl From<BackupError> for ApiError {
    fn from(error: BackupError) -> Self {
        match error {
            BackupError::UnknownVersion | BackupError::UnknownKey => Self::not_found(error.to_string()),
            BackupError::WrongVersion { current } => Self::new(
                StatusCode::FORBIDDEN,
                "M_WRONG_ROOM_KEYS_VERSION",
                "Keys go into the current key backup only",
            )
            .with("current_version", current),
            BackupError::OtherAlgorithm => Self::invalid_param(error.to_string()),
            BackupError::Invalid(why) => Self::bad_json(why),
            BackupError::TooMany => Self::bad_request("M_LIMIT_EXCEEDED", error.to_string()),
            BackupError::Internal(error) => error.into(),
        }
    }
}

impl From<DehydratedError> for ApiError {
    fn from(error: DehydratedError) -> Self {
        match error {
            DehydratedError::NotFound => Self::not_found(error.to_string()),
            DehydratedError::IdTaken => Self::invalid_param(error.to_string()),
            DehydratedError::Invalid(why) => Self::invalid_param(why),
            DehydratedError::Keys(error) => error.into(),
            DehydratedError::Internal(error) => error.into(),
        }
    }
}
