//! Packets of voices and pictures after their decryption, on their way from one publisher to somebody who gets them.

use std::sync::Arc;
use std::time::Duration;

use veche_media_driver::testing::{House, ScriptedEngine, Visitor};
use veche_sfu::engine::{AudioLevel, Event, Extensions, Mid, Orientation, ReceivedRtp, Rid, RtpToSend};

use crate::calls::{STEPS_MAX, assert_bounded, assert_empties, assert_unharmed, join, limits, steps};

/// The lines on which a guest sends, and one that he does not have.
const MIDS: [&str; 4] = ["own1", "own2", "own2", "nowhere"];
/// What is negotiated there, and what is not: Opus, its redundancy, VP8, H.264, VP9.
const PAYLOAD_TYPES: [u8; 8] = [111, 63, 96, 103, 98, 96, 98, 77];
const RIDS: [Option<&str>; 4] = [None, Some("q"), Some("h"), Some("f")];
/// At least this many bytes of a step are the packet's head.
const HEAD_BYTES: usize = 8;

/// Steps: a packet, whose head the first eight bytes spell; a keyframe that the viewer asks for; what his way carries; time.
pub fn feed(input: &[u8]) {
    let mut house = House::new(ScriptedEngine::new(), limits());
    let (anna, boris) = (join(&mut house, "anna"), join(&mut house, "boris"));
    for guest in [&anna, &boris] {
        house.tell(&guest.visitor, false, Event::Connected);
    }
    let mut sequence = 65_000;
    for (what, how, bytes) in steps(input).take(STEPS_MAX) {
        match what & 7 {
            0 => {
                let mid = Mid::new(["m0", "m1", "m2", "m3"][usize::from(how & 3)]).expect("a short name");
                house.tell(&boris.visitor, false, Event::KeyframeRequest(mid));
            }
            1 => house.tell(&boris.visitor, false, Event::Estimate(u64::from(how) * 20_000)),
            2 => house.wait(Duration::from_millis(u64::from(how) * 20)),
            _ => {
                let Some(packet) = packet(&mut sequence, house.now(), what, how, bytes) else { continue };
                house.tell(&anna.visitor, false, Event::Rtp(packet));
            }
        }
        assert_passed_on(&mut house, &boris.visitor);
        assert!(written(&mut house, &anna.visitor).is_empty(), "nobody gets what he sends");
        assert_bounded(&house, &limits());
    }
    assert_unharmed(&mut house, &anna);
    assert_unharmed(&mut house, &boris);
    assert_empties(&mut house, [&anna.visitor, &boris.visitor]);
}

fn packet(sequence: &mut u64, received: Duration, what: u8, how: u8, bytes: &[u8]) -> Option<ReceivedRtp<Arc<[u8]>>> {
    let (head, payload) = bytes.split_at_checked(HEAD_BYTES)?;
    // Packets come in order, again, late, or from somewhere else.
    *sequence = sequence.saturating_add_signed(i64::from(head[0].cast_signed()) * if what & 8 == 0 { 1 } else { 300 });
    let payload_type = PAYLOAD_TYPES[usize::from(how >> 4 & 7)];
    let descriptor_bytes = usize::from(head[4]).min(payload.len());
    let (descriptor, payload) = if what & 16 == 0 {
        (None, payload)
    } else {
        let (descriptor, payload) = payload.split_at(descriptor_bytes);
        (Some(Arc::from(descriptor)), payload)
    };
    let orientation = [Orientation::Upright, Orientation::Quarter, Orientation::UpsideDown, Orientation::ThreeQuarters];
    Some(ReceivedRtp {
        received,
        mid: Mid::new(MIDS[usize::from(how & 3)])?,
        rid: RIDS[usize::from(how >> 2 & 3)].and_then(Rid::new),
        ssrc: 1_000 + u32::from(head[5] & 3),
        payload_type,
        sequence: *sequence,
        timestamp: u32::from_be_bytes([head[1], head[2], head[3], 0]),
        marker: how & 0x80 != 0,
        extensions: Extensions {
            audio_level: Some(AudioLevel { below_full_db: head[6] & 0x7F, voice: head[6] & 0x80 != 0 }),
            orientation: (what & 32 != 0).then_some(orientation[usize::from(head[7] & 3)]),
            dependency_descriptor: descriptor,
        },
        payload: Arc::from(payload),
    })
}

fn written(house: &mut House<ScriptedEngine>, visitor: &Visitor) -> Vec<RtpToSend<Arc<[u8]>>> {
    let peer = house.peer(visitor, false).expect("whoever has joined has a peer");
    std::mem::take(&mut peer.written)
}

/// What goes out is what came in, for codecs that were agreed on.
fn assert_passed_on(house: &mut House<ScriptedEngine>, visitor: &Visitor) {
    for packet in written(house, visitor) {
        assert!(PAYLOAD_TYPES[..7].contains(&packet.payload_type), "nobody gets what was not agreed on");
        if packet.vp8.is_some() {
            assert_eq!(packet.payload_type, 96, "only VP8 counts pictures");
        }
    }
}
