//! What happens: timelines, membership, sync, end-to-end keys, content, notifications, jobs.
//!
//! Parts depend on one another in one direction only, in the order in which [`Homeserver::open`] wires them. No HTTP
//! here: parts take and answer the terms of the spec, and `api` speaks the protocol.

pub mod account_data;
mod cached;
pub mod closing;
pub mod company;
pub mod content;
pub mod core;
pub mod creation;
pub mod delayed;
pub mod departures;
pub mod e2ee;
pub mod ephemeral;
pub mod filter;
pub mod meetings;
pub mod membership;
pub mod notify;
pub mod overview;
pub mod presence;
pub mod profiles;
pub mod public_rooms;
pub mod relations;
pub mod rooms;
pub mod sliding;
pub mod spaces;
pub mod sync;
pub mod timeline;

#[cfg(test)]
mod testing;

use std::sync::Arc;

use ruma::{RoomId, UserId};
use veche_runtime::{outbound, tasks::Supervisor};
pub use veche_store::Error as StoreError;

use crate::{
    account_data::AccountData,
    closing::Closing,
    company::Company,
    content::Content,
    core::Core,
    creation::Creation,
    delayed::Delayed,
    departures::Departures,
    e2ee::E2ee,
    ephemeral::Ephemeral,
    meetings::Meetings,
    membership::{Members, UserRooms},
    notify::Notify,
    overview::Overview,
    presence::Presence,
    profiles::Profiles,
    public_rooms::PublicRooms,
    relations::Relations,
    rooms::{FindRoomError, Room, Rooms},
    sliding::Sliding,
    spaces::Spaces,
    sync::{Sync, Watch},
    timeline::Timeline,
};

/// The parts that a sync answer is put together from.
#[derive(Clone)]
pub struct Parts {
    /// Rooms in memory.
    pub rooms: Arc<Rooms>,
    /// The rooms of each user.
    pub user_rooms: Arc<UserRooms>,
    /// Push rules and counts.
    pub notify: Arc<Notify>,
    /// Timelines.
    pub timeline: Arc<Timeline>,
    /// Who shares rooms with whom.
    pub company: Arc<Company>,
    /// Account data.
    pub account_data: Arc<AccountData>,
    /// Receipts and typing.
    pub ephemeral: Arc<Ephemeral>,
    /// Presence.
    pub presence: Arc<Presence>,
    /// Keys and to-device messages.
    pub e2ee: Arc<E2ee>,
}

impl Parts {
    /// Wires what sync reads, with the watch that wakes it, and subscribes to the store's changes.
    fn open(core: &Arc<Core>) -> (Self, Arc<Watch>) {
        let rooms = Arc::new(Rooms::new(Arc::clone(core)));
        let user_rooms = Arc::new(UserRooms::new(Arc::clone(&core.store)));
        let account_data = Arc::new(AccountData::new(Arc::clone(core)));
        let notify = Arc::new(Notify::new(Arc::clone(core), Arc::clone(&rooms), Arc::clone(&account_data)));
        let timeline = Arc::new(Timeline::new(Arc::clone(core), Arc::clone(&rooms), Arc::clone(&notify)));
        let watch = Arc::new(Watch::new(Arc::clone(&rooms), Arc::clone(&user_rooms), core.store.position()));
        core.store.subscribe(Arc::clone(&watch) as Arc<dyn veche_store::ChangeListener>);
        core.store.subscribe(Arc::clone(&notify) as Arc<dyn veche_store::ChangeListener>);
        let company = Arc::new(Company::new(
            Arc::clone(core),
            Arc::clone(&rooms),
            Arc::clone(&user_rooms),
            Arc::clone(&timeline),
        ));
        let e2ee = Arc::new(E2ee::new(
            Arc::clone(core),
            Arc::clone(&rooms),
            Arc::clone(&user_rooms),
            Arc::clone(&company),
            Arc::clone(&watch),
        ));
        let ephemeral = Arc::new(Ephemeral::new(
            Arc::clone(core),
            Arc::clone(&rooms),
            Arc::clone(&account_data),
            Arc::clone(&notify),
        ));
        let presence = Arc::new(Presence::new(Arc::clone(core), Arc::clone(&watch)));
        let parts = Self { rooms, user_rooms, notify, timeline, company, account_data, ephemeral, presence, e2ee };
        (parts, watch)
    }

