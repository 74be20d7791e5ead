//! The sockets that people's clients connect to: plain HTTP on loopback, HTTPS with TURN beside it for everybody, and
//! port 80.
//!
//! A connection passes the doorkeeper (caps in all and per address); if it comes from a listed proxy, it first says for
//! whom; then TLS with a deadline; then its first bytes tell whether it is TURN's, which has a thread of its own, or
//! HTTP's. There it has a deadline for each request's head, a header size, stream limits, a body that may not pause for
//! long, and an end when it is idle. The request carries a [`Connection`] that says where it came from.
//!
//! What a connection costs while nothing is asked on it, and what a request does: `docs/door.md`.

mod doorkeeper;
pub mod first_bytes;
mod http;
mod http1;
mod http2;
mod idle_body;
mod origin;
pub mod proxy_protocol;
mod pulse;
mod redirect;
mod wire;

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::os::fd::AsFd;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use futures_util::future::BoxFuture;
use tokio::io::{AsyncRead, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, timeout, timeout_at};
use tokio_rustls::server::TlsStream;
use tracing::{debug, warn};
use veche_acme::ACME_TLS_ALPN;
use veche_api::connection::{Connection, Listener};
use veche_base::{Network, limits};
use veche_media_driver::Handle as TurnHandle;
use veche_runtime::Supervisor;

use crate::tls::Acceptor;
pub(crate) use doorkeeper::Doorkeeper;
use doorkeeper::{Place, Visitor};
use first_bytes::{FirstWords, Spoken};
use http::Host;
use origin::OriginError;
use proxy_protocol::Ends;
pub(crate) use redirect::Redirect;

/// After a failed accept (usually: no file descriptors left) nothing is gained by trying at once.
const ACCEPT_RETRY: Duration = Duration::from_millis(100);
/// How long an HTTP/1 connection on which nothing is asked keeps its buffers, which cost more to make than to keep for a
/// moment: a page's next request comes sooner.
const REST_AFTER: Duration = Duration::from_millis(250);

/// How long a client may take. Tests are less patient.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    /// For the TLS handshake.
    handshake: Duration,
    /// For the first bytes, for the headers of each request, and for the header of a proxy.
    headers: Duration,
    /// Between two pieces of a request's body.
    body_pause: Duration,
    /// For the next request.
    idle: Duration,
    /// To take something of an answer.
    stall: Duration,
    /// From a last answer until a connection gives its buffers back. Nobody sees it.
    rest: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            handshake: Duration::from_secs(limits::TLS_HANDSHAKE_SECS_MAX),
            headers: Duration::from_secs(limits::HTTP_HEADER_READ_SECS_MAX),
            body_pause: Duration::from_secs(limits::HTTP_BODY_IDLE_SECS_MAX),
            idle: Duration::from_secs(limits::HTTP_IDLE_SECS_MAX),
            stall: Duration::from_secs(limits::HTTP_ANSWER_STALL_SECS_MAX),
            rest: REST_AFTER,
        }
    }
}

/// The proxies that the settings list.
#[derive(Debug, Clone, Default)]
pub(crate) struct Proxies {
    /// They speak HTTP, and say in its header for whom.
    pub(crate) of_http: Vec<Network>,
    /// They pass connections on to public listeners, and say before the first byte for whom (PROXY protocol).
    pub(crate) of_connections: Vec<Network>,
}

impl Proxies {
    fn visitor(&self, peer: IpAddr, must_introduce: bool) -> Visitor {
        match must_introduce || is_listed(&self.of_http, peer) {
            true => Visitor::Proxy,
            false => Visitor::Client,
        }
    }
}

fn is_listed(networks: &[Network], peer: IpAddr) -> bool {
    networks.iter().any(|network| network.contains(peer))
}

/// What is spoken on a listener.
#[derive(Clone)]
pub(crate) enum Service {
    /// Plain HTTP, for this machine.
    Http(Router),
    /// HTTPS for everybody, even where it is bound to loopback: something else may lead people there. And TURN, if there
    /// is one to hand its connections to.
    Https { tls: Acceptor, router: Router, turn: Option<TurnHandle> },
    /// Port 80.
    Redirect(Redirect),
}

impl Service {
    /// Whether strangers may come, and so proxies that pass them on.
    const fn is_public(&self) -> bool {
        match self {
            Self::Http(_) => false,
            Self::Https { .. } | Self::Redirect(_) => true,
        }
    }
}

