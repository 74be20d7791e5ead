//! Tracks on their way out: who wants which, on which line, and how.

use livekit_protocol::signal_response::Message;
use livekit_protocol::{
    MediaSectionsRequirement, SubscriptionError, SubscriptionPermissionUpdate, SubscriptionResponse, TrackSubscribed,
    UpdateSubscription, UpdateTrackSettings,
};
use veche_base::Entropy;
use veche_sfu::engine::{Engine, MediaKind, Mid, SendStream};
use veche_sfu::{Outlet, SUBSCRIPTIONS_PER_PARTICIPANT_MAX, SubscriptionId, Wish};

use super::info;
use super::publish::kind;
use super::room::{Context, Room};
use super::sdp::LineKind;
use super::session::{Line, Reoffer, Session, SessionId, Want};

/// Tracks that one request may name.
const TRACKS_PER_REQUEST_MAX: usize = SUBSCRIPTIONS_PER_PARTICIPANT_MAX;

impl<E: Engine> Room<E> {
    /// Somebody new wants what is there, unless he chooses himself.
    pub(super) fn want_all(&mut self, id: SessionId) {
        let tracks: Vec<String> = self
            .sessions
            .iter()
            .filter(|(other, _)| **other != id)
            .flat_map(|(_, session)| session.tracks.iter().map(|track| track.info.sid.clone()))
            .collect();
        let Some(session) = self.sessions.get_mut(&id) else { return };
        if session.auto_subscribe {
            for sid in tracks {
                session.wants.insert(sid, Want { is_subscribed: true, ..Want::default() });
            }
        }
    }

    /// Everybody else wants a new track, unless he chooses himself.
    pub(super) fn want_by_all(&mut self, publisher: SessionId, sid: &str) {
        for (_, session) in self.sessions.iter_mut().filter(|(id, it)| **id != publisher && it.auto_subscribe) {
            session.wants.insert(sid.to_owned(), Want { is_subscribed: true, ..Want::default() });
            session.need_offer();
        }
    }

    /// A track has ended. Subscriptions to it are told of by the call.
    pub(super) fn forget_wants(&mut self, sid: &str) {
        for session in self.sessions.values_mut() {
            session.wants.remove(sid);
        }
    }

    /// What of the wanted could be served and is not, by kind.
    pub(super) fn unserved(&self, id: SessionId) -> Vec<(String, MediaKind)> {
        let Some(session) = self.sessions.get(&id).filter(|session| session.grants.can_subscribe) else {
            return Vec::new();
        };
        let is_open = |want: &Want| want.is_subscribed && want.subscription.is_none() && !want.is_hopeless;
        let open = session.wants.iter().filter(|(_, want)| is_open(want));
        open.filter_map(|(sid, _)| {
            let (publisher, track) = self.owner_of(sid)?;
            let may = self.sessions[&publisher].lets_subscribe(session, sid);
            may.then(|| (sid.clone(), kind(track)))
        })
        .collect()
    }

    pub(super) fn has_unserved(&self, id: SessionId) -> bool {
        !self.unserved(id).is_empty()
    }

    /// Puts what is wanted on lines that were offered for it.
    pub(super) fn subscribe_offered(&mut self, cx: &mut Context<'_, E>, id: SessionId) {
        for (sid, kind) in self.unserved(id) {
            let Some(connection) = self.connection(id) else { return };
            let lines = connection.lines.iter().zip(&connection.offered);
            let mut lines = lines.enumerate().filter(|(_, (line, offered))| {
                **line == Line::Idle
                    && offered.kind == LineKind::Media(kind)
                    && offered.ways.receives
                    && !offered.is_rejected
            });
            if let Some((place, (_, offered))) = lines.next() {
                let stream = stream(cx.entropy, kind, &connection.lines);
                let outgoing = Outgoing { place, mid: offered.mid, stream, payload_types: None };
                self.subscribe(cx, id, &sid, outgoing);
            }
        }
    }