    /// The room with this id, if `user` is in it, is invited to it, knocks at it or has left it.
    pub fn room_of(&self, user: &UserId, room_id: &RoomId) -> Result<Option<Arc<Room>>, StoreError> {
        let room = match self.rooms.find(room_id) {
            Ok(room) => room,
            Err(FindRoomError::Unknown) => return Ok(None),
            Err(FindRoomError::Internal(error)) => return Err(error),
        };
        Ok(self.user_rooms.of(user)?.contains_key(&room.short).then_some(room))
    }
}

/// The homeserver: every part, wired.
pub struct Homeserver {
    /// What all parts stand on.
    pub core: Arc<Core>,
    /// The parts that sync reads.
    pub parts: Parts,
    /// Profiles.
    pub profiles: Arc<Profiles>,
    /// Memberships.
    pub members: Arc<Members>,
    /// New rooms, addresses, the directory.
    pub creation: Arc<Creation>,
    /// Uploads.
    pub content: Arc<Content>,
    /// Events that are sent later.
    pub delayed: Arc<Delayed>,
    /// Rooms as strangers see them.
    pub public_rooms: Arc<PublicRooms>,
    /// Spaces.
    pub spaces: Arc<Spaces>,
    /// Relations and threads.
    pub relations: Arc<Relations>,
    /// What happens when a device or an account is gone.
    pub departures: Arc<Departures>,
    /// Closes rooms for good.
    pub closing: Arc<Closing>,
    /// Guests, and the links by which they come.
    pub meetings: Arc<Meetings>,
    /// Rooms as administrators see them.
    pub overview: Arc<Overview>,
    /// Sync.
    pub sync: Arc<Sync>,
    /// Simplified sliding sync.
    pub sliding: Arc<Sliding>,
}

impl Homeserver {
    /// Wires all parts, in the order in which they may know one another.
    pub fn open(core: Arc<Core>) -> Self {
        let (parts, watch) = Parts::open(&core);
        let Parts { rooms, user_rooms, timeline, .. } = &parts;
        let profiles =
            Arc::new(Profiles::new(Arc::clone(&core), Arc::clone(rooms), Arc::clone(user_rooms), Arc::clone(timeline)));
        let members =
            Arc::new(Members::new(Arc::clone(&core), Arc::clone(rooms), Arc::clone(timeline), Arc::clone(&profiles)));
        let creation =
            Arc::new(Creation::new(Arc::clone(&core), Arc::clone(rooms), Arc::clone(timeline), Arc::clone(&profiles)));
        let content = Arc::new(Content::new(Arc::clone(&core)));
        let delayed = Arc::new(Delayed::new(Arc::clone(&core), Arc::clone(&parts.timeline), Arc::clone(&creation)));
        let public_rooms = Arc::new(PublicRooms::new(Arc::clone(&parts.rooms), Arc::clone(&creation)));
        let spaces = Arc::new(Spaces::new(Arc::clone(&parts.rooms), Arc::clone(&public_rooms)));
        let relations =
            Arc::new(Relations::new(Arc::clone(&core), Arc::clone(&parts.timeline), Arc::clone(&parts.account_data)));
        let sync = Arc::new(Sync::new(Arc::clone(&core), parts.clone(), Arc::clone(&watch)));
        let sliding = Arc::new(Sliding::new(Arc::clone(&core), parts.clone(), watch));
        let departures = Arc::new(Departures::new(&core, &parts, &members, &profiles, &delayed, &sliding));
        let closing = Arc::new(Closing::new(Arc::clone(&core), Arc::clone(&parts.rooms), Arc::clone(&parts.timeline)));
        let meetings = Arc::new(Meetings::new(&core, &parts.rooms, &members, &profiles));
        let overview = Arc::new(Overview::new(Arc::clone(&core), Arc::clone(&parts.rooms), Arc::clone(&creation)));
        let conversations = Arc::downgrade(&departures);
        core.directory.set_conversations(conversations);
        Self {
            core,
            parts,
            profiles,
            members,
            creation,
            content,
            delayed,
            public_rooms,
            spaces,
            relations,
            departures,
            closing,
            meetings,
            overview,
            sync,
            sliding,
        }
    }

    /// Starts the work that goes on by itself: the end of typing, presence, pushers.
    pub fn start(&self, supervisor: &Supervisor, client: outbound::Client) {
        self.departures.start(supervisor);
        self.closing.start(supervisor);
        self.meetings.start(supervisor);
        self.parts.ephemeral.start(supervisor);
        self.parts.presence.start(supervisor);
        self.parts.notify.start(supervisor, client);
        self.delayed.start(supervisor);
    }
}
