//! The border between forwarding and WebRTC: one [`Peer`] is one participant's peer connection, that is ICE, DTLS, SRTP and
//! SCTP over one 5-tuple at a time. An [`Engine`] makes peers.
//!
//! The trait exists so that the library behind it can be exchanged; `docs/engine.md` tells which one is used and why. A peer
//! is fed and asked, and does nothing by itself: after every call that changes it, [`Peer::poll`] is called until it answers
//! with the time at which it wants [`Peer::handle_timeout`].
//!
//! Time is that of the monotonic clock, as [`veche_base::Clock`] tells it.
//!
//! Invariants: no type of a WebRTC library is seen by callers. Payloads are never decoded. A peer never reports a packet
//! twice, and never a retransmission as such.

mod config;
mod ids;
mod rtp;
pub mod str0m;

#[cfg(test)]
mod tests;

use std::time::Duration;

pub use config::{
    ChannelConfig, Codec, CodecFormat, DataChannels, Delivery, DtlsRole, Fingerprint, FiveTuple, HeaderExtension,
    IceCredentials, IceRole, LocalAddress, MediaKind, PeerConfig, ReceiveStream, SendStream, Transport,
};
pub use ids::{Mid, Name, Rid};
pub use rtp::{AudioLevel, Extensions, Orientation, ReceivedRtp, Retransmit, RtpToSend, SenderReport, Vp8Numbers};

/// The longest payload that is taken for sending: no client sends more, and it leaves room for headers in any datagram.
pub const PAYLOAD_BYTES_MAX: usize = 1_500;
/// The longest datagram that is looked at.
pub const DATAGRAM_BYTES_MAX: usize = 2_000;

/// Makes peers that all show the same certificate.
pub trait Engine {
    /// What it makes.
    type Peer: Peer;

    /// The hash of the certificate that its peers show.
    fn fingerprint(&self) -> &Fingerprint;

    /// A peer that waits for the client, or checks him, as `config` says.
    ///
    /// # Errors
    /// If the engine cannot do what has been negotiated.
    fn peer(&self, now: Duration, config: &PeerConfig) -> Result<Self::Peer, EngineError>;
}

/// One participant's peer connection.
pub trait Peer {
    /// The bytes of a packet, cheap to hand to many subscribers.
    type Payload: Clone + AsRef<[u8]> + From<Vec<u8>>;

    /// Takes a datagram that the caller knows to be this client's (by ufrag or by 5-tuple).
    ///
    /// # Errors
    /// [`EngineError::Foreign`] if it is nothing of WebRTC, which harms nothing; otherwise the peer has ended.
    fn handle_input(&mut self, now: Duration, tuple: &FiveTuple, bytes: &[u8]) -> Result<(), EngineError>;

    /// Lets time pass.
    ///
    /// # Errors
    /// If the peer has ended.
    fn handle_timeout(&mut self, now: Duration) -> Result<(), EngineError>;

    /// What is to be done now. To be called until it is a time.
    ///
    /// # Errors
    /// If the peer has ended.
    fn poll(&mut self) -> Result<Output<Self::Payload>, EngineError>;

    /// Adds an m-line. Layers that are not among `rids` are ignored; with none, every stream with this MID is taken.
    ///
    /// # Errors
    /// If it is there already.
    fn add_media(&mut self, mid: Mid, kind: MediaKind, rids: &[Rid]) -> Result<(), EngineError>;

    /// Removes an m-line with its streams, if it is there.
    fn remove_media(&mut self, mid: Mid);

    /// Announces a stream that the client sends, for clients that do not put the MID into every first packet.
    ///
    /// # Errors
    /// If there is no such m-line.
    fn receive_stream(&mut self, mid: Mid, stream: ReceiveStream) -> Result<(), EngineError>;

    /// Announces a stream that we send.
    ///
    /// # Errors
    /// If there is no such m-line.
    fn send_stream(&mut self, mid: Mid, stream: SendStream) -> Result<(), EngineError>;

    /// Forgets a stream that we send, if it is there.
    fn stop_stream(&mut self, ssrc: u32);

    /// Takes a packet for sending. It leaves with the next [`Peer::poll`], or when the pacer lets it. Several may be
    /// written before polling.
    ///
    /// # Errors
    /// If the stream, its payload type or the VP8 numbers do not fit, or the payload is too long; the packet is dropped.
    fn write_rtp(&mut self, now: Duration, packet: RtpToSend<Self::Payload>) -> Result<(), EngineError>;

    /// Asks the client for a keyframe of this layer, if the layer has been seen. How often, is the caller's business.
    fn request_keyframe(&mut self, mid: Mid, rid: Option<Rid>);

