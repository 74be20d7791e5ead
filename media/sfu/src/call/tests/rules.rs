//! Who may do what, who gets what, and what is refused.

use std::time::Duration;

use super::{drain, mid, outlet, said, seen, tuple, voice};
use crate::call::{Call, CallError, CallEvent, PARTICIPANTS_MAX, PUBLICATIONS_PER_PARTICIPANT_MAX};
use crate::engine::{ChannelId, Codec, CodecFormat, Condition, Event, ReceivedRtp};
use crate::testing::{OPUS, ScriptedPeer, camera_config};
use crate::{Flow, ParticipantId, PublicationConfig, PublicationId, Quality, Source, SubscriptionId, Wish};

const NOW: Duration = Duration::from_secs(5);
/// The payload type of redundant sound, which is the same for everybody.
const RED: u8 = 63;

/// One who speaks, and two of whom one listens.
struct Room {
    call: Call<ScriptedPeer>,
    speaker: ParticipantId,
    listener: ParticipantId,
    other: ParticipantId,
    voice: PublicationId,
    listening: SubscriptionId,
}

impl Room {
    fn new() -> Self {
        let mut call = Call::new(NOW);
        let [speaker, listener, other] = [(); 3].map(|()| call.join(NOW, ScriptedPeer::default()).unwrap());
        let voice = call.publish(NOW, speaker, voice("v")).unwrap();
        let listening = call.subscribe(NOW, listener, voice, outlet(1), Wish::default()).unwrap();
        drain(&mut call, NOW);
        Self { call, speaker, listener, other, voice, listening }
    }

    fn say(&mut self, number: u64) {
        self.call.peer_mut(self.speaker).unwrap().say(said("v", number, NOW, 20));
        drain(&mut self.call, NOW);
    }

    /// The sequence numbers that somebody got.
    fn got(&mut self, who: ParticipantId) -> Vec<u64> {
        let written = std::mem::take(&mut self.call.peer_mut(who).unwrap().written);
        drain(&mut self.call, NOW);
        written.iter().map(|packet| packet.sequence).collect()
    }
}

#[test]
fn a_packet_goes_to_those_who_have_subscribed_and_nobody_else() {
    let mut room = Room::new();
    room.say(7);
    let written = room.call.peer_mut(room.listener).unwrap().written.clone();
    let [packet] = written.as_slice() else { panic!("{written:?}") };
    assert_eq!((packet.ssrc, packet.payload_type, packet.sequence, packet.timestamp), (1, OPUS - 1, 7, 7 * 960));
    assert_eq!(packet.payload.as_ref(), [1, 2, 3]);
    assert!(packet.extensions.audio_level.is_some());
    assert!(room.got(room.other).is_empty() && room.got(room.speaker).is_empty());
    let counters = room.call.counters();
    assert_eq!((counters.received_packets, counters.forwarded_packets, counters.ignored_packets), (1, 1, 0));
}

#[test]
fn nothing_of_a_muted_voice_is_forwarded_and_no_gap_is_left() {
    let mut room = Room::new();
    room.say(1);
    room.call.set_muted(NOW, room.voice, true).unwrap();
    room.say(2);
    room.call.set_muted(NOW, room.voice, false).unwrap();
    room.say(3);
    assert_eq!(room.got(room.listener), [1, 2]);
    assert_eq!(room.call.counters().ignored_packets, 1);
}

#[test]
fn who_does_not_want_to_hear_hears_nothing_until_he_does() {
    let mut room = Room::new();
    room.say(1);
    room.call.set_wish(NOW, room.listening, Wish { enabled: false, ..Wish::default() }).unwrap();
    room.say(2);
    room.call.set_wish(NOW, room.listening, Wish::default()).unwrap();
    room.say(3);
    assert_eq!(room.got(room.listener), [1, 2]);
    room.call.unsubscribe(NOW, room.listening).unwrap();
    room.say(4);
    assert!(room.got(room.listener).is_empty());
}

