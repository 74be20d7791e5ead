//! Who takes part, what is published and who has subscribed: everything that the signaling changes.

use std::time::Duration;

use super::{Call, CallError, CallEvent};
use crate::engine::{CodecFormat, EngineError, MediaKind, Mid, Peer, Rid};
use crate::forward::Forwarder;
use crate::participant::{Participant, ParticipantId};
use crate::publication::{LAYERS_MAX, Layering, Publication, PublicationConfig, PublicationId, Source};
use crate::subscription::{Flow, Outlet, PAYLOAD_TYPES_MAX, Subscription, SubscriptionId, Wish};

/// Participants of one call: all of the largest company that a site is made for, and their second devices.
pub const PARTICIPANTS_MAX: usize = 400;
/// Peer connections of one call: clients that have one for what they publish and one for what they get take part twice.
const CONNECTIONS_MAX: usize = 2 * PARTICIPANTS_MAX;
/// Tracks of one participant. Camera, screen and two voices are four; the rest is for clients that are slow to unpublish.
pub const PUBLICATIONS_PER_PARTICIPANT_MAX: usize = 16;
/// What one participant subscribes to at a time: a voice and a picture of everybody.
pub const SUBSCRIPTIONS_PER_PARTICIPANT_MAX: usize = 2 * PARTICIPANTS_MAX;

impl<P: Peer> Call<P> {
    /// Takes somebody in, with his peer.
    ///
    /// # Errors
    /// If there are too many.
    pub fn join(&mut self, now: Duration, peer: P) -> Result<ParticipantId, CallError> {
        if self.participants.len() >= CONNECTIONS_MAX {
            return Err(CallError::TooMany("participants"));
        }
        let id = ParticipantId(self.make_id());
        self.participants.insert(id, Participant::new(peer, now));
        self.changed.push_back(id);
        self.next_due = self.next_due.min(now);
        Ok(id)
    }

    /// Lets somebody go, with all that he has published and subscribed to. His peer says goodbye.
    ///
    /// # Errors
    /// If he is not there.
    pub fn leave(&mut self, now: Duration, participant: ParticipantId) -> Result<(), CallError> {
        let member = self.member(participant)?;
        let publications: Vec<PublicationId> = member.publications.iter().map(|(_, id)| *id).collect();
        for publication in publications {
            self.unpublish(now, publication)?;
        }
        let subscriptions = &self.member(participant)?.subscriptions;
        let subscriptions: Vec<SubscriptionId> = subscriptions.iter().map(|(_, id)| *id).collect();
        for subscription in subscriptions {
            self.unsubscribe(now, subscription)?;
        }
        if let Some(peer) = self.peer_mut(participant) {
            peer.close();
            self.poll_peer(now, participant);
        }
        self.participants.remove(&participant);
        self.speakers.forget(participant);
        Ok(())
    }

    /// Makes a track of a participant known, and its m-line to his peer.
    ///
    /// # Errors
    /// If he is not there, has too many, publishes on this m-line already, or if what he announces does not fit together.
    pub fn publish(
        &mut self,
        now: Duration,
        publisher: ParticipantId,
        config: PublicationConfig,
    ) -> Result<PublicationId, CallError> {
        check(&config)?;
        self.poll_peer(now, publisher);
        let member = self.member(publisher)?;
        if member.publications.len() >= PUBLICATIONS_PER_PARTICIPANT_MAX {
            return Err(CallError::TooMany("publications"));
        }
        if member.publication_on(config.mid).is_some() || member.subscription_on(config.mid).is_some() {
            return Err(CallError::InUse("m-line"));
        }
        let mut rids: Vec<Rid> = config.layers.iter().filter_map(|layer| layer.rid).collect();
        // Spatial layers all have one name.
        rids.dedup();
        let peer = self.peer_mut(publisher).ok_or(CallError::Unknown("participant"))?;
        peer.add_media(config.mid, config.source.kind(), &rids)?;
        if let Some(stream) = config.stream {
            peer.receive_stream(config.mid, stream)?;
        }
        let mid = config.mid;
        let id = PublicationId(self.make_id());
        self.member(publisher)?.publications.push((mid, id));
        self.publications.insert(id, Publication::new(publisher, config));
        self.look_after_dynacast(now, id);
        Ok(id)
    }

