use std::time::Duration;

use super::{FIRST_SEQUENCE_MASK, Forwarder, LATE_PACKETS_MAX, Rewritten, SEQUENCE_STEP_MAX};
use crate::engine::{CodecFormat, Extensions, Mid, ReceivedRtp};
use crate::headers::{Head, PictureHead};
use crate::publication::Layering;

fn packet(layer: u32, sequence: u64, timestamp: u32, ms: u64) -> ReceivedRtp<Vec<u8>> {
    ReceivedRtp {
        received: Duration::from_millis(ms),
        mid: Mid::new("0").unwrap(),
        rid: None,
        ssrc: 100 + layer,
        payload_type: 96,
        sequence,
        timestamp,
        marker: true,
        extensions: Extensions::default(),
        payload: Vec::new(),
    }
}

const DELTA: Head =
    Head { starts_keyframe: false, picture: None, frame_number: None, spatial: None, ends_layer: false };
const KEY: Head = Head { starts_keyframe: true, ..DELTA };

/// A forwarder of video that sends the lowest layer.
fn video() -> Forwarder {
    let mut forwarder = Forwarder::new(CodecFormat::Vp8, Layering::Streams);
    forwarder.set_target(Some(0));
    forwarder
}

fn sequence(rewritten: Option<Rewritten>) -> Option<u64> {
    rewritten.map(|rewritten| rewritten.sequence)
}

#[test]
fn nothing_goes_out_before_a_keyframe_and_all_of_it_after() {
    let mut forwarder = video();
    assert_eq!(forwarder.awaited_layer(), Some(0));
    assert_eq!(forwarder.forward(&packet(0, 10, 900, 0), 0, &DELTA, true, None), None);
    assert_eq!(forwarder.forward(&packet(1, 10, 900, 0), 1, &KEY, true, None), None, "not the layer that is meant");
    assert_eq!(forwarder.forward(&packet(0, 11, 900, 0), 0, &KEY, false, None), None, "its second packet has passed");
    let first = forwarder.forward(&packet(0, 12, 900, 0), 0, &KEY, true, None).unwrap();
    assert_eq!(first, Rewritten { sequence: 12, timestamp: 900, marker: true, picture: None, frame_number: None });
    assert_eq!(forwarder.awaited_layer(), None);
    assert_eq!(sequence(forwarder.forward(&packet(0, 14, 900, 0), 0, &DELTA, true, None)), Some(14));
    assert_eq!(
        sequence(forwarder.forward(&packet(0, 13, 900, 0), 0, &DELTA, false, None)),
        Some(13),
        "late, and in its place"
    );
    assert_eq!(forwarder.forward(&packet(0, 11, 900, 0), 0, &DELTA, false, None), None, "before the keyframe");
}

#[test]
fn the_first_sequence_number_has_no_wrap() {
    for sequence in [0, 65_535, 65_536, 98_304, 1 << 40] {
        let first = video().forward(&packet(0, sequence, 0, 0), 0, &KEY, true, None).unwrap();
        assert_eq!(first.sequence, sequence & FIRST_SEQUENCE_MASK);
    }
}

#[test]
fn a_switch_waits_for_the_keyframe_and_leaves_no_gap() {
    let mut forwarder = video();
    forwarder.forward(&packet(0, 100, 3_000, 0), 0, &KEY, true, None);
    forwarder.set_target(Some(2));
    assert_eq!((forwarder.current_layer(), forwarder.awaited_layer()), (Some(0), Some(2)));
    assert_eq!(sequence(forwarder.forward(&packet(0, 101, 6_000, 33), 0, &DELTA, true, None)), Some(101));
    assert_eq!(forwarder.forward(&packet(2, 70_000, 1, 40), 2, &DELTA, true, None), None);
    let switched = forwarder.forward(&packet(2, 70_001, 500_000_000, 67), 2, &KEY, true, None).unwrap();
    assert_eq!(switched.sequence, 102);
    assert_eq!(switched.timestamp, 6_000 + 34 * 90, "other clocks: by the time that has passed");
    assert_eq!((forwarder.current_layer(), forwarder.awaited_layer()), (Some(2), None));
    assert_eq!(forwarder.forward(&packet(0, 102, 9_000, 70), 0, &DELTA, true, None), None, "the old one is over");
    let next = forwarder.forward(&packet(2, 70_003, 500_003_000, 100), 2, &DELTA, true, None).unwrap();
    assert_eq!((next.sequence, next.timestamp), (104, switched.timestamp + 3_000), "a loss stays a loss");
    assert_eq!(forwarder.forward(&packet(2, 70_000, 1, 101), 2, &DELTA, false, None), None);
}

#[test]
fn a_layer_that_comes_back_has_its_old_clock() {
    let mut forwarder = video();
    forwarder.forward(&packet(0, 1, 1_000_000, 0), 0, &KEY, true, None);
    forwarder.set_target(Some(1));
    // It arrives 20 ms later than its time.
    forwarder.forward(&packet(1, 1, 77_009_000, 120), 1, &KEY, true, None);
    forwarder.set_target(Some(0));
    let back = forwarder.forward(&packet(0, 9, 1_000_000 + 90_000, 1_000), 0, &KEY, true, None).unwrap();
    assert_eq!(back.timestamp, 1_000_000 + 90_000);
}

