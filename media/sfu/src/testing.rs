//! Two peers, a network between them that loses packets as a seed says, and time that moves when nothing is left to do; and a
//! call of cameras and viewers without an engine. For the tests here and for the measurement of engines; the product uses none
//! of it.

mod camera;
mod conference;
mod meeting;
mod network;
mod scripted;
mod simulcast;

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use veche_base::Secret;

use crate::engine::{
    Codec, CodecFormat, DataChannels, DtlsRole, Engine, EngineError, FiveTuple, HeaderExtension, IceCredentials,
    IceRole, LocalAddress, Peer, PeerConfig, Transport,
};

pub use camera::{Camera, FRAME_INTERVAL, Viewer, camera_config};
pub use conference::{Client, Conference, Timing};
pub use meeting::{MEETING_STEP, Meeting, Sender, Watcher, Weather};
pub use network::{Loss, Network, Side};
pub use scripted::ScriptedPeer;
pub use simulcast::{LayerReport, StreamReport, downlink, simulcast, uplink};

/// The payload type of VP8 in [`Profile::browser`].
pub const VP8: u8 = 96;
/// The payload type of VP8's retransmissions.
pub const VP8_RTX: u8 = 97;
/// The payload type of Opus.
pub const OPUS: u8 = 111;

/// What a pair of peers agrees on.
#[derive(Clone, Debug)]
pub struct Profile {
    /// The codecs.
    pub codecs: Vec<Codec>,
    /// The header extensions.
    pub extensions: Vec<(u8, HeaderExtension)>,
    /// Whether there are data channels.
    pub data: DataChannels,
    /// The server's part in ICE.
    pub ice: IceRole,
    /// Whether the server estimates bandwidth, and from where.
    pub estimate_from_bps: Option<u64>,
}

impl Profile {
    /// What a browser would agree on: Opus, VP8 with retransmissions, the extensions under their usual ids.
    #[must_use]
    pub fn browser() -> Self {
        Self {
            codecs: vec![
                Codec { payload_type: OPUS, retransmission: None, format: CodecFormat::Opus },
                Codec { payload_type: VP8, retransmission: Some(VP8_RTX), format: CodecFormat::Vp8 },
            ],
            extensions: vec![
                (1, HeaderExtension::AudioLevel),
                (2, HeaderExtension::AbsoluteSendTime),
                (3, HeaderExtension::TransportSequence),
                (4, HeaderExtension::Mid),
                (8, HeaderExtension::DependencyDescriptor),
                (10, HeaderExtension::Rid),
                (11, HeaderExtension::RepairedRid),
                (13, HeaderExtension::VideoOrientation),
            ],
            data: DataChannels::None,
            ice: IceRole::Lite,
            estimate_from_bps: None,
        }
    }
}

/// Somewhere in the past, for engines that want to know when the monotonic clock was zero.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "an instant is made in no other way, and only differences to it count")]
pub fn any_start() -> Instant {
    Instant::now()
}

/// Where the server is.
#[must_use]
pub fn server_address() -> SocketAddr {
    SocketAddr::from(([192, 0, 2, 1], 7_882))
}

/// Where the client with this number is.
#[must_use]
pub fn client_address(number: u16) -> SocketAddr {
    SocketAddr::from(([198, 51, 100, 7], 40_000 + number))
}

fn credentials(who: &str, number: u16) -> IceCredentials {
    let pwd = Secret::new(format!("{who}-password-long-enough-{number:05}"));
    IceCredentials { ufrag: format!("{who}{number:05}"), pwd }
}

/// A client and the server's peer for it, on a network that loses nothing yet. They have not spoken to one another.
///
/// # Errors
/// If an engine refuses the profile.
pub fn connect<C: Engine, S: Engine>(
    client: &C,
    server: &S,
    now: Duration,
    number: u16,
    profile: &Profile,
) -> Result<Network<C::Peer, S::Peer>, EngineError> {
    let (tuple, client, server) = pair(client, server, now, number, profile)?;
    Ok(Network::new(now, tuple, client, server))
}

/// A client and the server's peer for it, and the way between them as the client sees it.
fn pair<C: Engine, S: Engine>(
    client: &C,
    server: &S,
    now: Duration,
    number: u16,
    profile: &Profile,
) -> Result<(FiveTuple, C::Peer, S::Peer), EngineError> {
    let (client_credentials, server_credentials) = (credentials("client", number), credentials("server", number));
    let local = |address| vec![LocalAddress { transport: Transport::Udp, address }];
    let of_client = PeerConfig {
        ice: IceRole::Controlling,
        local: client_credentials.clone(),
        remote: server_credentials.clone(),
        addresses: local(client_address(number)),
        fingerprint: server.fingerprint().clone(),
        dtls: DtlsRole::Client,
        codecs: profile.codecs.clone(),
        extensions: profile.extensions.clone(),
        data: profile.data,
        estimate_from_bps: None,
    };
    let of_server = PeerConfig {
        ice: profile.ice,
        local: server_credentials,
        remote: client_credentials,
        addresses: local(server_address()),
        fingerprint: client.fingerprint().clone(),
        dtls: DtlsRole::Server,
        estimate_from_bps: profile.estimate_from_bps,
        ..of_client.clone()
    };
    let mut client = client.peer(now, &of_client)?;
    let server = server.peer(now, &of_server)?;
    show_the_way(&mut client)?;
    let (local, remote) = (client_address(number), server_address());
    Ok((FiveTuple { transport: Transport::Udp, local, remote }, client, server))
}

/// Tells a client where the server is.
///
/// # Errors
/// If the engine cannot read it.
pub fn show_the_way<P: Peer>(client: &mut P) -> Result<(), EngineError> {
    let at = server_address();
    client.add_remote_candidate(&format!("candidate:1 1 udp 2130706431 {} {} typ host", at.ip(), at.port()))
}

/// The payload of a VP8 packet of this length: a descriptor with a picture id, and bytes that do not compress.
#[must_use]
pub fn vp8_payload(picture: u16, length: usize) -> Vec<u8> {
    let [high, low] = (picture & 0x7FFF).to_be_bytes();
    // X and the start of a partition; I, L and T; the picture id in 15 bits; TL0PICIDX; the temporal layer 0.
    let mut payload = vec![0b1001_0000, 0b1110_0000, 0x80 | high, low, low, 0];
    let noise = (0_u32..).map(|at| at.wrapping_mul(2_654_435_761).to_be_bytes()[0] ^ low);
    payload.extend(noise.take(length.saturating_sub(payload.len())));
    payload
}
