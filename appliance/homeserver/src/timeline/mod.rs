//! The timeline of each room: how events are made, appended and read back.
//!
//! The message walk: `send.rs` (transaction id, room lock) -> `draft.rs` (build, authorize, stage) -> `append.rs` (one
//! transaction of the store) -> the commit's position -> readers.

mod admission;
mod append;
mod bundle;
mod draft;
mod history;
mod nearest;
mod notifications;
mod peek;
mod read;
mod receive;
mod redact;
mod relate;
mod render;
mod scheduled;
mod send;
mod stays;
mod sticky;
mod succession;
mod wanted;

pub use self::{
    draft::{Draft, DraftError},
    history::{History, HistoryRequest, Surroundings},
    notifications::{Notification, Notifications},
    peek::Glance,
    read::{Page, ReadError, ReadFilter, Span},
    receive::ReceiveError,
    render::{Audience, EventForm, Renderer},
    scheduled::Scheduled,
    send::{SendError, Sent, TransactionId},
    sticky::Stuck,
    wanted::Wanted,
};

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use ruma::events::TimelineEventType;
use serde_json::{Value, value::to_raw_value};
pub use veche_rooms::NewEvent;

use crate::{core::Core, notify::Notify, rooms::Rooms};

/// A state event that the server itself puts together.
pub fn state_event(kind: TimelineEventType, state_key: impl Into<String>, content: &Value) -> NewEvent {
    let content = to_raw_value(content).expect("a JSON value always serializes");
    NewEvent { kind, state_key: Some(state_key.into()), content, redacts: None }
}

/// Appends to and reads from the timelines of all rooms.
pub struct Timeline {
    pub(crate) core: Arc<Core>,
    pub(crate) rooms: Arc<Rooms>,
    pub(crate) notify: Arc<Notify>,
    /// Messages sent since they were last taken.
    sent: AtomicU64,
}

impl Timeline {
    /// The timelines over these rooms.
    pub fn new(core: Arc<Core>, rooms: Arc<Rooms>, notify: Arc<Notify>) -> Self {
        Self { core, rooms, notify, sent: AtomicU64::new(0) }
    }

    /// Messages that people of this server have sent since they were last taken.
    pub fn sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }

    /// The same, which counts from nothing after this.
    pub fn take_sent(&self) -> u64 {
        self.sent.swap(0, Ordering::Relaxed)
    }

    /// One more message is on disk.
    fn count_sent(&self) {
        self.sent.fetch_add(1, Ordering::Relaxed);
    }
}
