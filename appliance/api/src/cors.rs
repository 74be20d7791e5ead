//! Cross-origin access for browsers, as the specification asks ("Web Browser Clients"): any page may call the client
//! API, because what protects it is a token that no browser sends by itself.

use axum::body::Body;
use axum::response::Response;
use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE,
};
use http::{HeaderMap, HeaderValue, StatusCode};

/// Whether any web page may call this path. The administration and the metrics are not for other pages.
pub(crate) fn open(path: &str) -> bool {
    ["/_matrix/", "/.well-known/matrix/", "/livekit/"].iter().any(|open| path.starts_with(open))
}

/// The answer to a preflight request; no handler is asked, and none needs to exist.
pub(crate) fn preflight() -> Response {
    let mut answer = Response::new(Body::empty());
    *answer.status_mut() = StatusCode::NO_CONTENT;
    answer
}

/// Adds the headers that let a browser hand the answer to the page.
pub(crate) fn allow(headers: &mut HeaderMap) {
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    let methods = HeaderValue::from_static("GET, HEAD, POST, PUT, DELETE, OPTIONS");
    headers.insert(ACCESS_CONTROL_ALLOW_METHODS, methods);
    let allowed = HeaderValue::from_static(
        "X-Requested-With, Content-Type, Authorization, If-Match, If-None-Match, If-Range, Range",
    );
    headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, allowed);
    headers.insert(
        ACCESS_CONTROL_EXPOSE_HEADERS,
        HeaderValue::from_static("ETag, Retry-After, Accept-Ranges, Content-Disposition, Content-Range"),
    );
    headers.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("86400"));
}
