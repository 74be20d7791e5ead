//! The connection that we offer, for clients that have one for what they get: `/rtc`, LiveKit's protocol before `/rtc/v1`.
//!
//! One offer is on its way at a time. A track is put on a line when the offer is written, and is subscribed to when the client
//! has answered; a line whose track has ended is offered as inactive before it carries another.

use std::collections::HashMap;

use livekit_protocol::SessionDescription;
use livekit_protocol::signal_response::Message;
use veche_sfu::engine::{ChannelConfig, CodecFormat, DataChannels, Delivery, Engine, IceRole, Mid, Peer, PeerConfig};

use super::answer::{self, Agreed, Answered, Head, SentTrack, Setup};
use super::codecs::Agreement;
use super::data::{LOSSY, RELIABLE};
use super::negotiate::{ESTIMATE_FROM_BPS, OfferError, config, credentials};
use super::ours;
use super::room::{Context, Room};
use super::sdp::{LINES_MAX, LineKind, Offer, OfferedLine};
use super::session::{Connection, Downlink, Line, Reoffer, SessionId};
use super::subscribe::{Outgoing, stream};

impl Downlink {
    /// One that has yet to be offered, with nothing but data channels.
    pub(super) fn new<E: Engine>(cx: &Context<'_, E>, is_firefox: bool) -> Self {
        let connection = Connection {
            participant: None,
            agreement: Agreement::ours(ours::EXTENSIONS.to_vec()),
            local: credentials(cx),
            remote_ufrag: String::new(),
            is_lite: !is_firefox,
            is_dtls_client: false,
            lines: vec![Line::Idle],
            candidates: 0,
            offered: Mid::new("0").map(ours::data_line).into_iter().collect(),
        };
        Self { connection, number: 0, is_restarting: false }
    }

    /// Whether the client does not know something that it has to.
    fn must_offer(&self) -> bool {
        let is_news = |line: &Line| matches!(line, Line::Offered { .. } | Line::Ended);
        self.connection.participant.is_none() || self.is_restarting || self.connection.lines.iter().any(is_news)
    }
}

impl Connection {
    /// A line for a track of this codec: one that carries nothing, or a new one. Nothing, if there are too many.
    fn line_for(&mut self, format: CodecFormat) -> Option<usize> {
        let kind = LineKind::Media(format.kind());
        let mut lines = self.lines.iter().zip(&self.offered);
        if let Some(place) = lines.position(|(line, offered)| *line == Line::Idle && offered.kind == kind) {
            self.offered[place].codecs = ours::codecs(format);
            return Some(place);
        }
        let place = self.lines.len();
        let mid = Mid::new(&place.to_string()).filter(|_| place < LINES_MAX)?;
        self.lines.push(Line::Idle);
        self.offered.push(ours::line(mid, format));
        Some(place)
    }
}

impl<E: Engine> Room<E> {
    /// Offers somebody everything that he lacks, if there is something.
    pub(super) fn offer(&mut self, cx: &Context<'_, E>, id: SessionId) {
        for (sid, _) in self.unserved(id) {
            self.put_on_line(cx, id, &sid);
        }
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let Some(downlink) = session.downlink.as_mut() else { return };
        if !downlink.must_offer() {
            session.reoffer = Reoffer::Unneeded;
            return;
        }
        let ended = downlink.connection.lines.iter_mut().filter(|line| **line == Line::Ended);
        ended.for_each(|line| *line = Line::EndOffered);
        downlink.number += 1;
        downlink.is_restarting = false;
        let offer = describe(cx, id, downlink);
        session.reoffer = Reoffer::Asked(cx.now);
        session.send(Message::Offer(offer), cx.now);
    }

