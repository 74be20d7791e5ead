//! A call over the engine that ships, with its encryption, its retransmissions and its estimates.

use std::time::Duration;

use crate::engine::Mid;
use crate::engine::str0m::Str0mEngine;
use crate::testing::{Conference, Loss, any_start};
use crate::{CallEvent, Quality, Wish};

type Room = Conference<Str0mEngine, Str0mEngine>;

fn room() -> Room {
    let engine = || Str0mEngine::new(any_start()).unwrap();
    Conference::new(engine(), engine())
}

/// One who publishes and so many who watch, all connected.
fn watched_by(count: usize) -> Room {
    let mut room = room();
    for _ in 0..=count {
        room.join(5_000_000).unwrap();
    }
    room.run(Duration::from_secs(2));
    let connected = room.events.iter().filter(|(_, event)| matches!(event, CallEvent::Connected(_)));
    assert_eq!(connected.count(), count + 1);
    let publication = room.publish(0).unwrap();
    for client in 1..=count {
        room.watch(client, publication, Wish::default()).unwrap();
    }
    room
}

/// What each has seen: pictures, the layer, the longest freeze. Complains of what should not be.
fn seen(room: &Room) -> Vec<(u32, Option<u8>, Duration)> {
    let viewers = room.clients.iter().flat_map(|client| client.viewers.values());
    let seen = viewers.map(|viewer| {
        assert_eq!(viewer.faults, Vec::<String>::new());
        (viewer.pictures, viewer.layer(), viewer.longest_freeze)
    });
    seen.collect()
}

#[test]
fn losses_on_all_lines_freeze_no_picture_for_long() {
    let mut room = watched_by(3);
    room.run(Duration::from_secs(2));
    room.lose(Loss::new(20, 42));
    room.run(Duration::from_secs(20));
    for (pictures, layer, freeze) in seen(&room) {
        assert!(pictures > 500, "{pictures}");
        assert_eq!(layer, Some(2));
        assert!(freeze < Duration::from_secs(2), "{freeze:?}");
    }
    assert!(room.clients[0].keyframes_asked <= 3 * 44, "{}", room.clients[0].keyframes_asked);
}

#[test]
fn a_narrow_line_gets_a_small_picture_and_a_wide_one_a_large_one() {
    let mut room = watched_by(2);
    room.clients[1].capacity_bps = Some(900_000);
    room.run(Duration::from_secs(20));
    let narrow = seen(&room)[0];
    assert!(narrow.1 < Some(2), "{narrow:?}");
    assert_eq!(seen(&room)[1].1, Some(2));
    room.clients[1].capacity_bps = None;
    // The engine looks for more only now and then.
    let is_large = (0..120).any(|_| {
        room.run(Duration::from_secs(1));
        seen(&room)[0].1 == Some(2)
    });
    assert!(is_large, "it has become wide: {:?}", room.call.estimate_bps(room.clients[1].id));
    let before = seen(&room)[0].0;
    room.run(Duration::from_secs(2));
    assert!(seen(&room)[0].0 > before + 50);
}

#[test]
fn fifty_watch_one() {
    let mut room = watched_by(50);
    room.run(Duration::from_secs(4));
    for (pictures, layer, freeze) in seen(&room) {
        assert!(pictures > 90, "{pictures}");
        assert_eq!(layer, Some(2));
        assert!(freeze < Duration::from_millis(500), "{freeze:?}");
    }
    assert_eq!(room.call.counters().refused_packets, 0);
}

/// By how much a client would show a picture too early or too late beside the voice, in microseconds: at each report on the
/// picture that came after this time.
fn skews(room: &Room, client: usize, voice: Mid, since: Duration) -> Vec<u64> {
    let timing = &room.clients[client].timing;
    let errors = |mid: &Mid| &timing[mid].errors_us;
    let picture = *timing.keys().find(|mid| **mid != voice).unwrap();
    let skew = |(at, error): &(Duration, i64)| {
        let (_, of_voice) = errors(&voice).iter().rfind(|(told, _)| told <= at)?;
        Some(error.abs_diff(*of_voice))
    };
    let later = errors(&picture).iter().filter(|(at, _)| *at >= since);
    later.filter_map(skew).collect()
}

#[test]
fn lips_and_voice_stay_together_over_switches_and_for_those_who_come_late() {
    let mut room = room();
    for _ in 0..3 {
        room.join(5_000_000).unwrap();
    }
    room.run(Duration::from_secs(2));
    let (picture, voice) = (room.publish(0).unwrap(), room.speak(0).unwrap());
    let heard = room.hear(1, voice).unwrap();
    let watched = room.watch(1, picture, Wish::default()).unwrap();
    // Reports on sound come every five seconds, from the publisher to us and from us to the others.
    room.run(Duration::from_secs(12));
    let settled = room.now;
    room.lose(Loss::new(10, 7));
    for quality_max in [Quality::Low, Quality::High, Quality::Medium, Quality::High] {
        room.call.set_wish(room.now, watched, Wish { quality_max, ..Wish::default() }).unwrap();
        room.run(Duration::from_secs(3));
    }
    let early = skews(&room, 1, heard, settled);
    assert!(early.len() > 8 && early.iter().all(|skew| *skew < 5_000), "{early:?}");
    let heard = room.hear(2, voice).unwrap();
    room.watch(2, picture, Wish::default()).unwrap();
    room.run(Duration::from_secs(4));
    let late = skews(&room, 2, heard, Duration::ZERO);
    assert!(late.len() > 2 && late.iter().all(|skew| *skew < 5_000), "from the first report on: {late:?}");
    seen(&room);
}
