//! Errors of accounts and sessions.

use http::StatusCode;
use serde_json::Value;
use veche_directory::{
    AdminError, AuthenticateError, ChangePasswordError, DeactivateError, DeviceError, LoginError, LoginTokenError,
    NotAdministrator, NotGranted, PasskeyError, RefreshError, RegisterError, RegistrationTokenError, ReportError,
    SecondFactorError, SharedSecretError, UiaError,
};

use crate::error::ApiError;

impl From<AuthenticateError> for ApiError {
    fn from(error: AuthenticateError) -> Self {
        match error {
            AuthenticateError::Unknown => Self::unknown_token(),
            AuthenticateError::Expired => Self::expired_token(),
            AuthenticateError::Locked => Self::user_locked(),
            AuthenticateError::Internal(error) => error.into(),
        }
    }
}

impl From<LoginError> for ApiError {
    fn from(error: LoginError) -> Self {
        match error {
            LoginError::WrongCredentials => Self::forbidden("Invalid user name or password"),
            LoginError::DirectoryAway => {
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "M_UNKNOWN", "The company's directory does not answer")
                    .with("reason", "directory_away")
            }
            LoginError::CodeNeeded => Self::forbidden("Type the code of your authenticator app behind the password")
                .with("reason", "code_needed"),
            LoginError::WrongCode => {
                Self::forbidden("This is not the code of your authenticator app").with("reason", "wrong_code")
            }
            LoginError::PasskeyNeeded => {
                Self::forbidden("This account is opened by its passkey, not by the password alone")
                    .with("reason", "passkey_needed")
            }
            LoginError::CodeUsed => {
                Self::forbidden("This code was used already; wait for the next one").with("reason", "code_used")
            }
            LoginError::Deactivated => user_deactivated(),
            LoginError::Locked => Self::user_locked(),
            LoginError::TooFast { retry_after } => Self::limit_exceeded(retry_after),
            LoginError::BadDeviceId => bad_device_id(),
            LoginError::Internal(error) => error.into(),
        }
    }
}

impl From<SecondFactorError> for ApiError {
    fn from(error: SecondFactorError) -> Self {
        match error {
            SecondFactorError::Login(LoginError::WrongCredentials) => Self::wrong_password(),
            SecondFactorError::Login(error) => error.into(),
            SecondFactorError::AlreadyOn => {
                Self::bad_request("M_UNKNOWN", "There is a second factor already").with("reason", "already_on")
            }
            SecondFactorError::None => Self::not_found("There is no second factor"),
            SecondFactorError::Internal(error) => error.into(),
        }
    }
}

impl From<PasskeyError> for ApiError {
    fn from(error: PasskeyError) -> Self {
        match error {
            PasskeyError::Login(LoginError::WrongCredentials) => Self::wrong_password(),
            PasskeyError::Login(error) => error.into(),
            PasskeyError::NoName => {
                Self::bad_request("M_UNKNOWN", "Passkeys need a server that is opened under a name, over TLS")
                    .with("reason", "passkeys_need_a_name")
            }
            PasskeyError::TooMany => {
                Self::new(StatusCode::TOO_MANY_REQUESTS, "M_LIMIT_EXCEEDED", "There are too many passkeys")
            }
            PasskeyError::BadName => {
                Self::invalid_param("This name is empty or too long").with("reason", "name_length")
            }
            PasskeyError::None => Self::not_found("There is no such passkey, or none was asked for"),
            PasskeyError::Refused => Self::forbidden("This passkey was not accepted").with("reason", "passkey_refused"),
            PasskeyError::Internal(error) => error.into(),
        }
    }
}

impl From<RefreshError> for ApiError {
    fn from(error: RefreshError) -> Self {
        match error {
            RefreshError::Unknown => Self::unknown_token(),
            RefreshError::Locked => Self::user_locked(),
            RefreshError::TooFast { retry_after } => Self::limit_exceeded(retry_after),
            RefreshError::Internal(error) => error.into(),
        }
    }
}

impl From<LoginTokenError> for ApiError {
    fn from(error: LoginTokenError) -> Self {
        match error {
            LoginTokenError::NotProven => not_proven(),
            LoginTokenError::Internal(error) => error.into(),
        }
    }
}

impl From<UiaError> for ApiError {
    fn from(error: UiaError) -> Self {
        match error {
            UiaError::Challenge(challenge) => match serde_json::to_value(challenge.to_info()) {
                Ok(Value::Object(fields)) => Self::interactive(fields),
                Ok(other) => Self::internal(format!("a challenge became {other}")),
                Err(error) => Self::internal(error),
            },
            UiaError::OtherRequest => Self::forbidden("This authentication session is for another request"),
            UiaError::Closed => registration_closed(),
            UiaError::TooFast { retry_after } => Self::limit_exceeded(retry_after),
            UiaError::Internal(error) => error.into(),
        }
    }
}

impl From<RegisterError> for ApiError {
    fn from(error: RegisterError) -> Self {
        match error {
            RegisterError::Closed => registration_closed(),
            RegisterError::NoGuests => {
                Self::new(StatusCode::FORBIDDEN, "M_GUEST_ACCESS_FORBIDDEN", "Guests are not let in")
            }
            RegisterError::InvalidUsername => Self::bad_request(
                "M_INVALID_USERNAME",
                "A user name has the characters a-z, 0-9 and ._=-/+ and is not too long",
            ),
            RegisterError::UserInUse => Self::bad_request("M_USER_IN_USE", "This user name is taken"),
            RegisterError::MissingPassword => Self::missing_param("A password is needed"),
            RegisterError::WeakPassword => weak_password(),
            RegisterError::NotGranted(missing) => missing.into(),
            RegisterError::BadDeviceId => bad_device_id(),
            RegisterError::TokenUsedUp => Self::forbidden("The registration token is no longer valid"),
            RegisterError::TooFast { retry_after } => Self::limit_exceeded(retry_after),
            RegisterError::Internal(error) => error.into(),
        }
    }
}

