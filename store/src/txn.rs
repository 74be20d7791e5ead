//! One transaction: what a closure given to [`Store::commit`](crate::Store::commit) writes with.
//!
//! Nothing here touches the disk. Writes gather in memory and become one engine batch together with those of the
//! other transactions of the group; a transaction that fails is forgotten before the batch is made.

use std::collections::BTreeMap;
use std::sync::Arc;

use ruma::events::StateEventType;

use crate::changes::Change;
use crate::engine::{Engine, decode};
use crate::error::Error;
use crate::families::Family;
use crate::keys::{Key, KeyPrefix};
use crate::positions::{ShortStateKey, StreamPosition};
use crate::records::rooms::{ShortStateKeyKey, StateKeyKey, TypeAndStateKey};
use crate::scan::{prefix_end, read_key};
use crate::values::Value;

/// One transaction may write this much. Far above any Matrix transaction; it catches a loop gone wrong.
pub const TXN_BYTES_MAX: usize = 64 << 20;

/// Writes by family and key (the family's number, then the key's bytes); `None` deletes.
pub(crate) type Writes = BTreeMap<Vec<u8>, Option<Vec<u8>>>;

/// A transaction being built.
pub struct Txn {
    engine: Arc<Engine>,
    /// The writes of the earlier transactions of this group, not yet on disk but certain to be if ours are.
    group: Writes,
    own: Writes,
    own_bytes: usize,
    adds_data: bool,
    changes: Vec<Change>,
    next_position: u64,
    last_position: Option<StreamPosition>,
}

/// What a finished transaction leaves for its publication.
pub(crate) struct Taken {
    pub(crate) position: Option<StreamPosition>,
    pub(crate) changes: Vec<Change>,
    pub(crate) bytes: usize,
}

impl Txn {
    /// Takes the next position of the stream. It becomes readable, with everything written here, when the
    /// transaction is on disk; a transaction that fails leaves a gap.
    pub fn next_position(&mut self) -> StreamPosition {
        let position = StreamPosition(self.next_position);
        self.next_position += 1;
        self.last_position = Some(position);
        position
    }

    /// Stores `value` under `key`.
    pub fn put<K: Key>(&mut self, key: &K, value: &K::Value) {
        self.adds_data = true;
        self.write(slot(key), Some(value.encode()));
    }

    /// Deletes the record under `key`, if there is one.
    pub fn delete<K: Key>(&mut self, key: &K) {
        self.write(slot(key), None);
    }

    /// Deletes all records that start with `prefix` and says how many there were.
    pub fn delete_prefix<K: Key>(&mut self, prefix: impl KeyPrefix) -> Result<usize, Error> {
        let slots: Vec<Vec<u8>> = self.merged::<K>(prefix)?.into_keys().collect();
        let count = slots.len();
        for slot in slots {
            self.write(slot, None);
        }
        Ok(count)
    }

    /// The value under `key`, as this transaction would leave it.
    pub fn get<K: Key>(&self, key: &K) -> Result<Option<K::Value>, Error> {
        let slot = slot(key);
        let bytes = &slot[1..];
        if let Some(written) = self.own.get(&slot).or_else(|| self.group.get(&slot)) {
            return written.as_ref().map(|value| decode::<K>(bytes, value)).transpose();
        }
        let stored = self.engine.get(K::FAMILY, bytes)?;
        stored.map(|value| decode::<K>(bytes, &value)).transpose()
    }

    /// True if there is a record under `key`.
    pub fn contains<K: Key>(&self, key: &K) -> Result<bool, Error> {
        let slot = slot(key);
        match self.own.get(&slot).or_else(|| self.group.get(&slot)) {
            Some(written) => Ok(written.is_some()),
            None => Ok(self.engine.get(K::FAMILY, &slot[1..])?.is_some()),
        }
    }

    /// All records that start with `prefix`, in key order, as this transaction would leave them. They are held in
    /// memory, so the prefix must be one with few records.
    pub fn scan<K: Key>(&self, prefix: impl KeyPrefix) -> Result<Vec<(K, K::Value)>, Error> {
        let rows = self.merged::<K>(prefix)?;
        rows.iter().map(|(slot, value)| Ok((read_key(&slot[1..])?, decode::<K>(&slot[1..], value)?))).collect()
    }

