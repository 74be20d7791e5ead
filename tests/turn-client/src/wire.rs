//! The connections that the client is given: a TCP stream cut into messages, and any of them watched.

use std::any::Any;
use std::io::{Error as IoError, ErrorKind};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::Mutex;
use webrtc_util::{Conn, Error, Result};

/// Channel number and length (RFC 8656 §12.4).
const CHANNEL_HEADER_BYTES: usize = 4;
/// Type, length, cookie and transaction id (RFC 8489 §5).
const STUN_HEADER_BYTES: usize = 20;
/// The type of a Send indication.
const SEND_INDICATION: [u8; 2] = [0x00, 0x16];
/// The type of a Data indication.
const DATA_INDICATION: [u8; 2] = [0x00, 0x17];

/// In what form data has travelled on a connection.
#[derive(Debug, Default)]
pub struct Seen {
    sent_indications: AtomicUsize,
    sent_on_channels: AtomicUsize,
    received_indications: AtomicUsize,
    received_on_channels: AtomicUsize,
}

impl Seen {
    /// Messages to the server: Send indications, and those on channels.
    pub fn sent(&self) -> (usize, usize) {
        (self.sent_indications.load(Ordering::Relaxed), self.sent_on_channels.load(Ordering::Relaxed))
    }

    /// Messages from the server: Data indications, and those on channels.
    pub fn received(&self) -> (usize, usize) {
        (self.received_indications.load(Ordering::Relaxed), self.received_on_channels.load(Ordering::Relaxed))
    }

    fn note_sent(&self, message: &[u8]) {
        if is_channel_data(message) {
            self.sent_on_channels.fetch_add(1, Ordering::Relaxed);
        } else if message.starts_with(&SEND_INDICATION) {
            self.sent_indications.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn note_received(&self, message: &[u8]) {
        if is_channel_data(message) {
            self.received_on_channels.fetch_add(1, Ordering::Relaxed);
        } else if message.starts_with(&DATA_INDICATION) {
            self.received_indications.fetch_add(1, Ordering::Relaxed);
        }
    }
}

fn is_channel_data(message: &[u8]) -> bool {
    message.first().is_some_and(|first| first >> 6 == 0b01)
}

/// A connection on which is counted what goes over it.
pub struct Watched<C> {
    inner: C,
    seen: Arc<Seen>,
}

impl<C> Watched<C> {
    /// Watches from now on.
    pub fn new(inner: C) -> (Self, Arc<Seen>) {
        let seen = Arc::new(Seen::default());
        (Self { inner, seen: Arc::clone(&seen) }, seen)
    }
}

#[async_trait]
impl<C: Conn + Send + Sync + 'static> Conn for Watched<C> {
    async fn connect(&self, address: SocketAddr) -> Result<()> {
        self.inner.connect(address).await
    }

    async fn recv(&self, buffer: &mut [u8]) -> Result<usize> {
        self.inner.recv(buffer).await
    }

    async fn recv_from(&self, buffer: &mut [u8]) -> Result<(usize, SocketAddr)> {
        let (length, from) = self.inner.recv_from(buffer).await?;
        self.seen.note_received(&buffer[..length]);
        Ok((length, from))
    }

    async fn send(&self, message: &[u8]) -> Result<usize> {
        self.inner.send(message).await
    }

    async fn send_to(&self, message: &[u8], to: SocketAddr) -> Result<usize> {
        self.seen.note_sent(message);
        self.inner.send_to(message, to).await
    }

    fn local_addr(&self) -> Result<SocketAddr> {
        self.inner.local_addr()
    }

    fn remote_addr(&self) -> Option<SocketAddr> {
        self.inner.remote_addr()
    }

    async fn close(&self) -> Result<()> {
        self.inner.close().await
    }

    fn as_any(&self) -> &(dyn Any + Send + Sync) {
        self
    }
}

/// A TCP connection that looks like datagrams: the client itself knows no streams.
pub struct Stream {
    reading: Mutex<(OwnedReadHalf, Vec<u8>)>,
    writing: Mutex<OwnedWriteHalf>,
    local: SocketAddr,
    remote: SocketAddr,
}

impl Stream {
    /// Connects to the server.
    pub async fn connect(server: SocketAddr) -> Self {
        let stream = TcpStream::connect(server).await.expect("the server takes connections");
        stream.set_nodelay(true).expect("a TCP connection has this option");
        let local = stream.local_addr().expect("it is connected");
        let (read, write) = stream.into_split();
        Self { reading: Mutex::new((read, Vec::new())), writing: Mutex::new(write), local, remote: server }
    }
}

/// How long the message is that begins here, with its padding; `None` if too little has come to tell.
fn frame_bytes(waiting: &[u8]) -> Option<usize> {
    let length = usize::from(u16::from_be_bytes([*waiting.get(2)?, *waiting.get(3)?]));
    Some(if is_channel_data(waiting) {
        CHANNEL_HEADER_BYTES + length.next_multiple_of(4)
    } else {
        STUN_HEADER_BYTES + length
    })
}

#[async_trait]
impl Conn for Stream {
    async fn connect(&self, _: SocketAddr) -> Result<()> {
        Err(Error::ErrUnexpectedNetwork)
    }

    async fn recv(&self, buffer: &mut [u8]) -> Result<usize> {
        self.recv_from(buffer).await.map(|(length, _)| length)
    }

    async fn recv_from(&self, buffer: &mut [u8]) -> Result<(usize, SocketAddr)> {
        let mut reading = self.reading.lock().await;
        let (half, waiting) = &mut *reading;
        loop {
            if let Some(length) = frame_bytes(waiting).filter(|length| waiting.len() >= *length) {
                let message = buffer.get_mut(..length).ok_or(Error::ErrBufferShort)?;
                message.copy_from_slice(&waiting[..length]);
                waiting.drain(..length);
                return Ok((length, self.remote));
            }
            if half.read_buf(waiting).await? == 0 {
                return Err(IoError::from(ErrorKind::UnexpectedEof).into());
            }
        }
    }

    async fn send(&self, message: &[u8]) -> Result<usize> {
        self.send_to(message, self.remote).await
    }

    async fn send_to(&self, message: &[u8], _: SocketAddr) -> Result<usize> {
        self.writing.lock().await.write_all(message).await?;
        Ok(message.len())
    }

    fn local_addr(&self) -> Result<SocketAddr> {
        Ok(self.local)
    }

    fn remote_addr(&self) -> Option<SocketAddr> {
        Some(self.remote)
    }

    async fn close(&self) -> Result<()> {
        Ok(self.writing.lock().await.shutdown().await?)
    }

    fn as_any(&self) -> &(dyn Any + Send + Sync) {
        self
    }
}
