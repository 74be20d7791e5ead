use std::time::Duration;

use super::{Arrival, BITRATE_WINDOW, LAYER_GONE_AFTER, LAYER_SILENT_AFTER, PACKET_OVERHEAD_BYTES, Publication};
use crate::engine::{CodecFormat, Extensions, Mid, ReceivedRtp, Rid};
use crate::headers::Head;
use crate::participant::ParticipantId;
use crate::testing::{VP8, camera_config};

const FRAME: Duration = Duration::from_millis(33);

fn publication() -> Publication<Vec<u8>> {
    Publication::new(ParticipantId(1), camera_config(Mid::new("0").unwrap()))
}

fn packet(number: u32, now: Duration) -> ReceivedRtp<Vec<u8>> {
    ReceivedRtp {
        received: now,
        mid: Mid::new("0").unwrap(),
        rid: None,
        ssrc: 1,
        payload_type: VP8,
        sequence: u64::from(number),
        timestamp: number * 3_000,
        marker: true,
        extensions: Extensions::default(),
        payload: vec![0; 1_000],
    }
}

fn arrive(publication: &mut Publication<Vec<u8>>, layer: usize, packet: &ReceivedRtp<Vec<u8>>) -> Arrival {
    publication.arrive(layer, packet, &Head::default())
}

#[test]
fn packets_belong_to_the_layer_that_they_name() {
    let publication = publication();
    assert_eq!(["q", "h", "f", "x"].map(|rid| publication.layer_of(Rid::new(rid))), [Some(0), Some(1), Some(2), None]);
    assert_eq!(publication.layer_of(None), None);
    assert_eq!((publication.format(VP8), publication.format(5)), (Some(CodecFormat::Vp8), None));
}

#[test]
fn an_arrival_tells_what_is_new() {
    let mut publication = publication();
    let at = Duration::from_secs(1);
    let told = |arrival: Arrival| (arrival.can_begin, arrival.is_other_stream, arrival.has_begun);
    assert_eq!(told(arrive(&mut publication, 0, &packet(5, at))), (true, false, true));
    assert_eq!(told(arrive(&mut publication, 0, &packet(6, at))), (true, false, false));
    assert_eq!(told(arrive(&mut publication, 0, &packet(5, at))), (false, false, false));
    let other = ReceivedRtp { ssrc: 2, ..packet(1, at) };
    assert_eq!(told(arrive(&mut publication, 0, &other)), (true, true, false));
}

#[test]
fn a_client_that_counts_anew_is_another_stream_and_one_wrong_number_is_not() {
    let mut publication = publication();
    let at = Duration::from_secs(1);
    arrive(&mut publication, 0, &packet(30_000, at));
    let others = |publication: &mut Publication<Vec<u8>>, numbers: std::ops::Range<u32>| {
        numbers.filter(|number| arrive(publication, 0, &packet(*number, at)).is_other_stream).collect::<Vec<_>>()
    };
    assert!(others(&mut publication, 1..9).is_empty());
    assert!(others(&mut publication, 30_001..30_002).is_empty(), "they were late, or wrong");
    assert_eq!(others(&mut publication, 1..40), [10]);
    assert!(arrive(&mut publication, 0, &packet(40, at)).can_begin);
}

#[test]
fn a_layer_is_silent_when_the_others_go_on_without_it() {
    let mut publication = publication();
    let mut now = Duration::from_secs(1);
    for layer in 0..3 {
        arrive(&mut publication, layer, &packet(0, now));
    }
    let mut number = 0;
    let end = now + LAYER_SILENT_AFTER;
    while now + FRAME < end {
        (now, number) = (now + FRAME, number + 1);
        arrive(&mut publication, 0, &packet(number, now));
        arrive(&mut publication, 1, &packet(number, now));
        assert!(!publication.look_after(now));
    }
    assert!(publication.look_after(end));
    assert_eq!(publication.layers.iter().map(super::Layer::is_live).collect::<Vec<_>>(), [true, true, false]);
    assert!(!publication.look_after(end), "it is told once");
    assert!(arrive(&mut publication, 2, &packet(number, end)).has_begun);
}

#[test]
fn a_picture_that_does_not_move_is_not_silent() {
    let mut publication = publication();
    let mut now = Duration::from_secs(1);
    for number in 0..10 {
        arrive(&mut publication, 0, &packet(number, now));
        assert!(!publication.look_after(now));
        arrive(&mut publication, 1, &packet(number, now + FRAME));
        now += Duration::from_secs(1);
    }
    assert!(publication.look_after(now + LAYER_GONE_AFTER));
}

#[test]
fn a_bitrate_is_believed_after_a_while_and_falls_slowly() {
    let mut publication = publication();
    let announced = publication.config.layers[0].bits_per_second;
    let mut now = Duration::from_secs(1);
    let step = Duration::from_millis(10);
    for number in 0..30 {
        arrive(&mut publication, 0, &packet(number, now));
        now += step;
    }
    assert_eq!(publication.layers[0].bits_per_second(), announced, "a beginning says little");
    for number in 30..400 {
        arrive(&mut publication, 0, &packet(number, now));
        now += step;
    }
    let sent = (1_000 + PACKET_OVERHEAD_BYTES) * 8 * 100;
    let measured = publication.layers[0].bits_per_second();
    assert!(measured.abs_diff(sent) < sent / 50, "{measured} of {sent}");
    let end = now + 2 * BITRATE_WINDOW;
    let mut number = 400;
    while now < end {
        arrive(&mut publication, 0, &ReceivedRtp { payload: Vec::new(), ..packet(number, now) });
        (now, number) = (now + step, number + 1);
    }
    let less = publication.layers[0].bits_per_second();
    assert!(less < measured && less > measured / 2, "{less} of {measured}");
}
