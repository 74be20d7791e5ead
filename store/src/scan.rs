//! Walking records in key order.

use std::marker::PhantomData;

use crate::engine::{Engine, RawIterator, decode};
use crate::error::Error;
use crate::keys::{Key, KeyPrefix};
use crate::values::DecodeError;

/// A walk over the records that start with a prefix, in key order; made by [`Store::scan`](crate::Store::scan).
///
/// It sees the database as it was when the first record was asked for. [`from`](Self::from),
/// [`after`](Self::after) and [`until`](Self::until) speak in the direction of the walk: a reverse walk starts at
/// its highest key.
pub struct Scan<'a, K: Key> {
    engine: &'a Engine,
    range: Range,
    rows: Option<RawIterator<'a>>,
    key: PhantomData<fn() -> K>,
}

impl<'a, K: Key> Scan<'a, K> {
    pub(crate) fn new(engine: &'a Engine, prefix: impl KeyPrefix) -> Self {
        Self { engine, range: Range::new(prefix), rows: None, key: PhantomData }
    }

    /// Starts with `key`, if it exists.
    #[must_use]
    pub fn from(mut self, key: &K) -> Self {
        self.range.start = Some(Bound { key: bytes(key), inclusive: true });
        self
    }

    /// Starts with the record that follows `key` in the direction of the walk.
    #[must_use]
    pub fn after(mut self, key: &K) -> Self {
        self.range.start = Some(Bound { key: bytes(key), inclusive: false });
        self
    }

    /// Ends before `key`.
    #[must_use]
    pub fn until(mut self, key: &K) -> Self {
        self.range.end = Some(Bound { key: bytes(key), inclusive: false });
        self
    }

    /// Ends with `key`, if it exists.
    #[must_use]
    pub fn through(mut self, key: &K) -> Self {
        self.range.end = Some(Bound { key: bytes(key), inclusive: true });
        self
    }

    /// Walks from the highest key down.
    #[must_use]
    pub const fn reverse(mut self) -> Self {
        self.range.reverse = true;
        self
    }

    /// Only the keys: values are not decoded.
    pub const fn keys(self) -> Keys<'a, K> {
        Keys { scan: self }
    }

    /// Moves to the next record and hands its bytes to `read`; `None` at the end. After an error the walk is over.
    fn step<T>(&mut self, read: impl FnOnce(&[u8], &[u8]) -> Result<T, Error>) -> Option<Result<T, Error>> {
        let reverse = self.range.reverse;
        let rows = match &mut self.rows {
            Some(rows) => {
                // An iterator that has ended must not be moved.
                if !rows.valid() {
                    return None;
                }
                if reverse {
                    rows.prev();
                } else {
                    rows.next();
                }
                rows
            }
            empty => {
                let (lower, upper) = self.range.bounds()?;
                let rows = empty.insert(self.engine.iterate(K::FAMILY, lower, upper));
                if reverse {
                    rows.seek_to_last();
                } else {
                    rows.seek_to_first();
                }
                rows
            }
        };
        match rows.item() {
            Some((key, value)) => Some(read(key, value)),
            None => rows.status().err().map(|error| Err(error.into())),
        }
    }
}

impl<K: Key> Iterator for Scan<'_, K> {
    type Item = Result<(K, K::Value), Error>;

    fn next(&mut self) -> Option<Self::Item> {
        self.step(|key, value| Ok((read_key(key)?, decode::<K>(key, value)?)))
    }
}

/// The keys of a [`Scan`].
pub struct Keys<'a, K: Key> {
    scan: Scan<'a, K>,
}

impl<K: Key> Iterator for Keys<'_, K> {
    type Item = Result<K, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        self.scan.step(|key, _| read_key(key))
    }
}

/// The key, or which one is damaged.
pub(crate) fn read_key<K: Key>(bytes: &[u8]) -> Result<K, Error> {
    K::read(bytes).ok_or_else(|| Error::damaged(K::FAMILY.name(), bytes, &DecodeError::Key))
}

fn bytes<K: Key>(key: &K) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(64);
    key.write(&mut bytes);
    bytes
}

struct Bound {
    key: Vec<u8>,
    inclusive: bool,
}

impl Bound {
    /// The lowest bytes that belong to the range when this is its lower end.
    fn into_lower(self) -> Vec<u8> {
        if self.inclusive { self.key } else { just_after(self.key) }
    }

    /// The lowest bytes that do not belong to the range any more when this is its upper end.
    fn into_upper(self) -> Vec<u8> {
        if self.inclusive { just_after(self.key) } else { self.key }
    }
}

/// The lowest bytes above `key`.
fn just_after(mut key: Vec<u8>) -> Vec<u8> {
    key.push(0);
    key
}

/// Which keys a walk visits.
struct Range {
    prefix: Vec<u8>,
    start: Option<Bound>,
    end: Option<Bound>,
    reverse: bool,
}

impl Range {
    fn new(prefix: impl KeyPrefix) -> Self {
        let mut bytes = Vec::with_capacity(64);
        prefix.write_prefix(&mut bytes);
        Self { prefix: bytes, start: None, end: None, reverse: false }
    }

    /// The range in byte order: from the first inclusive to the second exclusive. `None` if it is empty, which
    /// the engine must not be asked for.
    fn bounds(&mut self) -> Option<(Vec<u8>, Option<Vec<u8>>)> {
        let (low, high) =
            if self.reverse { (self.end.take(), self.start.take()) } else { (self.start.take(), self.end.take()) };
        let prefix_end = prefix_end(&self.prefix);
        let lower = low.map_or_else(Vec::new, Bound::into_lower).max(std::mem::take(&mut self.prefix));
        let upper = match (high.map(Bound::into_upper), prefix_end) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
        upper.as_ref().is_none_or(|upper| lower < *upper).then_some((lower, upper))
    }
}

/// The lowest bytes above everything that starts with `prefix`; `None` if there are none.
pub(crate) fn prefix_end(prefix: &[u8]) -> Option<Vec<u8>> {
    let last = prefix.iter().rposition(|byte| *byte != u8::MAX)?;
    let mut end = prefix[..=last].to_vec();
    end[last] += 1;
    Some(end)
}
