//! A picture whose layers come in one stream (VP9 with `L3T3_KEY`'s dependencies), over a line that loses and repairs by a seed:
//! each subscriber gets the layers that he wishes, complete, as one stream.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use veche_base::Entropy;
use veche_base::testing::SeededEntropy;

use super::mid;
use crate::engine::{Codec, CodecFormat, Event, Extensions, ReceivedRtp, RtpToSend, SendStream};
use crate::headers;
use crate::testing::{FRAME_INTERVAL, MEETING_STEP, ScriptedPeer, camera_config};
use crate::{Call, CallOutput, Layering, Outlet, ParticipantId, PublicationConfig, Quality, SubscriptionId, Wish};

const VP9: u8 = 98;
const LAYERS: u8 = 3;
/// A lost packet comes again after this time.
const REPAIR_DELAY: Duration = Duration::from_millis(60);
/// How long the encoder takes for a keyframe.
const KEYFRAME_DELAY: Duration = Duration::from_millis(100);
/// Pictures are numbered with 15 bits.
const PICTURE_MASK: u16 = 0x7FFF;

/// What a packet was at its encoder, behind the descriptor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Piece {
    picture: u32,
    layer: u8,
    part: u8,
    parts: u8,
    is_key: bool,
}

impl Piece {
    fn payload(self, picture_id: u16) -> Vec<u8> {
        let [high, low] = picture_id.to_be_bytes();
        let predicted = if self.is_key { 0 } else { 0x40 };
        let begins = if self.part == 0 { 0x08 } else { 0 };
        let ends = if self.part + 1 == self.parts { 0x04 } else { 0 };
        let mut bytes = vec![0xA0 | predicted | begins | ends, 0x80 | high, low, self.layer << 1, low];
        bytes.extend(self.picture.to_be_bytes());
        bytes.extend([self.layer, self.part, self.parts, u8::from(self.is_key)]);
        bytes.resize(200 * (1 + usize::from(self.layer)), 0xA5);
        bytes
    }

    fn read(payload: &[u8]) -> Self {
        let clear = &payload[5..];
        let picture = u32::from_be_bytes(*clear.first_chunk().unwrap());
        Self { picture, layer: clear[4], part: clear[5], parts: clear[6], is_key: clear[7] != 0 }
    }
}

/// What somebody has got, in the order in which it was sent.
type Got = Vec<RtpToSend<Arc<[u8]>>>;

struct Room {
    call: Call<ScriptedPeer>,
    now: Duration,
    publisher: ParticipantId,
    watchers: Vec<(ParticipantId, SubscriptionId, Got)>,
    dice: SeededEntropy,
    lost_per_mille: u64,
    under_way: Vec<(Duration, ReceivedRtp<Arc<[u8]>>)>,
    sequence: u64,
    picture: u32,
    next_picture: Duration,
    key_due: Option<Duration>,
    keyframes_asked: usize,
}

impl Room {
    fn new(seed: u64, lost_per_mille: u64, wishes: &[Wish]) -> Self {
        let now = Duration::from_secs(1_000);
        let mut call = Call::new(now);
        let publisher = call.join(now, ScriptedPeer::default()).unwrap();
        let codecs = vec![Codec { payload_type: VP9, retransmission: None, format: CodecFormat::Vp9 }];
        let mut config = PublicationConfig { codecs, layering: Layering::Spatial, ..camera_config(mid("cam")) };
        config.layers.iter_mut().for_each(|layer| layer.rid = None);
        let publication = call.publish(now, publisher, config).unwrap();
        let watchers = wishes.iter().zip(1..).map(|(wish, ssrc)| {
            let id = call.join(now, ScriptedPeer::default()).unwrap();
            let stream = SendStream { ssrc, retransmission: None, rid: None };
            let outlet = Outlet { mid: mid("w"), stream, payload_types: vec![(VP9, VP9)] };
            (id, call.subscribe(now, id, publication, outlet, *wish).unwrap(), Vec::new())
        });
        let watchers = watchers.collect();
        Self {
            call,
            now,
            publisher,
            watchers,
            dice: SeededEntropy::new(seed),
            lost_per_mille,
            under_way: Vec::new(),
            sequence: 65_000,
            picture: 0,
            next_picture: now,
            key_due: Some(now),
            keyframes_asked: 0,
        }
    }

