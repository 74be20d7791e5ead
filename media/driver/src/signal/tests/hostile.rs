//! What clients may not do, and what they send too much of.

use std::time::Duration;

use livekit_protocol::signal_request::Message as Request;
use livekit_protocol::signal_response::Message;
use livekit_protocol::{
    AddTrackRequest, JoinRequest, SimulcastCodec, TrickleRequest, UpdateParticipantMetadata, VideoLayer,
};
use prost::Message as _;
use veche_sfu::{PUBLICATIONS_PER_PARTICIPANT_MAX, Source};

use crate::sfu::RoomNews;
use crate::signal::Grants;
use crate::signal::testing::{Guest, Hall, camera, microphone, publishing_offer, receiving_offer};

/// A client that is there offers to send a picture too.
fn publishing_offer_behind(picture: &str) -> String {
    let offer = publishing_offer("nothing", picture);
    offer.replace("a=mid:1\r\n", "a=mid:m0\r\n").replace("a=mid:2\r\n", "a=mid:m1\r\n")
}

fn published(guest: &Guest) -> usize {
    guest.heard().iter().filter(|message| matches!(message, Message::TrackPublished(_))).count()
}

#[test]
fn ten_thousand_tracks_are_not_taken() {
    let mut hall = Hall::new();
    let (anna, boris) = (hall.join("anna"), hall.join("boris"));
    for at in 0..500 {
        hall.say(&anna, Request::AddTrack(camera(&format!("track{at}"))));
    }
    assert_eq!(published(&anna), PUBLICATIONS_PER_PARTICIPANT_MAX);
    for at in 500..10_000 {
        hall.say(&anna, Request::AddTrack(camera(&format!("track{at}"))));
    }
    assert!(anna.is_closed(), "whoever talks without end is sent away");
    assert_eq!(hall.room.len(), 1);
    hall.say(&boris, Request::AddTrack(camera("mine")));
    assert_eq!(published(&boris), 1);
}

#[test]
fn what_others_are_told_of_a_track_is_short() {
    let mut hall = Hall::new();
    let (mut anna, boris) = (hall.join("anna"), hall.join("boris"));
    let long = "x".repeat(1 << 16);
    let layer = VideoLayer { rid: long.clone(), ..VideoLayer::default() };
    let codec = SimulcastCodec { cid: long.clone(), ..SimulcastCodec::default() };
    hall.say(&anna, Request::AddTrack(AddTrackRequest { simulcast_codecs: vec![codec], ..camera("long") }));
    assert_eq!(published(&anna), 0, "a name has a length, wherever it stands");
    let request = AddTrackRequest { name: long.clone(), stream: long, layers: vec![layer; 100], ..camera("picture") };
    hall.say(&anna, Request::AddTrack(request));
    hall.offer(&mut anna, publishing_offer_behind("picture"));
    let told = boris.heard().into_iter().filter_map(|message| match message {
        Message::Update(update) => Some(update.encoded_len()),
        _ => None,
    });
    let longest = told.max().unwrap();
    assert!(longest < 4_096, "{longest}");
    assert_eq!(hall.room.occupancy().tracks, 1);
}

#[test]
fn long_messages_count_as_many() {
    let mut hall = Hall::new();
    let (anna, boris) = (hall.join("anna"), hall.join("boris"));
    let long = Request::UpdateMetadata(UpdateParticipantMetadata { name: "x".repeat(1 << 20), ..Default::default() });
    for _ in 0..10 {
        hall.say(&anna, long.clone());
    }
    assert!(anna.is_closed() && !boris.is_closed());
}

#[test]
fn a_client_is_not_looked_for_in_a_million_places() {
    let mut hall = Hall::new();
    let anna = hall.join("anna");
    for at in 0..5_000 {
        let candidate = format!("{{\"candidate\":\"candidate:1 1 udp 1 198.51.100.7 {at} typ host\"}}");
        hall.say(&anna, Request::Trickle(TrickleRequest { candidate_init: candidate, ..TrickleRequest::default() }));
        hall.now += Duration::from_millis(20);
    }
    let peer = hall.room.peer(anna.id, true).unwrap();
    assert_eq!(peer.candidates, 1_000);
}

