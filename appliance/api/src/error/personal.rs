//! The errors of what belongs to a person: account data, profile, receipts, push rules, presence.

use http::StatusCode;
use veche_homeserver::{
    account_data::{SaveFilterError, SetAccountDataError, SetTagError},
    profiles::SetProfileError,
};

use super::ApiError;

impl From<SetAccountDataError> for ApiError {
    fn from(error: SetAccountDataError) -> Self {
        match error {
            SetAccountDataError::Reserved(_) => {
                Self::new(StatusCode::METHOD_NOT_ALLOWED, "M_BAD_JSON", error.to_string())
            }
            SetAccountDataError::TooLarge => Self::too_large(),
            SetAccountDataError::TooMany => too_many(error.to_string()),
            SetAccountDataError::Internal(error) => error.into(),
        }
    }
}

impl From<SetTagError> for ApiError {
    fn from(error: SetTagError) -> Self {
        match error {
            SetTagError::NameTooLong => Self::invalid_param(error.to_string()),
            SetTagError::TooMany => too_many(error.to_string()),
            SetTagError::Internal(error) => error.into(),
        }
    }
}

impl From<SaveFilterError> for ApiError {
    fn from(error: SaveFilterError) -> Self {
        match error {
            SaveFilterError::TooMany => too_many(error.to_string()),
            SaveFilterError::Internal(error) => error.into(),
        }
    }
}

impl From<SetProfileError> for ApiError {
    fn from(error: SetProfileError) -> Self {
        match error {
            SetProfileError::UnknownUser => Self::not_found("there is no such user"),
            SetProfileError::NameTooLong => Self::bad_request("M_KEY_TOO_LARGE", error.to_string()),
            SetProfileError::Invalid(why) => Self::invalid_param(why),
            SetProfileError::TooLarge => Self::bad_request("M_PROFILE_TOO_LARGE", error.to_string()),
            SetProfileError::Internal(error) => error.into(),
        }
    }
}

/// A quota of the account is used up; waiting does not help.
fn too_many(message: String) -> ApiError {
    ApiError::bad_request("M_RESOURCE_LIMIT_EXCEEDED", message)
}
