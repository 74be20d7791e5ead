//! Coming, going, coming back.

use std::time::Duration;

use livekit_protocol::signal_request::Message as Request;
use livekit_protocol::signal_response::Message;
use livekit_protocol::{
    ConnectionQuality, DisconnectReason, JoinRequest, LeaveRequest, Ping, UpdateParticipantMetadata, leave_request,
    participant_info, request_response,
};
use veche_sfu::engine::{Condition, Event};

use crate::sfu::RoomNews;
use crate::signal::Grants;
use crate::signal::testing::{Guest, Hall, coming_back, microphone};

fn names(heard: &[Message]) -> Vec<(String, participant_info::State)> {
    let updates = heard.iter().filter_map(|message| match message {
        Message::Update(update) => Some(&update.participants),
        _ => None,
    });
    updates.flatten().map(|info| (info.identity.clone(), info.state())).collect()
}

#[test]
fn whoever_comes_hears_who_is_there_and_is_heard_of() {
    let mut hall = Hall::new();
    let anna = hall.join("anna");
    let boris = hall.join("boris");
    let heard = boris.heard();
    let [Message::Join(join), ..] = heard.as_slice() else { panic!("{heard:?}") };
    assert_eq!(join.other_participants.iter().map(|it| it.identity.as_str()).collect::<Vec<_>>(), ["anna"]);
    assert!(join.participant.as_ref().unwrap().sid.starts_with("PA_"));
    assert!(join.room.as_ref().unwrap().sid.starts_with("RM_"));
    assert!(!join.server_info.as_ref().unwrap().version.is_empty());
    let servers: Vec<_> = join.ice_servers.iter().flat_map(|server| &server.urls).collect();
    assert_eq!(servers, ["turns:chat.example:443?transport=tcp"], "and nobody else's, and none over UDP");
    assert_eq!(names(&anna.heard()), [("boris".to_owned(), participant_info::State::Joined)]);
    hall.tell(&boris, Event::Connected);
    assert_eq!(names(&anna.heard()), [("boris".to_owned(), participant_info::State::Active)]);
    assert_eq!(names(&boris.heard()), [("boris".to_owned(), participant_info::State::Active)]);
    let came = |identity: &str| RoomNews::Joined { room: "room".to_owned(), identity: identity.to_owned() };
    assert_eq!(hall.news(), [came("anna"), came("boris")]);
}

#[test]
fn whoever_goes_is_gone_at_once_and_leaves_nothing() {
    let mut hall = Hall::new();
    let (mut anna, boris) = (hall.join("anna"), hall.join("boris"));
    hall.publish(&mut anna);
    boris.heard();
    hall.say(&anna, Request::Leave(LeaveRequest::default()));
    assert!(anna.is_closed());
    assert_eq!(names(&boris.heard()).first().unwrap(), &("anna".to_owned(), participant_info::State::Disconnected));
    assert!(hall.news().contains(&RoomNews::Left { room: "room".to_owned(), identity: "anna".to_owned() }));
    hall.say(&boris, Request::Leave(LeaveRequest::default()));
    assert!(hall.room.is_empty());
    assert_eq!(format!("{:?}", hall.demux), format!("{:?}", crate::sfu::Demux::default()));
}

#[test]
fn the_second_with_one_name_takes_the_place_of_the_first() {
    let mut hall = Hall::new();
    let first = hall.join("anna");
    let _second = hall.join("anna");
    let heard = first.heard();
    let Some(Message::Leave(leave)) = heard.last() else { panic!("{heard:?}") };
    assert_eq!(
        (leave.reason(), leave.action()),
        (DisconnectReason::DuplicateIdentity, leave_request::Action::Disconnect)
    );
    assert_eq!(hall.room.len(), 1);
    let (room, identity) = ("room".to_owned(), "anna".to_owned());
    let joined = RoomNews::Joined { room: room.clone(), identity: identity.clone() };
    assert_eq!(hall.news(), [joined.clone(), joined, RoomNews::Left { room, identity }], "never gone in between");
}

