use proptest::prelude::*;
use serde::{Deserialize, Serialize};

use super::{DecodeError, Json, Value};
use crate::records::rooms::{EventLocation, RoomRecord, StateGroup, TimelineEntry};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Sample {
    text: String,
    number: Option<u64>,
    json: Json,
}

versioned!(Sample, 3);

fn sample() -> Sample {
    Sample { text: "привет".to_owned(), number: Some(7), json: Json(b"{\"a\":1}".to_vec()) }
}

#[test]
fn first_byte_is_the_version() {
    let bytes = sample().encode();
    assert_eq!(bytes[0], 3);
    assert_eq!(Sample::decode(&bytes), Ok(sample()));
}

#[test]
fn damage_is_an_error_in_words() {
    let good = sample().encode();
    let mut newer = good.clone();
    newer[0] = 4;
    let mut longer = good.clone();
    longer.push(0);
    for (bytes, words) in [
        (&[][..], "the value is empty"),
        (&newer, "the value has encoding version 4, known is 3"),
        (&longer, "the value does not decode: 1 bytes too many"),
        (&good[..5], "the value does not decode"),
    ] {
        let error = Sample::decode(bytes).expect_err("damaged");
        assert!(error.to_string().starts_with(words), "{error}");
    }
}

#[test]
fn json_in_a_record_is_copied_not_taken_apart() {
    let json = vec![b'7'; 1_000];
    let bytes = Sample { text: String::new(), number: None, json: Json(json) }.encode();
    assert!(bytes.len() < 1_010, "{} bytes", bytes.len());
}

#[test]
fn debug_shows_no_content() {
    assert_eq!(format!("{:?}", Json(b"secret".to_vec())), "Json(6 bytes)");
}

#[test]
fn raw_json_is_checked_when_it_is_used() {
    let bad = Json::decode(b"{").expect("stored bytes are not parsed");
    assert!(matches!(bad.raw(), Err(DecodeError::Malformed(_))));
    assert_eq!(Json(b"[1]".to_vec()).raw().expect("JSON").get(), "[1]");
}

proptest! {
    #[test]
    fn noise_never_panics(noise: Vec<u8>) {
        // Version 1 in front, so that the noise gets past the version.
        let noise = [&[1], noise.as_slice()].concat();
        let _ = Sample::decode(&noise);
        let _ = TimelineEntry::decode(&noise);
        let _ = StateGroup::decode(&noise);
        let _ = RoomRecord::decode(&noise);
        let _ = EventLocation::decode(&noise);
        let _ = u64::decode(&noise);
        let _ = <()>::decode(&noise);
    }
}