#[test]
fn who_is_told_that_a_publication_has_ended_can_use_the_m_line_again() {
    let mut room = Room::new();
    room.call.unpublish(NOW, room.voice).unwrap();
    let (subscriber, subscription) = (room.listener, room.listening);
    let ended = CallEvent::SubscriptionEnded { subscriber, subscription, mid: mid("m1") };
    assert_eq!(drain(&mut room.call, NOW), [ended]);
    assert!(!room.call.peer_mut(room.speaker).unwrap().has_media(mid("v")));
    room.say(1);
    assert!(room.got(room.listener).is_empty());
    let again = room.call.publish(NOW, room.speaker, voice("v")).unwrap();
    let outlet = crate::Outlet { mid: mid("m1"), ..outlet(2) };
    room.call.subscribe(NOW, room.listener, again, outlet, Wish::default()).unwrap();
    room.say(9);
    assert_eq!(room.got(room.listener), [9]);
}

#[test]
fn who_leaves_takes_everything_with_him() {
    let mut room = Room::new();
    let own = room.call.subscribe(NOW, room.speaker, room.voice, outlet(9), Wish::default()).unwrap();
    room.call.leave(NOW, room.speaker).unwrap();
    assert!(matches!(room.call.leave(NOW, room.speaker), Err(CallError::Unknown("participant"))));
    assert!(matches!(room.call.unsubscribe(NOW, own), Err(CallError::Unknown("subscription"))));
    assert!(matches!(room.call.set_muted(NOW, room.voice, true), Err(CallError::Unknown("publication"))));
    assert_eq!(room.call.flow(room.listening), None);
    room.call.leave(NOW, room.listener).unwrap();
    room.call.leave(NOW, room.other).unwrap();
    drain(&mut room.call, NOW);
    assert_eq!(room.call.poll_timeout(), None, "nobody is there");
}

#[test]
fn what_is_in_use_is_refused() {
    let mut room = Room::new();
    let call = &mut room.call;
    let wish = Wish::default();
    assert!(matches!(call.publish(NOW, room.speaker, voice("v")), Err(CallError::InUse("m-line"))));
    assert!(matches!(call.publish(NOW, room.listener, voice("m1")), Err(CallError::InUse("m-line"))));
    let twice = call.subscribe(NOW, room.listener, room.voice, outlet(2), wish);
    assert!(matches!(twice, Err(CallError::InUse("publication"))));
    let second = call.publish(NOW, room.speaker, voice("v2")).unwrap();
    let taken = call.subscribe(NOW, room.listener, second, outlet(1), wish);
    assert!(matches!(taken, Err(CallError::InUse("m-line"))));
    let nobody = call.subscribe(NOW, ParticipantId(999), second, outlet(3), wish);
    assert!(matches!(nobody, Err(CallError::Unknown("participant"))));
    let nothing = call.subscribe(NOW, room.listener, PublicationId(999), outlet(3), wish);
    assert!(matches!(nothing, Err(CallError::Unknown("publication"))));
    room.say(1);
    assert_eq!(room.got(room.listener), [1], "nothing of it did harm");
}

#[test]
fn what_does_not_fit_together_is_refused() {
    let mut room = Room::new();
    let camera = || camera_config(mid("c"));
    let with_layers = |change: fn(&mut PublicationConfig)| {
        let mut config = camera();
        change(&mut config);
        config
    };
    let wrong = [
        PublicationConfig { codecs: Vec::new(), ..camera() },
        PublicationConfig { source: Source::Microphone, ..camera() },
        PublicationConfig { source: Source::Camera, ..voice("c") },
        PublicationConfig { layers: Vec::new(), ..camera() },
        PublicationConfig { layers: camera().layers, ..voice("c") },
        with_layers(|config| config.layers.reverse()),
        with_layers(|config| config.layers[1].rid = None),
        with_layers(|config| config.layers[1].rid = config.layers[0].rid),
        with_layers(|config| config.layers.push(config.layers[0])),
    ];
    for config in wrong {
        let refused = room.call.publish(NOW, room.speaker, config.clone());
        assert!(matches!(refused, Err(CallError::Invalid(_))), "{config:?}: {refused:?}");
    }
    room.call.publish(NOW, room.speaker, camera()).unwrap();
}

