//! The errors of delayed events, as clients hear of them.

use std::time::Duration;

use http::StatusCode;
use veche_base::limits::DELAYED_EVENT_SECS_MAX;
use veche_homeserver::delayed::{ManageError, ScheduleError};

use super::ApiError;

impl From<ScheduleError> for ApiError {
    fn from(error: ScheduleError) -> Self {
        match error {
            ScheduleError::NotInRoom => Self::forbidden("you are not in this room"),
            ScheduleError::Invalid(why) => Self::invalid_param(why),
            ScheduleError::TooLarge => Self::too_large(),
            // Clients look for the code of the proposal beside the plain one as long as it is a proposal.
            ScheduleError::TooLong => Self::bad_request("M_UNKNOWN", error.to_string())
                .with("org.matrix.msc4140.errcode", "M_MAX_DELAY_EXCEEDED")
                .with("org.matrix.msc4140.max_delay", DELAYED_EVENT_SECS_MAX * 1_000),
            ScheduleError::TooMany { wait_ms } => {
                let mut refusal = Self::limit_exceeded(Duration::from_millis(wait_ms));
                refusal.message = error.to_string().into();
                refusal
            }
            ScheduleError::Internal(error) => error.into(),
        }
    }
}

impl From<ManageError> for ApiError {
    fn from(error: ManageError) -> Self {
        match error {
            ManageError::Unknown => Self::not_found("no such delayed event"),
            ManageError::Ended => Self::new(StatusCode::CONFLICT, "M_UNKNOWN", error.to_string()),
            ManageError::Send(error) => error.into(),
            ManageError::Internal(error) => error.into(),
        }
    }
}