#[test]
fn layers_with_one_clock_keep_it_and_never_share_a_timestamp() {
    let mut forwarder = video();
    forwarder.forward(&packet(0, 1, 9_000, 100), 0, &KEY, true, None);
    forwarder.set_target(Some(1));
    let switched = forwarder.forward(&packet(1, 1, 9_000, 105), 1, &KEY, true, None).unwrap();
    assert_eq!(switched.timestamp, 9_090, "the same picture, one millisecond later");
    forwarder.set_target(Some(2));
    let switched = forwarder.forward(&packet(2, 1, 99_000, 1_130), 2, &KEY, true, None).unwrap();
    assert!((99_000..=99_090).contains(&switched.timestamp), "{switched:?}");
}

#[test]
fn after_a_pause_time_has_passed_and_no_packet_is_missing() {
    let mut forwarder = video();
    forwarder.forward(&packet(0, 1, 0, 0), 0, &KEY, true, None);
    forwarder.set_target(None);
    assert_eq!(forwarder.forward(&packet(0, 2, 3_000, 33), 0, &DELTA, true, None), None);
    forwarder.set_target(Some(0));
    assert_eq!(forwarder.forward(&packet(0, 299, 897_000, 9_966), 0, &DELTA, true, None), None);
    let resumed = forwarder.forward(&packet(0, 300, 900_000, 10_003), 0, &KEY, true, None).unwrap();
    assert_eq!((resumed.sequence, resumed.timestamp), (2, 900_000));
    forwarder.interrupt();
    assert_eq!(forwarder.awaited_layer(), Some(0));
    assert_eq!(forwarder.forward(&packet(0, 301, 903_000, 10_040), 0, &DELTA, true, None), None);
}

#[test]
fn a_publisher_that_begins_anew_is_put_behind_what_went_before() {
    let mut forwarder = video();
    forwarder.forward(&packet(0, 1, 0, 0), 0, &KEY, true, None);
    let far = 1 + SEQUENCE_STEP_MAX + 1;
    assert_eq!(forwarder.forward(&packet(0, far, 3_000, 33), 0, &DELTA, true, None), None, "too far to be loss");
    assert_eq!(forwarder.awaited_layer(), Some(0));
    assert_eq!(sequence(forwarder.forward(&packet(0, far + 1, 6_000, 66), 0, &KEY, true, None)), Some(2));
    forwarder.source_changed(1);
    assert_eq!(forwarder.current_layer(), Some(0));
    forwarder.source_changed(0);
    assert_eq!(forwarder.awaited_layer(), Some(0));
    let other = ReceivedRtp { ssrc: 7, ..packet(0, 5, 123_456_789, 100) };
    let other = forwarder.forward(&other, 0, &KEY, true, None).unwrap();
    assert_eq!((other.sequence, other.timestamp), (3, 6_000 + 34 * 90));
}

#[test]
fn what_is_far_too_late_is_dropped() {
    let mut forwarder = video();
    for at in 0..=LATE_PACKETS_MAX + 1 {
        forwarder.forward(&packet(0, at, 0, 0), 0, &KEY, true, None);
    }
    assert_eq!(forwarder.forward(&packet(0, 0, 0, 0), 0, &DELTA, false, None), None);
    assert_eq!(sequence(forwarder.forward(&packet(0, 1, 0, 0), 0, &DELTA, false, None)), Some(1));
}

#[test]
fn sound_begins_with_any_packet() {
    let mut forwarder = Forwarder::new(CodecFormat::Opus, Layering::Streams);
    assert_eq!(forwarder.forward(&packet(0, 5, 960, 20), 0, &DELTA, true, None), None, "nobody wants it yet");
    forwarder.set_target(Some(0));
    assert_eq!(forwarder.awaited_layer(), None);
    assert_eq!(sequence(forwarder.forward(&packet(0, 6, 1_920, 40), 0, &DELTA, true, None)), Some(6));
    forwarder.set_target(None);
    forwarder.set_target(Some(0));
    let resumed = forwarder.forward(&packet(0, 56, 49_920, 1_040), 0, &DELTA, true, None).unwrap();
    assert_eq!((resumed.sequence, resumed.timestamp), (7, 49_920));
}

#[test]
fn pictures_are_numbered_without_a_gap() {
    let head = |starts_keyframe, picture_id, mask, index| {
        let picture = Some(PictureHead { picture_id, mask, tl0_picture_index: Some(index) });
        Head { starts_keyframe, picture, frame_number: Some(picture_id), ..DELTA }
    };
    for mask in [0x7FFF, 0x7F] {
        let mut forwarder = video();
        let first = forwarder.forward(&packet(0, 1, 0, 0), 0, &head(true, mask, mask, 255), true, None).unwrap();
        assert_eq!((first.picture, first.frame_number), (None, None), "what is right is not touched");
        forwarder.set_target(Some(1));
        let numbers = |picture_id, index| Some(PictureHead { picture_id, mask, tl0_picture_index: Some(index) });
        let switched = forwarder.forward(&packet(1, 1, 3_000, 33), 1, &head(true, 0x55, mask, 17), true, None).unwrap();
        assert_eq!((switched.picture, switched.frame_number), (numbers(0, 0), Some(mask + 1)));
        let next = forwarder.forward(&packet(1, 2, 6_000, 66), 1, &head(false, 0x56, mask, 18), true, None).unwrap();
        assert_eq!((next.picture, next.frame_number), (numbers(1, 1), Some(mask + 2)));
    }
}
