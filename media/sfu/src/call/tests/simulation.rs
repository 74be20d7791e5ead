//! Cameras and viewers on bad lines, in virtual time: nobody looks at a frozen picture for long, what arrives is one stream, and
//! nobody is asked for more keyframes than is decent.

use std::time::Duration;

use crate::keyframes::KEYFRAME_REQUEST_INTERVAL;
use crate::testing::{MEETING_STEP, Meeting, Weather};
use crate::{CallEvent, Flow, Quality, Wish};

/// The longest that a picture may stand still.
const FREEZE_MAX: Duration = Duration::from_secs(2);

fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// One camera, and a watcher with this wish.
fn pair(seed: u64, up: Weather, down: Weather) -> Meeting {
    let mut meeting = Meeting::new(seed);
    meeting.add_sender(up).unwrap();
    meeting.add_watcher(0, Wish::default(), down).unwrap();
    meeting
}

/// Everybody has seen pictures, and nothing that should not be.
fn check(meeting: &Meeting, what: &str) {
    for (number, watcher) in meeting.watchers.iter().enumerate() {
        let viewer = &watcher.viewer;
        assert_eq!(viewer.faults, Vec::<String>::new(), "{what}, watcher {number}");
        assert!(viewer.longest_freeze <= FREEZE_MAX, "{what}, watcher {number}: {:?}", viewer.longest_freeze);
        assert!(viewer.pictures > 0, "{what}, watcher {number} has seen nothing");
    }
}

/// No layer was asked for keyframes more often than is decent.
fn check_keyframes(meeting: &Meeting) {
    for sender in &meeting.senders {
        for (at, (time, rid)) in sender.asked.iter().enumerate() {
            let soon = sender.asked[at + 1..].iter().find(|(_, other)| other == rid);
            // A publisher sees it up to a step late.
            let next_min = *time + KEYFRAME_REQUEST_INTERVAL - MEETING_STEP;
            assert!(soon.is_none_or(|(next, _)| *next >= next_min), "{:?}", sender.asked);
        }
    }
}

fn asked(meeting: &Meeting) -> usize {
    meeting.senders[0].asked.len()
}

#[test]
fn on_a_good_line_the_best_layer_is_shown_and_no_packet_is_missing() {
    let mut meeting = pair(1, Weather::fair(), Weather::fair());
    meeting.run(secs(10));
    check(&meeting, "fair weather");
    let viewer = &meeting.watchers[0].viewer;
    assert_eq!((viewer.layer(), viewer.skipped), (Some(2), 0));
    assert!(viewer.pictures > 280, "{}", viewer.pictures);
    assert!(viewer.longest_freeze < Duration::from_millis(100), "{:?}", viewer.longest_freeze);
    assert_eq!(asked(&meeting), 0, "the first pictures were keyframes: {:?}", meeting.senders[0].asked);
}

#[test]
fn on_bad_lines_no_picture_freezes_for_long() {
    for seed in 0..8 {
        let mut meeting = pair(seed, Weather::foul(), Weather::foul());
        meeting.senders[0].keyframe_delay = Duration::from_millis(250);
        meeting.run(secs(60));
        check(&meeting, &format!("seed {seed}"));
        check_keyframes(&meeting);
        let watcher = &meeting.watchers[0];
        assert!(watcher.viewer.pictures > 900, "seed {seed}: {}", watcher.viewer.pictures);
        assert!(asked(&meeting) <= 120, "seed {seed}: {}", asked(&meeting));
    }
}

#[test]
fn whoever_changes_his_mind_often_sees_one_stream() {
    for seed in 0..10 {
        let mut meeting = pair(seed, Weather::fair(), Weather::fair());
        for round in 0..40_u64 {
            let quality_max =
                [Quality::Low, Quality::High, Quality::Medium][usize::try_from((round + seed) % 3).unwrap()];
            let subscription = meeting.watchers[0].subscription;
            meeting.call.set_wish(meeting.now, subscription, Wish { quality_max, ..Wish::default() }).unwrap();
            meeting.run(Duration::from_millis(700 + 10 * seed));
        }
        check(&meeting, &format!("seed {seed}"));
        check_keyframes(&meeting);
        let viewer = &meeting.watchers[0].viewer;
        assert_eq!(viewer.skipped, 0, "seed {seed}");
        assert!(viewer.layers.len() > 20, "seed {seed}: {:?}", viewer.layers);
        assert!(viewer.longest_freeze < Duration::from_millis(200), "seed {seed}: {:?}", viewer.longest_freeze);
    }
}

