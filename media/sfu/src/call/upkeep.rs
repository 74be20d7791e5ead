//! What is looked at when something has changed, and a few times a second: the layer for each subscription, keyframes, what
//! publishers should send, who speaks.
//!
//! What is wished and what is done are kept apart and compared again and again, so that nothing that was lost stays lost.

use std::collections::VecDeque;
use std::time::Duration;

use super::{Call, CallEvent, CallOutput};
use crate::allocate::{Candidate, Offer, allocate, estimate_for, first};
use crate::engine::{MediaKind, Peer};
use crate::participant::ParticipantId;
use crate::publication::{Layer, Publication, PublicationId, Quality, Source};
use crate::subscription::{Flow, Subscription, SubscriptionId};

/// How often everything is looked at, whether or not something has happened.
pub const UPKEEP_INTERVAL: Duration = Duration::from_millis(100);
/// What there is much of is looked at in so many rounds, a part in each: everything that should have been done and was not is
/// done within a second, and two hundred people who watch one another do not cost a core.
const ROUNDS: u64 = 10;
/// How long a subscription that was given less for want of bandwidth is not given more. An estimate that has just fallen
/// rises again before the queue on the way is empty.
const MORE_AFTER: Duration = Duration::from_secs(3);

impl<P: Peer> Call<P> {
    pub(super) fn keep_up(&mut self, now: Duration) {
        self.round = (self.round + 1) % ROUNDS;
        let round = self.round;
        let look_after = |(id, publication): (&PublicationId, &mut Publication<P::Payload>)| {
            publication.look_after(now).then_some(*id)
        };
        let with_losses: Vec<PublicationId> = self.publications.iter_mut().filter_map(look_after).collect();
        for publication in with_losses {
            self.choose_for_subscribers(now, publication);
        }
        let participants = self.participants.keys().filter(|participant| participant.0 % ROUNDS == round);
        for participant in participants.copied().collect::<Vec<_>>() {
            self.choose(now, participant);
        }
        for publication in self.publications.keys().copied().collect::<Vec<_>>() {
            self.send_keyframe_requests(now, publication);
            if publication.0 % ROUNDS == round {
                self.look_after_dynacast(now, publication);
            }
        }
        if let Some(speakers) = self.speakers.update(now) {
            self.tell(CallEvent::Speakers(speakers));
        }
    }

    /// A subscription is new, or a subscriber wishes something else.
    pub(super) fn wish_changed(&mut self, now: Duration, id: SubscriptionId) {
        let Some(subscription) = self.subscriptions.get_mut(&id) else { return };
        // More than before, because he wishes it, is not what he has to wait for.
        subscription.reduced = None;
        let (subscriber, publication) = (subscription.subscriber, subscription.publication);
        self.choose(now, subscriber);
        self.ask_for_keyframes(now, publication);
        self.look_after_dynacast(now, publication);
    }

    /// Something has changed about a publication that concerns all who have subscribed.
    pub(super) fn choose_for_subscribers(&mut self, now: Duration, id: PublicationId) {
        let Some(publication) = self.publications.get(&id) else { return };
        let of = |subscription: &SubscriptionId| Some(self.subscriptions.get(subscription)?.subscriber);
        let subscribers: Vec<ParticipantId> = publication.subscriptions.iter().filter_map(of).collect();
        for subscriber in subscribers {
            self.choose(now, subscriber);
        }
    }

    /// Chooses the layers for one subscriber anew.
    pub(super) fn choose(&mut self, now: Duration, subscriber: ParticipantId) {
        let Some(member) = self.participants.get(&subscriber).filter(|member| !member.has_ended()) else { return };
        let estimate = member.estimate_bps();
        let subscribed: Vec<SubscriptionId> = member.subscriptions.iter().map(|(_, id)| *id).collect();
        let (mut desired, mut sound) = (0_u64, 0_u64);
        let mut pictures: Vec<(SubscriptionId, Candidate)> = Vec::new();
        for id in subscribed {
            let Some(subscription) = self.subscriptions.get_mut(&id) else { continue };
            let Some(publication) = self.publications.get(&subscription.publication) else { continue };
            let Some(wished) = subscription.wished_layer(&publication.config) else {
                set(&mut self.outputs, id, subscription, None, Flow::Active);
                continue;
            };
            let bits_per_second = publication.layers[wished].bits_per_second();
            if publication.config.source.kind() == MediaKind::Audio {
                set(&mut self.outputs, id, subscription, Some(wished), Flow::Active);
                sound = sound.saturating_add(bits_per_second);
            } else if !publication.config.muted {
                let candidate = Candidate {
                    priority: subscription.wish.priority,
                    is_screen: publication.config.source == Source::Screen,
                    wished,
                    chosen: subscription.choice(),
                    is_held: subscription.reduced.is_some_and(|reduced| now < reduced + MORE_AFTER),
                    offers: publication.layers.iter().map(offer).collect(),
                };
                pictures.push((id, candidate));
                desired = desired.saturating_add(bits_per_second);
            }
        }
        self.allocate(now, subscriber, estimate.map(|estimate| estimate.saturating_sub(sound)), &pictures);
        if let Some(member) = self.participants.get_mut(&subscriber) {
            let is_asked_anyway = member.must_poll();
            member.desire(estimate_for(desired.saturating_add(sound)));
            if member.must_poll() && !is_asked_anyway {
                self.changed.push_back(subscriber);
            }
        }
    }

