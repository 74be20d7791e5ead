//! Receipts and typing: what happens in a room and is not part of its timeline.
//!
//! Receipts are on disk; a newer one takes the place of the older one of the same user, kind and thread, and only
//! goes forward. Who types is in memory. Both take positions of the one stream, so that sync tells them once.

mod receipts;
mod show;
mod typing;

pub use self::{receipts::ReceiptError, typing::TypingError};
pub use veche_store::records::receipts::ReceiptKind;

use std::sync::Arc;

use crate::{account_data::AccountData, core::Core, notify::Notify, rooms::Rooms};

/// Receipts and typing of all rooms.
pub struct Ephemeral {
    core: Arc<Core>,
    rooms: Arc<Rooms>,
    account_data: Arc<AccountData>,
    notify: Arc<Notify>,
    typing: Arc<typing::Table>,
}

impl Ephemeral {
    /// Over these parts.
    pub fn new(core: Arc<Core>, rooms: Arc<Rooms>, account_data: Arc<AccountData>, notify: Arc<Notify>) -> Self {
        Self { core, rooms, account_data, notify, typing: Arc::default() }
    }
}