    fn put_on_line(&mut self, cx: &Context<'_, E>, id: SessionId, sid: &str) {
        let (Some((publisher, track)), Some(group)) = (self.owner_of(sid), self.group_of(id, sid)) else { return };
        let of_publication = self.sessions[&publisher].format_of(track);
        let Some(format) = of_publication else { return };
        let Some(connection) = self.sessions.get_mut(&id).and_then(|session| session.receiving_mut()) else { return };
        if connection.lines.iter().any(|line| line.carries(sid)) {
            return;
        }
        let stream = stream(cx.entropy, format.kind(), &connection.lines);
        if let Some(place) = connection.line_for(format) {
            connection.lines[place] = Line::Offered { track: sid.to_owned(), stream, group };
        }
    }

    /// ICE is to begin anew, because the client has come back from wherever it was.
    pub(super) fn restart_downlink(&mut self, cx: &mut Context<'_, E>, id: SessionId) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let Some(downlink) = session.downlink.as_mut() else { return };
        // What was offered over the connection of signaling that is gone has not been heard.
        session.reoffer = Reoffer::Needed;
        downlink.is_restarting = true;
        downlink.connection.local = credentials(cx);
        if let Some(participant) = downlink.connection.participant {
            cx.demux.expect(&downlink.connection.local, self.id, participant);
        }
    }

    /// Takes the answer to our last offer. Whoever answers what cannot be understood has to begin anew.
    pub(super) fn take_answer(&mut self, cx: &mut Context<'_, E>, id: SessionId, description: &SessionDescription) {
        let Some(session) = self.sessions.get(&id) else { return };
        let awaited = session.downlink.as_ref().filter(|_| matches!(session.reoffer, Reoffer::Asked(_)));
        // Older clients do not say which offer they answer. What comes too late is no answer to the last.
        let is_it = awaited.is_some_and(|downlink| [0, downlink.number].contains(&description.id));
        if !is_it {
            return;
        }
        if let Err(error) = self.try_answer(cx, id, description) {
            tracing::debug!(%error, "an answer cannot be taken");
            self.restart(cx, id, livekit_protocol::DisconnectReason::StateMismatch);
        }
    }

    fn try_answer(
        &mut self,
        cx: &mut Context<'_, E>,
        id: SessionId,
        description: &SessionDescription,
    ) -> Result<(), OfferError> {
        let answer = Offer::parse(&description.sdp)?;
        let downlink = self.downlink(id).ok_or(OfferError::Gone)?;
        let is_same = |(ours, theirs): (&OfferedLine, &OfferedLine)| ours.mid == theirs.mid && ours.kind == theirs.kind;
        let offered = &downlink.connection.offered;
        if offered.len() != answer.lines.len() || !offered.iter().zip(&answer.lines).all(is_same) {
            return Err(OfferError::Changed);
        }
        if downlink.connection.participant.is_none() {
            self.open_downlink(cx, id, &answer)?;
        } else {
            self.follow_restart(id, &answer)?;
        }
        for (place, line) in answer.lines.iter().enumerate() {
            self.take_answered(cx, id, place, line);
        }
        let session = self.sessions.get_mut(&id).ok_or(OfferError::Gone)?;
        session.reoffer = Reoffer::Needed;
        Ok(())
    }

    /// The first answer: with it there is a peer.
    fn open_downlink(&mut self, cx: &mut Context<'_, E>, id: SessionId, answer: &Offer) -> Result<(), OfferError> {
        let connection = &self.downlink(id).ok_or(OfferError::Gone)?.connection;
        let local = connection.local.clone();
        let config = PeerConfig {
            // Whoever offers decides; a lite agent never does (RFC 8445 §6.1.1).
            ice: if connection.is_lite { IceRole::Lite } else { IceRole::Controlling },
            local: local.clone(),
            data: DataChannels::Negotiated,
            estimate_from_bps: Some(ESTIMATE_FROM_BPS),
            ..config(cx, answer, &connection.agreement)
        };
        let mut peer = cx.engine.peer(cx.now, &config)?;
        for (label, delivery) in [(RELIABLE, Delivery::Reliable), (LOSSY, Delivery::Lossy)] {
            peer.open_channel(&ChannelConfig { label: label.to_owned(), delivery })?;
        }
        let participant = self.enter(cx, peer, &local, answer)?;
        let connection = &mut self.downlink(id).ok_or(OfferError::Gone)?.connection;
        connection.participant = Some(participant);
        connection.remote_ufrag.clone_from(&answer.ice.ufrag);
        Ok(())
    }