    /// What belongs together with a track, for the one who gets it.
    pub(super) fn group_of(&self, id: SessionId, sid: &str) -> Option<String> {
        let (publisher, track) = self.owner_of(sid)?;
        Some(info::group(&self.sessions[&publisher].sid, &track.info, self.sessions[&id].is_firefox()))
    }

    /// Subscribes to a track that is wanted, on a line that was negotiated for it.
    pub(super) fn subscribe(&mut self, cx: &mut Context<'_, E>, id: SessionId, sid: &str, outgoing: Outgoing) {
        let Outgoing { place, mid, stream, payload_types: accepted } = outgoing;
        let Some(((publisher, track), group)) = self.owner_of(sid).zip(self.group_of(id, sid)) else { return };
        let (publication, kind) = (track.publication, kind(track));
        let (theirs, ours) = (&self.sessions[&publisher].connection, self.sessions[&id].receiving());
        let Some((theirs, ours)) = theirs.as_ref().zip(ours) else { return };
        let Some(participant) = ours.participant else { return };
        let mut payload_types = ours.agreement.translate(&theirs.agreement, kind);
        if let Some(accepted) = accepted {
            payload_types.retain(|(_, ours)| accepted.contains(ours));
        }
        if payload_types.is_empty() {
            self.give_up(cx, id, sid);
            return;
        }
        let wish = self.sessions[&id].wants.get(sid).map(|want| want.wish).unwrap_or_default();
        let outlet = Outlet { mid, stream, payload_types };
        match self.call.subscribe(cx.now, participant, publication, outlet, wish) {
            Ok(subscription) => self.subscribed(cx, id, sid, place, subscription, stream, group),
            Err(error) => {
                tracing::debug!(%error, "a track cannot be subscribed to");
                self.give_up(cx, id, sid);
            }
        }
    }

