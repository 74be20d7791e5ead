//! One participant of a call: his peer connection, what he publishes on it and what he has subscribed to.

use std::time::Duration;

use crate::clock::PublisherClock;
use crate::engine::{EngineError, Mid, Output, Peer, RtpToSend};
use crate::publication::PublicationId;
use crate::subscription::SubscriptionId;
use crate::trial::Trial;

/// The shortest time after which a peer is called again. One that is never content cannot keep a driver busy.
const TIMEOUT_MIN: Duration = Duration::from_millis(1);
/// The wish for bandwidth is told in steps of so many bits per second, because each telling costs a look at all timers.
const DESIRED_STEP_BPS: u64 = 50_000;

/// An estimate changes something if it differs by this part from the last one that did. Small waves wait for the next round.
const ESTIMATE_PART: u64 = 32;

/// Somebody in a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ParticipantId(pub u64);

/// See the module.
pub(crate) struct Participant<P: Peer> {
    /// What he publishes, by m-line.
    pub(crate) publications: Vec<(Mid, PublicationId)>,
    /// What he has subscribed to, by m-line.
    pub(crate) subscriptions: Vec<(Mid, SubscriptionId)>,
    /// Whether a picture is tried that does not fit.
    pub(crate) trial: Trial,
    peer: P,
    /// How far his clock is from ours.
    pub(crate) clock: PublisherClock,
    timeout: Duration,
    must_poll: bool,
    has_ended: bool,
    estimate_bps: Option<u64>,
    /// The estimate that something was last done about.
    minded_bps: Option<u64>,
    desired_bps: u64,
}

impl<P: Peer> Participant<P> {
    /// Somebody whose peer wants to be asked at once.
    pub(crate) fn new(peer: P, now: Duration) -> Self {
        Self {
            publications: Vec::new(),
            subscriptions: Vec::new(),
            trial: Trial::default(),
            peer,
            clock: PublisherClock::default(),
            timeout: now,
            must_poll: true,
            has_ended: false,
            estimate_bps: None,
            minded_bps: None,
            desired_bps: 0,
        }
    }

    /// The peer, which is asked afterwards what it wants.
    pub(crate) fn peer_mut(&mut self) -> &mut P {
        self.must_poll = true;
        &mut self.peer
    }

    /// Whether the peer has been changed since it named a time.
    pub(crate) fn must_poll(&self) -> bool {
        self.must_poll && !self.has_ended
    }

    /// Whether the peer is of no use any longer.
    pub(crate) fn has_ended(&self) -> bool {
        self.has_ended
    }

    /// Notes that the peer is of no use any longer.
    pub(crate) fn end(&mut self) {
        self.has_ended = true;
    }

    /// When the peer wants to be called.
    pub(crate) fn timeout(&self) -> Option<Duration> {
        (!self.has_ended).then_some(self.timeout)
    }

    /// What the peer wants, until it names a time or fails.
    pub(crate) fn poll(&mut self, now: Duration) -> Result<Option<Output<P::Payload>>, EngineError> {
        match self.peer.poll()? {
            Output::Timeout(at) => {
                self.timeout = at.max(now + TIMEOUT_MIN);
                self.must_poll = false;
                Ok(None)
            }
            output => Ok(Some(output)),
        }
    }

    /// Writes a packet; whether it was taken.
    pub(crate) fn write(&mut self, now: Duration, packet: RtpToSend<P::Payload>) -> bool {
        !self.has_ended && self.peer_mut().write_rtp(now, packet).is_ok()
    }

    /// What the way to him carries, if it is estimated.
    pub(crate) fn estimate_bps(&self) -> Option<u64> {
        self.estimate_bps
    }

    /// Takes what the way to him carries. Whether something is to be done about it at once.
    pub(crate) fn estimate(&mut self, bits_per_second: u64) -> bool {
        self.estimate_bps = Some(bits_per_second);
        let is_much = self.minded_bps.is_none_or(|minded| minded.abs_diff(bits_per_second) >= minded / ESTIMATE_PART);
        if is_much {
            self.minded_bps = Some(bits_per_second);
        }
        is_much
    }

    /// Says what estimate is to be looked for.
    pub(crate) fn desire(&mut self, bits_per_second: u64) {
        let desired = bits_per_second.div_ceil(DESIRED_STEP_BPS).saturating_mul(DESIRED_STEP_BPS);
        if desired != self.desired_bps && !self.has_ended {
            self.desired_bps = desired;
            self.peer_mut().set_desired_bitrate(desired);
        }
    }

    /// The publication that arrives on an m-line.
    pub(crate) fn publication_on(&self, mid: Mid) -> Option<PublicationId> {
        self.publications.iter().find(|(at, _)| *at == mid).map(|(_, publication)| *publication)
    }

    /// The subscription that goes out on an m-line.
    pub(crate) fn subscription_on(&self, mid: Mid) -> Option<SubscriptionId> {
        self.subscriptions.iter().find(|(at, _)| *at == mid).map(|(_, subscription)| *subscription)
    }
}
