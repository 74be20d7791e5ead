//! What must not be read in a log.
//!
//! [`Redacted`] wraps what may be used freely and must not be printed (names, addresses, content).
//! [`Secret`] wraps what should hardly be touched at all (passwords, keys): the code that really
//! needs it writes `.expose()`, so that every such place can be found by searching for that word.

use std::fmt;

use serde::{Deserialize, Deserializer};

/// A value that prints as `[redacted]`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Redacted<T>(pub T);

impl<T> fmt::Debug for Redacted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

impl<T> fmt::Display for Redacted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// A value that prints as `[secret]`, cannot be serialized, and is reached by [`Secret::expose`] only.
///
/// It has no `==`: compare secrets in constant time, or compare their hashes.
#[derive(Clone, Default)]
pub struct Secret<T>(T);

impl<T> Secret<T> {
    /// Wraps a value as soon as it is known.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// Hands out the value for the one use that needs it.
    pub const fn expose(&self) -> &T {
        &self.0
    }

    /// Unwraps the value for the one use that needs to own it.
    pub fn into_exposed(self) -> T {
        self.0
    }
}

impl<T> From<T> for Secret<T> {
    fn from(value: T) -> Self {
        Self(value)
    }
}

impl<T> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Secret<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::deserialize(deserializer).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::{Redacted, Secret};

    #[derive(Debug)]
    struct Login {
        #[expect(dead_code, reason = "read by the derived Debug only")]
        name: Redacted<&'static str>,
        password: Secret<String>,
    }

    #[test]
    fn neither_wrapper_prints_its_value() {
        let login = Login { name: Redacted("alice"), password: Secret::new("canary".to_owned()) };
        let printed = format!("{login:?} {login:#?} {}", Redacted("alice"));
        assert!(!printed.contains("alice") && !printed.contains("canary"), "{printed}");
        assert_eq!(login.password.expose(), "canary");
    }
}