    /// Ends a track. Those who have subscribed are told.
    ///
    /// # Errors
    /// If there is no such publication.
    pub fn unpublish(&mut self, now: Duration, publication: PublicationId) -> Result<(), CallError> {
        let ended = self.publications.remove(&publication).ok_or(CallError::Unknown("publication"))?;
        for id in ended.subscriptions {
            let Some(subscription) = self.subscriptions.remove(&id) else { continue };
            let (subscriber, mid) = (subscription.subscriber, subscription.outlet.mid);
            self.close_outlet(now, id, &subscription);
            self.tell(CallEvent::SubscriptionEnded { subscriber, subscription: id, mid });
        }
        self.poll_peer(now, ended.publisher);
        if let Some(member) = self.participants.get_mut(&ended.publisher) {
            member.publications.retain(|(_, id)| *id != publication);
        }
        if let Some(peer) = self.peer_mut(ended.publisher) {
            peer.remove_media(ended.config.mid);
        }
        if ended.config.source == Source::Microphone {
            self.speakers.forget(ended.publisher);
        }
        Ok(())
    }

    /// Mutes a track, or no longer: nothing of a muted one is forwarded, whatever its publisher sends.
    ///
    /// # Errors
    /// If there is no such publication.
    pub fn set_muted(&mut self, now: Duration, publication: PublicationId, muted: bool) -> Result<(), CallError> {
        let changed = self.publications.get_mut(&publication).ok_or(CallError::Unknown("publication"))?;
        if changed.config.muted == muted {
            return Ok(());
        }
        changed.config.muted = muted;
        if muted && changed.config.source == Source::Microphone {
            self.speakers.forget(changed.publisher);
        }
        for id in &changed.subscriptions {
            // What was sent while nobody heard it is missing in what comes after it.
            if let Some(subscription) = self.subscriptions.get_mut(id) {
                subscription.forwarder.interrupt();
            }
        }
        self.choose_for_subscribers(now, publication);
        Ok(())
    }

    /// Sends a publication to a participant, with a stream of its own on this m-line.
    ///
    /// # Errors
    /// If either is not there, he has too many, has it already, or uses the m-line for something else.
    pub fn subscribe(
        &mut self,
        now: Duration,
        subscriber: ParticipantId,
        publication: PublicationId,
        outlet: Outlet,
        wish: Wish,
    ) -> Result<SubscriptionId, CallError> {
        if outlet.payload_types.len() > PAYLOAD_TYPES_MAX {
            return Err(CallError::TooMany("payload types"));
        }
        self.poll_peer(now, subscriber);
        let published = self.publications.get(&publication).ok_or(CallError::Unknown("publication"))?;
        let kind = published.config.source.kind();
        let format = published.config.codecs.first().map_or(CodecFormat::Opus, |codec| codec.format);
        let layering = published.config.layering;
        let is_same = |id: &SubscriptionId| self.subscriptions.get(id).is_some_and(|had| had.subscriber == subscriber);
        if published.subscriptions.iter().any(is_same) {
            return Err(CallError::InUse("publication"));
        }
        let member = self.member(subscriber)?;
        if member.subscriptions.len() >= SUBSCRIPTIONS_PER_PARTICIPANT_MAX {
            return Err(CallError::TooMany("subscriptions"));
        }
        if member.subscription_on(outlet.mid).is_some() || member.publication_on(outlet.mid).is_some() {
            return Err(CallError::InUse("m-line"));
        }
        let peer = self.peer_mut(subscriber).ok_or(CallError::Unknown("participant"))?;
        open_outlet(peer, kind, &outlet)?;
        let id = SubscriptionId(self.make_id());
        self.member(subscriber)?.subscriptions.push((outlet.mid, id));
        let forwarder = Forwarder::new(format, layering);
        self.subscriptions.insert(id, Subscription::new(publication, subscriber, outlet, wish, forwarder));
        if let Some(published) = self.publications.get_mut(&publication) {
            published.subscriptions.push(id);
        }
        self.wish_changed(now, id);
        Ok(id)
    }

