//! Simulcast over a network that loses packets, in both directions: what an engine repairs.

use std::collections::HashSet;
use std::time::Duration;

use super::{Loss, Network, Profile, VP8, connect, vp8_payload};
use crate::engine::{
    Engine, EngineError, Event, Extensions, MediaKind, Mid, Peer, Retransmit, Rid, RtpToSend, SendStream,
};

/// The layers of a browser's simulcast.
const RIDS: [&str; 3] = ["q", "h", "f"];
/// Packets of one layer follow one another after this time.
const PACE: Duration = Duration::from_millis(5);
/// How long stragglers are waited for at the end.
const PATIENCE: Duration = Duration::from_secs(2);
const PAYLOAD_BYTES: usize = 1_000;

/// What became of one layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LayerReport {
    /// Its name.
    pub rid: Rid,
    /// Packets that the client has sent for the first time.
    pub sent: usize,
    /// Those of them that the network has lost.
    pub lost: usize,
    /// Different packets that the server has told of, under this name.
    pub received: usize,
}

impl LayerReport {
    /// Lost packets that have come all the same.
    #[must_use]
    pub fn repaired(&self) -> usize {
        (self.received + self.lost).saturating_sub(self.sent)
    }
}

/// What became of a stream toward a subscriber.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DownlinkReport {
    /// Packets that the server has sent for the first time.
    pub sent: usize,
    /// Those of them that the network has lost.
    pub lost: usize,
    /// Different packets that the client has got.
    pub received: usize,
}

impl DownlinkReport {
    /// Lost packets that have come all the same.
    #[must_use]
    pub fn repaired(&self) -> usize {
        (self.received + self.lost).saturating_sub(self.sent)
    }
}

fn mid() -> Mid {
    Mid::new("0").expect("a short name")
}

fn packet<P: Peer>(ssrc: u32, number: u16) -> RtpToSend<P::Payload> {
    RtpToSend {
        ssrc,
        payload_type: VP8,
        sequence: u64::from(number),
        timestamp: u32::from(number) * 450,
        marker: true,
        extensions: Extensions::default(),
        vp8: None,
        retransmit: Retransmit::OnRequest,
        payload: vp8_payload(number, PAYLOAD_BYTES).into(),
    }
}

fn is_first_transmission(head: &[u8; 12], ssrc: u32) -> bool {
    head[1] & 0x7F == VP8 && head[8..12] == ssrc.to_be_bytes()
}

/// A client sends three layers, each under a name and with retransmissions under that name, and no SSRC is announced.
/// `loss` begins when the server knows the layers.
///
/// # Errors
/// If an engine fails.
pub fn simulcast<C: Engine, S: Engine>(
    client: &C,
    server: &S,
    packets: u16,
    loss: Loss,
) -> Result<Vec<LayerReport>, EngineError> {
    let mut network = connect(client, server, Duration::from_secs(1), 1, &Profile::browser())?;
    let rids = RIDS.map(|rid| Rid::new(rid).expect("a short name"));
    network.client.peer.add_media(mid(), MediaKind::Video, &[])?;
    network.server.peer.add_media(mid(), MediaKind::Video, &rids)?;
    for (rid, ssrc) in rids.into_iter().zip((1_000..).step_by(10)) {
        let stream = SendStream { ssrc, retransmission: Some(ssrc + 1), rid: Some(rid) };
        network.client.peer.send_stream(mid(), stream)?;
    }
    network.run_until_connected();
    let warm_up = packets / 10;
    for number in 0..packets {
        if number == warm_up {
            network.lose(loss);
        }
        for ssrc in [1_000, 1_010, 1_020] {
            let now = network.now;
            network.client.peer.write_rtp(now, packet::<C::Peer>(ssrc, number))?;
        }
        network.run(PACE);
    }
    network.run(PATIENCE);
    Ok(rids.into_iter().zip((1_000..).step_by(10)).map(|(rid, ssrc)| layer(&network, rid, ssrc, packets)).collect())
}

fn layer<C: Peer, S: Peer>(network: &Network<C, S>, rid: Rid, ssrc: u32, packets: u16) -> LayerReport {
    let of_layer = |event: &Event<S::Payload>| match event {
        Event::Rtp(packet) if packet.rid == Some(rid) && packet.ssrc == ssrc => Some(packet.sequence),
        _ => None,
    };
    let received: HashSet<u64> = network.server.events.iter().filter_map(of_layer).collect();
    let lost = network.lost.0.iter().filter(|head| is_first_transmission(head, ssrc)).count();
    LayerReport { rid, sent: usize::from(packets), lost, received: received.len() }
}

/// The server sends one stream to a client that asks for what it has not got.
///
/// # Errors
/// If an engine fails.
pub fn downlink<C: Engine, S: Engine>(
    client: &C,
    server: &S,
    packets: u16,
    loss: Loss,
) -> Result<DownlinkReport, EngineError> {
    const SSRC: u32 = 5_000;
    let mut network = connect(client, server, Duration::from_secs(1), 1, &Profile::browser())?;
    network.client.peer.add_media(mid(), MediaKind::Video, &[])?;
    network.server.peer.add_media(mid(), MediaKind::Video, &[])?;
    network.server.peer.send_stream(mid(), SendStream { ssrc: SSRC, retransmission: Some(SSRC + 1), rid: None })?;
    network.run_until_connected();
    for number in 0..packets {
        if number == packets / 10 {
            network.lose(loss);
        }
        let now = network.now;
        network.server.peer.write_rtp(now, packet::<S::Peer>(SSRC, number))?;
        network.run(PACE);
    }
    network.run(PATIENCE);
    let sequence = |event: &Event<<C::Peer as Peer>::Payload>| match event {
        Event::Rtp(packet) => Some(packet.sequence),
        _ => None,
    };
    let received: HashSet<u64> = network.client.events.iter().filter_map(sequence).collect();
    let lost = network.lost.1.iter().filter(|head| is_first_transmission(head, SSRC)).count();
    Ok(DownlinkReport { sent: usize::from(packets), lost, received: received.len() })
}
