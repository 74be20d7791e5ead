//! Messages to one device, as it gets them.

use serde_json::value::RawValue;

use crate::{picture::parse, world::World};

/// What has come to a device. Messages carry numbers that grow.
#[derive(Debug, Default)]
pub(crate) struct Mailbox {
    received: Vec<u64>,
}

impl Mailbox {
    /// Takes what an answer holds. A client that has begun anew may get again what it has not acknowledged.
    pub(crate) fn add(&mut self, events: &[Box<RawValue>], anew: bool) {
        for event in events {
            let number = parse(event)["content"]["number"].as_u64().unwrap();
            if self.received.last().is_some_and(|last| *last >= number) {
                assert!(anew, "message {number} came again or out of order");
            } else {
                self.received.push(number);
            }
        }
    }

    /// After a sync that was not cut off: everything that was sent is here, once and in order.
    pub(crate) fn compare(&self, world: &World, user: &ruma::UserId, device: &ruma::DeviceId) {
        assert_eq!(self.received, world.mailed(user, device), "messages to {user} {device}");
    }
}
