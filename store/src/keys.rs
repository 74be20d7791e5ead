//! How keys become bytes.
//!
//! Invariants: the byte order of two keys is the order of their fields, one after the other; no key is a
//! prefix of another of its kind; a key read back from its bytes is equal to the key written. So a tuple of
//! the first fields is a prefix of exactly the keys that start with them, and a scan walks them in order.
//!
//! Strings end with a zero byte, and the bytes 0 and 1 inside them are escaped by a 1. That keeps "a" before
//! "ab" for every string, also for state keys, which may hold any character. (A terminator above all others,
//! such as 0xFF, would sort "ab" before "a".)

use std::fmt;
use std::hash::Hash;

use ruma::{
    DeviceId, EventId, OwnedDeviceId, OwnedEventId, OwnedRoomAliasId, OwnedRoomId, OwnedServerName, OwnedUserId,
    RoomAliasId, RoomId, ServerName, UserId,
};

use crate::families::Family;
use crate::positions::{ShortRoomId, ShortStateHash, ShortStateKey, StreamPosition};
use crate::values::Value;

/// Something that can be written as a part of a key, borrowed or owned.
pub trait KeyWrite {
    /// Appends the part.
    fn write(&self, out: &mut Vec<u8>);
}

/// A field of a key.
pub trait KeyPart: KeyWrite + Sized {
    /// Takes the part from the front of `bytes`, or `None` if they are not one.
    fn read(bytes: &mut &[u8]) -> Option<Self>;
}

/// The key of one kind of record. Made by [`record!`](crate::record), never by hand.
pub trait Key: Sized + Clone + fmt::Debug + Ord + Hash + Send + Sync + 'static {
    /// Where records of this kind live.
    const FAMILY: Family;
    /// What is stored under the key.
    type Value: Value;
    /// Appends the key's bytes.
    fn write(&self, out: &mut Vec<u8>);
    /// The key again, or `None` if the bytes are not one.
    fn read(bytes: &[u8]) -> Option<Self>;
}

/// The first fields of a key, as a tuple: `()` for all records, `(room,)`, `(room, &user_id)`.
pub trait KeyPrefix {
    /// Appends the prefix's bytes.
    fn write_prefix(self, out: &mut Vec<u8>);
}

/// Declares the key of a record: fields in the order in which they are sorted.
///
/// ```ignore
/// record! {
///     /// Which position the user has read up to.
///     pub struct ReceiptKey {
///         /// In this room.
///         room: ShortRoomId,
///         /// Whose receipt it is.
///         user: OwnedUserId,
///     } in Family::RoomUserReceipt => Receipt
/// }
/// ```
#[macro_export]
macro_rules! record {
    (
        $(#[$meta:meta])*
        pub struct $name:ident { $( $(#[$field_meta:meta])* $field:ident: $part:ty ),* $(,)? }
        in $family:expr => $value:ty
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name { $( $(#[$field_meta])* pub $field: $part ),* }

        impl $crate::keys::Key for $name {
            const FAMILY: $crate::families::Family = $family;
            type Value = $value;

            fn write(&self, out: &mut Vec<u8>) {
                $( $crate::keys::KeyWrite::write(&self.$field, out); )*
            }

            fn read(bytes: &[u8]) -> Option<Self> {
                let mut rest = bytes;
                $( let $field = <$part as $crate::keys::KeyPart>::read(&mut rest)?; )*
                rest.is_empty().then_some(Self { $($field),* })
            }
        }
    };
}

impl<T: KeyWrite + ?Sized> KeyWrite for &T {
    fn write(&self, out: &mut Vec<u8>) {
        (**self).write(out);
    }
}

impl KeyWrite for u64 {
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.to_be_bytes());
    }
}

impl KeyPart for u64 {
    fn read(bytes: &mut &[u8]) -> Option<Self> {
        take(bytes).map(Self::from_be_bytes)
    }
}

/// With the sign flipped, two's complement sorts as numbers do.
impl KeyWrite for i64 {
    fn write(&self, out: &mut Vec<u8>) {
        (self.cast_unsigned() ^ SIGN_BIT).write(out);
    }
}

impl KeyPart for i64 {
    fn read(bytes: &mut &[u8]) -> Option<Self> {
        u64::read(bytes).map(|number| (number ^ SIGN_BIT).cast_signed())
    }
}

const SIGN_BIT: u64 = 1 << 63;

impl KeyWrite for u32 {
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.to_be_bytes());
    }
}

impl KeyPart for u32 {
    fn read(bytes: &mut &[u8]) -> Option<Self> {
        take(bytes).map(Self::from_be_bytes)
    }
}

impl KeyWrite for u8 {
    fn write(&self, out: &mut Vec<u8>) {
        out.push(*self);
    }
}

impl KeyPart for u8 {
    fn read(bytes: &mut &[u8]) -> Option<Self> {
        take::<1>(bytes).map(|[byte]| byte)
    }
}

impl KeyWrite for bool {
    fn write(&self, out: &mut Vec<u8>) {
        out.push(u8::from(*self));
    }
}

impl KeyPart for bool {
    fn read(bytes: &mut &[u8]) -> Option<Self> {
        match u8::read(bytes)? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }
}

/// `None` sorts before every `Some`.
impl<T: KeyWrite> KeyWrite for Option<T> {
    fn write(&self, out: &mut Vec<u8>) {
        self.is_some().write(out);
        if let Some(part) = self {
            part.write(out);
        }
    }
}

impl<T: KeyPart> KeyPart for Option<T> {
    fn read(bytes: &mut &[u8]) -> Option<Self> {
        if bool::read(bytes)? { T::read(bytes).map(Some) } else { Some(None) }
    }
}

/// Fixed-length bytes: hashes.
impl<const N: usize> KeyWrite for [u8; N] {
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self);
    }
}

impl<const N: usize> KeyPart for [u8; N] {
    fn read(bytes: &mut &[u8]) -> Option<Self> {
        take(bytes)
    }
}

const STRING_END: u8 = 0;
const STRING_ESCAPE: u8 = 1;

impl KeyWrite for str {
    fn write(&self, out: &mut Vec<u8>) {
        let mut rest = self.as_bytes();
        while let Some(at) = rest.iter().position(|byte| *byte <= STRING_ESCAPE) {
            out.extend_from_slice(&rest[..at]);
            out.extend_from_slice(&[STRING_ESCAPE, rest[at] + 1]);
            rest = &rest[at + 1..];
        }
        out.extend_from_slice(rest);
        out.push(STRING_END);
    }
}

impl KeyWrite for String {
    fn write(&self, out: &mut Vec<u8>) {
        self.as_str().write(out);
    }
}

impl KeyPart for String {
    fn read(bytes: &mut &[u8]) -> Option<Self> {
        let end = bytes.iter().position(|byte| *byte == STRING_END)?;
        let (text, rest) = bytes.split_at(end);
        *bytes = &rest[1..];
        let text = if text.contains(&STRING_ESCAPE) { unescape(text)? } else { text.to_vec() };
        Self::from_utf8(text).ok()
    }
}

fn unescape(text: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.iter();
    while let Some(byte) = bytes.next() {
        match (*byte == STRING_ESCAPE).then(|| bytes.next()) {
            None => out.push(*byte),
            Some(Some(escaped @ (1 | 2))) => out.push(escaped - 1),
            Some(_) => return None,
        }
    }
    Some(out)
}

fn take<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    let (part, rest) = bytes.split_first_chunk::<N>()?;
    *bytes = rest;
    Some(*part)
}