    /// Gives each picture of one subscriber the layer that fits.
    fn allocate(
        &mut self,
        now: Duration,
        subscriber: ParticipantId,
        budget_bps: Option<u64>,
        pictures: &[(SubscriptionId, Candidate)],
    ) {
        let candidates: Vec<Candidate> = pictures.iter().map(|(_, candidate)| candidate.clone()).collect();
        let mut layers = allocate(budget_bps, &candidates);
        let fits = layers.is_empty() || layers.iter().any(Option::is_some);
        let member = self.participants.get_mut(&subscriber);
        if member.is_some_and(|member| member.trial.is_on(now, fits))
            && let Some((at, lowest)) = first(&candidates)
        {
            layers[at] = Some(lowest);
        }
        for ((id, candidate), layer) in pictures.iter().zip(layers) {
            let Some(subscription) = self.subscriptions.get_mut(id) else { continue };
            let is_lost = |chosen: usize| candidate.offers.get(chosen).is_none_or(|offer| !offer.is_live);
            if layer < candidate.chosen && !candidate.chosen.is_some_and(is_lost) && layer != Some(candidate.wished) {
                subscription.reduced = Some(now);
            }
            let flow = if layer.is_some() { Flow::Active } else { Flow::Paused };
            set(&mut self.outputs, *id, subscription, layer, flow);
        }
    }

    /// Asks at once for the keyframes of a publication that somebody waits for. Otherwise the next packet of the layer shows
    /// that somebody does.
    pub(super) fn ask_for_keyframes(&mut self, now: Duration, id: PublicationId) {
        let Some(publication) = self.publications.get_mut(&id) else { return };
        for subscription in &publication.subscriptions {
            let awaited = self.subscriptions.get(subscription).and_then(|had| had.forwarder.awaited_layer());
            if let Some(layer) = awaited.and_then(|layer| publication.layers.get_mut(layer)) {
                layer.requests.want();
            }
        }
        self.send_keyframe_requests(now, id);
    }

    /// Asks for the keyframes that are wanted, where it is not too soon.
    pub(super) fn send_keyframe_requests(&mut self, now: Duration, id: PublicationId) {
        let Some(publication) = self.publications.get_mut(&id).filter(|publication| !publication.config.muted) else {
            return;
        };
        let Some(member) = self.participants.get_mut(&publication.publisher) else { return };
        for layer in &mut publication.layers {
            // A layer that is silent begins with a keyframe when it comes back.
            if layer.is_live() && !member.has_ended() && layer.requests.take_due(now) {
                member.peer_mut().request_keyframe(publication.config.mid, layer.config.rid);
                self.counters.keyframe_requests += 1;
                self.changed.push_back(publication.publisher);
            }
        }
    }

    /// Tells a publisher what is wanted of him, if that has changed.
    pub(super) fn look_after_dynacast(&mut self, now: Duration, id: PublicationId) {
        let Some(publication) = self.publications.get(&id) else { return };
        if publication.config.source.kind() == MediaKind::Audio {
            return;
        }
        let wished = |subscription: &SubscriptionId| {
            let layer = self.subscriptions.get(subscription)?.wished_layer(&publication.config)?;
            Some(publication.layers[layer].config.quality)
        };
        let wanted: Option<Quality> = publication.subscriptions.iter().filter_map(wished).max();
        let Some(publication) = self.publications.get_mut(&id) else { return };
        let publisher = publication.publisher;
        if let Some(upto) = publication.dynacast.update(wanted, now) {
            self.tell(CallEvent::Wanted { publisher, publication: id, upto });
        }
    }
}

fn offer<B: Clone + AsRef<[u8]>>(layer: &Layer<B>) -> Offer {
    Offer { is_live: layer.is_live(), bits_per_second: layer.bits_per_second() }
}

/// Takes a choice, and tells the subscriber if it is another kind of flow. A keyframe is asked for later, because the layer may
/// have been chosen for the one that has just arrived.
fn set(
    outputs: &mut VecDeque<CallOutput>,
    id: SubscriptionId,
    subscription: &mut Subscription,
    layer: Option<usize>,
    flow: Flow,
) {
    if subscription.choice() != layer {
        subscription.choose(layer);
    }
    if subscription.flow != flow {
        subscription.flow = flow;
        let event = CallEvent::Flow { subscriber: subscription.subscriber, subscription: id, flow };
        outputs.push_back(CallOutput::Event(event));
    }
}
