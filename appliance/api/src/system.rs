//! For those who watch the machine: `/health` for everybody (one bit), `/metrics` for the machine itself. And the root
//! of the server's own certificate authority, for those who want to trust it.

use std::future::ready;

use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use http::{HeaderValue, Method};

use crate::access::Need;
use crate::app::Gated;
use crate::connection::Listener;
use crate::error::ApiError;
use crate::extract::Plain;
use crate::limits::Class;
use crate::routes::{Route, Routes};

/// Registers the area.
pub(crate) fn routes<S: Gated>(routes: Routes<S>) -> Routes<S> {
    let route = Route::new().class(Class::Free);
    routes
        .plain(Method::GET, "/health", Need::Nobody, route, health::<S>)
        .plain(Method::GET, "/metrics", Need::Nobody, route, metrics::<S>)
        .plain(Method::GET, "/.well-known/veche/root-ca.pem", Need::Nobody, route, root_ca::<S>)
}

async fn health<S: Gated>(_: State<S>, _: Plain) -> Result<Response, ApiError> {
    Ok(ready(text("OK", "text/plain; charset=utf-8")).await)
}

/// Only on the loopback listener, and not through a proxy that forwards from there: the numbers tell who works when.
async fn metrics<S: Gated>(State(state): State<S>, plain: Plain) -> Result<Response, ApiError> {
    let forwarded =
        plain.parts.headers.contains_key("x-forwarded-for") || plain.parts.headers.contains_key("forwarded");
    if plain.connection.listener != Listener::Loopback || forwarded {
        return ready(Err(ApiError::unrecognized())).await;
    }
    let encoded = state.gate().metrics.registry.encode();
    Ok(text(encoded, "application/openmetrics-text; version=1.0.0; charset=utf-8"))
}

/// Public like every certificate. Whoever installs it compares its fingerprint with the console's.
async fn root_ca<S: Gated>(State(state): State<S>, _: Plain) -> Result<Response, ApiError> {
    let authority = state.gate().settings.own_authority.as_ref();
    let Some(root) = ready(authority.and_then(|authority| authority.root_pem())).await else {
        return Err(ApiError::unrecognized());
    };
    let mut answer = text(root, "application/x-pem-file");
    let disposition = HeaderValue::from_static("attachment; filename=\"veche-root-ca.pem\"");
    answer.headers_mut().insert(CONTENT_DISPOSITION, disposition);
    Ok(answer)
}

fn text(body: impl Into<Body>, content_type: &'static str) -> Response {
    let mut answer = Response::new(body.into());
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    answer
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;
    use std::sync::Arc;

    use crate::app::OwnAuthority;
    use crate::connection::{Connection, Listener};
    use crate::routes::Routes;
    use crate::testing::{Ask, Bare};

    #[tokio::test]
    async fn metrics_are_for_the_machine_itself() {
        let router = super::routes(Routes::new()).into_router(Bare::new());
        let local = Connection { peer: Ipv4Addr::LOCALHOST.into(), listener: Listener::Loopback, secure: false };
        let metrics = || Ask::new("GET /metrics");
        assert_eq!(metrics().of(&router).await.refusal(), (404, "M_UNRECOGNIZED".to_owned()));
        let answer = metrics().from(local).of(&router).await;
        assert_eq!(answer.status, 200);
        assert!(String::from_utf8(answer.body).unwrap().contains("veche_api_requests"));
        let proxied = metrics().from(local).header("x-forwarded-for", "192.0.2.1").of(&router).await;
        assert_eq!(proxied.status, 404);
        let health = Ask::new("GET /health").of(&router).await;
        assert_eq!((health.status, health.body.as_slice()), (200, &b"OK"[..]));
    }
    #[tokio::test]
    async fn own_root_is_given_out_while_it_is_in_use() {
        #[derive(Debug)]
        struct Fixed;
        impl OwnAuthority for Fixed {
            fn root_pem(&self) -> Option<String> {
                Some("-----BEGIN CERTIFICATE-----".to_owned())
            }
        }
        let ask = || Ask::new("GET /.well-known/veche/root-ca.pem");
        let router = super::routes(Routes::new()).into_router(Bare::new());
        assert_eq!(ask().of(&router).await.refusal(), (404, "M_UNRECOGNIZED".to_owned()));
        let bare = Bare::with(|settings| settings.own_authority = Some(Arc::new(Fixed)));
        let answer = ask().of(&super::routes(Routes::new()).into_router(bare)).await;
        assert_eq!((answer.status, answer.body.as_slice()), (200, &b"-----BEGIN CERTIFICATE-----"[..]));
        assert_eq!(answer.headers["content-type"], "application/x-pem-file");
    }
}
