//! Why a directory gave no answer, or no good one: each cause is a stable word that the console has a text for.

use veche_runtime::outbound::ConnectError;

use super::ber::Malformed;

/// What is in the way. The words of a directory are for administrators, never for whoever signs in.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Cause {
    #[error("the address is neither ldaps:// nor ldap://")]
    BadUrl,
    #[error(transparent)]
    Connect(#[from] ConnectError),
    #[error("the directory refuses StartTLS")]
    NoStartTls,
    #[error("the connection was closed")]
    Closed,
    #[error("no answer in time")]
    TimedOut,
    #[error("what was answered is not LDAP")]
    Malformed,
    #[error("the server's own name or password is refused: {0}")]
    BindRefused(String),
    #[error("there is no such base")]
    NoSuchBase,
    #[error("there is no such group")]
    NoSuchGroup,
    #[error("a filter cannot be read")]
    BadFilter,
    #[error("the directory points to another one, which is not followed")]
    Referral,
    #[error("more entries or groups than are read in one go")]
    TooMany,
    #[error("the directory refuses with result {code}: {words}")]
    Refused { code: u32, words: String },
    #[error("there is no such entry")]
    NoEntry,
    #[error("two entries go by this name")]
    TwoEntries,
    #[error("the entry is not in the group of those who may enter")]
    NotInGroup,
    #[error("the entry is disabled")]
    Disabled,
    #[error("the entry has no usable {0}")]
    Incomplete(&'static str),
    #[error("the account of this name is not this person's")]
    Clash,
}

impl Cause {
    /// The stable word.
    pub(crate) const fn code(&self) -> &'static str {
        match self {
            Self::BadUrl => "bad_url",
            Self::Connect(error) => match error {
                ConnectError::NoSuchHost => "no_such_host",
                ConnectError::OutOfReach => "out_of_reach",
                ConnectError::Refused => "refused",
                ConnectError::TimedOut => "timeout",
                ConnectError::Failed(_) => "connection_failed",
                ConnectError::UnknownAuthority => "untrusted_ca",
                ConnectError::OtherHost => "other_host",
                ConnectError::Expired => "certificate_expired",
                ConnectError::NotYetValid => "certificate_not_yet_valid",
                ConnectError::Tls(_) => "no_tls",
                ConnectError::BadAuthority => "bad_ca",
            },
            Self::NoStartTls => "no_start_tls",
            Self::Closed => "closed",
            Self::TimedOut => "timeout",
            Self::Malformed => "not_ldap",
            Self::BindRefused(_) => "bind_refused",
            Self::NoSuchBase => "no_such_base",
            Self::NoSuchGroup => "no_such_group",
            Self::BadFilter => "bad_filter",
            Self::Referral => "referral",
            Self::TooMany => "too_many",
            Self::Refused { .. } => "directory_refused",
            Self::NoEntry => "no_entry",
            Self::TwoEntries => "two_entries",
            Self::NotInGroup => "not_in_group",
            Self::Disabled => "disabled",
            Self::Incomplete(_) => "incomplete",
            Self::Clash => "clash",
        }
    }
}

impl From<Malformed> for Cause {
    fn from(_: Malformed) -> Self {
        Self::Malformed
    }
}