impl From<RegistrationTokenError> for ApiError {
    fn from(error: RegistrationTokenError) -> Self {
        match error {
            RegistrationTokenError::Invalid => Self::invalid_param("This cannot be a registration token"),
            RegistrationTokenError::Exists => Self::invalid_param("There is such a token already"),
            RegistrationTokenError::NotFound => Self::not_found("There is no such token"),
            RegistrationTokenError::TooMany => {
                Self::new(StatusCode::TOO_MANY_REQUESTS, "M_LIMIT_EXCEEDED", "There are too many tokens")
            }
            RegistrationTokenError::NotGranted(missing) => missing.into(),
            RegistrationTokenError::Disabled => Self::forbidden("Registration tokens are not used here"),
            RegistrationTokenError::TooFast { retry_after } => Self::limit_exceeded(retry_after),
            RegistrationTokenError::Internal(error) => error.into(),
        }
    }
}

impl From<SharedSecretError> for ApiError {
    fn from(error: SharedSecretError) -> Self {
        match error {
            SharedSecretError::Disabled => Self::unrecognized(),
            SharedSecretError::UnknownNonce => Self::bad_request("M_UNKNOWN", "Unrecognized nonce"),
            SharedSecretError::WrongMac => Self::forbidden("HMAC incorrect"),
            SharedSecretError::Register(error) => error.into(),
            SharedSecretError::Internal(error) => error.into(),
        }
    }
}

impl From<ChangePasswordError> for ApiError {
    fn from(error: ChangePasswordError) -> Self {
        match error {
            ChangePasswordError::Weak => weak_password(),
            ChangePasswordError::KeptElsewhere => password_kept_elsewhere(),
            ChangePasswordError::NotProven => not_proven(),
            ChangePasswordError::Internal(error) => error.into(),
        }
    }
}

impl From<DeactivateError> for ApiError {
    fn from(error: DeactivateError) -> Self {
        match error {
            DeactivateError::NotProven => not_proven(),
            DeactivateError::Internal(error) => error.into(),
        }
    }
}

impl From<DeviceError> for ApiError {
    fn from(error: DeviceError) -> Self {
        match error {
            DeviceError::NotFound => Self::not_found("There is no such device"),
            DeviceError::NameTooLong => Self::bad_request("M_TOO_LARGE", "The name of the device is too long"),
            DeviceError::NotProven => not_proven(),
            DeviceError::Internal(error) => error.into(),
        }
    }
}

impl From<NotAdministrator> for ApiError {
    fn from(_: NotAdministrator) -> Self {
        Self::forbidden("Only administrators may do this").with("reason", "not_administrator")
    }
}

impl From<NotGranted> for ApiError {
    fn from(NotGranted(grant): NotGranted) -> Self {
        Self::forbidden("You have not been granted this").with("reason", "grant_needed").with("grant", grant.as_str())
    }
}

impl From<AdminError> for ApiError {
    fn from(error: AdminError) -> Self {
        match error {
            AdminError::NotFound => Self::not_found("There is no such account"),
            AdminError::Administrator => {
                Self::forbidden("This cannot be done to an administrator").with("reason", "administrator")
            }
            AdminError::NotGranted(missing) => missing.into(),
            AdminError::Beyond => {
                Self::forbidden("Nobody gives more than he may do himself").with("reason", "beyond_own_rights")
            }
            AdminError::Guest => Self::forbidden("A guest cannot administer").with("reason", "guest"),
            AdminError::Deactivated => user_deactivated(),
            AdminError::NoSecondFactor => Self::not_found("This account shows no second factor"),
            AdminError::UnusablePassword => weak_password(),
            AdminError::PasswordKeptElsewhere => password_kept_elsewhere(),
            AdminError::Internal(error) => error.into(),
        }
    }
}

impl From<ReportError> for ApiError {
    fn from(error: ReportError) -> Self {
        match error {
            ReportError::TooLong => Self::bad_request("M_TOO_LARGE", "The reason is too long"),
            ReportError::TooMany => {
                Self::new(StatusCode::TOO_MANY_REQUESTS, "M_LIMIT_EXCEEDED", "Enough reports for today")
            }
            ReportError::Internal(error) => error.into(),
        }
    }
}

fn password_kept_elsewhere() -> ApiError {
    ApiError::forbidden("This password is kept in the company's directory and changed there")
        .with("reason", "password_kept_elsewhere")
}

fn user_deactivated() -> ApiError {
    ApiError::new(StatusCode::FORBIDDEN, "M_USER_DEACTIVATED", "This account has been deactivated")
}

fn registration_closed() -> ApiError {
    ApiError::forbidden("Registration is closed")
}

fn weak_password() -> ApiError {
    ApiError::bad_request("M_WEAK_PASSWORD", "This password is too short or too long")
}

fn bad_device_id() -> ApiError {
    ApiError::invalid_param("The device id cannot be used")
}

fn not_proven() -> ApiError {
    ApiError::forbidden("The authentication was somebody else's")
}
