//! A user's identity: the master key and the two keys it signs.
//!
//! Who replaces an identity takes the user's place in the eyes of everybody who verified him, so a session alone does
//! not suffice for it: a [`UiaPass`] must be shown. The first identity of an account needs none (MSC3967).

use std::sync::Arc;

use ruma::{OwnedUserId, UserId};
use serde_json::value::RawValue;
use veche_directory::UiaPass;
use veche_store::{
    Error, Txn,
    records::e2ee::{CrossSigningKeyKey, DeviceKeysKey, KeyPurpose, UserSignatureKey},
};

use super::{E2ee, changes, device_keys::ed25519, recent::Recent, signed::Signed};

/// One cross-signing key. Real ones have a third of a kilobyte.
const CROSS_SIGNING_KEY_BYTES_MAX: usize = 16 * 1_024;

/// Why an identity was not taken.
#[derive(Debug, thiserror::Error)]
pub enum UploadSigningKeysError {
    /// Something is not a key of the kind it should be.
    #[error("{0}")]
    Invalid(String),
    /// There is no master key, neither here nor in the request.
    #[error("there is no master key that could have signed these keys")]
    NoMasterKey,
    /// A key is not signed by the master key.
    #[error("the {0} key is not signed by the master key")]
    BadSignature(&'static str),
    /// A key has the name of one of the user's devices.
    #[error("the key has the name of a device")]
    NamesDevice,
    /// The keys replace others, and the user has not proved to be there.
    #[error("replacing an identity has to be confirmed")]
    NotProven,
    /// The store failed or refused.
    #[error(transparent)]
    Internal(#[from] Error),
}

/// An identity as a client uploads it; keys that are not there stay as they are.
#[derive(Debug, Default)]
pub struct SigningKeys {
    /// The identity.
    pub master: Option<Box<RawValue>>,
    /// What signs devices.
    pub self_signing: Option<Box<RawValue>>,
    /// What signs other users' identities.
    pub user_signing: Option<Box<RawValue>>,
}

/// Keys whose signatures are good.
type Verified = Vec<(KeyPurpose, Signed)>;

impl E2ee {
    /// Takes a user's identity. Without a pass only if nothing that is there would change.
    pub async fn upload_signing_keys(
        &self,
        user: &UserId,
        keys: SigningKeys,
        pass: Option<&UiaPass>,
    ) -> Result<(), UploadSigningKeysError> {
        let verified = self.verify_identity(user, &keys)?;
        let proven = pass.is_some_and(|pass| pass.user() == Some(user));
        let (owner, recent) = (user.to_owned(), Arc::clone(&self.recent));
        let changed = self.core.store.commit(move |txn| write(txn, &recent, &owner, verified, proven)).await?;
        if changed {
            self.wake_sharers(user);
        }
        Ok(())
    }

    fn verify_identity(&self, user: &UserId, keys: &SigningKeys) -> Result<Verified, UploadSigningKeysError> {
        let mut verified = Verified::new();
        let stored = self.cross_signing_key(user, KeyPurpose::Master)?;
        let master = match &keys.master {
            Some(json) => {
                let mut master = self.well_formed(user, json, "master")?;
                self.keep_device_signatures(user, &mut master, stored.as_ref())?;
                verified.push((KeyPurpose::Master, master.clone()));
                Some(master)
            }
            None => stored,
        };
        let signed_by_master = [
            (KeyPurpose::SelfSigning, "self_signing", &keys.self_signing),
            (KeyPurpose::UserSigning, "user_signing", &keys.user_signing),
        ];
        for (purpose, usage, json) in signed_by_master {
            let Some(json) = json else { continue };
            let mut key = self.well_formed(user, json, usage)?;
            let master = master.as_ref().and_then(Signed::only_key);
            let (master_id, master_key) = master.ok_or(UploadSigningKeysError::NoMasterKey)?;
            if !key.is_signed_by(user, master_id, master_key) {
                return Err(UploadSigningKeysError::BadSignature(usage));
            }
            key.retain_signatures(|by, id| by == user.as_str() && id == master_id);
            verified.push((purpose, key));
        }
        Ok(verified)
    }

    fn well_formed(
        &self,
        user: &UserId,
        json: &RawValue,
        usage: &'static str,
    ) -> Result<Signed, UploadSigningKeysError> {
        let invalid = |why: &str| UploadSigningKeysError::Invalid(format!("the {usage} key {why}"));
        if json.get().len() > CROSS_SIGNING_KEY_BYTES_MAX {
            return Err(invalid("is too large"));
        }
        let key = Signed::parse(json).ok_or_else(|| invalid("is not canonical JSON"))?;
        if key.text("user_id") != Some(user.as_str()) {
            return Err(invalid("belongs to another user"));
        }
        if !key.is_text_list("usage") || !key.lists("usage", usage) {
            return Err(invalid("is for another usage"));
        }
        let (id, public_key) = key.only_key().ok_or_else(|| invalid("must be exactly one key"))?;
        if id.strip_prefix("ed25519:") != Some(public_key) {
            return Err(invalid("is not named after itself"));
        }
        if self.is_device(user, public_key.into())? {
            return Err(UploadSigningKeysError::NamesDevice);
        }
        Ok(key)
    }

    /// Of the signatures on a master key, those of the owner's own devices that are good; and if it is the one we
    /// have, those that we know to be good.
    fn keep_device_signatures(&self, user: &UserId, master: &mut Signed, stored: Option<&Signed>) -> Result<(), Error> {
        let mut good = Vec::new();
        for (key_id, _) in master.signatures_of(user) {
            let Some(device) = key_id.strip_prefix("ed25519:") else { continue };
            let keys = self.device_keys(user, device.into())?;
            let public_key = keys.as_ref().and_then(|keys| keys.key(key_id));
            if public_key.is_some_and(|public_key| master.is_signed_by(user, key_id, public_key)) {
                good.push(key_id.to_owned());
            }
        }
        master.retain_signatures(|by, id| by == user.as_str() && good.iter().any(|it| it == id));
        if let Some(stored) = stored.filter(|stored| stored.has_content_of(master)) {
            master.add_signatures_of(user, stored);
        }
        Ok(())
    }
}

fn write(
    txn: &mut Txn,
    recent: &Recent,
    user: &OwnedUserId,
    verified: Verified,
    proven: bool,
) -> Result<bool, UploadSigningKeysError> {
    let at = |purpose| CrossSigningKeyKey { user: user.clone(), purpose };
    let had_identity = txn.contains(&at(KeyPurpose::Master))?;
    let (mut changed, mut new_self_signing, mut new_user_signing) = (false, false, false);
    for (purpose, key) in verified {
        let before = txn.get(&at(purpose))?.map(|json| Signed::stored(&json)).transpose()?;
        if before.as_ref() == Some(&key) {
            continue;
        }
        let same_key = before.as_ref().is_some_and(|before| before.has_content_of(&key));
        if had_identity && !same_key && !proven {
            return Err(UploadSigningKeysError::NotProven);
        }
        new_self_signing |= purpose == KeyPurpose::SelfSigning && !same_key && before.is_some();
        new_user_signing |= purpose == KeyPurpose::UserSigning && !same_key && before.is_some();
        txn.put(&at(purpose), &key.to_json());
        changed = true;
    }
    if new_self_signing {
        drop_vouchers(txn, user)?;
    }
    if new_user_signing {
        txn.delete_prefix::<UserSignatureKey>((user,))?;
    }
    if changed {
        changes::note(txn, recent, user, None)?;
    }
    Ok(changed)
}

/// Takes the signatures of a self-signing key that is gone off the user's devices.
fn drop_vouchers(txn: &mut Txn, user: &UserId) -> Result<(), Error> {
    for (key, json) in txn.scan::<DeviceKeysKey>((user,))? {
        let mut keys = Signed::stored(&json)?;
        let own = ed25519(&key.device);
        keys.retain_signatures(|by, id| by == user.as_str() && id == own);
        txn.put(&key, &keys.to_json());
    }
    Ok(())
}
