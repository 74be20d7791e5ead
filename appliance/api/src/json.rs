//! What is checked about a JSON body before any type sees it: that it is JSON, not nested too deeply, and that no
//! object says the same key twice (two readers of such a text would disagree about what it says).

use std::cell::Cell;
use std::collections::HashSet;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use veche_base::limits::JSON_DEPTH_MAX;

use crate::error::ApiError;

/// Up to this many keys an object is searched by comparing; beyond, by hashing.
const LINEAR_KEYS_MAX: usize = 12;

/// What is wrong with a JSON text that is otherwise well-formed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    Depth,
    DuplicateKey,
}

/// Refuses what is not JSON in UTF-8, what is nested too deeply, and what repeats a key. Copies nothing but escaped keys.
pub(crate) fn check(bytes: &[u8]) -> Result<(), ApiError> {
    let fault = Cell::new(None);
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let walked = Walk { depth: 0, fault: &fault }.deserialize(&mut deserializer);
    match (walked.and_then(|()| deserializer.end()), fault.get()) {
        (Ok(()), _) => Ok(()),
        (Err(_), Some(Fault::Depth)) => Err(ApiError::bad_json("The JSON is nested too deeply")),
        (Err(_), Some(Fault::DuplicateKey)) => Err(ApiError::bad_json("An object names the same key twice")),
        (Err(_), None) => Err(ApiError::not_json("The body is not valid JSON")),
    }
}

#[derive(Clone, Copy)]
struct Walk<'a> {
    depth: usize,
    fault: &'a Cell<Option<Fault>>,
}

impl Walk<'_> {
    fn inside<E: Error>(self) -> Result<Self, E> {
        if self.depth >= JSON_DEPTH_MAX {
            self.fault.set(Some(Fault::Depth));
            return Err(E::custom("nested too deeply"));
        }
        Ok(Self { depth: self.depth + 1, ..self })
    }
}

impl<'de> DeserializeSeed<'de> for Walk<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Walk<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let inside = self.inside()?;
        while items.next_element_seed(inside)?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        let inside = self.inside()?;
        let mut keys = Keys::default();
        while let Some(key) = entries.next_key_seed(KeySeed)? {
            if !keys.insert(key) {
                self.fault.set(Some(Fault::DuplicateKey));
                return Err(A::Error::custom("duplicate key"));
            }
            entries.next_value_seed(inside)?;
        }
        Ok(())
    }
}

/// The keys of one object seen so far.
#[derive(Default)]
struct Keys<'de> {
    few: Vec<Key<'de>>,
    many: HashSet<Key<'de>>,
}

impl<'de> Keys<'de> {
    fn insert(&mut self, key: Key<'de>) -> bool {
        if self.many.is_empty() && self.few.len() < LINEAR_KEYS_MAX {
            let new = !self.few.contains(&key);
            self.few.push(key);
            return new;
        }
        self.many.extend(self.few.drain(..));
        self.many.insert(key)
    }
}

type Key<'de> = std::borrow::Cow<'de, str>;

/// Borrows a key from the text where it has no escapes (`Cow` by itself would always copy).
struct KeySeed;

impl<'de> DeserializeSeed<'de> for KeySeed {
    type Value = Key<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Key<'de>, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for KeySeed {
    type Value = Key<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_borrowed_str<E>(self, key: &'de str) -> Result<Key<'de>, E> {
        Ok(Key::Borrowed(key))
    }

    fn visit_str<E>(self, key: &str) -> Result<Key<'de>, E> {
        Ok(Key::Owned(key.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::check;

    fn errcode(bytes: &[u8]) -> Option<&'static str> {
        check(bytes).err().and_then(|error| error.errcode)
    }

    fn nested(depth: usize) -> Vec<u8> {
        let mut text = vec![b'['; depth];
        text.resize(2 * depth, b']');
        text
    }

    #[test]
    fn well_formed_json_passes() {
        for text in [&b"{}"[..], b"[]", b"null", br#"{"a":{"a":1.5},"b":[true,null,"\u00e9"],"\u0061b":0}"#, b" 1 "] {
            assert_eq!(errcode(text), None, "{}", String::from_utf8_lossy(text));
        }
        assert_eq!(errcode(&nested(64)), None);
    }

    #[test]
    fn what_is_not_json_is_told_from_what_is_bad_json() {
        for text in [&b""[..], b"{", b"{}x", b"{\"a\":1,}", b"\xff", b"{\"a\":\"\xc3\x28\"}", b"nul", b"{a:1}"] {
            assert_eq!(errcode(text), Some("M_NOT_JSON"), "{}", String::from_utf8_lossy(text));
        }
        let many = (0..40).map(|n| format!("\"k{n}\":0,")).collect::<String>();
        let late = format!("{{{many}\"k7\":1}}");
        for text in [&br#"{"a":1,"a":2}"#[..], br#"{"a":1,"\u0061":2}"#, br#"[{"b":{"c":0,"c":0}}]"#, late.as_bytes()] {
            assert_eq!(errcode(text), Some("M_BAD_JSON"), "{}", String::from_utf8_lossy(text));
        }
        for depth in [65, 10_000, 100_000] {
            assert_eq!(errcode(&nested(depth)), Some("M_BAD_JSON"), "{depth}");
        }
    }
}
