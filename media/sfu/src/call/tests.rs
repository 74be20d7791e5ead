mod churn;
mod conference;
mod rules;
mod scalable;
mod simulation;

use std::sync::Arc;
use std::time::Duration;

use super::{Call, CallEvent, CallOutput};
use crate::engine::{
    AudioLevel, Codec, CodecFormat, Event, Extensions, FiveTuple, Mid, ReceivedRtp, Rid, SendStream, Transport,
};
use crate::testing::{OPUS, ScriptedPeer, VP8, client_address, server_address};
use crate::{LayerConfig, Layering, Outlet, PublicationConfig, Quality, Source};

fn mid(name: &str) -> Mid {
    Mid::new(name).unwrap()
}

fn tuple() -> FiveTuple {
    FiveTuple { transport: Transport::Udp, local: server_address(), remote: client_address(1) }
}

/// A voice, as a browser announces it.
fn voice(name: &str) -> PublicationConfig {
    let bits_per_second = 40_000;
    let layer = LayerConfig { quality: Quality::High, rid: None, width: 0, height: 0, bits_per_second };
    PublicationConfig {
        source: Source::Microphone,
        mid: mid(name),
        codecs: vec![Codec { payload_type: OPUS, retransmission: None, format: CodecFormat::Opus }],
        layers: vec![layer],
        layering: Layering::Streams,
        stream: None,
        muted: false,
    }
}

/// Where something goes out: an m-line with a stream of this SSRC, under other payload types than it came in.
fn outlet(ssrc: u32) -> Outlet {
    let stream = SendStream { ssrc, retransmission: None, rid: None };
    let payload_types = vec![(OPUS, OPUS - 1), (VP8, VP8 + 2)];
    Outlet { mid: mid(&format!("m{ssrc}")), stream, payload_types }
}

/// A packet of sound, this loud.
fn said(name: &str, number: u64, now: Duration, below_full_db: u8) -> Event<Arc<[u8]>> {
    let audio_level = Some(AudioLevel { below_full_db, voice: true });
    Event::Rtp(ReceivedRtp {
        received: now,
        mid: mid(name),
        rid: None,
        ssrc: 5,
        payload_type: OPUS,
        sequence: number,
        timestamp: u32::try_from(number).unwrap() * 960,
        marker: false,
        extensions: Extensions { audio_level, ..Extensions::default() },
        payload: vec![1, 2, 3].into(),
    })
}

/// A packet of a picture that is a keyframe.
fn seen(name: &str, rid: &str, number: u64, now: Duration) -> Event<Arc<[u8]>> {
    Event::Rtp(ReceivedRtp {
        received: now,
        mid: mid(name),
        rid: Rid::new(rid),
        ssrc: 6,
        payload_type: VP8,
        sequence: number,
        timestamp: u32::try_from(number).unwrap() * 3_000,
        marker: true,
        extensions: Extensions::default(),
        payload: vec![0x10, 0, 0, 0].into(),
    })
}

fn drain(call: &mut Call<ScriptedPeer>, now: Duration) -> Vec<CallEvent> {
    let mut events = Vec::new();
    while let Some(output) = call.poll_output(now) {
        if let CallOutput::Event(event) = output {
            events.push(event);
        }
    }
    events
}
