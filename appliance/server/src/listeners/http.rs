//! HTTP on one connection: the limits of hyper, and what each request is told about where it came from.

use std::convert::Infallible;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;
use tracing::debug;
use veche_api::connection::Connection;
use veche_base::limits;

use super::Patience;
use super::first_bytes::FirstBytes;
use super::idle_body::IdleBody;

/// How long an HTTP/2 connection may be silent before it is asked whether it lives, and to answer.
const HTTP2_PING_INTERVAL: Duration = Duration::from_secs(60);
const HTTP2_PING_ANSWER: Duration = Duration::from_secs(20);

/// Answers requests until the client leaves or `stopping` is cancelled; then what was asked is still answered.
///
/// A connection that a handler has upgraded (WebSocket) goes on in the handler's hands.
pub(super) async fn serve(
    stream: FirstBytes<impl AsyncRead + AsyncWrite + Send + Unpin + 'static>,
    router: Router,
    connection: Connection,
    patience: Patience,
    stopping: CancellationToken,
) {
    let service = hyper::service::service_fn(move |request: hyper::Request<Incoming>| {
        let router = router.clone();
        let mut request = request.map(|body| Body::new(IdleBody::new(body, patience.body_pause)));
        request.extensions_mut().insert(connection);
        async move {
            let response: Result<_, Infallible> = router.oneshot(request).await;
            response
        }
    });
    let http = settings(patience.headers);
    let serving = http.serve_connection_with_upgrades(TokioIo::new(stream), service);
    tokio::pin!(serving);
    let outcome = tokio::select! {
        outcome = serving.as_mut() => outcome,
        () = stopping.cancelled() => {
            // Answers what has been asked, and takes no further request on this connection.
            serving.as_mut().graceful_shutdown();
            serving.await
        }
    };
    if let Err(error) = outcome {
        debug!(%error, "a connection ended early");
    }
}

fn settings(header_deadline: Duration) -> auto::Builder<TokioExecutor> {
    let mut http = auto::Builder::new(TokioExecutor::new());
    // Without a timer hyper silently ignores the header deadline.
    http.http1()
        .timer(TokioTimer::new())
        .header_read_timeout(header_deadline)
        .max_buf_size(limits::HTTP_HEADERS_BYTES_MAX)
        .max_headers(limits::HTTP_HEADERS_COUNT_MAX);
    http.http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(limits::HTTP2_STREAMS_MAX)
        .max_pending_accept_reset_streams(limits::HTTP2_PENDING_RESETS_MAX)
        .max_header_list_size(u32::try_from(limits::HTTP_HEADERS_BYTES_MAX).unwrap_or(u32::MAX))
        .keep_alive_interval(HTTP2_PING_INTERVAL)
        .keep_alive_timeout(HTTP2_PING_ANSWER);
    http
}
