//! Who is notified of an event: push rules, counts, pushers.
//!
//! What a user is to be told stands in rows beside the events ([`PushRow`]), written in the same transaction and
//! moved to a short history when they are read. Counts are the rows that are left; pushers walk them; nothing else is
//! kept that could disagree with them.

mod counts;
mod history;
mod payload;
mod plan;
mod pushers;
mod queue;
mod sender;
#[cfg(test)]
mod tests;

pub use self::{
    counts::{ReadScope, RoomCounts},
    plan::PushRow,
    pushers::PusherError,
};

use std::sync::{Arc, OnceLock};

use veche_runtime::outbound;

use crate::{account_data::AccountData, core::Core, rooms::Rooms};

/// Push rules, notification counts and pushers.
pub struct Notify {
    pub(crate) core: Arc<Core>,
    pub(crate) rooms: Arc<Rooms>,
    pub(crate) account_data: Arc<AccountData>,
    counters: counts::Counters,
    history: history::History,
    pushers: pushers::Table,
    queue: queue::Queue,
    outbound: OnceLock<outbound::Client>,
}

impl Notify {
    /// Over these parts.
    pub fn new(core: Arc<Core>, rooms: Arc<Rooms>, account_data: Arc<AccountData>) -> Self {
        Self {
            core,
            rooms,
            account_data,
            counters: counts::Counters::default(),
            history: history::History::default(),
            pushers: pushers::Table::default(),
            queue: queue::Queue::default(),
            outbound: OnceLock::new(),
        }
    }
}
