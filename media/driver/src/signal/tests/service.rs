//! What is asked of a room from outside, and what those in it hear.

use livekit_protocol::signal_response::Message;
use livekit_protocol::{
    DataPacket, DeleteRoomRequest, DisconnectReason, ListParticipantsResponse, MuteRoomTrackRequest,
    MuteRoomTrackResponse, ParticipantInfo, ParticipantPermission, RoomParticipantIdentity, SendDataRequest,
    TrackSource, TrackType, UpdateParticipantRequest, data_packet, leave_request,
};
use prost::Message as _;
use serde_json::{Value, json};
use veche_sfu::engine::{ChannelId, Event};

use crate::signal::testing::{Guest, Hall, coming_back, microphone, receiving_offer};
use crate::signal::{BodyFormat, Concern, Grants, SENT_DATA_BYTES_MAX, ServiceError, ServiceRequest};

fn ask(hall: &mut Hall, request: &ServiceRequest) -> Result<Vec<u8>, ServiceError> {
    hall.step(|room, cx| room.serve(cx, request))
}

fn read(method: &str, body: &impl prost::Message) -> ServiceRequest {
    ServiceRequest::read(method, BodyFormat::Protobuf, &body.encode_to_vec()).unwrap()
}

fn anna() -> RoomParticipantIdentity {
    RoomParticipantIdentity { room: "room".to_owned(), identity: "anna".to_owned(), revoke_token_ts: 0 }
}

/// Anna publishes a voice and a picture, Boris gets both.
fn conversation() -> (Hall, Guest, Guest) {
    let mut hall = Hall::new();
    let (mut anna, mut boris) = (hall.join("anna"), hall.join("boris"));
    hall.publish(&mut anna);
    hall.offer(&mut boris, receiving_offer(1, 1));
    anna.heard();
    boris.heard();
    (hall, anna, boris)
}

