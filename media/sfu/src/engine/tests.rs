use std::time::Duration;

use super::str0m::{Str0mEngine, Str0mPeer};
use super::{
    AudioLevel, ChannelConfig, Codec, CodecFormat, Data, DataChannels, Delivery, Engine, EngineError, Event,
    Extensions, HeaderExtension, IceCredentials, IceRole, MediaKind, Mid, Orientation, PAYLOAD_BYTES_MAX, Peer,
    ReceiveStream, ReceivedRtp, Retransmit, Rid, RtpToSend, SendStream, Vp8Numbers,
};
use crate::testing::{self, Loss, Network, OPUS, Profile, VP8, vp8_payload};

type Link = Network<Str0mPeer, Str0mPeer>;
type Payload = <Str0mPeer as Peer>::Payload;

fn engine() -> Str0mEngine {
    Str0mEngine::new(testing::any_start()).unwrap()
}

fn link(profile: &Profile) -> Link {
    let mut link = testing::connect(&engine(), &engine(), Duration::from_secs(7), 1, profile).unwrap();
    assert!(link.run_until_connected(), "{:?} {:?}", link.client.ended, link.server.ended);
    link
}

fn mid(name: &str) -> Mid {
    Mid::new(name).unwrap()
}

/// Both sides know an m-line, on which the server sends a stream to the client.
fn subscription(profile: &Profile) -> Link {
    let mut link = link(profile);
    let kind = MediaKind::Video;
    link.client.peer.add_media(mid("1"), kind, &[]).unwrap();
    link.server.peer.add_media(mid("1"), kind, &[]).unwrap();
    link.server.peer.send_stream(mid("1"), SendStream { ssrc: 7, retransmission: Some(8), rid: None }).unwrap();
    link
}

fn packet(number: u16) -> RtpToSend<Payload> {
    RtpToSend {
        ssrc: 7,
        payload_type: VP8,
        sequence: u64::from(number),
        timestamp: 90 * u32::from(number),
        captured: Duration::MAX,
        marker: number.is_multiple_of(2),
        extensions: Extensions::default(),
        vp8: None,
        retransmit: Retransmit::OnRequest,
        payload: vp8_payload(number, 1_200).into(),
    }
}

fn rtp(events: Vec<Event<Payload>>) -> Vec<ReceivedRtp<Payload>> {
    let packet = |event| if let Event::Rtp(packet) = event { Some(packet) } else { None };
    events.into_iter().filter_map(packet).collect()
}

fn send(link: &mut Link, packet: RtpToSend<Payload>) -> Vec<ReceivedRtp<Payload>> {
    let now = link.now;
    link.server.peer.write_rtp(now, packet).unwrap();
    link.run(Duration::from_millis(100));
    rtp(std::mem::take(&mut link.client.events))
}

#[test]
fn peers_connect_whichever_part_the_server_has_in_ice() {
    for ice in [IceRole::Lite, IceRole::Controlled] {
        let link = link(&Profile { ice, ..Profile::browser() });
        assert!(link.now < Duration::from_secs(8), "{ice:?}: it took until {:?}", link.now);
    }
}

#[test]
fn a_client_with_another_certificate_is_refused() {
    let (client, server, other) = (engine(), engine(), engine());
    assert_ne!(client.fingerprint(), other.fingerprint());
    // The server is told of `other`, and `client` comes.
    struct Disguised<'a>(&'a Str0mEngine, &'a Str0mEngine);
    impl Engine for Disguised<'_> {
        type Peer = Str0mPeer;
        fn fingerprint(&self) -> &super::Fingerprint {
            self.1.fingerprint()
        }
        fn peer(&self, now: Duration, config: &super::PeerConfig) -> Result<Str0mPeer, EngineError> {
            self.0.peer(now, config)
        }
    }
    let disguised = Disguised(&client, &other);
    let mut link = testing::connect(&disguised, &server, Duration::ZERO, 1, &Profile::browser()).unwrap();
    assert!(!link.run_until_connected());
    assert!(matches!(link.server.ended, Some(EngineError::Ended(_))), "{:?}", link.server.ended);
}