    /// A later answer: if our offer began ICE anew, so does the client.
    fn follow_restart(&mut self, id: SessionId, answer: &Offer) -> Result<(), OfferError> {
        let connection = &mut self.downlink(id).ok_or(OfferError::Gone)?.connection;
        let participant = connection.participant.ok_or(OfferError::Gone)?;
        let is_anew = connection.follow(&answer.ice);
        self.find_way(participant, answer, is_anew)
    }

    /// What the client has made of one line.
    fn take_answered(&mut self, cx: &mut Context<'_, E>, id: SessionId, place: usize, answered: &OfferedLine) {
        let Some(connection) = self.downlink(id).map(|downlink| &mut downlink.connection) else { return };
        let Some(line) = connection.lines.get_mut(place) else { return };
        match line.clone() {
            Line::EndOffered => *line = Line::Idle,
            Line::Offered { track, stream, .. } => {
                // Until it is subscribed to, there is nothing on the line that is not to be ended.
                *line = Line::Ended;
                let is_taken = !answered.is_rejected && answered.ways.receives;
                let on_line = connection.agreement.on_line(answered);
                let payload_types = on_line.iter().map(|(codec, _)| codec.payload_type).filter(|_| is_taken).collect();
                let outgoing = Outgoing { place, mid: answered.mid, stream, payload_types: Some(payload_types) };
                // It may have been given up while the offer was on its way.
                let is_wanted = self.unserved(id).iter().any(|(sid, _)| *sid == track);
                if is_wanted {
                    self.subscribe(cx, id, &track, outgoing);
                }
            }
            Line::Idle | Line::Publishes(_) | Line::Receives { .. } | Line::Ended => {}
        }
    }

    fn downlink(&mut self, id: SessionId) -> Option<&mut Downlink> {
        self.sessions.get_mut(&id)?.downlink.as_mut()
    }
}

/// Our offer, as it is to be now.
fn describe<E: Engine>(cx: &Context<'_, E>, id: SessionId, downlink: &Downlink) -> SessionDescription {
    let connection = &downlink.connection;
    let head = Head {
        session: (id.0, downlink.number),
        is_lite: connection.is_lite,
        ice: &connection.local,
        fingerprint: cx.engine.fingerprint(),
        setup: Setup::Either,
        candidates: &cx.site.announced,
    };
    let codecs: Vec<_> = connection.offered.iter().map(|line| connection.agreement.on_line(line)).collect();
    let mut mid_to_track_id = HashMap::new();
    let mut lines = Vec::with_capacity(connection.lines.len());
    for ((line, offered), codecs) in connection.lines.iter().zip(&connection.offered).zip(&codecs) {
        let agreed = Agreed { codecs, extensions: &connection.agreement.extensions, layers: &[] };
        let described = match line {
            _ if offered.kind == LineKind::Data => Answered::Data,
            Line::Receives { track, stream, group, .. } | Line::Offered { track, stream, group } => {
                mid_to_track_id.insert(offered.mid.to_string(), track.clone());
                Answered::Sends(agreed, SentTrack { msid: (group, track), stream: *stream })
            }
            Line::Idle | Line::Publishes(_) | Line::Ended | Line::EndOffered => Answered::Inactive(agreed),
        };
        lines.push((offered, described));
    }
    let sdp = answer::write(&head, &lines);
    SessionDescription { r#type: "offer".to_owned(), sdp, id: downlink.number, mid_to_track_id }
}
