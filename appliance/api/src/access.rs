//! Who asks: from a token in a request to a [`Requester`] that a handler can hold.
//!
//! What a handler gets is decided by the endpoint's ruma metadata: an endpoint without authentication has no
//! requester to ask for, one with optional authentication has an `Option`, the others have one.

use axum::extract::Query;
use futures_util::future::BoxFuture;
use http::header::AUTHORIZATION;
use http::request::Parts;
use http::{HeaderMap, Uri};
use ruma::api::auth_scheme::{
    AccessToken, AccessTokenOptional, AppserviceToken, AppserviceTokenOptional, AuthScheme, NoAccessToken,
    NoAuthentication,
};
use veche_base::limits::TOKEN_BYTES_MAX;
pub use veche_directory::{Caller, Requester};

use crate::error::ApiError;
use crate::routes::Endpoint;

/// Turns a token into who it belongs to. [`veche_directory::Directory`] in the product, a table in tests.
pub trait Authenticator: Send + Sync {
    /// Who `token` belongs to, or the 401 that says why nobody. Does not read the disk for a token it has seen.
    ///
    /// `locked` says whether a locked account is let in; its requester then says that it is locked.
    fn authenticate<'a>(
        &'a self,
        token: &'a str,
        caller: &'a Caller,
        locked: Locked,
    ) -> BoxFuture<'a, Result<Requester, ApiError>>;

    /// Whether this proves that the requester has shown his password a moment ago; nobody has, unless it is said.
    fn is_fresh(&self, _: &Requester, _proof: &str) -> bool {
        false
    }
}

/// Whether a locked account may use an endpoint: only to end sessions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Locked {
    /// `M_USER_LOCKED`.
    Refused,
    /// Let in.
    Allowed,
}

/// What an endpoint needs to know about who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// Nothing; a token is not even read.
    Nobody,
    /// A token is checked if there is one.
    Maybe,
    /// A valid token.
    User,
    /// A valid token of somebody who administers the server.
    Administrator,
}

impl Need {
    /// Whether nobody comes in without a token.
    pub const fn is_token(self) -> bool {
        matches!(self, Self::User | Self::Administrator)
    }
}

/// An authentication scheme of ruma's metadata, with what its handlers get.
pub trait Scheme: AuthScheme {
    /// What the endpoint needs.
    const NEED: Need;
    /// What the handler gets.
    type Who: Send + Sync + 'static;
    /// Makes the handler's value out of what was found; fails only where a requester must be and is not.
    fn who(found: Option<Requester>) -> Result<Self::Who, ApiError>;
}

macro_rules! nobody {
    ($($scheme:ty)*) => {$(
        impl Scheme for $scheme {
            const NEED: Need = Need::Nobody;
            type Who = ();
            fn who(_: Option<Requester>) -> Result<(), ApiError> {
                Ok(())
            }
        }
    )*};
}

// There are no application services yet, so a token on their optional endpoints (login, register) says nothing.
nobody!(NoAuthentication NoAccessToken AppserviceTokenOptional);

impl Scheme for AccessTokenOptional {
    const NEED: Need = Need::Maybe;
    type Who = Option<Requester>;

    fn who(found: Option<Requester>) -> Result<Self::Who, ApiError> {
        Ok(found)
    }
}

impl Scheme for AccessToken {
    const NEED: Need = Need::User;
    type Who = Requester;

    fn who(found: Option<Requester>) -> Result<Self::Who, ApiError> {
        found.ok_or_else(ApiError::missing_token)
    }
}

impl Scheme for AppserviceToken {
    const NEED: Need = Need::User;
    type Who = Requester;

    fn who(found: Option<Requester>) -> Result<Self::Who, ApiError> {
        found.ok_or_else(ApiError::missing_token)
    }
}

/// The access token of a request: from the `Authorization` header, else (until the specification drops it,
/// MSC4127) from the query.
pub(crate) fn token(headers: &HeaderMap, uri: &Uri) -> Result<Option<String>, ApiError> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let token = match (values.next(), values.next()) {
        (Some(_), Some(_)) => return Err(ApiError::invalid_param("More than one Authorization header")),
        (Some(value), None) => Some(bearer(value.to_str().ok()).ok_or_else(ApiError::missing_token)?.to_owned()),
        (None, _) => query_token(uri),
    };
    // Neither can be a token of ours, and neither deserves a look-up.
    match token {
        Some(token) if token.is_empty() || token.len() > TOKEN_BYTES_MAX => Err(ApiError::unknown_token()),
        token => Ok(token),
    }
}

fn bearer(value: Option<&str>) -> Option<&str> {
    let (scheme, token) = value?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim_matches(' '))
}

/// The access token in the query.
pub(crate) fn query_token(uri: &Uri) -> Option<String> {
    if !uri.query()?.contains("access_token") {
        return None;
    }
    let Query(pairs) = Query::<Vec<(String, String)>>::try_from_uri(uri).ok()?;
    pairs.into_iter().find_map(|(name, value)| (name == "access_token").then_some(value))
}

/// What a request's token says, given what the endpoint needs.
pub(crate) async fn identify(
    authenticator: &dyn Authenticator,
    endpoint: &Endpoint,
    parts: &Parts,
    caller: &Caller,
) -> Result<Option<Requester>, ApiError> {
    if endpoint.need == Need::Nobody {
        return Ok(None);
    }
    match token(&parts.headers, &parts.uri)? {
        Some(token) => authenticator.authenticate(&token, caller, endpoint.route.locked).await.map(Some),
        None if endpoint.need.is_token() => Err(ApiError::missing_token()),
        None => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use http::header::AUTHORIZATION;
    use http::{HeaderMap, HeaderValue};

    use super::token;

    fn found(header: Option<&'static str>, uri: &'static str) -> Result<Option<String>, &'static str> {
        let mut headers = HeaderMap::new();
        if let Some(header) = header {
            headers.insert(AUTHORIZATION, HeaderValue::from_static(header));
        }
        token(&headers, &uri.parse().unwrap()).map_err(|error| error.errcode.unwrap())
    }

    #[test]
    fn tokens_are_found_in_header_and_query() {
        let ok = |token: &str| Ok(Some(token.to_owned()));
        assert_eq!(found(Some("Bearer abc"), "/x"), ok("abc"));
        assert_eq!(found(Some("bearer abc"), "/x?access_token=no"), ok("abc"));
        assert_eq!(found(None, "/x?a=b&access_token=a%2Bc"), ok("a+c"));
        assert_eq!(found(None, "/x?not_access_token=abc"), Ok(None));
        assert_eq!(found(None, "/x"), Ok(None));
    }

    #[test]
    fn what_cannot_be_a_token_is_refused_before_any_look_up() {
        assert_eq!(found(Some("Basic abc"), "/x"), Err("M_MISSING_TOKEN"));
        assert_eq!(found(Some("Bearer"), "/x"), Err("M_MISSING_TOKEN"));
        assert_eq!(found(Some("Bearer "), "/x"), Err("M_UNKNOWN_TOKEN"));
        assert_eq!(found(None, "/x?access_token="), Err("M_UNKNOWN_TOKEN"));
        let long = Box::leak(format!("Bearer {}", "a".repeat(600)).into_boxed_str());
        assert_eq!(found(Some(long), "/x"), Err("M_UNKNOWN_TOKEN"));
    }
}
