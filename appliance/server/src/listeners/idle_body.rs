//! A request body that may not pause for long, and tells whether it was read to its end.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use tokio::time::{Instant, Sleep};

use super::pulse::Pulse;

/// Fails when the next piece does not come within `pause_max` of being waited for. A handler that is
/// slow to ask does not count against the client.
pub(super) struct IdleBody<B = Incoming> {
    inner: B,
    pause_max: Duration,
    /// Made with the first wait: most bodies are there at once and need no timer.
    timer: Option<Pin<Box<Sleep>>>,
    waiting: bool,
    pulse: Arc<Pulse>,
    is_read: bool,
}

impl<B> IdleBody<B> {
    pub(super) fn new(inner: B, pause_max: Duration, pulse: Arc<Pulse>) -> Self {
        pulse.body_opened();
        Self { inner, pause_max, timer: None, waiting: false, pulse, is_read: false }
    }
}

impl<B> Body for IdleBody<B>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        let this = &mut *self;
        if let Poll::Ready(frame) = Pin::new(&mut this.inner).poll_frame(cx) {
            this.waiting = false;
            this.pulse.beat();
            if !this.is_read && (frame.is_none() || this.inner.is_end_stream()) {
                this.is_read = true;
                this.pulse.body_read();
            }
            return Poll::Ready(frame.map(|frame| frame.map_err(io::Error::other)));
        }
        let pause_max = this.pause_max;
        let timer = this.timer.get_or_insert_with(|| Box::pin(tokio::time::sleep(pause_max)));
        if !this.waiting {
            this.waiting = true;
            timer.as_mut().reset(Instant::now() + pause_max);
        }
        ready!(timer.as_mut().poll(cx));
        Poll::Ready(Some(Err(io::Error::new(io::ErrorKind::TimedOut, "the body stopped coming"))))
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
