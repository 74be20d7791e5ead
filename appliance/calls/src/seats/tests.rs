use ruma::{owned_device_id, owned_room_id, owned_user_id};

use super::*;

const fn at(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

fn key() -> SeatKey {
    SeatKey { call: "call".to_owned(), identity: "bob".to_owned() }
}

fn holder() -> Holder {
    Holder {
        user_id: owned_user_id!("@bob:x.example"),
        device_id: owned_device_id!("HOME"),
        room_id: owned_room_id!("!r:x.example"),
    }
}

fn delegate(seats: &Seats, delay_id: &str, now: Duration) {
    seats.delegate(key(), holder(), ShortRoomId(7), delay_id.to_owned(), 100_000, now);
}

fn sent(seats: &Seats, now: Duration) -> Vec<String> {
    seats.due(now).send
}

#[test]
fn a_leaving_is_put_off_while_its_owner_is_there_and_sent_when_he_is_gone() {
    let seats = Seats::default();
    seats.expect(key(), holder(), ShortRoomId(7), None, at(0));
    assert!(seats.joined("call", "bob"));
    delegate(&seats, "d", at(5));
    assert_eq!(seats.due(at(5)), Due { send: vec![], put_off: vec!["d".to_owned()], next: Some(at(85)) });
    assert_eq!(seats.due(at(84)), Due { next: Some(at(85)), ..Due::default() });
    assert_eq!(seats.due(at(85)).put_off, ["d"]);
    assert_eq!(seats.due(at(1_000)).put_off, ["d"]);
    seats.left("call", "bob");
    assert_eq!(seats.due(at(1_001)), Due { send: vec!["d".to_owned()], ..Due::default() });
    assert_eq!(seats.due(at(2_000)), Due::default());
}

#[test]
fn who_does_not_come_is_gone() {
    let seats = Seats::default();
    delegate(&seats, "d", at(0));
    assert_eq!(seats.due(at(1)).next, Some(at(60)));
    assert_eq!(sent(&seats, at(60)), ["d"]);
    seats.await_return(key(), holder(), ShortRoomId(7), "e".to_owned(), 100_000, at(100));
    assert_eq!(sent(&seats, at(119)), Vec::<String>::new());
    assert_eq!(sent(&seats, at(120)), ["e"]);
    seats.await_return(key(), holder(), ShortRoomId(7), "f".to_owned(), 100_000, at(200));
    seats.expect(key(), holder(), ShortRoomId(7), None, at(201));
    assert!(seats.joined("call", "bob"));
    assert_eq!(sent(&seats, at(1_000)), Vec::<String>::new());
}

#[test]
fn a_connection_that_takes_the_place_of_another_is_no_leaving() {
    let seats = Seats::default();
    delegate(&seats, "d", at(0));
    assert!(seats.joined("call", "bob"));
    assert!(seats.joined("call", "bob"));
    seats.left("call", "bob");
    assert_eq!((sent(&seats, at(1)), seats.is_taken(&key())), (vec![], true));
    seats.left("call", "bob");
    assert_eq!((sent(&seats, at(1)), seats.is_taken(&key())), (vec!["d".to_owned()], false));
    seats.left("call", "bob");
    assert_eq!(sent(&seats, at(2)), Vec::<String>::new());
}

#[test]
fn only_the_last_leaving_of_a_seat_counts() {
    let seats = Seats::default();
    delegate(&seats, "d", at(0));
    assert_eq!(seats.delegated(&key()).as_deref(), Some("d"));
    delegate(&seats, "e", at(1));
    assert!(seats.joined("call", "bob"));
    assert_eq!(seats.due(at(2)).put_off, ["e"]);
    seats.forget_leaving("d");
    assert_eq!(seats.delegated(&key()).as_deref(), Some("e"));
    seats.forget_leaving("e");
    seats.left("call", "bob");
    assert_eq!(sent(&seats, at(3)), Vec::<String>::new());
}

#[test]
fn only_rooms_with_a_call_raise_doubts() {
    let seats = Seats::default();
    seats.expect(key(), holder(), ShortRoomId(7), None, at(0));
    seats.doubt_rooms([ShortRoomId(8)].into_iter());
    assert!(!seats.take_doubt(at(9)));
    seats.doubt_rooms([ShortRoomId(8), ShortRoomId(7)].into_iter());
    assert!(seats.take_doubt(at(9)) && !seats.take_doubt(at(18)));
    assert!(seats.take_doubt(at(19)), "nobody is looked at unless something happens");
    assert_eq!(seats.everybody(), [(key(), holder())]);
}

#[test]
fn nobody_enters_who_was_not_expected_or_was_put_out_meanwhile() {
    let seats = Seats::default();
    assert!(!seats.joined("call", "bob"));
    seats.expect(key(), holder(), ShortRoomId(7), None, at(0));
    seats.end(&key());
    assert!(!seats.joined("call", "bob"));
}