#[test]
fn there_are_limits() {
    let mut room = Room::new();
    for number in 1..PUBLICATIONS_PER_PARTICIPANT_MAX {
        room.call.publish(NOW, room.speaker, voice(&format!("v{number}"))).unwrap();
    }
    assert!(matches!(room.call.publish(NOW, room.speaker, voice("w")), Err(CallError::TooMany("publications"))));
    // Some take part with two connections.
    for _ in 3..2 * PARTICIPANTS_MAX {
        room.call.join(NOW, ScriptedPeer::default()).unwrap();
    }
    assert!(matches!(room.call.join(NOW, ScriptedPeer::default()), Err(CallError::TooMany("participants"))));
}

#[test]
fn who_is_gone_is_told_once_and_harms_nobody() {
    let mut room = Room::new();
    room.call.peer_mut(room.listener).unwrap().fail();
    assert_eq!(drain(&mut room.call, NOW), [CallEvent::Gone(room.listener)]);
    assert!(room.call.peer_mut(room.listener).is_none());
    room.call.handle_input(NOW, room.listener, &tuple(), b"late").unwrap();
    room.say(1);
    assert_eq!(room.call.counters().refused_packets, 1);
    room.call.peer_mut(room.speaker).unwrap().say(Event::Closed);
    assert_eq!(drain(&mut room.call, NOW), [CallEvent::Gone(room.speaker)]);
    room.call.leave(NOW, room.listener).unwrap();
    room.call.leave(NOW, room.speaker).unwrap();
    assert!(matches!(room.call.handle_input(NOW, room.speaker, &tuple(), b"x"), Err(CallError::Unknown(_))));
}

#[test]
fn what_a_peer_tells_of_itself_is_passed_on() {
    let mut room = Room::new();
    let peer = room.call.peer_mut(room.speaker).unwrap();
    let channel = ChannelId(0);
    peer.say(Event::Connected);
    peer.say(Event::Unreachable);
    peer.say(Event::Reachable);
    peer.say(Event::ChannelOpen(channel, "_lossy".to_owned()));
    peer.say(Event::Data { channel, text: false, bytes: vec![1] });
    peer.say(Event::ChannelClosed(channel));
    let participant = room.speaker;
    let wanted = [
        CallEvent::Connected(participant),
        CallEvent::Unreachable(participant),
        CallEvent::Reachable(participant),
        CallEvent::ChannelOpen(participant, channel, "_lossy".to_owned()),
        CallEvent::Data { participant, channel, text: false, bytes: vec![1] },
        CallEvent::ChannelClosed(participant, channel),
    ];
    assert_eq!(drain(&mut room.call, NOW), wanted);
}

#[test]
fn packets_of_several_inputs_are_written_before_anybody_is_asked() {
    let mut room = Room::new();
    for number in 0..10 {
        room.call.peer_mut(room.speaker).unwrap().say(said("v", number, NOW, 20));
        room.call.handle_input(NOW, room.speaker, &tuple(), b"").unwrap();
    }
    let listener = room.call.participants.get_mut(&room.listener).unwrap();
    assert!(listener.must_poll());
    assert_eq!(listener.peer_mut().written.len(), 10);
    drain(&mut room.call, NOW);
}

#[test]
fn a_layer_that_nobody_has_named_is_ignored() {
    let mut room = Room::new();
    room.call.publish(NOW, room.speaker, camera_config(mid("c"))).unwrap();
    let peer = room.call.peer_mut(room.speaker).unwrap();
    peer.say(seen("c", "z", 1, NOW));
    peer.say(seen("nowhere", "q", 1, NOW));
    drain(&mut room.call, NOW);
    assert_eq!(room.call.counters().ignored_packets, 2);
}