    #[expect(clippy::too_many_arguments, reason = "everything that a line remembers")]
    fn subscribed(
        &mut self,
        cx: &mut Context<'_, E>,
        id: SessionId,
        sid: &str,
        place: usize,
        subscription: SubscriptionId,
        stream: SendStream,
        group: String,
    ) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        if let Some(want) = session.wants.get_mut(sid) {
            want.subscription = Some(subscription);
        }
        if let Some(connection) = session.receiving_mut() {
            connection.lines[place] = Line::Receives { track: sid.to_owned(), subscription, stream, group };
        }
        let Some((publisher, _)) = self.owner_of(sid) else { return };
        let Some(publisher) = self.sessions.get_mut(&publisher) else { return };
        let track = publisher.tracks.iter_mut().find(|track| track.info.sid == sid && !track.is_told_subscribed);
        if let Some(track) = track {
            track.is_told_subscribed = true;
            publisher.send(Message::TrackSubscribed(TrackSubscribed { track_sid: sid.to_owned() }), cx.now);
        }
    }

    /// A track cannot be sent to somebody, who is told.
    pub(super) fn give_up(&mut self, cx: &mut Context<'_, E>, id: SessionId, sid: &str) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        if let Some(want) = session.wants.get_mut(sid) {
            want.is_hopeless = true;
        }
        let err = SubscriptionError::SeCodecUnsupported.into();
        session.send(Message::SubscriptionResponse(SubscriptionResponse { track_sid: sid.to_owned(), err }), cx.now);
    }

    /// Stops a track for somebody, and frees its line.
    pub(super) fn unsubscribe(&mut self, cx: &mut Context<'_, E>, id: SessionId, sid: &str) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let subscription = session.wants.get_mut(sid).and_then(|want| want.subscription.take());
        if let Some(connection) = session.receiving_mut() {
            connection.lines.iter_mut().filter(|line| line.carries(sid)).for_each(|line| *line = Line::Ended);
        }
        if let Some(subscription) = subscription {
            // It is there, because it was wanted.
            let _ = self.call.unsubscribe(cx.now, subscription);
        }
    }

    /// The call has ended a subscription, because its track has.
    pub(super) fn subscription_ended(&mut self, id: SessionId, ended: SubscriptionId) {
        let Some(connection) = self.sessions.get_mut(&id).and_then(Session::receiving_mut) else { return };
        let is_it = |line: &&mut Line| matches!(line, Line::Receives { subscription, .. } if *subscription == ended);
        if let Some(line) = connection.lines.iter_mut().find(is_it) {
            *line = Line::Ended;
            self.need_offer(id);
        }
    }

    /// A client chooses himself.
    pub(super) fn update_subscription(&mut self, cx: &mut Context<'_, E>, id: SessionId, request: UpdateSubscription) {
        let of_participants = request.participant_tracks.into_iter().flat_map(|it| it.track_sids);
        let sids: Vec<String> =
            request.track_sids.into_iter().chain(of_participants).take(TRACKS_PER_REQUEST_MAX).collect();
        for sid in sids {
            if !request.subscribe {
                if let Some(want) = self.sessions.get_mut(&id).and_then(|session| session.wants.get_mut(&sid)) {
                    want.is_subscribed = false;
                }
                self.unsubscribe(cx, id, &sid);
                self.need_offer(id);
                continue;
            }
            let Some((publisher, _)) = self.owner_of(&sid).filter(|(publisher, _)| *publisher != id) else {
                let err = SubscriptionError::SeTrackNotfound.into();
                self.send(cx.now, id, Message::SubscriptionResponse(SubscriptionResponse { track_sid: sid, err }));
                continue;
            };
            self.want(cx, id, publisher, &sid);
        }
    }

    fn want(&mut self, cx: &mut Context<'_, E>, id: SessionId, publisher: SessionId, sid: &str) {
        let (Some(publisher), Some(subscriber)) = (self.sessions.get(&publisher), self.sessions.get(&id)) else {
            return;
        };
        let may = publisher.lets_subscribe(subscriber, sid) && subscriber.grants.can_subscribe;
        let refusal = SubscriptionPermissionUpdate {
            participant_sid: publisher.sid.clone(),
            track_sid: sid.to_owned(),
            allowed: false,
        };
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let want = session.wants.entry(sid.to_owned()).or_default();
        (want.is_subscribed, want.is_hopeless) = (true, false);
        if may {
            session.need_offer();
        } else {
            session.send(Message::SubscriptionPermissionUpdate(refusal), cx.now);
        }
    }

    /// A client says how it shows tracks.
    pub(super) fn update_settings(&mut self, cx: &mut Context<'_, E>, id: SessionId, settings: &UpdateTrackSettings) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let quality = info::quality(settings.quality);
        let has_size = settings.width > 0 && settings.height > 0;
        let wish = Wish {
            enabled: !settings.disabled && quality.is_some(),
            // A size says it better than a quality, which clients that send a size leave at its lowest.
            quality_max: quality.filter(|_| !has_size).unwrap_or(veche_sfu::Quality::High),
            size: has_size.then_some((settings.width, settings.height)),
            priority: u8::try_from(settings.priority).unwrap_or(u8::MAX),
        };
        for sid in settings.track_sids.iter().take(TRACKS_PER_REQUEST_MAX) {
            let Some(want) = session.wants.get_mut(sid) else { continue };
            want.wish = wish;
            if let Some(subscription) = want.subscription {
                let _ = self.call.set_wish(cx.now, subscription, wish);
            }
        }
    }

    /// A publisher has changed who may subscribe: whoever may not any longer loses his subscriptions, and who may now gets
    /// what he wants.
    pub(super) fn permissions_changed(&mut self, cx: &mut Context<'_, E>, publisher: SessionId) {
        let Some(session) = self.sessions.get(&publisher) else { return };
        let (participant_sid, tracks) = (session.sid.clone(), session.tracks.iter().map(|it| it.info.sid.clone()));
        let tracks: Vec<String> = tracks.collect();
        let others: Vec<SessionId> = self.sessions.keys().copied().filter(|id| *id != publisher).collect();
        for (id, track_sid) in others.iter().flat_map(|id| tracks.iter().map(move |track| (*id, track))) {
            let (Some(session), Some(other)) = (self.sessions.get(&publisher), self.sessions.get(&id)) else {
                continue;
            };
            let Some(want) = other.wants.get(track_sid).copied() else { continue };
            let allowed = session.lets_subscribe(other, track_sid);
            if allowed && want.is_subscribed && want.subscription.is_none() {
                self.need_offer(id);
            } else if !allowed && want.subscription.is_some() {
                self.unsubscribe(cx, id, track_sid);
                self.need_offer(id);
            } else {
                continue;
            }
            let (participant_sid, track_sid) = (participant_sid.clone(), track_sid.clone());
            let update = SubscriptionPermissionUpdate { participant_sid, track_sid, allowed };
            self.send(cx.now, id, Message::SubscriptionPermissionUpdate(update));
        }
    }

    /// Asks those to offer again for whom something has changed, and says how many lines they lack; or offers ourselves, if
    /// that is how they want it.
    pub(super) fn ask_for_offers(&mut self, cx: &mut Context<'_, E>) {
        let is_due = |session: &Session| session.reoffer == Reoffer::Needed && session.receiving().is_some();
        let due: Vec<SessionId> = self.sessions.iter().filter(|(_, it)| is_due(it)).map(|(id, _)| *id).collect();
        for id in due {
            if self.sessions[&id].downlink.is_some() {
                self.offer(cx, id);
                continue;
            }
            let unserved = self.unserved(id);
            let Some(session) = self.sessions.get_mut(&id) else { continue };
            let Some(connection) = &session.connection else { continue };
            let lacking = |kind: MediaKind| {
                let wanted = unserved.iter().filter(|(_, of)| *of == kind).count();
                u32::try_from(wanted.saturating_sub(Self::idle_lines(connection, kind))).unwrap_or(u32::MAX)
            };
            let has_ended = connection.lines.contains(&Line::Ended);
            if unserved.is_empty() && !has_ended {
                session.reoffer = Reoffer::Unneeded;
                continue;
            }
            let (num_audios, num_videos) = (lacking(MediaKind::Audio), lacking(MediaKind::Video));
            session.reoffer = Reoffer::Asked(cx.now);
            let requirement = MediaSectionsRequirement { num_audios, num_videos };
            session.send(Message::MediaSectionsRequirement(requirement), cx.now);
        }
    }
}

/// Where a track goes out to somebody.
pub(super) struct Outgoing {
    /// The line, by its place and name.
    pub(super) place: usize,
    pub(super) mid: Mid,
    pub(super) stream: SendStream,
    /// Those of our payload types that are taken on this line; all, if nothing is said.
    pub(super) payload_types: Option<Vec<u8>>,
}

/// A stream that nothing else on this connection uses. Voices are not sent again: they would come too late.
pub(super) fn stream(entropy: &dyn Entropy, kind: MediaKind, lines: &[Line]) -> SendStream {
    let mut make = || loop {
        let mut bytes = [0; 4];
        entropy.fill(&mut bytes);
        let ssrc = u32::from_be_bytes(bytes);
        let is_used = |line: &Line| {
            line.stream().is_some_and(|stream| stream.ssrc == ssrc || stream.retransmission == Some(ssrc))
        };
        if ssrc != 0 && !lines.iter().any(is_used) {
            return ssrc;
        }
    };
    let ssrc = make();
    let retransmission = (kind == MediaKind::Video).then(&mut make).filter(|other| *other != ssrc);
    SendStream { ssrc, retransmission, rid: None }
}
