//! What stands around every request, known route or not: what no honest client sends is refused, the answer gets its
//! headers, and the end is logged.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use axum::extract::Request;
use axum::response::Response;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HOST, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS,
    X_FRAME_OPTIONS,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method};

use crate::app::Gated;
use crate::connection::Connection;
use crate::cors;
use crate::error::ApiError;
use crate::pages;
use crate::request_log::Line;

/// Header fields that [`cors::allow`] and [`harden`] add.
const HEADERS_ADDED_MAX: usize = 11;

/// Lets `answer` answer, and does everything around it. Every handler of the router calls it, and is the cheaper for it
/// than behind a layer, which would have to be cloned and boxed for each request.
pub(crate) async fn around<S: Gated>(
    state: S,
    request: Request,
    answer: impl FnOnce(S, Request) -> BoxFuture<'static, Response>,
) -> Response {
    let gate = Arc::clone(state.gate());
    let line = Line::begin(&gate, request.method());
    let is_secure = Connection::of(request.extensions()).is_secure(request.headers(), &gate.settings.trusted_proxies);
    let cors_open = cors::open(request.uri().path());
    let mut answer = match refuse_confusing(&request) {
        Err(error) => error.into_answer(&*gate.entropy),
        Ok(()) if request.method() == Method::OPTIONS && cors_open => cors::preflight(),
        // Handlers catch their own panics; this one is for what runs around them.
        Ok(()) => AssertUnwindSafe(answer(state, request))
            .catch_unwind()
            .await
            .unwrap_or_else(|_| ApiError::internal("a panic outside of any handler").into_answer(&*gate.entropy)),
    };
    // Room for all of them at once, so that the map does not grow three times on the way.
    answer.headers_mut().reserve(HEADERS_ADDED_MAX);
    if cors_open {
        cors::allow(answer.headers_mut());
    }
    harden(answer.headers_mut(), is_secure);
    line.finish(&mut answer);
    answer
}

/// What is not in the table: a page, or 404.
pub(crate) fn not_found(state: &impl Gated, request: &Request) -> Response {
    let page = state.pages().and_then(|pages| pages::answer(pages, request));
    page.unwrap_or_else(|| ApiError::unrecognized().into_answer(&*state.gate().entropy))
}

/// 405 for methods that a known path does not have.
pub(crate) fn method_not_allowed(state: &impl Gated) -> Response {
    ApiError::method_not_allowed().into_answer(&*state.gate().entropy)
}

/// Refuses what two readers of the same request could understand differently: a proxy that guards some paths and
/// this server must never disagree about which path is asked for.
fn refuse_confusing(request: &Request) -> Result<(), ApiError> {
    let path = request.uri().path();
    let confusing = path.contains("//")
        || path.contains('\\')
        || path.split('/').any(|segment| matches!(segment, "." | ".."))
        || !path.starts_with('/')
        || path.bytes().any(|byte| byte.is_ascii_control());
    if confusing {
        return Err(ApiError::unrecognized());
    }
    let mut hosts = request.headers().get_all(HOST).iter();
    // HTTP/2 names the host in the URI; a Host header that says otherwise is a trick.
    let two_hosts = match (request.uri().authority(), hosts.next(), hosts.next()) {
        (_, _, Some(_)) => true,
        (Some(authority), Some(host), None) => !host.as_bytes().eq_ignore_ascii_case(authority.as_str().as_bytes()),
        (None, Some(_), None) | (_, None, None) => false,
    };
    if two_hosts {
        return Err(ApiError::invalid_param("The request names more than one host"));
    }
    Ok(())
}

/// Headers that every answer has unless its handler set its own.
fn harden(headers: &mut HeaderMap, is_secure: bool) {
    let mut default = |name: HeaderName, value: &'static str| {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    };
    default(X_CONTENT_TYPE_OPTIONS, "nosniff");
    default(X_FRAME_OPTIONS, "DENY");
    default(REFERRER_POLICY, "no-referrer");
    default(CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'");
    default(CACHE_CONTROL, "no-store");
    if is_secure {
        default(STRICT_TRANSPORT_SECURITY, "max-age=31536000");
    }
}
