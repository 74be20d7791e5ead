//! What the server must keep to itself: signing key, pepper. Made at the first start, never shipped.

use rusqlite::params;
use veche_base::{Entropy, Secret};

use super::{Error, Sql, Tx, View};

/// Names one secret. A new secret is a new line here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Name {
    /// Seed of the Ed25519 key that signs events.
    SigningKeySeed,
    /// The name of that key, after `ed25519:`.
    SigningKeyVersion,
    /// Mixed into every password hash, so that the table alone is not enough to guess passwords.
    PasswordPepper,
    /// What passwords for the relay are made from.
    RelaySecret,
    /// Signs the tokens that open calls.
    CallSecret,
}

impl Name {
    const fn text(self) -> &'static str {
        match self {
            Self::SigningKeySeed => "signing_key_seed",
            Self::SigningKeyVersion => "signing_key_version",
            Self::PasswordPepper => "password_pepper",
            Self::RelaySecret => "relay_secret",
            Self::CallSecret => "call_secret",
        }
    }
}

/// A secret that was stored before.
pub fn get(view: &View<'_>, name: Name) -> Result<Option<Secret<Vec<u8>>>, Error> {
    view.expect_whole("secrets", name.text())?;
    let sql = "SELECT value FROM secrets WHERE name = ?1";
    view.row(sql, [name.text()], |row| Ok(Secret::new(row.get(0)?)))
}

/// The stored secret; when there is none, `fresh` becomes it.
pub fn get_or_store(tx: &Tx<'_>, name: Name, fresh: &Secret<Vec<u8>>) -> Result<Secret<Vec<u8>>, Error> {
    if let Some(stored) = get(tx, name)? {
        return Ok(stored);
    }
    tx.execute("INSERT INTO secrets (name, value) VALUES (?1, ?2)", params![name.text(), fresh.expose()])?;
    Ok(fresh.clone())
}

impl Sql {
    /// The secret of this name; 32 random bytes are made and stored at the first start.
    pub fn secret_bytes(&self, name: Name, entropy: &dyn Entropy) -> Result<Secret<[u8; 32]>, Error> {
        let mut fresh = [0_u8; 32];
        entropy.fill(&mut fresh);
        let stored = self.write_blocking(move |tx| get_or_store(tx, name, &Secret::new(fresh.to_vec())))?;
        let bytes = stored.expose().as_slice().try_into();
        bytes.map(Secret::new).map_err(|_| Error::Corrupt(format!("secret {} is not 32 bytes long", name.text())))
    }

    /// The text secret of this name; `fresh` becomes it at the first start.
    pub fn secret_text(&self, name: Name, fresh: String) -> Result<Secret<String>, Error> {
        let stored = self.write_blocking(move |tx| get_or_store(tx, name, &Secret::new(fresh.into_bytes())))?;
        let text = String::from_utf8(stored.into_exposed());
        text.map(Secret::new).map_err(|_| Error::Corrupt(format!("secret {} is not text", name.text())))
    }
}
