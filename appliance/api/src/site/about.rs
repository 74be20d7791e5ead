//! `GET /api/site/v1/about`. Who may call it: anybody.

use std::future::ready;

use axum::extract::State;
use schemars::JsonSchema;
use serde::Serialize;
use veche_directory::{EncryptionPolicy, Language, RegistrationMode, passkey_name};

use crate::app::App;
use crate::error::ApiError;
use crate::typed::{Asked, Json};

/// What the site is.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Site")]
pub(super) struct Site {
    /// What the company is called, if somebody has said it.
    name: Option<String>,
    /// The language for those who have not chosen one, if somebody has said it.
    language: Option<LanguageName>,
    /// The part of every user id after the colon.
    server_name: String,
    /// Where clients reach the server.
    base_url: String,
    registration: RegistrationName,
    encryption: EncryptionName,
    /// On pages that were opened under this name one may sign in by a passkey; null: on none.
    passkey_name: Option<String>,
}

/// A language of the pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, serde::Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "Language")]
pub(crate) enum LanguageName {
    En,
    Ru,
}

impl From<Language> for LanguageName {
    fn from(language: Language) -> Self {
        match language {
            Language::En => Self::En,
            Language::Ru => Self::Ru,
        }
    }
}

impl From<LanguageName> for Language {
    fn from(name: LanguageName) -> Self {
        match name {
            LanguageName::En => Self::En,
            LanguageName::Ru => Self::Ru,
        }
    }
}

/// How people get in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "RegistrationMode")]
enum RegistrationName {
    /// Administrators make accounts.
    Closed,
    /// With an invitation.
    Token,
    /// Anybody makes an account.
    Open,
}

/// Who protects what is said in new rooms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, serde::Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "EncryptionPolicy")]
pub(crate) enum EncryptionName {
    /// Direct chats and rooms by invitation are encrypted from end to end; rooms that anybody may join are managed by the
    /// server.
    Private,
    /// The server manages every room, unless its maker turns encryption on.
    Managed,
}

impl From<EncryptionPolicy> for EncryptionName {
    fn from(policy: EncryptionPolicy) -> Self {
        match policy {
            EncryptionPolicy::Private => Self::Private,
            EncryptionPolicy::Managed => Self::Managed,
        }
    }
}

impl From<EncryptionName> for EncryptionPolicy {
    fn from(name: EncryptionName) -> Self {
        match name {
            EncryptionName::Private => Self::Private,
            EncryptionName::Managed => Self::Managed,
        }
    }
}

/// What the site is.
pub(super) async fn about(State(app): State<App>, _: Asked) -> Result<Json<Site>, ApiError> {
    let facts = ready(app.plugs.site.get()).await;
    Ok(Json(Site {
        name: facts.name,
        language: facts.language.map(LanguageName::from),
        server_name: app.gate.settings.server_name.to_string(),
        base_url: app.gate.settings.base_url.clone(),
        registration: match app.directory.registration() {
            RegistrationMode::Closed => RegistrationName::Closed,
            RegistrationMode::Token => RegistrationName::Token,
            RegistrationMode::Open => RegistrationName::Open,
        },
        encryption: app.homeserver.creation.encryption_policy().into(),
        passkey_name: passkey_name(&app.gate.settings.base_url),
    }))
}
