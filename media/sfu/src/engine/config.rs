//! What has been negotiated before a peer exists: credentials, certificate, codecs, header extensions.

use std::net::SocketAddr;

use veche_base::Secret;

/// Everything a peer is built from. Codecs and header extensions cannot be changed later.
#[derive(Clone, Debug)]
pub struct PeerConfig {
    /// Our part in ICE.
    pub ice: IceRole,
    /// Our ufrag and password, chosen by the caller, so that he finds the peer a STUN request is for.
    pub local: IceCredentials,
    /// The client's ufrag and password.
    pub remote: IceCredentials,
    /// Where packets for this peer arrive, exactly as [`FiveTuple::local`] will say.
    pub addresses: Vec<LocalAddress>,
    /// The certificate that the client must show.
    pub fingerprint: Fingerprint,
    /// Our part in DTLS (and SCTP).
    pub dtls: DtlsRole,
    /// The codecs of all m-lines.
    pub codecs: Vec<Codec>,
    /// The header extensions of all m-lines, each with its id.
    pub extensions: Vec<(u8, HeaderExtension)>,
    /// Whether there is an m-line for data channels.
    pub data: DataChannels,
    /// Where estimating the bandwidth toward the client starts, in bits per second. Nothing: it is not estimated, and
    /// packets leave at once instead of being paced.
    pub estimate_from_bps: Option<u64>,
}

/// Our part in ICE.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IceRole {
    /// We only answer the client's checks.
    Lite,
    /// Full ICE; the client decides which pair is used. For clients that misbehave toward a lite agent.
    Controlled,
    /// Full ICE, and we decide.
    Controlling,
}

/// Who has which name and password in STUN requests.
#[derive(Clone, Debug)]
pub struct IceCredentials {
    /// `a=ice-ufrag`
    pub ufrag: String,
    /// `a=ice-pwd`
    pub pwd: Secret<String>,
}

/// Who speaks first in DTLS (`a=setup`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DtlsRole {
    /// We do (`active`).
    Client,
    /// The other one does (`passive`).
    Server,
}

/// Whether data channels have been negotiated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DataChannels {
    /// There is no m-line for them.
    None,
    /// There is one.
    Negotiated,
}

/// The hash of a certificate (`a=fingerprint`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fingerprint {
    /// `sha-256`, as SDP writes it.
    pub algorithm: String,
    /// The hash.
    pub bytes: Vec<u8>,
}

/// How packets travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Transport {
    /// One datagram is one packet.
    Udp,
    /// Over a connection that the client has opened; the driver takes care of the framing (RFC 4571).
    Tcp,
}

/// A place where packets arrive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LocalAddress {
    /// How.
    pub transport: Transport,
    /// Where.
    pub address: SocketAddr,
}

/// The way of one packet, seen from us.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FiveTuple {
    /// UDP or TCP.
    pub transport: Transport,
    /// Our end.
    pub local: SocketAddr,
    /// The client's end.
    pub remote: SocketAddr,
}

/// Sound or picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MediaKind {
    /// Sound.
    Audio,
    /// Picture.
    Video,
}

/// One payload type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Codec {
    /// Its number in RTP, below 128.
    pub payload_type: u8,
    /// The payload type of its retransmissions (`apt`). Without it nothing is asked for again and nothing is sent again.
    pub retransmission: Option<u8>,
    /// How frames are cut into packets.
    pub format: CodecFormat,
}

/// How frames are cut into packets. What an engine needs of it is the clock rate; payloads are passed on as they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CodecFormat {
    /// Opus.
    Opus,
    /// Opus with redundancy (RFC 2198), passed on like Opus.
    OpusRed,
    /// VP8.
    Vp8,
    /// VP9.
    Vp9,
    /// H.264.
    H264,
    /// H.265.
    H265,
    /// AV1.
    Av1,
}

impl CodecFormat {
    /// Sound or picture.
    #[must_use]
    pub fn kind(self) -> MediaKind {
        match self {
            Self::Opus | Self::OpusRed => MediaKind::Audio,
            Self::Vp8 | Self::Vp9 | Self::H264 | Self::H265 | Self::Av1 => MediaKind::Video,
        }
    }

    /// Ticks of the RTP timestamp in a second.
    #[must_use]
    pub fn clock_rate_hz(self) -> u32 {
        match self.kind() {
            MediaKind::Audio => 48_000,
            MediaKind::Video => 90_000,
        }
    }
}

/// Header extensions that an engine needs or passes on; others are left out of the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum HeaderExtension {
    /// Which m-line. The engine's.
    Mid,
    /// Which layer. The engine's.
    Rid,
    /// Which layer is retransmitted. The engine's.
    RepairedRid,
    /// Number of the packet on this transport, for TWCC. The engine's.
    TransportSequence,
    /// When the packet was sent. The engine's.
    AbsoluteSendTime,
    /// How loud it is. Passed on.
    AudioLevel,
    /// How the picture is turned. Passed on.
    VideoOrientation,
    /// Which frames depend on which (AV1, VP9 SVC). Passed on.
    DependencyDescriptor,
}

/// Each extension with what SDP calls it.
const URIS: [(HeaderExtension, &str); 8] = [
    (HeaderExtension::Mid, "urn:ietf:params:rtp-hdrext:sdes:mid"),
    (HeaderExtension::Rid, "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"),
    (HeaderExtension::RepairedRid, "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id"),
    (HeaderExtension::TransportSequence, "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"),
    (HeaderExtension::AbsoluteSendTime, "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"),
    (HeaderExtension::AudioLevel, "urn:ietf:params:rtp-hdrext:ssrc-audio-level"),
    (HeaderExtension::VideoOrientation, "urn:3gpp:video-orientation"),
    (
        HeaderExtension::DependencyDescriptor,
        "https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension",
    ),
];

impl HeaderExtension {
    /// What SDP calls it (`a=extmap`).
    #[must_use]
    pub fn uri(self) -> &'static str {
        URIS.iter().find(|(extension, _)| *extension == self).expect("every extension has a URI").1
    }

    /// The extension with this name, if it is one of ours.
    #[must_use]
    pub fn from_uri(uri: &str) -> Option<Self> {
        URIS.iter().find(|(_, known)| *known == uri).map(|(extension, _)| *extension)
    }
}

/// A stream that the client sends, known by its SSRC before the first packet. Streams that announce themselves by MID and
/// RID need no such thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReceiveStream {
    /// Its SSRC.
    pub ssrc: u32,
    /// The SSRC of its retransmissions.
    pub retransmission: Option<u32>,
}

/// A stream that we send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SendStream {
    /// Its SSRC.
    pub ssrc: u32,
    /// The SSRC of its retransmissions. Without it, lost packets are not sent again.
    pub retransmission: Option<u32>,
    /// The layer it is; a forwarding unit sends none.
    pub rid: Option<super::Rid>,
}

/// A data channel that we open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChannelConfig {
    /// Its name.
    pub label: String,
    /// What is promised about its messages.
    pub delivery: Delivery,
}

/// What a data channel promises about its messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// All of them, in order.
    Reliable,
    /// Each is sent once; they may overtake one another.
    Lossy,
}
