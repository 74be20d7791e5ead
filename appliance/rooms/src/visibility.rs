//! May a user see an event that was sent before they came, or after they left?
//!
//! Works on positions in the room's timeline of this server, so it knows nothing about forks: an
//! event is judged by the membership and visibility in force where it stands in our order.

use ruma::events::room::{history_visibility::HistoryVisibility, member::MembershipState};
use serde::Deserialize;

use crate::pdu::{Pdu, StateMap, StateMapExt};

/// What decides whether one user may see one event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sight {
    /// The room's history visibility before the event.
    pub visibility: HistoryVisibility,
    /// The visibility that the event itself sets, if it is `m.room.history_visibility`.
    pub new_visibility: Option<HistoryVisibility>,
    /// The user's membership before the event.
    pub membership: MembershipState,
    /// The membership that the event itself gives the user, if it is their `m.room.member`.
    pub new_membership: Option<MembershipState>,
    /// Whether the user joined at some time after the event.
    pub joined_later: bool,
}

/// The values one thing had over time: each with the timeline position of the event that set it,
/// in ascending order.
#[derive(Debug)]
pub struct History<'a, T>(pub &'a [(u64, T)]);

/// Whether the user may see the event (client-server API, "Room history visibility").
#[must_use]
pub fn may_see(sight: &Sight) -> bool {
    // An event that changes visibility or membership is seen by whoever may see either side.
    let visibilities = std::iter::once(&sight.visibility).chain(&sight.new_visibility);
    visibilities.into_iter().any(|visibility| {
        let mut memberships = std::iter::once(&sight.membership).chain(&sight.new_membership);
        memberships.any(|membership| allows(visibility, membership, sight.joined_later))
    })
}

fn allows(visibility: &HistoryVisibility, membership: &MembershipState, joined_later: bool) -> bool {
    if *membership == MembershipState::Join {
        return true;
    }
    match visibility {
        HistoryVisibility::WorldReadable => true,
        HistoryVisibility::Shared => joined_later,
        HistoryVisibility::Invited => *membership == MembershipState::Invite,
        // `joined`, and values of the future, of which the strictest meaning is assumed.
        _ => false,
    }
}

/// Puts together what [`may_see`] asks, for the event at `position`.
#[must_use]
pub fn sight_at(
    position: u64,
    visibilities: History<'_, HistoryVisibility>,
    memberships: History<'_, MembershipState>,
) -> Sight {
    Sight {
        // Without a visibility event the specification means `shared`.
        visibility: visibilities.before(position).cloned().unwrap_or(HistoryVisibility::Shared),
        new_visibility: visibilities.at(position).cloned(),
        membership: memberships.before(position).cloned().unwrap_or(MembershipState::Leave),
        new_membership: memberships.at(position).cloned(),
        joined_later: memberships.after(position).any(|membership| *membership == MembershipState::Join),
    }
}

/// The visibility that an `m.room.history_visibility` event sets; unreadable ones count as absent.
#[must_use]
pub fn visibility_of(pdu: &Pdu) -> HistoryVisibility {
    #[derive(Deserialize)]
    struct Content {
        history_visibility: HistoryVisibility,
    }
    pdu.content_as::<Content>().map_or(HistoryVisibility::Shared, |content| content.history_visibility)
}

/// The visibility in force in a state.
#[must_use]
pub fn of_state(state: &StateMap) -> HistoryVisibility {
    let event = state.room_event(ruma::events::StateEventType::RoomHistoryVisibility);
    event.map_or(HistoryVisibility::Shared, |event| visibility_of(event))
}

// Derived, these would ask the same of `T`, which is only borrowed.
impl<T> Clone for History<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for History<'_, T> {}

