//! What rooms and people of a call are named on the SFU.
//!
//! A name says nothing of whom it stands for: it is a hash, which clients compute too, to find out whose stream they see
//! (MSC4195, "Mapping MatrixRTC members to LiveKit"). Only the oldest way of calling names people as Matrix does.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use ruma::{DeviceId, RoomId, UserId};
use sha2::{Digest, Sha256};

/// The slot of clients that know no slots: the call of the room as a whole.
pub const LEGACY_SLOT: &str = "m.call#ROOM";

/// How a client names itself in a call. Which way it is follows from what it asks for, and other clients rely on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MemberName {
    /// By user and device: clients that announce themselves by state events (`/sfu/get`).
    Legacy,
    /// By user, device and a name chosen for this one call.
    WithDevice(String),
    /// By user and a name chosen for this one call, as the proposal has it now.
    Alone(String),
}

/// The name of the call of this slot.
pub fn room_name(room_id: &RoomId, slot_id: &str) -> String {
    hash(&[room_id.as_str(), slot_id])
}

/// The name of this user in a call.
pub fn identity(user: &UserId, device: &DeviceId, member: &MemberName) -> String {
    match member {
        MemberName::Legacy => format!("{user}:{device}"),
        MemberName::WithDevice(id) => hash(&[user.as_str(), device.as_str(), id]),
        MemberName::Alone(id) => hash(&[user.as_str(), id]),
    }
}

/// The hash of a list of texts in canonical JSON, which for such a list is what any compact writer of JSON makes.
fn hash(texts: &[&str]) -> String {
    let json = serde_json::to_vec(texts).expect("a list of texts can be written as JSON");
    STANDARD_NO_PAD.encode(Sha256::digest(json))
}

#[cfg(test)]
mod tests {
    use ruma::{device_id, room_id, user_id};

    use super::*;

    /// Computed with Python: `base64.b64encode(hashlib.sha256(json.dumps([...], separators=(',', ':'),
    /// ensure_ascii=False).encode()).digest()).rstrip(b'=')`.
    #[test]
    fn names_are_those_that_clients_compute() {
        let room = room_id!("!tDLCaLXijNtYcJZEey:example.com");
        assert_eq!(room_name(room, LEGACY_SLOT), "ZTyUV3ZQszO5Jp4u6Wc/s2q3djpWicH5oS8B5nxw5D4");
        assert_eq!(room_name(room, "m.call#\"\u{1}é/\\"), "xY5ixj3VcKrN/nFCA53ga1EfPb+jFoEDf0sOnQqMUk0");
        let (user, device) = (user_id!("@alice:example.com"), device_id!("ABCDEF"));
        assert_eq!(identity(user, device, &MemberName::Legacy), "@alice:example.com:ABCDEF");
        let member = "xyzABCDEF10123".to_owned();
        assert_eq!(
            identity(user, device, &MemberName::WithDevice(member.clone())),
            "CQImO728rxCVEJ3NToasKzmzLiHAI3YJlv+a93U2M7I"
        );
        assert_eq!(identity(user, device, &MemberName::Alone(member)), "QRLcZdqzLdvoshMmXrOf9/4RooYYiXux0cfhceYA7IM");
    }
}