#[test]
fn a_packet_comes_out_as_it_went_in() {
    let mut link = subscription(&Profile::browser());
    for number in 0..3_u16 {
        let extensions = Extensions {
            audio_level: None,
            orientation: Some(Orientation::Quarter),
            dependency_descriptor: Some(vec![number.to_be_bytes()[1]; 20].into()),
        };
        let got = send(&mut link, RtpToSend { extensions: extensions.clone(), ..packet(number) });
        let [got] = got.as_slice() else { panic!("{got:?}") };
        let sent = packet(number);
        assert_eq!((got.mid, got.rid, got.ssrc, got.payload_type), (mid("1"), None, 7, VP8));
        assert_eq!((got.sequence, got.timestamp, got.marker), (sent.sequence, sent.timestamp, sent.marker));
        assert_eq!(got.payload, sent.payload);
        assert_eq!(got.extensions, extensions);
    }
}

#[test]
fn sequence_numbers_go_on_counting_when_sixteen_bits_are_full() {
    let mut link = subscription(&Profile::browser());
    for sequence in [65_534, 65_535, 65_536, 65_537] {
        let got = send(&mut link, RtpToSend { sequence, ..packet(1) });
        assert_eq!(got.iter().map(|packet| packet.sequence).collect::<Vec<_>>(), [sequence]);
    }
}

#[test]
fn a_voice_keeps_its_loudness() {
    let mut link = link(&Profile::browser());
    for peer in [&mut link.client.peer, &mut link.server.peer] {
        peer.add_media(mid("0"), MediaKind::Audio, &[]).unwrap();
    }
    link.server.peer.send_stream(mid("0"), SendStream { ssrc: 7, retransmission: None, rid: None }).unwrap();
    for below_full_db in [0, 37, 127] {
        let level = AudioLevel { below_full_db, voice: below_full_db < 100 };
        let extensions = Extensions { audio_level: Some(level), ..Extensions::default() };
        let sent = RtpToSend { payload_type: OPUS, extensions, sequence: u64::from(below_full_db), ..packet(0) };
        let got = send(&mut link, sent);
        assert_eq!(got.iter().map(|packet| packet.extensions.audio_level).collect::<Vec<_>>(), [Some(level)]);
    }
}

#[test]
fn the_numbers_of_vp8_are_changed_on_the_way_and_nothing_else() {
    let mut link = subscription(&Profile::browser());
    let numbers = Vp8Numbers { picture_id: 0x1234, tl0_picture_index: Some(99) };
    let got = send(&mut link, RtpToSend { vp8: Some(numbers), ..packet(5) });
    let mut wanted = vp8_payload(5, 1_200);
    wanted[2..5].copy_from_slice(&[0x80 | 0x12, 0x34, 99]);
    assert_eq!(got[0].payload.as_ref(), wanted);
}

#[test]
fn what_cannot_be_sent_is_refused_and_harms_nothing() {
    let mut link = subscription(&Profile::browser());
    let now = link.now;
    let peer = &mut link.server.peer;
    let too_long = vec![0; PAYLOAD_BYTES_MAX + 1].into();
    let numbers = Some(Vp8Numbers { picture_id: 1, tl0_picture_index: None });
    let cases = [
        RtpToSend { ssrc: 9, ..packet(0) },
        RtpToSend { payload_type: 35, ..packet(0) },
        RtpToSend { payload: too_long, ..packet(0) },
        RtpToSend { payload: Vec::new().into(), vp8: numbers, ..packet(0) },
        RtpToSend { sequence: 65_536, ..packet(0) },
    ];
    for case in cases {
        assert!(peer.write_rtp(now, case).is_err());
    }
    let stream = SendStream { ssrc: 70, retransmission: None, rid: None };
    assert!(matches!(peer.send_stream(mid("2"), stream), Err(EngineError::Unknown(_))));
    let stream = ReceiveStream { ssrc: 70, retransmission: None };
    assert!(matches!(peer.receive_stream(mid("2"), stream), Err(EngineError::Unknown(_))));
    assert!(matches!(peer.add_media(mid("1"), MediaKind::Video, &[]), Err(EngineError::MediaExists)));
    assert!(matches!(peer.add_remote_candidate("candidate:no"), Err(EngineError::BadCandidate)));
    assert_eq!(send(&mut link, packet(0)).len(), 1);
}

