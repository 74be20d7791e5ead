//! Sync tokens on the wire: `s<epoch>_<position>`; pagination accepts them too (spec: `from` of `/messages`). While a
//! long queue of messages to the device is being fetched, `~<position>` follows: how far that queue was delivered.
//! A `pos` of sliding sync is such a token with the connection behind a `;`.
//!
//! The epoch changes when a snapshot is restored; a token of another epoch means "start over".

use std::{fmt, str::FromStr};

use veche_store::StreamPosition;

/// Between the sync token and the connection in a `pos` of sliding sync.
pub(crate) const AFTER_READING: char = ';';

/// A position as clients see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SyncToken {
    /// The store's epoch when the token was made.
    pub epoch: u64,
    /// Everything up to here has been delivered. For pagination: the order of an event, which may be negative for
    /// events older than the server's part in a room.
    pub order: i64,
    /// Messages to the device have been delivered up to here only; `None`: as everything else.
    pub messages: Option<StreamPosition>,
}

/// The text is not a token of ours.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("this is not a token of this server")]
pub struct TokenError;

impl SyncToken {
    /// Where to read history from: a sync token, or a `pos` of sliding sync (MSC4186, "Connections").
    ///
    /// # Errors
    /// It is neither.
    pub fn of_reading(text: &str) -> Result<Self, TokenError> {
        text.split_once(AFTER_READING).map_or(text, |(reading, _)| reading).parse()
    }

    /// The position; zero for orders before the first.
    pub fn position(&self) -> StreamPosition {
        StreamPosition(u64::try_from(self.order).unwrap_or(0))
    }
}

impl fmt::Display for SyncToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "s{}_{}", self.epoch, self.order)?;
        self.messages.map_or(Ok(()), |messages| write!(f, "~{}", messages.0))
    }
}

impl FromStr for SyncToken {
    type Err = TokenError;

    fn from_str(text: &str) -> Result<Self, TokenError> {
        let (text, messages) = text.split_once('~').map_or((text, None), |(text, messages)| (text, Some(messages)));
        let (epoch, order) = text.strip_prefix('s').and_then(|rest| rest.split_once('_')).ok_or(TokenError)?;
        // The standard parser takes a plus sign, leading zeros and a negative zero; a token has one spelling only.
        let counted = |text: &str| text.starts_with(|c: char| ('1'..='9').contains(&c));
        let canonical = |text: &str| text == "0" || counted(text);
        let ordered = order.strip_prefix('-').map_or_else(|| canonical(order), counted);
        if !canonical(epoch) || !ordered || !messages.is_none_or(canonical) {
            return Err(TokenError);
        }
        let messages = messages.map(str::parse).transpose().map_err(|_| TokenError)?;
        Ok(Self {
            epoch: epoch.parse().map_err(|_| TokenError)?,
            order: order.parse().map_err(|_| TokenError)?,
            messages: messages.map(StreamPosition),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_survives_the_wire_and_nothing_else_is_one() {
        for token in [
            SyncToken { epoch: 0, order: 0, messages: None },
            SyncToken { epoch: 77, order: -5, messages: None },
            SyncToken { epoch: u64::MAX, order: i64::MAX, messages: Some(StreamPosition(7)) },
        ] {
            assert_eq!(token.to_string().parse(), Ok(token));
        }
        for bad in [
            "",
            "s",
            "s_",
            "s1",
            "1_2",
            "s1_",
            "s1_+2",
            "s1_-0",
            "s1_-02",
            "s1_--2",
            "s01_2",
            "s1_2_3",
            "s1_99999999999999999999",
            "s1_2 ",
            "s-1_2",
            "s1_2~",
            "s1_2~-3",
            "s1_2~03",
            "s1~2_3",
        ] {
            assert_eq!(bad.parse::<SyncToken>(), Err(TokenError), "{bad}");
        }
    }
}