fn sid_of(hall: &Hall, guest: &Guest, kind: TrackType) -> String {
    let tracks = &hall.room.sessions[&guest.id].tracks;
    tracks.iter().find(|track| track.info.r#type() == kind).unwrap().info.sid.clone()
}

fn update(permission: ParticipantPermission, may_publish: bool) -> ServiceRequest {
    let RoomParticipantIdentity { room, identity, .. } = anna();
    let request = UpdateParticipantRequest {
        room,
        identity,
        permission: Some(permission),
        ..UpdateParticipantRequest::default()
    };
    read("UpdateParticipant", &request).with_publishing(may_publish)
}

#[test]
fn only_what_is_served_is_read() {
    let refused = |method: &str, body: &[u8]| ServiceRequest::read(method, BodyFormat::Json, body).unwrap_err();
    assert_eq!(refused("CreateRoom", b"{}"), ServiceError::NoCreation);
    assert_eq!(refused("UpdateSubscriptions", b"{}"), ServiceError::NotServed);
    assert_eq!(refused("MakeCoffee", b"{}"), ServiceError::NoMethod);
    for body in [&b""[..], b"{", b"[]", b"\xFF", br#"{"room":1}"#] {
        assert_eq!(refused("ListParticipants", body), ServiceError::Unreadable, "{body:?}");
    }
    let long = "x".repeat(600);
    for (method, body) in [
        ("ListParticipants", json!({})),
        ("DeleteRoom", json!({ "room": long })),
        ("GetParticipant", json!({ "room": "room" })),
        ("RemoveParticipant", json!({ "room": "room", "identity": long })),
        ("MutePublishedTrack", json!({ "identity": "anna" })),
        ("UpdateParticipant", json!({ "room": "room", "identity": "anna", "permission": { "hidden": true } })),
        ("SendData", json!({ "room": "room", "topic": long })),
    ] {
        let refused = refused(method, body.to_string().as_bytes());
        assert!(matches!(refused, ServiceError::Invalid(_)), "{method} {refused:?}");
    }
    let data = SendDataRequest { data: vec![0; SENT_DATA_BYTES_MAX + 1], ..SendDataRequest::default() };
    let refused = ServiceRequest::read("SendData", BodyFormat::Protobuf, &data.encode_to_vec());
    assert!(matches!(refused, Err(ServiceError::Invalid(_))));
    assert_eq!(ServiceRequest::read("ListRooms", BodyFormat::Protobuf, &[0xFF]), Err(ServiceError::Unreadable));
}

#[test]
fn json_is_read_with_names_in_either_case_and_answered_as_json() {
    let (mut hall, anna, _boris) = conversation();
    let sid = sid_of(&hall, &anna, TrackType::Audio);
    for (name, muted) in [("track_sid", true), ("trackSid", true)] {
        let body = json!({ "room": "room", "identity": "anna", name: sid, "muted": muted, "of_the_future": 1 });
        let request =
            ServiceRequest::read("MutePublishedTrack", BodyFormat::Json, body.to_string().as_bytes()).unwrap();
        assert_eq!(request.concern(), Concern::Participant { room: "room", identity: "anna", is_changed: true });
        let answer: Value = serde_json::from_slice(&ask(&mut hall, &request).unwrap()).unwrap();
        assert_eq!((&answer["track"]["sid"], &answer["track"]["muted"]), (&json!(sid), &json!(true)));
    }
}

#[test]
fn who_is_there_is_told_to_who_may_ask() {
    let (mut hall, _anna, _boris) = conversation();
    let list = read("ListParticipants", &DeleteRoomRequest { room: "room".to_owned() });
    assert!(!list.is_act());
    let told = ListParticipantsResponse::decode(ask(&mut hall, &list).unwrap().as_slice()).unwrap();
    let named: Vec<_> = told.participants.iter().map(|it| (it.identity.as_str(), it.tracks.len())).collect();
    assert_eq!(named, [("anna", 2), ("boris", 0)]);
    let told = ask(&mut hall, &read("GetParticipant", &anna())).unwrap();
    assert_eq!(ParticipantInfo::decode(told.as_slice()).unwrap().identity, "anna");
    let nobody = RoomParticipantIdentity { identity: "nobody".to_owned(), ..anna() };
    assert_eq!(ask(&mut hall, &read("GetParticipant", &nobody)), Err(ServiceError::NoParticipant));
    let rooms = read("ListRooms", &livekit_protocol::ListRoomsRequest::default());
    assert!(!rooms.is_listed("room"), "unless that was allowed");
    assert!(rooms.showing("room").is_listed("room"));
    let other = read("ListRooms", &livekit_protocol::ListRoomsRequest { names: vec!["other".to_owned()] });
    assert!(!other.showing("room").is_listed("room"));
}

#[test]
fn whoever_is_removed_is_gone_and_does_not_come_back_by_himself() {
    let (mut hall, anna_, boris) = conversation();
    ask(&mut hall, &read("RemoveParticipant", &anna())).unwrap();
    let heard = anna_.heard();
    let Some(Message::Leave(leave)) = heard.last() else { panic!("{heard:?}") };
    let reason = (leave.reason(), leave.action());
    assert_eq!(reason, (DisconnectReason::ParticipantRemoved, leave_request::Action::Disconnect));
    assert!(anna_.is_closed());
    assert_eq!(hall.room.len(), 1);
    assert!(boris.heard().iter().any(|message| matches!(message, Message::Update(_))));
    ask(&mut hall, &read("DeleteRoom", &DeleteRoomRequest { room: "room".to_owned() })).unwrap();
    let heard = boris.heard();
    let Some(Message::Leave(leave)) = heard.iter().find(|it| matches!(it, Message::Leave(_))) else {
        panic!("{heard:?}")
    };
    assert_eq!(leave.reason(), DisconnectReason::RoomDeleted);
    assert!(hall.room.is_empty());
}

#[test]
fn a_track_is_muted_by_others_and_never_opened() {
    let (mut hall, guest, boris) = conversation();
    let RoomParticipantIdentity { room, identity, .. } = anna();
    let mute = |track_sid: String, muted| {
        let request = MuteRoomTrackRequest { room: room.clone(), identity: identity.clone(), track_sid, muted };
        read("MutePublishedTrack", &request)
    };
    let voice = sid_of(&hall, &guest, TrackType::Audio);
    let answer = ask(&mut hall, &mute(voice.clone(), true)).unwrap();
    assert!(MuteRoomTrackResponse::decode(answer.as_slice()).unwrap().track.unwrap().muted);
    let told: Vec<_> = guest.heard().into_iter().filter(|message| matches!(message, Message::Mute(_))).collect();
    let [Message::Mute(told)] = told.as_slice() else { panic!("{told:?}") };
    assert_eq!((told.sid.as_str(), told.muted), (voice.as_str(), true));
    assert!(boris.heard().iter().any(|message| matches!(message, Message::Update(_))));
    assert_eq!(ask(&mut hall, &mute(voice, false)), Err(ServiceError::NoUnmuting));
    // What is open already is not opened.
    let picture = sid_of(&hall, &guest, TrackType::Video);
    ask(&mut hall, &mute(picture, false)).unwrap();
    assert_eq!(ask(&mut hall, &mute("TR_of_nobody".to_owned(), true)), Err(ServiceError::NoTrack));
}

#[test]
fn rights_are_taken_with_what_they_were_used_for_and_no_token_brings_them_back() {
    let (mut hall, guest, boris) = conversation();
    let voice_only = ParticipantPermission {
        can_subscribe: true,
        can_publish: true,
        can_publish_sources: vec![TrackSource::Microphone.into()],
        ..ParticipantPermission::default()
    };
    let answer = ask(&mut hall, &update(voice_only, true)).unwrap();
    let told = ParticipantInfo::decode(answer.as_slice()).unwrap();
    assert_eq!(told.tracks.iter().map(livekit_protocol::TrackInfo::r#type).collect::<Vec<_>>(), [TrackType::Audio]);
    let permission = told.permission.unwrap();
    assert!(permission.can_publish && !permission.can_publish_data && !permission.can_update_metadata);
    let heard = guest.heard();
    assert!(heard.iter().any(|message| matches!(message, Message::TrackUnpublished(_))));
    assert!(heard.iter().any(|message| matches!(message, Message::Update(_))), "he is told himself");
    assert!(boris.heard().iter().any(|message| matches!(message, Message::Update(_))));
    // He comes back with the token that he has always had.
    let sid = told.sid;
    hall.join_with(Grants::participant("anna", "room"), coming_back(&sid)).unwrap();
    let grants = &hall.room.sessions[&guest.id].grants;
    assert!(grants.can_publish && !grants.allows(veche_sfu::Source::Camera) && !grants.can_publish_data);
    // He goes, and comes anew with the same token: it is the same person.
    let guest = hall.join("anna");
    let session = &hall.room.sessions[&guest.id];
    assert!(session.sid != sid && session.grants.can_publish && session.grants.can_subscribe);
    assert!(!session.grants.allows(veche_sfu::Source::Camera) && !session.grants.can_publish_data);
    assert!(hall.room.sessions[&boris.id].grants.can_publish_data, "nobody else is");
    // Whoever may not speak in the room is not let by anybody.
    let all = ParticipantPermission { can_publish: true, can_publish_data: true, ..ParticipantPermission::default() };
    ask(&mut hall, &update(all, false)).unwrap();
    let session = &hall.room.sessions[&guest.id];
    assert!(!session.grants.can_publish && !session.grants.can_publish_data && !session.grants.can_subscribe);
    assert!(session.tracks.is_empty());
    hall.say(&guest, livekit_protocol::signal_request::Message::AddTrack(microphone("again")));
    assert!(hall.room.sessions[&guest.id].announced.is_empty());
}

#[test]
fn whoever_may_not_receive_any_more_gets_nothing_from_then_on() {
    let (mut hall, _anna, boris) = conversation();
    let has = |hall: &Hall| hall.room.sessions[&boris.id].wants.values().filter(|it| it.subscription.is_some()).count();
    assert_eq!(has(&hall), 2);
    let request = UpdateParticipantRequest {
        room: "room".to_owned(),
        identity: "boris".to_owned(),
        name: "Boris".to_owned(),
        metadata: "in the cellar".to_owned(),
        permission: Some(ParticipantPermission { can_publish: true, ..ParticipantPermission::default() }),
        attributes: [("hand".to_owned(), "up".to_owned())].into(),
    };
    let answer = ask(&mut hall, &read("UpdateParticipant", &request).with_publishing(true)).unwrap();
    let told = ParticipantInfo::decode(answer.as_slice()).unwrap();
    assert_eq!((told.name.as_str(), told.metadata.as_str(), told.attributes.len()), ("Boris", "in the cellar", 1));
    assert_eq!(has(&hall), 0);
    let long = UpdateParticipantRequest { metadata: "x".repeat(70_000), permission: None, ..request };
    let refused = ask(&mut hall, &read("UpdateParticipant", &long));
    assert!(matches!(refused, Err(ServiceError::Invalid(_))), "{refused:?}");
}

#[test]
fn messages_of_nobody_in_the_room_reach_those_for_whom_they_are() {
    let (mut hall, anna, boris) = conversation();
    for guest in [&anna, &boris] {
        hall.tell(guest, Event::ChannelOpen(ChannelId(1), "_reliable".to_owned()));
    }
    let mut request = SendDataRequest {
        room: "room".to_owned(),
        data: b"dinner".to_vec(),
        topic: Some("house".to_owned()),
        destination_identities: vec!["boris".to_owned()],
        ..SendDataRequest::default()
    };
    ask(&mut hall, &read("SendData", &request)).unwrap();
    assert_eq!(hall.sent_data(&anna).len(), 0);
    let [(channel, bytes)] = hall.sent_data(&boris).try_into().unwrap();
    let packet = DataPacket::decode(bytes.as_slice()).unwrap();
    let Some(data_packet::Value::User(user)) = packet.value else { panic!("{packet:?}") };
    assert_eq!(
        (channel, packet.participant_identity.as_str(), user.payload.as_slice()),
        (ChannelId(1), "", &b"dinner"[..])
    );
    request.destination_identities.clear();
    ask(&mut hall, &read("SendData", &request)).unwrap();
    assert_eq!((hall.sent_data(&anna).len(), hall.sent_data(&boris).len()), (1, 2));
    request.kind = data_packet::Kind::Lossy.into();
    ask(&mut hall, &read("SendData", &request)).unwrap();
    assert_eq!(hall.sent_data(&anna).len(), 1, "nobody has opened that channel");
}
