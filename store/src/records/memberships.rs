//! Who is in which room, from both sides. The room's state is the truth; these records are written in the same
//! transaction and answer "my rooms" and "who is here" without resolving anything.

use ruma::events::room::member::MembershipState;
use ruma::{OwnedEventId, OwnedRoomId, OwnedUserId};
use serde::{Deserialize, Serialize};

use crate::families::Family;
use crate::positions::{ShortRoomId, StreamPosition};
use crate::values::Json;
use crate::{record, versioned};

record! {
    /// A user's membership in a room.
    pub struct UserRoomKey {
        /// The user.
        user: OwnedUserId,
        /// The room.
        room: ShortRoomId,
    } in Family::UserRoomMembership => MembershipRecord
}

/// A membership as its user sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MembershipRecord {
    /// The membership now.
    pub membership: Membership,
    /// The room's id, so that a list of rooms needs no second lookup.
    pub room_id: OwnedRoomId,
    /// When the membership event came.
    pub position: StreamPosition,
    /// The membership event.
    pub event_id: OwnedEventId,
    /// Who sent it: the inviter, the kicker, the user.
    pub sender: OwnedUserId,
    /// For invites and knocks: the stripped state that came with it, a JSON array.
    pub stripped_state: Option<Json>,
    /// The user does not want to see the room any more.
    pub forgotten: bool,
}

versioned!(MembershipRecord, 1, |record, inspection| if let Some(state) = &record.stripped_state {
    inspection.json(&state.0);
});

record! {
    /// A room's member.
    pub struct RoomUserKey {
        /// The room.
        room: ShortRoomId,
        /// The user.
        user: OwnedUserId,
    } in Family::RoomUserMembership => Membership
}

/// The memberships that the specification knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Membership {
    /// Asked in.
    Invite,
    /// In.
    Join,
    /// Asks to come in.
    Knock,
    /// Out, by own wish or kicked.
    Leave,
    /// Out, and kept out.
    Ban,
}

versioned!(Membership, 1);

impl Membership {
    /// From ruma's type; `None` for a membership that the specification does not know.
    pub const fn from_state(state: &MembershipState) -> Option<Self> {
        Some(match state {
            MembershipState::Invite => Self::Invite,
            MembershipState::Join => Self::Join,
            MembershipState::Knock => Self::Knock,
            MembershipState::Leave => Self::Leave,
            MembershipState::Ban => Self::Ban,
            _ => return None,
        })
    }

    /// As ruma's type.
    pub const fn to_state(self) -> MembershipState {
        match self {
            Self::Invite => MembershipState::Invite,
            Self::Join => MembershipState::Join,
            Self::Knock => MembershipState::Knock,
            Self::Leave => MembershipState::Leave,
            Self::Ban => MembershipState::Ban,
        }
    }
}

#[cfg(test)]
mod tests {
    use ruma::{event_id, room_id, user_id};

    use super::{Membership, MembershipRecord, RoomUserKey, UserRoomKey};
    use crate::positions::{ShortRoomId, StreamPosition};
    use crate::records::testing::round_trip;
    use crate::values::Json;

    #[test]
    fn memberships_round_trip() {
        let user = user_id!("@анна:example.org").to_owned();
        let record = MembershipRecord {
            membership: Membership::Invite,
            room_id: room_id!("!room:example.org").to_owned(),
            position: StreamPosition(300),
            event_id: event_id!("$event").to_owned(),
            sender: user_id!("@bob:example.org").to_owned(),
            stripped_state: Some(Json(b"[]".to_vec())),
            forgotten: false,
        };
        round_trip(&UserRoomKey { user: user.clone(), room: ShortRoomId(7) }, &record);
        round_trip(&RoomUserKey { room: ShortRoomId(7), user }, &Membership::Ban);
    }

    #[test]
    fn stored_numbers_of_memberships_never_change() {
        use crate::values::Value;
        let all = [Membership::Invite, Membership::Join, Membership::Knock, Membership::Leave, Membership::Ban];
        for (number, membership) in (0_u8..).zip(all) {
            assert_eq!(membership.encode(), [1, number]);
            assert_eq!(Membership::from_state(&membership.to_state()), Some(membership));
        }
    }
}
