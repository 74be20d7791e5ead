//! A small STUN and TURN client, for asking our own relay what clients ask it.
//!
//! It trusts nothing: an answer counts only if it is signed with the key that the credentials make, so that another
//! server at a wrong address is not taken for ours.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::UdpSocket;
use veche_base::{Entropy, Secret};
use veche_turn::Framer;
use veche_turn::stun::{Algorithm, Class, LongTermKey, Message, MessageWriter, Method, TransactionId, attribute};

/// When an unanswered request is sent again over UDP (RFC 8489 §6.2.1, less patient: nobody is far away).
const RESEND_AFTER: Duration = Duration::from_millis(300);
/// How long one request may take in all.
const ANSWER_WITHIN: Duration = Duration::from_secs(2);
/// Longer than anything that the relay answers.
const DATAGRAM_BYTES_MAX: usize = 2_048;
/// The protocol number of UDP in REQUESTED-TRANSPORT.
const UDP: u8 = 17;

/// Why the relay did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TurnError {
    /// The connection could not be made, or broke.
    #[error("{0}")]
    Connection(#[from] io::Error),
    /// Nothing came back.
    #[error("no answer within {} seconds", ANSWER_WITHIN.as_secs())]
    Silence,
    /// It refused with this code.
    #[error("refused with error {0}")]
    Refused(u16),
    /// What came back is not what our relay answers.
    #[error("the answer is not one of this server's relay")]
    Foreign,
}

/// What both TCP and TLS are.
trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

enum Wire {
    Udp(UdpSocket),
    Stream {
        stream: Box<dyn Stream>,
        framer: Framer,
    },
    /// Each message behind its length (RFC 4571), as on the TCP socket of calls.
    Packets(Box<dyn Stream>),
}

/// One client with at most one allocation, which ends with [`TurnClient::free`] or by itself.
pub(crate) struct TurnClient {
    wire: Wire,
    entropy: Arc<dyn Entropy>,
    /// Known once the relay has said its realm and a nonce.
    login: Option<Login>,
}

struct Login {
    username: String,
    realm: Vec<u8>,
    nonce: Vec<u8>,
    key: LongTermKey,
}

impl TurnClient {
    /// A client over UDP.
    pub(crate) async fn udp(to: SocketAddr, entropy: Arc<dyn Entropy>) -> Result<Self, TurnError> {
        let any: IpAddr = if to.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
        let socket = UdpSocket::bind(SocketAddr::new(any, 0)).await?;
        socket.connect(to).await?;
        Ok(Self { wire: Wire::Udp(socket), entropy, login: None })
    }

    /// A client over a stream: TCP, or TLS after its handshake.
    pub(crate) fn stream(
        stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
        entropy: Arc<dyn Entropy>,
    ) -> Self {
        Self { wire: Wire::Stream { stream: Box::new(stream), framer: Framer::new() }, entropy, login: None }
    }

    /// A client over TCP on whose connection each message stands behind its length.
    pub(crate) fn packets(
        stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
        entropy: Arc<dyn Entropy>,
    ) -> Self {
        Self { wire: Wire::Packets(Box::new(stream)), entropy, login: None }
    }

    /// Asks as a check of ICE does, with a name and a password (RFC 8489 §9.1). Only who knows the password can answer.
    pub(crate) async fn probe(&mut self, username: &str, password: &Secret<String>) -> Result<(), TurnError> {
        let key = password.expose().as_bytes();
        let id = self.id();
        let request = MessageWriter::new(Class::Request, Method::BINDING, id)
            .attribute(attribute::USERNAME, username.as_bytes())
            .integrity(Algorithm::Sha1, key)
            .finish();
        let answer = self.exchange(id, request).await?;
        let answer = success(&answer)?;
        let integrity = answer.attribute(attribute::MESSAGE_INTEGRITY).ok_or(TurnError::Foreign)?;
        if answer.is_intact(&integrity, key) { Ok(()) } else { Err(TurnError::Foreign) }
    }

    /// Asks what our address looks like from there.
    pub(crate) async fn binding(&mut self) -> Result<SocketAddr, TurnError> {
        let id = self.id();
        let answer = self.exchange(id, MessageWriter::new(Class::Request, Method::BINDING, id).finish()).await?;
        let answer = success(&answer)?;
        let mapped = answer.attribute(attribute::XOR_MAPPED_ADDRESS).ok_or(TurnError::Foreign)?;
        answer.xor_address(&mapped).ok_or(TurnError::Foreign)
    }

