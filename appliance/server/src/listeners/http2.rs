//! HTTP/2 on one connection, with the limits that its floods need.
//!
//! What bounds a client that keeps to the letter of the protocol and means harm:
//!
//! | flood | bound |
//! |---|---|
//! | streams opened and reset (CVE-2023-44487) | h2 closes after [`limits::HTTP2_PENDING_RESETS_MAX`] that nobody has begun to answer |
//! | mistakes that make us reset (CVE-2025-8671) | h2 closes after [`limits::HTTP2_ERROR_RESETS_MAX`] |
//! | header lists without end, CONTINUATION (CVE-2024-27316) | h2 refuses beyond [`limits::HTTP_HEADERS_BYTES_MAX`], closes at four times that or the sixth frame |
//! | empty and tiny DATA frames (CVE-2019-9518) | h2's own budget, then it closes |
//! | PING and SETTINGS (CVE-2019-9512, CVE-2019-9515) | one answer waits at most: before it has gone out nothing more is read |
//! | windows that stay closed (CVE-2019-9517) | the time below, and [`limits::HTTP2_SEND_BUFFER_BYTES_MAX`] for each answer |
//! | connections that only live | the time below: a ping is no reason to keep one |

use std::pin::pin;
use std::time::Duration;

use hyper::server::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{Instant, sleep_until, timeout};
use tracing::debug;
use veche_base::limits;

use super::http::Host;
use super::wire::Wire;

/// How long a connection may be silent before it is asked whether it lives, and to answer.
const PING_INTERVAL: Duration = Duration::from_secs(60);
const PING_ANSWER: Duration = Duration::from_secs(20);
/// How long a client may take to hear that its idle connection is closed.
const GOODBYE: Duration = Duration::from_secs(5);

enum Event {
    Ended(hyper::Result<()>),
    Stopping,
    Idle,
    Stalled,
}

/// Answers requests until the connection is over.
pub(super) async fn serve<S>(wire: Wire<S>, host: &Host)
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let mut connection = pin!(settings().serve_connection(TokioIo::new(wire), host.service()));
    let mut is_stopping = false;
    let outcome = loop {
        let event = tokio::select! {
            outcome = connection.as_mut() => Event::Ended(outcome),
            event = tire(host) => event,
            () = host.stopping.cancelled(), if !is_stopping => Event::Stopping,
        };
        match event {
            Event::Ended(outcome) => break outcome,
            Event::Stopping => {
                // Answers what has been asked, and takes no further request on this connection.
                is_stopping = true;
                connection.as_mut().graceful_shutdown();
            }
            Event::Idle => {
                debug!("a connection was idle for too long");
                connection.as_mut().graceful_shutdown();
                match timeout(GOODBYE, connection.as_mut()).await {
                    Ok(outcome) => break outcome,
                    Err(_) => return,
                }
            }
            Event::Stalled => {
                debug!("a client took nothing of its answers for too long");
                return;
            }
        }
    };
    if let Err(error) = outcome {
        debug!(%error, "a connection ended early");
    }
}

/// Ends when the connection has been of no use to its client for too long.
async fn tire(host: &Host) -> Event {
    let (pulse, patience) = (&host.pulse, &host.patience);
    loop {
        let (now, last) = (Instant::now(), pulse.last());
        if !pulse.is_asked() && now >= last + patience.idle {
            return Event::Idle;
        }
        if pulse.is_asked() && !pulse.is_handling() && now >= last + patience.stall {
            return Event::Stalled;
        }
        // Whatever is under way may end the moment after this one.
        let since = if pulse.is_asked() { now } else { last };
        sleep_until(since + patience.idle).await;
    }
}

fn settings() -> http2::Builder<TokioExecutor> {
    let mut http = http2::Builder::new(TokioExecutor::new());
    http.timer(TokioTimer::new())
        .max_concurrent_streams(limits::HTTP2_STREAMS_MAX)
        .max_pending_accept_reset_streams(limits::HTTP2_PENDING_RESETS_MAX)
        .max_local_error_reset_streams(limits::HTTP2_ERROR_RESETS_MAX)
        .max_header_list_size(u32::try_from(limits::HTTP_HEADERS_BYTES_MAX).unwrap_or(u32::MAX))
        .max_send_buf_size(limits::HTTP2_SEND_BUFFER_BYTES_MAX)
        .keep_alive_interval(PING_INTERVAL)
        .keep_alive_timeout(PING_ANSWER);
    http
}
