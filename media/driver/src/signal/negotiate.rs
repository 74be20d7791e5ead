//! An offer, and what becomes of each of its lines.

use std::collections::HashMap;

use livekit_protocol::signal_response::Message;
use livekit_protocol::{DisconnectReason, SessionDescription};
use veche_base::{Secret, random_token};
use veche_sfu::engine::{
    DataChannels, DtlsRole, Engine, EngineError, IceCredentials, IceRole, MediaKind, Peer, PeerConfig,
};
use veche_sfu::{CallError, ParticipantId};

use super::answer::{self, Agreed, Answered, Head, SentTrack, Setup, is_answerable};
use super::codecs::{Agreement, Taken, with_redundancy};
use super::info;
use super::ours;
use super::room::{Context, Room};
use super::sdp::{LineKind, Offer, OfferedLine, SdpError};
use super::session::{Connection, Line, Reoffer, Session, SessionId};

/// Letters of a ufrag: ICE wants four, and ours must be unique among all clients of the port.
const UFRAG_CHARS: usize = 16;
/// Letters of a password: ICE wants 22.
const PWD_CHARS: usize = 32;
/// Where the estimate of a subscriber's way starts: three pictures in the smallest size and a voice fit.
pub(super) const ESTIMATE_FROM_BPS: u64 = 1_000_000;

