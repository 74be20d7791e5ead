//! The tokens that open calls: LiveKit's access tokens, which its clients carry from here to the SFU.
//!
//! A token is a JSON Web Token signed with HMAC-SHA-256 and nothing else: what it says of its own algorithm decides nothing.
//! Time comes as an argument. What we issue says for whom in a claim of our own, so that the SFU's question "may he still?"
//! can be answered after a restart, too; clients of LiveKit pass over claims that they do not know.

use std::collections::BTreeMap;
use std::fmt;

use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use ruma::{OwnedDeviceId, OwnedRoomId, OwnedUserId};
use serde::{Deserialize, Serialize};
use veche_base::Secret;
use veche_base::limits::CALL_TOKEN_BYTES_MAX;

/// By how much the clock of whoever issued a token may differ from ours, as LiveKit's own server allows.
const LEEWAY_SECS: u64 = 60;

/// A name and a secret by which tokens are issued and checked. LiveKit calls the name an API key.
#[derive(Clone)]
pub struct AccessKeys {
    api_key: String,
    encoding: Secret<EncodingKey>,
    decoding: Secret<DecodingKey>,
}

impl fmt::Debug for AccessKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessKeys").field("api_key", &self.api_key).finish_non_exhaustive()
    }
}

/// The secret is empty.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("tokens cannot be signed with an empty secret")]
pub struct EmptySecret;

/// What a participant may do (LiveKit's `VideoGrant`). What stands as `None` is what LiveKit says by leaving it out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct VideoGrant {
    /// May join the call `room`.
    #[serde(skip_serializing_if = "is_false")]
    pub room_join: bool,
    /// The call.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub room: String,
    /// May open a call. Also the grant of LiveKit's API for servers to create and delete any room.
    #[serde(skip_serializing_if = "is_false")]
    pub room_create: bool,
    /// May list calls.
    #[serde(skip_serializing_if = "is_false")]
    pub room_list: bool,
    /// May administer the call `room`.
    #[serde(skip_serializing_if = "is_false")]
    pub room_admin: bool,
    /// May send sound and pictures; ask [`Self::may_publish`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub can_publish: Option<bool>,
    /// May receive them; ask [`Self::may_subscribe`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub can_subscribe: Option<bool>,
    /// May send data; ask [`Self::may_publish_data`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub can_publish_data: Option<bool>,
    /// From where he may send (`camera`, `microphone`, `screen_share`, `screen_share_audio`); none named: from everywhere.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub can_publish_sources: Vec<String>,
    /// May change his own metadata; ask [`Self::may_update_own_metadata`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub can_update_own_metadata: Option<bool>,
    /// Is not shown to the others.
    #[serde(skip_serializing_if = "is_false")]
    pub hidden: bool,
    /// Is a recorder, of which the others are told.
    #[serde(skip_serializing_if = "is_false")]
    pub recorder: bool,
    /// Is an agent.
    #[serde(skip_serializing_if = "is_false")]
    pub agent: bool,
}

impl VideoGrant {
    /// Whether he may send sound and pictures: unless it says no.
    pub fn may_publish(&self) -> bool {
        self.can_publish.unwrap_or(true)
    }

    /// Whether he may receive them: unless it says no.
    pub fn may_subscribe(&self) -> bool {
        self.can_subscribe.unwrap_or(true)
    }

    /// Whether he may send data: as he may publish, unless it says otherwise.
    pub fn may_publish_data(&self) -> bool {
        self.can_publish_data.unwrap_or_else(|| self.may_publish())
    }

    /// Whether he may change his own metadata: only if it says so.
    pub fn may_update_own_metadata(&self) -> bool {
        self.can_update_own_metadata.unwrap_or(false)
    }
}

/// For whom we issued a token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// The user.
    pub user_id: OwnedUserId,
    /// His device.
    pub device_id: OwnedDeviceId,
    /// The room whose call it opens.
    pub room_id: OwnedRoomId,
}

/// What a token says that was found to be good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grants {
    /// The participant's name on the SFU.
    pub identity: String,
    /// How he is shown.
    pub name: String,
    /// What he is (`standard`, `agent` and so on); empty if nothing is said.
    pub kind: String,
    /// What his client says of him.
    pub metadata: String,
    /// The same, by name.
    pub attributes: BTreeMap<String, String>,
    /// What he may do.
    pub video: VideoGrant,
    /// From when on it is no good, in seconds since 1970.
    pub expires_secs: u64,
    /// For whom we issued it; nothing in tokens by others who know the secret.
    pub holder: Option<Holder>,
}

