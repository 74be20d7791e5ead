//! Messages to devices: a queue for each, emptied only by its device.

use std::collections::BTreeMap;

use ruma::{DeviceId, OwnedDeviceId, OwnedUserId, UserId};
use serde_json::value::{RawValue, to_raw_value};
use veche_base::limits::{ID_BYTES_MAX, TO_DEVICE_BYTES_MAX, TO_DEVICE_QUEUE_MAX};
use veche_store::{
    Change, Error, Json, StreamPosition,
    records::e2ee::{ToDeviceKey, ToDeviceTransactionKey},
};

use super::E2ee;

/// A queue is measured, and old transaction ids are forgotten, once in this many messages.
const TIDY_EVERY: u64 = 64;
/// How long a repetition of a sending is recognized.
const TRANSACTION_MS: u64 = 24 * 60 * 60 * 1_000;

/// One device of a user, or all.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Recipient {
    /// This one.
    Device(OwnedDeviceId),
    /// All that the user has now.
    All,
}

/// Contents by user and device.
pub type ToDeviceMessages = BTreeMap<OwnedUserId, BTreeMap<Recipient, Box<RawValue>>>;

/// Why messages were not sent.
#[derive(Debug, thiserror::Error)]
pub enum SendToDeviceError {
    /// A content is larger than it may be.
    #[error("a message to a device may have {TO_DEVICE_BYTES_MAX} bytes")]
    TooLarge,
    /// A content is not an object, or a name is too long.
    #[error("{0}")]
    Invalid(&'static str),
    /// The store failed or refused.
    #[error(transparent)]
    Internal(#[from] Error),
}

impl E2ee {
    /// Sends messages to devices of this server. Users and devices that do not exist are passed over; repeating a
    /// transaction id of the same device and type does nothing.
    pub async fn send_to_device(
        &self,
        sender: &UserId,
        device: &DeviceId,
        kind: &str,
        txn_id: &str,
        messages: ToDeviceMessages,
    ) -> Result<(), SendToDeviceError> {
        if kind.len() > ID_BYTES_MAX || txn_id.len() > ID_BYTES_MAX {
            return Err(SendToDeviceError::Invalid("the type or the transaction id is too long"));
        }
        let deliveries = self.address(sender, kind, messages)?;
        let mut reached: Vec<_> = deliveries.iter().map(|(user, device, _)| (user.clone(), device.clone())).collect();
        let transaction = ToDeviceTransactionKey {
            user: sender.to_owned(),
            device: device.to_owned(),
            kind: kind.to_owned(),
            txn_id: txn_id.to_owned(),
        };
        let now_ms = self.core.clock.wall_ms();
        let commit = self.core.store.commit(move |txn| {
            if txn.contains(&transaction)? {
                return Ok::<_, Error>(());
            }
            txn.put(&transaction, &now_ms);
            for (user, device, json) in deliveries {
                let position = txn.next_position();
                txn.put(&ToDeviceKey { user: user.clone(), device: device.clone(), position }, &json);
                txn.change(Change::Device(user, device));
            }
            Ok(())
        });
        commit.await?;
        reached.retain(|(user, device)| self.recent.count_message(user, device).is_multiple_of(TIDY_EVERY));
        for (user, device) in reached {
            self.shorten_queue(&user, &device).await?;
        }
        if self.recent.count_message(sender, device).is_multiple_of(TIDY_EVERY) {
            self.forget_transactions(sender, device, now_ms.saturating_sub(TRANSACTION_MS)).await?;
        }
        Ok(())
    }

    /// Who gets what: one row for each device.
    fn address(
        &self,
        sender: &UserId,
        kind: &str,
        messages: ToDeviceMessages,
    ) -> Result<Vec<(OwnedUserId, OwnedDeviceId, Json)>, SendToDeviceError> {
        let text = |text: &str| to_raw_value(text).expect("a text always serializes");
        let (kind, sender) = (text(kind), text(sender.as_str()));
        let mut deliveries = Vec::new();
        for (user, contents) in messages {
            for (recipient, content) in contents {
                if content.get().len() > TO_DEVICE_BYTES_MAX {
                    return Err(SendToDeviceError::TooLarge);
                }
                if !content.get().starts_with('{') {
                    return Err(SendToDeviceError::Invalid("the content of a message is not an object"));
                }
                let json = format!(r#"{{"content":{content},"sender":{sender},"type":{kind}}}"#);
                for device in self.recipients(&user, recipient)? {
                    deliveries.push((user.clone(), device, Json(json.clone().into_bytes())));
                }
            }
        }
        Ok(deliveries)
    }

    fn recipients(&self, user: &UserId, recipient: Recipient) -> Result<Vec<OwnedDeviceId>, Error> {
        if !self.core.is_local(user) || !self.core.directory.is_active(user) {
            return Ok(Vec::new());
        }
        match recipient {
            Recipient::Device(device) if self.is_device(user, &device)? => Ok(vec![device]),
            Recipient::Device(_) => Ok(Vec::new()),
            Recipient::All => {
                let devices = self.core.directory.devices(user).into_iter().map(|device| device.device_id);
                Ok(devices.chain(self.dehydrated(user)?.map(|device| device.device_id)).collect())
            }
        }
    }

    /// The messages in `(since, upto]`, oldest first, at most `limit`. If that is not all of them, also the position
    /// of the last one: the next reading has to start there, and nothing beyond it may be acknowledged.
    pub fn messages(
        &self,
        user: &UserId,
        device: &DeviceId,
        since: Option<StreamPosition>,
        upto: StreamPosition,
        limit: usize,
    ) -> Result<(Vec<Box<RawValue>>, Option<StreamPosition>), Error> {
        // What was deleted leaves traces that a walk would pass over one by one, so it starts behind them.
        let from = self.recent.acknowledged(user, device).max(since.unwrap_or(StreamPosition(0)));
        let mut messages = Vec::new();
        if !self.recent.messages_after(user, device, from) {
            return Ok((messages, None));
        }
        let mut last = from;
        for row in self.queue(user, device, from) {
            let (key, json) = row?;
            if key.position > upto {
                break;
            }
            if messages.len() == limit {
                return Ok((messages, Some(last)));
            }
            let message = json.raw().map_err(|it| Error::corrupt("ToDeviceKey", user.as_str(), &it.to_string()))?;
            messages.push(message);
            last = key.position;
        }
        Ok((messages, None))
    }

    /// The device has received everything up to `position`: messages to it up to there are deleted.
    pub async fn acknowledge(&self, user: &UserId, device: &DeviceId, position: StreamPosition) -> Result<(), Error> {
        let done = self.recent.acknowledged(user, device);
        if position <= done || !self.recent.messages_after(user, device, done) {
            return Ok(());
        }
        let until = ToDeviceKey { user: user.to_owned(), device: device.to_owned(), position };
        let keys: Vec<_> = self.queue(user, device, done).through(&until).keys().collect::<Result<_, _>>()?;
        self.delete_messages(keys).await?;
        self.recent.note_acknowledged(user, device, position);
        Ok(())
    }

    fn queue(&self, user: &UserId, device: &DeviceId, after: StreamPosition) -> veche_store::Scan<'_, ToDeviceKey> {
        let from = ToDeviceKey { user: user.to_owned(), device: device.to_owned(), position: after };
        self.core.store.scan::<ToDeviceKey>((user, device)).after(&from)
    }

    /// Drops the oldest messages of a queue that is too long, leaving room until it is measured again.
    async fn shorten_queue(&self, user: &UserId, device: &DeviceId) -> Result<(), Error> {
        let keep = TO_DEVICE_QUEUE_MAX - TIDY_EVERY as usize;
        let after = self.recent.acknowledged(user, device);
        let count = self.queue(user, device, after).keys().count();
        let surplus = count.saturating_sub(keep);
        if surplus == 0 {
            return Ok(());
        }
        tracing::warn!(%user, %device, surplus, "a device does not fetch its messages; the oldest are dropped");
        let keys = self.queue(user, device, after).keys().take(surplus).collect::<Result<_, _>>()?;
        self.delete_messages(keys).await
    }

    async fn delete_messages(&self, keys: Vec<ToDeviceKey>) -> Result<(), Error> {
        if keys.is_empty() {
            return Ok(());
        }
        let commit = self.core.store.commit(move |txn| {
            keys.iter().for_each(|key| txn.delete(key));
            Ok::<_, Error>(())
        });
        commit.await
    }

    async fn forget_transactions(&self, user: &UserId, device: &DeviceId, before_ms: u64) -> Result<(), Error> {
        let mut old = Vec::new();
        for row in self.core.store.scan::<ToDeviceTransactionKey>((user, device)) {
            let (key, sent_ms) = row?;
            if sent_ms < before_ms {
                old.push(key);
            }
        }
        if old.is_empty() {
            return Ok(());
        }
        let commit = self.core.store.commit(move |txn| {
            old.iter().for_each(|key| txn.delete(key));
            Ok::<_, Error>(())
        });
        commit.await
    }
}
