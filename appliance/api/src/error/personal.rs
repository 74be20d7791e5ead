//! The errors of what belongs to a person: account data, profile, receipts, push rules, presence.

use http::StatusCode;
use veche_homeserver::{
    account_data::{PushRuleError, SaveFilterError, SetAccountDataError, SetTagError},
    ephemeral::{ReceiptError, TypingError},
    filter::BadFilter,
    notify::PusherError,
    presence::PresenceError,
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
            SetTagError::TooMany | SetTagError::TooMuchData => too_many(error.to_string()),
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

impl From<BadFilter> for ApiError {
    fn from(error: BadFilter) -> Self {
        match error {
            BadFilter::TooManyEntries | BadFilter::UnknownFormat => Self::invalid_param(error.to_string()),
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

impl From<PushRuleError> for ApiError {
    fn from(error: PushRuleError) -> Self {
        match error {
            PushRuleError::NotFound => Self::not_found("there is no such push rule"),
            PushRuleError::UnknownPlace => Self::bad_request("M_UNKNOWN", error.to_string()),
            PushRuleError::Invalid(why) => Self::invalid_param(why),
            PushRuleError::TooMany => too_many(error.to_string()),
            PushRuleError::Internal(error) => error.into(),
        }
    }
}

impl From<PusherError> for ApiError {
    fn from(error: PusherError) -> Self {
        match error {
            PusherError::Invalid(why) => Self::invalid_param(why),
            PusherError::TooMany => too_many(error.to_string()),
            PusherError::Internal(error) => error.into(),
        }
    }
}

impl From<ReceiptError> for ApiError {
    fn from(error: ReceiptError) -> Self {
        match error {
            ReceiptError::NotJoined => Self::forbidden("you are not in this room"),
            ReceiptError::UnknownEvent => Self::not_found("there is no such event in this room"),
            ReceiptError::NotInThread => Self::invalid_param(error.to_string()),
            ReceiptError::Internal(error) => error.into(),
        }
    }
}

impl From<TypingError> for ApiError {
    fn from(error: TypingError) -> Self {
        match error {
            TypingError::NotJoined => Self::forbidden("you are not in this room"),
            TypingError::Internal(error) => error.into(),
        }
    }
}

impl From<PresenceError> for ApiError {
    fn from(error: PresenceError) -> Self {
        match error {
            PresenceError::NotShared => Self::forbidden("you share no room with this user"),
            PresenceError::TooLong | PresenceError::BadState => Self::invalid_param(error.to_string()),
            PresenceError::Internal(error) => error.into(),
        }
    }
}

/// A quota of the account is used up; waiting does not help.
pub(super) fn too_many(message: String) -> ApiError {
    ApiError::bad_request("M_RESOURCE_LIMIT_EXCEEDED", message)
}
