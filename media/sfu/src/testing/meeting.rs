//! A call with cameras and viewers on lines that lose, delay and reorder packets by a seed, in virtual time. Keyframes come
//! late, as they do from real encoders.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use veche_base::Entropy;
use veche_base::testing::SeededEntropy;

use super::{Camera, FRAME_INTERVAL, ScriptedPeer, VP8, Viewer, camera_config};
use crate::engine::{Event, Mid, ReceivedRtp, Rid, RtpToSend, SendStream};
use crate::{
    Call, CallError, CallEvent, CallOutput, Outlet, ParticipantId, PublicationId, Quality, SubscriptionId, Wish,
};

/// Time moves by this much.
pub const MEETING_STEP: Duration = Duration::from_millis(5);
/// How long the signaling takes to a client.
const SIGNALLING_DELAY: Duration = Duration::from_millis(60);
/// After this time a lost packet comes again, where it does.
const REPAIR_DELAY: Duration = Duration::from_millis(80);

/// What a line does to packets.
#[derive(Clone, Copy, Debug)]
pub struct Weather {
    /// How long a packet takes at least.
    pub delay: Duration,
    /// By how much more it may take, so that packets overtake one another.
    pub jitter: Duration,
    /// How many of a thousand are lost.
    pub lost_per_mille: u64,
    /// How many of a thousand lost ones come again.
    pub repaired_per_mille: u64,
}

impl Weather {
    /// Nothing is lost, and everything keeps its order.
    #[must_use]
    pub const fn fair() -> Self {
        Self { delay: Duration::from_millis(20), jitter: Duration::ZERO, lost_per_mille: 0, repaired_per_mille: 0 }
    }

    /// A bad line: a packet in twenty is lost, and nearly all of them come again.
    #[must_use]
    pub const fn foul() -> Self {
        let (delay, jitter) = (Duration::from_millis(30), Duration::from_millis(15));
        Self { delay, jitter, lost_per_mille: 50, repaired_per_mille: 990 }
    }
}

/// What is under way.
struct Line<T> {
    weather: Weather,
    under_way: BTreeMap<(Duration, u64), T>,
    sent: u64,
}

impl<T> Line<T> {
    fn new(weather: Weather) -> Self {
        Self { weather, under_way: BTreeMap::new(), sent: 0 }
    }

    fn send(&mut self, now: Duration, dice: &Dice, packet: T) {
        let weather = self.weather;
        let mut due = now + weather.delay + weather.jitter.mul_f64(dice.part());
        if dice.strikes(weather.lost_per_mille) {
            if !dice.strikes(weather.repaired_per_mille) {
                return;
            }
            due += REPAIR_DELAY;
        }
        self.sent += 1;
        self.under_way.insert((due, self.sent), packet);
    }

    fn arrived(&mut self, now: Duration) -> Vec<T> {
        let later = self.under_way.split_off(&(now + Duration::from_nanos(1), 0));
        std::mem::replace(&mut self.under_way, later).into_values().collect()
    }
}

/// Everything that is random.
struct Dice(SeededEntropy);

impl Dice {
    fn below(&self, end: u64) -> u64 {
        let mut bytes = [0; 8];
        self.0.fill(&mut bytes);
        u64::from_le_bytes(bytes) % end
    }

    fn strikes(&self, per_mille: u64) -> bool {
        self.below(1_000) < per_mille
    }

    fn part(&self) -> f64 {
        f64::from(u32::try_from(self.below(1_000)).expect("below a thousand")) / 1_000.0
    }
}

/// Somebody with a camera.
pub struct Sender {
    /// Who.
    pub id: ParticipantId,
    /// What he publishes.
    pub publication: PublicationId,
    /// His camera.
    pub camera: Camera,
    /// Whether his picture is being sent.
    pub is_sending: bool,
    /// The layers whose keyframes he was asked for, and when.
    pub asked: Vec<(Duration, Option<Rid>)>,
    /// How long his encoder takes for a keyframe.
    pub keyframe_delay: Duration,
    line: Line<ReceivedRtp<Arc<[u8]>>>,
    next_picture: Duration,
}

