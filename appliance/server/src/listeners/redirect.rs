//! Port 80: answers ACME validators, sends browsers to HTTPS, and nothing else.
//!
//! Where it sends them stands in the settings: the `Host` that a request names is not looked at, so nobody can make this
//! server send people elsewhere. What is no GET is refused instead of sent on, because whoever wrote a password to
//! port 80 must notice it.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use hyper::body::Incoming;
use hyper::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, HeaderValue, LOCATION, X_CONTENT_TYPE_OPTIONS};
use hyper::{Method, Request, Response, StatusCode, Uri};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_util::sync::CancellationToken;
use tracing::debug;
use veche_acme::HttpTokens;
use veche_base::limits;

use super::Patience;

/// Everything below is ACME's and never sent on.
const ACME_PATH: &str = "/.well-known/acme-challenge/";
/// How long a browser remembers where it was sent: an address may change.
const MEMORY: HeaderValue = HeaderValue::from_static("max-age=3600");

/// What port 80 answers. Clones answer the same.
#[derive(Clone)]
pub(crate) struct Redirect {
    tokens: HttpTokens,
    base_url: Arc<str>,
}

impl Redirect {
    /// Sends browsers to `base_url`, which begins with `https://` and does not end with a slash.
    pub(crate) fn new(tokens: HttpTokens, base_url: &str) -> Self {
        Self { tokens, base_url: base_url.into() }
    }

    /// Answers one request.
    pub(super) async fn serve(
        self,
        stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
        patience: Patience,
        stopping: CancellationToken,
    ) {
        let service = hyper::service::service_fn(move |request: Request<Incoming>| {
            let answer = self.answer(request.method(), request.uri());
            async move { Ok::<_, Infallible>(answer) }
        });
        let serving = hyper::server::conn::http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(patience.headers)
            .keep_alive(false)
            .max_buf_size(limits::REDIRECT_HEADERS_BYTES_MAX)
            .max_headers(limits::HTTP_HEADERS_COUNT_MAX)
            .serve_connection(TokioIo::new(stream), service);
        let served = tokio::select! {
            () = stopping.cancelled() => return,
            served = tokio::time::timeout(Duration::from_secs(limits::REDIRECT_SECS_MAX), serving) => served,
        };
        match served {
            Ok(Ok(())) => {}
            Ok(Err(error)) => debug!(%error, "a connection to port 80 ended early"),
            Err(_) => debug!("a connection to port 80 took too long"),
        }
    }

    fn answer(&self, method: &Method, uri: &Uri) -> Response<Body> {
        if method != Method::GET && method != Method::HEAD {
            let mut refusal = text(
                StatusCode::FORBIDDEN,
                "This port is not encrypted: what was sent here could be read on its way. Use https.\n",
            );
            refusal.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
            return refusal;
        }
        let path = uri.path();
        if path.starts_with(ACME_PATH) {
            return match self.tokens.answer(path) {
                Some(token) => {
                    let mut answer = Response::new(Body::from(token));
                    let kind = HeaderValue::from_static("application/octet-stream");
                    answer.headers_mut().insert(CONTENT_TYPE, kind);
                    answer
                }
                None => text(StatusCode::NOT_FOUND, "There is no such token.\n"),
            };
        }
        match self.location(uri) {
            Some(location) => {
                let mut answer = text(StatusCode::PERMANENT_REDIRECT, "This server is reached by https.\n");
                answer.headers_mut().insert(LOCATION, location);
                answer.headers_mut().insert(CACHE_CONTROL, MEMORY);
                answer
            }
            None => text(StatusCode::BAD_REQUEST, "That is no path.\n"),
        }
    }

    /// The same path and query under our own address.
    fn location(&self, uri: &Uri) -> Option<HeaderValue> {
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        // Behind our host's name, anything but a slash could make another host's name of it.
        let path = Some(path).filter(|path| path.starts_with('/'))?;
        HeaderValue::from_str(&format!("{}{path}", self.base_url)).ok()
    }
}

fn text(status: StatusCode, words: &'static str) -> Response<Body> {
    let mut answer = Response::new(Body::from(words));
    *answer.status_mut() = status;
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    answer
}

#[cfg(test)]
mod tests {
    use hyper::{Method, Uri};
    use veche_acme::HttpTokens;

    use super::Redirect;

    fn ask(method: &Method, uri: &str) -> (u16, String) {
        let redirect = Redirect::new(HttpTokens::default(), "https://chat.example.org:8443");
        let answer = redirect.answer(method, &uri.parse::<Uri>().unwrap());
        let location = answer.headers().get("location").map(|value| value.to_str().unwrap().to_owned());
        (answer.status().as_u16(), location.unwrap_or_default())
    }

    #[test]
    fn browsers_are_sent_to_the_same_path_under_our_own_name() {
        for (asked, path) in [
            ("/", "/"),
            ("/a/b?c=d&e=%2F", "/a/b?c=d&e=%2F"),
            ("//evil.example/x", "//evil.example/x"),
            ("/%0d%0aset-cookie:a", "/%0d%0aset-cookie:a"),
            ("/.well-known/acme-challengeX", "/.well-known/acme-challengeX"),
            ("http://evil.example/a?b", "/a?b"),
            ("http://evil.example", "/"),
        ] {
            let expected = (308, format!("https://chat.example.org:8443{path}"));
            assert_eq!(ask(&Method::GET, asked), expected, "{asked}");
            assert_eq!(ask(&Method::HEAD, asked), expected, "{asked}");
        }
        assert_eq!(ask(&Method::GET, "*"), (400, String::new()));
        assert_eq!(ask(&Method::GET, "evil.example:80").1, "https://chat.example.org:8443/");
    }

    #[test]
    fn nothing_but_reading_is_sent_on() {
        for method in [Method::POST, Method::PUT, Method::DELETE, Method::OPTIONS, Method::CONNECT, Method::PATCH] {
            assert_eq!(ask(&method, "/_matrix/client/v3/login"), (403, String::new()), "{method}");
        }
    }

    #[test]
    fn what_is_acmes_is_never_sent_on() {
        for path in ["/.well-known/acme-challenge/", "/.well-known/acme-challenge/unknown"] {
            assert_eq!(ask(&Method::GET, path), (404, String::new()), "{path}");
        }
    }
}
