//! Clients that offer what they publish, and are offered what they get (`/rtc`).

use livekit_protocol::signal_request::Message as Request;
use livekit_protocol::signal_response::Message;
use livekit_protocol::{DataPacket, SessionDescription, UpdateSubscription, data_packet};
use prost::Message as _;
use veche_sfu::engine::{ChannelId, Event};

use crate::signal::testing::{Guest, Hall, coming_back, publishing_offer, receiving_offer};
use crate::signal::{Arrival, Grants};

/// The offer among these, if there is one.
fn offer(heard: &[Message]) -> Option<SessionDescription> {
    heard.iter().find_map(|message| match message {
        Message::Offer(offer) => Some(offer.clone()),
        _ => None,
    })
}

/// What a browser answers that takes everything.
fn answer_to(offer: &SessionDescription) -> SessionDescription {
    let is_ours = |line: &&str| {
        ["a=msid:", "a=ssrc", "a=candidate", "a=end-of-candidates", "a=ice-lite"].iter().any(|it| line.starts_with(it))
    };
    let lines: Vec<&str> = offer.sdp.lines().filter(|line| !is_ours(line)).collect();
    let sdp = (lines.join("\r\n") + "\r\n").replace("a=setup:actpass", "a=setup:active");
    let sdp = sdp.replace("a=sendonly", "a=recvonly");
    SessionDescription { r#type: "answer".to_owned(), sdp, id: offer.id, ..Default::default() }
}

/// Answers what was offered, if something was; whether there was.
fn answer(hall: &mut Hall, guest: &Guest) -> bool {
    let offered = offer(&guest.heard());
    if let Some(offered) = &offered {
        hall.say(guest, Request::Answer(answer_to(offered)));
    }
    offered.is_some()
}

/// The line of a description that carries this track.
fn line_of<'a>(sdp: &'a str, track: &str) -> &'a str {
    sdp.split("\r\nm=").find(|line| line.contains(track)).unwrap_or_else(|| panic!("no {track} in {sdp}"))
}

/// Anna publishes a voice and a picture, over whatever connections she has.
fn publish(hall: &mut Hall, anna: &mut Guest) -> Vec<String> {
    hall.publish(anna);
    let told = anna.heard().into_iter().filter_map(|message| match message {
        Message::TrackPublished(response) => Some(response.track?.sid),
        _ => None,
    });
    told.collect()
}

#[test]
fn what_others_publish_is_offered_and_comes_once_it_is_answered() {
    let mut hall = Hall::new();
    let (mut anna, boris) = (hall.join("anna"), hall.join_with_two("boris"));
    let heard = boris.heard();
    assert!(heard.iter().any(|it| matches!(it, Message::Join(join) if join.subscriber_primary)));
    let first = offer(&heard).expect("an offer of data channels");
    assert!(first.sdp.contains("m=application") && !first.sdp.contains("m=video"), "{}", first.sdp);
    assert!(first.sdp.contains("a=setup:actpass\r\n") && first.sdp.contains("a=ice-lite\r\n"));
    hall.say(&boris, Request::Answer(answer_to(&first)));
    assert_eq!(offer(&boris.heard()), None, "nothing is there yet");

    let sids = publish(&mut hall, &mut anna);
    let second = offer(&boris.heard()).expect("an offer of what was published");
    assert_eq!((second.id, second.mid_to_track_id.len()), (first.id + 1, 2));
    let anna_sid = &hall.room.sessions[&anna.id].sid;
    let (voice, picture) = (line_of(&second.sdp, &sids[0]), line_of(&second.sdp, &sids[1]));
    assert!(voice.contains(&format!("a=msid:{anna_sid}|camera {}\r\n", sids[0])), "{voice}");
    assert!(picture.contains("a=sendonly\r\n") && picture.contains("a=ssrc-group:FID "), "{picture}");
    assert!(picture.contains("VP8") && !picture.contains("H264"), "only what is sent: {picture}");
    let is_told = |anna: &Guest| anna.heard().iter().any(|it| matches!(it, Message::TrackSubscribed(_)));
    assert!(!is_told(&anna));
    hall.say(&boris, Request::Answer(answer_to(&second)));
    assert!(is_told(&anna));
}