    /// Makes an allocation; the relayed address.
    pub(crate) async fn allocate(
        &mut self,
        username: &str,
        password: &Secret<String>,
    ) -> Result<SocketAddr, TurnError> {
        let transport = [UDP, 0, 0, 0];
        let id = self.id();
        let bare = MessageWriter::new(Class::Request, Method::ALLOCATE, id)
            .attribute(attribute::REQUESTED_TRANSPORT, &transport)
            .finish();
        let challenge = self.exchange(id, bare).await?;
        self.login = Some(login(&challenge, username, password)?);
        let answer = self
            .signed(Method::ALLOCATE, |writer| writer.attribute(attribute::REQUESTED_TRANSPORT, &transport))
            .await?;
        let answer = success(&answer)?;
        let relayed = answer.attribute(attribute::XOR_RELAYED_ADDRESS).ok_or(TurnError::Foreign)?;
        answer.xor_address(&relayed).ok_or(TurnError::Foreign)
    }

    /// Lets a peer send to the allocation.
    pub(crate) async fn permit(&mut self, peer: SocketAddr) -> Result<(), TurnError> {
        let answer = self
            .signed(Method::CREATE_PERMISSION, |writer| writer.xor_address(attribute::XOR_PEER_ADDRESS, peer))
            .await?;
        success(&answer).map(|_| ())
    }

    /// Ends the allocation.
    pub(crate) async fn free(&mut self) -> Result<(), TurnError> {
        let answer = self.signed(Method::REFRESH, |writer| writer.attribute(attribute::LIFETIME, &[0; 4])).await?;
        success(&answer).map(|_| ())
    }

    /// Sends data to a peer through the relay until `other` has received it.
    pub(crate) async fn send_to(&mut self, peer: SocketAddr, data: &[u8], other: &mut Self) -> Result<(), TurnError> {
        let indication = MessageWriter::new(Class::Indication, Method::SEND, self.id())
            .xor_address(attribute::XOR_PEER_ADDRESS, peer)
            .attribute(attribute::DATA, data)
            .finish();
        let delivery = async {
            loop {
                self.send(&indication).await?;
                match tokio::time::timeout(RESEND_AFTER, other.receive_data(data)).await {
                    Ok(received) => return received,
                    Err(_) => continue,
                }
            }
        };
        tokio::time::timeout(ANSWER_WITHIN, delivery).await.unwrap_or(Err(TurnError::Silence))
    }

    async fn receive_data(&mut self, data: &[u8]) -> Result<(), TurnError> {
        loop {
            let bytes = self.receive().await?;
            let Ok(message) = Message::parse(&bytes) else { continue };
            let received = message.attribute(attribute::DATA).map(|attribute| attribute.value);
            if message.method() == Method::DATA && received == Some(data) {
                return Ok(());
            }
        }
    }

    /// Asks with the credentials; the answer is signed with them too.
    async fn signed(
        &mut self,
        method: Method,
        fill: impl FnOnce(MessageWriter) -> MessageWriter,
    ) -> Result<Vec<u8>, TurnError> {
        let id = self.id();
        let login = self.login.as_ref().ok_or(TurnError::Foreign)?;
        let request = fill(MessageWriter::new(Class::Request, method, id))
            .attribute(attribute::USERNAME, login.username.as_bytes())
            .attribute(attribute::REALM, &login.realm)
            .attribute(attribute::NONCE, &login.nonce)
            .integrity(Algorithm::Sha1, login.key.as_bytes())
            .finish();
        let key = *login.key.as_bytes();
        let answer = self.exchange(id, request).await?;
        let message = Message::parse(&answer).map_err(|_| TurnError::Foreign)?;
        // A refusal of the credentials themselves cannot be signed with them.
        if let Some(code @ (401 | 438)) = error_code(&message) {
            return Err(TurnError::Refused(code));
        }
        let integrity = message.attribute(attribute::MESSAGE_INTEGRITY).ok_or(TurnError::Foreign)?;
        if message.is_intact(&integrity, &key) { Ok(answer) } else { Err(TurnError::Foreign) }
    }

