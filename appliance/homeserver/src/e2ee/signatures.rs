//! Who vouches for whom: signatures that clients add to keys that are here already.
//!
//! Allowed, and verified before they are stored: the own self-signing key on own devices, own devices on the own
//! master key, the own user-signing key on other users' master keys. Nothing else.

use std::{collections::BTreeMap, sync::Arc};

use ruma::{OwnedUserId, UserId};
use serde_json::value::RawValue;
use veche_store::{
    Error, Txn,
    records::e2ee::{CrossSigningKeyKey, DeviceKeysKey, KeyPurpose, UserSignature, UserSignatureKey},
};

use super::{E2ee, changes, recent::Recent, signed::Signed};

/// Signatures in one request. Clients send one or a few.
const SIGNED_KEYS_MAX: usize = 500;

/// Why one signed key was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignatureFailure {
    /// There is no such key here.
    #[error("there is no such key")]
    NotFound,
    /// The object is not the one we have.
    #[error("this is not the key that we know by this id")]
    OtherKey,
    /// A signature is wrong, or by a key that may not sign this.
    #[error("the signature is not valid")]
    BadSignature,
    /// The request holds more than we look at.
    #[error("too many signatures at once")]
    TooMany,
}

/// What was not taken, by user and key.
pub type SignatureFailures = BTreeMap<OwnedUserId, BTreeMap<String, SignatureFailure>>;

/// A good signature and what it is on.
struct Vouch {
    on: On,
    key: Signed,
    signatures: Vec<(String, String)>,
}

enum On {
    Device(DeviceKeysKey),
    OwnMaster,
    OthersMaster(OwnedUserId),
}

impl E2ee {
    /// Takes signatures on devices and identities; answers those that were refused.
    pub async fn upload_signatures(
        &self,
        signer: &UserId,
        signed: Vec<(OwnedUserId, String, Box<RawValue>)>,
    ) -> Result<SignatureFailures, Error> {
        let mut failures = SignatureFailures::new();
        let mut vouches = Vec::new();
        for (index, (target, key_id, json)) in signed.into_iter().enumerate() {
            let verdict =
                if index < SIGNED_KEYS_MAX { self.verify_vouch(signer, &target, &key_id, &json)? } else { TOO_MANY };
            match verdict {
                Ok(vouch) if vouch.signatures.is_empty() => {}
                Ok(vouch) => vouches.push(vouch),
                Err(failure) => _ = failures.entry(target).or_default().insert(key_id, failure),
            }
        }
        if vouches.is_empty() {
            return Ok(failures);
        }
        let (owner, recent) = (signer.to_owned(), Arc::clone(&self.recent));
        let told_all = self.core.store.commit(move |txn| write(txn, &recent, &owner, vouches)).await?;
        if told_all {
            self.wake_sharers(signer);
        } else {
            self.watch.wake_user(signer);
        }
        Ok(failures)
    }

    fn verify_vouch(
        &self,
        signer: &UserId,
        target: &UserId,
        key_id: &str,
        json: &RawValue,
    ) -> Result<Result<Vouch, SignatureFailure>, Error> {
        let Some(sent) = Signed::parse(json) else { return Ok(Err(SignatureFailure::OtherKey)) };
        let Some((on, known)) = self.named(signer, target, key_id)? else {
            return Ok(Err(SignatureFailure::NotFound));
        };
        if !known.has_content_of(&sent) {
            return Ok(Err(SignatureFailure::OtherKey));
        }
        let mut signatures = Vec::new();
        for (id, signature) in sent.signatures_of(signer) {
            if known.signatures_of(signer).any(|it| it == (id, signature)) {
                continue;
            }
            let public_key = self.voucher(signer, &on, id)?;
            if !public_key.is_some_and(|public_key| sent.fits(id, &public_key, signature)) {
                return Ok(Err(SignatureFailure::BadSignature));
            }
            signatures.push((id.to_owned(), signature.to_owned()));
        }
        Ok(Ok(Vouch { on, key: known, signatures }))
    }

