//! The sockets that people's clients connect to: plain HTTP on loopback, HTTPS for everybody.
//!
//! A connection passes the doorkeeper (caps in all and per address), then TLS with a deadline, then
//! hyper with a header deadline, a header size, stream limits, and a body that may not pause for
//! long. The request carries a [`Connection`] that says where it came from.

mod doorkeeper;
mod first_bytes;
mod idle_body;

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt;
use tracing::{debug, warn};
use veche_api::connection::{Connection, Listener};
use veche_base::{canonical_ip, limits};
use veche_runtime::Supervisor;

pub(crate) use doorkeeper::Doorkeeper;
use doorkeeper::Place;
use first_bytes::FirstBytes;
use idle_body::IdleBody;

/// After a failed accept (usually: no file descriptors left) nothing is gained by trying at once.
const ACCEPT_RETRY: Duration = Duration::from_millis(100);

/// How long an HTTP/2 connection may be silent before it is asked whether it lives, and to answer.
const HTTP2_PING_INTERVAL: Duration = Duration::from_secs(60);
const HTTP2_PING_ANSWER: Duration = Duration::from_secs(20);

/// How long a client may take. Tests are less patient.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    /// For the TLS handshake.
    handshake: Duration,
    /// For the first bytes, and for the headers of each request.
    headers: Duration,
    /// Between two pieces of a request's body.
    body_pause: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            handshake: Duration::from_secs(limits::TLS_HANDSHAKE_SECS_MAX),
            headers: Duration::from_secs(limits::HTTP_HEADER_READ_SECS_MAX),
            body_pause: Duration::from_secs(limits::HTTP_BODY_IDLE_SECS_MAX),
        }
    }
}

/// One bound socket that does not accept yet.
pub(crate) struct BoundListener {
    socket: TcpListener,
    tls: Option<TlsAcceptor>,
    address: SocketAddr,
    patience: Patience,
}

impl BoundListener {
    /// Binds plain HTTP.
    pub(crate) async fn http(address: SocketAddr) -> io::Result<Self> {
        Self::bind(address, None).await
    }

    /// Binds HTTPS.
    pub(crate) async fn https(address: SocketAddr, tls: Arc<rustls::ServerConfig>) -> io::Result<Self> {
        Self::bind(address, Some(TlsAcceptor::from(tls))).await
    }

    async fn bind(address: SocketAddr, tls: Option<TlsAcceptor>) -> io::Result<Self> {
        let socket = TcpListener::bind(address).await?;
        let address = socket.local_addr()?;
        Ok(Self { socket, tls, address, patience: Patience::default() })
    }

    /// The address with the port it really got.
    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Accepts until the supervisor stops, and serves each connection as a task of its own.
    pub(crate) async fn serve(self, router: Router, doorkeeper: Arc<Doorkeeper>, connections: Supervisor) {
        // HTTPS is for everybody, even where it is bound to loopback: something else may lead people there.
        let listener = if self.tls.is_some() { Listener::Public } else { Listener::Loopback };
        let stopping = connections.shutdown_token();
        loop {
            let accepted = tokio::select! {
                () = stopping.cancelled() => return,
                accepted = self.socket.accept() => accepted,
            };
            let (stream, peer) = match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(ACCEPT_RETRY).await;
                    continue;
                }
            };
            let Some(place) = doorkeeper.admit(peer.ip()) else {
                debug!("a connection was refused: too many are open");
                continue;
            };
            let peer = canonical_ip::canonical_ip(peer.ip());
            let visit = Visit {
                connection: Connection { peer, listener, secure: self.tls.is_some() },
                router: router.clone(),
                patience: self.patience,
                connections: connections.clone(),
                _place: place,
            };
            let tls = self.tls.clone();
            connections.spawn("connection", async move {
                match tls {
                    None => visit.plain(stream).await,
                    Some(tls) => visit.over_tls(tls, stream).await,
                }
            });
        }
    }
}

/// One accepted connection and all it needs.
struct Visit {
    connection: Connection,
    router: Router,
    patience: Patience,
    connections: Supervisor,
    /// Freed when the connection ends.
    _place: Place,
}

impl Visit {
    async fn plain(self, stream: TcpStream) {
        without_delay(&stream);
        self.speak_http(stream).await;
    }

    async fn over_tls(self, tls: TlsAcceptor, stream: TcpStream) {
        without_delay(&stream);
        match tokio::time::timeout(self.patience.handshake, tls.accept(stream)).await {
            Ok(Ok(stream)) => self.speak_http(stream).await,
            Ok(Err(error)) => debug!(%error, "a TLS handshake failed"),
            Err(_) => debug!("a TLS handshake took too long"),
        }
    }

    async fn speak_http(self, stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static) {
        let Self { connection, router, patience, connections, _place } = self;
        let service = hyper::service::service_fn(move |request: hyper::Request<Incoming>| {
            let router = router.clone();
            let mut request = request.map(|body| Body::new(IdleBody::new(body, patience.body_pause)));
            request.extensions_mut().insert(connection);
            async move {
                let response: Result<_, Infallible> = router.oneshot(request).await;
                response
            }
        });
        let http = http_settings(patience.headers);
        let stream = FirstBytes::new(stream, patience.headers);
        let serving = http.serve_connection(TokioIo::new(stream), service);
        tokio::pin!(serving);
        let stopping = connections.shutdown_token();
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
}

/// Answers are written whole; waiting to fill a packet would only delay them.
fn without_delay(stream: &TcpStream) {
    if let Err(error) = stream.set_nodelay(true) {
        debug!(%error, "TCP_NODELAY was refused");
    }
}

fn http_settings(header_deadline: Duration) -> auto::Builder<TokioExecutor> {
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

#[cfg(test)]
mod tests;