#[test]
fn the_layer_follows_the_bandwidth_and_does_not_flutter() {
    let mut meeting = pair(3, Weather::fair(), Weather::fair());
    let id = meeting.watchers[0].id;
    for (bps, layer) in [(5_000_000, 2), (1_000_000, 1), (300_000, 0), (1_000_000, 1), (5_000_000, 2)] {
        // It goes up and down by a twentieth all the time.
        for tick in 0..80_u64 {
            meeting.estimate(id, if tick % 2 == 0 { bps } else { bps - bps / 20 });
            meeting.run(Duration::from_millis(100));
        }
        assert_eq!(meeting.watchers[0].viewer.layer(), Some(layer), "{bps}");
    }
    check(&meeting, "bandwidth");
    let layers: Vec<u8> = meeting.watchers[0].viewer.layers.iter().map(|(_, layer)| *layer).collect();
    let changes = layers.iter().skip_while(|layer| **layer != 2).copied().collect::<Vec<_>>();
    assert_eq!(changes, [2, 1, 0, 1, 2]);
}

#[test]
fn a_picture_without_room_is_paused_and_comes_back() {
    let mut meeting = pair(4, Weather::fair(), Weather::fair());
    let (id, subscription) = (meeting.watchers[0].id, meeting.watchers[0].subscription);
    meeting.run(secs(3));
    meeting.estimate(id, 50_000);
    meeting.run(Duration::from_millis(500));
    meeting.watchers[0].viewer.excuse();
    let before = meeting.watchers[0].viewer.pictures;
    assert!(before < 120, "{before}");
    assert_eq!(meeting.call.flow(subscription), Some(Flow::Paused));
    meeting.estimate(id, 5_000_000);
    meeting.run(secs(8));
    assert!(meeting.watchers[0].viewer.pictures > before + 120);
    assert_eq!(meeting.watchers[0].viewer.layer(), Some(2));
    assert_eq!(meeting.watchers[0].viewer.skipped, 0);
    let flows = |event: &(Duration, CallEvent)| match event.1 {
        CallEvent::Flow { flow, .. } => Some(flow),
        _ => None,
    };
    assert_eq!(meeting.events.iter().filter_map(flows).collect::<Vec<_>>(), [Flow::Paused, Flow::Active]);
    check(&meeting, "pause");
}

#[test]
fn a_way_that_seems_to_carry_nothing_is_tried_now_and_then() {
    let mut meeting = pair(4, Weather::fair(), Weather::fair());
    meeting.run(secs(3));
    let (id, before) = (meeting.watchers[0].id, meeting.watchers[0].viewer.pictures);
    let mut paused = 0;
    for _ in 0..200 {
        meeting.estimate(id, 50_000);
        meeting.run(Duration::from_millis(100));
        let watcher = &mut meeting.watchers[0];
        if meeting.call.flow(watcher.subscription) == Some(Flow::Paused) {
            watcher.viewer.excuse();
            paused += 1;
        }
    }
    let shown = meeting.watchers[0].viewer.pictures - before;
    assert!((60..330).contains(&shown) && paused > 80, "{shown} pictures, {paused} times paused");
    assert_eq!(meeting.watchers[0].viewer.layer(), Some(0), "the smallest is tried");
    for _ in 0..100 {
        meeting.estimate(id, 5_000_000);
        meeting.run(Duration::from_millis(100));
    }
    assert_eq!(meeting.watchers[0].viewer.layer(), Some(2));
    check(&meeting, "trials");
}

#[test]
fn a_layer_that_the_publisher_gives_up_is_replaced() {
    for seed in 0..5 {
        let mut meeting = pair(seed, Weather::foul(), Weather::fair());
        meeting.run(secs(5));
        for layers in [[true, true, false], [true, false, false], [false, true, false], [true, true, true]] {
            for (layer, is_on) in layers.into_iter().enumerate() {
                meeting.senders[0].camera.switch(layer, is_on);
            }
            meeting.run(secs(6));
            let best = layers.iter().rposition(|is_on| *is_on).and_then(|layer| u8::try_from(layer).ok());
            assert_eq!(meeting.watchers[0].viewer.layer(), best, "seed {seed}: {layers:?}");
        }
        check(&meeting, &format!("seed {seed}"));
        check_keyframes(&meeting);
    }
}

