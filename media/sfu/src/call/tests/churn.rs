//! People come and go, publish, watch and change their minds, and some send nonsense: nothing breaks, nobody gets what he has
//! not subscribed to, and in the end nothing is left.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use veche_base::Entropy;
use veche_base::testing::SeededEntropy;

use super::{drain, mid, tuple};
use crate::call::{Call, CallError, CallEvent};
use crate::engine::{AudioLevel, Codec, CodecFormat, Event, Extensions, ReceivedRtp, Rid, SendStream, SenderReport};
use crate::testing::{OPUS, ScriptedPeer, VP8, camera_config};
use crate::{Layering, Outlet, ParticipantId, PublicationId, Quality, SubscriptionId, Wish};

/// Payload types of a picture with layers in one stream, and of redundant sound.
const VP9: u8 = 98;
const RED: u8 = 63;

/// Everything that is random.
struct Dice(SeededEntropy);

impl Dice {
    fn below(&self, end: u64) -> u64 {
        let mut bytes = [0; 8];
        self.0.fill(&mut bytes);
        u64::from_le_bytes(bytes) % end
    }

    fn one_of<T: Copy>(&self, of: impl Iterator<Item = T>) -> Option<T> {
        let all: Vec<T> = of.collect();
        let count = u64::try_from(all.len()).unwrap();
        (count > 0).then(|| all[usize::try_from(self.below(count)).unwrap()])
    }

    fn bytes(&self, length: u64) -> Vec<u8> {
        let mut bytes = vec![0; usize::try_from(length).unwrap()];
        self.0.fill(&mut bytes);
        bytes
    }
}

struct World {
    dice: Dice,
    call: Call<ScriptedPeer>,
    now: Duration,
    participants: BTreeMap<ParticipantId, BTreeSet<u32>>,
    publications: BTreeMap<PublicationId, ParticipantId>,
    subscriptions: BTreeMap<SubscriptionId, (ParticipantId, PublicationId, u32)>,
    names: u32,
}

impl World {
    fn new(seed: u64) -> Self {
        let now = Duration::from_secs(1);
        Self {
            dice: Dice(SeededEntropy::new(seed)),
            call: Call::new(now),
            now,
            participants: BTreeMap::new(),
            publications: BTreeMap::new(),
            subscriptions: BTreeMap::new(),
            names: 0,
        }
    }

    fn name(&mut self) -> u32 {
        self.names += 1;
        self.names
    }

    fn wish(&self) -> Wish {
        Wish {
            enabled: self.dice.below(4) > 0,
            quality_max: [Quality::Low, Quality::Medium, Quality::High][usize::try_from(self.dice.below(3)).unwrap()],
            size: (self.dice.below(2) == 0).then(|| (u32::try_from(self.dice.below(2_000)).unwrap(), 0)),
            priority: u8::try_from(self.dice.below(3)).unwrap(),
        }
    }

    fn publish(&mut self) {
        let Some(publisher) = self.dice.one_of(self.participants.keys().copied()) else { return };
        let name = format!("p{}", self.dice.below(3));
        let codec = |payload_type, format| Codec { payload_type, retransmission: None, format };
        let (mut picture, mut voice) = (camera_config(mid(&name)), super::voice(&name));
        if self.dice.below(2) == 0 {
            picture.layering = Layering::Spatial;
            picture.codecs.push(codec(VP9, CodecFormat::Vp9));
            picture.codecs.push(codec(VP9 + 1, CodecFormat::Av1));
            picture.layers.iter_mut().for_each(|layer| layer.rid = None);
            voice.codecs.push(codec(RED, CodecFormat::OpusRed));
        }
        let config = if self.dice.below(2) == 0 { picture } else { voice };
        match self.call.publish(self.now, publisher, config) {
            Ok(publication) => assert!(self.publications.insert(publication, publisher).is_none()),
            Err(error) => assert!(matches!(error, CallError::InUse(_)), "{error:?}"),
        }
    }