#[test]
fn what_is_nothing_of_webrtc_is_refused_and_harms_nothing() {
    let mut link = subscription(&Profile::browser());
    let (now, tuple) = (link.now, link.server_tuple());
    for foreign in [&[][..], &[0xFF; 40], &[0x00; 3], b"GET / HTTP/1.1", &[0x80; 2_001]] {
        assert!(matches!(link.server.peer.handle_input(now, &tuple, foreign), Err(EngineError::Foreign)));
    }
    // What looks like RTP, RTCP, DTLS or STUN, and is not this client's.
    let mut record = vec![22, 254, 253, 0, 0, 0, 0, 0, 0, 0, 9, 0, 40];
    record.extend([7; 40]);
    let stun = [&[0, 1, 0, 0, 0x21, 0x12, 0xA4, 0x42][..], &[7; 12]].concat();
    for forged in [&[0x80; 100][..], &[0x81, 200, 0, 6, 1, 2, 3, 4, 5, 6, 7, 8], &record, &[23; 60], &stun] {
        let taken = link.server.peer.handle_input(now, &tuple, forged);
        assert!(matches!(taken, Ok(()) | Err(EngineError::Foreign)), "{forged:?}: {taken:?}");
    }
    assert_eq!(send(&mut link, packet(0)).len(), 1);
}

#[test]
fn what_str0m_cannot_hold_is_refused_when_a_peer_is_made() {
    let vp8 = |payload_type, retransmission| Codec { payload_type, retransmission, format: CodecFormat::Vp8 };
    let browser = Profile::browser;
    let wrong = [
        Profile { extensions: vec![(17, HeaderExtension::Mid)], ..browser() },
        Profile { extensions: vec![(0, HeaderExtension::Mid)], ..browser() },
        Profile { codecs: vec![vp8(128, None)], ..browser() },
        Profile { codecs: vec![vp8(96, Some(96))], ..browser() },
        Profile { codecs: vec![vp8(96, None), vp8(96, None)], ..browser() },
    ];
    for profile in wrong {
        let refused = testing::connect(&engine(), &engine(), Duration::ZERO, 1, &profile);
        assert!(matches!(refused, Err(EngineError::Unsupported(_))), "{profile:?}");
    }
}

#[test]
fn layers_of_a_simulcast_are_told_apart_and_repaired_under_their_names() {
    let loss = Loss::new(20, 42);
    let layers = testing::simulcast(&engine(), &engine(), 2_000, loss).unwrap();
    assert_eq!(layers.iter().map(|layer| layer.rid.to_string()).collect::<Vec<_>>(), ["q", "h", "f"]);
    for layer in layers {
        assert!(layer.lost >= 20, "2 % of 1,800 packets: {layer:?}");
        assert_eq!(layer.repaired(), layer.lost, "{layer:?}");
    }
}

#[test]
fn a_stream_with_announced_retransmissions_is_repaired_in_both_directions() {
    let loss = Loss::new(20, 42);
    let down = testing::downlink(&engine(), &engine(), 2_000, loss).unwrap();
    let up = testing::uplink(&engine(), &engine(), 2_000, loss).unwrap();
    for report in [down, up] {
        assert!(report.lost >= 20, "2 % of 1,800 packets: {report:?}");
        assert_eq!(report.repaired(), report.lost, "{report:?}");
    }
}

#[test]
fn a_keyframe_request_reaches_the_sender_of_that_layer() {
    let mut link = subscription(&Profile::browser());
    send(&mut link, packet(0));
    link.client.peer.request_keyframe(mid("1"), None);
    link.client.peer.request_keyframe(mid("1"), Rid::new("q"));
    link.run(Duration::from_millis(100));
    let asked = |event: &&Event<Payload>| matches!(event, Event::KeyframeRequest(of) if *of == mid("1"));
    assert_eq!(link.server.events.iter().filter(asked).count(), 1);
}

#[test]
fn the_way_to_the_client_is_estimated_from_his_feedback() {
    let mut link = subscription(&Profile { estimate_from_bps: Some(300_000), ..Profile::browser() });
    link.server.peer.set_desired_bitrate(3_000_000);
    for number in 0..1_000 {
        let now = link.now;
        link.server.peer.write_rtp(now, packet(number)).unwrap();
        link.run(Duration::from_millis(5));
    }
    let estimate = |event: &Event<Payload>| if let Event::Estimate(bps) = event { Some(*bps) } else { None };
    let last = link.server.events.iter().filter_map(estimate).next_back().unwrap();
    assert!(last > 1_000_000, "nothing is in the way, and 1.9 Mbit/s arrive: {last}");
}

