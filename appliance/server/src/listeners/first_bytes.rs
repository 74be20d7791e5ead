//! The first bytes of a connection: whether they are TURN's, and that they come at all.
//!
//! TURN shares a port with HTTPS and is told apart by what a client says first, after the handshake. ALPN is not asked:
//! libwebrtc offers none.
//!
//! hyper times the headers of a request, but only once it knows which HTTP is spoken, and it finds
//! that out by reading up to 24 bytes (the length of the HTTP/2 preface) for as long as it takes. A
//! client that connects and says nothing would keep its place for ever.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep};
use veche_turn::Sniffed;

use super::doorkeeper::Place;

const PREFACE_BYTES: usize = 24;
/// So many are enough to know TURN.
const SNIFFED_BYTES_MAX: usize = 8;

/// What a client said first.
pub(super) struct FirstWords {
    /// Whether they are TURN's.
    pub(super) is_turn: bool,
    /// The bytes themselves, which whoever speaks with the client must see again.
    pub(super) bytes: Vec<u8>,
}

/// Reads until it is known whether the client speaks TURN, a byte at a time if need be. The caller limits the time.
pub(super) async fn listen(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<FirstWords> {
    let mut space = [0; SNIFFED_BYTES_MAX];
    let mut count = 0;
    loop {
        let bytes = &space[..count];
        match veche_turn::sniff(bytes) {
            Sniffed::Turn => return Ok(FirstWords { is_turn: true, bytes: bytes.to_vec() }),
            Sniffed::Undecided if count < SNIFFED_BYTES_MAX => {}
            Sniffed::Undecided | Sniffed::Other => return Ok(FirstWords { is_turn: false, bytes: bytes.to_vec() }),
        }
        match stream.read(&mut space[count..]).await? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            more => count += more,
        }
    }
}

/// Gives back what was read of it already, then passes everything through; fails a read that waits for the first bytes
/// beyond the deadline. It carries the connection's place, so that the place is taken as long as the stream exists,
/// whoever has it.
pub(super) struct FirstBytes<S> {
    inner: S,
    taken: Vec<u8>,
    missing: usize,
    deadline: Option<Pin<Box<Sleep>>>,
    _place: Place,
}

impl<S> FirstBytes<S> {
    pub(super) fn new(inner: S, taken: Vec<u8>, deadline: Instant, place: Place) -> Self {
        let missing = PREFACE_BYTES.saturating_sub(taken.len());
        let deadline = Some(Box::pin(tokio::time::sleep_until(deadline)));
        Self { inner, taken, missing, deadline, _place: place }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for FirstBytes<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if !this.taken.is_empty() {
            let count = this.taken.len().min(buffer.remaining());
            buffer.put_slice(&this.taken[..count]);
            this.taken.drain(..count);
            return Poll::Ready(Ok(()));
        }
        let filled_before = buffer.filled().len();
        if let Poll::Ready(outcome) = Pin::new(&mut this.inner).poll_read(cx, buffer) {
            this.missing = this.missing.saturating_sub(buffer.filled().len() - filled_before);
            if this.missing == 0 {
                this.deadline = None;
            }
            return Poll::Ready(outcome);
        }
        let Some(deadline) = &mut this.deadline else { return Poll::Pending };
        ready!(deadline.as_mut().poll(cx));
        Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "the client said nothing")))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for FirstBytes<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write_vectored(cx, pieces)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use tokio::io::{AsyncWriteExt, duplex};

    use super::listen;

    /// What is found out about bytes that come one at a time; the end of the stream follows them.
    async fn one_by_one(bytes: &[u8]) -> io::Result<(bool, Vec<u8>)> {
        let (mut client, mut server) = duplex(1);
        let words = bytes.to_vec();
        let writing = async move {
            // The reader may have heard enough before the end.
            let _ = client.write_all(&words).await;
        };
        let (heard, ()) = tokio::join!(
            async {
                let heard = listen(&mut server).await;
                drop(server);
                heard
            },
            writing
        );
        heard.map(|words| (words.is_turn, words.bytes))
    }

    #[tokio::test]
    async fn turn_is_known_by_its_cookie_and_http_by_its_first_letter() {
        let binding = [0, 1, 0, 0, 0x21, 0x12, 0xA4, 0x42, 1, 2, 3, 4];
        assert_eq!(one_by_one(&binding).await.unwrap(), (true, binding[..8].to_vec()));
        assert_eq!(one_by_one(b"GET / HTTP/1.1\r\n").await.unwrap(), (false, b"G".to_vec()));
        assert_eq!(one_by_one(b"PRI * HTTP/2.0\r\n").await.unwrap(), (false, b"P".to_vec()));
        // STUN without a cookie is not TURN, and no HTTP either: hyper will say so.
        assert_eq!(one_by_one(&[0, 1, 0, 0, 9, 9]).await.unwrap(), (false, vec![0, 1, 0, 0, 9]));
    }

    #[tokio::test]
    async fn clients_that_leave_before_anything_is_known_are_let_go() {
        for words in [&[][..], &[0], &[0, 1, 0, 0, 0x21, 0x12, 0xA4]] {
            assert_eq!(one_by_one(words).await.unwrap_err().kind(), io::ErrorKind::UnexpectedEof, "{words:?}");
        }
    }
}
