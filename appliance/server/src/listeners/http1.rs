//! HTTP/1 on one connection. While nothing is asked, it rests: hyper and its buffers are gone, and what is left is the
//! socket, TLS, and a few words.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{Instant, Sleep, timeout};
use tracing::debug;
use veche_base::limits;

use super::http::Host;
use super::wire::Wire;

/// Answers requests until the connection is over.
pub(super) async fn serve<S>(mut wire: Wire<S>, host: &Host)
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    loop {
        // In a box of its own, so that the room for it is given back, too.
        let Some(quiet) = Box::pin(answer(wire, host)).await else { return };
        let Some(asked) = rest(quiet, host).await else { return };
        wire = asked;
    }
}

/// Answers requests until nothing is asked any more, and gives the stream back then. `None`: the connection is over.
async fn answer<S>(wire: Wire<S>, host: &Host) -> Option<Wire<S>>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let mut connection = settings().serve_connection(TokioIo::new(wire), host.service()).with_upgrades();
    let mut watch = Watch::new(host);
    let mut is_stopping = false;
    loop {
        let event = tokio::select! {
            event = next_event(&mut connection, &mut watch) => event,
            () = host.stopping.cancelled(), if !is_stopping => Event::Stopping,
        };
        match event {
            Event::Ended(Ok(())) => return None,
            Event::Ended(Err(error)) => {
                debug!(%error, "a connection ended early");
                return None;
            }
            Event::Stopping => {
                // Answers what has been asked, and takes no further request on this connection.
                is_stopping = true;
                Pin::new(&mut connection).graceful_shutdown();
            }
            Event::Quiet if watch.may_rest() && !is_stopping => {
                let parts = connection.into_parts()?;
                let mut wire = parts.io.into_inner();
                wire.give_back(parts.read_buf);
                return Some(wire);
            }
            Event::Quiet => {
                debug!("a client did not end what it began to say");
                return None;
            }
        }
    }
}

/// Waits until something is asked again. `None`: the connection is over.
async fn rest<S>(mut wire: Wire<S>, host: &Host) -> Option<Wire<S>>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    // The beginning of a further request came together with the last one.
    if wire.has_taken() {
        return Some(wire);
    }
    let _resting = wire.rest();
    let heard = tokio::select! {
        heard = timeout(host.patience.idle, wire.hear()) => heard,
        () = host.stopping.cancelled() => Ok(Ok(false)),
    };
    match heard {
        Ok(Ok(true)) => return Some(wire),
        Ok(Ok(false)) => {}
        Ok(Err(error)) => debug!(%error, "a connection ended early"),
        Err(_) => debug!("a connection was idle for too long"),
    }
    wire.close().await;
    None
}

/// The limits of hyper. The time for a request's head is [`Watch`]'s; a hundred header lines are hyper's own limit
/// ([`limits::HTTP_HEADERS_COUNT_MAX`]), and telling it so would cost an allocation for each request.
fn settings() -> http1::Builder {
    let mut http = http1::Builder::new();
    http.header_read_timeout(None::<Duration>).max_buf_size(limits::HTTP_HEADERS_BYTES_MAX);
    http
}

enum Event {
    Ended(hyper::Result<()>),
    Stopping,
    Quiet,
}

/// What happens next to a connection.
async fn next_event<C>(connection: &mut C, watch: &mut Watch<'_>) -> Event
where
    C: Future<Output = hyper::Result<()>> + Unpin,
{
    poll_fn(|cx| {
        if let Poll::Ready(outcome) = Pin::new(&mut *connection).poll(cx) {
            return Poll::Ready(Event::Ended(outcome));
        }
        watch.poll(cx).map(|()| Event::Quiet)
    })
    .await
}

/// Looks for how long a connection says nothing.
struct Watch<'a> {
    host: &'a Host,
    /// Set anew only when it is due: a busy connection does not move it with each request.
    timer: Pin<Box<Sleep>>,
}

impl<'a> Watch<'a> {
    fn new(host: &'a Host) -> Self {
        Self { host, timer: Box::pin(tokio::time::sleep(host.patience.headers)) }
    }

    /// Whether nothing is left to be said, and it is known where the next request will begin.
    fn may_rest(&self) -> bool {
        let pulse = &self.host.pulse;
        !pulse.is_asked() && !pulse.is_unsent() && !pulse.is_heard() && !pulse.is_unread()
    }

    /// How long nothing more may happen now; `None` as long as something happens.
    fn limit(&self) -> Option<Duration> {
        let (pulse, patience) = (&self.host.pulse, &self.host.patience);
        if pulse.is_asked() || pulse.is_unsent() {
            None
        } else if pulse.is_heard() {
            Some(patience.headers)
        } else if pulse.is_unread() {
            Some(patience.idle)
        } else {
            Some(patience.rest)
        }
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Some(limit) = self.limit() else { return Poll::Pending };
        let due = self.host.pulse.last() + limit;
        if self.timer.deadline() > due {
            self.timer.as_mut().reset(due);
        }
        loop {
            ready!(self.timer.as_mut().poll(cx));
            if Instant::now() >= due {
                return Poll::Ready(());
            }
            self.timer.as_mut().reset(due);
        }
    }
}