/// Somebody who watches one picture.
pub struct Watcher {
    /// Who.
    pub id: ParticipantId,
    /// What he watches.
    pub subscription: SubscriptionId,
    /// Where it comes.
    pub mid: Mid,
    /// What he sees.
    pub viewer: Viewer,
    /// How often he has asked for a keyframe.
    pub asked: u32,
    ssrc: u32,
    line: Line<RtpToSend<Arc<[u8]>>>,
}

/// See the module.
pub struct Meeting {
    /// The call.
    pub call: Call<ScriptedPeer>,
    /// The time.
    pub now: Duration,
    /// Those with cameras.
    pub senders: Vec<Sender>,
    /// Those who watch.
    pub watchers: Vec<Watcher>,
    /// What the call has told.
    pub events: Vec<(Duration, CallEvent)>,
    dice: Dice,
    ssrcs: u32,
}

impl Meeting {
    /// Nobody is there yet. The same seed makes the same weather.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        let now = Duration::from_secs(1_000);
        Self {
            call: Call::new(now),
            now,
            senders: Vec::new(),
            watchers: Vec::new(),
            events: Vec::new(),
            dice: Dice(SeededEntropy::new(seed)),
            ssrcs: 0,
        }
    }

    /// Somebody comes and publishes his camera.
    ///
    /// # Errors
    /// If the call refuses.
    pub fn add_sender(&mut self, weather: Weather) -> Result<usize, CallError> {
        let id = self.call.join(self.now, ScriptedPeer::default())?;
        let mid = Mid::new("camera").expect("a short name");
        let publication = self.call.publish(self.now, id, camera_config(mid))?;
        let number = u32::try_from(self.senders.len()).expect("few");
        self.senders.push(Sender {
            id,
            publication,
            camera: Camera::new(mid, number),
            is_sending: true,
            asked: Vec::new(),
            keyframe_delay: Duration::from_millis(100),
            line: Line::new(weather),
            next_picture: self.now + Duration::from_millis(u64::from(number)),
        });
        Ok(self.senders.len() - 1)
    }

    /// Publishes the camera of a sender again, who has unpublished it, with an encoder that begins anew.
    ///
    /// # Errors
    /// If the call refuses.
    pub fn publish_again(&mut self, sender: usize) -> Result<(), CallError> {
        let mid = Mid::new("camera2").expect("a short name");
        let number = u32::try_from(self.senders.len() + 100).expect("few");
        let sender = &mut self.senders[sender];
        sender.publication = self.call.publish(self.now, sender.id, camera_config(mid))?;
        sender.camera = Camera::new(mid, number);
        Ok(())
    }

    /// Somebody comes and watches a sender.
    ///
    /// # Errors
    /// If the call refuses.
    pub fn add_watcher(&mut self, sender: usize, wish: Wish, weather: Weather) -> Result<usize, CallError> {
        let id = self.call.join(self.now, ScriptedPeer::default())?;
        self.watch(id, sender, wish, weather)
    }

    /// Somebody who is there watches a sender, too.
    ///
    /// # Errors
    /// If the call refuses.
    pub fn watch(
        &mut self,
        id: ParticipantId,
        sender: usize,
        wish: Wish,
        weather: Weather,
    ) -> Result<usize, CallError> {
        self.ssrcs += 1;
        let mid = Mid::new(&format!("w{}", self.ssrcs)).expect("a short name");
        let stream = SendStream { ssrc: self.ssrcs, retransmission: None, rid: None };
        let outlet = Outlet { mid, stream, payload_types: vec![(VP8, VP8)] };
        let subscription = self.call.subscribe(self.now, id, self.senders[sender].publication, outlet, wish)?;
        let (viewer, line) = (Viewer::default(), Line::new(weather));
        self.watchers.push(Watcher { id, subscription, mid, viewer, asked: 0, ssrc: self.ssrcs, line });
        Ok(self.watchers.len() - 1)
    }

    /// Tells the call what the way to a participant carries.
    pub fn estimate(&mut self, participant: ParticipantId, bits_per_second: u64) {
        if let Some(peer) = self.call.peer_mut(participant) {
            peer.say(Event::Estimate(bits_per_second));
        }
    }

    /// Lets time pass.
    pub fn run(&mut self, time: Duration) {
        let end = self.now + time;
        while self.now < end {
            self.now += MEETING_STEP;
            self.send_pictures();
            if self.call.poll_timeout().is_some_and(|at| at <= self.now) {
                self.call.handle_timeout(self.now);
            }
            self.take_outputs();
            self.take_keyframe_requests();
            self.show_pictures();
            self.take_outputs();
        }
    }

    /// Does what the call has asked of publishers' clients since then: to send no more layers than are wanted.
    fn obey(&mut self, publication: PublicationId, upto: Option<Quality>) {
        for sender in self.senders.iter_mut().filter(|sender| sender.publication == publication) {
            for (layer, quality) in [Quality::Low, Quality::Medium, Quality::High].into_iter().enumerate() {
                sender.camera.switch(layer, Some(quality) <= upto);
            }
        }
    }

    fn send_pictures(&mut self) {
        for sender in self.senders.iter_mut().filter(|sender| sender.is_sending) {
            if sender.next_picture <= self.now {
                sender.next_picture = self.now + FRAME_INTERVAL;
                for packet in sender.camera.capture(self.now) {
                    sender.line.send(self.now, &self.dice, packet);
                }
            }
            let Some(peer) = self.call.peer_mut(sender.id) else { continue };
            for packet in sender.line.arrived(self.now) {
                peer.say(Event::Rtp(ReceivedRtp { received: self.now, ..packet }));
            }
        }
    }

    fn take_outputs(&mut self) {
        while let Some(output) = self.call.poll_output(self.now) {
            if let CallOutput::Event(event) = output {
                self.events.push((self.now, event));
            }
        }
        let told = self.events.iter().rev().take_while(|(at, _)| *at + SIGNALLING_DELAY >= self.now);
        let due = told.filter(|(at, _)| *at + SIGNALLING_DELAY < self.now + MEETING_STEP);
        let wanted = due.filter_map(|(_, event)| match event {
            CallEvent::Wanted { publication, upto, .. } => Some((*publication, *upto)),
            _ => None,
        });
        for (publication, upto) in wanted.collect::<Vec<_>>().into_iter().rev() {
            self.obey(publication, upto);
        }
    }

    fn take_keyframe_requests(&mut self) {
        for sender in &mut self.senders {
            let Some(peer) = self.call.peer_mut(sender.id) else { continue };
            for (_, rid) in peer.keyframes_asked.drain(..) {
                sender.asked.push((self.now, rid));
                sender.camera.ask_keyframe(rid, self.now + sender.keyframe_delay);
            }
        }
    }

    fn show_pictures(&mut self) {
        let mut written: BTreeMap<u32, Vec<RtpToSend<Arc<[u8]>>>> = BTreeMap::new();
        for watcher in &self.watchers {
            let Some(peer) = self.call.peer_mut(watcher.id) else { continue };
            for packet in peer.written.drain(..) {
                written.entry(packet.ssrc).or_default().push(packet);
            }
        }
        for watcher in &mut self.watchers {
            for packet in written.remove(&watcher.ssrc).unwrap_or_default() {
                watcher.line.send(self.now, &self.dice, packet);
            }
            for packet in watcher.line.arrived(self.now) {
                watcher.viewer.receive(self.now, &packet);
            }
            if watcher.viewer.look(self.now) {
                watcher.asked += 1;
                if let Some(peer) = self.call.peer_mut(watcher.id) {
                    peer.say(Event::KeyframeRequest(watcher.mid));
                }
            }
        }
    }
}