    /// Says whom this transaction concerns. Naming somebody twice is the same as once.
    pub fn change(&mut self, change: Change) {
        if !self.changes.contains(&change) {
            self.changes.push(change);
        }
    }

    /// The number of a (type, state key) pair; a new pair gets one.
    pub fn intern_state_key(&mut self, kind: &StateEventType, state_key: &str) -> Result<ShortStateKey, Error> {
        let pair = StateKeyKey { kind: kind.to_string(), state_key: state_key.to_owned() };
        if let Some(number) = self.get(&pair)? {
            return Ok(number);
        }
        let number = ShortStateKey::from(self.next_position());
        self.put(&pair, &number);
        self.put(&ShortStateKeyKey { number }, &TypeAndStateKey { kind: pair.kind, state_key: pair.state_key });
        Ok(number)
    }

    /// For the commit thread: an empty transaction at the head of a group.
    pub(crate) fn new(engine: Arc<Engine>, next_position: u64) -> Self {
        Self {
            engine,
            group: Writes::new(),
            own: Writes::new(),
            own_bytes: 0,
            adds_data: false,
            changes: Vec::new(),
            next_position,
            last_position: None,
        }
    }

    /// The position that will be taken next.
    pub(crate) const fn position_after(&self) -> u64 {
        self.next_position
    }

    /// True if something was put; a transaction that only deletes may run on a full disk.
    pub(crate) const fn adds_data(&self) -> bool {
        self.adds_data
    }

    /// True if the transaction is too large to be committed.
    pub(crate) const fn is_too_large(&self) -> bool {
        self.own_bytes > TXN_BYTES_MAX
    }

    /// Ends this transaction and adds its writes to the group's.
    pub(crate) fn keep(&mut self) -> Taken {
        // Whoever waits for a change waits for a position, so a change without one would never be seen.
        if self.last_position.is_none() && !self.changes.is_empty() {
            self.next_position();
        }
        if self.group.is_empty() {
            self.group = std::mem::take(&mut self.own);
        } else {
            self.group.append(&mut self.own);
        }
        let taken =
            Taken { position: self.last_position, changes: std::mem::take(&mut self.changes), bytes: self.own_bytes };
        self.discard();
        taken
    }

    /// Ends this transaction and forgets it. Positions it took are never given again.
    pub(crate) fn discard(&mut self) {
        self.own.clear();
        self.own_bytes = 0;
        self.adds_data = false;
        self.changes.clear();
        self.last_position = None;
    }

    /// The writes of the whole group, each key once; the next group starts empty.
    pub(crate) fn take_group(&mut self) -> Writes {
        std::mem::take(&mut self.group)
    }

    fn write(&mut self, slot: Vec<u8>, value: Option<Vec<u8>>) {
        self.own_bytes += slot.len() + value.as_ref().map_or(0, Vec::len);
        self.own.insert(slot, value);
    }

    /// The rows under a prefix by slot: the disk's, then the group's over them, then our own.
    fn merged<K: Key>(&self, prefix: impl KeyPrefix) -> Result<BTreeMap<Vec<u8>, Vec<u8>>, Error> {
        let mut start = vec![K::FAMILY as u8];
        prefix.write_prefix(&mut start);
        let mut rows = BTreeMap::new();
        let mut stored = self.engine.iterate(K::FAMILY, start[1..].to_vec(), prefix_end(&start[1..]));
        stored.seek_to_first();
        while let Some((key, value)) = stored.item() {
            rows.insert([&[K::FAMILY as u8], key].concat(), value.to_vec());
            stored.next();
        }
        stored.status()?;
        for writes in [&self.group, &self.own] {
            let under_prefix = writes.range(start.clone()..).take_while(|(slot, _)| slot.starts_with(&start));
            for (slot, value) in under_prefix {
                match value {
                    Some(value) => rows.insert(slot.clone(), value.clone()),
                    None => rows.remove(slot),
                };
            }
        }
        Ok(rows)
    }
}

fn slot<K: Key>(key: &K) -> Vec<u8> {
    let mut slot = Vec::with_capacity(64);
    slot.push(K::FAMILY as u8);
    key.write(&mut slot);
    slot
}

/// The family and key that a slot stands for.
pub(crate) fn split_slot(slot: &[u8]) -> (Family, &[u8]) {
    let (family, key) = slot.split_first().expect("a slot starts with its family");
    (Family::ALL[usize::from(*family)], key)
}
