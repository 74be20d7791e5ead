//! Account data: JSON that clients keep with an account, for all rooms or for one. Filters live here too, being
//! the same kind of thing.
//!
//! Every change has a position, so that sync tells it once to each of the user's devices.

mod choices;
mod filters;
mod inherit;
mod kept;
mod predefined;
mod push_rules;
mod tags;

pub(crate) use self::inherit::Heir;
pub use self::{
    choices::InviteChoice,
    filters::{FILTERS_PER_USER_MAX, SaveFilterError},
    push_rules::{PushRuleError, UserRules},
    tags::SetTagError,
};

use std::{collections::HashSet, sync::Arc};

use ruma::UserId;
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};
use veche_base::limits;
use veche_store::{
    ChangeListener, Error, Json, ShortRoomId, StreamPosition, Txn,
    records::users::{AccountData as Record, AccountDataKey, AccountDataPointer, AccountDataPositionKey, FilterKey},
};

use self::{kept::Kept, push_rules::PUSH_RULES};
use crate::core::Core;

/// How far one has read a room; written where receipts are.
const FULLY_READ: &str = "m.fully_read";

/// Why account data was not saved.
#[derive(Debug, thiserror::Error)]
pub enum SetAccountDataError {
    /// The type is written by the server only, or in another way.
    #[error("{0} cannot be set here")]
    Reserved(String),
    /// The content or the type is larger than account data may be.
    #[error("account data may have {} bytes", limits::ACCOUNT_DATA_BYTES_MAX)]
    TooLarge,
    /// The user keeps as much as he may.
    #[error("an account may keep {} kinds of data", limits::ACCOUNT_DATA_TYPES_PER_USER_MAX)]
    TooMany,
    /// The store failed or refused.
    #[error(transparent)]
    Internal(#[from] Error),
}

/// The account data of local users.
pub struct AccountData {
    pub(crate) core: Arc<Core>,
    pub(crate) kept: Arc<Kept>,
}

impl AccountData {
    /// Over this core; subscribes to the store's changes.
    pub fn new(core: Arc<Core>) -> Self {
        let kept = Arc::<Kept>::default();
        core.store.subscribe(Arc::clone(&kept) as Arc<dyn ChangeListener>);
        Self { core, kept }
    }

    /// One piece of account data.
    pub fn get(&self, user: &UserId, room: Option<ShortRoomId>, kind: &str) -> Result<Option<Box<RawValue>>, Error> {
        if room.is_none() && kind == PUSH_RULES {
            return self.push_rules_content(user).map(Some);
        }
        let key = AccountDataKey { user: user.to_owned(), room, kind: kind.to_owned() };
        let Some(record) = self.core.store.get(&key)? else { return Ok(None) };
        record.json.raw().map(Some).map_err(|error| Error::corrupt("AccountDataKey", kind, &error.to_string()))
    }

    /// Saves one piece of account data as a client sent it.
    pub async fn set(
        &self,
        user: &UserId,
        room: Option<ShortRoomId>,
        kind: &str,
        content: &RawValue,
    ) -> Result<(), SetAccountDataError> {
        if matches!(kind, FULLY_READ | PUSH_RULES) {
            return Err(SetAccountDataError::Reserved(kind.to_owned()));
        }
        if content.get().len() > limits::ACCOUNT_DATA_BYTES_MAX || kind.len() > limits::ID_BYTES_MAX {
            return Err(SetAccountDataError::TooLarge);
        }
        let key = AccountDataKey { user: user.to_owned(), room, kind: kind.to_owned() };
        if !self.may_keep(&key)? {
            return Err(SetAccountDataError::TooMany);
        }
        self.save(
            key,
            content,
            |txn, key| if leaves_room(txn, key)? { Ok(()) } else { Err(SetAccountDataError::TooMany) },
        )
        .await
    }

    /// Saves one piece of account data, whatever its type.
    pub(crate) async fn write(
        &self,
        user: &UserId,
        room: Option<ShortRoomId>,
        kind: &str,
        content: &RawValue,
    ) -> Result<(), Error> {
        let key = AccountDataKey { user: user.to_owned(), room, kind: kind.to_owned() };
        self.save(key, content, |_, _| Ok(())).await
    }

    async fn save<E>(
        &self,
        key: AccountDataKey,
        content: &RawValue,
        check: fn(&Txn, &AccountDataKey) -> Result<(), E>,
    ) -> Result<(), E>
    where
        E: From<Error> + Send + 'static,
    {
        let (json, kept) = (Json::from_raw(content), Arc::clone(&self.kept));
        let write = move |txn: &mut Txn| {
            check(txn, &key)?;
            Ok::<_, E>(kept.put(txn, &key, json)?)
        };
        self.core.store.commit(write).await
    }

