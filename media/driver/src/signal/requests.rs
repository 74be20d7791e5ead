//! What clients ask, message by message.

use std::collections::HashMap;
use std::mem;

use livekit_protocol::signal_request::Message as Request;
use livekit_protocol::signal_response::Message;
use livekit_protocol::{
    DisconnectReason, Pong, RequestResponse, SignalRequest, SignalTarget, SyncState, TrickleRequest,
    UpdateLocalAudioTrack, UpdateLocalVideoTrack, UpdateParticipantMetadata, request_response,
};
use prost::Message as _;
use veche_sfu::engine::{Engine, Peer};

use super::permission;
use super::room::{Context, Room};
use super::session::{Session, SessionId};

/// The longest candidate that is looked at.
const CANDIDATE_BYTES_MAX: usize = 1_024;
/// What a client tells of his microphone.
const AUDIO_FEATURES_MAX: usize = 16;

impl<E: Engine> Room<E> {
    /// Takes a message of a client. One that cannot be read, or that comes too often, ends his session.
    pub(crate) fn take_message(&mut self, cx: &mut Context<'_, E>, id: SessionId, bytes: &[u8]) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let message = SignalRequest::decode(bytes).map(|request| request.message);
        match message {
            _ if !session.may_speak(cx.now, bytes.len()) => {
                tracing::debug!("a client sends too many messages");
                self.remove(cx, id, DisconnectReason::SignalClose, true);
            }
            Ok(Some(message)) => self.take_request(cx, id, message),
            // A message of a newer protocol.
            Ok(None) => {}
            Err(error) => {
                tracing::debug!(%error, "a message cannot be read");
                self.restart(cx, id, DisconnectReason::SignalClose);
            }
        }
    }

    fn take_request(&mut self, cx: &mut Context<'_, E>, id: SessionId, request: Request) {
        match request {
            Request::Offer(offer) => self.take_offer(cx, id, &offer),
            Request::Trickle(trickle) => self.take_candidate(id, &trickle),
            Request::AddTrack(request) => self.announce(cx, id, request),
            Request::Mute(request) => drop(self.set_muted(cx, id, &request)),
            Request::Subscription(request) => self.update_subscription(cx, id, request),
            Request::TrackSetting(settings) => self.update_settings(cx, id, &settings),
            Request::Leave(_) => self.remove(cx, id, DisconnectReason::ClientInitiated, false),
            Request::SubscriptionPermission(permission) => {
                if let Some(session) = self.sessions.get_mut(&id) {
                    let is_announced = |sid: &str| session.announced.iter().any(|it| it.info.sid == sid);
                    let has = |sid: &str| session.track(sid).is_some() || is_announced(sid);
                    session.permission = Some(permission::remembered(permission, has));
                }
                self.permissions_changed(cx, id);
            }
            Request::SyncState(sync) => self.take_sync_state(cx, id, sync),
            Request::Ping(timestamp) => {
                // Clients do not look at what comes back, but at that it does.
                let _ = timestamp;
                self.send(cx.now, id, Message::Pong(wall(cx.wall_ms)));
            }
            Request::PingReq(ping) => {
                let pong = Pong { last_ping_timestamp: ping.timestamp, timestamp: wall(cx.wall_ms) };
                self.send(cx.now, id, Message::PongResp(pong));
            }
            Request::UpdateMetadata(request) => self.update_metadata(cx, id, request),
            Request::UpdateAudioTrack(update) => self.update_audio_track(cx, id, update),
            Request::UpdateVideoTrack(update) => self.update_video_track(cx, id, &update),
            Request::PublishDataTrackRequest(_) | Request::StoreDataBlobRequest(_) | Request::GetDataBlobRequest(_) => {
                self.respond(cx, id, 0, request_response::Reason::UnsupportedType);
            }
            Request::Answer(answer) => self.take_answer(cx, id, &answer),
            // They change nothing here.
            Request::Simulate(_) | Request::UnpublishDataTrackRequest(_) | Request::UpdateDataSubscription(_) => {}
            #[expect(deprecated, reason = "what no client of today sends")]
            Request::UpdateLayers(_) => {}
        }
    }

