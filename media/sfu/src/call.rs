//! A call: who takes part, what is published, who gets what of it. A driver feeds it with what arrives for each participant's
//! peer, lets time pass, and takes out what is to be sent and told.
//!
//! Everything that changes a call leaves outputs behind: after one or more such calls the driver takes [`Call::poll_output`]
//! until there is nothing, and then knows from [`Call::poll_timeout`] when to come back. Packets of several inputs are
//! written to their subscribers before these are asked, which is much cheaper than one by one; so a driver feeds all it has
//! received, and then takes what comes of it.
//!
//! Invariants: what a participant may do is decided by the caller. No packet goes to anybody who has not subscribed, none of
//! a muted publication to anybody. A peer that has been changed is polled until it names a time before it is fed again.
//! The same inputs at the same times give the same outputs, as far as the peers do.

mod membership;
mod packets;
mod upkeep;

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use crate::engine::{ChannelId, Condition, EngineError, FiveTuple, Mid, Peer, Transmit};
use crate::participant::{Participant, ParticipantId};
use crate::publication::{Publication, PublicationId, Quality};
use crate::speakers::{Speaker, Speakers};
use crate::subscription::{Flow, Subscription, SubscriptionId};

pub use membership::{PARTICIPANTS_MAX, PUBLICATIONS_PER_PARTICIPANT_MAX, SUBSCRIPTIONS_PER_PARTICIPANT_MAX};
pub use upkeep::UPKEEP_INTERVAL;

/// See the module.
pub struct Call<P: Peer> {
    participants: BTreeMap<ParticipantId, Participant<P>>,
    publications: BTreeMap<PublicationId, Publication<P::Payload>>,
    subscriptions: BTreeMap<SubscriptionId, Subscription>,
    speakers: Speakers,
    outputs: VecDeque<CallOutput>,
    /// Participants whose peers have been changed and not asked since.
    changed: VecDeque<ParticipantId>,
    counters: Counters,
    next_id: u64,
    next_upkeep: Duration,
    /// No peer wants to be called before this; it may be that none does then either.
    next_due: Duration,
    round: u64,
}

/// What is to be done.
#[derive(Debug)]
pub enum CallOutput {
    /// Send this to this participant.
    Transmit(ParticipantId, Transmit),
    /// Something has happened.
    Event(CallEvent),
}

/// Something that has happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallEvent {
    /// Media can flow to and from this participant.
    Connected(ParticipantId),
    /// He does not answer any longer, and may come back.
    Unreachable(ParticipantId),
    /// He is back.
    Reachable(ParticipantId),
    /// His connection has ended, and [`Call::leave`] is all that can be done.
    Gone(ParticipantId),
    /// A subscription is not served any longer, because its publication has ended. The m-line may be used for another.
    SubscriptionEnded {
        /// Whose it was.
        subscriber: ParticipantId,
        /// Which.
        subscription: SubscriptionId,
        /// Where it went out.
        mid: Mid,
    },
    /// A subscription is served again, or not, because of what the way to the subscriber carries.
    Flow {
        /// Whose it is.
        subscriber: ParticipantId,
        /// Which.
        subscription: SubscriptionId,
        /// Whether it is served.
        flow: Flow,
    },
    /// From now on this is the best that anybody wants of a publication, nothing if nobody wants it. The publisher should
    /// send no more than that.
    Wanted {
        /// Who should send no more.
        publisher: ParticipantId,
        /// Of what.
        publication: PublicationId,
        /// Up to which quality.
        upto: Option<Quality>,
    },
    /// How the way to a participant fares, every few seconds.
    Condition {
        /// Whose way.
        participant: ParticipantId,
        /// How.
        condition: Condition,
    },
    /// These speak, the loudest first.
    Speakers(Vec<Speaker>),
    /// A data channel of a participant is open; the word is its name.
    ChannelOpen(ParticipantId, ChannelId, String),
    /// A message of a participant.
    Data {
        /// From whom.
        participant: ParticipantId,
        /// On which channel.
        channel: ChannelId,
        /// Whether it is text. A client may lie about that.
        text: bool,
        /// What.
        bytes: Vec<u8>,
    },
    /// A data channel of a participant is closed.
    ChannelClosed(ParticipantId, ChannelId),
}

/// What has passed through a call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Packets that came from publishers.
    pub received_packets: u64,
    /// Packets among them that belong to nothing, or to a muted publication.
    pub ignored_packets: u64,
    /// Packets that were given to subscribers' peers.
    pub forwarded_packets: u64,
    /// Packets that a subscriber's peer did not take.
    pub refused_packets: u64,
    /// Keyframes that publishers were asked for.
    pub keyframe_requests: u64,
}

