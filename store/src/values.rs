//! How values become bytes.
//!
//! Every value but plain JSON, numbers and `()` starts with the version of its encoding, so that a later
//! program can tell what it reads. Structs use [`versioned!`](crate::versioned) (postcard after the version);
//! the few large or hot ones encode themselves.

use std::fmt;

use serde::de::{DeserializeOwned, Visitor};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::content::ContentHash;

/// What can be stored under a [`Key`](crate::keys::Key).
pub trait Value: Sized + Send + 'static {
    /// The value's bytes.
    fn encode(&self) -> Vec<u8>;

    /// The value again. Fails on anything that [`encode`](Self::encode) does not write; never panics.
    fn decode(bytes: &[u8]) -> Result<Self, DecodeError>;

    /// Tells `veche check` what the value refers to, and what is wrong with it beyond its encoding.
    fn inspect(&self, _: &mut Inspection) {}
}

/// What [`Value::inspect`] says about one value.
#[derive(Debug, Default)]
pub struct Inspection {
    /// Content files that must exist.
    pub content: Vec<ContentHash>,
    /// Damage, in plain words.
    pub problems: Vec<String>,
}

impl Inspection {
    /// Notes a problem if `json` is not JSON.
    pub fn json(&mut self, json: &[u8]) {
        if let Err(error) = serde_json::from_slice::<&RawValue>(json) {
            self.problems.push(format!("not valid JSON: {error}"));
        }
    }
}

/// Why stored bytes are not a value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// There is nothing where at least a version must be.
    #[error("the value is empty")]
    Empty,
    /// A version this program does not know.
    #[error("the value has encoding version {found}, known is {known}")]
    Version {
        /// The stored version.
        found: u8,
        /// The newest known one.
        known: u8,
    },
    /// The bytes end early, run on, or mean nothing.
    #[error("the value does not decode: {0}")]
    Malformed(String),
    /// The key's own bytes mean nothing.
    #[error("the key does not decode")]
    Key,
}

impl DecodeError {
    /// For hand-written encodings.
    pub fn malformed(what: &str) -> Self {
        Self::Malformed(what.to_owned())
    }
}

/// Makes a serde struct storable: version, then postcard. `versioned!(Receipt, 1)`.
///
/// A struct that refers to content files or holds JSON says so:
/// `versioned!(Upload, 1, |upload, inspection| inspection.content.push(upload.hash))`.
#[macro_export]
macro_rules! versioned {
    ($name:ty, $version:literal $(, |$value:ident, $inspection:ident| $inspect:expr)?) => {
        impl $crate::values::Value for $name {
            fn encode(&self) -> Vec<u8> {
                $crate::values::encode_versioned($version, self)
            }

            fn decode(bytes: &[u8]) -> Result<Self, $crate::values::DecodeError> {
                $crate::values::decode_versioned($version, bytes)
            }

            $( fn inspect(&self, $inspection: &mut $crate::values::Inspection) {
                let $value = self;
                $inspect;
            } )?
        }
    };
}

/// Used by [`versioned!`](crate::versioned).
pub fn encode_versioned<T: Serialize>(version: u8, value: &T) -> Vec<u8> {
    let mut out = Vec::with_capacity(64);
    out.push(version);
    postcard::to_extend(value, out).expect("records hold only types that postcard can write, into memory")
}

/// Used by [`versioned!`](crate::versioned).
pub fn decode_versioned<T: DeserializeOwned>(version: u8, bytes: &[u8]) -> Result<T, DecodeError> {
    let body = check_version(version, bytes)?;
    let (value, rest) = postcard::take_from_bytes(body).map_err(|error| DecodeError::Malformed(error.to_string()))?;
    if rest.is_empty() { Ok(value) } else { Err(DecodeError::Malformed(format!("{} bytes too many", rest.len()))) }
}

/// What follows the version, if the version is the expected one.
pub fn check_version(known: u8, bytes: &[u8]) -> Result<&[u8], DecodeError> {
    match bytes.split_first() {
        None => Err(DecodeError::Empty),
        Some((found, body)) if *found == known => Ok(body),
        Some((found, _)) => Err(DecodeError::Version { found: *found, known }),
    }
}

/// JSON stored as the bytes it came in: account data, profiles, filters, outliers.
///
/// The bytes are not parsed when they are read, only when somebody asks for [`raw`](Self::raw).
#[derive(Clone, PartialEq, Eq)]
pub struct Json(pub Vec<u8>);

impl Json {
    /// JSON of a serializable value.
    pub fn new<T: Serialize>(value: &T) -> Result<Self, serde_json::Error> {
        serde_json::to_vec(value).map(Self)
    }

    /// The bytes of a raw value.
    pub fn from_raw(raw: &RawValue) -> Self {
        Self(raw.get().as_bytes().to_vec())
    }

    /// The JSON as a raw value, ready to be put into an answer.
    pub fn raw(&self) -> Result<Box<RawValue>, DecodeError> {
        serde_json::from_slice(&self.0).map_err(|error| DecodeError::Malformed(error.to_string()))
    }

    /// The JSON as a value of some type.
    pub fn parse<T: DeserializeOwned>(&self) -> Result<T, DecodeError> {
        serde_json::from_slice(&self.0).map_err(|error| DecodeError::Malformed(error.to_string()))
    }
}

impl fmt::Debug for Json {
    /// Content of users does not belong into logs, so only the length is shown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Json({} bytes)", self.0.len())
    }
}

/// As plain bytes, so that records can hold JSON without taking it apart.
impl Serialize for Json {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Bytes;

        impl Visitor<'_> for Bytes {
            type Value = Json;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("bytes")
            }

            fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Json, E> {
                Ok(Json(bytes.to_vec()))
            }
        }

        deserializer.deserialize_bytes(Bytes)
    }
}

impl Value for Json {
    fn encode(&self) -> Vec<u8> {
        self.0.clone()
    }

    fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        if bytes.is_empty() { Err(DecodeError::Empty) } else { Ok(Self(bytes.to_vec())) }
    }

    fn inspect(&self, inspection: &mut Inspection) {
        inspection.json(&self.0);
    }
}

/// For records whose key says everything.
impl Value for () {
    fn encode(&self) -> Vec<u8> {
        Vec::new()
    }

    fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        if bytes.is_empty() { Ok(()) } else { Err(DecodeError::malformed("a record without value has one")) }
    }
}

impl Value for u64 {
    fn encode(&self) -> Vec<u8> {
        self.to_be_bytes().to_vec()
    }

    fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        bytes.try_into().map(Self::from_be_bytes).map_err(|_| DecodeError::malformed("a number is 8 bytes long"))
    }
}

impl Value for u8 {
    fn encode(&self) -> Vec<u8> {
        vec![*self]
    }

    fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        if let [byte] = bytes { Ok(*byte) } else { Err(DecodeError::malformed("a small number is 1 byte long")) }
    }
}

impl Value for String {
    fn encode(&self) -> Vec<u8> {
        self.as_bytes().to_vec()
    }

    fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        Self::from_utf8(bytes.to_vec()).map_err(|_| DecodeError::malformed("a text is not UTF-8"))
    }
}

macro_rules! numbers {
    ($($name:ident),*) => { $(
        impl Value for $crate::positions::$name {
            fn encode(&self) -> Vec<u8> {
                self.0.encode()
            }

            fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
                u64::decode(bytes).map(Self)
            }
        }
    )* };
}

numbers! { StreamPosition, ShortRoomId, ShortStateKey, ShortStateHash }

#[cfg(test)]
mod tests;
