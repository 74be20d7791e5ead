//! `GET /api/admin/v1/reachability`. Who may call it: administrators who look after the system.
//!
//! How the administrator's browser came here is told in a line of the report and believed nowhere else: a `Host` is
//! free text to whoever sends it, so no address that others are told is ever taken from a request.

use axum::extract::{FromRef, State};
use http::Uri;
use http::header::HOST;
use http::uri::Authority;
use schemars::JsonSchema;
use serde::Deserialize;
use veche_base::Network;

use super::{Report, Visit};
use crate::app::{Gated, Plugs};
use crate::error::ApiError;
use crate::typed::{Asked, Json};

/// About the browser that asks.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(rename = "ReachabilityWanted")]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    /// What the browser's clock shows, in milliseconds since 1970.
    now_ms: Option<u64>,
}

/// The reachability report.
pub(super) async fn get<S: Gated>(State(state): State<S>, asked: Asked<Wanted>) -> Result<Json<Report>, ApiError>
where
    Plugs: FromRef<S>,
{
    let reachability = Plugs::from_ref(&state).reachability.ok_or_else(ApiError::unrecognized)?;
    let visit = visit(&asked, asked.query.now_ms, &state.gate().settings.trusted_proxies);
    Ok(Json(reachability.report(Some(visit)).await))
}

/// How whoever asks has come here.
pub(crate) fn visit<Q, B>(asked: &Asked<Q, B>, clock_ms: Option<u64>, trusted_proxies: &[Network]) -> Visit {
    let headers = &asked.parts.headers;
    // HTTP/2 has no Host: what was asked for stands in the URI.
    let named = asked.parts.uri.authority().map(Authority::as_str);
    let named = named.or_else(|| headers.get(HOST).and_then(|host| host.to_str().ok()));
    Visit {
        host: named.filter(|host| is_host(host)).map(str::to_owned),
        address: asked.caller.ip,
        is_proxied: asked.caller.ip != asked.connection.peer,
        is_secure: asked.connection.is_secure(headers, trusted_proxies),
        clock_ms,
    }
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