/// Why an offer was not answered.
#[derive(Debug, thiserror::Error)]
pub(super) enum OfferError {
    #[error(transparent)]
    Sdp(#[from] SdpError),
    #[error("a line has changed its name or kind")]
    Changed,
    #[error(transparent)]
    Engine(#[from] EngineError),
    #[error(transparent)]
    Call(#[from] CallError),
    #[error("nobody is there")]
    Gone,
}

impl<E: Engine> Room<E> {
    /// Answers an offer. Whoever offers what cannot be answered has to begin anew.
    pub(super) fn take_offer(&mut self, cx: &mut Context<'_, E>, id: SessionId, description: &SessionDescription) {
        if let Err(error) = self.try_offer(cx, id, description) {
            tracing::debug!(%error, "an offer cannot be answered");
            self.restart(cx, id, DisconnectReason::StateMismatch);
        }
    }

    fn try_offer(
        &mut self,
        cx: &mut Context<'_, E>,
        id: SessionId,
        description: &SessionDescription,
    ) -> Result<(), OfferError> {
        let offer = Offer::parse(&description.sdp)?;
        match self.sessions.get(&id).map(|session| session.connection.is_some()) {
            Some(false) => self.connect(cx, id, &offer)?,
            Some(true) => self.reconnect(cx, id, &offer)?,
            None => return Err(OfferError::Gone),
        }
        self.take_lines(id, offer.lines)?;
        self.end_lines(cx, id);
        self.publish_offered(cx, id);
        let is_alone = self.sessions.get(&id).is_some_and(|session| session.downlink.is_none());
        if is_alone {
            self.subscribe_offered(cx, id);
        }
        let answer = self.answer(cx, id, description.id).ok_or(OfferError::Gone)?;
        self.send(cx.now, id, Message::Answer(answer));
        if is_alone {
            self.release_ended(id);
        }
        Ok(())
    }

    /// The first offer: from it comes the peer.
    fn connect(&mut self, cx: &mut Context<'_, E>, id: SessionId, offer: &Offer) -> Result<(), OfferError> {
        let session = self.sessions.get(&id).ok_or(OfferError::Gone)?;
        let is_alone = session.downlink.is_none();
        let mut agreement = Agreement::of(offer);
        if !is_alone {
            // What is published later may come with codecs that this offer does not name.
            agreement = Agreement::ours(ours::with_those_of_pictures(agreement.extensions));
        }
        let local = credentials(cx);
        let is_lite = !session.is_firefox();
        let is_estimated = is_alone && session.grants.can_subscribe;
        let config = PeerConfig {
            ice: if is_lite { IceRole::Lite } else { IceRole::Controlled },
            local: local.clone(),
            data: offer.data(),
            estimate_from_bps: is_estimated.then_some(ESTIMATE_FROM_BPS),
            ..config(cx, offer, &agreement)
        };
        let peer = cx.engine.peer(cx.now, &config)?;
        let participant = self.enter(cx, peer, &local, offer)?;
        let connection = Connection {
            participant: Some(participant),
            agreement,
            local,
            remote_ufrag: offer.ice.ufrag.clone(),
            is_lite,
            is_dtls_client: offer.is_dtls_server,
            lines: Vec::new(),
            offered: Vec::new(),
            candidates: offer.candidates.len(),
        };
        self.sessions.get_mut(&id).ok_or(OfferError::Gone)?.connection = Some(connection);
        Ok(())
    }

    /// Takes a new peer into the call.
    pub(super) fn enter(
        &mut self,
        cx: &mut Context<'_, E>,
        mut peer: E::Peer,
        local: &IceCredentials,
        remote: &Offer,
    ) -> Result<ParticipantId, OfferError> {
        for candidate in &remote.candidates {
            // What cannot be read is no way for us.
            let _ = peer.add_remote_candidate(candidate);
        }
        let participant = self.call.join(cx.now, peer)?;
        cx.demux.expect(local, self.id, participant);
        Ok(participant)
    }

    /// A later offer: the client may have restarted ICE, and then we do.
    fn reconnect(&mut self, cx: &mut Context<'_, E>, id: SessionId, offer: &Offer) -> Result<(), OfferError> {
        let room = self.id;
        let connection = self.connection(id).ok_or(OfferError::Gone)?;
        let participant = connection.participant.ok_or(OfferError::Gone)?;
        let is_anew = connection.follow(&offer.ice);
        if is_anew {
            connection.local = credentials(cx);
            cx.demux.expect(&connection.local, room, participant);
        }
        self.find_way(participant, offer, is_anew)
    }

    /// Tells a participant's peer what a later description says of the way to him.
    pub(super) fn find_way(
        &mut self,
        participant: ParticipantId,
        theirs: &Offer,
        is_anew: bool,
    ) -> Result<(), OfferError> {
        let Self { sessions, call, .. } = self;
        let connections = sessions.values_mut().flat_map(Session::connections_mut);
        let mut its = connections.filter(|connection| connection.participant == Some(participant));
        let connection = its.next().ok_or(OfferError::Gone)?;
        let peer = call.peer_mut(participant).ok_or(OfferError::Gone)?;
        if is_anew {
            peer.restart_ice(&connection.local, &theirs.ice);
        }
        for candidate in theirs.candidates.iter().filter(|_| connection.takes_candidate()) {
            // What cannot be read is no way for us.
            let _ = peer.add_remote_candidate(candidate);
        }
        Ok(())
    }

    /// Lines are never taken away, and keep name and kind (RFC 8829 §5.2.2).
    fn take_lines(&mut self, id: SessionId, offered: Vec<OfferedLine>) -> Result<(), OfferError> {
        let connection = self.connection(id).ok_or(OfferError::Gone)?;
        let is_same = |(was, is): (&OfferedLine, &OfferedLine)| was.mid == is.mid && was.kind == is.kind;
        if offered.len() < connection.offered.len() || !connection.offered.iter().zip(&offered).all(is_same) {
            return Err(OfferError::Changed);
        }
        connection.lines.resize(offered.len(), Line::Idle);
        connection.offered = offered;
        Ok(())
    }

    /// Ends what the client does not offer to go on with.
    fn end_lines(&mut self, cx: &mut Context<'_, E>, id: SessionId) {
        let Some(connection) = self.connection(id) else { return };
        let mut unpublished = Vec::new();
        let mut unsubscribed = Vec::new();
        for (line, offered) in connection.lines.iter_mut().zip(&connection.offered) {
            match line {
                Line::Publishes(track) if offered.is_rejected || !offered.ways.sends => {
                    unpublished.push(track.clone());
                }
                Line::Receives { track, .. } if offered.is_rejected || !offered.ways.receives => {
                    unsubscribed.push(track.clone());
                }
                _ => {}
            }
        }
        unpublished.iter().for_each(|track| self.unpublish(cx, id, track));
        unsubscribed.iter().for_each(|track| self.unsubscribe(cx, id, track));
    }

    fn answer(&self, cx: &Context<'_, E>, id: SessionId, number: u32) -> Option<SessionDescription> {
        let session = self.sessions.get(&id)?;
        let connection = session.connection.as_ref()?;
        let head = Head {
            session: (connection.participant?.0, 2),
            is_lite: connection.is_lite,
            ice: &connection.local,
            fingerprint: cx.engine.fingerprint(),
            setup: if connection.is_dtls_client { Setup::Active } else { Setup::Passive },
            candidates: &cx.site.announced,
        };
        let codecs = connection.lines.iter().zip(&connection.offered).map(|(line, offered)| {
            let taken = connection.agreement.on_line(offered);
            match line {
                Line::Publishes(sid) => {
                    let is_redundant = session.track(sid).is_some_and(|track| info::may_be_redundant(&track.info));
                    with_redundancy(taken, is_redundant)
                }
                _ => taken,
            }
        });
        let codecs: Vec<Vec<Taken<'_>>> = codecs.collect();
        let mut mid_to_track_id = HashMap::new();
        let mut lines = Vec::with_capacity(connection.lines.len());
        for ((line, offered), codecs) in connection.lines.iter().zip(&connection.offered).zip(&codecs) {
            let agreement = &connection.agreement;
            let agreed = Agreed { codecs, extensions: &agreement.extensions, layers: agreement.layers_on(offered) };
            let answered = match line {
                _ if offered.kind == LineKind::Data && !offered.is_rejected => Answered::Data,
                _ if !is_answerable(offered, codecs) => Answered::Rejected,
                // The client does not offer what we have offered.
                Line::Idle | Line::Ended | Line::Offered { .. } | Line::EndOffered => Answered::Inactive(agreed),
                Line::Publishes(track) => {
                    mid_to_track_id.insert(offered.mid.to_string(), track.clone());
                    Answered::Receives(agreed)
                }
                Line::Receives { track, stream, group, .. } => {
                    mid_to_track_id.insert(offered.mid.to_string(), track.clone());
                    Answered::Sends(agreed, SentTrack { msid: (group, track), stream: *stream })
                }
            };
            lines.push((offered, answered));
        }
        let sdp = answer::write(&head, &lines);
        Some(SessionDescription { r#type: "answer".to_owned(), sdp, id: number, mid_to_track_id })
    }

    /// Lines whose end has been answered can be used again.
    fn release_ended(&mut self, id: SessionId) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        session.reoffer = Reoffer::Unneeded;
        let Some(connection) = self.connection(id) else { return };
        connection.lines.iter_mut().filter(|line| **line == Line::Ended).for_each(|line| *line = Line::Idle);
        if self.has_unserved(id) {
            self.need_offer(id);
        }
    }

    pub(super) fn connection(&mut self, id: SessionId) -> Option<&mut Connection> {
        self.sessions.get_mut(&id)?.connection.as_mut()
    }

    pub(super) fn need_offer(&mut self, id: SessionId) {
        if let Some(session) = self.sessions.get_mut(&id) {
            session.need_offer();
        }
    }

    /// How many lines could be used for something of this kind.
    pub(super) fn idle_lines(connection: &Connection, kind: MediaKind) -> usize {
        let lines = connection.lines.iter().zip(&connection.offered);
        let is_idle = |(line, offered): &(&Line, &OfferedLine)| {
            **line == Line::Idle
                && offered.kind == LineKind::Media(kind)
                && offered.ways.receives
                && !offered.is_rejected
        };
        lines.filter(is_idle).count()
    }
}

/// A connection as the other side has described it, with what is our choice still to be chosen.
pub(super) fn config<E: Engine>(cx: &Context<'_, E>, remote: &Offer, agreement: &Agreement) -> PeerConfig {
    PeerConfig {
        ice: IceRole::Lite,
        local: remote.ice.clone(),
        remote: remote.ice.clone(),
        addresses: cx.site.local.clone(),
        fingerprint: remote.fingerprint.clone(),
        dtls: if remote.is_dtls_server { DtlsRole::Client } else { DtlsRole::Server },
        codecs: agreement.codecs.iter().map(|negotiated| negotiated.codec).collect(),
        extensions: agreement.extensions.clone(),
        data: DataChannels::None,
        estimate_from_bps: None,
    }
}

pub(super) fn credentials<E: Engine>(cx: &Context<'_, E>) -> IceCredentials {
    IceCredentials {
        ufrag: random_token(cx.entropy, UFRAG_CHARS),
        pwd: Secret::new(random_token(cx.entropy, PWD_CHARS)),
    }
}
