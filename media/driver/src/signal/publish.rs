//! Tracks on their way in: announced, found in an offer, muted, ended.

use livekit_protocol::signal_response::Message;
use livekit_protocol::{AddTrackRequest, MuteTrackRequest, TrackPublishedResponse, TrackUnpublishedResponse};
use veche_sfu::engine::{Codec, CodecFormat, Engine, MediaKind};
use veche_sfu::{Layering, PUBLICATIONS_PER_PARTICIPANT_MAX, PublicationConfig, PublicationId};

use super::info;
use super::room::{Context, Room, make_sid};
use super::sdp::{LineKind, OfferedLine};
use super::session::{Announced, Connection, Line, Session, SessionId, Track};

/// Letters of a client's name for a track.
const CID_CHARS_MAX: usize = 256;

/// A line on which a client sends what he has announced.
struct Found {
    place: usize,
    announced: Announced,
    config: PublicationConfig,
}

impl<E: Engine> Room<E> {
    /// A client says what he is going to send. What he may not, or what is too much, gets no answer, as with LiveKit: his
    /// client gives up after a while.
    pub(super) fn announce(&mut self, cx: &mut Context<'_, E>, id: SessionId, mut request: AddTrackRequest) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let is_allowed = info::source(&request).is_some_and(|source| session.grants.allows(source));
        let is_short = |cid: &str| cid.chars().nth(CID_CHARS_MAX).is_none();
        request.simulcast_codecs.truncate(1);
        let is_named = !request.cid.is_empty()
            && is_short(&request.cid)
            && request.simulcast_codecs.iter().all(|codec| is_short(&codec.cid));
        let is_known = session.announced.iter().any(|it| it.request.cid == request.cid)
            || session.tracks.iter().any(|it| it.cid == request.cid);
        let has_room = session.announced.len() + session.tracks.len() < PUBLICATIONS_PER_PARTICIPANT_MAX;
        if !is_allowed || !is_named || is_known || !has_room {
            tracing::debug!(is_allowed, is_named, is_known, has_room, "a track was not taken");
            return;
        }
        let info = info::track(make_sid(cx.entropy, "TR_"), &request, cx.wall_ms);
        let told = TrackPublishedResponse { cid: request.cid.clone(), track: Some(info.clone()) };
        session.announced.push(Announced { request: info::remembered(&request), info });
        session.send(Message::TrackPublished(told), cx.now);
    }

    /// Publishes what was announced and is offered now.
    pub(super) fn publish_offered(&mut self, cx: &mut Context<'_, E>, id: SessionId) {
        let mut has_published = false;
        while let Some(found) = self.find_announced(id) {
            let Some(participant) = self.sessions.get(&id).and_then(Session::publisher) else { return };
            let mid = found.config.mid;
            let mime_type = found.config.codecs.first().map(|codec| info::mime_type(codec.format)).unwrap_or_default();
            let layering = found.config.layering;
            let publication = match self.call.publish(cx.now, participant, found.config) {
                Ok(publication) => publication,
                Err(error) => {
                    tracing::debug!(%error, "a track cannot be published");
                    continue;
                }
            };
            let Announced { request, mut info } = found.announced;
            info.mid = mid.to_string();
            info.mime_type = mime_type.to_owned();
            if let Some(codec) = info.codecs.first_mut() {
                mime_type.clone_into(&mut codec.mime_type);
                codec.mid = info.mid.clone();
            }
            if layering == Layering::Spatial {
                info::tell_spatial(&mut info);
            }
            let sid = info.sid.clone();
            let track = Track { info, cid: request.cid, publication, is_told_subscribed: false };
            let Some(session) = self.sessions.get_mut(&id) else { return };
            session.tracks.push(track);
            if let Some(connection) = &mut session.connection {
                connection.lines[found.place] = Line::Publishes(sid.clone());
            }
            self.want_by_all(id, &sid);
            has_published = true;
        }
        if has_published {
            self.tell_others(cx.now, id);
        }
    }

