//! The rooms this server knows: found by id, kept in memory while in use, written to by one task at a time.
//!
//! Invariants: a room's events are appended only by the holder of its [`LockedRoom`]; the [`Head`] is replaced only
//! after the commit that made it true, by the commit thread, before anybody else may append; nothing here holds a lock over a network call.

mod cache;
mod head;
mod registry;
mod state;

pub use self::{
    head::{Head, LockedRoom, Room},
    registry::{FindRoomError, Rooms},
    state::order_of,
};

pub(crate) use self::{
    cache::{Emptied, Redacting},
    head::Relating,
    state::LAYERS_MAX,
};
