//! What administrators may do, in parts that can be given one by one.

use super::Error;

/// A part of the administration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Grant {
    /// Accounts, their devices, invitations.
    Users,
    /// Rooms, without what is said in them.
    Rooms,
    /// Settings, certificate, logs, the state of the machine.
    System,
    /// Snapshots.
    Backups,
    /// Bots and webhooks.
    Bots,
}

impl Grant {
    /// All there are.
    pub const ALL: [Self; 5] = [Self::Users, Self::Rooms, Self::System, Self::Backups, Self::Bots];

    /// Its word, which never changes: it is stored and told.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Users => "users",
            Self::Rooms => "rooms",
            Self::System => "system",
            Self::Backups => "backups",
            Self::Bots => "bots",
        }
    }

    /// The grant of this word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|grant| grant.as_str() == word)
    }

    const fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// Some of the grants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Grants(u8);

impl Grants {
    /// None of them.
    pub const NONE: Self = Self(0);
    /// All of them.
    pub const ALL: Self = Self((1 << Grant::ALL.len()) - 1);

    /// Whether this one is among them.
    pub const fn has(self, grant: Grant) -> bool {
        self.0 & grant.bit() != 0
    }

    /// Whether all of these are among `others`.
    pub const fn is_within(self, others: Self) -> bool {
        self.0 & !others.0 == 0
    }

    /// Whether there is none.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Each of them, in a fixed order.
    pub fn iter(self) -> impl Iterator<Item = Grant> {
        Grant::ALL.into_iter().filter(move |grant| self.has(*grant))
    }

    /// As they are stored; nothing for all, so that who may do everything may do what is added later.
    pub(super) fn to_stored(self) -> Option<String> {
        let words = || self.iter().map(Grant::as_str).collect::<Vec<_>>().join(" ");
        (self != Self::ALL).then(words)
    }

    pub(super) fn from_stored(stored: Option<&str>) -> Result<Self, Error> {
        let Some(stored) = stored else { return Ok(Self::ALL) };
        let unknown = |word: &str| Error::Corrupt(format!("{word:?} is no right of an administrator"));
        stored.split_ascii_whitespace().map(|word| Grant::parse(word).ok_or_else(|| unknown(word))).collect()
    }
}

impl FromIterator<Grant> for Grants {
    fn from_iter<I: IntoIterator<Item = Grant>>(grants: I) -> Self {
        Self(grants.into_iter().fold(0, |bits, grant| bits | grant.bit()))
    }
}

#[cfg(test)]
mod tests {
    use super::{Grant, Grants};

    #[test]
    fn grants_are_kept_as_words_and_all_as_nothing() {
        let some: Grants = [Grant::Rooms, Grant::Users].into_iter().collect();
        assert_eq!(some.to_stored().as_deref(), Some("users rooms"));
        assert_eq!(Grants::ALL.to_stored(), None);
        assert_eq!(Grants::NONE.to_stored().as_deref(), Some(""));
        for grants in [some, Grants::ALL, Grants::NONE] {
            assert_eq!(Grants::from_stored(grants.to_stored().as_deref()).unwrap(), grants);
        }
        assert!(Grants::from_stored(Some("users everything")).is_err());
        assert_eq!(Grant::ALL.into_iter().collect::<Grants>(), Grants::ALL);
    }

    #[test]
    fn nobody_has_more_than_is_within() {
        let some: Grants = [Grant::Users, Grant::Bots].into_iter().collect();
        assert!(some.has(Grant::Bots) && !some.has(Grant::System));
        assert!(some.is_within(Grants::ALL) && Grants::NONE.is_within(some) && some.is_within(some));
        assert!(!Grants::ALL.is_within(some));
        assert_eq!(some.iter().map(Grant::as_str).collect::<Vec<_>>(), ["users", "bots"]);
    }
}