#[test]
fn a_client_that_talks_much_and_not_without_end_stays() {
    let mut hall = Hall::new();
    let anna = hall.join("anna");
    for _ in 0..60 {
        for at in 0..50 {
            hall.say(&anna, Request::Ping(at));
        }
        hall.now += Duration::from_secs(1);
    }
    assert_eq!(hall.room.len(), 1);
}

#[test]
fn tracks_need_the_right_a_name_and_a_kind() {
    let mut hall = Hall::new();
    let listener = Grants { can_publish: false, ..Grants::participant("listener", "room") };
    let speaker = Grants { can_publish_sources: vec![Source::Microphone], ..Grants::participant("speaker", "room") };
    let listener = hall.join_with(listener, JoinRequest::default()).unwrap();
    let speaker = hall.join_with(speaker, JoinRequest::default()).unwrap();
    hall.say(&listener, Request::AddTrack(microphone("a")));
    hall.say(&speaker, Request::AddTrack(camera("a")));
    hall.say(&speaker, Request::AddTrack(microphone("")));
    hall.say(&speaker, Request::AddTrack(microphone(&"a".repeat(1_000))));
    hall.say(&speaker, Request::AddTrack(AddTrackRequest { r#type: 2, ..microphone("data") }));
    assert_eq!((published(&listener), published(&speaker)), (0, 0));
    hall.say(&speaker, Request::AddTrack(microphone("a")));
    hall.say(&speaker, Request::AddTrack(microphone("a")));
    assert_eq!(published(&speaker), 1);
}

#[test]
fn offers_that_cannot_be_answered_end_the_session_and_nobody_elses() {
    let without_lines = receiving_offer(0, 0);
    let renamed = receiving_offer(1, 1).replace("a=mid:m0\r\n", "a=mid:other\r\n");
    let shorter = receiving_offer(1, 0);
    for wrong in ["".to_owned(), "v=0".to_owned(), "x".repeat(2 << 20), without_lines, renamed, shorter] {
        let mut hall = Hall::new();
        let (mut anna, boris) = (hall.join("anna"), hall.join("boris"));
        hall.offer(&mut anna, wrong);
        let heard = anna.heard();
        assert!(matches!(heard.last(), Some(Message::Leave(leave)) if leave.can_reconnect), "{heard:?}");
        assert!(anna.is_closed());
        assert_eq!(hall.room.len(), 1);
        assert!(!boris.is_closed());
    }
}

#[test]
fn nonsense_ends_the_session() {
    let mut hall = Hall::new();
    let (anna, boris) = (hall.join("anna"), hall.join("boris"));
    hall.say_bytes(&anna, &[0xFF; 20]);
    assert!(anna.is_closed() && !boris.is_closed());
    // Messages of a newer protocol are none.
    hall.say_bytes(&boris, &[0xFA, 0x7F, 0x01, 0x00]);
    assert!(!boris.is_closed());
    let candidates = ["", "{}", "{\"candidate\":\"\"}", "{\"candidate\":\"nonsense\"}", &"x".repeat(100_000)];
    for candidate in candidates {
        let trickle = TrickleRequest { candidate_init: candidate.to_owned(), ..TrickleRequest::default() };
        hall.say(&boris, Request::Trickle(trickle));
    }
    assert!(!boris.is_closed());
}

#[test]
fn nobody_is_let_in_above_the_limit() {
    let mut hall = Hall::new();
    let mut guests = Vec::new();
    for at in 0..veche_sfu::PARTICIPANTS_MAX {
        guests
            .push(hall.join_with(Grants::participant(&format!("guest{at}"), "room"), JoinRequest::default()).unwrap());
        guests.iter().for_each(|guest: &Guest| drop(guest.heard()));
    }
    drop(hall.news());
    assert!(hall.join_with(Grants::participant("one more", "room"), JoinRequest::default()).is_none());
    let (room, identity) = ("room".to_owned(), "one more".to_owned());
    assert_eq!(hall.news(), [RoomNews::NoPlace { room, identity, is_room: true }]);
    assert_eq!(hall.room.len(), veche_sfu::PARTICIPANTS_MAX);
}