    /// Ends a subscription. Its m-line stays and may be used for another, with another stream.
    ///
    /// # Errors
    /// If there is no such subscription.
    pub fn unsubscribe(&mut self, now: Duration, subscription: SubscriptionId) -> Result<(), CallError> {
        let ended = self.subscriptions.remove(&subscription).ok_or(CallError::Unknown("subscription"))?;
        if let Some(publication) = self.publications.get_mut(&ended.publication) {
            publication.subscriptions.retain(|id| *id != subscription);
        }
        self.close_outlet(now, subscription, &ended);
        self.look_after_dynacast(now, ended.publication);
        Ok(())
    }

    /// Takes another wish of a subscriber.
    ///
    /// # Errors
    /// If there is no such subscription.
    pub fn set_wish(&mut self, now: Duration, subscription: SubscriptionId, wish: Wish) -> Result<(), CallError> {
        let changed = self.subscriptions.get_mut(&subscription).ok_or(CallError::Unknown("subscription"))?;
        if changed.wish != wish {
            changed.wish = wish;
            self.wish_changed(now, subscription);
        }
        Ok(())
    }

    /// Whether a subscriber gets this subscription, or his way is too narrow for it.
    #[must_use]
    pub fn flow(&self, subscription: SubscriptionId) -> Option<Flow> {
        self.subscriptions.get(&subscription).map(|subscription| subscription.flow)
    }

    fn make_id(&mut self) -> u64 {
        self.next_id += 1;
        self.next_id
    }

    /// Stops the stream of a subscription that has been taken out, and gives the subscriber's way to the others.
    fn close_outlet(&mut self, now: Duration, id: SubscriptionId, subscription: &Subscription) {
        self.poll_peer(now, subscription.subscriber);
        let Some(member) = self.participants.get_mut(&subscription.subscriber) else { return };
        member.subscriptions.retain(|(_, had)| *had != id);
        if let Some(peer) = self.peer_mut(subscription.subscriber) {
            peer.stop_stream(subscription.outlet.stream.ssrc);
        }
        self.choose(now, subscription.subscriber);
    }
}

/// Whether what somebody announces can be forwarded.
fn check(config: &PublicationConfig) -> Result<(), CallError> {
    let kind = config.source.kind();
    if config.codecs.is_empty() || config.codecs.iter().any(|codec| codec.format.kind() != kind) {
        return Err(CallError::Invalid("the codecs"));
    }
    if config.codecs.len() > PAYLOAD_TYPES_MAX {
        return Err(CallError::TooMany("payload types"));
    }
    let layers = &config.layers;
    let are_apart = layers.windows(2).all(|pair| pair[0].quality < pair[1].quality);
    let names: Vec<Option<Rid>> = layers.iter().map(|layer| layer.rid).collect();
    let (are_named, are_different) = match config.layering {
        Layering::Streams => (
            layers.len() == 1 || names.iter().all(Option::is_some),
            names.iter().enumerate().all(|(at, name)| !names[..at].contains(name)),
        ),
        Layering::Spatial => (kind == MediaKind::Video, names.windows(2).all(|pair| pair[0] == pair[1])),
    };
    let is_right_count = if kind == MediaKind::Audio { layers.len() == 1 } else { !layers.is_empty() };
    if layers.len() > LAYERS_MAX || !is_right_count || !are_apart || !are_named || !are_different {
        return Err(CallError::Invalid("the layers"));
    }
    Ok(())
}

/// Makes the m-line, unless it is there from another subscription, and the stream on it.
fn open_outlet<P: Peer>(peer: &mut P, kind: MediaKind, outlet: &Outlet) -> Result<(), EngineError> {
    let mid: Mid = outlet.mid;
    match peer.add_media(mid, kind, &[]) {
        Ok(()) | Err(EngineError::MediaExists) => peer.send_stream(mid, outlet.stream),
        Err(error) => Err(error),
    }
}