    fn below(&self, end: u64) -> u64 {
        let mut bytes = [0; 8];
        self.dice.fill(&mut bytes);
        u64::from_le_bytes(bytes) % end
    }

    fn capture(&mut self) {
        let is_key = self.key_due.take_if(|due| *due <= self.now).is_some();
        self.picture += 1;
        for layer in 0..LAYERS {
            let parts = if is_key { 4 } else { 1 + layer };
            for part in 0..parts {
                self.sequence += 1;
                let piece = Piece { picture: self.picture, layer, part, parts, is_key };
                let is_lost = self.below(1_000) < self.lost_per_mille;
                let due = if is_lost { self.now + REPAIR_DELAY } else { self.now };
                let packet = ReceivedRtp {
                    received: due,
                    mid: mid("cam"),
                    rid: None,
                    ssrc: 9,
                    payload_type: VP9,
                    sequence: self.sequence,
                    timestamp: self.picture * 2_970,
                    marker: layer + 1 == LAYERS && part + 1 == parts,
                    extensions: Extensions::default(),
                    payload: piece.payload(u16::try_from(self.picture + 32_700).unwrap() & PICTURE_MASK).into(),
                };
                self.under_way.push((due, packet));
            }
        }
    }

    fn run(&mut self, time: Duration) {
        let end = self.now + time;
        while self.now < end {
            self.now += MEETING_STEP;
            if self.next_picture <= self.now {
                self.next_picture += FRAME_INTERVAL;
                self.capture();
            }
            let now = self.now;
            let peer = self.call.peer_mut(self.publisher).unwrap();
            for (_, packet) in self.under_way.extract_if(.., |(due, _)| *due <= now) {
                peer.say(Event::Rtp(packet));
            }
            if self.call.poll_timeout().is_some_and(|at| at <= now) {
                self.call.handle_timeout(now);
            }
            while let Some(output) = self.call.poll_output(now) {
                assert!(matches!(output, CallOutput::Event(_)), "nothing is sent by scripted peers");
            }
            let asked = std::mem::take(&mut self.call.peer_mut(self.publisher).unwrap().keyframes_asked);
            if !asked.is_empty() {
                assert_eq!(asked, [(mid("cam"), None)], "there is one stream to ask for");
                self.keyframes_asked += 1;
                self.key_due.get_or_insert(now + KEYFRAME_DELAY);
            }
            for (id, _, got) in &mut self.watchers {
                got.append(&mut self.call.peer_mut(*id).unwrap().written);
            }
        }
    }

    fn wish(&mut self, watcher: usize, quality_max: Quality) {
        let wish = Wish { quality_max, ..Wish::default() };
        self.call.set_wish(self.now, self.watchers[watcher].1, wish).unwrap();
    }
}

