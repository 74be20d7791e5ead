//! What the company has chosen for its whole site, beyond accounts.

use serde::{Deserialize, Serialize};

/// The language in which pages greet somebody who has not chosen one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// English.
    En,
    /// Russian.
    Ru,
}

/// Who protects what is said in new rooms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EncryptionPolicy {
    /// Direct chats and rooms by invitation are encrypted from end to end; rooms that anybody may join are managed by
    /// the server.
    Private,
    /// The server manages every room, unless its maker turns encryption on.
    #[default]
    Managed,
}