/// What the connections of a listener share. Clones share the same.
#[derive(Clone)]
pub(crate) struct Door {
    doorkeeper: Arc<Doorkeeper>,
    proxies: Arc<Proxies>,
    connections: Supervisor,
    patience: Patience,
}

impl Door {
    pub(crate) fn new(doorkeeper: Arc<Doorkeeper>, proxies: Arc<Proxies>, connections: Supervisor) -> Self {
        Self { doorkeeper, proxies, connections, patience: Patience::default() }
    }
}

/// One bound socket that does not accept yet.
pub(crate) struct BoundListener {
    socket: TcpListener,
    address: SocketAddr,
}

impl BoundListener {
    pub(crate) async fn bind(address: SocketAddr) -> io::Result<Self> {
        let socket = TcpListener::bind(address).await?;
        let address = socket.local_addr()?;
        Ok(Self { socket, address })
    }

    /// Another handle to the same socket. What it does not accept waits for whoever accepts next.
    pub(crate) fn again(&self) -> io::Result<Self> {
        let socket = std::net::TcpListener::from(self.socket.as_fd().try_clone_to_owned()?);
        Ok(Self { socket: TcpListener::from_std(socket)?, address: self.address })
    }

    /// The address with the port it really got.
    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Accepts until the supervisor stops, and serves each connection as a task of its own.
    pub(crate) async fn serve(self, service: Service, door: Door) {
        let stopping = door.connections.shutdown_token();
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
            let must_introduce = service.is_public() && is_listed(&door.proxies.of_connections, peer.ip());
            let visitor = door.proxies.visitor(peer.ip(), must_introduce);
            let Some(place) = door.doorkeeper.admit(peer.ip(), visitor) else {
                debug!("a connection was refused: too many are open");
                continue;
            };
            let visit = Visit { stream, peer, place, must_introduce };
            // In a box, because whoever runs it has room for it more than once.
            door.connections.spawn("connection", Box::pin(visit.serve(service.clone(), door.clone())));
        }
    }
}

/// One accepted connection.
struct Visit {
    stream: TcpStream,
    peer: SocketAddr,
    place: Place,
    /// Whether it must begin with the header of a proxy.
    must_introduce: bool,
}

/// A connection of which it is known whose it is.
struct Guest {
    stream: TcpStream,
    ends: Ends,
    place: Place,
}

/// A connection of which it is known what it speaks.
struct Talk {
    /// In a box, because it is handed on from one step to the next.
    stream: Box<TlsStream<TcpStream>>,
    words: FirstWords,
    ends: Ends,
    place: Place,
}

impl Visit {
    /// Serves the connection. A task has room for its largest step as long as it lives, and most of its life a connection
    /// waits: so whatever is needed only at its beginning is in a box of its own.
    async fn serve(self, service: Service, door: Door) {
        let begun = Box::pin(self.begin(service, door)).await;
        if let Some(serving) = begun {
            serving.await;
        }
    }

    /// Does what comes before the first request, and gives back the rest. `None`: there is none.
    async fn begin(self, service: Service, door: Door) -> Option<BoxFuture<'static, ()>> {
        // A token of its own, because it is looked at each time that the connection wakes: one that all connections share
        // would be a lock that they share.
        let (patience, stopping) = (door.patience, door.connections.shutdown_token().child_token());
        let admitted = tokio::select! {
            () = stopping.cancelled() => return None,
            admitted = self.introduce(patience) => admitted,
        };
        let guest = admitted?;
        match service {
            Service::Redirect(redirect) => Some(Box::pin(async move {
                let _place = guest.place;
                redirect.serve(guest.stream, patience, stopping).await;
            })),
            Service::Http(router) => {
                let heard = tokio::select! {
                    () = stopping.cancelled() => return None,
                    heard = guest.hear(patience) => heard,
                };
                let (guest, words) = heard?;
                let host = Host::new(router, connection(guest.ends, Listener::Loopback), patience, stopping);
                Some(Box::pin(host.serve(guest.stream, words, guest.place)))
            }
            Service::Https { tls, router, turn } => {
                let talk = tokio::select! {
                    () = stopping.cancelled() => return None,
                    talk = guest.talk(&tls, patience) => talk,
                };
                let talk = talk?;
                if talk.words.spoken == Spoken::Turn {
                    hand_over(talk, turn.as_ref());
                    return None;
                }
                let host = Host::new(router, connection(talk.ends, Listener::Public), patience, stopping);
                Some(Box::pin(host.serve(talk.stream, talk.words, talk.place)))
            }
        }
    }

    /// Finds out whose connection it is. `None`: a proxy that should say so does not, or its client has too many.
    async fn introduce(self, patience: Patience) -> Option<Guest> {
        let Self { mut stream, peer, place, must_introduce } = self;
        without_delay(&stream);
        let local = stream.local_addr().inspect_err(|error| debug!(%error, "a connection was gone at once")).ok()?;
        let own = Ends { client: origin::canonical(peer), server: origin::canonical(local) };
        if !must_introduce {
            return Some(Guest { stream, ends: own, place });
        }
        let told = match timeout(patience.headers, origin::read(&mut stream)).await {
            Ok(Ok(told)) => told,
            Ok(Err(OriginError::Header(error))) => {
                warn!(%error, proxy = %peer.ip(), "a proxy of network.proxy_protocol_from breaks the PROXY protocol");
                return None;
            }
            // Some proxies look so whether the server lives.
            Ok(Err(error @ OriginError::Ended(_))) => {
                debug!(%error, "a proxy did not say for whom it connects");
                return None;
            }
            Err(_) => {
                debug!("a proxy did not say in time for whom it connects");
                return None;
            }
        };
        let Some(ends) = told else { return Some(Guest { stream, ends: own, place }) };
        let Some(place) = place.count_for(ends.client.ip()) else {
            debug!("a connection was refused: too many of its client are open");
            return None;
        };
        Some(Guest { stream, ends, place })
    }
}

