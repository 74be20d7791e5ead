//! A small TURN client that does what a test tells it, right or wrong.

use std::net::SocketAddr;

use veche_turn::stun::{Algorithm, Class, LongTermKey, Message, MessageWriter, Method, attribute};

use crate::link::Link;

/// See the module.
pub(crate) struct Client {
    pub(crate) link: Link,
    pub(crate) username: String,
    pub(crate) password: String,
    nonce: Vec<u8>,
    ids: u64,
}

/// An answer of the server.
pub(crate) struct Answer(pub(crate) Vec<u8>);

impl Answer {
    /// The error code; `None` for success.
    pub(crate) fn code(&self) -> Option<u16> {
        let message = Message::parse(&self.0).unwrap();
        let error = message.attribute(attribute::ERROR_CODE);
        assert_eq!(error.is_some(), message.class() == Class::Error);
        error.map(|error| u16::from(error.value[2]) * 100 + u16::from(error.value[3]))
    }

    /// An address that must be there.
    pub(crate) fn address(&self, kind: u16) -> SocketAddr {
        let message = Message::parse(&self.0).unwrap();
        message.xor_address(&message.attribute(kind).expect("the answer has an address")).unwrap()
    }

    fn value(&self, kind: u16) -> Vec<u8> {
        Message::parse(&self.0).unwrap().attribute(kind).expect("the answer has the attribute").value.to_vec()
    }
}

impl Client {
    /// A client that has said nothing.
    pub(crate) fn new(link: Link, username: String, password: String) -> Self {
        Self { link, username, password, nonce: Vec::new(), ids: 0 }
    }

    /// The address that the server sees.
    pub(crate) fn binding(&mut self) -> SocketAddr {
        let request = MessageWriter::new(Class::Request, Method::BINDING, self.id()).finish();
        self.ask_raw(&request).address(attribute::XOR_MAPPED_ADDRESS)
    }

    /// Asks for its address; whether the server has answered, or else has closed the connection.
    pub(crate) fn is_answered(&mut self) -> bool {
        let request = MessageWriter::new(Class::Request, Method::BINDING, self.id()).finish();
        self.link.try_send(&request) && self.link.receive().is_some()
    }

    /// An Allocate without credentials, as everybody's first; the server's refusal.
    pub(crate) fn first_allocate(&mut self) -> Answer {
        let request = self.first_request();
        self.ask_raw(&request)
    }

    /// The bytes of [`Client::first_allocate`].
    pub(crate) fn first_request(&mut self) -> Vec<u8> {
        MessageWriter::new(Class::Request, Method::ALLOCATE, self.id())
            .attribute(attribute::REQUESTED_TRANSPORT, &[17, 0, 0, 0])
            .finish()
    }

    /// Allocates; the relayed address or the error code.
    pub(crate) fn allocate(&mut self) -> Result<SocketAddr, u16> {
        let refusal = self.first_allocate();
        assert_eq!(refusal.code(), Some(401));
        self.nonce = refusal.value(attribute::NONCE);
        let answer =
            self.ask(Method::ALLOCATE, |writer| writer.attribute(attribute::REQUESTED_TRANSPORT, &[17, 0, 0, 0]));
        answer.code().map_or_else(|| Ok(answer.address(attribute::XOR_RELAYED_ADDRESS)), Err)
    }

    /// Prolongs or (with 0) ends the allocation.
    pub(crate) fn refresh(&mut self, seconds: u32) -> Option<u16> {
        self.ask(Method::REFRESH, |writer| writer.attribute(attribute::LIFETIME, &seconds.to_be_bytes())).code()
    }

    /// Lets a peer in.
    pub(crate) fn permit(&mut self, peer: SocketAddr) -> Option<u16> {
        self.ask(Method::CREATE_PERMISSION, |writer| writer.xor_address(attribute::XOR_PEER_ADDRESS, peer)).code()
    }

