//! What users keep on the server: account data, filters, profiles. The `m.fully_read` marker is account data of its
//! room.

use ruma::OwnedUserId;
use serde::{Deserialize, Serialize};

use crate::families::Family;
use crate::positions::{ShortRoomId, StreamPosition};
use crate::values::Json;
use crate::{record, versioned};

record! {
    /// A user's account data of one type.
    pub struct AccountDataKey {
        /// Whose.
        user: OwnedUserId,
        /// For which room; `None` for global account data.
        room: Option<ShortRoomId>,
        /// The event type.
        kind: String,
    } in Family::UserTypeAccountData => AccountData
}

/// Account data of one type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountData {
    /// When it was set.
    pub position: StreamPosition,
    /// The content.
    pub json: Json,
}

versioned!(AccountData, 1, |data, inspection| inspection.json(&data.json.0));

record! {
    /// A user's account data in the order in which it was set. Kept in step with [`AccountDataKey`]: one row for each.
    pub struct AccountDataPositionKey {
        /// Whose.
        user: OwnedUserId,
        /// When it was set.
        position: StreamPosition,
    } in Family::UserPositionAccountData => AccountDataPointer
}

/// The rest of an [`AccountDataKey`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountDataPointer {
    /// As in the key.
    pub room: Option<ShortRoomId>,
    /// As in the key.
    pub kind: String,
}

versioned!(AccountDataPointer, 1);

record! {
    /// A sync filter that a client stored.
    pub struct FilterKey {
        /// Whose.
        user: OwnedUserId,
        /// The id given to the client.
        filter_id: String,
    } in Family::UserFilter => Json
}

record! {
    /// One field of a profile.
    pub struct ProfileKey {
        /// Whose.
        user: OwnedUserId,
        /// `displayname`, `avatar_url`, ...
        field: String,
    } in Family::UserProfile => Json
}

#[cfg(test)]
mod tests {
    use ruma::user_id;

    use super::{AccountData, AccountDataKey, AccountDataPointer, AccountDataPositionKey, FilterKey, ProfileKey};
    use crate::positions::{ShortRoomId, StreamPosition};
    use crate::records::testing::round_trip;
    use crate::values::Json;

    #[test]
    fn records_of_users_round_trip() {
        let user = user_id!("@alice:example.org").to_owned();
        let (position, kind) = (StreamPosition(300), "m.push_rules".to_owned());
        let json = Json(br#"{"global":{}}"#.to_vec());
        for room in [None, Some(ShortRoomId(2))] {
            let key = AccountDataKey { user: user.clone(), room, kind: kind.clone() };
            round_trip(&key, &AccountData { position, json: json.clone() });
            let pointer = AccountDataPointer { room, kind: kind.clone() };
            round_trip(&AccountDataPositionKey { user: user.clone(), position }, &pointer);
        }
        round_trip(&FilterKey { user: user.clone(), filter_id: "1".to_owned() }, &json);
        round_trip(&ProfileKey { user, field: "displayname".to_owned() }, &Json(br#""Anna""#.to_vec()));
    }
}
