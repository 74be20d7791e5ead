//! The errors of relations, as clients hear of them.

use veche_homeserver::relations::RelationsError;

use super::ApiError;

impl From<RelationsError> for ApiError {
    fn from(error: RelationsError) -> Self {
        match error {
            RelationsError::UnknownEvent => Self::not_found("no such event, or not for you to see"),
            RelationsError::Read(error) => error.into(),
        }
    }
}
