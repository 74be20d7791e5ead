//! `/api/setup/v1/owner/passkey`. Who may call it: who has shown the claim code.

use axum::extract::State;

use super::Wizard;
use super::state::SetupState;
use crate::account::passkeys::{New, Offer};
use crate::error::ApiError;
use crate::typed::{Asked, Json, Nothing};

/// What to ask the owner's browser for.
pub(super) async fn offer(State(wizard): State<Wizard>, _: Asked) -> Result<Json<Offer>, ApiError> {
    let base_url = base_url(&wizard).await?;
    Ok(Json(Offer { options: wizard.setup.offer_passkey(&base_url).await? }))
}

/// Takes what it has made.
pub(super) async fn put(
    State(wizard): State<Wizard>,
    asked: Asked<Nothing, New>,
) -> Result<Json<SetupState>, ApiError> {
    let base_url = base_url(&wizard).await?;
    let draft = wizard.setup.set_passkey(asked.body.credential.clone(), &asked.body.name, &base_url).await?;
    Ok(Json(SetupState::of(&wizard, draft)))
}

/// The owner has no passkey after all.
pub(super) async fn delete(State(wizard): State<Wizard>, _: Asked) -> Result<Json<SetupState>, ApiError> {
    let draft = wizard.setup.forget_passkey().await?;
    Ok(Json(SetupState::of(&wizard, draft)))
}

/// Where the server will be: what a passkey is made for.
async fn base_url(wizard: &Wizard) -> Result<String, ApiError> {
    let organisation = wizard.setup.draft().await?.organisation;
    let organisation = organisation.ok_or(veche_directory::setup::DraftError::NoOrganisation)?;
    Ok(wizard.site.base_url(&organisation.server_name))
}
