//! One TCP or TLS connection of a client: reading, writing, and what waits to be written.

use std::any::Any;
use std::collections::VecDeque;
use std::io::{self, Read, Write};
use std::net::SocketAddr;
use std::time::Duration;

use mio::net::TcpStream;
use rustls::ServerConnection;
use veche_turn::{FiveTuple, Framer, Priority, StreamQueue};

/// What is handed to the connection in one piece: one TLS record.
const WRITE_BYTES: usize = 16 * 1_024;
/// Unsent bytes that the kernel takes (TCP_NOTSENT_LOWAT): what it holds can no longer be dropped.
const KERNEL_UNSENT_BYTES: u32 = 32 * 1_024;

/// A TLS connection whose handshake is done and whose first bytes were those of TURN; see
/// [`crate::Handle::hand_over`].
pub struct TlsStream {
    /// The socket, in any mode.
    pub socket: std::net::TcpStream,
    /// The TLS on it. What it has read and nobody took is read first.
    pub tls: ServerConnection,
    /// What was taken of the plain text already, to find out what it is.
    pub first_bytes: Vec<u8>,
    /// Our address, as the client named it.
    pub local: SocketAddr,
    /// The client's address: the socket's, or what a proxy told that is believed.
    pub remote: SocketAddr,
    /// Dropped when the connection ends: the place that it takes among those of its acceptor.
    pub place: Box<dyn Any + Send>,
}

/// Both halves of a connection. What cuts it into messages is `F`.
pub(crate) struct Stream<F = Framer> {
    pub(crate) client: FiveTuple,
    pub(crate) socket: TcpStream,
    /// The receiving half; taken out while its frames are handled.
    pub(crate) framer: F,
    /// Since when it has been of no use, as far as that was looked at.
    pub(crate) unused_since: Duration,
    /// Whether something waits to be read, and is listed so.
    pub(crate) is_ready: bool,
    /// Whether something waits to be written, and is listed so.
    pub(crate) is_dirty: bool,
    tls: Option<Box<ServerConnection>>,
    queue: StreamQueue,
    /// Bytes of whole messages that were begun to be written without TLS.
    begun: VecDeque<u8>,
    is_writable: bool,
    _place: Box<dyn Any + Send>,
}

impl<F: Default> Stream<F> {
    /// A connection on which nothing was read.
    pub(crate) fn new(
        client: FiveTuple,
        socket: TcpStream,
        tls: Option<ServerConnection>,
        place: Box<dyn Any + Send>,
        media_bytes_max: usize,
        now: Duration,
    ) -> io::Result<Self> {
        socket.set_nodelay(true)?;
        socket2::SockRef::from(&socket).set_tcp_notsent_lowat(KERNEL_UNSENT_BYTES)?;
        Ok(Self {
            client,
            socket,
            framer: F::default(),
            unused_since: now,
            is_ready: false,
            is_dirty: false,
            tls: tls.map(Box::new),
            queue: StreamQueue::new(media_bytes_max),
            begun: VecDeque::new(),
            is_writable: true,
            _place: place,
        })
    }

    /// Notes that the socket takes bytes again.
    pub(crate) const fn set_writable(&mut self) {
        self.is_writable = true;
    }

    /// Queues a message; tells how much media was dropped for it.
    ///
    /// # Errors
    /// The connection is broken, or its client does not read his answers.
    pub(crate) fn push(&mut self, priority: Priority, bytes: Vec<u8>) -> io::Result<u64> {
        // Much may come in one round. What the socket takes at once need not be dropped.
        if !self.queue.has_room_for(priority, bytes.len()) {
            self.flush()?;
        }
        let before = self.queue.dropped();
        self.queue.push(priority, bytes).map_err(io::Error::other)?;
        Ok(self.queue.dropped() - before)
    }

    /// Reads plain text; 0 bytes mean that the client has closed the connection.
    ///
    /// # Errors
    /// `WouldBlock` if nothing waits; any other ends the connection.
    pub(crate) fn read(&mut self, space: &mut [u8]) -> io::Result<usize> {
        let Some(tls) = &mut self.tls else {
            return self.socket.read(space);
        };
        loop {
            match tls.reader().read(space) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                done => return done,
            }
            if tls.read_tls(&mut self.socket)? == 0 {
                return Ok(0);
            }
            tls.process_new_packets().map_err(io::Error::other)?;
        }
    }

    /// Writes what waits until all is written or the socket takes no more.
    ///
    /// # Errors
    /// The connection is broken.
    pub(crate) fn flush(&mut self) -> io::Result<()> {
        while self.is_writable {
            let is_done = match &mut self.tls {
                Some(_) => self.write_tls(),
                None => self.write_plain(),
            };
            match is_done {
                Ok(true) => return Ok(()),
                Ok(false) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => self.is_writable = false,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Says good-bye where TLS wants it said.
    pub(crate) fn close(&mut self) {
        if let Some(tls) = &mut self.tls {
            tls.send_close_notify();
            // Whoever does not take it now has gone or is too slow to be told.
            let _ = tls.write_tls(&mut self.socket);
        }
    }

    /// One step; true if nothing waits any more.
    fn write_plain(&mut self) -> io::Result<bool> {
        if self.begun.is_empty() {
            let begun = &mut self.begun;
            take_messages(&mut self.queue, |message| begun.extend(message), WRITE_BYTES);
        }
        if self.begun.is_empty() {
            return Ok(true);
        }
        let written = some(self.socket.write(self.begun.as_slices().0))?;
        self.begun.drain(..written);
        Ok(false)
    }

    /// One step; true if nothing waits any more.
    fn write_tls(&mut self) -> io::Result<bool> {
        let Some(tls) = &mut self.tls else { return Ok(true) };
        if tls.wants_write() {
            return some(tls.write_tls(&mut self.socket)).map(|_| false);
        }
        let mut plain = Vec::new();
        take_messages(&mut self.queue, |message| plain.extend_from_slice(&message), WRITE_BYTES);
        // The connection has room for it: everything before is written.
        tls.writer().write_all(&plain)?;
        Ok(plain.is_empty())
    }
}

/// A socket that takes nothing and does not say why would be asked for ever.
fn some(written: io::Result<usize>) -> io::Result<usize> {
    if matches!(written, Ok(0)) { Err(io::ErrorKind::WriteZero.into()) } else { written }
}

/// Takes whole messages until there are enough bytes.
fn take_messages(queue: &mut StreamQueue, mut take: impl FnMut(Vec<u8>), bytes_enough: usize) {
    let mut taken = 0;
    while let Some(message) = (taken < bytes_enough).then(|| queue.pop()).flatten() {
        taken += message.len();
        take(message);
    }
}
