//! Tracks, from the publisher to those who want them.

use livekit_protocol::signal_request::Message as Request;
use livekit_protocol::signal_response::Message;
use livekit_protocol::{
    AddTrackRequest, ClientInfo, DataPacket, JoinRequest, MediaSectionsRequirement, MuteTrackRequest,
    SubscriptionPermission, TrackInfo, UpdateSubscription, UpdateTrackSettings, data_packet, encryption,
};
use prost::Message as _;
use veche_sfu::engine::{ChannelId, Event};

use crate::signal::Grants;
use crate::signal::testing::{Guest, Hall, camera, microphone, publishing_offer, receiving_offer};

/// The tracks that an update among these told of.
fn tracks(heard: &[Message]) -> Vec<TrackInfo> {
    let updates = heard.iter().rev().find_map(|message| match message {
        Message::Update(update) => update.participants.first().map(|info| info.tracks.clone()),
        _ => None,
    });
    updates.unwrap_or_default()
}

fn requirement(heard: &[Message]) -> Option<MediaSectionsRequirement> {
    heard.iter().find_map(|message| match message {
        Message::MediaSectionsRequirement(requirement) => Some(*requirement),
        _ => None,
    })
}

/// The section of an answer that belongs to a line.
fn section<'a>(answer: &'a str, mid: &str) -> &'a str {
    let found = answer.split("\r\nm=").find(|part| part.contains(&format!("a=mid:{mid}\r\n")));
    found.unwrap_or_else(|| panic!("no {mid} in {answer}"))
}

/// Anna publishes, Boris subscribes to everything; both have been told all of it.
fn conversation() -> (Hall, Guest, Guest) {
    let mut hall = Hall::new();
    let (mut anna, mut boris) = (hall.join("anna"), hall.join("boris"));
    hall.publish(&mut anna);
    hall.offer(&mut boris, receiving_offer(1, 1));
    (hall, anna, boris)
}

#[test]
fn what_firefox_sends_is_found_though_it_has_other_names_in_offers() {
    for (browser, is_found) in [("Firefox", true), ("Chrome", false)] {
        let mut hall = Hall::new();
        let client = ClientInfo { browser: browser.to_owned(), ..ClientInfo::default() };
        let request = JoinRequest { client_info: Some(client), ..JoinRequest::default() };
        let mut fox = hall.join_with(Grants::participant("fox", "room"), request).unwrap();
        hall.say(&fox, Request::AddTrack(camera("a picture")));
        hall.say(&fox, Request::AddTrack(microphone("another voice")));
        hall.say(&fox, Request::AddTrack(microphone("a voice")));
        hall.offer(&mut fox, publishing_offer("{1}", "{2}"));
        let published: Vec<_> = hall.room.sessions[&fox.id].tracks.iter().map(|it| it.cid.clone()).collect();
        assert_eq!(published, if is_found { vec!["another voice", "a picture"] } else { vec![] }, "{browser}");
    }
}

