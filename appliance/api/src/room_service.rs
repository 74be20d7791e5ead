//! What is needed of the SFU for LiveKit's API for servers (`RoomService`), over Twirp.
//!
//! This crate knows neither LiveKit's messages nor who may do what in a call: it reads the request's head, and `server` plugs
//! in who does the rest ([`crate::Plugs`]).

use std::future::Future;
use std::pin::Pin;

use http::StatusCode;

/// Where calls are administered.
pub trait RoomService: Send + Sync {
    /// Does what is asked, if whoever shows the token may; answers the body, written as the one that came.
    fn serve<'a>(&'a self, request: TwirpRequest<'a>) -> TwirpAnswer<'a>;
}

/// A request.
#[derive(Debug, Clone, Copy)]
pub struct TwirpRequest<'a> {
    /// The method's name.
    pub method: &'a str,
    /// What the client has shown; empty if nothing.
    pub token: &'a str,
    /// Whether bodies are JSON, and not protobuf.
    pub is_json: bool,
    /// The body.
    pub body: &'a [u8],
}

/// A body, or why there is none.
pub type TwirpAnswer<'a> = Pin<Box<dyn Future<Output = Result<Vec<u8>, TwirpError>> + Send + 'a>>;

/// An error as Twirp says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TwirpError {
    /// What kind.
    pub code: TwirpCode,
    /// For people.
    pub message: String,
}

/// The kinds of errors that we have; each is told with a status of its own (Twirp's specification, version 7).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TwirpCode {
    /// No such method, or the body is neither protobuf nor JSON.
    BadRoute,
    /// A method that is not served.
    Unimplemented,
    /// The body cannot be read.
    Malformed,
    /// The body says what cannot be.
    InvalidArgument,
    /// Somebody or something is not there.
    NotFound,
    /// The token is no good.
    Unauthenticated,
    /// Whoever has the token may not do this.
    PermissionDenied,
    /// Nobody may do this as things are.
    FailedPrecondition,
    /// The server stops, or has too much to do.
    Unavailable,
    /// The server has failed.
    Internal,
}

impl TwirpCode {
    /// Its name.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::BadRoute => "bad_route",
            Self::Unimplemented => "unimplemented",
            Self::Malformed => "malformed",
            Self::InvalidArgument => "invalid_argument",
            Self::NotFound => "not_found",
            Self::Unauthenticated => "unauthenticated",
            Self::PermissionDenied => "permission_denied",
            Self::FailedPrecondition => "failed_precondition",
            Self::Unavailable => "unavailable",
            Self::Internal => "internal",
        }
    }

    /// Its status.
    pub(crate) const fn status(self) -> StatusCode {
        match self {
            Self::BadRoute | Self::NotFound => StatusCode::NOT_FOUND,
            Self::Unimplemented => StatusCode::NOT_IMPLEMENTED,
            Self::Malformed | Self::InvalidArgument => StatusCode::BAD_REQUEST,
            Self::Unauthenticated => StatusCode::UNAUTHORIZED,
            Self::PermissionDenied => StatusCode::FORBIDDEN,
            Self::FailedPrecondition => StatusCode::PRECONDITION_FAILED,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

impl TwirpError {
    /// An error of this kind.
    pub fn new(code: TwirpCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }
}
