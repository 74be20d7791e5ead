//! What the call tells, and what clients hear of it.

use std::time::Duration;

use livekit_protocol::signal_response::Message;
use livekit_protocol::{
    SpeakerInfo, SpeakersChanged, StreamState, StreamStateInfo, StreamStateUpdate, SubscribedCodec, SubscribedQuality,
    SubscribedQualityUpdate,
};
use veche_sfu::engine::{Engine, Transmit};
use veche_sfu::{CallEvent, CallOutput, Flow, ParticipantId, PublicationId, Quality, Speaker, SubscriptionId};

use super::info;
use super::room::{Context, Room};
use super::session::{Phase, Session, SessionId};

impl<E: Engine> Room<E> {
    /// Takes out what the call wants sent and told, and then asks for what negotiation has become necessary. To be called
    /// after one or more changes.
    pub(crate) fn settle(&mut self, cx: &mut Context<'_, E>, mut transmit: impl FnMut(ParticipantId, Transmit)) {
        while let Some(output) = self.call.poll_output(cx.now) {
            match output {
                CallOutput::Transmit(participant, packet) => transmit(participant, packet),
                CallOutput::Event(event) => self.take_event(cx, event),
            }
        }
        self.ask_for_offers(cx);
    }

    fn take_event(&mut self, cx: &mut Context<'_, E>, event: CallEvent) {
        match event {
            CallEvent::Connected(participant) | CallEvent::Reachable(participant) => self.reached(cx, participant),
            CallEvent::Unreachable(participant) | CallEvent::Gone(participant) => self.lost(cx, participant),
            CallEvent::SubscriptionEnded { subscriber, subscription, .. } => {
                if let Some(id) = self.session_of(subscriber) {
                    self.subscription_ended(id, subscription);
                }
            }
            CallEvent::Flow { subscriber, subscription, flow } => self.tell_flow(cx, subscriber, subscription, flow),
            CallEvent::Wanted { publication, upto, .. } => self.tell_wanted(cx, publication, upto),
            CallEvent::Condition { participant, condition } => {
                let id = self.session_of(participant);
                if let Some(session) = id.and_then(|id| self.sessions.get_mut(&id)) {
                    session.take_condition(participant, condition);
                }
            }
            CallEvent::Speakers(speakers) => self.tell_speakers(cx, &speakers),
            CallEvent::ChannelOpen(participant, channel, label) => self.channel_open(participant, channel, &label),
            CallEvent::Data { participant, channel, bytes, .. } => self.pass_data(participant, channel, &bytes),
            CallEvent::ChannelClosed(participant, channel) => self.channel_closed(participant, channel),
        }
    }

    fn reached(&mut self, cx: &Context<'_, E>, participant: ParticipantId) {
        let Some(id) = self.reached_as(participant) else { return };
        let Some(session) = self.sessions.get_mut(&id) else { return };
        session.unreachable_since = None;
        if session.phase == Phase::Joined {
            session.phase = Phase::Active;
            session.connected_at = Some(cx.now);
            self.tell_all(cx.now, id);
        }
    }

    fn lost(&mut self, cx: &Context<'_, E>, participant: ParticipantId) {
        let Some(id) = self.reached_as(participant) else { return };
        if let Some(session) = self.sessions.get_mut(&id) {
            session.unreachable_since.get_or_insert(cx.now);
        }
    }

    /// Whose connection this is, if it is the one that tells whether he is reached. The other one, if there is one, comes and
    /// goes with what he publishes.
    fn reached_as(&self, participant: ParticipantId) -> Option<SessionId> {
        self.session_of(participant).filter(|id| self.sessions[id].subscriber() == Some(participant))
    }

    fn tell_flow(&mut self, cx: &Context<'_, E>, to: ParticipantId, subscription: SubscriptionId, flow: Flow) {
        let Some(id) = self.session_of(to) else { return };
        let wants = &self.sessions[&id].wants;
        let Some((sid, _)) = wants.iter().find(|(_, want)| want.subscription == Some(subscription)) else { return };
        let Some((publisher, _)) = self.owner_of(sid) else { return };
        let state = match flow {
            Flow::Active => StreamState::Active,
            Flow::Paused => StreamState::Paused,
        };
        let info = StreamStateInfo {
            participant_sid: self.sessions[&publisher].sid.clone(),
            track_sid: sid.clone(),
            state: state.into(),
        };
        self.send(cx.now, id, Message::StreamStateUpdate(StreamStateUpdate { stream_states: vec![info] }));
    }

    /// Tells a publisher which layers are of use.
    fn tell_wanted(&mut self, cx: &Context<'_, E>, publication: PublicationId, upto: Option<Quality>) {
        let Some((id, track)) = self.track_of(publication) else { return };
        let qualities = [Quality::Low, Quality::Medium, Quality::High].map(|quality| SubscribedQuality {
            quality: info::quality_number(quality).into(),
            enabled: upto.is_some_and(|upto| quality <= upto),
        });
        let codec = track.info.mime_type.split('/').nth(1).unwrap_or_default().to_ascii_lowercase();
        #[expect(deprecated, reason = "clients of today still read it")]
        let update = SubscribedQualityUpdate {
            track_sid: track.info.sid.clone(),
            subscribed_qualities: qualities.to_vec(),
            subscribed_codecs: vec![SubscribedCodec { codec, qualities: qualities.to_vec() }],
        };
        self.send(cx.now, id, Message::SubscribedQualityUpdate(update));
    }

    /// Tells who speaks, and who does no longer.
    fn tell_speakers(&mut self, cx: &Context<'_, E>, speakers: &[Speaker]) {
        let of_speaker = |speaker: &Speaker| {
            let id = self.session_of(speaker.participant)?;
            let sid = self.sessions.get(&id).map(|session: &Session| session.sid.clone())?;
            Some((id, SpeakerInfo { sid, level: level(speaker.below_full_db), active: true }))
        };
        let mut told: Vec<(SessionId, SpeakerInfo)> = speakers.iter().filter_map(of_speaker).collect();
        for (id, _) in std::mem::take(&mut self.speaking) {
            let has_stopped = !told.iter().any(|(speaks, _)| *speaks == id);
            if let Some(session) = self.sessions.get(&id).filter(|_| has_stopped) {
                told.push((id, SpeakerInfo { sid: session.sid.clone(), level: 0.0, active: false }));
            }
        }
        self.speaking = told.iter().filter(|(_, info)| info.active).map(|(id, info)| (*id, info.level)).collect();
        let speakers = told.into_iter().map(|(_, info)| info).collect();
        self.broadcast(cx.now, None, &Message::SpeakersChanged(SpeakersChanged { speakers }));
    }

    /// Tells somebody who has just come who speaks already: nothing is told again until that changes.
    pub(super) fn tell_who_speaks(&mut self, now: Duration, id: SessionId) {
        let told = self.speaking.iter().filter_map(|(speaker, level)| {
            let sid = self.sessions.get(speaker)?.sid.clone();
            Some(SpeakerInfo { sid, level: *level, active: true })
        });
        let speakers: Vec<SpeakerInfo> = told.collect();
        if !speakers.is_empty() {
            self.send(now, id, Message::SpeakersChanged(SpeakersChanged { speakers }));
        }
    }
}

/// How loud, from silence at 0 to 1.
fn level(below_full_db: u8) -> f32 {
    10_f32.powf(-f32::from(below_full_db) / 20.0)
}