#[test]
fn a_picture_that_is_not_wanted_is_not_sent_for_long() {
    let mut room = Room::new();
    let publication = room.call.publish(NOW, room.speaker, camera_config(mid("c"))).unwrap();
    let publisher = room.speaker;
    let mut now = NOW;
    let run = |room: &mut Room, now: &mut Duration, seconds: u64| {
        let mut events = Vec::new();
        for _ in 0..seconds * 10 {
            *now += Duration::from_millis(100);
            room.call.handle_timeout(*now);
            events.extend(drain(&mut room.call, *now));
        }
        events
    };
    let wanted = |upto| CallEvent::Wanted { publisher, publication, upto };
    assert_eq!(run(&mut room, &mut now, 7), [wanted(None)]);
    let wish = Wish { quality_max: Quality::Medium, ..Wish::default() };
    let subscription = room.call.subscribe(now, room.listener, publication, outlet(5), wish).unwrap();
    assert_eq!(drain(&mut room.call, now), [wanted(Some(Quality::Medium))]);
    room.call.set_wish(now, subscription, Wish { size: Some((100, 100)), ..Wish::default() }).unwrap();
    assert!(run(&mut room, &mut now, 4).is_empty());
    assert_eq!(run(&mut room, &mut now, 3), [wanted(Some(Quality::Low))]);
    room.call.set_wish(now, subscription, Wish::default()).unwrap();
    assert_eq!(drain(&mut room.call, now), [wanted(Some(Quality::High))]);
}

#[test]
fn sound_is_taken_off_first_and_a_picture_that_does_not_fit_waits() {
    let mut room = Room::new();
    let publication = room.call.publish(NOW, room.speaker, camera_config(mid("c"))).unwrap();
    let subscription = room.call.subscribe(NOW, room.listener, publication, outlet(5), Wish::default()).unwrap();
    for rid in ["q", "h", "f"] {
        room.call.peer_mut(room.speaker).unwrap().say(seen("c", rid, 1, NOW));
    }
    drain(&mut room.call, NOW);
    let subscriber = room.listener;
    let flow = |flow| CallEvent::Flow { subscriber, subscription, flow };
    // A voice of 40 kbit/s leaves too little for a picture of 150.
    room.call.peer_mut(room.listener).unwrap().say(Event::Estimate(180_000));
    assert_eq!(drain(&mut room.call, NOW), [flow(Flow::Paused)]);
    assert_eq!(room.call.flow(subscription), Some(Flow::Paused));
    assert_eq!(
        room.call.peer_mut(room.listener).unwrap().desired_bps,
        2_050_000,
        "all that would be sent, and the margin"
    );
    room.say(1);
    assert!(!room.got(room.listener).is_empty());
    let later = NOW + Duration::from_secs(4);
    room.call.peer_mut(room.listener).unwrap().say(Event::Estimate(900_000));
    assert_eq!(drain(&mut room.call, later), [flow(Flow::Active)]);
}

#[test]
fn speakers_are_told_and_silence_after_a_mute() {
    let mut room = Room::new();
    let mut now = NOW;
    let mut told = Vec::new();
    for number in 0..100 {
        now += Duration::from_millis(20);
        room.call.peer_mut(room.speaker).unwrap().say(said("v", number, now, 12));
        if number == 50 {
            room.call.set_muted(now, room.voice, true).unwrap();
        }
        room.call.handle_timeout(now);
        told.extend(drain(&mut room.call, now));
    }
    let speakers = |event: &CallEvent| match event {
        CallEvent::Speakers(speakers) => Some(speakers.iter().map(|speaker| speaker.participant).collect::<Vec<_>>()),
        _ => None,
    };
    let told: Vec<_> = told.iter().filter_map(speakers).collect();
    assert_eq!(told, [vec![room.speaker], vec![]]);
}

#[test]
fn a_peer_is_called_when_it_wants_to_be() {
    let mut room = Room::new();
    let at = room.call.poll_timeout().unwrap();
    assert!(at <= NOW + crate::UPKEEP_INTERVAL);
    room.call.handle_timeout(at);
    drain(&mut room.call, at);
    let soon = NOW + Duration::from_millis(1);
    room.call.handle_timeout(soon);
    drain(&mut room.call, soon);
    assert_eq!(room.call.poll_timeout(), Some(at + crate::UPKEEP_INTERVAL));
}