    fn subscribe(&mut self) {
        let ssrc = self.name();
        let subscriber = self.dice.one_of(self.participants.keys().copied());
        let publication = self.dice.one_of(self.publications.keys().copied());
        let (Some(subscriber), Some(publication)) = (subscriber, publication) else { return };
        let stream = SendStream { ssrc, retransmission: None, rid: None };
        let mut payload_types = vec![(VP8, VP8), (OPUS, OPUS), (VP9, VP9), (VP9 + 1, VP9 + 1)];
        if self.dice.below(2) == 0 {
            payload_types.push((RED, RED));
        }
        let outlet = Outlet { mid: mid(&format!("s{ssrc}")), stream, payload_types };
        match self.call.subscribe(self.now, subscriber, publication, outlet, self.wish()) {
            Ok(id) => {
                self.participants.get_mut(&subscriber).unwrap().insert(ssrc);
                assert!(self.subscriptions.insert(id, (subscriber, publication, ssrc)).is_none());
            }
            Err(error) => assert!(matches!(error, CallError::InUse(_)), "{error:?}"),
        }
    }

    fn forget(&mut self, id: SubscriptionId) {
        let Some((subscriber, _, ssrc)) = self.subscriptions.remove(&id) else { return };
        if let Some(streams) = self.participants.get_mut(&subscriber) {
            streams.remove(&ssrc);
        }
    }

    fn leave(&mut self, who: ParticipantId) {
        self.call.leave(self.now, who).unwrap();
        self.participants.remove(&who);
        self.publications.retain(|_, publisher| *publisher != who);
        let gone = |(_, (subscriber, publication, _)): &(&SubscriptionId, &(ParticipantId, PublicationId, u32))| {
            *subscriber == who || !self.publications.contains_key(publication)
        };
        let gone: Vec<SubscriptionId> = self.subscriptions.iter().filter(gone).map(|(id, _)| *id).collect();
        gone.into_iter().for_each(|id| self.forget(id));
    }

    /// A packet in which nearly everything is chance.
    fn nonsense(&self) -> Event<Arc<[u8]>> {
        let dice = &self.dice;
        let clock = u64::try_from(self.now.as_millis()).unwrap();
        let any = if dice.below(50) == 0 { dice.below(1 << 40) } else { clock };
        let sequence = [clock + dice.below(9), clock, any];
        let level = AudioLevel { below_full_db: dice.below(128) as u8, voice: false };
        Event::Rtp(ReceivedRtp {
            received: self.now,
            mid: mid(&format!("p{}", dice.below(4))),
            rid: [None, Rid::new("q"), Rid::new("h"), Rid::new("x")][dice.below(4) as usize],
            ssrc: u32::from(dice.below(20) == 0),
            payload_type: [VP8, OPUS, 7, VP9, VP9 + 1, RED][dice.below(6) as usize],
            sequence: sequence[dice.below(3) as usize],
            timestamp: dice.below(1 << 32) as u32,
            marker: dice.below(2) == 0,
            extensions: Extensions {
                audio_level: (dice.below(2) == 0).then_some(level),
                orientation: None,
                dependency_descriptor: (dice.below(2) == 0).then(|| dice.bytes(dice.below(6)).into()),
            },
            // Much of it is the beginning of a keyframe, of VP8 or VP9, or of redundant sound.
            payload: [
                &[0x10, 0][..],
                &[],
                &[0xA8, 0x80, 5, 0, 9],
                &[0xED, 0x81, 7, 4, 9],
                &[0x80 | OPUS, 0, 0, 1, OPUS],
            ][dice.below(5) as usize]
                .iter()
                .copied()
                .chain(dice.bytes(dice.below(12)))
                .collect(),
        })
    }

    /// Times that a publisher claims, of which some could be.
    fn claim(&self) -> Event<Arc<[u8]>> {
        let dice = &self.dice;
        let wall = [self.now + Duration::from_secs(9), Duration::from_millis(dice.below(1 << 60))];
        Event::SenderReport(SenderReport {
            mid: mid(&format!("p{}", dice.below(4))),
            rid: [None, Rid::new("q"), Rid::new("h")][dice.below(3) as usize],
            ssrc: u32::from(dice.below(20) == 0),
            received: self.now,
            wall: wall[dice.below(2) as usize],
            timestamp: dice.below(1 << 32) as u32,
        })
    }

