//! Answers that are on their way to a device.
//!
//! What a device sends comes back to it by sync. A client that hears of its own event before it has the answer to the
//! request that made it must guess that the two are one, and not every client guesses well: matrix-js-sdk takes a
//! message in a thread for failed, matrix-rust-sdk moves a message behind those that came after it. So a device's syncs
//! tell nothing before the answers under way have been handed to their connections.
//!
//! Invariants: an answer is announced before the event it speaks of can be read; a sync looks for announced answers
//! after it has fixed how far it reads; an answer that is never taken holds nobody up for long.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use ruma::{DeviceId, OwnedDeviceId, OwnedUserId, UserId};
use tokio::{sync::watch, time};

/// A sync waits no longer than this: a client that does not read its answers must still hear of others. A commit and
/// the way out take milliseconds, on a machine with much to do some tens.
const HOLD_MAX: Duration = Duration::from_millis(200);
/// A connection writes what was handed to it at once; so long a sync lets it.
const WRITING: Duration = Duration::from_millis(1);

type Device = (OwnedUserId, OwnedDeviceId);
type UnderWay = Arc<Mutex<HashMap<Device, Vec<watch::Receiver<()>>>>>;

/// The answers under way.
#[derive(Default)]
pub(crate) struct Answers(UnderWay);

/// An answer under way. Whoever carries it drops this when the connection has it.
#[must_use = "the answer counts as given once this is dropped"]
pub struct Answering {
    device: Device,
    /// Its end is what syncs wait for.
    given: Option<watch::Sender<()>>,
    under_way: UnderWay,
}

impl Answers {
    /// Announces an answer to this device.
    pub(crate) fn begin(&self, user: &UserId, device: &DeviceId) -> Answering {
        let device = (user.to_owned(), device.to_owned());
        let (given, waits) = watch::channel(());
        let mut under_way = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        under_way.entry(device.clone()).or_default().push(waits);
        Answering { device, given: Some(given), under_way: Arc::clone(&self.0) }
    }

    /// Waits until the device has been given the answers that are under way now, but not for long.
    pub(crate) async fn given(&self, user: &UserId, device: &DeviceId) {
        let mut answers = self.under_way(user, device);
        if answers.is_empty() {
            return;
        }
        let all = async {
            for answer in &mut answers {
                while answer.changed().await.is_ok() {}
            }
        };
        // Whether they were given or only might have been, the sync goes on.
        let _ = time::timeout(HOLD_MAX, all).await;
        time::sleep(WRITING).await;
    }

    fn under_way(&self, user: &UserId, device: &DeviceId) -> Vec<watch::Receiver<()>> {
        let under_way = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if under_way.is_empty() {
            return Vec::new();
        }
        under_way.get(&(user.to_owned(), device.to_owned())).cloned().unwrap_or_default()
    }
}

impl Drop for Answering {
    fn drop(&mut self) {
        self.given = None;
        let mut under_way = self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(answers) = under_way.get_mut(&self.device) {
            // Those whose sender is gone are the ones that were given.
            answers.retain(|answer| answer.has_changed().is_ok());
            if answers.is_empty() {
                under_way.remove(&self.device);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, pin::pin};

    use futures_util::FutureExt;
    use ruma::api::client::sync::sync_events::v5::request::Extensions;

    use super::*;
    use crate::{
        creation::Preset,
        sliding::{ListWish, RoomWish, SlidingRequest},
        sync::SyncRequest,
        testing::{House, device, user},
    };

    #[tokio::test]
    async fn a_sync_waits_for_the_answers_that_were_under_way_when_it_looked() {
        let (answers, alice) = (Answers::default(), user("alice"));
        let [phone, tablet] = ["PHONE", "TABLET"].map(device);
        let (first, second) = (answers.begin(&alice, &phone), answers.begin(&alice, &phone));
        let mut looking = pin!(answers.given(&alice, &phone));
        assert!(looking.as_mut().now_or_never().is_none());
        let third = answers.begin(&alice, &phone);
        assert!(answers.given(&alice, &tablet).now_or_never().is_some(), "another device was held up");
        assert!(answers.given(&user("bob"), &phone).now_or_never().is_some(), "another user was held up");
        drop(first);
        assert!(looking.as_mut().now_or_never().is_none(), "one answer was given and not the other");
        drop(second);
        looking.await;
        drop(third);
        assert!(answers.given(&alice, &phone).now_or_never().is_some());
        assert!(answers.0.lock().unwrap().is_empty(), "something was left behind");
    }

    #[tokio::test]
    async fn an_answer_that_is_never_taken_holds_nobody_up_for_long() {
        let (answers, alice, phone) = (Answers::default(), user("alice"), device("PHONE"));
        let never = answers.begin(&alice, &phone);
        answers.given(&alice, &phone).await;
        assert!(never.given.is_some());
    }

    #[tokio::test]
    async fn a_device_that_awaits_an_answer_is_not_told_of_its_event() {
        let (house, alice) = (House::new().await, user("alice"));
        let phone = device("PHONE");
        house.sign_in("alice", "PHONE").await;
        house.sign_in("alice", "TABLET").await;
        let room = house.room(&alice, Preset::Private).await;
        let answering = house.server.sync.answering(&alice, &phone);
        house.say(&room, &alice, "hello").await;
        let rolling = async |device: OwnedDeviceId| {
            let request = SyncRequest {
                user: alice.clone(),
                device,
                since: None,
                filter: Default::default(),
                full_state: false,
                state_after: false,
                timeout: Duration::ZERO,
            };
            let (update, _) = house.server.sync.poll(&request).await.unwrap();
            update.joined[0].timeline.events.len()
        };
        let sliding = async |device: OwnedDeviceId| {
            let list = ListWish { room: RoomWish { timeline_limit: 5, ..RoomWish::default() }, ..ListWish::default() };
            let request = SlidingRequest {
                user: alice.clone(),
                device,
                conn_id: String::new(),
                pos: None,
                timeout: Duration::ZERO,
                lists: BTreeMap::from([("all".to_owned(), list)]),
                subscriptions: BTreeMap::new(),
                extensions: Extensions::default(),
                sticky: Default::default(),
            };
            house.server.sliding.poll(&request).await.unwrap().rooms[&room].timeline.len()
        };
        assert!(rolling(device("TABLET")).now_or_never().is_some_and(|told| told > 0));
        assert!(sliding(device("TABLET")).now_or_never().is_some_and(|told| told > 0));
        let mut first = pin!(rolling(phone.clone()));
        let mut second = pin!(sliding(phone.clone()));
        assert!(first.as_mut().now_or_never().is_none(), "told before it was answered");
        assert!(second.as_mut().now_or_never().is_none(), "told before it was answered");
        drop(answering);
        assert!(first.await > 0 && second.await > 0);
    }
}
