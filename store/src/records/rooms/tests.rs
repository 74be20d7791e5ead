use proptest::prelude::*;
use ruma::{device_id, event_id, room_id, user_id};

use super::{
    EventIdKey, EventKind, EventLocation, ExtremityKey, OutlierKey, RoomIdKey, RoomRecord, RoomStateKey, ShortRoomKey,
    ShortStateKeyKey, StateGroup, StateGroupKey, StateKeyKey, TimelineEntry, TimelineKey, TransactionKey,
    TransactionResult, TypeAndStateKey,
};
use crate::positions::{ShortRoomId, ShortStateHash, ShortStateKey, StreamPosition};
use crate::records::testing::round_trip;
use crate::values::{Json, Value};

const ROOM: ShortRoomId = ShortRoomId(258);

fn entry() -> TimelineEntry {
    TimelineEntry {
        short: StreamPosition(1),
        event_id: event_id!("$event").to_owned(),
        state_before: ShortStateHash(2),
        state_after: ShortStateHash(3),
        room_state: ShortStateHash(4),
        flags: super::FLAG_SOFT_FAILED,
        json: b"{}".to_vec(),
    }
}

#[test]
fn rooms_round_trip() {
    let room_id = room_id!("!room:example.org").to_owned();
    let creator = user_id!("@alice:example.org").to_owned();
    let record =
        RoomRecord { short: ROOM, version: "12".to_owned(), creator: creator.clone(), created: StreamPosition(9) };
    round_trip(&RoomIdKey { room_id: room_id.clone() }, &record);
    round_trip(&ShortRoomKey { room: ROOM }, &room_id);
    round_trip(&RoomStateKey { room: ROOM }, &ShortStateHash(5));

    let key = TransactionKey { user: creator, device: device_id!("DEVICE").to_owned(), txn_id: "m1".to_owned() };
    let event_id = event_id!("$event").to_owned();
    round_trip(&key, &TransactionResult { event_id, position: StreamPosition(1), wall_ms: 2 });
}

#[test]
fn timelines_round_trip() {
    let event_id = event_id!("$event").to_owned();
    let order = -3;
    let location = EventLocation { room: ROOM, order, kind: EventKind::Timeline };
    round_trip(&TimelineKey { room: ROOM, order }, &entry());
    round_trip(&EventIdKey { event_id: event_id.clone() }, &location);
    round_trip(&OutlierKey { event_id: event_id.clone() }, &Json(b"{}".to_vec()));
    round_trip(&ExtremityKey { room: ROOM, event_id }, &());
}

#[test]
fn states_round_trip() {
    let number = ShortStateKey(8);
    let pair = TypeAndStateKey { kind: "m.room.member".to_owned(), state_key: "@a:b\0c".to_owned() };
    let key = StateKeyKey { kind: pair.kind.clone(), state_key: pair.state_key.clone() };
    round_trip(&key, &number);
    round_trip(&ShortStateKeyKey { number }, &pair);
}

#[test]
fn stored_bytes_of_an_event_never_change() {
    let numbers = "0000000000000001000000000000000200000000000000030000000000000004";
    let expected = format!("0101{numbers}0006{}{}", "246576656e74", "7b7d");
    let hex: String = entry().encode().iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(hex, expected);
}

proptest! {
    #[test]
    fn state_groups_round_trip(
        parent in proptest::option::of(1..u64::MAX),
        added in proptest::collection::vec((any::<u64>(), any::<u64>()), 0..20),
        removed in proptest::collection::vec(any::<u64>(), 0..20),
        hops: u8,
    ) {
        let group = StateGroup {
            parent: parent.map(ShortStateHash),
            added: added.into_iter().map(|(key, event)| (ShortStateKey(key), StreamPosition(event))).collect(),
            removed: removed.into_iter().map(ShortStateKey).collect(),
            hops,
        };
        prop_assert_eq!(StateGroup::decode(&group.encode()), Ok(group));
    }
}

#[test]
fn a_cut_state_group_is_an_error() {
    let entry = (ShortStateKey(1), StreamPosition(2));
    let group = StateGroup { parent: None, added: vec![entry; 2], removed: Vec::new(), hops: 0 };
    let bytes = group.encode();
    let mut key = Vec::new();
    crate::keys::Key::write(&StateGroupKey { group: ShortStateHash(1) }, &mut key);
    for end in 0..bytes.len() {
        StateGroup::decode(&bytes[..end]).expect_err("cut");
    }
}
