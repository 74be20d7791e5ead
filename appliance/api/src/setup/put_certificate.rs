//! `PUT /api/setup/v1/certificate`. Who may call it: who has shown the claim code.

use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;
use veche_directory::setup::{DraftCertificate, DraftError};

use super::Wizard;
use super::state::SetupState;
use crate::admin::v1::certificate::{CertificateChoice, CertificateUpload};
use crate::error::ApiError;
use crate::typed::{Asked, Json, Nothing};

/// The answer.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "CertificateAnswer")]
#[serde(tag = "source", rename_all = "lowercase", deny_unknown_fields)]
pub(super) enum Answer {
    /// The server's own small authority.
    Own,
    /// A chain and its key, both in PEM.
    Upload {
        /// The server's certificate first, then the one that signed it, and so on.
        chain: String,
        /// The private key, without a password.
        key: String,
    },
    /// An ACME directory. Ordering a certificate there accepts its terms of service.
    Acme {
        /// Its address; Let's Encrypt if there is none.
        directory: Option<String>,
        /// A mail address that it may write to.
        email: Option<String>,
    },
}

/// Chooses the certificate. An upload is checked and kept at once; an order is made when the server has started.
pub(super) async fn put_certificate(
    State(wizard): State<Wizard>,
    asked: Asked<Nothing, Answer>,
) -> Result<Json<SetupState>, ApiError> {
    let draft = wizard.setup.draft().await?;
    let name = draft.organisation.ok_or(DraftError::NoOrganisation)?.server_name;
    let certificate = match asked.body {
        Answer::Own => {
            wizard.site.check_certificate(&name, &CertificateChoice::Own)?;
            DraftCertificate::Own
        }
        Answer::Upload { chain, key } => {
            wizard.site.check_certificate(&name, &CertificateChoice::Upload)?;
            wizard.site.upload(&name, CertificateUpload { chain, key }).await?;
            DraftCertificate::Upload
        }
        Answer::Acme { directory, email } => {
            let blank = |text: &String| !text.trim().is_empty();
            let (directory, email) = (directory.filter(blank), email.filter(blank));
            let choice = CertificateChoice::Acme { directory: directory.clone(), email: email.clone() };
            wizard.site.check_certificate(&name, &choice)?;
            DraftCertificate::Acme { directory, email }
        }
    };
    let draft = wizard.setup.set_certificate(certificate).await?;
    Ok(Json(SetupState::of(&wizard, draft)))
}