    /// Tells the bandwidth estimator how much would be sent if the way allowed it, so that it looks for that much.
    fn set_desired_bitrate(&mut self, bits_per_second: u64);

    /// Adds a place where the client may be reached (`a=candidate`, without `a=`). A lite agent needs none.
    ///
    /// # Errors
    /// If it cannot be read.
    fn add_remote_candidate(&mut self, candidate: &str) -> Result<(), EngineError>;

    /// Starts ICE anew with other names and passwords; media goes on over the old way until the new one is there.
    fn restart_ice(&mut self, local: &IceCredentials, remote: &IceCredentials);

    /// Opens a data channel.
    ///
    /// # Errors
    /// If data channels have not been negotiated.
    fn open_channel(&mut self, channel: &ChannelConfig) -> Result<ChannelId, EngineError>;

    /// Sends a message.
    ///
    /// # Errors
    /// If the channel is not open, or too much is waiting in it.
    fn send_data(&mut self, channel: ChannelId, data: Data<'_>) -> Result<(), EngineError>;

    /// Says goodbye. What is still to be sent comes out of [`Peer::poll`].
    fn close(&mut self);
}

/// A data channel of one peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ChannelId(pub usize);

/// A message of a data channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Data<'a> {
    /// Text.
    Text(&'a str),
    /// Bytes.
    Binary(&'a [u8]),
}

/// What is to be done.
#[derive(Debug)]
pub enum Output<P> {
    /// Send this.
    Transmit(Transmit),
    /// Something has happened.
    Event(Event<P>),
    /// Nothing more; call [`Peer::handle_timeout`] at this time of the monotonic clock.
    Timeout(Duration),
}

/// A datagram to be sent.
#[derive(Debug)]
pub struct Transmit {
    /// Which way.
    pub tuple: FiveTuple,
    /// What.
    pub bytes: Vec<u8>,
}

/// Something that has happened.
#[derive(Debug)]
pub enum Event<P> {
    /// Media can flow: the client is reached, and he is who he should be.
    Connected,
    /// The client does not answer any longer. He may come back, on another way too.
    Unreachable,
    /// He is back.
    Reachable,
    /// The client has gone, or the connection has broken.
    Closed,
    /// A packet of a publisher.
    Rtp(ReceivedRtp<P>),
    /// A publisher says which time is which timestamp of one of his streams.
    SenderReport(SenderReport),
    /// A subscriber cannot go on without a keyframe of what we send on this m-line.
    KeyframeRequest(Mid),
    /// What the way to the client carries, in bits per second.
    Estimate(u64),
    /// How the way to the client fares, every few seconds.
    Condition(Condition),
    /// A data channel is open. If the client has opened it, this is the first word of it.
    ChannelOpen(ChannelId, String),
    /// A message.
    Data {
        /// Where.
        channel: ChannelId,
        /// Whether it is text. A client may lie about that.
        text: bool,
        /// What.
        bytes: Vec<u8>,
    },
    /// A data channel is closed.
    ChannelClosed(ChannelId),
}

/// How the way to a client fares. What is not known is nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Condition {
    /// Of a thousand packets from the client, how many did not come.
    pub lost_in_permille: Option<u16>,
    /// Of a thousand packets to the client, how many did not come there.
    pub lost_out_permille: Option<u16>,
    /// How long a packet takes to him and back.
    pub round_trip: Option<Duration>,
    /// How unevenly his packets come (RFC 3550, section 6.4.1), of the stream that fares worst. An engine need not know it.
    pub jitter: Option<Duration>,
}

/// Why something could not be done.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// A datagram is neither STUN nor DTLS nor RTP, or too long.
    #[error("not a packet of WebRTC")]
    Foreign,
    /// What was negotiated is not possible with this engine.
    #[error("not possible: {0}")]
    Unsupported(&'static str),
    /// The m-line exists already.
    #[error("there is such an m-line already")]
    MediaExists,
    /// The m-line, stream, payload type or channel has not been declared, or is not open.
    #[error("not declared: {0}")]
    Unknown(&'static str),
    /// What is to be sent is too long, or too much is waiting.
    #[error("too much")]
    TooMuch,
    /// The packet's payload does not fit what is said about it.
    #[error("the payload does not fit")]
    BadPayload,
    /// A candidate that cannot be read.
    #[error("a candidate cannot be read")]
    BadCandidate,
    /// The connection has ended; the reason is for the log.
    #[error("the connection has ended: {0}")]
    Ended(String),
}
