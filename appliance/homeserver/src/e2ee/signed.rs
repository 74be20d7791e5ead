//! Signed JSON objects: device keys, one-time keys, cross-signing keys.
//!
//! Signatures cover the canonical JSON of the object without `signatures` and `unsigned`, so objects are kept as
//! canonical JSON and only their signatures ever change here.

use ruma::{
    CanonicalJsonObject, CanonicalJsonValue, SigningKeyAlgorithm, UserId,
    serde::base64::Standard,
    signatures::{to_canonical_json_string_for_signing, verify_canonical_json_bytes},
};
use serde_json::value::RawValue;
use veche_store::{Error, Json};

/// A public key, or a set of them, with signatures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Signed(CanonicalJsonObject);

impl Signed {
    /// Takes an object from a client apart; `None` if it is not an object of canonical JSON.
    pub(super) fn parse(json: &RawValue) -> Option<Self> {
        serde_json::from_str(json.get()).ok().map(Self)
    }

    /// Takes a stored object apart.
    pub(super) fn stored(json: &Json) -> Result<Self, Error> {
        serde_json::from_slice(&json.0).map(Self).map_err(|error| Error::corrupt("Signed", "key", &error.to_string()))
    }

    /// The object as it is stored.
    pub(super) fn to_json(&self) -> Json {
        Json::new(&self.0).expect("canonical JSON always serializes")
    }

    /// A text field.
    pub(super) fn text(&self, field: &str) -> Option<&str> {
        self.0.get(field)?.as_str()
    }

    /// Whether a field is a list of texts.
    pub(super) fn is_text_list(&self, field: &str) -> bool {
        let list = self.0.get(field).and_then(CanonicalJsonValue::as_array);
        list.is_some_and(|list| list.iter().all(CanonicalJsonValue::is_string))
    }

    /// Whether a list of texts has this one.
    pub(super) fn lists(&self, field: &str, text: &str) -> bool {
        let list = self.0.get(field).and_then(CanonicalJsonValue::as_array);
        list.is_some_and(|list| list.iter().any(|item| item.as_str() == Some(text)))
    }

    /// The public keys by id; `None` if `keys` is not an object of texts.
    pub(super) fn keys(&self) -> Option<Vec<(&str, &str)>> {
        let keys = self.0.get("keys")?.as_object()?;
        keys.iter().map(|(id, key)| Some((id.as_str(), key.as_str()?))).collect()
    }

    /// One public key.
    pub(super) fn key(&self, id: &str) -> Option<&str> {
        self.0.get("keys")?.as_object()?.get(id)?.as_str()
    }

    /// The id and key of an object that has exactly one.
    pub(super) fn only_key(&self) -> Option<(&str, &str)> {
        match self.keys()?.as_slice() {
            [only] => Some(*only),
            _ => None,
        }
    }

    /// The signatures made by a user, by key id.
    pub(super) fn signatures_of(&self, user: &UserId) -> impl Iterator<Item = (&str, &str)> {
        let of_user = self.0.get("signatures").and_then(CanonicalJsonValue::as_object);
        let of_user = of_user.and_then(|all| all.get(user.as_str())).and_then(CanonicalJsonValue::as_object);
        of_user.into_iter().flatten().filter_map(|(id, signature)| Some((id.as_str(), signature.as_str()?)))
    }

    /// Whether the object bears a good signature of `user` by this key.
    pub(super) fn is_signed_by(&self, user: &UserId, key_id: &str, public_key: &str) -> bool {
        let mut signatures = self.signatures_of(user);
        let Some((_, signature)) = signatures.find(|(id, _)| *id == key_id) else { return false };
        self.fits(key_id, public_key, signature)
    }

    /// Whether a signature is one of this object by this key.
    pub(super) fn fits(&self, key_id: &str, public_key: &str, signature: &str) -> bool {
        if !key_id.starts_with("ed25519:") {
            return false;
        }
        let (Some(key), Some(signature)) = (bytes(public_key), bytes(signature)) else { return false };
        to_canonical_json_string_for_signing(&self.0).is_ok_and(|text| {
            verify_canonical_json_bytes(&SigningKeyAlgorithm::Ed25519, &key, &signature, text.as_bytes()).is_ok()
        })
    }

    /// Whether two objects differ in their signatures at most.
    pub(super) fn has_content_of(&self, other: &Self) -> bool {
        let content = |object: &Self| {
            let mut object = object.0.clone();
            object.remove("signatures");
            object.remove("unsigned");
            object
        };
        content(self) == content(other)
    }

    /// Drops what is not covered by signatures, and every signature that `keep` does not vouch for.
    pub(super) fn retain_signatures(&mut self, keep: impl Fn(&str, &str) -> bool) {
        self.0.remove("unsigned");
        let mut kept = CanonicalJsonObject::new();
        if let Some(CanonicalJsonValue::Object(all)) = self.0.remove("signatures") {
            for (user, signatures) in all {
                let CanonicalJsonValue::Object(mut signatures) = signatures else { continue };
                signatures.retain(|id, signature| signature.is_string() && keep(&user, id));
                if !signatures.is_empty() {
                    kept.insert(user, CanonicalJsonValue::Object(signatures));
                }
            }
        }
        self.0.insert("signatures".to_owned(), CanonicalJsonValue::Object(kept));
    }

    /// Adds a signature. The caller has verified it.
    pub(super) fn add_signature(&mut self, user: &UserId, key_id: &str, signature: &str) {
        let all = object_in(&mut self.0, "signatures");
        let of_user = object_in(all, user.as_str());
        of_user.insert(key_id.to_owned(), CanonicalJsonValue::String(signature.to_owned()));
    }

    /// Takes over the signatures of an earlier version of the same object.
    pub(super) fn add_signatures_of(&mut self, user: &UserId, other: &Self) {
        let theirs: Vec<_> = other.signatures_of(user).map(|(id, it)| (id.to_owned(), it.to_owned())).collect();
        for (id, signature) in theirs {
            self.add_signature(user, &id, &signature);
        }
    }
}

/// The object under a name; made if there is none.
fn object_in<'a>(parent: &'a mut CanonicalJsonObject, name: &str) -> &'a mut CanonicalJsonObject {
    let slot = parent.entry(name.to_owned()).or_default();
    if !slot.is_object() {
        *slot = CanonicalJsonValue::Object(CanonicalJsonObject::new());
    }
    slot.as_object_mut().expect("it was made an object above")
}

fn bytes(text: &str) -> Option<Vec<u8>> {
    ruma::serde::Base64::<Standard>::parse(text).ok().map(ruma::serde::Base64::into_inner)
}