#[test]
fn a_line_that_is_used_again_was_silent_in_between() {
    let mut hall = Hall::new();
    let (mut anna, boris) = (hall.join("anna"), hall.join_with_two("boris"));
    let sids = publish(&mut hall, &mut anna);
    while answer(&mut hall, &boris) {}
    let none = UpdateSubscription { track_sids: sids, subscribe: false, ..UpdateSubscription::default() };
    hall.say(&boris, Request::Subscription(none.clone()));
    let ended = offer(&boris.heard()).expect("an offer without them");
    assert_eq!((ended.sdp.matches("a=inactive").count(), ended.sdp.matches("a=sendonly").count()), (2, 0));
    // Wanted again before that is answered: it waits.
    hall.say(&boris, Request::Subscription(UpdateSubscription { subscribe: true, ..none }));
    assert_eq!(offer(&boris.heard()), None);
    hall.say(&boris, Request::Answer(answer_to(&ended)));
    let again = offer(&boris.heard()).expect("an offer with them");
    assert_eq!((again.sdp.matches("\r\nm=").count(), again.sdp.matches("a=sendonly").count()), (3, 2));
}

#[test]
fn answers_to_other_offers_are_passed_over_and_one_that_is_missing_is_waited_for() {
    let mut hall = Hall::new();
    let (mut anna, boris) = (hall.join("anna"), hall.join_with_two("boris"));
    let first = offer(&boris.heard()).unwrap();
    hall.say(&boris, Request::Answer(SessionDescription { id: 7, ..answer_to(&first) }));
    publish(&mut hall, &mut anna);
    assert_eq!(offer(&boris.heard()), None, "the first is not answered");
    hall.wait(std::time::Duration::from_secs(11));
    let second = offer(&boris.heard()).expect("an offer once more");
    assert_eq!(second.mid_to_track_id.len(), 2, "with all that has come");
    hall.say(&boris, Request::Answer(SessionDescription { id: 0, ..answer_to(&second) }));
    assert!(hall.room.sessions[&boris.id].subscriber().is_some(), "older clients do not count");
    hall.say(&boris, Request::Answer(answer_to(&second)));
    assert!(!boris.is_closed(), "nothing was awaited");
}

#[test]
fn an_answer_that_leaves_lines_out_ends_the_session_and_one_that_refuses_a_line_does_not() {
    let mut hall = Hall::new();
    let (mut anna, boris, clara) = (hall.join("anna"), hall.join_with_two("boris"), hall.join_with_two("clara"));
    publish(&mut hall, &mut anna);
    for guest in [&boris, &clara] {
        assert!(answer(&mut hall, guest));
    }
    let offered = offer(&boris.heard()).unwrap();
    let short = answer_to(&offered).sdp.split("m=video").next().unwrap().to_owned();
    hall.say(&boris, Request::Answer(SessionDescription { sdp: short, ..answer_to(&offered) }));
    assert!(boris.is_closed());
    let offered = offer(&clara.heard()).unwrap();
    let refused = answer_to(&offered).sdp.replace("m=video 9", "m=video 0");
    hall.say(&clara, Request::Answer(SessionDescription { sdp: refused, ..answer_to(&offered) }));
    let heard = clara.heard();
    assert!(heard.iter().any(|it| matches!(it, Message::SubscriptionResponse(_))), "{heard:?}");
    assert!(!clara.is_closed());
}

#[test]
fn what_is_published_later_may_come_with_codecs_that_the_first_offer_did_not_name() {
    let mut hall = Hall::new();
    let mut boris = hall.join_with_two("boris");
    // Data channels and a voice, then a picture too.
    let whole = publishing_offer("voice", "picture");
    hall.say(&boris, Request::AddTrack(crate::signal::testing::microphone("voice")));
    hall.offer(&mut boris, whole.split("m=video").next().unwrap().to_owned());
    hall.say(&boris, Request::AddTrack(crate::signal::testing::camera("picture")));
    boris.heard();
    // The numbers of the offer are not those of the answer.
    let other = whole.replace("m=video 9 UDP/TLS/RTP/SAVPF 96 97", "m=video 9 UDP/TLS/RTP/SAVPF 40 41");
    let other = other.replace("a=rtpmap:96 ", "a=rtpmap:40 ").replace("a=rtcp-fb:96 ", "a=rtcp-fb:40 ");
    let other = other.replace("a=rtpmap:97 ", "a=rtpmap:41 ").replace("a=fmtp:97 apt=96", "a=fmtp:41 apt=40");
    hall.offer(&mut boris, other);
    let answer = boris.answer();
    let picture = answer.sdp.split("\r\nm=").find(|line| line.starts_with("video")).unwrap();
    assert!(picture.contains("a=rtpmap:96 VP8/90000\r\n") && !picture.contains(":40 "), "{picture}");
    assert!(picture.contains("a=recvonly\r\n") && picture.contains("a=simulcast:recv q;h;f\r\n"), "{picture}");
    assert_eq!(hall.room.sessions[&boris.id].tracks.len(), 2);
}

