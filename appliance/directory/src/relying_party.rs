//! WebAuthn (level 3), in the words of the library that knows it: what browsers are asked, and what their answers are worth.
//!
//! The relying party is the name under which people open the pages, at any port. A passkey made there is good there alone;
//! an address of digits can have none, since browsers refuse it.

use serde_json::Value;
use veche_store::sql::passkeys::HANDLE_BYTES;
use webauthn_rs::prelude::{
    DiscoverableAuthentication, Passkey, PasskeyRegistration, PublicKeyCredential, RegisterPublicKeyCredential, Url,
    Uuid, Webauthn, WebauthnBuilder,
};

/// What authenticators know an account by.
pub(crate) type UserHandle = [u8; HANDLE_BYTES];

/// Where passkeys are made and shown.
pub(crate) struct RelyingParty {
    name: String,
    webauthn: Webauthn,
}

/// The name under which a page must be open so that its browser makes and shows passkeys for the server at this address;
/// `None` when there are none.
pub fn passkey_name(base_url: &str) -> Option<String> {
    Some(RelyingParty::at(base_url)?.name)
}

/// Why a browser's answer is worth nothing. Says no more, on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Refused;

/// A passkey that an authenticator has made.
#[derive(Debug)]
pub(crate) struct MadePasskey {
    pub(crate) credential_id: Vec<u8>,
    /// Public key and counter, as JSON.
    pub(crate) credential: String,
}

/// For whom a passkey is to be made.
pub(crate) struct Holder<'a> {
    pub(crate) handle: UserHandle,
    /// What tells this account from others, in the authenticator's list.
    pub(crate) name: &'a str,
    /// Passkeys that the account has: the same authenticator makes no second one.
    pub(crate) known: Vec<Vec<u8>>,
}

impl RelyingParty {
    /// The one at this address of the pages; `None` when no passkey can be made there.
    pub(crate) fn at(base_url: &str) -> Option<Self> {
        let origin = Url::parse(base_url).ok()?;
        let name = origin.domain()?.to_owned();
        // Browsers hand passkeys to pages that came over TLS, and to those of the machine itself.
        if origin.scheme() != "https" && name != "localhost" {
            return None;
        }
        let builder = WebauthnBuilder::new(&name, &origin).ok()?;
        let mut builder = builder.allow_any_port(true);
        if name == "localhost" {
            // To a browser on the machine itself its pages are as good without TLS.
            builder = builder.append_allowed_origin(&Url::parse("http://localhost").ok()?);
        }
        let webauthn = builder.build().ok()?;
        Some(Self { name, webauthn })
    }

    /// What to ask a browser for, `PublicKeyCredentialCreationOptionsJSON`, and what to remember until it answers.
    pub(crate) fn ask_for_new(&self, holder: Holder<'_>) -> Result<(Value, PasskeyRegistration), Refused> {
        let handle = Uuid::from_bytes(holder.handle);
        let (asked, state) = self
            .webauthn
            .start_passkey_registration(handle, holder.name, holder.name, Some(holder.known))
            .map_err(|_| Refused)?;
        let mut options = public_key(serde_json::to_value(asked))?;
        // It is looked for without a user name, so the authenticator itself must remember whose it is.
        if let Some(selection) = options.get_mut("authenticatorSelection").and_then(Value::as_object_mut) {
            selection.insert("residentKey".to_owned(), "required".into());
            selection.insert("requireResidentKey".to_owned(), true.into());
        }
        Ok((options, state))
    }

    /// The passkey in a browser's answer, `RegistrationResponseJSON`.
    pub(crate) fn take_new(&self, answer: Value, asked: &PasskeyRegistration) -> Result<MadePasskey, Refused> {
        let answer: RegisterPublicKeyCredential = serde_json::from_value(answer).map_err(|_| Refused)?;
        let made = self.webauthn.finish_passkey_registration(&answer, asked).map_err(|_| Refused)?;
        let credential_id = AsRef::<[u8]>::as_ref(made.cred_id()).to_vec();
        Ok(MadePasskey { credential_id, credential: serde_json::to_string(&made).map_err(|_| Refused)? })
    }

    /// What to ask a browser for, `PublicKeyCredentialRequestOptionsJSON`, whoever it is, and what to remember.
    pub(crate) fn ask_for_any(&self) -> Result<(Value, DiscoverableAuthentication), Refused> {
        let (asked, state) = self.webauthn.start_discoverable_authentication().map_err(|_| Refused)?;
        Ok((public_key(serde_json::to_value(asked))?, state))
    }

    /// Which passkey an answer, `AuthenticationResponseJSON`, says to be of: nothing is proved yet.
    pub(crate) fn claimed(&self, answer: Value) -> Result<Claimed, Refused> {
        let answer: PublicKeyCredential = serde_json::from_value(answer).map_err(|_| Refused)?;
        let (handle, credential_id) =
            self.webauthn.identify_discoverable_authentication(&answer).map_err(|_| Refused)?;
        Ok(Claimed { handle: handle.into_bytes(), credential_id: credential_id.to_vec(), answer })
    }

    /// Whether the answer was signed with this passkey, by a person whom the authenticator knows; the passkey as it is to be
    /// kept from now on. One whose counter went back was copied, and is refused.
    pub(crate) fn judge(
        &self,
        claimed: &Claimed,
        asked: DiscoverableAuthentication,
        credential: &str,
    ) -> Result<String, Refused> {
        let mut passkey: Passkey = serde_json::from_str(credential).map_err(|_| Refused)?;
        let result = self
            .webauthn
            .finish_discoverable_authentication_v2(&claimed.answer, asked, &passkey)
            .map_err(|_| Refused)?;
        if !result.user_verified() {
            return Err(Refused);
        }
        passkey.update_credential(&result).ok_or(Refused)?;
        serde_json::to_string(&passkey).map_err(|_| Refused)
    }
}

/// See [`RelyingParty::claimed`].
pub(crate) struct Claimed {
    pub(crate) handle: UserHandle,
    pub(crate) credential_id: Vec<u8>,
    answer: PublicKeyCredential,
}

fn public_key(asked: serde_json::Result<Value>) -> Result<Value, Refused> {
    match asked {
        Ok(Value::Object(mut fields)) => fields.remove("publicKey").ok_or(Refused),
        _ => Err(Refused),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_made_under_a_name_over_tls_and_on_the_machine_itself() {
        for good in ["https://chat.example.org", "https://chat.example.org:8448", "http://localhost:8008"] {
            assert!(passkey_name(good).is_some_and(|name| good.contains(&name)), "{good}");
        }
        for bad in ["https://192.0.2.1", "https://[2001:db8::1]:8443", "http://chat.example.org", "nonsense", ""] {
            assert_eq!(passkey_name(bad), None, "{bad}");
        }
    }
}
