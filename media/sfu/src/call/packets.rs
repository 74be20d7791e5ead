//! The hot path: what a peer tells, and each packet of a publisher to each of his subscribers.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use super::{Call, CallEvent, CallOutput, Counters};
use crate::engine::{
    CodecFormat, Condition, Event, Extensions, Mid, Output, Peer, ReceivedRtp, Retransmit, RtpToSend, SenderReport,
    Vp8Numbers,
};
use crate::forward::Rewritten;
use crate::headers::{self, Head};
use crate::participant::{Participant, ParticipantId};
use crate::publication::{Publication, PublicationId, Source};
use crate::subscription::Subscription;

impl<P: Peer> Call<P> {
    /// Takes what a peer wants or tells.
    pub(super) fn take(&mut self, now: Duration, participant: ParticipantId, output: Output<P::Payload>) {
        let event = match output {
            Output::Transmit(transmit) => return self.outputs.push_back(CallOutput::Transmit(participant, transmit)),
            Output::Timeout(_) => return,
            Output::Event(event) => event,
        };
        match event {
            Event::Rtp(packet) => self.forward(now, participant, &packet),
            Event::SenderReport(report) => self.reported(participant, &report),
            Event::KeyframeRequest(mid) => self.keyframe_asked(now, participant, mid),
            Event::Estimate(bits_per_second) => {
                let member = self.participants.get_mut(&participant);
                if member.is_some_and(|member| member.estimate(bits_per_second)) {
                    self.choose(now, participant);
                }
            }
            Event::Condition(condition) => {
                let condition = Condition { jitter: self.jitter(participant), ..condition };
                self.tell(CallEvent::Condition { participant, condition });
            }
            Event::Connected => self.tell(CallEvent::Connected(participant)),
            Event::Unreachable => self.tell(CallEvent::Unreachable(participant)),
            Event::Reachable => self.tell(CallEvent::Reachable(participant)),
            Event::Closed => self.end(participant),
            Event::ChannelOpen(channel, name) => self.tell(CallEvent::ChannelOpen(participant, channel, name)),
            Event::Data { channel, text, bytes } => {
                self.tell(CallEvent::Data { participant, channel, text, bytes });
            }
            Event::ChannelClosed(channel) => self.tell(CallEvent::ChannelClosed(participant, channel)),
        }
    }

    /// A publisher says which time is which timestamp.
    fn reported(&mut self, publisher: ParticipantId, report: &SenderReport) {
        let Some(member) = self.participants.get_mut(&publisher) else { return };
        let publication = member.publication_on(report.mid).and_then(|id| self.publications.get_mut(&id));
        let Some(publication) = publication else { return };
        member.clock.take(report);
        let layer = publication.layer_of(report.rid).and_then(|layer| publication.layers.get_mut(layer));
        if let Some(layer) = layer {
            layer.report(report);
        }
    }

    /// How unevenly somebody's packets come.
    fn jitter(&self, publisher: ParticipantId) -> Option<Duration> {
        let published = self.publications.values().filter(|publication| publication.publisher == publisher);
        published.filter_map(Publication::jitter).max()
    }

    /// Gives a publisher's packet to all who are to have it.
    fn forward(&mut self, now: Duration, publisher: ParticipantId, packet: &ReceivedRtp<P::Payload>) {
        self.counters.received_packets += 1;
        let member = self.participants.get(&publisher);
        let clock = member.map(|member| member.clock).unwrap_or_default();
        let found = member.and_then(|member| member.publication_on(packet.mid));
        let published = found.and_then(|id| Some((id, self.publications.get_mut(&id)?)));
        let Some((id, publication)) = published.filter(|(_, publication)| !publication.config.muted) else {
            self.counters.ignored_packets += 1;
            return;
        };
        let (layer, format) = (publication.layer_of(packet.rid), publication.format(packet.payload_type));
        let (Some(layer), Some(format)) = (layer, format) else {
            self.counters.ignored_packets += 1;
            return;
        };
        let mut head = headers::read(format, packet.payload.as_ref(), &packet.extensions);
        publication.place(packet, &mut head);
        let arrival = publication.arrive(layer, packet, &head);
        if publication.config.source == Source::Microphone
            && let Some(level) = packet.extensions.audio_level
        {
            self.speakers.hear(publisher, level);
        }
        if arrival.is_other_stream {
            self.stream_changed(id, layer);
        }
        if arrival.has_begun {
            // Before the packet goes out: the first of a layer is that of a keyframe, and so the best moment to switch.
            self.choose_for_subscribers(now, id);
        }
        let Self { participants, publications, subscriptions, changed, counters, .. } = self;
        let Some(publication) = publications.get_mut(&id) else { return };
        let carried = publication.carried(format);
        let mut onward = Onward { now, format, carried, said: None, participants, changed, counters };
        let (all, arrived) = (&publication.subscriptions, &mut publication.layers[layer]);
        let hz = format.clock_rate_hz();
        let at = arrived.captured(clock, packet, hz);
        let mut is_awaited = false;
        for subscription in all {
            let Some(subscription) = subscriptions.get_mut(subscription) else { continue };
            let was_awaited = subscription.forwarder.awaited_layer() == Some(layer);
            onward.give(subscription, packet, layer, &head, arrival.can_begin, at);
            if was_awaited && subscription.forwarder.awaited_layer().is_none() {
                // It has begun with this packet, and others of the same picture may have overtaken it.
                for (later, head) in arrived.held.after(packet.sequence) {
                    onward.give(subscription, later, layer, head, false, arrived.captured(clock, later, hz));
                }
            }
            is_awaited |= subscription.forwarder.awaited_layer() == Some(layer);
        }
        if is_awaited {
            arrived.held.hold(packet, head, arrival.newest);
            // The publisher is asked a little later, because the keyframe may be arriving just now.
            arrived.requests.want();
        } else {
            arrived.held.release();
        }
    }