    /// Forgets everything that an account which is gone kept here: data, tags, push rules, filters.
    pub(crate) async fn forget_user(&self, user: &UserId) -> Result<(), Error> {
        self.core.delete_all::<AccountDataPositionKey>((user,)).await?;
        self.core.delete_all::<AccountDataKey>((user,)).await?;
        self.core.delete_all::<FilterKey>((user,)).await?;
        self.kept.forget(user);
        Ok(())
    }

    /// Whether one more piece of data under this key is not too many, as far as can be told before the commit: who has
    /// had enough shall not keep the commit thread counting.
    fn may_keep(&self, key: &AccountDataKey) -> Result<bool, Error> {
        if self.core.store.contains(key)? {
            return Ok(true);
        }
        let mut count = 0;
        for row in self.core.store.scan::<AccountDataPositionKey>((&key.user,)) {
            count += usize::from(is_counted(&row?.1));
            if count >= limits::ACCOUNT_DATA_TYPES_PER_USER_MAX {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Global account data changed in `(since, upto]`, as events.
    pub fn global_since(
        &self,
        user: &UserId,
        since: Option<StreamPosition>,
        upto: StreamPosition,
    ) -> Result<Vec<Box<RawValue>>, Error> {
        let mut events = self.changed(user, None, since, upto)?;
        if since.is_none() {
            // Every user has rules, also one who never changed any.
            events.push(shown(PUSH_RULES, &self.push_rules_content(user)?));
        }
        Ok(events)
    }

    /// Account data of a room changed in `(since, upto]`, as events.
    pub fn room_since(
        &self,
        user: &UserId,
        room: ShortRoomId,
        since: Option<StreamPosition>,
        upto: StreamPosition,
    ) -> Result<Vec<Box<RawValue>>, Error> {
        self.changed(user, Some(room), since, upto)
    }

    /// The rooms whose account data changed after `since`.
    pub fn rooms_changed(&self, user: &UserId, since: StreamPosition) -> Result<HashSet<ShortRoomId>, Error> {
        let from = AccountDataPositionKey { user: user.to_owned(), position: since };
        let mut rooms = HashSet::new();
        for row in self.core.store.scan::<AccountDataPositionKey>((user,)).after(&from) {
            rooms.extend(row?.1.room);
        }
        Ok(rooms)
    }

    fn changed(
        &self,
        user: &UserId,
        room: Option<ShortRoomId>,
        since: Option<StreamPosition>,
        upto: StreamPosition,
    ) -> Result<Vec<Box<RawValue>>, Error> {
        let store = &self.core.store;
        let Some(since) = since else {
            let all = store.scan::<AccountDataKey>((user, room));
            let mut events = Vec::new();
            for row in all {
                let (key, record) = row?;
                if record.position <= upto && (room.is_some() || key.kind != PUSH_RULES) {
                    events.push(event(&key.kind, &record)?);
                }
            }
            return Ok(events);
        };
        let from = AccountDataPositionKey { user: user.to_owned(), position: since };
        let mut events = Vec::new();
        for row in store.scan::<AccountDataPositionKey>((user,)).after(&from) {
            let (at, pointer) = row?;
            if at.position > upto {
                break;
            }
            if pointer.room != room {
                continue;
            }
            let key = AccountDataKey { user: user.to_owned(), room, kind: pointer.kind };
            if let Some(record) = store.get(&key)? {
                events.push(event(&key.kind, &record)?);
            }
        }
        Ok(events)
    }
}

/// Whether one more piece of data under this key is not too many. Counted inside the commit, so that requests at the same
/// time do not get past the bound, and not written down: there is a small row for each piece, and who has many of them
/// seldom gets one of a new kind.
fn leaves_room(txn: &Txn, key: &AccountDataKey) -> Result<bool, Error> {
    if txn.contains(key)? {
        return Ok(true);
    }
    let kept = txn.scan::<AccountDataPositionKey>((&key.user,))?;
    let count = kept.iter().filter(|(_, pointer)| is_counted(pointer)).count();
    Ok(count < limits::ACCOUNT_DATA_TYPES_PER_USER_MAX)
}

/// What the server writes here itself does not count: it is small, and rooms bound it. Somebody in more rooms than he may
/// have kinds of data still marks what he has read.
fn is_counted(pointer: &AccountDataPointer) -> bool {
    !matches!(pointer.kind.as_str(), FULLY_READ | PUSH_RULES)
}

fn event(kind: &str, record: &Record) -> Result<Box<RawValue>, Error> {
    let content = record.json.raw().map_err(|error| Error::corrupt("AccountDataKey", kind, &error.to_string()))?;
    Ok(shown(kind, &content))
}

fn shown(kind: &str, content: &RawValue) -> Box<RawValue> {
    #[derive(Serialize)]
    struct Event<'a> {
        #[serde(rename = "type")]
        kind: &'a str,
        content: &'a RawValue,
    }
    to_raw_value(&Event { kind, content }).expect("a text and JSON always serialize")
}

#[cfg(test)]
mod tests;