    /// Binds a channel.
    pub(crate) fn bind(&mut self, number: u16, peer: SocketAddr) -> Option<u16> {
        let [high, low] = number.to_be_bytes();
        let answer = self.ask(Method::CHANNEL_BIND, |writer| {
            let writer = writer.attribute(attribute::CHANNEL_NUMBER, &[high, low, 0, 0]);
            writer.xor_address(attribute::XOR_PEER_ADDRESS, peer)
        });
        answer.code()
    }

    /// Sends data on a channel.
    pub(crate) fn send(&mut self, number: u16, data: &[u8]) {
        let frame = self.frame(number, data);
        self.link.send(&frame);
    }

    /// ChannelData as this connection wants it.
    pub(crate) fn frame(&self, number: u16, data: &[u8]) -> Vec<u8> {
        let mut frame = number.to_be_bytes().to_vec();
        frame.extend_from_slice(&u16::try_from(data.len()).unwrap().to_be_bytes());
        frame.extend_from_slice(data);
        if self.link.is_stream() {
            frame.resize(frame.len().next_multiple_of(4), 0);
        }
        frame
    }

    /// Sends data in a Send indication.
    pub(crate) fn send_indication(&mut self, peer: SocketAddr, data: &[u8], dont_fragment: bool) {
        let mut writer = MessageWriter::new(Class::Indication, Method::SEND, self.id())
            .xor_address(attribute::XOR_PEER_ADDRESS, peer)
            .attribute(attribute::DATA, data);
        if dont_fragment {
            writer = writer.attribute(attribute::DONT_FRAGMENT, &[]);
        }
        self.link.send(&writer.finish());
    }

    /// The next data on any channel: its number and the data.
    pub(crate) fn receive(&mut self) -> (u16, Vec<u8>) {
        let frame = self.link.receive().expect("the server keeps the connection");
        assert_eq!(frame[0] & 0xC0, 0x40, "this is ChannelData: {frame:?}");
        let length = usize::from(u16::from_be_bytes([frame[2], frame[3]]));
        (u16::from_be_bytes([frame[0], frame[1]]), frame[4..4 + length].to_vec())
    }

    /// The next Data indication: its peer and the data.
    pub(crate) fn receive_indication(&mut self) -> (SocketAddr, Vec<u8>) {
        let bytes = self.link.receive().expect("the server keeps the connection");
        let message = Message::parse(&bytes).unwrap();
        assert_eq!((message.class(), message.method()), (Class::Indication, Method::DATA));
        let peer = message.xor_address(&message.attribute(attribute::XOR_PEER_ADDRESS).unwrap()).unwrap();
        (peer, message.attribute(attribute::DATA).unwrap().value.to_vec())
    }

    /// Sends a signed request and waits for its answer; media that comes before is thrown away.
    fn ask(&mut self, method: Method, add: impl FnOnce(MessageWriter) -> MessageWriter) -> Answer {
        let key = LongTermKey::new(self.username.as_bytes(), b"turn", self.password.as_bytes());
        let request = add(MessageWriter::new(Class::Request, method, self.id()))
            .attribute(attribute::USERNAME, self.username.as_bytes())
            .attribute(attribute::REALM, b"turn")
            .attribute(attribute::NONCE, &self.nonce)
            .integrity(Algorithm::Sha1, key.as_bytes())
            .finish();
        self.ask_raw(&request)
    }

    fn ask_raw(&mut self, request: &[u8]) -> Answer {
        self.link.send(request);
        loop {
            let bytes = self.link.receive().expect("the server answers");
            if bytes[0] & 0xC0 == 0 && bytes[8..20] == request[8..20] {
                return Answer(bytes);
            }
        }
    }

    fn id(&mut self) -> [u8; 12] {
        self.ids += 1;
        let mut id = [0; 12];
        id[4..].copy_from_slice(&self.ids.to_be_bytes());
        id
    }
}

/// Two clients with channel 0x4001 to each other.
pub(crate) fn join(one: &mut Client, other: &mut Client) {
    let (one_relayed, other_relayed) = (one.allocate().unwrap(), other.allocate().unwrap());
    assert_eq!(one.bind(0x4001, other_relayed), None);
    assert_eq!(other.bind(0x4001, one_relayed), None);
}
