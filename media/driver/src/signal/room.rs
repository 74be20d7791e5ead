//! A room: the people whose signaling we hear, and the call that forwards their media.

use std::collections::{BTreeMap, BTreeSet};
use std::mem;
use std::time::Duration;

use livekit_protocol::signal_response::Message;
use livekit_protocol::{
    DisconnectReason, IceServer, JoinRequest, JoinResponse, LeaveRequest, ParticipantInfo, ParticipantUpdate,
    ReconnectResponse, RoomUpdate, SignalResponse, leave_request, participant_info,
};
use prost::Message as _;
use veche_base::{Entropy, random_token};
use veche_sfu::engine::Engine;
use veche_sfu::{Call, PARTICIPANTS_MAX, ParticipantId};

use super::grants::{Arrival, Grants, Protocol};
use super::info;
use super::session::{Downlink, Outbox, Session, SessionId};
use crate::sfu::{Demux, Member, RoomId, RoomNews, Site, Watch};

/// How often clients say that they are there, and after what silence both sides think that the other is not. Seconds.
const PING_INTERVAL_SECS: i32 = 5;
pub(super) const PING_TIMEOUT_SECS: i32 = 15;
/// People whose rights were set in one call. Each of them was there, with a token, while somebody took the trouble.
const LIMITED_MAX: usize = 4 * PARTICIPANTS_MAX;
/// Letters behind the prefix of a name that we make: 71 bits.
const SID_CHARS: usize = 12;

/// What a room needs of the world for one step.
pub(crate) struct Context<'a, E: Engine> {
    /// The monotonic clock.
    pub(crate) now: Duration,
    /// The clock on the wall.
    pub(crate) wall_ms: u64,
    /// Makes peers.
    pub(crate) engine: &'a E,
    /// Makes names.
    pub(crate) entropy: &'a dyn Entropy,
    /// Where we are reached.
    pub(crate) site: &'a Site,
    /// Where each peer's packets are found.
    pub(crate) demux: &'a mut Demux,
}

/// See the module.
pub(crate) struct Room<E: Engine> {
    pub(crate) id: RoomId,
    pub(crate) name: String,
    pub(super) sid: String,
    pub(crate) created_ms: u64,
    pub(crate) call: Call<E::Peer>,
    pub(super) sessions: BTreeMap<SessionId, Session>,
    /// What the world is to be told.
    news: Vec<RoomNews>,
    /// How many people and publishers clients were last told of.
    told: (usize, usize),
    pub(super) next_look: Duration,
    /// Who was last told to speak, and how loud.
    pub(super) speaking: Vec<(SessionId, f32)>,
    /// The rights that were set for somebody, which hold although he goes and comes anew. Nothing else of the grants is kept.
    limited: BTreeMap<String, Grants>,
}

/// Why somebody is let in no room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The client believes to be in the room, and is not: he has to begin anew.
    StateMismatch,
    /// There are too many.
    Full,
}

impl<E: Engine> Room<E> {
    /// A room without people.
    pub(crate) fn new(id: RoomId, name: String, cx: &Context<'_, E>) -> Self {
        Self {
            id,
            name,
            sid: make_sid(cx.entropy, "RM_"),
            created_ms: cx.wall_ms,
            call: Call::new(cx.now),
            sessions: BTreeMap::new(),
            news: Vec::new(),
            told: (0, 0),
            next_look: cx.now,
            speaking: Vec::new(),
            limited: BTreeMap::new(),
        }
    }

    /// Whether nobody is there.
    pub(crate) fn is_empty(&self) -> bool {
        self.sessions.is_empty()
    }

    /// How many are there.
    pub(crate) fn len(&self) -> usize {
        self.sessions.len()
    }

