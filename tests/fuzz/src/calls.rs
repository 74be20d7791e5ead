//! Rooms with people in them, to whom nothing may happen whatever somebody else sends.

use std::time::Duration;

use livekit_protocol::signal_request::Message as Request;
use livekit_protocol::signal_response::Message;
use livekit_protocol::{
    AddTrackRequest, JoinRequest, SessionDescription, SignalRequest, SignalResponse, TrackSource, TrackType,
};
use prost::Message as _;
use veche_media_driver::testing::{House, Occupancy, Visitor, publishing_offer, receiving_offer};
use veche_media_driver::{Arrival, Grants, Protocol, SfuLimits};
use veche_sfu::engine::Engine;
use veche_sfu::{PARTICIPANTS_MAX, PUBLICATIONS_PER_PARTICIPANT_MAX};

/// The room in which everything happens.
pub const ROOM: &str = "room";
/// Everybody is gone from a room after this time, if he says nothing.
const GONE_AFTER: Duration = Duration::from_secs(21);
/// m-lines of one connection; see `LINES_MAX` of the driver.
const LINES_MAX: usize = 1_024;
/// Ufrags and addresses of one connection; see `demux.rs` of the driver. Somebody has two connections at most.
const NAMES_MAX: usize = 2 * 4;
const WAYS_MAX: usize = 2 * 64;

/// Somebody in the room.
pub struct Guest {
    pub visitor: Visitor,
    offers: u32,
}

/// Limits that are reached soon.
pub fn limits() -> SfuLimits {
    SfuLimits { rooms_max: 3, participants_max: 8, ..SfuLimits::default() }
}

/// Steps that are taken: enough for every order of things, few enough to be quick.
pub const STEPS_MAX: usize = 48;

/// Steps that the input spells: one byte that says what, one that says how, two of length, and so many bytes.
pub fn steps(input: &[u8]) -> impl Iterator<Item = (u8, u8, &[u8])> {
    let mut rest = input;
    let step = move || {
        let ([what, how, high, low], more) = rest.split_first_chunk::<4>()?;
        let length = usize::from(u16::from_be_bytes([*high, *low]));
        let (bytes, more) = more.split_at(length.min(more.len()));
        rest = more;
        Some((*what, *how, bytes))
    };
    std::iter::from_fn(step)
}

/// Somebody comes over `/rtc/v1`, with a voice and a picture that he sends, and lines on which he gets some.
pub fn join<E: Engine>(house: &mut House<E>, identity: &str) -> Guest {
    let request = JoinRequest { publisher_offer: Some(offer(receiving_offer(2, 2), 1)), ..JoinRequest::default() };
    let arrival = Arrival { request, protocol: Protocol::One };
    let visitor = house.join(Grants::participant(identity, ROOM), arrival);
    let mut guest = Guest { visitor, offers: 1 };
    publish(house, &mut guest, 2);
    guest
}

/// Somebody comes over `/rtc`, and sends.
pub fn join_with_two<E: Engine>(house: &mut House<E>, identity: &str) -> Guest {
    let visitor = house.join(Grants::participant(identity, ROOM), Arrival::from_parameters(&[]));
    let mut guest = Guest { visitor, offers: 0 };
    publish(house, &mut guest, 0);
    guest
}

/// Announces a voice and a picture, and offers them behind so many lines of each kind.
fn publish<E: Engine>(house: &mut House<E>, guest: &mut Guest, lines: usize) {
    say(house, guest, Request::AddTrack(track("voice", TrackType::Audio, TrackSource::Microphone)));
    say(house, guest, Request::AddTrack(track("picture", TrackType::Video, TrackSource::Camera)));
    let sending = publishing_offer("voice", "picture");
    let sdp = if lines == 0 {
        sending
    } else {
        let (_, own) = sending.split_once("m=audio").expect("a line for sound");
        let own =
            format!("m=audio{own}").replace("a=mid:1\r\n", "a=mid:own1\r\n").replace("a=mid:2\r\n", "a=mid:own2\r\n");
        receiving_offer(lines, lines) + &own
    };
    guest.offers += 1;
    say(house, guest, Request::Offer(offer(sdp, guest.offers)));
    let (heard, lives) = hear(guest);
    assert!(lives && heard.iter().any(|message| matches!(message, Message::Answer(_))), "{heard:?}");
}

pub fn offer(sdp: String, id: u32) -> SessionDescription {
    SessionDescription { r#type: "offer".to_owned(), sdp, id, ..SessionDescription::default() }
}

pub fn track(cid: &str, kind: TrackType, source: TrackSource) -> AddTrackRequest {
    AddTrackRequest {
        cid: cid.to_owned(),
        r#type: kind.into(),
        source: source.into(),
        width: 1_280,
        height: 720,
        ..AddTrackRequest::default()
    }
}

pub fn say<E: Engine>(house: &mut House<E>, guest: &Guest, request: Request) {
    house.say(&guest.visitor, &SignalRequest { message: Some(request) }.encode_to_vec());
}

/// What somebody has heard since he was last asked, and whether his connection lives. What we send can be read.
pub fn hear(guest: &Guest) -> (Vec<Message>, bool) {
    hear_at(&guest.visitor)
}

pub fn hear_at(visitor: &Visitor) -> (Vec<Message>, bool) {
    let (messages, lives) = visitor.heard();
    let read = |bytes: &Vec<u8>| SignalResponse::decode(bytes.as_slice()).expect("we send messages").message;
    (messages.iter().filter_map(read).collect(), lives)
}

/// Somebody who has done nothing is still there, and is answered.
pub fn assert_unharmed<E: Engine>(house: &mut House<E>, guest: &Guest) {
    say(house, guest, Request::Ping(1));
    let (heard, lives) = hear(guest);
    assert!(lives, "whoever has done nothing keeps his connection");
    assert!(!heard.iter().any(|message| matches!(message, Message::Leave(_))), "he is not sent away: {heard:?}");
    assert!(heard.iter().any(|message| matches!(message, Message::Pong(_))), "he is answered: {heard:?}");
}

/// What is held is within the limits.
pub fn assert_bounded<E: Engine>(house: &House<E>, limits: &SfuLimits) -> Occupancy {
    let held = house.occupancy();
    assert!(held.rooms <= limits.rooms_max && held.people <= limits.participants_max, "{held:?}");
    assert!(held.people_in_a_room <= PARTICIPANTS_MAX, "{held:?}");
    assert!(held.names <= held.people * NAMES_MAX && held.ways <= held.people * WAYS_MAX, "{held:?}");
    assert!(held.tracks <= PUBLICATIONS_PER_PARTICIPANT_MAX && held.lines <= LINES_MAX, "{held:?}");
    // Nobody wants what is not there.
    assert!(held.wants <= held.people_in_a_room * PUBLICATIONS_PER_PARTICIPANT_MAX, "{held:?}");
    held
}

/// When all have gone, nothing is left.
pub fn assert_empties<'a, E: Engine>(house: &mut House<E>, visitors: impl IntoIterator<Item = &'a Visitor>) {
    visitors.into_iter().for_each(|visitor| house.hang_up(visitor));
    house.wait(GONE_AFTER);
    assert_eq!(house.occupancy(), Occupancy::default());
}
