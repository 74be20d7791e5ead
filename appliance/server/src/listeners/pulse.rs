//! What happens on one connection, noted where it happens, for those who judge whether it is idle.
//!
//! Requests and answers note it themselves, in whatever task they are, by going through [`Exchange`], [`AnswerBody`] and
//! the request's body; the stream notes what comes and goes ([`super::wire`]).

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use hyper::body::{Frame, SizeHint};
use tokio::time::Instant;

/// One connection.
pub(super) struct Pulse {
    born: Instant,
    /// When something happened last, counted from then.
    last_ms: AtomicU64,
    /// Requests whose answer has not gone out as a whole.
    exchanges: AtomicUsize,
    /// Those of them that a handler works on.
    handlers: AtomicUsize,
    /// Bodies of requests that have not been read to their end. Once dropped unread, they are counted for ever.
    open_bodies: AtomicUsize,
    /// Whether bytes have come since the last answer ended.
    heard: AtomicBool,
    /// Whether something was written that the socket has not taken.
    unsent: AtomicBool,
}

impl Pulse {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self {
            born: Instant::now(),
            last_ms: AtomicU64::new(0),
            exchanges: AtomicUsize::new(0),
            handlers: AtomicUsize::new(0),
            open_bodies: AtomicUsize::new(0),
            heard: AtomicBool::new(false),
            unsent: AtomicBool::new(false),
        })
    }

    /// Something has happened that is no mere sign of life.
    pub(super) fn beat(&self) {
        let since = u64::try_from(self.born.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.last_ms.store(since, Ordering::Relaxed);
    }

    /// When something happened last.
    pub(super) fn last(&self) -> Instant {
        self.born + Duration::from_millis(self.last_ms.load(Ordering::Relaxed))
    }

    /// Whether a request waits for its answer, or for the end of it.
    pub(super) fn is_asked(&self) -> bool {
        self.exchanges.load(Ordering::Relaxed) > 0
    }

    /// Whether a handler works on a request: what takes long then is not the client's fault.
    pub(super) fn is_handling(&self) -> bool {
        self.handlers.load(Ordering::Relaxed) > 0
    }

    /// Whether the body of a request was not read to its end, so that nobody knows where the next request begins.
    pub(super) fn is_unread(&self) -> bool {
        self.open_bodies.load(Ordering::Relaxed) > 0
    }

    /// Whether a further request has begun to come.
    pub(super) fn is_heard(&self) -> bool {
        self.heard.load(Ordering::Relaxed)
    }

    /// Whether something is on its way out.
    pub(super) fn is_unsent(&self) -> bool {
        self.unsent.load(Ordering::Relaxed)
    }

    pub(super) fn body_opened(&self) {
        self.open_bodies.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn body_read(&self) {
        self.open_bodies.fetch_sub(1, Ordering::Relaxed);
    }

    /// Bytes have come.
    pub(super) fn heard(&self) {
        if !self.heard.swap(true, Ordering::Relaxed) {
            self.beat();
        }
    }

    pub(super) fn set_unsent(&self, unsent: bool) {
        self.unsent.store(unsent, Ordering::Relaxed);
    }
}

/// One request and its answer, until it is dropped.
pub(super) struct Exchange {
    pulse: Arc<Pulse>,
    is_handled: bool,
}

impl Exchange {
    /// A request has come.
    pub(super) fn begin(pulse: &Arc<Pulse>) -> Self {
        pulse.exchanges.fetch_add(1, Ordering::Relaxed);
        pulse.handlers.fetch_add(1, Ordering::Relaxed);
        pulse.beat();
        Self { pulse: Arc::clone(pulse), is_handled: false }
    }

    /// The handler has answered; the exchange goes on until the answer's body is dropped.
    pub(super) fn answer(mut self, body: Body) -> AnswerBody {
        self.handled();
        self.pulse.beat();
        AnswerBody { body, exchange: self }
    }

    fn handled(&mut self) {
        if !self.is_handled {
            self.is_handled = true;
            self.pulse.handlers.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        self.handled();
        self.pulse.heard.store(false, Ordering::Relaxed);
        self.pulse.beat();
        self.pulse.exchanges.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The body of an answer; each piece of it that is asked for is noted.
pub(super) struct AnswerBody {
    body: Body,
    exchange: Exchange,
}

impl hyper::body::Body for AnswerBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(cx));
        self.exchange.pulse.beat();
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::{Exchange, Pulse};

    #[test]
    fn exchange_lasts_from_the_request_to_the_end_of_the_answer() {
        let pulse = Pulse::new();
        pulse.heard();
        assert!(pulse.is_heard() && !pulse.is_asked());
        let exchange = Exchange::begin(&pulse);
        let dropped = Exchange::begin(&pulse);
        drop(dropped);
        assert!(pulse.is_asked() && pulse.is_handling());
        let body = exchange.answer(Body::from("done"));
        assert!(pulse.is_asked() && !pulse.is_handling());
        drop(body);
        assert!(!pulse.is_asked() && !pulse.is_handling() && !pulse.is_heard());
    }
}