    /// An idle line on which something is sent that was announced. It is taken out of what is announced.
    fn find_announced(&mut self, id: SessionId) -> Option<Found> {
        let session = self.sessions.get_mut(&id)?;
        let (connection, is_firefox) = (session.connection.as_ref()?, session.is_firefox());
        for (place, (line, offered)) in connection.lines.iter().zip(&connection.offered).enumerate() {
            if *line != Line::Idle || offered.is_rejected || !offered.ways.sends {
                continue;
            }
            let named = session.announced.iter().position(|it| is_named(it, offered));
            let other = || nameless(&session.announced, connection, offered);
            let Some(at) = named.or_else(|| is_firefox.then(other).flatten()) else { continue };
            let announced = session.announced.remove(at);
            let taken = connection.agreement.on_line(offered);
            let mut codecs: Vec<Codec> = taken.into_iter().map(|(codec, _)| codec).collect();
            // The first is the one that is told of, and redundancy is none of its own.
            codecs.sort_by_key(|codec| codec.format == CodecFormat::OpusRed);
            if !info::may_be_redundant(&announced.info) {
                codecs.retain(|codec| codec.format != CodecFormat::OpusRed);
            }
            let source = info::source(&announced.request)?;
            let rids = connection.agreement.layers_on(offered);
            let format = codecs.first().map_or(CodecFormat::Vp8, |codec| codec.format);
            let layering = info::layering(&announced.request, format, rids);
            let layers = info::layers(&announced.request, source.kind(), rids, layering);
            let config = PublicationConfig {
                source,
                mid: offered.mid,
                codecs,
                layers,
                layering,
                stream: offered.stream,
                muted: announced.request.muted,
            };
            return Some(Found { place, announced, config });
        }
        None
    }

    /// Ends one of his tracks.
    pub(super) fn unpublish(&mut self, cx: &mut Context<'_, E>, id: SessionId, sid: &str) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let Some(at) = session.tracks.iter().position(|track| track.info.sid == sid) else { return };
        let track = session.tracks.remove(at);
        if let Some(connection) = &mut session.connection {
            let line = connection.lines.iter_mut().find(|line| matches!(line, Line::Publishes(of) if of == sid));
            line.into_iter().for_each(|line| *line = Line::Idle);
        }
        session.send(Message::TrackUnpublished(TrackUnpublishedResponse { track_sid: sid.to_owned() }), cx.now);
        // It is there, because the track was.
        let _ = self.call.unpublish(cx.now, track.publication);
        self.forget_wants(sid);
        self.tell_others(cx.now, id);
    }

    /// Mutes a track for everybody, or no longer. Whether there was one to change.
    pub(crate) fn set_muted(&mut self, cx: &mut Context<'_, E>, id: SessionId, request: &MuteTrackRequest) -> bool {
        let Some(session) = self.sessions.get_mut(&id) else { return false };
        if let Some(announced) = session.announced.iter_mut().find(|it| it.info.sid == request.sid) {
            announced.info.muted = request.muted;
            announced.request.muted = request.muted;
            return true;
        }
        let Some(track) = session.tracks.iter_mut().find(|track| track.info.sid == request.sid) else { return false };
        if track.info.muted != request.muted {
            track.info.muted = request.muted;
            let _ = self.call.set_muted(cx.now, track.publication, request.muted);
            self.tell_others(cx.now, id);
        }
        true
    }

    /// Whose publication it is, and which track.
    pub(super) fn track_of(&self, publication: PublicationId) -> Option<(SessionId, &Track)> {
        let tracks = self.sessions.iter().flat_map(|(id, session)| session.tracks.iter().map(|track| (*id, track)));
        tracks.into_iter().find(|(_, track)| track.publication == publication)
    }

    /// Whose track it is.
    pub(super) fn owner_of(&self, sid: &str) -> Option<(SessionId, &Track)> {
        self.sessions.iter().find_map(|(id, session)| Some((*id, session.track(sid)?)))
    }
}

/// Whether a line has the name under which something was announced.
fn is_named(announced: &Announced, offered: &OfferedLine) -> bool {
    let AddTrackRequest { cid, simulcast_codecs, .. } = &announced.request;
    let names = simulcast_codecs.first().map(|codec| codec.cid.as_str());
    offered.track.as_deref().is_some_and(|track| track == cid || Some(track) == names)
}

/// What is sent on a line that has the name of nothing announced: the first of its kind that no other line names. Firefox
/// gives the tracks in its offers names of its own.
fn nameless(announced: &[Announced], connection: &Connection, offered: &OfferedLine) -> Option<usize> {
    announced.iter().position(|it| {
        info::source(&it.request).is_some_and(|source| LineKind::Media(source.kind()) == offered.kind)
            && !connection.offered.iter().any(|line| is_named(it, line))
    })
}

/// Sound or picture of a track.
pub(super) fn kind(track: &Track) -> MediaKind {
    if track.info.r#type == i32::from(livekit_protocol::TrackType::Audio) { MediaKind::Audio } else { MediaKind::Video }
}
