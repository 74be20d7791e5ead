//! `GET /_veche/admin/v1/reachability`. Who may call it: administrators.
//!
//! How the administrator's browser came here is told in a line of the report and believed nowhere else: a `Host` is
//! free text to whoever sends it, so no address that others are told is ever taken from a request.

use axum::body::Body;
use axum::extract::{FromRef, Query, State};
use axum::response::Response;
use http::header::{CONTENT_TYPE, HOST};
use http::uri::Authority;
use http::{HeaderValue, Uri};
use serde::Deserialize;
use veche_base::Network;

use super::Visit;
use crate::app::{Gated, Plugs};
use crate::error::ApiError;
use crate::extract::Plain;

#[derive(Deserialize)]
struct Asked {
    /// What the browser's clock shows, in milliseconds since 1970.
    now_ms: Option<u64>,
}

/// The reachability report.
pub(super) async fn get<S: Gated>(State(state): State<S>, plain: Plain) -> Result<Response, ApiError>
where
    Plugs: FromRef<S>,
{
    let reachability = Plugs::from_ref(&state).reachability.ok_or_else(ApiError::unrecognized)?;
    let visit = visit(&plain, &state.gate().settings.trusted_proxies)?;
    let report = reachability.report(Some(visit)).await;
    let body = serde_json::to_vec(&report).map_err(ApiError::internal)?;
    let mut answer = Response::new(Body::from(body));
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(answer)
}

fn visit(plain: &Plain, trusted_proxies: &[Network]) -> Result<Visit, ApiError> {
    let headers = &plain.parts.headers;
    let Query(Asked { now_ms }) = Query::try_from_uri(&plain.parts.uri)
        .map_err(|_| ApiError::invalid_param("now_ms is a number of milliseconds"))?;
    // HTTP/2 has no Host: what was asked for stands in the URI.
    let named = plain.parts.uri.authority().map(Authority::as_str);
    let named = named.or_else(|| headers.get(HOST).and_then(|host| host.to_str().ok()));
    Ok(Visit {
        host: named.filter(|host| is_host(host)).map(str::to_owned),
        address: plain.caller.ip,
        is_proxied: plain.caller.ip != plain.connection.peer,
        is_secure: plain.connection.is_secure(headers, trusted_proxies),
        clock_ms: now_ms,
    })
}

/// Whether it is a host with or without a port, and nothing else.
fn is_host(text: &str) -> bool {
    let uri: Option<Uri> = format!("http://{text}").parse().ok();
    let authority = uri.as_ref().and_then(Uri::authority);
    authority.is_some_and(|authority| authority.as_str() == text && !text.contains('@') && !authority.host().is_empty())
}

#[cfg(test)]
mod tests {
    use super::is_host;

    #[test]
    fn only_hosts_are_repeated() {
        for good in ["chat.example.org", "chat.example.org:8443", "203.0.113.7", "[2001:db8::7]:8443"] {
            assert!(is_host(good), "{good}");
        }
        for bad in ["", "a/b", "user@chat.example.org", "a?b", "a b", ":443", "<script>"] {
            assert!(!is_host(bad), "{bad}");
        }
    }
}