impl Guest {
    /// Hears what the client says first. `None`: nothing more is to be said.
    async fn hear(mut self, patience: Patience) -> Option<(Self, FirstWords)> {
        let deadline = Instant::now() + patience.headers;
        let words = first_words(&mut self.stream, deadline).await?;
        Some((self, words))
    }

    /// Does the TLS handshake and hears what the client says first. `None`: nothing more is to be said.
    async fn talk(self, tls: &Acceptor, patience: Patience) -> Option<Talk> {
        let mut stream = match timeout(patience.handshake, tls.accept(self.stream)).await {
            Ok(Ok(stream)) => Box::new(stream),
            Ok(Err(error)) => {
                debug!(%error, "a TLS handshake failed");
                return None;
            }
            Err(_) => {
                debug!("a TLS handshake took too long");
                return None;
            }
        };
        let deadline = Instant::now() + patience.headers;
        if stream.get_ref().1.alpn_protocol() == Some(ACME_TLS_ALPN) {
            // A validator has seen the certificate that it came for (RFC 8737 §3).
            let _ = timeout_at(deadline, stream.shutdown()).await;
            return None;
        }
        let words = first_words(&mut stream, deadline).await?;
        Some(Talk { stream, words, ends: self.ends, place: self.place })
    }
}

/// What the client says first. `None`: nothing, or not in time.
async fn first_words(stream: &mut (impl AsyncRead + Unpin), deadline: Instant) -> Option<FirstWords> {
    match timeout_at(deadline, first_bytes::listen(stream)).await {
        Ok(Ok(words)) => Some(words),
        Ok(Err(error)) => {
            debug!(%error, "a connection ended before its first words");
            None
        }
        Err(_) => {
            debug!("a client said nothing");
            None
        }
    }
}

fn connection(ends: Ends, listener: Listener) -> Connection {
    Connection { peer: ends.client.ip(), listener, secure: listener == Listener::Public }
}

/// Gives the connection to the thread of TURN, with its place among ours.
fn hand_over(talk: Talk, turn: Option<&TurnHandle>) {
    let Some(turn) = turn else {
        debug!("a client wants TURN, which is off");
        return;
    };
    let (socket, tls) = (*talk.stream).into_inner();
    let socket = match socket.into_std() {
        Ok(socket) => socket,
        Err(error) => {
            debug!(%error, "a connection was gone before TURN had it");
            return;
        }
    };
    let stream = veche_media_driver::TlsStream {
        socket,
        tls,
        first_bytes: talk.words.bytes,
        local: talk.ends.server,
        remote: talk.ends.client,
        place: Box::new(talk.place),
    };
    if let Err(error) = turn.hand_over(stream) {
        warn!(%error, "a connection could not be given to TURN");
    }
}

/// Answers are written whole; waiting to fill a packet would only delay them.
fn without_delay(stream: &TcpStream) {
    if let Err(error) = stream.set_nodelay(true) {
        debug!(%error, "TCP_NODELAY was refused");
    }
}

#[cfg(test)]
mod tests;
