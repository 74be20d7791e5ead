//! What a participant sends: a voice, and a picture in three layers. Each packet says when it was written.

use std::sync::Arc;
use std::time::Duration;

use veche_sfu::engine::str0m::Str0mPeer;
use veche_sfu::engine::{AudioLevel, Extensions, Mid, Peer, ReceivedRtp, Retransmit, Rid, RtpToSend};
use veche_sfu::testing::{Camera, FRAME_INTERVAL, OPUS, VP8};

use super::Part;
use super::offer::{LAYERS, PICTURE, VOICE_SSRC};
use crate::Failure;

/// A packet of Opus holds so much sound.
const VOICE_INTERVAL: Duration = Duration::from_millis(20);
/// What speech takes at 40 kbit/s.
const VOICE_BYTES: usize = 100;
/// Behind what a picture's packet says in the clear stands when it was written.
const STAMP_AT: usize = 10;
const STAMP_BYTES: usize = 8;
/// Cameras count packets from above this; a stream has to begin below 65,536.
const CAMERA_SEQUENCE_START: u64 = 65_000;

/// See the module.
pub(super) struct Sender {
    next_voice: Option<Duration>,
    spoken: u64,
    camera: Option<Camera>,
    next_picture: Duration,
}

impl Sender {
    /// Whoever has this part. Not all speak at the same moment.
    pub(super) fn new(part: &Part, now: Duration, number: usize) -> Result<Self, Failure> {
        let number = u32::try_from(number)?;
        let begin = now + Duration::from_millis(u64::from(number * 7 % 33));
        let mid = Mid::new(PICTURE).ok_or("a name that is too long")?;
        Ok(Self {
            next_voice: part.speaks.then_some(begin),
            spoken: 0,
            camera: part.shows.then(|| Camera::new(mid, number)),
            next_picture: begin,
        })
    }

    /// When something is to be sent.
    pub(super) fn next(&self) -> Option<Duration> {
        let picture = self.camera.as_ref().map(|_| self.next_picture);
        [self.next_voice, picture].into_iter().flatten().min()
    }

    pub(super) fn ask_keyframe(&mut self, now: Duration) {
        if let Some(camera) = &mut self.camera {
            LAYERS.iter().for_each(|(rid, _)| camera.ask_keyframe(Rid::new(rid), now));
        }
    }

    /// Writes what is due.
    pub(super) fn send(&mut self, now: Duration, peer: &mut Str0mPeer) -> Result<(), Failure> {
        if let Some(next) = self.next_voice.filter(|next| *next <= now) {
            self.next_voice = Some(next.max(now.saturating_sub(VOICE_INTERVAL)) + VOICE_INTERVAL);
            self.spoken += 1;
            peer.write_rtp(now, self.voice(now))?;
        }
        if let Some(camera) = self.camera.as_mut().filter(|_| self.next_picture <= now) {
            self.next_picture = self.next_picture.max(now.saturating_sub(FRAME_INTERVAL)) + FRAME_INTERVAL;
            for packet in camera.capture(now) {
                peer.write_rtp(now, picture(now, &packet))?;
            }
        }
        Ok(())
    }

    fn voice(&self, now: Duration) -> RtpToSend<Arc<[u8]>> {
        let mut payload = [0x55; VOICE_BYTES];
        payload[..STAMP_BYTES].copy_from_slice(&stamp(now));
        let timestamp = u32::try_from((self.spoken * 960) & u64::from(u32::MAX)).unwrap_or_default();
        RtpToSend {
            ssrc: VOICE_SSRC,
            payload_type: OPUS,
            sequence: self.spoken,
            timestamp,
            captured: now,
            marker: self.spoken == 1,
            extensions: Extensions {
                audio_level: Some(AudioLevel { below_full_db: 30, voice: true }),
                ..Extensions::default()
            },
            vp8: None,
            retransmit: Retransmit::Never,
            payload: Arc::from(payload),
        }
    }
}

fn picture(now: Duration, packet: &ReceivedRtp<Arc<[u8]>>) -> RtpToSend<Arc<[u8]>> {
    let layer = LAYERS.iter().find(|(rid, _)| packet.rid == Rid::new(rid)).unwrap_or(&LAYERS[0]);
    let mut payload = packet.payload.to_vec();
    if let Some(room) = payload.get_mut(STAMP_AT..STAMP_AT + STAMP_BYTES) {
        room.copy_from_slice(&stamp(now));
    }
    RtpToSend {
        ssrc: layer.1,
        payload_type: packet.payload_type,
        sequence: packet.sequence.saturating_sub(CAMERA_SEQUENCE_START),
        timestamp: packet.timestamp,
        captured: now,
        marker: packet.marker,
        extensions: Extensions::default(),
        vp8: None,
        retransmit: Retransmit::OnRequest,
        payload: payload.into(),
    }
}

fn stamp(now: Duration) -> [u8; STAMP_BYTES] {
    u64::try_from(now.as_nanos()).unwrap_or_default().to_be_bytes()
}

/// When a packet was written.
pub(super) fn sent_at(payload: &[u8], payload_type: u8) -> Option<Duration> {
    let from = if payload_type == VP8 { STAMP_AT } else { 0 };
    let bytes = payload.get(from..from + STAMP_BYTES)?;
    Some(Duration::from_nanos(u64::from_be_bytes(bytes.try_into().ok()?)))
}
