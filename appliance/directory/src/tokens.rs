//! Making and hashing tokens.
//!
//! Tokens are 256 random bits behind a prefix that says what they are, so that one found in a log or
//! a repository can be recognized. Only their SHA-256 is kept: they cannot be guessed, so a slow hash
//! would only slow the server.

use sha2::{Digest, Sha256};
use veche_base::limits::TOKEN_BYTES_MAX;
use veche_base::{Entropy, Secret, random_token};
use veche_store::sql::sessions::TokenHash;

/// 256 bits.
const TOKEN_CHARS: usize = 43;

/// What a token is for; its prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TokenKind {
    Access,
    Refresh,
    Login,
    OpenId,
    Fresh,
    Passkey,
    Setup,
    Meeting,
}

impl TokenKind {
    const fn prefix(self) -> &'static str {
        match self {
            Self::Access => "vat_",
            Self::Refresh => "vrt_",
            Self::Login => "vlt_",
            Self::OpenId => "vot_",
            Self::Fresh => "vft_",
            Self::Passkey => "vpt_",
            Self::Setup => "vst_",
            Self::Meeting => "vmt_",
        }
    }
}

/// A token and what is kept of it.
pub(crate) struct Token {
    pub(crate) plain: Secret<String>,
    pub(crate) hash: TokenHash,
}

impl Token {
    pub(crate) fn make(kind: TokenKind, entropy: &dyn Entropy) -> Self {
        let plain = format!("{}{}", kind.prefix(), random_token(entropy, TOKEN_CHARS));
        Self { hash: sha256(plain.as_bytes()), plain: Secret::new(plain) }
    }
}

/// The hash to look a client's token up by; `None` when it cannot be a token of ours.
pub(crate) fn lookup_hash(token: &str) -> Option<TokenHash> {
    (!token.is_empty() && token.len() <= TOKEN_BYTES_MAX).then(|| sha256(token.as_bytes()))
}

pub(crate) fn sha256(bytes: &[u8]) -> TokenHash {
    Sha256::digest(bytes).into()
}
