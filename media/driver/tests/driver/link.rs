//! One connection of a client: UDP, TCP or TLS, each sending and receiving whole messages.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream, UdpSocket};
use std::sync::Arc;

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, StreamOwned};
use veche_turn::Framer;

use crate::site::PATIENCE;

/// See the module.
pub(crate) enum Link {
    Udp(UdpSocket),
    Tcp(TcpStream, Framer),
    Tls(Box<StreamOwned<ClientConnection, TcpStream>>, Framer),
}

impl Link {
    /// A socket that hears this server only.
    pub(crate) fn udp(server: SocketAddr) -> Self {
        let any = SocketAddr::new(if server.is_ipv4() { [0; 4].into() } else { [0_u16; 8].into() }, 0);
        let socket = UdpSocket::bind(any).unwrap();
        socket.connect(server).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        Self::Udp(socket)
    }

    /// A TCP connection.
    pub(crate) fn tcp(server: SocketAddr) -> Self {
        Self::Tcp(connect(server), Framer::new())
    }

    /// A TLS connection whose handshake is done.
    pub(crate) fn tls(server: SocketAddr, config: Arc<ClientConfig>) -> Self {
        let mut socket = connect(server);
        let mut tls = ClientConnection::new(config, ServerName::try_from("localhost").unwrap()).unwrap();
        tls.complete_io(&mut socket).unwrap();
        Self::Tls(Box::new(StreamOwned::new(tls, socket)), Framer::new())
    }

    /// Sends bytes; over UDP as one datagram.
    pub(crate) fn send(&mut self, bytes: &[u8]) {
        match self {
            Self::Udp(socket) => assert_eq!(socket.send(bytes).unwrap(), bytes.len()),
            Self::Tcp(socket, _) => socket.write_all(bytes).unwrap(),
            Self::Tls(stream, _) => {
                stream.write_all(bytes).unwrap();
                stream.flush().unwrap();
            }
        }
    }

    /// Sends bytes on a TCP connection, unless the server has closed it.
    pub(crate) fn try_send(&mut self, bytes: &[u8]) -> bool {
        let Self::Tcp(socket, _) = self else { panic!("it is a TCP connection") };
        match socket.write_all(bytes) {
            Ok(()) => true,
            Err(error) if CUT_OFF.contains(&error.kind()) => false,
            Err(error) => panic!("nothing can be sent: {error}"),
        }
    }

    /// The next message; `None` when the server has closed the connection.
    pub(crate) fn receive(&mut self) -> Option<Vec<u8>> {
        match self {
            Self::Udp(socket) => {
                let mut buffer = vec![0; 65_536];
                let length = socket.recv(&mut buffer).expect("the server answers");
                buffer.truncate(length);
                Some(buffer)
            }
            Self::Tcp(socket, framer) => next_frame(socket, framer),
            Self::Tls(stream, framer) => next_frame(stream, framer),
        }
    }

    /// Whether ChannelData is padded.
    pub(crate) fn is_stream(&self) -> bool {
        !matches!(self, Self::Udp(_))
    }

    /// Says that nothing more will come, and waits until the server has closed the connection.
    pub(crate) fn close(mut self) {
        match &mut self {
            Self::Udp(_) => {}
            // Either fails if the server was faster.
            Self::Tcp(socket, _) => drop(socket.shutdown(Shutdown::Write)),
            Self::Tls(stream, _) => {
                stream.conn.send_close_notify();
                drop(stream.flush());
            }
        }
        while self.receive().is_some() {}
    }
}

/// How a connection ends that the other side has cut off.
const CUT_OFF: [ErrorKind; 3] = [ErrorKind::ConnectionReset, ErrorKind::BrokenPipe, ErrorKind::UnexpectedEof];

fn connect(server: SocketAddr) -> TcpStream {
    let socket = TcpStream::connect(server).unwrap();
    socket.set_nodelay(true).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    socket.set_write_timeout(Some(PATIENCE)).unwrap();
    socket
}

fn next_frame(stream: &mut impl Read, framer: &mut Framer) -> Option<Vec<u8>> {
    loop {
        if let Some(frame) = framer.next_frame().expect("the server sends messages") {
            return Some(frame.bytes().to_vec());
        }
        match stream.read(framer.space()) {
            Ok(0) => return None,
            Ok(read) => framer.filled(read),
            // A connection that is refused or cut off is not closed politely.
            Err(error) if CUT_OFF.contains(&error.kind()) => return None,
            Err(error) => panic!("the server neither answers nor closes: {error}"),
        }
    }
}