/// Why a token is no good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Longer than a token may be.
    #[error("the token is too long")]
    TooLong,
    /// Not a token, or one without what it must say.
    #[error("this is not a token")]
    Malformed,
    /// Signed in another way than ours, or not at all.
    #[error("the token is signed in a way that is not taken")]
    Algorithm,
    /// Not signed with our secret.
    #[error("the token's signature is wrong")]
    Signature,
    /// Signed with our secret, under another name.
    #[error("the token is somebody else's")]
    Issuer,
    /// Its time is over.
    #[error("the token has expired")]
    Expired,
    /// Its time has not come.
    #[error("the token is not valid yet")]
    NotYet,
}

/// What stands in a token.
#[derive(Debug, Serialize, Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    exp: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    nbf: Option<u64>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    name: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    kind: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    metadata: String,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    attributes: BTreeMap<String, String>,
    #[serde(default)]
    video: VideoGrant,
    #[serde(rename = "veche_holder", default, skip_serializing_if = "Option::is_none")]
    holder: Option<Holder>,
}

impl AccessKeys {
    /// Keys of this name; fails if the secret is empty.
    pub fn new(api_key: impl Into<String>, secret: &Secret<String>) -> Result<Self, EmptySecret> {
        let bytes = secret.expose().as_bytes();
        Ok(Self {
            api_key: api_key.into(),
            encoding: Secret::new(EncodingKey::from_secret(bytes).map_err(|_| EmptySecret)?),
            decoding: Secret::new(DecodingKey::from_secret(bytes).map_err(|_| EmptySecret)?),
        })
    }

    /// The name, which stands in every token.
    pub fn api_key(&self) -> &str {
        &self.api_key
    }

    /// Signs a token that says this, good from `now_ms` on.
    pub fn issue(&self, grants: &Grants, now_ms: u64) -> Secret<String> {
        let claims = Claims {
            iss: self.api_key.clone(),
            sub: grants.identity.clone(),
            exp: grants.expires_secs,
            nbf: Some(now_ms / 1_000),
            name: grants.name.clone(),
            kind: grants.kind.clone(),
            metadata: grants.metadata.clone(),
            attributes: grants.attributes.clone(),
            video: grants.video.clone(),
            holder: grants.holder.clone(),
        };
        let token = jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, self.encoding.expose());
        Secret::new(token.expect("claims are JSON and HMAC takes every key that is not empty"))
    }

    /// What a token says, if we (or somebody who knows the secret) signed it and it is good at this moment.
    pub fn verify(&self, token: &str, now_ms: u64) -> Result<Grants, TokenError> {
        if token.len() > CALL_TOKEN_BYTES_MAX {
            return Err(TokenError::TooLong);
        }
        // The library would ask the machine for the time, which is the clock's to tell.
        let mut rules = Validation::new(Algorithm::HS256);
        rules.validate_exp = false;
        rules.validate_aud = false;
        rules.set_issuer(&[&self.api_key]);
        rules.set_required_spec_claims(&["exp", "iss", "sub"]);
        let decoded = jsonwebtoken::decode::<Claims>(token, self.decoding.expose(), &rules);
        let claims = decoded.map_err(|error| refusal(error.kind()))?.claims;
        let now_secs = now_ms / 1_000;
        if claims.exp.saturating_add(LEEWAY_SECS) <= now_secs {
            return Err(TokenError::Expired);
        }
        if claims.nbf.is_some_and(|nbf| nbf > now_secs.saturating_add(LEEWAY_SECS)) {
            return Err(TokenError::NotYet);
        }
        Ok(Grants {
            identity: claims.sub,
            name: claims.name,
            kind: claims.kind,
            metadata: claims.metadata,
            attributes: claims.attributes,
            video: claims.video,
            expires_secs: claims.exp,
            holder: claims.holder,
        })
    }
}

fn refusal(error: &ErrorKind) -> TokenError {
    match error {
        ErrorKind::InvalidSignature => TokenError::Signature,
        ErrorKind::InvalidAlgorithm | ErrorKind::InvalidAlgorithmName | ErrorKind::UnsupportedAlgorithm => {
            TokenError::Algorithm
        }
        ErrorKind::InvalidIssuer => TokenError::Issuer,
        _ => TokenError::Malformed,
    }
}

fn is_false(value: &bool) -> bool {
    !value
}

#[cfg(test)]
mod tests;