    fn talk(&mut self) {
        let anybody = self.dice.one_of(self.participants.keys().copied());
        let publisher = self.dice.one_of(self.publications.values().copied());
        let (who, said) = match self.dice.below(13) {
            12 => (publisher, self.claim()),
            0 => (anybody, Event::Estimate(self.dice.below(5_000_000))),
            1 => (anybody, Event::KeyframeRequest(mid(&format!("s{}", self.dice.below(u64::from(self.names) + 1))))),
            _ => (publisher.or(anybody), self.nonsense()),
        };
        if let Some(who) = who {
            self.call.peer_mut(who).unwrap().say(said);
        }
    }

    fn step(&mut self) {
        self.now += Duration::from_millis(self.dice.below(30));
        match self.dice.below(40) {
            0 if self.participants.len() < 12 => {
                let id = self.call.join(self.now, ScriptedPeer::default()).unwrap();
                assert!(self.participants.insert(id, BTreeSet::new()).is_none());
            }
            1 if self.dice.below(3) == 0 => {
                if let Some(who) = self.dice.one_of(self.participants.keys().copied()) {
                    self.leave(who);
                }
            }
            2 | 3 => self.publish(),
            4..=7 => self.subscribe(),
            8 => {
                if let Some(id) = self.dice.one_of(self.subscriptions.keys().copied()) {
                    self.call.unsubscribe(self.now, id).unwrap();
                    self.forget(id);
                }
            }
            9 => {
                if let Some(id) = self.dice.one_of(self.publications.keys().copied()) {
                    self.call.unpublish(self.now, id).unwrap();
                    self.publications.remove(&id);
                }
            }
            10 => {
                if let Some(id) = self.dice.one_of(self.publications.keys().copied()) {
                    self.call.set_muted(self.now, id, self.dice.below(2) == 0).unwrap();
                }
            }
            11 | 12 => {
                if let Some(id) = self.dice.one_of(self.subscriptions.keys().copied()) {
                    self.call.set_wish(self.now, id, self.wish()).unwrap();
                }
            }
            13 => {
                if let Some(who) = self.dice.one_of(self.participants.keys().copied()) {
                    self.call.handle_input(self.now, who, &tuple(), b"x").unwrap();
                }
            }
            _ => (0..20).for_each(|_| self.talk()),
        }
    }

    /// Takes what comes of it, and looks whether everybody got only what is his.
    fn settle(&mut self) {
        if self.call.poll_timeout().is_some_and(|at| at <= self.now) {
            self.call.handle_timeout(self.now);
        }
        for event in drain(&mut self.call, self.now) {
            if let CallEvent::SubscriptionEnded { subscription, .. } = event {
                self.forget(subscription);
            }
        }
        for (who, streams) in &self.participants {
            for packet in self.call.peer_mut(*who).unwrap().written.drain(..) {
                assert!(streams.contains(&packet.ssrc), "{who:?} got {packet:?}");
                assert!(packet.captured <= self.now, "{packet:?} comes from later");
            }
        }
    }
}

#[test]
fn whatever_people_do_nothing_breaks_and_nothing_is_left() {
    let mut forwarded = 0;
    for seed in 0..8 {
        let mut world = World::new(seed);
        for _ in 0..1_000 {
            // What was written before somebody unsubscribed is his.
            world.settle();
            world.step();
        }
        world.settle();
        for who in world.participants.keys().copied().collect::<Vec<_>>() {
            world.leave(who);
        }
        drain(&mut world.call, world.now);
        forwarded += world.call.counters().forwarded_packets;
        let call = &world.call;
        assert!(call.participants.is_empty() && call.publications.is_empty() && call.subscriptions.is_empty());
        assert!(world.subscriptions.is_empty() && world.publications.is_empty(), "seed {seed}");
        assert_eq!(call.poll_timeout(), None);
    }
    assert!(forwarded > 500, "{forwarded}");
}