impl<'a, T> History<'a, T> {
    fn before(&self, position: u64) -> Option<&'a T> {
        let end = self.0.partition_point(|(set_at, _)| *set_at < position);
        self.0[..end].last().map(|(_, value)| value)
    }

    fn at(&self, position: u64) -> Option<&'a T> {
        let index = self.0.binary_search_by_key(&position, |(set_at, _)| *set_at).ok()?;
        Some(&self.0[index].1)
    }

    fn after(&self, position: u64) -> impl Iterator<Item = &'a T> + use<'a, T> {
        let start = self.0.partition_point(|(set_at, _)| *set_at <= position);
        self.0[start..].iter().map(|(_, value)| value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use HistoryVisibility::{Invited, Joined, Shared, WorldReadable};
    use MembershipState::{Ban, Invite, Join, Knock, Leave};

    #[test]
    fn the_table_of_the_specification() {
        // Rows: membership; columns: world_readable, shared, invited, joined; then the same for a
        // user who joins later.
        let table = [
            (Join, [true, true, true, true], [true, true, true, true]),
            (Invite, [true, false, true, false], [true, true, true, false]),
            (Leave, [true, false, false, false], [true, true, false, false]),
            (Knock, [true, false, false, false], [true, true, false, false]),
            (Ban, [true, false, false, false], [true, true, false, false]),
        ];
        for (membership, never, later) in table {
            for (joined_later, row) in [(false, never), (true, later)] {
                for (visibility, expected) in [WorldReadable, Shared, Invited, Joined].into_iter().zip(row) {
                    let sight = Sight {
                        visibility,
                        new_visibility: None,
                        membership: membership.clone(),
                        new_membership: None,
                        joined_later,
                    };
                    assert_eq!(may_see(&sight), expected, "{sight:?}");
                }
            }
        }
    }

    #[test]
    fn unknown_visibility_is_strict() {
        let sight = Sight {
            visibility: "org.example.secret".into(),
            new_visibility: None,
            membership: Invite,
            new_membership: None,
            joined_later: true,
        };
        assert!(!may_see(&sight));
    }

    fn check(position: u64, visibilities: &[(u64, HistoryVisibility)], memberships: &[(u64, MembershipState)]) -> bool {
        may_see(&sight_at(position, History(visibilities), History(memberships)))
    }

    #[test]
    fn a_member_sees_from_join_to_leave_and_both_events_themselves() {
        let visibilities = [(2, Joined)];
        let memberships = [(10, Join), (20, Leave)];
        for (position, expected) in [(9, false), (10, true), (11, true), (19, true), (20, true), (21, false)] {
            assert_eq!(check(position, &visibilities, &memberships), expected, "at {position}");
        }
    }

    #[test]
    fn an_invited_user_sees_from_the_invitation_on() {
        let visibilities = [(2, Invited)];
        let memberships = [(10, Invite), (15, Join), (20, Leave)];
        for (position, expected) in [(9, false), (10, true), (12, true), (15, true), (21, false)] {
            assert_eq!(check(position, &visibilities, &memberships), expected, "at {position}");
        }
        assert!(!check(11, &visibilities, &[(10, Invite), (11, Leave), (12, Leave)][2..]));
    }

    #[test]
    fn shared_history_opens_with_the_join_and_closes_after_the_leave() {
        let memberships = [(10, Join), (20, Leave)];
        for (position, expected) in [(1, true), (9, true), (15, true), (20, true), (21, false)] {
            assert_eq!(check(position, &[], &memberships), expected, "at {position}");
        }
        assert!(check(25, &[], &[(10, Join), (20, Leave), (30, Join)]));
        assert!(!check(5, &[], &[(10, Invite), (11, Leave)]));
    }

    #[test]
    fn history_sent_while_strict_stays_hidden_after_the_room_opens() {
        let visibilities = [(2, Joined), (50, Shared)];
        let memberships = [(60, Join)];
        assert!(!check(40, &visibilities, &memberships));
        assert!(check(50, &visibilities, &memberships));
        assert!(check(55, &visibilities, &memberships));
        assert!(!check(40, &[(2, Joined), (50, WorldReadable)], &[]));
        assert!(check(50, &[(2, Joined), (50, WorldReadable)], &[]));
    }
}