#[test]
fn after_a_mute_the_picture_comes_back_as_one_stream() {
    let mut meeting = pair(5, Weather::fair(), Weather::fair());
    meeting.run(secs(3));
    let publication = meeting.senders[0].publication;
    meeting.call.set_muted(meeting.now, publication, true).unwrap();
    meeting.run(secs(1));
    meeting.watchers[0].viewer.excuse();
    meeting.senders[0].is_sending = false;
    meeting.run(secs(30));
    let before = meeting.watchers[0].viewer.pictures;
    assert_eq!(asked(&meeting), 0, "nobody asks for what is muted: {:?}", meeting.senders[0].asked);
    meeting.senders[0].is_sending = true;
    meeting.call.set_muted(meeting.now, publication, false).unwrap();
    meeting.run(secs(5));
    check(&meeting, "mute");
    let viewer = &meeting.watchers[0].viewer;
    assert!(viewer.pictures > before + 120, "{} of {before}", viewer.pictures);
    assert_eq!((viewer.skipped, viewer.layer()), (0, Some(2)));
}

#[test]
fn whoever_publishes_again_is_seen_again() {
    let mut meeting = pair(6, Weather::foul(), Weather::foul());
    meeting.run(secs(5));
    meeting.call.unpublish(meeting.now, meeting.senders[0].publication).unwrap();
    meeting.run(secs(5));
    let first = meeting.watchers[0].viewer.pictures;
    meeting.publish_again(0).unwrap();
    let id = meeting.watchers[0].id;
    let again = meeting.watch(id, 0, Wish::default(), Weather::foul()).unwrap();
    meeting.run(secs(10));
    assert_eq!(meeting.watchers[0].viewer.pictures, first, "the old subscription is over");
    let viewer = &meeting.watchers[again].viewer;
    assert!(viewer.pictures > 200 && viewer.longest_freeze <= FREEZE_MAX, "{viewer:?}");
    assert_eq!(viewer.faults, Vec::<String>::new());
}

#[test]
fn who_comes_late_sees_a_picture_soon() {
    for seed in 0..10 {
        let mut meeting = pair(seed, Weather::foul(), Weather::foul());
        meeting.run(secs(5));
        let late = meeting.add_watcher(0, Wish::default(), Weather::foul()).unwrap();
        meeting.run(secs(2));
        let shown = meeting.watchers[late].viewer.pictures;
        assert!(shown > 0, "seed {seed}");
        check_keyframes(&meeting);
    }
}

#[test]
fn fifty_who_watch_cost_the_publisher_no_more_keyframes_than_one() {
    let mut meeting = Meeting::new(7);
    meeting.add_sender(Weather::foul()).unwrap();
    for number in 0..50_u64 {
        let quality_max = [Quality::Low, Quality::Medium, Quality::High][usize::try_from(number % 3).unwrap()];
        meeting.add_watcher(0, Wish { quality_max, ..Wish::default() }, Weather::foul()).unwrap();
    }
    meeting.run(secs(20));
    check(&meeting, "fifty");
    check_keyframes(&meeting);
    for watcher in &meeting.watchers {
        assert!(watcher.viewer.pictures > 300, "{}", watcher.viewer.pictures);
    }
    let most = 3 * 20_000 / usize::try_from(KEYFRAME_REQUEST_INTERVAL.as_millis()).unwrap();
    assert!(asked(&meeting) <= most, "{} of {most}", asked(&meeting));
}

#[test]
fn nobody_sends_what_nobody_looks_at() {
    let mut meeting = Meeting::new(8);
    meeting.add_sender(Weather::fair()).unwrap();
    let small = Wish { size: Some((160, 90)), ..Wish::default() };
    meeting.add_watcher(0, small, Weather::fair()).unwrap();
    meeting.run(secs(8));
    let wanted = |(_, event): &(Duration, CallEvent)| match event {
        CallEvent::Wanted { upto, .. } => Some(*upto),
        _ => None,
    };
    assert_eq!(meeting.events.iter().filter_map(wanted).collect::<Vec<_>>(), [Some(Quality::Low)]);
    let before = meeting.call.counters().received_packets;
    meeting.run(secs(1));
    let received = meeting.call.counters().received_packets - before;
    assert!(received <= 40, "one packet for each picture: {received}");
    meeting.call.set_wish(meeting.now, meeting.watchers[0].subscription, Wish::default()).unwrap();
    meeting.run(secs(2));
    assert_eq!(meeting.watchers[0].viewer.layer(), Some(2));
    check(&meeting, "dynacast");
}

#[test]
fn the_same_seed_makes_the_same_meeting() {
    let run = || {
        let mut meeting = pair(9, Weather::foul(), Weather::foul());
        meeting.run(secs(20));
        let viewer = &meeting.watchers[0].viewer;
        (meeting.call.counters(), viewer.pictures, viewer.layers.clone(), meeting.senders[0].asked.clone())
    };
    assert_eq!(run(), run());
}
