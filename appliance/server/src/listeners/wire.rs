//! The stream below HTTP: gives back what was read of it already, notes what comes and goes, and fails a write of which a
//! client takes nothing for too long.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::time::{Sleep, timeout};

use super::doorkeeper::{Place, Resting};
use super::pulse::Pulse;

/// So many bytes of a further request are taken while nobody else listens; the rest is read by whoever answers it.
const HEARD_BYTES_MAX: usize = 16;
/// How long saying goodbye may take.
const GOODBYE: Duration = Duration::from_secs(1);

/// It carries the connection's place, so that the place is taken as long as the stream exists, whoever has it.
pub(super) struct Wire<S> {
    inner: S,
    taken: Bytes,
    pulse: Arc<Pulse>,
    stall_max: Duration,
    /// Made when the socket does not take what is written: most take it at once.
    stall: Option<Pin<Box<Sleep>>>,
    place: Place,
}

impl<S> Wire<S> {
    /// A stream of which these bytes were read already.
    pub(super) fn new(inner: S, taken: Vec<u8>, pulse: Arc<Pulse>, stall_max: Duration, place: Place) -> Self {
        Self { inner, taken: taken.into(), pulse, stall_max, stall: None, place }
    }

    /// Whether there is something to give back.
    pub(super) fn has_taken(&self) -> bool {
        !self.taken.is_empty()
    }

    /// Bytes that were read and not understood yet, to be read again.
    pub(super) fn give_back(&mut self, bytes: Bytes) {
        self.taken = bytes;
    }

    /// Counts the connection among those that rest.
    pub(super) fn rest(&self) -> Resting {
        self.place.rest()
    }

    fn judge<T>(&mut self, cx: &mut Context<'_>, outcome: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if outcome.is_ready() {
            self.stall = None;
            return outcome;
        }
        let stall_max = self.stall_max;
        let stall = self.stall.get_or_insert_with(|| Box::pin(tokio::time::sleep(stall_max)));
        ready!(stall.as_mut().poll(cx));
        Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "the client takes nothing of its answer")))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Wire<S> {
    /// Waits for what the client says next; false if it leaves instead.
    pub(super) async fn hear(&mut self) -> io::Result<bool> {
        let mut space = [0; HEARD_BYTES_MAX];
        let count = self.inner.read(&mut space).await?;
        self.taken = Bytes::copy_from_slice(&space[..count]);
        Ok(count > 0)
    }

    /// Ends the connection as TLS wants it ended.
    pub(super) async fn close(mut self) {
        // Whoever does not hear it hears of the end of TCP.
        let _ = timeout(GOODBYE, self.inner.shutdown()).await;
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Wire<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if !this.taken.is_empty() {
            let count = this.taken.len().min(buffer.remaining());
            buffer.put_slice(&this.taken.split_to(count));
            this.pulse.heard();
            return Poll::Ready(Ok(()));
        }
        let filled_before = buffer.filled().len();
        let outcome = Pin::new(&mut this.inner).poll_read(cx, buffer);
        if buffer.filled().len() > filled_before {
            this.pulse.heard();
        }
        outcome
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Wire<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.pulse.set_unsent(true);
        let outcome = Pin::new(&mut self.inner).poll_write(cx, bytes);
        self.judge(cx, outcome)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let outcome = Pin::new(&mut self.inner).poll_flush(cx);
        if let Poll::Ready(Ok(())) = outcome {
            self.pulse.set_unsent(false);
        }
        self.judge(cx, outcome)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let outcome = Pin::new(&mut self.inner).poll_shutdown(cx);
        self.judge(cx, outcome)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.pulse.set_unsent(true);
        let outcome = Pin::new(&mut self.inner).poll_write_vectored(cx, pieces);
        self.judge(cx, outcome)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }
}
