//! A call over the engine that ships, with its encryption, its retransmissions and its estimates.

use std::time::Duration;

use crate::engine::str0m::Str0mEngine;
use crate::testing::{Conference, Loss, any_start};
use crate::{CallEvent, Wish};

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
