//! The sockets that are bound at the start, and the ways that packets go out through them.

use std::io;
use std::net::SocketAddr;

use mio::net::{TcpListener, TcpStream};
use mio::{Interest, Token};
use socket2::{Domain, Protocol, Socket, Type};
use tracing::{debug, warn};
use veche_turn::{Destination, Packet, Priority, Server};

use crate::bridge::BridgeEnd;
use crate::handle::StartError;
use crate::metrics::Metrics;
use crate::settings::{ADDRESSES_MAX, Limits};
use crate::streams::Streams;
use crate::udp::UdpPort;

/// Times that another port is tried when the one that UDP got is taken for TCP.
const PORT_TRIES: usize = 16;
/// Connections that wait to be accepted.
const BACKLOG: i32 = 1_024;
/// Connections accepted in one round.
const ACCEPTS_PER_ROUND: usize = 64;

/// Wakes the thread for commands.
pub(crate) const WAKER: Token = Token(0);
/// The first token of the UDP sockets for clients.
pub(crate) const CLIENTS: usize = 1;
/// The first token of the UDP sockets for peers outside.
pub(crate) const RELAYS: usize = CLIENTS + ADDRESSES_MAX;
/// The first token of the TCP listeners.
pub(crate) const LISTENERS: usize = RELAYS + ADDRESSES_MAX;
/// The first token of the connections.
pub(crate) const STREAMS: usize = LISTENERS + ADDRESSES_MAX;

/// A socket for TCP connections.
pub(crate) struct Listener {
    pub(crate) socket: TcpListener,
    /// Whether somebody waits to be let in.
    pub(crate) is_ready: bool,
    /// Whether the last one could not be let in.
    pub(crate) is_starved: bool,
}

/// A connection that has just come.
pub(crate) struct Accepted {
    pub(crate) socket: TcpStream,
    /// Our end.
    pub(crate) local: SocketAddr,
    /// The client's.
    pub(crate) remote: SocketAddr,
}

impl Listener {
    /// Binds it; an IPv6 socket takes no IPv4.
    pub(crate) fn bind(address: SocketAddr) -> io::Result<Self> {
        let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
        if address.is_ipv6() {
            socket.set_only_v6(true)?;
        }
        // A restart must not wait until the connections of before are forgotten.
        socket.set_reuse_address(true)?;
        socket.set_nonblocking(true)?;
        socket.bind(&address.into())?;
        socket.listen(BACKLOG)?;
        Ok(Self { socket: TcpListener::from_std(socket.into()), is_ready: false, is_starved: false })
    }

    /// Lets some in. It stays ready if more may wait.
    pub(crate) fn accept(&mut self) -> Vec<Accepted> {
        let mut accepted = Vec::new();
        self.is_starved = false;
        for _ in 0..ACCEPTS_PER_ROUND {
            let (socket, remote) = match self.socket.accept() {
                Ok(accepted) => accepted,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => {
                    // Usually no descriptors are left. Trying at once gains nothing: the sweep tries again.
                    self.is_starved = error.kind() != io::ErrorKind::WouldBlock;
                    if self.is_starved {
                        warn!(%error, "a connection for calls could not be accepted");
                    }
                    self.is_ready = false;
                    break;
                }
            };
            match socket.local_addr() {
                Ok(local) => accepted.push(Accepted { socket, local, remote }),
                Err(error) => debug!(%error, "a connection for calls was gone at once"),
            }
        }
        accepted
    }
}

/// All sockets that are bound at the start.
pub(crate) struct Sockets {
    pub(crate) clients: Vec<UdpPort>,
    pub(crate) relays: Vec<UdpPort>,
    pub(crate) listeners: Vec<Listener>,
    /// The way to calls, which is no socket and is served like one.
    pub(crate) bridge: Option<BridgeEnd>,
}

