//! A small TURN client over UDP.

use std::net::SocketAddr;

use tokio::net::UdpSocket;
use tokio::time::timeout;
use veche_test_harness::LIMIT;
use veche_turn::stun::{Algorithm, Class, LongTermKey, Message, MessageWriter, Method, attribute};

/// Loopback loses nothing, so nothing is sent twice.
pub(crate) struct TurnClient {
    socket: UdpSocket,
    username: String,
    password: String,
    realm: Vec<u8>,
    nonce: Vec<u8>,
    ids: u64,
}

/// An answer of the server.
struct Answer(Vec<u8>);

impl Answer {
    fn message(&self) -> Message<'_> {
        Message::parse(&self.0).expect("the server sends STUN")
    }

    fn value(&self, kind: u16) -> Vec<u8> {
        self.message().attribute(kind).expect("the answer has the attribute").value.to_vec()
    }

    fn address(&self, kind: u16) -> SocketAddr {
        let message = self.message();
        message.xor_address(&message.attribute(kind).expect("the answer has an address")).expect("an address")
    }

    /// The error code; `None` for success.
    fn code(&self) -> Option<u16> {
        let message = self.message();
        (message.class() == Class::Error).then(|| {
            let value = message.attribute(attribute::ERROR_CODE).expect("a refusal has a code").value;
            u16::from(value[2]) * 100 + u16::from(value[3])
        })
    }
}

impl TurnClient {
    pub(crate) async fn new(server: SocketAddr, username: &str, password: &str) -> Self {
        let any = if server.is_ipv4() { "127.0.0.1:0" } else { "[::1]:0" };
        let socket = UdpSocket::bind(any).await.expect("a free port");
        socket.connect(server).await.expect("a way to the server");
        let (username, password) = (username.to_owned(), password.to_owned());
        Self { socket, username, password, realm: Vec::new(), nonce: Vec::new(), ids: 0 }
    }

    /// The address that the server sees.
    pub(crate) async fn binding(&mut self) -> SocketAddr {
        let request = self.message(Method::BINDING).finish();
        self.exchange(request).await.address(attribute::XOR_MAPPED_ADDRESS)
    }

    /// Allocates; the relayed address or the error code.
    pub(crate) async fn allocate(&mut self) -> Result<SocketAddr, u16> {
        let transport = |writer: MessageWriter| writer.attribute(attribute::REQUESTED_TRANSPORT, &[17, 0, 0, 0]);
        let first = transport(self.message(Method::ALLOCATE)).finish();
        let refusal = self.exchange(first).await;
        assert_eq!(refusal.code(), Some(401));
        self.realm = refusal.value(attribute::REALM);
        self.nonce = refusal.value(attribute::NONCE);
        let answer = self.ask(Method::ALLOCATE, transport).await;
        answer.code().map_or_else(|| Ok(answer.address(attribute::XOR_RELAYED_ADDRESS)), Err)
    }

    /// Prolongs the allocation; the error code.
    pub(crate) async fn refresh(&mut self) -> Option<u16> {
        self.ask(Method::REFRESH, |writer| writer).await.code()
    }

    /// Lets a peer in; the error code.
    pub(crate) async fn permit(&mut self, peer: SocketAddr) -> Option<u16> {
        self.ask(Method::CREATE_PERMISSION, |writer| writer.xor_address(attribute::XOR_PEER_ADDRESS, peer)).await.code()
    }

    /// Prolongs the allocation until the server says that there is none.
    pub(crate) async fn until_gone(&mut self) {
        let asked = async {
            loop {
                match self.refresh().await {
                    None => tokio::task::yield_now().await,
                    Some(code) => return code,
                }
            }
        };
        assert_eq!(timeout(LIMIT, asked).await.expect("the allocation ends"), 437);
    }

    async fn ask(&mut self, method: Method, fill: impl FnOnce(MessageWriter) -> MessageWriter) -> Answer {
        let key = LongTermKey::new(self.username.as_bytes(), &self.realm, self.password.as_bytes());
        let request = fill(self.message(method))
            .attribute(attribute::USERNAME, self.username.as_bytes())
            .attribute(attribute::REALM, &self.realm)
            .attribute(attribute::NONCE, &self.nonce)
            .integrity(Algorithm::Sha1, key.as_bytes())
            .finish();
        self.exchange(request).await
    }

    fn message(&mut self, method: Method) -> MessageWriter {
        self.ids += 1;
        let mut id = [0; 12];
        id[4..].copy_from_slice(&self.ids.to_be_bytes());
        MessageWriter::new(Class::Request, method, id)
    }

    async fn exchange(&self, request: Vec<u8>) -> Answer {
        self.socket.send(&request).await.expect("the request can be sent");
        let mut buffer = vec![0; 2_048];
        let length =
            timeout(LIMIT, self.socket.recv(&mut buffer)).await.expect("an answer in time").expect("an answer");
        buffer.truncate(length);
        assert_eq!(buffer[8..20], request[8..20], "the answer is to this request");
        Answer(buffer)
    }
}
