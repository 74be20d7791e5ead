//! The errors of meetings, as members and guests hear of them.

use std::time::Duration;

use veche_directory::{MeetError, NewMeetingError};
use veche_homeserver::meetings::{AdmitError, EnterError, KnockError, LinkError};

use super::ApiError;

/// Somebody has to end a meeting before another one can be made.
const TOO_MANY_WAIT: Duration = Duration::from_secs(60);

impl From<NewMeetingError> for ApiError {
    fn from(error: NewMeetingError) -> Self {
        let message = error.to_string();
        match error {
            NewMeetingError::Title => Self::invalid_param(message).with("reason", "title"),
            NewMeetingError::Pin => Self::invalid_param(message).with("reason", "pin"),
            NewMeetingError::Lifetime => Self::invalid_param(message).with("reason", "lifetime"),
            NewMeetingError::Guests => Self::invalid_param(message).with("reason", "guests"),
            NewMeetingError::TooMany => Self::limit_exceeded(TOO_MANY_WAIT).with("reason", "too_many_meetings"),
            NewMeetingError::Internal(error) => error.into(),
        }
    }
}

impl From<LinkError> for ApiError {
    fn from(error: LinkError) -> Self {
        match error {
            LinkError::Forbidden => Self::forbidden(error.to_string()),
            LinkError::Unknown => Self::not_found(error.to_string()),
            LinkError::New(error) => error.into(),
            LinkError::Directory(error) => error.into(),
            LinkError::Internal(error) => error.into(),
        }
    }
}

impl From<AdmitError> for ApiError {
    fn from(error: AdmitError) -> Self {
        match error {
            AdmitError::Gone => Self::not_found(error.to_string()).with("reason", "not_waiting"),
            AdmitError::Link(error) => error.into(),
        }
    }
}

impl From<MeetError> for ApiError {
    fn from(error: MeetError) -> Self {
        let message = error.to_string();
        match error {
            MeetError::Unknown => Self::not_found(message).with("reason", "unknown"),
            MeetError::Expired => Self::forbidden(message).with("reason", "expired"),
            MeetError::Ended => Self::forbidden(message).with("reason", "ended"),
            MeetError::Full => Self::forbidden(message).with("reason", "full"),
            MeetError::WrongPin => Self::forbidden(message).with("reason", "wrong_pin"),
            MeetError::TooFast { retry_after } => Self::limit_exceeded(retry_after),
            MeetError::Internal(error) => error.into(),
        }
    }
}

impl From<KnockError> for ApiError {
    fn from(error: KnockError) -> Self {
        let message = error.to_string();
        match error {
            KnockError::Name => Self::invalid_param(message).with("reason", "name"),
            KnockError::Crowded => Self::forbidden(message).with("reason", "crowded"),
            KnockError::Meet(error) => error.into(),
        }
    }
}

impl From<EnterError> for ApiError {
    fn from(error: EnterError) -> Self {
        let message = error.to_string();
        match error {
            EnterError::Unknown => Self::not_found(message).with("reason", "not_waiting"),
            EnterError::Refused => Self::forbidden(message).with("reason", "refused"),
            EnterError::NoHost => Self::forbidden(message).with("reason", "no_host"),
            EnterError::Meet(error) => error.into(),
            EnterError::Internal(cause) => Self::internal(cause),
        }
    }
}