    /// Nothing of a layer's new stream can be put behind its old one.
    fn stream_changed(&mut self, id: PublicationId, layer: usize) {
        let Some(publication) = self.publications.get(&id) else { return };
        for subscription in &publication.subscriptions {
            if let Some(subscription) = self.subscriptions.get_mut(subscription) {
                subscription.forwarder.source_changed(layer);
            }
        }
    }

    /// A subscriber cannot go on.
    fn keyframe_asked(&mut self, now: Duration, subscriber: ParticipantId, mid: Mid) {
        let found = self.participants.get(&subscriber).and_then(|member| member.subscription_on(mid));
        let Some(subscription) = found.and_then(|id| self.subscriptions.get_mut(&id)) else { return };
        let id = subscription.publication;
        let Some(publication) = self.publications.get_mut(&id) else { return };
        // Until the first keyframe has gone out it is asked for anyway, and so is one that has not come.
        let layer = subscription.forwarder.current_layer().and_then(|layer| publication.layers.get_mut(layer));
        let Some(layer) = layer.filter(|layer| !layer.requests.is_wanted()) else { return };
        if subscription.may_ask_keyframe(now) {
            layer.requests.want();
            self.send_keyframe_requests(now, id);
        }
    }
}

/// The parts of a call that a packet passes through, apart from those that decide about it.
struct Onward<'a, P: Peer> {
    now: Duration,
    format: CodecFormat,
    /// The payload type of the sound that a redundant packet carries, and this sound once somebody has needed it.
    carried: Option<u8>,
    said: Option<P::Payload>,
    participants: &'a mut BTreeMap<ParticipantId, Participant<P>>,
    changed: &'a mut VecDeque<ParticipantId>,
    counters: &'a mut Counters,
}

impl<P: Peer> Onward<'_, P> {
    /// Gives one packet to one subscriber, if it is for him.
    fn give(
        &mut self,
        subscription: &mut Subscription,
        packet: &ReceivedRtp<P::Payload>,
        layer: usize,
        head: &Head,
        can_begin: bool,
        captured: Option<Duration>,
    ) {
        let as_it_is = subscription.payload_type(packet.payload_type).map(|payload_type| (payload_type, None));
        let Some((payload_type, said)) = as_it_is.or_else(|| self.unpacked(subscription, packet)) else { return };
        let Some(rewritten) = subscription.forwarder.forward(packet, layer, head, can_begin, captured) else { return };
        let Some(member) = self.participants.get_mut(&subscription.subscriber) else { return };
        if !member.must_poll() {
            self.changed.push_back(subscription.subscriber);
        }
        let written = RtpToSend {
            ssrc: subscription.outlet.stream.ssrc,
            payload_type,
            captured: captured.unwrap_or(packet.received),
            ..to_send(packet, self.format, &rewritten)
        };
        let written = match said {
            Some(payload) => RtpToSend { payload, ..written },
            None => written,
        };
        if member.write(self.now, written) {
            self.counters.forwarded_packets += 1;
        } else {
            self.counters.refused_packets += 1;
        }
    }

    /// What a redundant packet says now, for somebody who cannot unpack it, under his payload type.
    fn unpacked(
        &mut self,
        subscription: &Subscription,
        packet: &ReceivedRtp<P::Payload>,
    ) -> Option<(u8, Option<P::Payload>)> {
        let carried = self.carried?;
        let payload_type = subscription.payload_type(carried)?;
        if self.said.is_none() {
            self.said = headers::red::primary(packet.payload.as_ref(), carried).map(|said| said.to_vec().into());
        }
        Some((payload_type, Some(self.said.clone()?)))
    }
}

fn to_send<B: Clone + AsRef<[u8]> + From<Vec<u8>>>(
    packet: &ReceivedRtp<B>,
    format: CodecFormat,
    rewritten: &Rewritten,
) -> RtpToSend<B> {
    let descriptor = &packet.extensions.dependency_descriptor;
    let dependency_descriptor = match (descriptor, rewritten.frame_number) {
        (Some(bytes), Some(number)) => Some(Arc::from(headers::renumbered(bytes, number))),
        (bytes, _) => bytes.clone(),
    };
    let (mut vp8, mut payload) = (None, packet.payload.clone());
    match (format, rewritten.picture) {
        (CodecFormat::Vp8, Some(numbers)) => {
            let (picture_id, tl0_picture_index) = (numbers.picture_id, numbers.tl0_picture_index);
            vp8 = Some(Vp8Numbers { picture_id, tl0_picture_index });
        }
        // The engine writes the numbers of VP8 while it encrypts. Those of VP9 need a payload of their own.
        (CodecFormat::Vp9, Some(numbers)) => payload = headers::vp9::renumbered(payload.as_ref(), numbers).into(),
        _ => {}
    }
    RtpToSend {
        ssrc: packet.ssrc,
        payload_type: packet.payload_type,
        sequence: rewritten.sequence,
        timestamp: rewritten.timestamp,
        captured: packet.received,
        marker: rewritten.marker,
        extensions: Extensions { dependency_descriptor, ..packet.extensions },
        vp8,
        retransmit: Retransmit::OnRequest,
        payload,
    }
}