macro_rules! ids {
    ($($owned:ident / $borrowed:ident),*) => { $(
        impl KeyWrite for $borrowed {
            fn write(&self, out: &mut Vec<u8>) {
                self.as_str().write(out);
            }
        }

        impl KeyWrite for $owned {
            fn write(&self, out: &mut Vec<u8>) {
                self.as_str().write(out);
            }
        }

        impl KeyPart for $owned {
            fn read(bytes: &mut &[u8]) -> Option<Self> {
                Self::try_from(String::read(bytes)?).ok()
            }
        }
    )* };
}

ids! {
    OwnedUserId / UserId, OwnedRoomId / RoomId, OwnedEventId / EventId, OwnedDeviceId / DeviceId,
    OwnedRoomAliasId / RoomAliasId, OwnedServerName / ServerName
}

macro_rules! numbers {
    ($($name:ident),*) => { $(
        impl KeyWrite for $name {
            fn write(&self, out: &mut Vec<u8>) {
                self.0.write(out);
            }
        }

        impl KeyPart for $name {
            fn read(bytes: &mut &[u8]) -> Option<Self> {
                u64::read(bytes).map(Self)
            }
        }
    )* };
}

numbers! { StreamPosition, ShortRoomId, ShortStateKey, ShortStateHash }

macro_rules! tuples {
    ($(($($part:ident . $index:tt),+))*) => { $(
        impl<$($part: KeyWrite),+> KeyWrite for ($($part,)+) {
            fn write(&self, out: &mut Vec<u8>) {
                $( self.$index.write(out); )+
            }
        }

        impl<$($part: KeyPart),+> KeyPart for ($($part,)+) {
            fn read(bytes: &mut &[u8]) -> Option<Self> {
                Some(($($part::read(bytes)?,)+))
            }
        }

        impl<$($part: KeyWrite),+> KeyPrefix for ($($part,)+) {
            fn write_prefix(self, out: &mut Vec<u8>) {
                $( self.$index.write(out); )+
            }
        }
    )* };
}

tuples! { (A.0) (A.0, B.1) (A.0, B.1, C.2) (A.0, B.1, C.2, D.3) (A.0, B.1, C.2, D.3, E.4) }

impl KeyPrefix for () {
    fn write_prefix(self, _: &mut Vec<u8>) {}
}

#[cfg(test)]
mod tests;
