//! What is asked of a room from outside ([`super::service`]), done.

use livekit_protocol::signal_response::Message;
use livekit_protocol::{
    DataPacket, DisconnectReason, MuteRoomTrackRequest, MuteTrackRequest, ParticipantInfo, ParticipantPermission,
    SendDataRequest, TrackInfo, UpdateParticipantRequest, UserPacket, data_packet,
};
use prost::Message as _;
use veche_sfu::Source;
use veche_sfu::engine::Engine;

use super::info;
use super::requests::take_metadata;
use super::room::{Context, Room};
use super::service::{Asked, ServiceError, ServiceRequest};
use super::session::{Session, SessionId};

impl<E: Engine> Room<E> {
    /// Does what is asked of this room, and writes the answer. [`Room::settle`] is to follow.
    pub(crate) fn serve(&mut self, cx: &mut Context<'_, E>, request: &ServiceRequest) -> Result<Vec<u8>, ServiceError> {
        match &request.asked {
            Asked::ListRooms(_) => return Ok(request.rooms(vec![self.info()])),
            Asked::ListParticipants(_) => return Ok(request.participants(self.shown())),
            Asked::GetParticipant(asked) => {
                let id = self.find_or_refuse(&asked.identity)?;
                return Ok(request.participant(&self.sessions[&id].info()));
            }
            Asked::RemoveParticipant(asked) => {
                let id = self.find_or_refuse(&asked.identity)?;
                self.remove(cx, id, DisconnectReason::ParticipantRemoved, true);
            }
            Asked::MutePublishedTrack(asked) => return Ok(request.track(self.mute(cx, asked)?)),
            Asked::UpdateParticipant(asked) => {
                let updated = self.update(cx, asked, request.may_publish)?;
                return Ok(request.participant(&updated));
            }
            Asked::SendData(asked) => self.send_data(asked),
            Asked::DeleteRoom(_) => self.close(cx),
        }
        Ok(request.done())
    }

    fn find_or_refuse(&self, identity: &str) -> Result<SessionId, ServiceError> {
        self.find(identity).ok_or(ServiceError::NoParticipant)
    }

    fn shown(&self) -> Vec<ParticipantInfo> {
        self.sessions.values().filter(|session| !session.grants.hidden).map(Session::info).collect()
    }

    /// Sends everybody out.
    fn close(&mut self, cx: &mut Context<'_, E>) {
        let everybody: Vec<SessionId> = self.sessions.keys().copied().collect();
        for id in everybody {
            self.remove(cx, id, DisconnectReason::RoomDeleted, true);
        }
    }

    /// Mutes somebody's track at once, and tells his client that it is.
    fn mute(&mut self, cx: &mut Context<'_, E>, asked: &MuteRoomTrackRequest) -> Result<TrackInfo, ServiceError> {
        let id = self.find_or_refuse(&asked.identity)?;
        let before = self.track_info(id, &asked.track_sid).ok_or(ServiceError::NoTrack)?;
        if asked.muted != before.muted {
            if !asked.muted {
                return Err(ServiceError::NoUnmuting);
            }
            let request = MuteTrackRequest { sid: asked.track_sid.clone(), muted: true };
            self.set_muted(cx, id, &request);
            self.send(cx.now, id, Message::Mute(request));
        }
        self.track_info(id, &asked.track_sid).ok_or(ServiceError::NoTrack)
    }

    /// A track that is published or announced.
    fn track_info(&self, id: SessionId, sid: &str) -> Option<TrackInfo> {
        let session = self.sessions.get(&id)?;
        let announced = session.announced.iter().map(|it| &it.info).find(|info| info.sid == sid);
        session.track(sid).map(|track| &track.info).or(announced).cloned()
    }

    /// Changes what others see of somebody, and what he may do. Rights to send go no further than `may_publish`.
    fn update(
        &mut self,
        cx: &mut Context<'_, E>,
        asked: &UpdateParticipantRequest,
        may_publish: bool,
    ) -> Result<ParticipantInfo, ServiceError> {
        let id = self.find_or_refuse(&asked.identity)?;
        let session = self.sessions.get_mut(&id).ok_or(ServiceError::NoParticipant)?;
        let UpdateParticipantRequest { metadata, name, attributes, .. } = asked.clone();
        if !take_metadata(session, metadata, name, attributes) {
            return Err(ServiceError::Invalid("name, metadata or attributes are too long"));
        }
        if let Some(permission) = &asked.permission {
            session.permit(permission, may_publish);
            self.keep_limit(id);
            self.end_what_is_not_permitted(cx, id);
        }
        self.tell_all(cx.now, id);
        self.sessions.get(&id).map(Session::info).ok_or(ServiceError::NoParticipant)
    }

    fn end_what_is_not_permitted(&mut self, cx: &mut Context<'_, E>, id: SessionId) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let grants = &session.grants;
        session.announced.retain(|it| info::source(&it.request).is_some_and(|source| grants.allows(source)));
        let is_ended = |track: &TrackInfo| info::source_of(track).is_none_or(|source| !grants.allows(source));
        let ended = session.tracks.iter().filter(|track| is_ended(&track.info)).map(|track| track.info.sid.clone());
        let ended: Vec<String> = ended.collect();
        let received = session.wants.iter().filter(|(_, want)| want.subscription.is_some() && !grants.can_subscribe);
        let received: Vec<String> = received.map(|(sid, _)| sid.clone()).collect();
        ended.iter().for_each(|sid| self.unpublish(cx, id, sid));
        received.iter().for_each(|sid| self.unsubscribe(cx, id, sid));
        // He gets back, or gives back the lines of, what he wants.
        self.need_offer(id);
    }

    /// Passes a message of nobody in the room on.
    fn send_data(&mut self, asked: &SendDataRequest) {
        #[expect(deprecated, reason = "clients of today still read it, and some name whom they mean by it")]
        let (packet, sids) = {
            let user = UserPacket {
                payload: asked.data.clone(),
                topic: asked.topic.clone(),
                nonce: asked.nonce.clone(),
                ..UserPacket::default()
            };
            let packet = DataPacket {
                kind: asked.kind,
                destination_identities: asked.destination_identities.clone(),
                value: Some(data_packet::Value::User(user)),
                ..DataPacket::default()
            };
            (packet, &asked.destination_sids)
        };
        let identities = &asked.destination_identities;
        let is_for_all = identities.is_empty() && sids.is_empty();
        let is_lossy = asked.kind == i32::from(data_packet::Kind::Lossy);
        self.deliver(is_lossy, &packet.encode_to_vec(), |_, session| {
            is_for_all || identities.contains(&session.grants.identity) || sids.contains(&session.sid)
        });
    }
}

impl Session {
    /// Takes other rights, which a token that he shows later cannot widen.
    fn permit(&mut self, permission: &ParticipantPermission, may_publish: bool) {
        let sources: Vec<Source> =
            permission.can_publish_sources.iter().filter_map(|number| info::source_of_number(*number)).collect();
        // Sources that nobody knows must not mean all of them.
        let names_some = permission.can_publish_sources.is_empty() || !sources.is_empty();
        let grants = &mut self.grants;
        grants.can_publish = permission.can_publish && names_some && may_publish;
        grants.can_publish_sources = sources;
        grants.can_publish_data = permission.can_publish_data && may_publish;
        grants.can_subscribe = permission.can_subscribe;
        grants.can_update_own_metadata = permission.can_update_metadata;
        self.is_limited = true;
    }
}
