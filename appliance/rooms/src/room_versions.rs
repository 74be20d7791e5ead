//! Which room versions this server speaks, and their rules.
//!
//! Versions below 10 are refused: their power levels may be strings and their redactions lose
//! membership authorization. Nobody creates such rooms any more.

use ruma::{RoomVersionId, room_version_rules::RoomVersionRules};

/// Rooms are created in this version unless the client names another.
pub const DEFAULT: RoomVersionId = RoomVersionId::V12;

/// Every room version this server creates and joins, oldest first.
pub const SUPPORTED: [RoomVersionId; 3] = [RoomVersionId::V10, RoomVersionId::V11, RoomVersionId::V12];

/// The room version is not one of [`SUPPORTED`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("room version {0} is not supported")]
pub struct UnsupportedVersion(pub RoomVersionId);

/// Whether rooms of this version can exist here.
#[must_use]
pub fn is_supported(version: &RoomVersionId) -> bool {
    SUPPORTED.contains(version)
}

/// The rules of a supported version; fails for every other one.
pub fn rules(version: &RoomVersionId) -> Result<RoomVersionRules, UnsupportedVersion> {
    match version {
        RoomVersionId::V10 => Ok(RoomVersionRules::V10),
        RoomVersionId::V11 => Ok(RoomVersionRules::V11),
        RoomVersionId::V12 => Ok(RoomVersionRules::V12),
        other => Err(UnsupportedVersion(other.clone())),
    }
}

/// Whether `redacts` stands inside `content` (since version 11) instead of beside it.
#[must_use]
pub fn redacts_in_content(version: &RoomVersionId) -> bool {
    rules(version).is_ok_and(|rules| rules.redaction.content_field_redacts)
}

/// Whether the room id is the hash of the create event (since version 12).
#[must_use]
pub fn room_id_is_create_hash(version: &RoomVersionId) -> bool {
    rules(version).is_ok_and(|rules| rules.authorization.room_create_event_id_as_room_id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_ten_to_twelve_have_rules() {
        for version in SUPPORTED {
            assert!(rules(&version).is_ok());
            assert!(is_supported(&version));
        }
        for version in [RoomVersionId::V1, RoomVersionId::V9, "org.example.custom".try_into().unwrap()] {
            assert_eq!(rules(&version).unwrap_err(), UnsupportedVersion(version));
        }
        assert!(is_supported(&DEFAULT));
    }

    #[test]
    fn versions_differ_where_the_specification_says() {
        assert!(!redacts_in_content(&RoomVersionId::V10));
        assert!(redacts_in_content(&RoomVersionId::V11));
        assert!(!room_id_is_create_hash(&RoomVersionId::V11));
        assert!(room_id_is_create_hash(&RoomVersionId::V12));
    }
}
