//! The owner's passkey, made in the wizard: kept with the answers, and his from the moment that he has an account.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use veche_store::sql::passkeys::Passkey;
use veche_store::sql::sessions::SessionId;
use veche_store::sql::{Tx, settings};

use super::Setup;
use super::draft::{Draft, DraftError, DraftOwner};
use crate::StoreError;
use crate::passkeys::{Registration, good_name, new_handle};
use crate::relying_party::{Holder, MadePasskey, RelyingParty, UserHandle};

/// The passkey itself, apart from what is shown again.
const PASSKEY_KEY: &str = "setup.owner_passkey";
/// The wizard has one owner, so it asks for one passkey at a time.
const ASKED: SessionId = SessionId(0);

#[derive(Clone, Serialize, Deserialize)]
struct OwnerPasskey {
    credential_id: Vec<u8>,
    handle: UserHandle,
    name: String,
    credential: String,
}

impl Setup {
    /// What to ask the owner's browser for (`PublicKeyCredentialCreationOptionsJSON`), so that it makes a passkey for the
    /// server at this address.
    pub async fn offer_passkey(&self, base_url: &str) -> Result<Value, DraftError> {
        let party = RelyingParty::at(base_url).ok_or(DraftError::NoPasskeyHere)?;
        let draft = self.draft().await?;
        let (Some(organisation), Some(owner)) = (draft.organisation, draft.owner) else {
            return Err(DraftError::NoOwner);
        };
        let handle = new_handle(&*self.entropy);
        let account = format!("@{}:{}", owner.username, organisation.server_name);
        let (options, asked) = party
            .ask_for_new(Holder { handle, name: &account, known: Vec::new() })
            .map_err(|_| DraftError::PasskeyRefused)?;
        self.ceremonies.open_registration(ASKED, Registration { asked, handle }, self.now());
        Ok(options)
    }

    /// Takes the passkey that the owner's browser has made (`RegistrationResponseJSON`), in place of one before it.
    pub async fn set_passkey(&self, answer: Value, name: &str, base_url: &str) -> Result<Draft, DraftError> {
        let party = RelyingParty::at(base_url).ok_or(DraftError::NoPasskeyHere)?;
        let name = good_name(name).map_err(|_| DraftError::BadName)?;
        let opened = self.ceremonies.take_registration(ASKED, self.now()).ok_or(DraftError::PasskeyRefused)?;
        let made = party.take_new(answer, &opened.asked).map_err(|_| DraftError::PasskeyRefused)?;
        let MadePasskey { credential_id, credential } = made;
        let kept = OwnerPasskey { credential_id, handle: opened.handle, name, credential };
        self.change(move |tx, draft| {
            draft.owner.as_mut().ok_or(DraftError::NoOwner)?.passkey = true;
            Ok(settings::set(tx, PASSKEY_KEY, &kept)?)
        })
        .await
    }

    /// The owner will have no passkey.
    pub async fn forget_passkey(&self) -> Result<Draft, DraftError> {
        self.change(|tx, draft| {
            if let Some(owner) = &mut draft.owner {
                owner.passkey = false;
            }
            Ok(forget(tx)?)
        })
        .await
    }
}

/// The passkey of an owner who has one, as his account will have it.
pub(super) fn record(
    tx: &Tx<'_>,
    owner: &DraftOwner,
    user_id: &ruma::UserId,
    now_ms: u64,
) -> Result<Option<Passkey>, StoreError> {
    let kept: Option<OwnerPasskey> = settings::get(tx, PASSKEY_KEY)?.filter(|_| owner.passkey);
    Ok(kept.map(|OwnerPasskey { credential_id, handle, name, credential }| {
        MadePasskey { credential_id, credential }.into_record(user_id.to_owned(), handle, name, now_ms)
    }))
}

pub(super) fn forget(tx: &Tx<'_>) -> Result<(), StoreError> {
    settings::unset(tx, PASSKEY_KEY)?;
    Ok(())
}
