//! `GET /api/setup/v1/state`. Who may call it: who has shown the claim code.

use axum::extract::State;
use schemars::JsonSchema;
use serde::Serialize;
use veche_directory::passkey_name;
use veche_directory::setup::{Draft, DraftCertificate, DraftRegistration};

use super::{StepName, Wizard};
use crate::error::ApiError;
use crate::site::about::{EncryptionName, LanguageName};
use crate::site::invite_link;
use crate::typed::{Asked, Json};

/// The answers so far. What has none is null.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "SetupState")]
pub(super) struct SetupState {
    language: Option<LanguageName>,
    organisation: Option<Organisation>,
    certificate: Option<Certificate>,
    owner: Option<Owner>,
    registration: Option<Registration>,
    encryption: Option<EncryptionName>,
    /// Steps that still need an answer, in the order in which they are best asked.
    unanswered: Vec<StepName>,
    /// The name that the settings of the machine say: then it can be no other.
    fixed_server_name: Option<String>,
    /// A passkey may be made on a page that was opened under this name; null: none can be.
    passkey_name: Option<String>,
}

/// Company and server.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "SetupOrganisation")]
struct Organisation {
    name: String,
    /// The part of every user id after the colon.
    server_name: String,
    /// Where clients will reach the server.
    base_url: String,
}

/// Where the certificate comes from.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(tag = "source", rename_all = "lowercase")]
#[schemars(rename = "SetupCertificate")]
enum Certificate {
    Own,
    Upload,
    Acme { directory: Option<String>, email: Option<String> },
}

/// Who will own the server. The password is not shown again.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "SetupOwner")]
struct Owner {
    username: String,
    display_name: Option<String>,
    /// A code of an authenticator app will be asked for beside the password.
    second_factor: bool,
    /// There is a passkey.
    passkey: bool,
}

/// How people get in.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(tag = "mode", rename_all = "lowercase")]
#[schemars(rename = "SetupRegistration")]
enum Registration {
    /// The owner makes accounts.
    Closed,
    /// With an invitation.
    Token {
        /// The first one. It opens nothing before the end.
        token: String,
        /// What to hand on; there is one as soon as the server has a name.
        link: Option<String>,
    },
}

impl SetupState {
    pub(super) fn of(wizard: &Wizard, draft: Draft) -> Self {
        let unanswered = draft.unanswered().into_iter().map(StepName::from).collect();
        let organisation = draft.organisation.map(|organisation| Organisation {
            name: organisation.name,
            base_url: wizard.site.base_url(&organisation.server_name),
            server_name: organisation.server_name.to_string(),
        });
        let link = |token: &str| organisation.as_ref().map(|organisation| invite_link(&organisation.base_url, token));
        let registration = draft.registration.map(|registration| match registration {
            DraftRegistration::Closed => Registration::Closed,
            DraftRegistration::Token { token } => Registration::Token { link: link(&token), token },
        });
        let passkey_name = organisation.as_ref().and_then(|organisation| passkey_name(&organisation.base_url));
        Self {
            passkey_name,
            language: draft.language.map(LanguageName::from),
            registration,
            organisation,
            certificate: draft.certificate.map(|certificate| match certificate {
                DraftCertificate::Own => Certificate::Own,
                DraftCertificate::Upload => Certificate::Upload,
                DraftCertificate::Acme { directory, email } => Certificate::Acme { directory, email },
            }),
            owner: draft.owner.map(|owner| Owner {
                username: owner.username,
                display_name: owner.display_name,
                second_factor: owner.second_factor,
                passkey: owner.passkey,
            }),
            encryption: draft.encryption.map(EncryptionName::from),
            unanswered,
            fixed_server_name: wizard.site.fixed_name().map(|name| name.to_string()),
        }
    }
}

/// The answers so far.
pub(super) async fn state(State(wizard): State<Wizard>, _: Asked) -> Result<Json<SetupState>, ApiError> {
    let draft = wizard.setup.draft().await?;
    Ok(Json(SetupState::of(&wizard, draft)))
}
