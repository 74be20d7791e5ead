//! The errors of rooms, timelines and sync, as clients hear of them.

use std::fmt::Display;
use std::time::Duration;

use http::StatusCode;
use veche_homeserver::{
    StoreError,
    closing::CloseRoomError,
    creation::{AliasError, CreateRoomError, SetStateError, UpgradeError},
    membership::MembershipError,
    rooms::FindRoomError,
    sliding::SlidingError,
    sync::SyncError,
    timeline::{ReadError, SendError},
};

use super::{ApiError, personal::too_many};

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::DiskFull { .. } => Self::disk_full(),
            StoreError::Stopped(_) | StoreError::Closed => Self::unavailable("The server is stopping", error),
            StoreError::TooLarge { .. } => Self::too_large(),
            StoreError::Engine(_)
            | StoreError::Damaged { .. }
            | StoreError::Panicked(_)
            | StoreError::Content(_)
            | StoreError::ContentDamaged { .. } => Self::internal(error),
        }
    }
}

impl From<SendError> for ApiError {
    fn from(error: SendError) -> Self {
        match error {
            SendError::UnknownRoom => Self::forbidden("you are not in this room"),
            SendError::Forbidden(why) => Self::forbidden(why),
            SendError::Invalid(why) => Self::bad_json(why),
            SendError::TooLarge => Self::too_large(),
            SendError::InviteBlocked(_) => invite_blocked(&error),
            SendError::TooManyRooms => too_many(error.to_string()),
            SendError::TooManySticky { wait_ms } => {
                let mut refusal = Self::limit_exceeded(Duration::from_millis(wait_ms));
                refusal.message = error.to_string().into();
                refusal
            }
            SendError::DuplicateAnnotation => Self::bad_request("M_DUPLICATE_ANNOTATION", error.to_string()),
            SendError::Internal(error) => error.into(),
        }
    }
}

impl From<SetStateError> for ApiError {
    fn from(error: SetStateError) -> Self {
        match error {
            SetStateError::BadAlias(_) => Self::bad_request("M_BAD_ALIAS", error.to_string()),
            SetStateError::MalformedAlias(_) | SetStateError::CreatedAlready => Self::invalid_param(error.to_string()),
            SetStateError::Send(error) => error.into(),
        }
    }
}

impl From<ReadError> for ApiError {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Forbidden => Self::forbidden("you are not in this room"),
            ReadError::Internal(error) => error.into(),
        }
    }
}

impl From<MembershipError> for ApiError {
    fn from(error: MembershipError) -> Self {
        match error {
            MembershipError::UnknownRoom => Self::not_found("no such room"),
            MembershipError::Forbidden(why) => Self::forbidden(why),
            MembershipError::BadState(why) => Self::new(StatusCode::FORBIDDEN, "M_BAD_STATE", why),
            MembershipError::CannotForget(why) => Self::bad_request("M_UNKNOWN", why),
            MembershipError::Invalid(why) => Self::bad_json(why),
            MembershipError::InviteBlocked(_) => invite_blocked(&error),
            MembershipError::TooManyRooms => too_many(error.to_string()),
            MembershipError::Internal(error) => error.into(),
        }
    }
}

impl From<CreateRoomError> for ApiError {
    fn from(error: CreateRoomError) -> Self {
        match error {
            CreateRoomError::UnsupportedVersion => Self::bad_request("M_UNSUPPORTED_ROOM_VERSION", error.to_string()),
            CreateRoomError::InvalidState(why) => Self::bad_request("M_INVALID_ROOM_STATE", why),
            CreateRoomError::Forbidden(why) => Self::forbidden(why),
            CreateRoomError::Invalid(why) => Self::invalid_param(why),
            CreateRoomError::InviteBlocked(_) => invite_blocked(&error),
            CreateRoomError::TooManyRooms => too_many(error.to_string()),
            CreateRoomError::AliasTaken => Self::bad_request("M_ROOM_IN_USE", "this room address is taken"),
            CreateRoomError::Internal(error) => error.into(),
        }
    }
}

impl From<UpgradeError> for ApiError {
    fn from(error: UpgradeError) -> Self {
        match error {
            UpgradeError::UnknownRoom => Self::forbidden("you are not in this room"),
            UpgradeError::Forbidden(why) => Self::forbidden(why),
            UpgradeError::Create(error) => error.into(),
            UpgradeError::Internal(error) => error.into(),
        }
    }
}

impl From<AliasError> for ApiError {
    fn from(error: AliasError) -> Self {
        match error {
            AliasError::Taken => Self::new(StatusCode::CONFLICT, "M_UNKNOWN", "this room address is taken"),
            AliasError::Unknown => Self::not_found("no room has this address"),
            AliasError::Forbidden => Self::forbidden("you may not change this room address"),
            AliasError::NotLocal => Self::invalid_param("this is not an address of this server"),
            AliasError::TooMany => Self::new(StatusCode::FORBIDDEN, "M_LIMIT_EXCEEDED", error.to_string()),
            AliasError::Internal(error) => error.into(),
        }
    }
}

impl From<FindRoomError> for ApiError {
    fn from(error: FindRoomError) -> Self {
        match error {
            FindRoomError::Unknown => no_room(),
            FindRoomError::Internal(error) => error.into(),
        }
    }
}

impl From<CloseRoomError> for ApiError {
    fn from(error: CloseRoomError) -> Self {
        match error {
            CloseRoomError::Unknown => no_room(),
            CloseRoomError::NotGranted(missing) => missing.into(),
            CloseRoomError::Directory(error) => error.into(),
            CloseRoomError::Internal(error) => error.into(),
        }
    }
}

fn no_room() -> ApiError {
    ApiError::not_found("There is no such room")
}

impl From<SyncError> for ApiError {
    fn from(error: SyncError) -> Self {
        match error {
            SyncError::BadToken(error) => Self::invalid_param(error.to_string()),
            SyncError::Internal(error) => error.into(),
        }
    }
}

impl From<SlidingError> for ApiError {
    fn from(error: SlidingError) -> Self {
        match error {
            SlidingError::UnknownPos => Self::bad_request("M_UNKNOWN_POS", error.to_string()),
            SlidingError::Invalid(why) => Self::invalid_param(why),
            SlidingError::Internal(error) => error.into(),
        }
    }
}

/// 403 `M_INVITE_BLOCKED`: who is invited takes no invites (spec: "Invite permission").
fn invite_blocked(error: &impl Display) -> ApiError {
    ApiError::new(StatusCode::FORBIDDEN, "M_INVITE_BLOCKED", error.to_string())
}
