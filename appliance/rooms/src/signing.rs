//! The server's name and its signing key, and the documents that publish it.
//!
//! Invariant: the secret half is never printed and never leaves this type. Whoever stores the key
//! keeps the 32-byte seed and hands it back at start.

use std::{collections::BTreeMap, fmt};

use ruma::{
    CanonicalJsonObject, CanonicalJsonValue, OwnedServerName, ServerName,
    serde::Base64,
    signatures::{Ed25519KeyPair, JsonError, PublicKeyMap, hash_and_sign_event, sign_json},
};

/// What a PKCS#8 document of an Ed25519 key holds before the 32 bytes of the seed (RFC 8410 §7).
const PKCS8_PREFIX: [u8; 16] =
    [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];

/// Why a key cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The version of a key may have letters, digits and `_` only, and not be empty.
    #[error("bad version of a signing key")]
    Version,
    /// The bytes are no Ed25519 key. The text of the parser is dropped: it may quote them.
    #[error("bad signing key")]
    Key,
}

/// This server's name together with its Ed25519 key pair.
pub struct SigningKeys {
    server_name: OwnedServerName,
    pair: Ed25519KeyPair,
}

impl SigningKeys {
    /// Makes the key pair that belongs to 32 secret random bytes.
    pub fn from_seed(server_name: OwnedServerName, version: &str, seed: &[u8; 32]) -> Result<Self, KeyError> {
        let mut document = [0; 48];
        document[..16].copy_from_slice(&PKCS8_PREFIX);
        document[16..].copy_from_slice(seed);
        Self::from_der(server_name, version, &document)
    }

    /// Reads a PKCS#8 DER document.
    pub fn from_der(server_name: OwnedServerName, version: &str, document: &[u8]) -> Result<Self, KeyError> {
        if version.is_empty() || !version.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
            return Err(KeyError::Version);
        }
        let pair = Ed25519KeyPair::from_der(document, version.to_owned()).map_err(|_| KeyError::Key)?;
        Ok(Self { server_name, pair })
    }

    /// The server that signs.
    #[must_use]
    pub fn server_name(&self) -> &ServerName {
        &self.server_name
    }

    /// The key's name in signatures: `ed25519:` and its version.
    #[must_use]
    pub fn key_id(&self) -> String {
        format!("ed25519:{}", self.pair.version())
    }

    /// The public half.
    #[must_use]
    pub fn public_key(&self) -> Base64 {
        Base64::new(self.pair.public_key().to_vec())
    }

    /// The public half in the form that verification takes.
    #[must_use]
    pub fn public_key_map(&self) -> PublicKeyMap {
        let keys = BTreeMap::from([(self.key_id(), self.public_key())]);
        BTreeMap::from([(self.server_name.to_string(), keys)])
    }

    /// The signed answer of `GET /_matrix/key/v2/server`, good until `valid_until_ms`.
    pub fn server_keys(&self, valid_until_ms: u64) -> Result<CanonicalJsonObject, JsonError> {
        let text = |text: String| CanonicalJsonValue::String(text);
        let key = CanonicalJsonObject::from([("key".to_owned(), text(self.public_key().encode()))]);
        let valid_until = ruma::Int::try_from(valid_until_ms).unwrap_or(ruma::Int::MAX);
        let mut object = CanonicalJsonObject::from([
            ("server_name".to_owned(), text(self.server_name.to_string())),
            ("valid_until_ts".to_owned(), CanonicalJsonValue::Integer(valid_until)),
            ("verify_keys".to_owned(), CanonicalJsonObject::from([(self.key_id(), key.into())]).into()),
            ("old_verify_keys".to_owned(), CanonicalJsonObject::new().into()),
        ]);
        self.sign(&mut object)?;
        Ok(object)
    }

    /// Signs any object that is not an event.
    pub fn sign(&self, object: &mut CanonicalJsonObject) -> Result<(), JsonError> {
        sign_json(self.server_name.as_str(), &self.pair, object)
    }

    pub(crate) fn hash_and_sign(
        &self,
        object: &mut CanonicalJsonObject,
        rules: &ruma::room_version_rules::RedactionRules,
    ) -> Result<(), JsonError> {
        hash_and_sign_event(self.server_name.as_str(), &self.pair, object, rules)
    }
}

impl fmt::Debug for SigningKeys {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("SigningKeys")
            .field("server_name", &self.server_name)
            .field("key_id", &self.key_id())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ruma::{owned_server_name, signatures::verify_json};

    #[test]
    fn one_seed_always_gives_the_key_of_rfc_8032() {
        // RFC 8032 §7.1, test 1.
        let seed = [
            0x9d, 0x61, 0xb1, 0x9d, 0xef, 0xfd, 0x5a, 0x60, 0xba, 0x84, 0x4a, 0xf4, 0x92, 0xec, 0x2c, 0xc4, 0x44, 0x49,
            0xc5, 0x69, 0x7b, 0x32, 0x69, 0x19, 0x70, 0x3b, 0xac, 0x03, 0x1c, 0xae, 0x7f, 0x60,
        ];
        let keys = SigningKeys::from_seed(owned_server_name!("a.example"), "1", &seed).unwrap();
        assert_eq!(keys.public_key().encode(), "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo");
        assert_eq!(keys.key_id(), "ed25519:1");
    }

    #[test]
    fn the_published_document_verifies_under_its_own_key() {
        let keys = SigningKeys::from_seed(owned_server_name!("a.example"), "k1", &[7; 32]).unwrap();
        let mut document = keys.server_keys(1_000).unwrap();
        verify_json(&keys.public_key_map(), &document).unwrap();
        document.insert("valid_until_ts".into(), CanonicalJsonValue::Integer(2_000.into()));
        assert!(verify_json(&keys.public_key_map(), &document).is_err());
    }

    #[test]
    fn bad_versions_and_bad_documents_are_refused() {
        for version in ["", "a:b", "ключ", "a b"] {
            let error = SigningKeys::from_seed(owned_server_name!("a.example"), version, &[7; 32]).unwrap_err();
            assert_eq!(error, KeyError::Version);
        }
        for document in [&[][..], &[0; 48][..], &PKCS8_PREFIX[..]] {
            let error = SigningKeys::from_der(owned_server_name!("a.example"), "1", document).unwrap_err();
            assert_eq!(error, KeyError::Key);
        }
    }

    #[test]
    fn debug_shows_no_key_material() {
        let keys = SigningKeys::from_seed(owned_server_name!("a.example"), "1", &[7; 32]).unwrap();
        assert_eq!(format!("{keys:?}"), r#"SigningKeys { server_name: "a.example", key_id: "ed25519:1", .. }"#);
    }
}
