//! The part of a room's state that a person outside may see with an invite or a knock.

use ruma::events::StateEventType;
use serde_json::value::RawValue;
use veche_rooms::{Pdu, StateMap, format};

/// State event types shown to an invited person (spec: "Stripped state", with the full create event, MSC4311).
const STRIPPED_TYPES: [StateEventType; 7] = [
    StateEventType::RoomCreate,
    StateEventType::RoomName,
    StateEventType::RoomTopic,
    StateEventType::RoomAvatar,
    StateEventType::RoomCanonicalAlias,
    StateEventType::RoomJoinRules,
    StateEventType::RoomEncryption,
];

/// The stripped state of a room as a JSON array, with the member events of the person concerned and of who invited.
pub fn stripped_state(state: &StateMap, member: Option<&Pdu>) -> Vec<u8> {
    let mut events: Vec<Box<RawValue>> = STRIPPED_TYPES
        .iter()
        .filter_map(|kind| state.get(&(kind.clone(), String::new())))
        .filter_map(|pdu| format::stripped_state(pdu))
        .collect();
    if let Some(member) = member {
        let inviter = state.get(&(StateEventType::RoomMember, member.sender.to_string()));
        if let Some(inviter) = inviter.filter(|inviter| inviter.event_id != member.event_id) {
            events.extend(format::stripped_state(inviter));
        }
        events.extend(format::stripped_state(member));
    }
    serde_json::to_vec(&events).expect("raw JSON values always serialize")
}