    fn take_candidate(&mut self, id: SessionId, trickle: &TrickleRequest) {
        #[derive(serde::Deserialize)]
        struct Init {
            candidate: String,
        }
        if trickle.candidate_init.len() > CANDIDATE_BYTES_MAX {
            return;
        }
        let Ok(Init { candidate }) = serde_json::from_str(&trickle.candidate_init) else { return };
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let is_of_second = trickle.target == i32::from(SignalTarget::Subscriber);
        let connection = if is_of_second { session.receiving_mut() } else { session.connection.as_mut() };
        let Some(connection) = connection else { return };
        if !connection.takes_candidate() {
            return;
        }
        // A connection that has not been answered yet hears of the client when he comes.
        let Some(participant) = connection.participant else { return };
        if let Some(peer) = self.call.peer_mut(participant).filter(|_| !candidate.is_empty()) {
            // What cannot be read (a name of mDNS) is no way for us; the client comes to us by himself.
            let _ = peer.add_remote_candidate(&candidate);
        }
    }

    /// A client that comes back says what he had.
    pub(super) fn take_sync_state(&mut self, cx: &mut Context<'_, E>, id: SessionId, sync: SyncState) {
        if let Some(subscription) = sync.subscription {
            self.update_subscription(cx, id, subscription);
        }
        let Some(session) = self.sessions.get_mut(&id) else { return };
        // Tracks that he has given up while nobody heard him.
        let has =
            |sid: &str| sync.publish_tracks.iter().filter_map(|it| it.track.as_ref()).any(|track| track.sid == sid);
        let gone: Vec<String> =
            session.tracks.iter().map(|track| track.info.sid.clone()).filter(|sid| !has(sid)).collect();
        for sid in gone {
            self.unpublish(cx, id, &sid);
        }
    }

    fn update_metadata(&mut self, cx: &mut Context<'_, E>, id: SessionId, request: UpdateParticipantMetadata) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let reason = if !session.grants.can_update_own_metadata {
            request_response::Reason::NotAllowed
        } else if take_metadata(session, request.metadata, request.name, request.attributes) {
            request_response::Reason::Ok
        } else {
            request_response::Reason::LimitExceeded
        };
        if reason == request_response::Reason::Ok {
            self.tell_all(cx.now, id);
        }
        self.respond(cx, id, request.request_id, reason);
    }

    fn update_audio_track(&mut self, cx: &mut Context<'_, E>, id: SessionId, mut update: UpdateLocalAudioTrack) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let Some(track) = session.tracks.iter_mut().find(|track| track.info.sid == update.track_sid) else { return };
        update.features.truncate(AUDIO_FEATURES_MAX);
        if mem::replace(&mut track.info.audio_features, update.features.clone()) != update.features {
            self.tell_others(cx.now, id);
        }
    }

    fn update_video_track(&mut self, cx: &mut Context<'_, E>, id: SessionId, update: &UpdateLocalVideoTrack) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let Some(track) = session.tracks.iter_mut().find(|track| track.info.sid == update.track_sid) else { return };
        let size = (update.width, update.height);
        if (track.info.width, track.info.height) != size {
            (track.info.width, track.info.height) = size;
            self.tell_others(cx.now, id);
        }
    }

    fn respond(&mut self, cx: &Context<'_, E>, id: SessionId, request_id: u32, reason: request_response::Reason) {
        let response = RequestResponse { request_id, reason: reason.into(), ..RequestResponse::default() };
        self.send(cx.now, id, Message::RequestResponse(response));
    }
}

/// Takes what is not empty; whether it is within the limits. An attribute without a value is taken away.
pub(super) fn take_metadata(
    session: &mut Session,
    metadata: String,
    name: String,
    attributes: HashMap<String, String>,
) -> bool {
    let mut grants = session.grants.clone();
    if !metadata.is_empty() {
        grants.metadata = metadata;
    }
    if !name.is_empty() {
        grants.name = name;
    }
    grants.attributes.extend(attributes);
    grants.attributes.retain(|_, value| !value.is_empty());
    let is_taken = grants.is_within_limits();
    if is_taken {
        session.grants = grants;
    }
    is_taken
}

fn wall(wall_ms: u64) -> i64 {
    i64::try_from(wall_ms).unwrap_or(i64::MAX)
}
