//! Simulcast over a network that loses packets, in both directions: what an engine repairs.

use std::collections::HashSet;
use std::time::Duration;

use super::{Loss, Network, Profile, VP8, connect, vp8_payload};
use crate::engine::{
    Engine, EngineError, Event, Extensions, MediaKind, Mid, Peer, ReceiveStream, Retransmit, Rid, RtpToSend, SendStream,
};

/// The layers of a browser's simulcast.
const RIDS: [&str; 3] = ["q", "h", "f"];
/// Packets of one layer follow one another after this time.
const PACE: Duration = Duration::from_millis(5);
/// How long stragglers are waited for at the end.
const PATIENCE: Duration = Duration::from_secs(2);
/// Packets at the end that are not lost.
const LAST: u16 = 10;
const PAYLOAD_BYTES: usize = 1_000;
/// The stream where there is only one.
const SSRC: u32 = 5_000;

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

/// What became of one stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StreamReport {
    /// Packets that were sent for the first time.
    pub sent: usize,
    /// Those of them that the network has lost.
    pub lost: usize,
    /// Different packets that the other side has told of.
    pub received: usize,
}

impl StreamReport {
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
        captured: Duration::MAX,
        marker: true,
        extensions: Extensions::default(),
        vp8: None,
        retransmit: Retransmit::OnRequest,
        payload: vp8_payload(number, PAYLOAD_BYTES).into(),
    }
}

/// The first tenth comes through, so that the streams are known, and so do the last packets: nobody asks for the end of a
/// stream, because nothing comes after it that shows the gap.
fn weather<C: Peer, S: Peer>(network: &mut Network<C, S>, number: u16, packets: u16, loss: Loss) {
    if number == packets / 10 {
        network.lose(loss);
    } else if number == packets - LAST {
        network.lose(Loss::new(0, 0));
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
    for number in 0..packets {
        weather(&mut network, number, packets, loss);
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

/// The server sends one stream, announced with its retransmissions, to a client that asks for what it has not got.
///
/// # Errors
/// If an engine fails.
pub fn downlink<C: Engine, S: Engine>(
    client: &C,
    server: &S,
    packets: u16,
    loss: Loss,
) -> Result<StreamReport, EngineError> {
    let mut network = connect(client, server, Duration::from_secs(1), 1, &Profile::browser())?;
    declare(&mut network.server.peer, &mut network.client.peer)?;
    network.run_until_connected();
    for number in 0..packets {
        weather(&mut network, number, packets, loss);
        let now = network.now;
        network.server.peer.write_rtp(now, packet::<S::Peer>(SSRC, number))?;
        network.run(PACE);
    }
    network.run(PATIENCE);
    Ok(stream(packets, &network.lost.1, &network.client.events))
}

/// The client sends one stream, announced with its retransmissions, as one without simulcast does.
///
/// # Errors
/// If an engine fails.
pub fn uplink<C: Engine, S: Engine>(
    client: &C,
    server: &S,
    packets: u16,
    loss: Loss,
) -> Result<StreamReport, EngineError> {
    let mut network = connect(client, server, Duration::from_secs(1), 1, &Profile::browser())?;
    declare(&mut network.client.peer, &mut network.server.peer)?;
    network.run_until_connected();
    for number in 0..packets {
        weather(&mut network, number, packets, loss);
        let now = network.now;
        network.client.peer.write_rtp(now, packet::<C::Peer>(SSRC, number))?;
        network.run(PACE);
    }
    network.run(PATIENCE);
    Ok(stream(packets, &network.lost.0, &network.server.events))
}

/// Announces one stream to both ends.
fn declare<A: Peer, B: Peer>(sender: &mut A, receiver: &mut B) -> Result<(), EngineError> {
    let retransmission = Some(SSRC + 1);
    sender.add_media(mid(), MediaKind::Video, &[])?;
    receiver.add_media(mid(), MediaKind::Video, &[])?;
    sender.send_stream(mid(), SendStream { ssrc: SSRC, retransmission, rid: None })?;
    receiver.receive_stream(mid(), ReceiveStream { ssrc: SSRC, retransmission })
}

fn stream<P>(packets: u16, lost: &[[u8; 12]], told: &[Event<P>]) -> StreamReport {
    let sequence = |event: &Event<P>| if let Event::Rtp(packet) = event { Some(packet.sequence) } else { None };
    let received: HashSet<u64> = told.iter().filter_map(sequence).collect();
    let lost = lost.iter().filter(|head| is_first_transmission(head, SSRC)).count();
    StreamReport { sent: usize::from(packets), lost, received: received.len() }
}