/// Looks at what one watcher has got, and says up to which layer each picture came. What is missing was lost on the way in.
fn layers_shown(got: &[RtpToSend<Arc<[u8]>>], is_lossy: bool) -> Vec<u8> {
    let in_order: BTreeMap<u64, &RtpToSend<Arc<[u8]>>> = got.iter().map(|packet| (packet.sequence, packet)).collect();
    assert_eq!(in_order.len(), got.len(), "a sequence number was given twice");
    let first = *in_order.keys().next().unwrap();
    if !is_lossy {
        assert_eq!(in_order.keys().last().unwrap() - first + 1, in_order.len() as u64, "there are gaps");
    }
    let mut pictures: BTreeMap<u32, Vec<(&RtpToSend<_>, Piece)>> = BTreeMap::new();
    for packet in in_order.values() {
        pictures.entry(packet.timestamp).or_default().push((packet, Piece::read(&packet.payload)));
    }
    // What is still under way at the end is not missing.
    pictures.pop_last();
    pictures.pop_last();
    pictures.pop_last();
    let mut before: Option<(u16, u32, u8)> = None;
    let shown = pictures.into_values().map(|packets| {
        let (last, piece) = packets.last().unwrap();
        let top = piece.layer;
        for layer in 0..=top {
            let parts: Vec<u8> = packets.iter().filter(|(_, it)| it.layer == layer).map(|(_, it)| it.part).collect();
            assert_eq!(
                parts,
                (0..packets.iter().find(|(_, it)| it.layer == layer).unwrap().1.parts).collect::<Vec<_>>()
            );
        }
        let ends: Vec<bool> = packets.iter().map(|(packet, _)| packet.marker).collect();
        assert!(last.marker && ends.iter().filter(|ends| **ends).count() == 1, "{ends:?} of {piece:?}");
        let head = headers::read(CodecFormat::Vp9, &last.payload, &last.extensions);
        let id = head.picture.unwrap().picture_id;
        if let Some((id_before, picture_before, top_before)) = before {
            assert_eq!(piece.picture, picture_before + 1, "no picture is missing");
            assert_eq!(id, (id_before + 1) & PICTURE_MASK);
            assert!(piece.is_key || top <= top_before, "{piece:?} is built on what did not come");
        } else {
            assert!(piece.is_key);
        }
        before = Some((id, piece.picture, top));
        top
    });
    shown.collect()
}

fn wish(quality_max: Quality) -> Wish {
    Wish { quality_max, ..Wish::default() }
}

#[test]
fn each_gets_the_layers_that_he_wishes_as_one_stream() {
    let wishes = [Quality::Low, Quality::Medium, Quality::High].map(wish);
    let mut room = Room::new(1, 0, &wishes);
    room.run(Duration::from_secs(5));
    for ((_, _, got), wanted) in room.watchers.iter().zip(0..) {
        let shown = layers_shown(got, false);
        assert!(shown.len() > 140 && shown.iter().all(|layer| *layer == wanted), "{shown:?}");
    }
    assert_eq!(room.keyframes_asked, 0, "the first picture is a keyframe of all layers");
}

#[test]
fn less_comes_at_once_and_more_with_a_keyframe() {
    let mut room = Room::new(2, 0, &[wish(Quality::High), wish(Quality::High)]);
    room.run(Duration::from_secs(1));
    room.wish(0, Quality::Low);
    room.run(Duration::from_millis(70));
    let (_, _, got) = &room.watchers[0];
    assert_eq!(layers_shown(got, false).last(), Some(&2), "what the checks leave out has only begun");
    room.run(Duration::from_secs(1));
    assert_eq!(layers_shown(&room.watchers[0].2, false).last(), Some(&0));
    assert_eq!(room.keyframes_asked, 0);
    room.wish(0, Quality::High);
    room.run(Duration::from_secs(1));
    assert_eq!(layers_shown(&room.watchers[0].2, false).last(), Some(&2));
    assert_eq!(room.keyframes_asked, 1);
    assert!(layers_shown(&room.watchers[1].2, false).iter().all(|layer| *layer == 2), "the other notices nothing");
}

#[test]
fn losses_and_changes_of_mind_leave_one_stream() {
    for seed in 0..20 {
        let mut room = Room::new(seed, 50, &[wish(Quality::High), wish(Quality::Low), wish(Quality::Medium)]);
        for _ in 0..20 {
            room.run(Duration::from_millis(200 + room.below(900)));
            let watcher = usize::try_from(room.below(3)).unwrap();
            room.wish(watcher, [Quality::Low, Quality::Medium, Quality::High][room.below(3) as usize]);
        }
        for watcher in 0..3 {
            room.wish(watcher, Quality::High);
        }
        room.run(Duration::from_secs(4));
        for (_, _, got) in &room.watchers {
            let shown = layers_shown(got, true);
            assert_eq!(shown.last(), Some(&2), "seed {seed}");
        }
    }
}