    /// The stored key that a signature names: a device or master key of the signer, or a master key of another.
    fn named(&self, signer: &UserId, target: &UserId, key_id: &str) -> Result<Option<(On, Signed)>, Error> {
        let master = self.cross_signing_key(target, KeyPurpose::Master)?;
        let is_meant = |master: &Signed| {
            // By its public key, or by its whole id as some clients write it.
            master.only_key().is_some_and(|(id, public_key)| key_id == public_key || key_id == id)
        };
        if let Some(master) = master.filter(is_meant) {
            let on = if signer == target { On::OwnMaster } else { On::OthersMaster(target.to_owned()) };
            return Ok(Some((on, master)));
        }
        if signer != target {
            return Ok(None);
        }
        let at = DeviceKeysKey { user: target.to_owned(), device: key_id.into() };
        let keys = self.core.store.get(&at)?.map(|json| Signed::stored(&json)).transpose()?;
        Ok(keys.map(|keys| (On::Device(at), keys)))
    }

    /// The public key by this id, if it is one that may sign this.
    fn voucher(&self, signer: &UserId, on: &On, key_id: &str) -> Result<Option<String>, Error> {
        let keys = match on {
            On::Device(_) => self.cross_signing_key(signer, KeyPurpose::SelfSigning)?,
            On::OthersMaster(_) => self.cross_signing_key(signer, KeyPurpose::UserSigning)?,
            On::OwnMaster => match key_id.strip_prefix("ed25519:") {
                Some(device) => self.device_keys(signer, device.into())?,
                None => None,
            },
        };
        Ok(keys.and_then(|keys| keys.key(key_id).map(str::to_owned)))
    }
}

const TOO_MANY: Result<Vouch, SignatureFailure> = Err(SignatureFailure::TooMany);

/// Adds the signatures to what is stored now. A key that was replaced since it was looked at gets none. Answers
/// whether others than the signer have to hear of it.
fn write(txn: &mut Txn, recent: &Recent, signer: &UserId, vouches: Vec<Vouch>) -> Result<bool, Error> {
    let mut own_changed = false;
    for Vouch { on, key, signatures } in vouches {
        match on {
            On::Device(at) => {
                let before = txn.get(&at)?;
                if let Some(signed) = add(before.as_ref(), &key, signer, &signatures)? {
                    txn.put(&at, &signed.to_json());
                    own_changed = true;
                }
            }
            On::OwnMaster => {
                let at = CrossSigningKeyKey { user: signer.to_owned(), purpose: KeyPurpose::Master };
                let before = txn.get(&at)?;
                if let Some(signed) = add(before.as_ref(), &key, signer, &signatures)? {
                    txn.put(&at, &signed.to_json());
                    own_changed = true;
                }
            }
            On::OthersMaster(target) => {
                let Some((target_key, _)) = key.only_key() else { continue };
                for (signing_key, signature) in signatures {
                    let at = UserSignatureKey { signer: signer.to_owned(), target: target.clone() };
                    txn.put(&at, &UserSignature { target_key: target_key.to_owned(), signing_key, signature });
                }
                changes::note(txn, recent, &target, Some(signer))?;
            }
        }
    }
    if own_changed {
        changes::note(txn, recent, signer, None)?;
    }
    Ok(own_changed)
}

fn add(
    stored: Option<&veche_store::Json>,
    verified: &Signed,
    signer: &UserId,
    signatures: &[(String, String)],
) -> Result<Option<Signed>, Error> {
    let Some(mut stored) = stored.map(Signed::stored).transpose()? else { return Ok(None) };
    if !stored.has_content_of(verified) {
        return Ok(None);
    }
    for (id, signature) in signatures {
        stored.add_signature(signer, id, signature);
    }
    Ok(Some(stored))
}