#[test]
fn whoever_comes_back_in_time_goes_on_as_before() {
    let mut hall = Hall::new();
    let (mut anna, boris) = (hall.join("anna"), hall.join("boris"));
    hall.publish(&mut anna);
    for guest in [&anna, &boris] {
        hall.tell(guest, Event::Connected);
    }
    let sid = hall.room.sessions[&anna.id].sid.clone();
    hall.step(|room, cx| room.hung_up(cx.now, anna.id));
    hall.wait(Duration::from_secs(8));
    boris.heard();
    let again = hall.join_with(Grants::participant("anna", "room"), coming_back(&sid)).unwrap();
    assert_eq!(again.id, anna.id);
    let heard = again.heard();
    let [Message::Reconnect(_), Message::Update(others), ..] = heard.as_slice() else { panic!("{heard:?}") };
    assert_eq!(others.participants.len(), 1);
    assert_eq!(hall.room.sessions[&anna.id].tracks.len(), 2);
    assert_eq!(names(&boris.heard()), [], "nobody has noticed");
    hall.wait(Duration::from_secs(60));
    assert_eq!(hall.room.len(), 2);
}

#[test]
fn whoever_does_not_come_back_is_gone_within_seconds() {
    let mut hall = Hall::new();
    let (anna, boris) = (hall.join("anna"), hall.join("boris"));
    for guest in [&anna, &boris] {
        hall.tell(guest, Event::Connected);
    }
    let sid = hall.room.sessions[&anna.id].sid.clone();
    hall.step(|room, cx| room.hung_up(cx.now, anna.id));
    hall.tell(&anna, Event::Unreachable);
    hall.wait(Duration::from_secs(11));
    assert_eq!(hall.room.len(), 2);
    hall.wait(Duration::from_secs(2));
    assert_eq!(hall.room.len(), 1);
    // Too late: he is told to begin anew.
    let before = hall.room.len();
    assert!(hall.join_with(Grants::participant("anna", "room"), coming_back(&sid)).is_none());
    assert_eq!(hall.room.len(), before);
}

#[test]
fn signaling_alone_does_not_keep_a_place_for_ever_and_neither_does_media() {
    let mut hall = Hall::new();
    let (anna, boris) = (hall.join("anna"), hall.join("boris"));
    hall.tell(&boris, Event::Connected);
    hall.wait(Duration::from_secs(59));
    assert_eq!(hall.room.len(), 2);
    hall.step(|room, cx| room.hung_up(cx.now, boris.id));
    hall.wait(Duration::from_secs(2));
    let heard = anna.heard();
    let Some(Message::Leave(leave)) = heard.iter().find(|it| matches!(it, Message::Leave(_))) else {
        panic!("{heard:?}")
    };
    assert_eq!(leave.reason(), DisconnectReason::ConnectionTimeout);
    hall.wait(Duration::from_secs(20));
    assert!(hall.room.is_empty());
}

#[test]
fn everybody_hears_whose_connection_is_bad() {
    let mut hall = Hall::new();
    let (anna, boris) = (hall.join("anna"), hall.join("boris"));
    let qualities = |guest: &Guest| -> Vec<i32> {
        let updates = guest.heard().into_iter().filter_map(|message| match message {
            Message::ConnectionQuality(update) => Some(update.updates),
            _ => None,
        });
        updates.flatten().map(|info| info.quality).collect()
    };
    hall.tell(&anna, Event::Connected);
    hall.wait(Duration::from_secs(1));
    let excellent = i32::from(ConnectionQuality::Excellent);
    assert_eq!(qualities(&boris), [excellent]);
    let lossy = Condition { lost_in_permille: Some(150), ..Condition::default() };
    hall.tell(&anna, Event::Condition(lossy));
    hall.wait(Duration::from_secs(1));
    assert_eq!(qualities(&boris), [i32::from(ConnectionQuality::Poor)]);
    hall.tell(&anna, Event::Unreachable);
    hall.wait(Duration::from_secs(1));
    let lost = i32::from(ConnectionQuality::Lost);
    assert_eq!(qualities(&boris), [lost]);
    hall.wait(Duration::from_secs(3));
    assert!(qualities(&boris).is_empty(), "nothing has changed");
    assert_eq!(qualities(&hall.join("carol")), [lost], "who comes later hears it too");
}

