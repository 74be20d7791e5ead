//! The first bytes of a connection: whether they are TURN's, HTTP/2's or HTTP/1's.
//!
//! TURN shares a port with HTTPS and is told apart by what a client says first, after the handshake. ALPN is not asked:
//! libwebrtc offers none.
//!
//! Which HTTP it is, hyper would find out too, but for as long as it takes: a client that connects and says nothing would
//! keep its place for ever.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt};
use veche_turn::{Sniffed, sniff};

/// What HTTP/2 begins with (RFC 9113 §3.4).
const PREFACE: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// What a client speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spoken {
    /// STUN or TURN.
    Turn,
    /// HTTP/2.
    Http2,
    /// HTTP/1, or nothing that is known: HTTP/1 has an answer for that.
    Http1,
}

/// The bytes of a connection as they come, until it is known what they are.
#[derive(Debug, Clone, Default)]
pub struct FirstBytes {
    space: [u8; PREFACE.len()],
    count: usize,
}

impl FirstBytes {
    /// Room for more of them. There is some as long as it is not known what they are.
    pub fn space(&mut self) -> &mut [u8] {
        &mut self.space[self.count..]
    }

    /// So many were put into the room.
    pub fn filled(&mut self, count: usize) {
        self.count = PREFACE.len().min(self.count + count);
    }

    /// The bytes themselves, which whoever speaks with the client must see again.
    pub fn bytes(&self) -> &[u8] {
        &self.space[..self.count]
    }

    /// What they are, as soon as that is certain.
    pub fn spoken(&self) -> Option<Spoken> {
        let bytes = self.bytes();
        match sniff(bytes) {
            Sniffed::Undecided => None,
            Sniffed::Turn => Some(Spoken::Turn),
            Sniffed::Other if bytes == PREFACE => Some(Spoken::Http2),
            Sniffed::Other => (!PREFACE.starts_with(bytes)).then_some(Spoken::Http1),
        }
    }
}

/// What a client said first.
pub(super) struct FirstWords {
    pub(super) spoken: Spoken,
    /// The bytes themselves, which whoever speaks with the client must see again.
    pub(super) bytes: Vec<u8>,
}

/// Reads until it is known what the client speaks, a byte at a time if need be. The caller limits the time.
pub(super) async fn listen(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<FirstWords> {
    let mut first = FirstBytes::default();
    loop {
        if let Some(spoken) = first.spoken() {
            return Ok(FirstWords { spoken, bytes: first.bytes().to_vec() });
        }
        match stream.read(first.space()).await? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            count => first.filled(count),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use tokio::io::{AsyncWriteExt, duplex};

    use super::{Spoken, listen};

    /// What is found out about bytes that come one at a time; the end of the stream follows them.
    async fn one_by_one(bytes: &[u8]) -> io::Result<(Spoken, Vec<u8>)> {
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
        heard.map(|words| (words.spoken, words.bytes))
    }

    #[tokio::test]
    async fn turn_is_known_by_its_cookie_and_http_by_its_first_letters() {
        let binding = [0, 1, 0, 0, 0x21, 0x12, 0xA4, 0x42, 1, 2, 3, 4];
        assert_eq!(one_by_one(&binding).await.unwrap(), (Spoken::Turn, binding[..8].to_vec()));
        assert_eq!(one_by_one(b"GET / HTTP/1.1\r\n").await.unwrap(), (Spoken::Http1, b"G".to_vec()));
        assert_eq!(one_by_one(b"PUT / HTTP/1.1\r\n").await.unwrap(), (Spoken::Http1, b"PU".to_vec()));
        assert_eq!(one_by_one(b"PROPFIND /").await.unwrap(), (Spoken::Http1, b"PRO".to_vec()));
        let preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
        assert_eq!(one_by_one(&[&preface[..], b"\0\0"].concat()).await.unwrap(), (Spoken::Http2, preface.to_vec()));
        assert_eq!(one_by_one(b"PRI * HTTP/1.1\r\n").await.unwrap(), (Spoken::Http1, b"PRI * HTTP/1".to_vec()));
        // STUN without a cookie is not TURN, and no HTTP either: hyper will say so.
        assert_eq!(one_by_one(&[0, 1, 0, 0, 9, 9]).await.unwrap(), (Spoken::Http1, vec![0, 1, 0, 0, 9]));
    }

    #[tokio::test]
    async fn clients_that_leave_before_anything_is_known_are_let_go() {
        for words in [&[][..], &[0], &[0, 1, 0, 0, 0x21, 0x12, 0xA4], b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r"] {
            assert_eq!(one_by_one(words).await.unwrap_err().kind(), io::ErrorKind::UnexpectedEof, "{words:?}");
        }
    }
}
