//! The errors of calls, as clients hear of them.

use http::StatusCode;
use veche_calls::{LeaveError, TicketError};
use veche_homeserver::delayed::DelegateError;

use super::ApiError;

impl From<TicketError> for ApiError {
    fn from(error: TicketError) -> Self {
        match error {
            TicketError::Closed => Self::unrecognized(),
            TicketError::Name(_) => Self::bad_json(error.to_string()),
            TicketError::NotInRoom | TicketError::Device => Self::forbidden(error.to_string()),
            TicketError::Account => Self::user_suspended(),
            TicketError::Full | TicketError::Busy => {
                Self::new(StatusCode::FORBIDDEN, "M_RESOURCE_LIMIT_EXCEEDED", error.to_string())
            }
            TicketError::Internal(error) => error.into(),
        }
    }
}

impl From<LeaveError> for ApiError {
    fn from(error: LeaveError) -> Self {
        match error {
            LeaveError::Ticket(error) => error.into(),
            LeaveError::Delegate(error) => error.into(),
        }
    }
}

impl From<DelegateError> for ApiError {
    fn from(error: DelegateError) -> Self {
        match error {
            DelegateError::Unknown | DelegateError::TooShort => Self::invalid_param(error.to_string()),
            DelegateError::Internal(error) => error.into(),
        }
    }
}
