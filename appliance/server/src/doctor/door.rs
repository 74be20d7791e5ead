//! The way in through our own front door: a connection to a listener of ours, TLS on it, a request on that.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;
use veche_base::Network;

use super::tls;

/// How long each step may take.
const STEP: Duration = Duration::from_secs(2);
/// What is read of an answer: its status and a few header lines.
const ANSWER_BYTES_MAX: usize = 4_096;
/// A PROXY protocol v2 header of a proxy that only looks whether the server lives (LOCAL).
const PROXY_LOCAL: &[u8; 16] = b"\r\n\r\n\0\r\nQUIT\n\x20\x00\x00\x00";

/// The status of an answer, and where it sends browsers.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) location: Option<String>,
}

/// A listener of ours as it is reached from this machine.
#[derive(Debug, Clone)]
pub(super) struct Door {
    /// Where to connect to.
    pub(super) address: SocketAddr,
    /// Of whom the listener demands a PROXY protocol header.
    proxies: Vec<Network>,
}

impl Door {
    /// The door to a listener that is bound to this address. What listens everywhere is reached on loopback.
    pub(super) fn to(bound: SocketAddr, proxy_protocol_from: &[Network]) -> Self {
        Self { address: nearest(bound), proxies: proxy_protocol_from.to_vec() }
    }

    /// Connects. Where this machine itself is among those of whom a header is demanded, it begins with one, as a proxy
    /// does that only looks whether the server lives.
    pub(super) async fn connect(&self) -> io::Result<TcpStream> {
        let mut stream = within(TcpStream::connect(self.address)).await?;
        // What the listener will see, whichever of its addresses the machine has taken.
        let own = stream.local_addr()?.ip();
        if self.proxies.iter().any(|network| network.contains(own)) {
            within(stream.write_all(PROXY_LOCAL)).await?;
        }
        Ok(stream)
    }

    /// Connects, and ends the handshake if the certificate shown is the one in use.
    pub(super) async fn connect_tls(&self, host: &str, fingerprint_sha256: &str) -> io::Result<TlsStream<TcpStream>> {
        let connector = tls::connector(fingerprint_sha256.to_owned()).map_err(io::Error::other)?;
        let stream = self.connect().await?;
        within(connector.connect(tls::server_name(host), stream)).await
    }
}

/// Asks for a path, and reads what it is answered.
pub(super) async fn ask(mut stream: impl AsyncRead + AsyncWrite + Unpin, host: &str, path: &str) -> io::Result<Answer> {
    let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    within(stream.write_all(request.as_bytes())).await?;
    let mut answer = vec![0; ANSWER_BYTES_MAX];
    let mut length = 0;
    while length < answer.len() && !answer[..length].windows(4).any(|window| window == b"\r\n\r\n") {
        match within(stream.read(&mut answer[length..])).await? {
            0 => break,
            read => length += read,
        }
    }
    read_head(&answer[..length]).ok_or_else(|| io::Error::other("the answer is not HTTP"))
}

/// The status line and the `Location` of an answer.
fn read_head(head: &[u8]) -> Option<Answer> {
    let text = String::from_utf8_lossy(head);
    let mut lines = text.lines();
    let status = lines.next()?.strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().ok()?;
    let field = lines.filter_map(|line| line.split_once(':')).find(|(name, _)| name.eq_ignore_ascii_case("location"));
    Some(Answer { status, location: field.map(|(_, value)| value.trim().to_owned()) })
}

/// The address at which this machine reaches what is bound here.
pub(super) fn nearest(bound: SocketAddr) -> SocketAddr {
    let loopback: IpAddr = if bound.is_ipv4() { Ipv4Addr::LOCALHOST.into() } else { Ipv6Addr::LOCALHOST.into() };
    let ip = if bound.ip().is_unspecified() { loopback } else { bound.ip() };
    SocketAddr::new(ip, bound.port())
}

async fn within<T>(step: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    let too_slow = || io::Error::new(io::ErrorKind::TimedOut, format!("no answer within {} seconds", STEP.as_secs()));
    tokio::time::timeout(STEP, step).await.unwrap_or_else(|_| Err(too_slow()))
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncReadExt;
    use tokio::net::TcpListener;

    use super::{Answer, Door, PROXY_LOCAL, nearest, read_head};

    #[test]
    fn what_listens_everywhere_is_reached_on_loopback() {
        for (bound, reached) in [
            ("0.0.0.0:443", "127.0.0.1:443"),
            ("[::]:443", "[::1]:443"),
            ("10.0.0.5:443", "10.0.0.5:443"),
            ("127.0.0.1:80", "127.0.0.1:80"),
        ] {
            assert_eq!(nearest(bound.parse().unwrap()).to_string(), reached);
        }
    }

    /// What a listener hears first from a connection that is closed at once.
    async fn heard(proxy_protocol_from: &[&str]) -> Vec<u8> {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let networks: Vec<_> = proxy_protocol_from.iter().map(|text| text.parse().unwrap()).collect();
        let door = Door::to(listener.local_addr().unwrap(), &networks);
        let (connected, accepted) = tokio::join!(door.connect(), listener.accept());
        drop(connected.unwrap());
        let mut heard = Vec::new();
        accepted.unwrap().0.read_to_end(&mut heard).await.unwrap();
        heard
    }

    #[tokio::test]
    async fn header_is_sent_where_the_listener_demands_one_of_this_machine() {
        assert_eq!(heard(&["10.0.0.0/8", "127.0.0.1"]).await, PROXY_LOCAL);
        assert_eq!(heard(&["127.0.0.0/8"]).await, PROXY_LOCAL);
        assert_eq!(heard(&["10.0.0.0/8", "127.0.0.2"]).await, b"");
        assert_eq!(heard(&[]).await, b"");
    }

    #[test]
    fn heads_are_read_and_nothing_else_is() {
        let read = |text: &str| read_head(text.as_bytes());
        let moved = "HTTP/1.1 301 Moved Permanently\r\nlocation: https://a.example/\r\ncontent-length: 0\r\n\r\n";
        assert_eq!(read(moved), Some(Answer { status: 301, location: Some("https://a.example/".to_owned()) }));
        assert_eq!(read("HTTP/1.1 200 OK\r\n\r\nlocation"), Some(Answer { status: 200, location: None }));
        for text in ["", "HTTP/1.1 ", "HTTP/1.1 2", "SSH-2.0-x", "HTTP/1.1 abc OK"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
