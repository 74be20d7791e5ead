//! The numbers that the store hands out, all from one counter: see `docs/commits.md`.
//!
//! Because the counter is one, a number names at most one thing in the whole database, whatever its kind.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! numbers {
    ($($(#[$meta:meta])* $name:ident;)*) => { $(
        $(#[$meta])*
        #[derive(Debug, Default, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub u64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    )* };
}

numbers! {
    /// A place in the one stream of everything that happens; an event's position is also its short id.
    StreamPosition;
    /// Stands for a room id inside keys.
    ShortRoomId;
    /// Stands for a (type, state key) pair inside room states.
    ShortStateKey;
    /// Names one stored room state (a state group). Zero is the empty state, which is never stored.
    ShortStateHash;
}

impl ShortStateHash {
    /// The state of a room before its first event.
    pub const EMPTY: Self = Self(0);
}

macro_rules! from_position {
    ($($name:ident)*) => { $(
        impl From<StreamPosition> for $name {
            /// A fresh number of this kind: whoever took the position owns the number.
            fn from(position: StreamPosition) -> Self {
                Self(position.0)
            }
        }
    )* };
}

from_position! { ShortRoomId ShortStateKey ShortStateHash }