#[test]
fn a_track_is_told_before_it_comes_and_the_publisher_hears_that_it_is_wanted() {
    let mut hall = Hall::new();
    let (mut anna, mut boris) = (hall.join("anna"), hall.join("boris"));
    boris.heard();
    anna.heard();
    hall.publish(&mut anna);
    let published = anna.heard();
    let told: Vec<&str> = published
        .iter()
        .filter_map(|message| match message {
            Message::TrackPublished(response) => Some(response.cid.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(told, ["voice", "picture"]);
    let Some(Message::Answer(answer)) = published.iter().find(|it| matches!(it, Message::Answer(_))) else { panic!() };
    assert!(section(&answer.sdp, "m1").contains("a=recvonly\r\n"), "{}", answer.sdp);
    assert!(section(&answer.sdp, "m1").contains("a=simulcast:recv q;h;f\r\n"));
    assert_eq!(answer.mid_to_track_id.len(), 2);

    let heard = boris.heard();
    let infos = tracks(&heard);
    assert_eq!(infos.iter().map(|info| info.mime_type.as_str()).collect::<Vec<_>>(), ["audio/opus", "video/VP8"]);
    // The lines are there: he has only to offer them.
    assert_eq!(requirement(&heard), Some(MediaSectionsRequirement { num_audios: 0, num_videos: 0 }));
    hall.offer(&mut boris, receiving_offer(1, 1));
    let answer = boris.answer();
    assert_eq!(answer.id, 2);
    let anna_sid = &hall.room.sessions[&anna.id].sid;
    for (mid, info) in [("m0", &infos[0]), ("m1", &infos[1])] {
        let section = section(&answer.sdp, mid);
        assert!(section.contains("a=sendonly\r\n"), "{section}");
        assert!(section.contains(&format!("a=msid:{anna_sid}|camera {}\r\n", info.sid)), "{section}");
        assert_eq!(answer.mid_to_track_id[mid], info.sid);
    }
    assert!(section(&answer.sdp, "m1").contains("a=ssrc-group:FID "));
    assert!(anna.heard().iter().any(|message| matches!(message, Message::TrackSubscribed(_))));
}

#[test]
fn lines_that_lack_are_asked_for_once() {
    let mut hall = Hall::new();
    let mut guests: Vec<Guest> = (0..3).map(|at| hall.join(&format!("guest{at}"))).collect();
    let mut late = hall.join("late");
    for guest in &mut guests {
        hall.publish(guest);
    }
    let asked: Vec<_> = late.heard().iter().filter_map(|it| requirement(std::slice::from_ref(it))).collect();
    assert_eq!(asked, [MediaSectionsRequirement { num_audios: 0, num_videos: 0 }]);
    hall.offer(&mut late, receiving_offer(1, 1));
    assert_eq!(requirement(&late.heard()), Some(MediaSectionsRequirement { num_audios: 2, num_videos: 2 }));
    // Lines are added behind those that there are.
    let more = receiving_offer(1, 1);
    let fresh = receiving_offer(2, 2).split_once("m=audio").unwrap().1.to_owned();
    let fresh = (0..4).fold(format!("m=audio{fresh}"), |text, at| {
        text.replace(&format!("a=mid:m{at}\r\n"), &format!("a=mid:n{at}\r\n"))
    });
    hall.offer(&mut late, more + &fresh);
    let answer = late.answer();
    assert_eq!(answer.sdp.matches("a=sendonly\r\n").count(), 6);
    assert_eq!(requirement(&late.heard()), None);
}

#[test]
fn an_ended_track_frees_its_line_only_after_the_end_was_told() {
    let (mut hall, mut anna, mut boris) = conversation();
    boris.heard();
    let silent = receiving_offer(1, 1);
    hall.offer(&mut anna, silent);
    let heard = boris.heard();
    assert_eq!(tracks(&heard), []);
    assert!(requirement(&heard).is_some());
    assert_eq!(anna.heard().iter().filter(|it| matches!(it, Message::TrackUnpublished(_))).count(), 2);
    // Anna has something new before Boris has offered.
    hall.publish(&mut anna);
    hall.offer(&mut boris, receiving_offer(1, 1));
    let heard = boris.heard();
    let Some(Message::Answer(answer)) = heard.iter().find(|it| matches!(it, Message::Answer(_))) else { panic!() };
    assert_eq!(answer.sdp.matches("a=inactive\r\n").count(), 2, "{}", answer.sdp);
    assert!(requirement(&heard).is_some(), "there is more to come");
    hall.offer(&mut boris, receiving_offer(1, 1));
    assert_eq!(boris.answer().sdp.matches("a=sendonly\r\n").count(), 2);
}

#[test]
fn mutes_are_told_and_kept() {
    let (mut hall, anna, boris) = conversation();
    let sid = hall.room.sessions[&anna.id].tracks[0].info.sid.clone();
    boris.heard();
    hall.say(&anna, Request::Mute(MuteTrackRequest { sid: sid.clone(), muted: true }));
    assert!(tracks(&boris.heard())[0].muted);
    hall.say(&anna, Request::Mute(MuteTrackRequest { sid: sid.clone(), muted: true }));
    assert_eq!(boris.heard(), [], "nothing has changed");
    hall.say(&boris, Request::Mute(MuteTrackRequest { sid, muted: false }));
    assert!(hall.room.sessions[&anna.id].tracks[0].info.muted, "it is not his");
}

#[test]
fn a_client_chooses_what_it_gets_and_how() {
    let (mut hall, anna, mut boris) = conversation();
    let picture = hall.room.sessions[&anna.id].tracks[1].info.sid.clone();
    anna.heard();
    boris.heard();
    let settings = UpdateTrackSettings { track_sids: vec![picture.clone()], disabled: true, ..Default::default() };
    hall.say(&boris, Request::TrackSetting(settings));
    hall.wait(std::time::Duration::from_secs(6));
    let last = anna.heard().into_iter().rev().find_map(|message| match message {
        Message::SubscribedQualityUpdate(update) => Some(update),
        _ => None,
    });
    let update = last.expect("the publisher hears that nobody wants the picture");
    assert_eq!(update.track_sid, picture);
    assert!(update.subscribed_codecs[0].qualities.iter().all(|quality| !quality.enabled));
    assert_eq!(update.subscribed_codecs[0].codec, "vp8");

    let choose = |subscribe| UpdateSubscription { track_sids: vec![picture.clone()], subscribe, ..Default::default() };
    hall.say(&boris, Request::Subscription(choose(false)));
    hall.offer(&mut boris, receiving_offer(1, 1));
    assert_eq!(boris.answer().sdp.matches("a=sendonly\r\n").count(), 1);
    hall.say(&boris, Request::Subscription(choose(true)));
    assert!(requirement(&boris.heard()).is_some());
    hall.offer(&mut boris, receiving_offer(1, 1));
    assert_eq!(boris.answer().sdp.matches("a=sendonly\r\n").count(), 2);
    let unknown = UpdateSubscription { track_sids: vec!["TR_x".to_owned()], subscribe: true, ..Default::default() };
    hall.say(&boris, Request::Subscription(unknown));
    assert!(matches!(boris.heard().as_slice(), [Message::SubscriptionResponse(_)]));
}

#[test]
fn a_publisher_chooses_who_gets_his_tracks() {
    let (mut hall, anna, mut boris) = conversation();
    boris.heard();
    let nobody = SubscriptionPermission { all_participants: false, track_permissions: Vec::new() };
    hall.say(&anna, Request::SubscriptionPermission(nobody));
    let refused = |heard: &[Message], allowed| {
        let is_it =
            |it: &&Message| matches!(it, Message::SubscriptionPermissionUpdate(update) if update.allowed == allowed);
        heard.iter().filter(is_it).count()
    };
    assert_eq!(refused(&boris.heard(), false), 2);
    hall.offer(&mut boris, receiving_offer(1, 1));
    assert_eq!(boris.answer().sdp.matches("a=sendonly\r\n").count(), 0);
    let all = SubscriptionPermission { all_participants: true, track_permissions: Vec::new() };
    hall.say(&anna, Request::SubscriptionPermission(all));
    assert_eq!(refused(&boris.heard(), true), 2);
    hall.offer(&mut boris, receiving_offer(1, 1));
    assert_eq!(boris.answer().sdp.matches("a=sendonly\r\n").count(), 2);
}

#[test]
fn messages_carry_the_senders_true_name() {
    let (mut hall, anna, boris) = conversation();
    for guest in [&anna, &boris] {
        hall.tell(guest, Event::ChannelOpen(ChannelId(1), "_reliable".to_owned()));
    }
    let carol = hall.join("carol");
    let packet = DataPacket {
        participant_identity: "carol".to_owned(),
        destination_identities: vec!["boris".to_owned()],
        value: Some(data_packet::Value::User(livekit_protocol::UserPacket {
            payload: vec![1, 2],
            ..Default::default()
        })),
        ..DataPacket::default()
    };
    let bytes = packet.encode_to_vec();
    hall.tell(&anna, Event::Data { channel: ChannelId(1), text: false, bytes: bytes.clone() });
    let sent = hall.sent_data(&boris);
    let [(ChannelId(1), passed)] = sent.as_slice() else { panic!("{sent:?}") };
    let passed = DataPacket::decode(passed.as_slice()).unwrap();
    assert_eq!((passed.participant_identity.as_str(), passed.value), ("anna", packet.value));
    assert_eq!(hall.sent_data(&carol), []);
    // On a channel that is neither of the two, and nonsense.
    hall.tell(&anna, Event::Data { channel: ChannelId(2), text: false, bytes });
    hall.tell(&anna, Event::Data { channel: ChannelId(1), text: false, bytes: vec![0xFF; 10] });
    assert_eq!(hall.sent_data(&boris).len(), 1);
}

#[test]
fn sound_comes_with_redundancy_unless_it_is_encrypted_or_its_publisher_does_not_want_that() {
    let answered = |change: fn(&mut AddTrackRequest)| {
        let mut hall = Hall::new();
        let mut anna = hall.join("anna");
        anna.heard();
        let mut voice = microphone("voice");
        change(&mut voice);
        hall.say(&anna, Request::AddTrack(voice));
        let sdp = publishing_offer("voice", "picture");
        hall.offer(&mut anna, sdp.replace("a=mid:1\r\n", "a=mid:m0\r\n").replace("a=mid:2\r\n", "a=mid:m1\r\n"));
        let section = section(&anna.answer().sdp, "m0").to_owned();
        section.lines().next().unwrap_or_default().to_owned()
    };
    assert_eq!(answered(|_| ()), "audio 9 UDP/TLS/RTP/SAVPF 63 111");
    assert_eq!(answered(|voice| voice.disable_red = true), "audio 9 UDP/TLS/RTP/SAVPF 111");
    let encrypted = |voice: &mut AddTrackRequest| voice.encryption = encryption::Type::Gcm.into();
    assert_eq!(answered(encrypted), "audio 9 UDP/TLS/RTP/SAVPF 111");
}
