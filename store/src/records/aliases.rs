//! Names of rooms, and the public directory.

use ruma::{OwnedRoomAliasId, OwnedRoomId, OwnedUserId};
use serde::{Deserialize, Serialize};

use crate::families::Family;
use crate::positions::ShortRoomId;
use crate::{record, versioned};

record! {
    /// The room an alias stands for.
    pub struct AliasKey {
        /// The alias.
        alias: OwnedRoomAliasId,
    } in Family::AliasRoom => Alias
}

/// What an alias stands for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alias {
    /// The room.
    pub room_id: OwnedRoomId,
    /// Who made the alias, and so may delete it.
    pub creator: OwnedUserId,
}

versioned!(Alias, 1);

record! {
    /// An alias of a room.
    pub struct RoomAliasKey {
        /// The room.
        room: ShortRoomId,
        /// The alias.
        alias: OwnedRoomAliasId,
    } in Family::RoomAlias => ()
}

record! {
    /// A room in the public directory.
    pub struct PublicRoomKey {
        /// The room.
        room_id: OwnedRoomId,
    } in Family::PublicRoom => ()
}

#[cfg(test)]
mod tests {
    use ruma::{room_alias_id, room_id, user_id};

    use super::{Alias, AliasKey, PublicRoomKey, RoomAliasKey};
    use crate::positions::ShortRoomId;
    use crate::records::testing::round_trip;

    #[test]
    fn aliases_round_trip() {
        let alias = room_alias_id!("#отдел:example.org").to_owned();
        let room_id = room_id!("!room:example.org").to_owned();
        let value = Alias { room_id: room_id.clone(), creator: user_id!("@a:example.org").to_owned() };
        round_trip(&AliasKey { alias: alias.clone() }, &value);
        round_trip(&RoomAliasKey { room: ShortRoomId(3), alias }, &());
        round_trip(&PublicRoomKey { room_id }, &());
    }
}
