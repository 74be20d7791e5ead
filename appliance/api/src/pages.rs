//! The pages for people: what answers a GET that no endpoint takes.
//!
//! This crate does not know them. It says which paths can never be a page, so that a program that asks for an endpoint
//! which is not there is told so in its own words and not in HTML.

use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use bytes::Bytes;
use http::{HeaderMap, Method, Uri};

use crate::request_log::Handled;

/// Who has the pages.
pub trait Pages: Send + Sync {
    /// The whole answer to a GET or HEAD, if there is a page at this path.
    fn answer(&self, method: &Method, uri: &Uri, fields: &HeaderMap) -> Option<http::Response<Bytes>>;
}

/// First segments of paths that belong to programs, beside all that begin with an underscore (`_matrix`, `_veche`).
const FOR_PROGRAMS: [&str; 4] = [".well-known", "health", "metrics", "api"];

/// The page at the path of this request, if there is one.
pub(crate) fn answer(pages: &dyn Pages, request: &Request) -> Option<Response> {
    let method = request.method();
    if (method != Method::GET && method != Method::HEAD) || is_for_programs(request.uri().path()) {
        return None;
    }
    let answer = pages.answer(method, request.uri(), request.headers())?;
    let mut answer = answer.map(Body::from);
    answer.extensions_mut().insert(Handled::page());
    Some(answer)
}

fn is_for_programs(path: &str) -> bool {
    let first = path.trim_start_matches('/').split('/').next().unwrap_or_default();
    first.starts_with('_') || FOR_PROGRAMS.contains(&first)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use bytes::Bytes;
    use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY};
    use http::{HeaderMap, HeaderValue, Method, Response, Uri};

    use super::Pages;
    use crate::routes::Routes;
    use crate::system;
    use crate::testing::{Answered, Ask, Bare};

    /// Answers everything but `/missing`.
    struct Everywhere;

    impl Pages for Everywhere {
        fn answer(&self, _: &Method, uri: &Uri, fields: &HeaderMap) -> Option<Response<Bytes>> {
            let accepted = fields.get("accept-encoding").map_or("plain", |value| value.to_str().unwrap());
            let mut answer = Response::new(Bytes::from(format!("{} {accepted}", uri.path())));
            answer.headers_mut().insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'self'"));
            answer.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
            (uri.path() != "/missing").then_some(answer)
        }
    }

    async fn ask(line: &str) -> Answered {
        let mut bare = Bare::new();
        bare.plugs.pages = Some(Arc::new(Everywhere));
        Ask::new(line).header("accept-encoding", "br").of(&system::routes(Routes::new()).into_router(bare)).await
    }

    #[tokio::test]
    async fn page_answers_what_is_no_endpoint() {
        for path in ["/", "/room/x", "/apiary", "/healthy", "/admin/"] {
            let answer = ask(&format!("GET {path}")).await;
            assert_eq!((answer.status, answer.body), (200, format!("{path} br").into_bytes()));
            // Its own words win over those of the endpoints, and what it does not say is said for it.
            assert_eq!(answer.headers["content-security-policy"], "default-src 'self'");
            assert_eq!(answer.headers["cache-control"], "no-cache");
            assert_eq!(answer.headers["x-content-type-options"], "nosniff");
            assert!(!answer.headers.contains_key("access-control-allow-origin"));
        }
        assert_eq!(ask("HEAD /").await.status, 200);
        assert_eq!(ask("GET /health").await.body, b"OK");
    }

    #[tokio::test]
    async fn programs_are_never_answered_with_a_page() {
        let refused = (404, "M_UNRECOGNIZED".to_owned());
        for line in [
            "GET /_matrix/client/v3/nothing",
            "GET /_veche/nothing",
            "GET /_anything",
            "GET /.well-known/nothing",
            "GET /.well-known",
            "GET /health/nothing",
            "GET /metrics/nothing",
            "GET /api/admin/v1/nothing",
            "GET /api",
            "GET /missing",
            "POST /",
            "PUT /room/x",
            "DELETE /",
            // Two readers could understand it differently.
            "GET /room//x",
            "GET /room/../x",
        ] {
            assert_eq!(ask(line).await.refusal(), refused, "{line}");
        }
        assert_eq!(ask("POST /health").await.refusal(), (405, "M_UNRECOGNIZED".to_owned()));
    }

    #[tokio::test]
    async fn server_without_pages_refuses_their_paths() {
        let router = system::routes(Routes::new()).into_router(Bare::new());
        assert_eq!(Ask::new("GET /").of(&router).await.refusal(), (404, "M_UNRECOGNIZED".to_owned()));
    }
}
