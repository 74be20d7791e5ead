//! A client of `/sync`.

use std::{collections::BTreeMap, time::Duration};

use ruma::{OwnedDeviceId, OwnedRoomId, OwnedUserId};
use serde_json::Value;
use veche_homeserver::{
    filter::FilterDefinition,
    sync::{InvitedUpdate, JoinedUpdate, SyncRequest, SyncToken, SyncUpdate},
};

use crate::{
    mailbox::Mailbox,
    picture::{RoomPicture, add_account_data, check_device_lists, sharing},
    world::World,
};

#[derive(Debug, Clone, Default, PartialEq)]
struct Picture {
    rooms: BTreeMap<OwnedRoomId, RoomPicture>,
    invited: BTreeMap<OwnedRoomId, String>,
    knocked: BTreeMap<OwnedRoomId, String>,
    account_data: BTreeMap<String, Value>,
}

pub(crate) struct RollingClient {
    user: OwnedUserId,
    device: OwnedDeviceId,
    state_after: bool,
    filter: FilterDefinition,
    since: Option<SyncToken>,
    picture: Picture,
    mailbox: Mailbox,
}

impl RollingClient {
    /// A client that reads the state before or after the timeline, and all of the timeline or only what people say.
    pub(crate) fn new(user: &OwnedUserId, state_after: bool, messages_only: bool) -> Self {
        let mut filter = FilterDefinition::default();
        filter.room.timeline.unread_thread_notifications = messages_only;
        filter.room.timeline.types = messages_only.then(|| vec!["m.room.mess*".to_owned()]);
        let (picture, mailbox) = Default::default();
        Self { user: user.clone(), device: "DEVICE".into(), state_after, filter, since: None, picture, mailbox }
    }

    async fn ask(&self, world: &World, since: Option<SyncToken>) -> (SyncUpdate, SyncToken) {
        let request = SyncRequest {
            user: self.user.clone(),
            device: self.device.clone(),
            since,
            filter: self.filter.clone(),
            full_state: false,
            state_after: self.state_after,
            timeout: Duration::ZERO,
        };
        world.homeserver.sync.poll(&request).await.unwrap()
    }

    pub(crate) async fn sync(&mut self, world: &World) {
        let (update, next) = self.ask(world, self.since).await;
        self.mailbox.add(&update.device.to_device, self.since.is_none());
        let (changed, left) = (update.device.changed.clone(), update.device.left.clone());
        let before = sharing(self.picture.rooms.values(), &self.user);
        let ignored = self.picture.account_data.get("m.ignored_user_list").cloned();
        self.picture.apply(update, self.state_after);
        if self.since.is_some() {
            check_device_lists(&before, &sharing(self.picture.rooms.values(), &self.user), &changed, &left);
        }
        self.since = Some(next);
        if self.picture.account_data.get("m.ignored_user_list") != ignored.as_ref() {
            // Timelines have other events now: clients begin anew (client-server API, "Ignoring users").
            self.picture = Picture::default();
            let (update, next) = self.ask(world, None).await;
            self.mailbox.add(&update.device.to_device, true);
            self.picture.apply(update, self.state_after);
            self.since = Some(next);
        }
    }

    pub(crate) async fn compare(&self, world: &World) {
        self.mailbox.compare(world, &self.user, &self.device);
        let (update, _) = self.ask(world, None).await;
        let mut fresh = Picture::default();
        fresh.apply(update, self.state_after);
        let mut old = self.picture.clone();
        for (room_id, room) in &mut old.rooms {
            let fresh = fresh.rooms.get(room_id);
            room.timeline = fresh.map(|fresh| room.tail(fresh).to_vec()).unwrap_or_default();
        }
        for room in fresh.rooms.values_mut().chain(old.rooms.values_mut()) {
            room.receipts.retain(|_, event_id| !event_id.is_empty());
        }
        assert_eq!(old, fresh, "the picture of {} against a fresh one", self.user);
    }
}

impl Picture {
    fn apply(&mut self, update: SyncUpdate, state_after: bool) {
        for room in update.joined {
            self.invited.remove(&room.room_id);
            self.knocked.remove(&room.room_id);
            self.apply_joined(room, state_after);
        }
        for InvitedUpdate { room_id, state } in update.invited {
            self.knocked.remove(&room_id);
            self.rooms.remove(&room_id);
            self.invited.insert(room_id, state.get().to_owned());
        }
        for InvitedUpdate { room_id, state } in update.knocked {
            self.rooms.remove(&room_id);
            self.knocked.insert(room_id, state.get().to_owned());
        }
        for room in update.left {
            self.rooms.remove(&room.room_id);
            self.invited.remove(&room.room_id);
            self.knocked.remove(&room.room_id);
        }
        add_account_data(&mut self.account_data, &update.account_data);
    }

    fn apply_joined(&mut self, update: JoinedUpdate, state_after: bool) {
        let room = self.rooms.entry(update.room_id).or_default();
        room.add_state(&update.state);
        if !state_after {
            room.add_state(&update.timeline.events);
        }
        room.add_timeline(&update.timeline.events, update.timeline.limited, false);
        if let Some(summary) = update.summary {
            (room.joined, room.invited, room.heroes) = (summary.joined, summary.invited, summary.heroes);
        }
        room.unread = (update.unread.notifications, update.unread.highlights);
        let threads = update.unread_threads.into_iter();
        room.unread_threads =
            threads.map(|(root, unread)| (root.to_string(), (unread.notifications, unread.highlights))).collect();
        room.add_account_data(&update.account_data);
        for event in &update.ephemeral {
            room.add_ephemeral(event);
        }
    }
}