/// Why something could not be done.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// There is no such participant, publication or subscription.
    #[error("there is no such {0}")]
    Unknown(&'static str),
    /// A limit is reached.
    #[error("too many {0}")]
    TooMany(&'static str),
    /// The m-line, or the publication for this subscriber, is in use.
    #[error("in use already: {0}")]
    InUse(&'static str),
    /// What is to be published or subscribed to does not fit together.
    #[error("does not fit: {0}")]
    Invalid(&'static str),
    /// The peer refuses.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

impl<P: Peer> Call<P> {
    /// A call that nobody takes part in.
    #[must_use]
    pub fn new(now: Duration) -> Self {
        Self {
            participants: BTreeMap::new(),
            publications: BTreeMap::new(),
            subscriptions: BTreeMap::new(),
            speakers: Speakers::default(),
            outputs: VecDeque::new(),
            changed: VecDeque::new(),
            counters: Counters::default(),
            next_id: 0,
            next_upkeep: now,
            next_due: now,
            round: 0,
        }
    }

    /// Takes a datagram that the caller knows to be for this participant's peer. What does not belong there harms nothing.
    ///
    /// # Errors
    /// If there is no such participant.
    pub fn handle_input(
        &mut self,
        now: Duration,
        participant: ParticipantId,
        tuple: &FiveTuple,
        bytes: &[u8],
    ) -> Result<(), CallError> {
        self.poll_peer(now, participant);
        let fed = self.member(participant)?;
        if !fed.has_ended() {
            let taken = fed.peer_mut().handle_input(now, tuple, bytes);
            self.note(participant, &taken);
            self.poll_peer(now, participant);
        }
        Ok(())
    }

    /// Lets time pass.
    pub fn handle_timeout(&mut self, now: Duration) {
        if self.next_due <= now {
            self.wake_peers(now);
        }
        if self.next_upkeep <= now {
            self.next_upkeep = now + UPKEEP_INTERVAL;
            self.keep_up(now);
        }
    }

    /// Calls the peers that are due.
    fn wake_peers(&mut self, now: Duration) {
        let is_due = |timeout: Option<Duration>| timeout.is_some_and(|timeout| timeout <= now);
        let due: Vec<ParticipantId> =
            self.participants.iter().filter(|(_, member)| is_due(member.timeout())).map(|(id, _)| *id).collect();
        for participant in due {
            self.poll_peer(now, participant);
            let member = self.participants.get_mut(&participant).filter(|member| !member.has_ended());
            let Some(member) = member else { continue };
            let passed = member.peer_mut().handle_timeout(now);
            self.note(participant, &passed);
            self.poll_peer(now, participant);
        }
        self.next_due = self.participants.values().filter_map(Participant::timeout).min().unwrap_or(Duration::MAX);
    }

    /// When [`Call::handle_timeout`] has something to do, or sooner; never, if nobody takes part.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Duration> {
        (!self.participants.is_empty()).then(|| self.next_due.min(self.next_upkeep))
    }

    /// What is to be done now. To be called until there is nothing.
    pub fn poll_output(&mut self, now: Duration) -> Option<CallOutput> {
        while self.outputs.is_empty() {
            let participant = self.changed.pop_front()?;
            self.poll_peer(now, participant);
        }
        self.outputs.pop_front()
    }

    /// A participant's peer, for what a call has no opinion about: candidates, ICE restarts, data channels.
    pub fn peer_mut(&mut self, participant: ParticipantId) -> Option<&mut P> {
        let member = self.participants.get_mut(&participant).filter(|member| !member.has_ended())?;
        self.changed.push_back(participant);
        Some(member.peer_mut())
    }

    /// What the way to a participant carries in bits per second, as far as it is estimated.
    #[must_use]
    pub fn estimate_bps(&self, participant: ParticipantId) -> Option<u64> {
        self.participants.get(&participant).and_then(Participant::estimate_bps)
    }

    /// What has passed through the call.
    #[must_use]
    pub fn counters(&self) -> Counters {
        self.counters
    }

    fn member(&mut self, participant: ParticipantId) -> Result<&mut Participant<P>, CallError> {
        self.participants.get_mut(&participant).ok_or(CallError::Unknown("participant"))
    }

    fn tell(&mut self, event: CallEvent) {
        self.outputs.push_back(CallOutput::Event(event));
    }

    /// Asks a peer that has been changed until it names a time.
    fn poll_peer(&mut self, now: Duration, participant: ParticipantId) {
        // Looked up anew each time, because an event may change anything.
        while let Some(member) = self.participants.get_mut(&participant).filter(|member| member.must_poll()) {
            match member.poll(now) {
                Ok(Some(output)) => self.take(now, participant, output),
                Ok(None) => {
                    let timeout = member.timeout();
                    self.next_due = timeout.into_iter().fold(self.next_due, Duration::min);
                }
                Err(error) => self.note(participant, &Err(error)),
            }
        }
    }

    /// Takes note of how a peer fared.
    fn note(&mut self, participant: ParticipantId, done: &Result<(), EngineError>) {
        if !matches!(done, Ok(()) | Err(EngineError::Foreign)) {
            self.end(participant);
        }
    }

    /// A peer is of no use any longer, which is told once.
    fn end(&mut self, participant: ParticipantId) {
        if let Some(member) = self.participants.get_mut(&participant).filter(|member| !member.has_ended()) {
            member.end();
            self.tell(CallEvent::Gone(participant));
        }
    }
}

#[cfg(test)]
mod tests;