impl Sockets {
    /// Binds them.
    pub(crate) fn bind(listen: &[SocketAddr], relay: &[SocketAddr], limits: &Limits) -> Result<Self, StartError> {
        let mut sockets = Self { clients: Vec::new(), relays: Vec::new(), listeners: Vec::new(), bridge: None };
        for address in listen {
            let (port, listener) = bind_pair(*address, limits).map_err(|error| StartError::Bind(*address, error))?;
            sockets.clients.push(port);
            sockets.listeners.push(listener);
        }
        for address in relay {
            let port = UdpPort::bind(*address, limits).map_err(|error| StartError::Bind(*address, error))?;
            sockets.relays.push(port);
        }
        Ok(sockets)
    }

    /// Where clients are served.
    pub(crate) fn addresses(&self) -> Vec<SocketAddr> {
        self.clients.iter().map(|port| port.address).collect()
    }

    /// Has their events told.
    pub(crate) fn register(&mut self, registry: &mio::Registry) -> io::Result<()> {
        for (index, port) in self.clients.iter_mut().enumerate() {
            registry.register(&mut port.socket, Token(CLIENTS + index), Interest::READABLE)?;
        }
        for (index, port) in self.relays.iter_mut().enumerate() {
            registry.register(&mut port.socket, Token(RELAYS + index), Interest::READABLE)?;
        }
        for (index, listener) in self.listeners.iter_mut().enumerate() {
            registry.register(&mut listener.socket, Token(LISTENERS + index), Interest::READABLE)?;
        }
        Ok(())
    }
}

/// UDP and TCP on the same port.
fn bind_pair(address: SocketAddr, limits: &Limits) -> io::Result<(UdpPort, Listener)> {
    let mut tries = PORT_TRIES;
    loop {
        let port = UdpPort::bind(address, limits)?;
        match Listener::bind(port.address) {
            Ok(listener) => return Ok((port, listener)),
            Err(error) if address.port() == 0 && error.kind() == io::ErrorKind::AddrInUse && tries > 0 => tries -= 1,
            Err(error) => return Err(error),
        }
    }
}

/// Everywhere that packets go.
pub(crate) struct Outlets {
    pub(crate) clients: Vec<UdpPort>,
    pub(crate) relays: Vec<UdpPort>,
    pub(crate) streams: Streams,
    pub(crate) bridge: Option<BridgeEnd>,
    pub(crate) metrics: Metrics,
}

impl Outlets {
    /// Sends on what an input became, and what the engine made itself of it.
    pub(crate) fn send_all(&mut self, server: &mut Server, to: Option<Destination>, packet: &Packet<'_>) {
        if let Some(to) = to {
            self.send(&to, Priority::Media, packet.bytes());
        }
        while let Some(transmit) = server.poll_transmit() {
            self.send(&transmit.to, transmit.priority, &transmit.bytes);
        }
    }

    fn send(&mut self, to: &Destination, priority: Priority, bytes: &[u8]) {
        let metrics = &self.metrics;
        let is_sent = match to {
            Destination::Client(client) if client.transport.is_stream() => {
                self.streams.send(client, priority, bytes.to_vec(), &metrics.streams)
            }
            Destination::Client(client) => {
                self.clients.iter_mut().find(|port| port.owns(client.local)).is_some_and(|port| {
                    port.push(client.remote, Some(client.local.ip()), bytes, &metrics.sockets);
                    true
                })
            }
            Destination::Peer { to, dont_fragment } => {
                let port = self.relays.iter_mut().find(|port| port.address.is_ipv4() == to.is_ipv4());
                port.is_some_and(|port| {
                    if *dont_fragment {
                        port.send_unfragmented(*to, bytes, &metrics.sockets);
                    } else {
                        port.push(*to, None, bytes, &metrics.sockets);
                    }
                    true
                })
            }
            Destination::Sink { to, from, by } => {
                self.bridge.as_mut().is_some_and(|bridge| bridge.send(*from, *to, Some(*by), bytes))
            }
        };
        if !is_sent {
            metrics.sockets.dropped_no_route.inc();
        }
    }
}
