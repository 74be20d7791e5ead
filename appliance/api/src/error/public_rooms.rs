//! The errors of the room directory and of spaces, as clients hear of them.

use veche_homeserver::{public_rooms::PublicRoomsError, spaces::HierarchyError};

use super::ApiError;

impl From<PublicRoomsError> for ApiError {
    fn from(error: PublicRoomsError) -> Self {
        match error {
            PublicRoomsError::BadToken => Self::invalid_param(error.to_string()),
            PublicRoomsError::Internal(error) => error.into(),
        }
    }
}

impl From<HierarchyError> for ApiError {
    fn from(error: HierarchyError) -> Self {
        match error {
            HierarchyError::Forbidden => Self::forbidden("you may not see this room"),
            HierarchyError::BadToken => Self::invalid_param(error.to_string()),
            HierarchyError::Internal(error) => error.into(),
        }
    }
}
