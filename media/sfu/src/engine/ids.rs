//! Short names that SDP gives to m-lines and layers, kept in place so that a packet carries them without an allocation.

use std::fmt;
use std::str;

/// A name of one to `MAX` printable ASCII characters.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Name<const MAX: usize>([u8; MAX]);

/// Which m-line (`a=mid`).
pub type Mid = Name<16>;

/// Which layer of a simulcast (`a=rid`).
pub type Rid = Name<8>;

/// What stands behind the name.
const PADDING: u8 = b' ';

impl<const MAX: usize> Name<MAX> {
    /// The name, or nothing if it is empty, too long, or has other characters.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let is_name = !text.is_empty() && text.len() <= MAX && text.bytes().all(|byte| byte.is_ascii_graphic());
        is_name.then(|| {
            let mut padded = [PADDING; MAX];
            padded[..text.len()].copy_from_slice(text.as_bytes());
            Self(padded)
        })
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        let length = self.0.iter().position(|byte| *byte == PADDING).unwrap_or(MAX);
        str::from_utf8(&self.0[..length]).expect("a name is ASCII")
    }

    /// The name, followed by spaces.
    #[must_use]
    pub fn padded(&self) -> [u8; MAX] {
        self.0
    }
}

impl<const MAX: usize> fmt::Display for Name<MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl<const MAX: usize> fmt::Debug for Name<MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::{Mid, Rid};

    #[test]
    fn names_are_kept_and_what_is_no_name_is_refused() {
        assert_eq!(Mid::new("0123456789abcdef").unwrap().as_str(), "0123456789abcdef");
        assert_eq!(Rid::new("q").unwrap().to_string(), "q");
        for wrong in ["", "123456789", "a b", "\u{e9}", "a\n"] {
            assert_eq!(Rid::new(wrong), None, "{wrong:?}");
        }
    }
}
