//! Strict reading of JSON that becomes part of an event.
//!
//! `serde_json` is lenient where events must not be: it keeps the last of two equal keys, turns
//! large integers into floats, and copies raw values of any depth. Two servers that disagree on
//! any of these compute different hashes for one event, so everything doubtful is refused here.
//!
//! Invariant: reading recurses at most [`PDU_DEPTH_MAX`] levels, whatever the input.

use std::{cell::RefCell, fmt};

use ruma::{CanonicalJsonObject, CanonicalJsonValue, Int};
use serde::de::{self, DeserializeSeed, MapAccess, SeqAccess, Visitor};
use veche_base::limits;

/// Nesting of a whole event as another server may send it: deeper than clients may, because those
/// rooms exist, and below `serde_json`'s own limit of 128, so that everything we store can be read.
pub const PDU_DEPTH_MAX: usize = 100;

/// Why a piece of JSON cannot be part of an event.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CanonicalError {
    /// It is not JSON.
    #[error("malformed JSON: {0}")]
    Malformed(String),
    /// It is JSON of another kind than an object.
    #[error("not a JSON object")]
    NotAnObject,
    /// Arrays and objects stand inside one another more than this many times.
    #[error("nested deeper than {0} levels")]
    TooDeep(usize),
    /// A number has a fraction or an exponent, or is too large to be anything but a float.
    #[error("floating-point numbers are not allowed")]
    Float,
    /// An integer is outside ±(2^53 - 1).
    #[error("integer is outside the range of canonical JSON")]
    IntegerOutOfRange,
    /// An object names the same key twice.
    #[error("duplicate key {0:?}")]
    DuplicateKey(String),
}

/// Reads an object sent by a client; fails for anything canonical JSON cannot carry.
pub fn parse_object(json: &str) -> Result<CanonicalJsonObject, CanonicalError> {
    parse_within(json, limits::JSON_DEPTH_MAX)
}

/// Reads a whole event of another server; fails for anything canonical JSON cannot carry.
pub fn parse_pdu(json: &str) -> Result<CanonicalJsonObject, CanonicalError> {
    parse_within(json, PDU_DEPTH_MAX)
}

/// Checks an object sent by a client without keeping the result.
pub fn validate_object(json: &str) -> Result<(), CanonicalError> {
    parse_object(json).map(|_| ())
}

/// The canonical form: sorted keys, no white space.
#[must_use]
pub fn to_string(object: &CanonicalJsonObject) -> String {
    serde_json::to_string(object).expect("canonical JSON has only string keys and finite numbers")
}

fn parse_within(json: &str, depth_max: usize) -> Result<CanonicalJsonObject, CanonicalError> {
    let reason = RefCell::new(None);
    let mut deserializer = serde_json::Deserializer::from_str(json);
    let seed = Strict { depth_left: depth_max, depth_max, reason: &reason };
    let parsed = seed.deserialize(&mut deserializer).and_then(|value| deserializer.end().map(|()| value));
    match (parsed, reason.into_inner()) {
        (Ok(CanonicalJsonValue::Object(object)), _) => Ok(object),
        (Ok(_), _) => Err(CanonicalError::NotAnObject),
        (Err(_), Some(reason)) => Err(reason),
        (Err(error), None) => Err(CanonicalError::Malformed(error.to_string())),
    }
}

/// Reads one value. serde's errors are opaque strings, so the true reason is left in `reason`.
#[derive(Clone, Copy)]
struct Strict<'r> {
    depth_left: usize,
    depth_max: usize,
    reason: &'r RefCell<Option<CanonicalError>>,
}

impl<'r> Strict<'r> {
    fn refuse<T, E: de::Error>(self, error: CanonicalError) -> Result<T, E> {
        let text = error.to_string();
        *self.reason.borrow_mut() = Some(error);
        Err(E::custom(text))
    }

    fn inside<E: de::Error>(self) -> Result<Strict<'r>, E> {
        match self.depth_left.checked_sub(1) {
            Some(depth_left) => Ok(Strict { depth_left, ..self }),
            None => self.refuse(CanonicalError::TooDeep(self.depth_max)),
        }
    }
}

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = CanonicalJsonValue;

    fn deserialize<D: de::Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = CanonicalJsonValue;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("canonical JSON")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
        Ok(CanonicalJsonValue::Null)
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Self::Value, E> {
        Ok(CanonicalJsonValue::Bool(value))
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Self::Value, E> {
        match Int::try_from(value) {
            Ok(int) => Ok(CanonicalJsonValue::Integer(int)),
            Err(_) => self.refuse(CanonicalError::IntegerOutOfRange),
        }
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Self::Value, E> {
        match Int::try_from(value) {
            Ok(int) => Ok(CanonicalJsonValue::Integer(int)),
            Err(_) => self.refuse(CanonicalError::IntegerOutOfRange),
        }
    }

    fn visit_f64<E: de::Error>(self, _value: f64) -> Result<Self::Value, E> {
        self.refuse(CanonicalError::Float)
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<Self::Value, E> {
        Ok(CanonicalJsonValue::String(value.to_owned()))
    }

    fn visit_string<E: de::Error>(self, value: String) -> Result<Self::Value, E> {
        Ok(CanonicalJsonValue::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let inside = self.inside()?;
        let mut array = Vec::new();
        while let Some(item) = items.next_element_seed(inside)? {
            array.push(item);
        }
        Ok(CanonicalJsonValue::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
        let inside = self.inside()?;
        let mut object = CanonicalJsonObject::new();
        while let Some(key) = entries.next_key::<String>()? {
            // Keys arrive unescaped, so that "a" and "\u0061" are seen to be the same.
            if object.contains_key(&key) {
                return self.refuse(CanonicalError::DuplicateKey(key));
            }
            let value = entries.next_value_seed(inside)?;
            object.insert(key, value);
        }
        Ok(CanonicalJsonValue::Object(object))
    }
}

#[cfg(test)]
mod tests;