#[test]
fn a_newer_token_gives_and_takes_rights() {
    let mut hall = Hall::new();
    let anna = hall.join("anna");
    let sid = hall.room.sessions[&anna.id].sid.clone();
    let silent = Grants { can_publish: false, name: "other".to_owned(), ..Grants::participant("anna", "room") };
    let again = hall.join_with(silent, coming_back(&sid)).unwrap();
    again.heard();
    hall.say(&again, Request::AddTrack(microphone("voice")));
    assert!(!again.heard().iter().any(|message| matches!(message, Message::TrackPublished(_))));
    assert_eq!(hall.room.sessions[&anna.id].grants.name, "", "what he is called is his own");
}

#[test]
fn clients_are_answered_that_we_are_there() {
    let mut hall = Hall::new();
    let anna = hall.join("anna");
    anna.heard();
    hall.say(&anna, Request::Ping(5));
    hall.say(&anna, Request::PingReq(Ping { timestamp: 17, rtt: 0 }));
    let heard = anna.heard();
    let [Message::Pong(_), Message::PongResp(pong)] = heard.as_slice() else { panic!("{heard:?}") };
    assert_eq!(pong.last_ping_timestamp, 17);
}

#[test]
fn whoever_may_changes_his_name_and_whoever_may_not_is_told() {
    let mut hall = Hall::new();
    let boris = hall.join("boris");
    let grants = Grants { can_update_own_metadata: true, ..Grants::participant("anna", "room") };
    let anna = hall.join_with(grants, JoinRequest::default()).unwrap();
    let update = |name: &str, attribute: &str| {
        let attributes = [("hand".to_owned(), attribute.to_owned())].into();
        let request =
            UpdateParticipantMetadata { name: name.to_owned(), attributes, request_id: 9, ..Default::default() };
        Request::UpdateMetadata(request)
    };
    let reason = |heard: Vec<Message>| match heard.last() {
        Some(Message::RequestResponse(response)) => response.reason(),
        _ => panic!("{heard:?}"),
    };
    hall.say(&anna, update("Anna", "raised"));
    assert_eq!(reason(anna.heard()), request_response::Reason::Ok);
    let info = hall.room.sessions[&anna.id].info();
    assert_eq!((info.name.as_str(), info.attributes["hand"].as_str()), ("Anna", "raised"));
    hall.say(&anna, update("Anna", ""));
    assert!(hall.room.sessions[&anna.id].info().attributes.is_empty());
    hall.say(&anna, update(&"a".repeat(10_000), ""));
    assert_eq!(reason(anna.heard()), request_response::Reason::LimitExceeded);
    hall.say(&boris, update("Boris", "raised"));
    assert_eq!(reason(boris.heard()), request_response::Reason::NotAllowed);
}

#[test]
fn whoever_comes_is_told_who_speaks_already() {
    let mut hall = Hall::new();
    let anna = hall.join("anna");
    hall.room.speaking = vec![(anna.id, 0.5)];
    let heard = hall.join("boris").heard();
    let sid = &hall.room.sessions[&anna.id].sid;
    let told = heard.iter().find_map(|message| match message {
        Message::SpeakersChanged(changed) => Some(changed.speakers.clone()),
        _ => None,
    });
    let told: Vec<_> = told.unwrap().into_iter().map(|it| (it.sid, it.level, it.active)).collect();
    assert_eq!(told, [(sid.clone(), 0.5, true)]);
    assert!(!anna.heard().iter().any(|message| matches!(message, Message::SpeakersChanged(_))), "she knows");
}