    /// Sends a request, over UDP until it is answered, and waits for the answer.
    async fn exchange(&mut self, id: TransactionId, request: Vec<u8>) -> Result<Vec<u8>, TurnError> {
        let exchange = async {
            loop {
                self.send(&request).await?;
                match tokio::time::timeout(self.patience(), self.answer_to(&id)).await {
                    Ok(answer) => return answer,
                    Err(_) => continue,
                }
            }
        };
        tokio::time::timeout(ANSWER_WITHIN, exchange).await.unwrap_or(Err(TurnError::Silence))
    }

    const fn patience(&self) -> Duration {
        match self.wire {
            Wire::Udp(_) => RESEND_AFTER,
            Wire::Stream { .. } | Wire::Packets(_) => ANSWER_WITHIN,
        }
    }

    async fn answer_to(&mut self, id: &TransactionId) -> Result<Vec<u8>, TurnError> {
        loop {
            let bytes = self.receive().await?;
            let message = Message::parse(&bytes).map_err(|_| TurnError::Foreign)?;
            let is_answer = matches!(message.class(), Class::Success | Class::Error);
            if is_answer && message.transaction_id() == *id {
                return Ok(bytes);
            }
        }
    }

    async fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        match &mut self.wire {
            Wire::Udp(socket) => socket.send(bytes).await.map(|_| ()),
            Wire::Stream { stream, .. } => {
                stream.write_all(bytes).await?;
                stream.flush().await
            }
            Wire::Packets(stream) => {
                let length = u16::try_from(bytes.len()).map_err(io::Error::other)?;
                stream.write_all(&[&length.to_be_bytes(), bytes].concat()).await?;
                stream.flush().await
            }
        }
    }

    /// The next whole message.
    async fn receive(&mut self) -> Result<Vec<u8>, TurnError> {
        match &mut self.wire {
            Wire::Udp(socket) => {
                let mut buffer = vec![0; DATAGRAM_BYTES_MAX];
                let length = socket.recv(&mut buffer).await?;
                buffer.truncate(length);
                Ok(buffer)
            }
            Wire::Packets(stream) => {
                let mut packet = vec![0; usize::from(stream.read_u16().await?)];
                stream.read_exact(&mut packet).await?;
                Ok(packet)
            }
            Wire::Stream { stream, framer } => loop {
                if let Some(frame) = framer.next_frame().map_err(|_| TurnError::Foreign)? {
                    return Ok(frame.bytes().to_vec());
                }
                match stream.read(framer.space()).await? {
                    0 => return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into()),
                    read => framer.filled(read),
                }
            },
        }
    }

    fn id(&self) -> TransactionId {
        let mut id = TransactionId::default();
        self.entropy.fill(&mut id);
        id
    }
}

/// What the relay's first refusal says to sign with.
fn login(challenge: &[u8], username: &str, password: &Secret<String>) -> Result<Login, TurnError> {
    let challenge = Message::parse(challenge).map_err(|_| TurnError::Foreign)?;
    match error_code(&challenge) {
        Some(401) => {}
        Some(code) => return Err(TurnError::Refused(code)),
        None => return Err(TurnError::Foreign),
    }
    let value = |kind| challenge.attribute(kind).map(|found| found.value.to_vec()).ok_or(TurnError::Foreign);
    let (realm, nonce) = (value(attribute::REALM)?, value(attribute::NONCE)?);
    let key = LongTermKey::new(username.as_bytes(), &realm, password.expose().as_bytes());
    Ok(Login { username: username.to_owned(), realm, nonce, key })
}

fn success(answer: &[u8]) -> Result<Message<'_>, TurnError> {
    let message = Message::parse(answer).map_err(|_| TurnError::Foreign)?;
    match (message.class(), error_code(&message)) {
        (Class::Success, _) => Ok(message),
        (_, Some(code)) => Err(TurnError::Refused(code)),
        (_, None) => Err(TurnError::Foreign),
    }
}

fn error_code(message: &Message<'_>) -> Option<u16> {
    let [_, _, hundreds, rest, ..] = *message.attribute(attribute::ERROR_CODE)?.value else { return None };
    Some(u16::from(hundreds & 0x07) * 100 + u16::from(rest))
}