#[test]
fn data_comes_over_the_one_connection_and_goes_over_the_other() {
    let mut hall = Hall::new();
    let (anna, mut boris) = (hall.join("anna"), hall.join_with_two("boris"));
    hall.tell(&anna, Event::ChannelOpen(ChannelId(1), "_reliable".to_owned()));
    assert!(answer(&mut hall, &boris));
    hall.offer(&mut boris, receiving_offer(0, 0));
    // The number of a channel means another one in each connection.
    hall.tell(&boris, Event::ChannelOpen(ChannelId(5), "_reliable".to_owned()));
    hall.tell_publisher(&boris, Event::ChannelOpen(ChannelId(5), "_lossy".to_owned()));
    hall.tell_publisher(&boris, Event::ChannelOpen(ChannelId(6), "_reliable".to_owned()));
    let packet = DataPacket {
        value: Some(data_packet::Value::User(livekit_protocol::UserPacket {
            payload: b"hello".to_vec(),
            ..Default::default()
        })),
        ..DataPacket::default()
    };
    let said = |channel| Event::Data { channel: ChannelId(channel), text: false, bytes: packet.encode_to_vec() };
    hall.tell_publisher(&boris, said(6));
    assert_eq!(hall.sent_data(&anna).len(), 1);
    hall.tell(&anna, said(1));
    let heard = hall.sent_data(&boris);
    assert_eq!(heard.iter().map(|(channel, _)| channel.0).collect::<Vec<_>>(), [5]);
}

#[test]
fn whoever_comes_back_is_offered_other_names_of_ice_and_gets_what_he_got() {
    let mut hall = Hall::new();
    let (mut anna, boris) = (hall.join("anna"), hall.join_with_two("boris"));
    publish(&mut hall, &mut anna);
    let first = offer(&boris.heard()).unwrap();
    hall.say(&boris, Request::Answer(answer_to(&first)));
    while answer(&mut hall, &boris) {}
    let sid = hall.room.sessions[&boris.id].sid.clone();
    let request = coming_back(&sid);
    let arrival = Arrival { request, ..Arrival::from_parameters(&[]) };
    let back = hall.arrive(Grants::participant("boris", "room"), arrival).expect("the same");
    let offered = offer(&back.heard()).expect("an offer at once");
    let ufrag = |sdp: &str| sdp.split("a=ice-ufrag:").nth(1).unwrap().split("\r\n").next().unwrap().to_owned();
    assert_ne!(ufrag(&first.sdp), ufrag(&offered.sdp));
    assert_eq!(offered.sdp.matches("a=sendonly").count(), 2);
    let told = answer_to(&offered);
    hall.say(&back, Request::Answer(told));
    assert!(!back.is_closed());
}

#[test]
fn whoever_leaves_takes_both_connections_along() {
    let mut hall = Hall::new();
    let mut boris = hall.join_with_two("boris");
    assert!(answer(&mut hall, &boris));
    hall.offer(&mut boris, receiving_offer(0, 0));
    let session = &hall.room.sessions[&boris.id];
    let (publisher, subscriber) = (session.publisher().unwrap(), session.subscriber().unwrap());
    assert_ne!(publisher, subscriber);
    hall.say(&boris, Request::Leave(Default::default()));
    assert!(hall.room.call.peer_mut(publisher).is_none() && hall.room.call.peer_mut(subscriber).is_none());
    assert!(hall.room.is_empty());
}

#[test]
fn the_parameters_of_the_older_protocol_are_read() {
    let pair = |(key, value): (&str, &str)| (key.to_owned(), value.to_owned());
    let read =
        |pairs: &[(&str, &str)]| Arrival::from_parameters(&pairs.iter().copied().map(pair).collect::<Vec<_>>()).request;
    let usual = read(&[]);
    assert!(usual.connection_settings.unwrap().auto_subscribe && !usual.reconnect);
    let given = read(&[("auto_subscribe", "0"), ("reconnect", "1"), ("sid", "PA_1"), ("browser", "Firefox")]);
    assert!(!given.connection_settings.unwrap().auto_subscribe && given.reconnect);
    assert_eq!((given.participant_sid.as_str(), given.client_info.unwrap().browser.as_str()), ("PA_1", "Firefox"));
    assert!(read(&[("device_model", &"m".repeat(100_000))]).client_info.unwrap().device_model.len() < 1_000);
}