/// A voice that may come with redundancy, and a listener who can unpack it beside one who cannot.
fn redundant() -> Room {
    let mut room = Room::new();
    room.call.unpublish(NOW, room.voice).unwrap();
    let mut config = voice("r");
    config.codecs.push(Codec { payload_type: RED, retransmission: None, format: CodecFormat::OpusRed });
    room.voice = room.call.publish(NOW, room.speaker, config).unwrap();
    let mut outlets = [outlet(2), outlet(3)];
    outlets[0].payload_types.push((RED, RED));
    for (who, outlet) in [room.listener, room.other].into_iter().zip(outlets) {
        room.call.subscribe(NOW, who, room.voice, outlet, Wish::default()).unwrap();
    }
    drain(&mut room.call, NOW);
    room
}

#[test]
fn redundant_sound_is_unpacked_for_those_who_cannot() {
    let mut room = redundant();
    let whole: [u8; 8] = [0x80 | OPUS, 0x0F, 0, 2, OPUS, 8, 8, 9];
    for (number, payload) in [&whole[..], &whole[..5], &[OPUS, 7], &[]].into_iter().enumerate() {
        let Event::Rtp(packet) = said("r", number as u64, NOW, 20) else { panic!("sound is sound") };
        let packet = ReceivedRtp { payload_type: RED, payload: payload.into(), ..packet };
        room.call.peer_mut(room.speaker).unwrap().say(Event::Rtp(packet));
        drain(&mut room.call, NOW);
    }
    let mut got = |who| {
        let written = std::mem::take(&mut room.call.peer_mut(who).unwrap().written);
        drain(&mut room.call, NOW);
        written.into_iter().map(|it| (it.sequence, it.payload_type, it.payload.to_vec())).collect::<Vec<_>>()
    };
    let as_it_is = [(0, RED, whole.to_vec()), (1, RED, whole[..5].to_vec()), (2, RED, vec![OPUS, 7]), (3, RED, vec![])];
    assert_eq!(got(room.listener), as_it_is);
    assert_eq!(got(room.other), [(0, OPUS - 1, vec![9]), (2, OPUS - 1, vec![7])], "what cannot be read is dropped");
}

#[test]
fn who_is_silent_has_lost_nothing() {
    let mut room = Room::new();
    let mut now = NOW;
    // While nobody speaks, a packet comes every 400 ms, and the timestamps tell of the time between (RFC 7587 §3.1.3).
    for (number, pause_ms) in [20, 20, 400, 400, 20, 9_000, 20, 400].into_iter().enumerate() {
        now += Duration::from_millis(pause_ms);
        let timestamp = u32::try_from(now.as_millis() * 48).unwrap();
        let Event::Rtp(packet) = said("v", number as u64, now, 20) else { panic!("sound is sound") };
        room.call.peer_mut(room.speaker).unwrap().say(Event::Rtp(ReceivedRtp { timestamp, ..packet }));
        room.call.handle_timeout(now);
        drain(&mut room.call, now);
    }
    let written = room.call.peer_mut(room.listener).unwrap().written.clone();
    let got: Vec<_> = written.iter().map(|packet| (packet.sequence, packet.timestamp / 48)).collect();
    let at = [20, 40, 440, 840, 860, 9_860, 9_880, 10_280].map(|ms| 5_000 + ms);
    assert_eq!(got, (0..8).zip(at).collect::<Vec<_>>());
    let condition = Condition::default();
    room.call.peer_mut(room.speaker).unwrap().say(Event::Condition(condition));
    let told = drain(&mut room.call, now).into_iter().find_map(|event| match event {
        CallEvent::Condition { condition, .. } => condition.jitter,
        _ => None,
    });
    assert_eq!(told, Some(Duration::ZERO), "they came when they were to come");
}