    /// Who is there, and how he fares; `watched` is what was seen of his packets.
    pub(crate) fn members<'a>(&self, watched: impl Fn(ParticipantId) -> Option<&'a Watch>) -> Vec<Member> {
        let member = |session: &Session| {
            let watch = session.participants().filter_map(&watched).fold(Watch::default(), Watch::with);
            let (up_bps, down_bps) = watch.bits_per_second();
            Member {
                identity: session.grants.identity.clone(),
                is_connected: session.unreachable_since.is_none(),
                tracks: session.tracks.len(),
                joined_ms: session.joined_ms,
                condition: session.condition,
                way: watch.way(),
                up_bps,
                down_bps,
                stages: watch.stages(session.joined_at, session.connected_at),
            }
        };
        self.sessions.values().map(member).collect()
    }

    /// Who has a connection of media.
    pub(crate) fn participants(&self) -> BTreeSet<ParticipantId> {
        self.sessions.values().flat_map(Session::participants).collect()
    }

    /// What the world is to be told since it was last asked.
    pub(crate) fn take_news(&mut self) -> Vec<RoomNews> {
        mem::take(&mut self.news)
    }

    /// The session with this identity.
    pub(crate) fn find(&self, identity: &str) -> Option<SessionId> {
        self.sessions.iter().find(|(_, session)| session.grants.identity == identity).map(|(id, _)| *id)
    }

    /// Who somebody is who is there.
    pub(crate) fn identity_of(&self, id: SessionId) -> Option<&str> {
        self.sessions.get(&id).map(|session| session.grants.identity.as_str())
    }

    /// Takes somebody in, or back. `id` is his name from now on; one who comes back keeps the name that he had, which is
    /// answered. Nobody, if he was refused; he has been told.
    pub(crate) fn join(
        &mut self,
        cx: &mut Context<'_, E>,
        id: SessionId,
        grants: Grants,
        arrival: Arrival,
        outbox: Box<dyn Outbox>,
    ) -> Option<SessionId> {
        let there = self.find(&grants.identity);
        let request = &arrival.request;
        if request.reconnect {
            let same = there.filter(|id| self.sessions[id].sid == request.participant_sid);
            let Some(id) = same else {
                refuse(outbox.as_ref(), Refusal::StateMismatch);
                return None;
            };
            if let Some(session) = self.sessions.get_mut(&id) {
                session.regrant(grants);
            }
            self.resume(cx, id, arrival.request, outbox);
            return Some(id);
        }
        if there.is_none() && self.sessions.len() >= PARTICIPANTS_MAX {
            let (room, identity) = (self.name.clone(), grants.identity);
            self.news.push(RoomNews::NoPlace { room, identity, is_room: true });
            refuse(outbox.as_ref(), Refusal::Full);
            return None;
        }
        // Told before the end of the one with the same name, so that he is never thought to have gone in between.
        self.news.push(RoomNews::Joined { room: self.name.clone(), identity: grants.identity.clone() });
        if let Some(before) = there {
            self.remove(cx, before, DisconnectReason::DuplicateIdentity, true);
        }
        self.admit(cx, id, grants, arrival, outbox);
        Some(id)
    }

    fn admit(
        &mut self,
        cx: &mut Context<'_, E>,
        id: SessionId,
        grants: Grants,
        Arrival { request, protocol }: Arrival,
        outbox: Box<dyn Outbox>,
    ) {
        let client = request.client_info.as_ref().map(info::remembered_client).unwrap_or_default();
        let mut session = Session::new(make_sid(cx.entropy, "PA_"), grants, client, outbox, cx.now);
        if let Some(rights) = self.limited.get(&session.grants.identity) {
            session.limit(rights);
        }
        session.joined_ms = cx.wall_ms;
        session.auto_subscribe = request.connection_settings.is_none_or(|settings| settings.auto_subscribe);
        if protocol == Protocol::Two {
            session.downlink = Some(Downlink::new(cx, session.is_firefox()));
            session.need_offer();
        }
        if session.grants.can_update_own_metadata {
            super::requests::take_metadata(
                &mut session,
                request.metadata,
                String::new(),
                request.participant_attributes,
            );
        }
        self.sessions.insert(id, session);
        self.want_all(id);
        let join = self.join_response(cx, id);
        self.send(cx.now, id, Message::Join(join));
        self.tell_all_qualities(cx.now, id);
        self.tell_who_speaks(cx.now, id);
        self.tell_others(cx.now, id);
        for track in request.add_track_requests {
            self.announce(cx, id, track);
        }
        if let Some(offer) = request.publisher_offer {
            self.take_offer(cx, id, &offer);
        }
    }

    /// Remembers the rights that were set for somebody.
    pub(super) fn keep_limit(&mut self, id: SessionId) {
        let Some(session) = self.sessions.get(&id) else { return };
        let (grants, identity) = (&session.grants, &session.grants.identity);
        let rights = Grants {
            can_publish: grants.can_publish,
            can_publish_sources: grants.can_publish_sources.clone(),
            can_subscribe: grants.can_subscribe,
            can_publish_data: grants.can_publish_data,
            can_update_own_metadata: grants.can_update_own_metadata,
            ..Grants::participant(identity, "")
        };
        if self.limited.len() < LIMITED_MAX || self.limited.contains_key(identity) {
            self.limited.insert(identity.clone(), rights);
        }
    }

    fn resume(&mut self, cx: &mut Context<'_, E>, id: SessionId, request: JoinRequest, outbox: Box<dyn Outbox>) {
        let ice_servers = self.ice_servers(cx, id);
        let Some(session) = self.sessions.get_mut(&id) else { return };
        session.take_outbox(outbox);
        let answer =
            ReconnectResponse { ice_servers, server_info: Some(info::server()), ..ReconnectResponse::default() };
        session.send(Message::Reconnect(answer), cx.now);
        // Everything that he may have missed.
        session.need_offer();
        self.restart_downlink(cx, id);
        let participants = self.others(id);
        self.send(cx.now, id, Message::Update(ParticipantUpdate { participants }));
        if let Some(sync) = request.sync_state {
            self.take_sync_state(cx, id, sync);
        }
        if let Some(offer) = request.publisher_offer {
            self.take_offer(cx, id, &offer);
        }
    }

    fn join_response(&self, cx: &Context<'_, E>, id: SessionId) -> JoinResponse {
        let (participant, server) = (self.sessions.get(&id).map(Session::info), info::server());
        JoinResponse {
            room: Some(self.info()),
            participant,
            other_participants: self.others(id),
            server_version: server.version.clone(),
            server_info: Some(server),
            ice_servers: self.ice_servers(cx, id),
            subscriber_primary: self.sessions.get(&id).is_some_and(|session| session.downlink.is_some()),
            ping_interval: PING_INTERVAL_SECS,
            ping_timeout: PING_TIMEOUT_SECS,
            enabled_publish_codecs: ["audio/opus", "video/VP8", "video/H264", "video/VP9", "video/AV1"]
                .map(|mime| livekit_protocol::Codec { mime: mime.to_owned(), ..Default::default() })
                .to_vec(),
            ..JoinResponse::default()
        }
    }

    fn ice_servers(&self, cx: &Context<'_, E>, id: SessionId) -> Vec<IceServer> {
        let identity = self.sessions.get(&id).map(|session| session.grants.identity.as_str());
        identity.map(|identity| cx.site.ice_servers(identity)).unwrap_or_default()
    }

    pub(crate) fn info(&self) -> livekit_protocol::Room {
        let (people, publishers) = self.counts();
        livekit_protocol::Room {
            sid: self.sid.clone(),
            name: self.name.clone(),
            creation_time: info::seconds(self.created_ms),
            creation_time_ms: i64::try_from(self.created_ms).unwrap_or(i64::MAX),
            num_participants: u32::try_from(people).unwrap_or(u32::MAX),
            num_publishers: u32::try_from(publishers).unwrap_or(u32::MAX),
            ..livekit_protocol::Room::default()
        }
    }

    fn counts(&self) -> (usize, usize) {
        let seen = || self.sessions.values().filter(|session| !session.grants.hidden);
        (seen().count(), seen().filter(|session| !session.tracks.is_empty()).count())
    }

    /// What somebody is told of all the others.
    fn others(&self, id: SessionId) -> Vec<ParticipantInfo> {
        let others = self.sessions.iter().filter(|(other, session)| **other != id && !session.grants.hidden);
        others.map(|(_, session)| session.info()).collect()
    }

    /// Lets somebody go, who is told if he does not know.
    pub(crate) fn remove(&mut self, cx: &mut Context<'_, E>, id: SessionId, reason: DisconnectReason, tell_him: bool) {
        if tell_him {
            self.send(cx.now, id, Message::Leave(leave(reason, leave_request::Action::Disconnect)));
        }
        self.drop_session(cx, id, reason);
    }

    /// Lets somebody go whose client has lost the thread: it comes back by itself and begins anew.
    pub(super) fn restart(&mut self, cx: &mut Context<'_, E>, id: SessionId, reason: DisconnectReason) {
        self.send(cx.now, id, Message::Leave(leave(reason, leave_request::Action::Reconnect)));
        self.drop_session(cx, id, reason);
    }

    fn drop_session(&mut self, cx: &mut Context<'_, E>, id: SessionId, reason: DisconnectReason) {
        let Some(mut session) = self.sessions.remove(&id) else { return };
        for participant in session.participants().collect::<Vec<_>>() {
            // He is in the call, because he has a connection.
            let _ = self.call.leave(cx.now, participant);
            cx.demux.forget(self.id, participant);
        }
        for track in mem::take(&mut session.tracks) {
            self.forget_wants(&track.info.sid);
        }
        let (room, identity) = (self.name.clone(), session.grants.identity.clone());
        self.news.push(RoomNews::Left { room, identity });
        if !session.grants.hidden {
            session.version += 1;
            let info = ParticipantInfo {
                state: participant_info::State::Disconnected.into(),
                disconnect_reason: reason.into(),
                ..session.info()
            };
            self.broadcast(cx.now, None, &Message::Update(ParticipantUpdate { participants: vec![info] }));
        }
    }

    /// Tells everybody that the room ends, and that he should come back.
    pub(crate) fn say_goodbye(&mut self, now: Duration, reason: DisconnectReason) {
        let leave = leave(reason, leave_request::Action::Reconnect);
        self.broadcast(now, None, &Message::Leave(leave));
    }

    /// Tells the others what has become of somebody.
    pub(super) fn tell_others(&mut self, now: Duration, id: SessionId) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        session.version += 1;
        if session.grants.hidden {
            return;
        }
        let update = Message::Update(ParticipantUpdate { participants: vec![session.info()] });
        self.broadcast(now, Some(id), &update);
    }

    /// Tells everybody, himself too.
    pub(super) fn tell_all(&mut self, now: Duration, id: SessionId) {
        self.tell_others(now, id);
        let Some(info) = self.sessions.get(&id).map(Session::info) else { return };
        self.send(now, id, Message::Update(ParticipantUpdate { participants: vec![info] }));
    }

    pub(super) fn broadcast(&mut self, now: Duration, except: Option<SessionId>, message: &Message) {
        for (_, session) in self.sessions.iter_mut().filter(|(id, _)| Some(**id) != except) {
            session.send(message.clone(), now);
        }
    }

    pub(super) fn send(&mut self, now: Duration, id: SessionId, message: Message) {
        if let Some(session) = self.sessions.get_mut(&id) {
            session.send(message, now);
        }
    }

    /// The connection of somebody's signaling has ended. He may come back on another.
    pub(crate) fn hung_up(&mut self, now: Duration, id: SessionId) {
        if let Some(session) = self.sessions.get_mut(&id) {
            session.hang_up(now);
        }
    }

    /// Whose participant this is.
    pub(super) fn session_of(&self, participant: ParticipantId) -> Option<SessionId> {
        self.sessions.iter().find(|(_, session)| session.is(participant)).map(|(id, _)| *id)
    }

    /// Says how many are there, if that has changed.
    pub(super) fn tell_counts(&mut self, now: Duration) {
        let counts = self.counts();
        if mem::replace(&mut self.told, counts) != counts {
            let update = RoomUpdate { room: Some(self.info()) };
            self.broadcast(now, None, &Message::RoomUpdate(update));
        }
    }
}

/// Tells somebody who is not in the room why, before his connection is closed.
fn refuse(outbox: &dyn Outbox, refusal: Refusal) {
    let leave = match refusal {
        Refusal::StateMismatch => leave(DisconnectReason::StateMismatch, leave_request::Action::Reconnect),
        Refusal::Full => leave(DisconnectReason::JoinFailure, leave_request::Action::Disconnect),
    };
    // If he does not hear it, he sees that the connection ends.
    let _ = outbox.send(SignalResponse { message: Some(Message::Leave(leave)) }.encode_to_vec());
}

fn leave(reason: DisconnectReason, action: leave_request::Action) -> LeaveRequest {
    // Clients of before the action was known look at this.
    let can_reconnect = action != leave_request::Action::Disconnect;
    LeaveRequest { can_reconnect, reason: reason.into(), action: action.into(), regions: None }
}

/// A name that nobody guesses: `PA_`, `TR_` or `RM_`, which clients look at, and letters.
pub(super) fn make_sid(entropy: &dyn Entropy, prefix: &str) -> String {
    format!("{prefix}{}", random_token(entropy, SID_CHARS))
}