#[test]
fn messages_go_both_ways_on_channels_of_either_side() {
    let mut link = link(&Profile { data: DataChannels::Negotiated, ..Profile::browser() });
    let open = |label: &str, delivery| ChannelConfig { label: label.to_owned(), delivery };
    let reliable = link.client.peer.open_channel(&open("_reliable", Delivery::Reliable)).unwrap();
    link.server.peer.open_channel(&open("_lossy", Delivery::Lossy)).unwrap();
    link.run(Duration::from_secs(1));
    link.client.peer.send_data(reliable, Data::Text("from the client")).unwrap();
    let opened = |event: &Event<Payload>| match event {
        Event::ChannelOpen(channel, label) => Some((*channel, label.clone())),
        _ => None,
    };
    let channels: Vec<_> = link.server.events.iter().filter_map(opened).collect();
    let of = |wanted: &str| channels.iter().find(|(_, label)| label == wanted).expect("it has been opened").0;
    link.server.peer.send_data(of("_reliable"), Data::Binary(b"back")).unwrap();
    link.server.peer.send_data(of("_lossy"), Data::Binary(b"over")).unwrap();
    link.run(Duration::from_secs(1));
    let message = |event: &Event<Payload>| match event {
        Event::Data { text, bytes, .. } => Some((*text, String::from_utf8(bytes.clone()).unwrap())),
        _ => None,
    };
    let at_server: Vec<_> = link.server.events.iter().filter_map(message).collect();
    assert_eq!(at_server, [(true, "from the client".to_owned())]);
    let mut at_client: Vec<_> = link.client.events.iter().filter_map(message).collect();
    at_client.sort();
    assert_eq!(at_client, [(false, "back".to_owned()), (false, "over".to_owned())]);
}

#[test]
fn a_client_that_falls_silent_is_told_and_comes_back_with_other_credentials() {
    let mut link = subscription(&Profile::browser());
    let told = |link: &Link, wanted: fn(&Event<Payload>) -> bool| link.server.events.iter().any(wanted);
    link.lose(Loss::new(1_000, 1));
    link.run(Duration::from_secs(40));
    assert!(told(&link, |event| matches!(event, Event::Unreachable)));
    link.lose(Loss::new(0, 1));
    let named = |name: &str| IceCredentials { ufrag: name.to_owned(), pwd: name.repeat(8).into() };
    let (client, server) = (named("clientAgain"), named("serverAgain"));
    link.server.peer.restart_ice(&server, &client);
    link.client.peer.restart_ice(&client, &server);
    testing::show_the_way(&mut link.client.peer).unwrap();
    link.run(Duration::from_secs(5));
    assert!(told(&link, |event| matches!(event, Event::Reachable)));
    assert_eq!(send(&mut link, packet(0)).len(), 1);
}

#[test]
fn a_client_that_says_goodbye_is_told() {
    let mut link = link(&Profile::browser());
    link.client.peer.close();
    link.run(Duration::from_secs(1));
    assert!(link.server.events.iter().any(|event| matches!(event, Event::Closed)));
}

#[test]
fn a_stream_that_is_stopped_and_an_m_line_that_is_removed_take_nothing_more() {
    let mut link = subscription(&Profile::browser());
    assert_eq!(send(&mut link, packet(0)).len(), 1);
    let now = link.now;
    link.server.peer.stop_stream(7);
    assert!(link.server.peer.write_rtp(now, packet(1)).is_err());
    link.server.peer.send_stream(mid("1"), SendStream { ssrc: 17, retransmission: None, rid: None }).unwrap();
    assert_eq!(send(&mut link, RtpToSend { ssrc: 17, ..packet(1) }).len(), 1);
    link.server.peer.remove_media(mid("1"));
    assert!(link.server.peer.write_rtp(link.now, RtpToSend { ssrc: 17, ..packet(2) }).is_err());
    link.server.peer.add_media(mid("1"), MediaKind::Video, &[]).unwrap();
}
