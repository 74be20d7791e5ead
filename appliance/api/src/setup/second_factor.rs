//! `/api/setup/v1/owner/second_factor`. Who may call it: who has shown the claim code.

use axum::extract::State;

use super::Wizard;
use super::state::SetupState;
use crate::account::second_factor::{Code, Offer};
use crate::error::ApiError;
use crate::typed::{Asked, Json, Nothing};

/// Offers a secret. It holds once a code of it was shown.
pub(super) async fn offer(State(wizard): State<Wizard>, _: Asked) -> Result<Json<Offer>, ApiError> {
    Ok(Json(wizard.setup.offer_second_factor().await?.into()))
}

/// Takes what was offered.
pub(super) async fn put(
    State(wizard): State<Wizard>,
    asked: Asked<Nothing, Code>,
) -> Result<Json<SetupState>, ApiError> {
    let draft = wizard.setup.set_second_factor(&asked.body.code).await?;
    Ok(Json(SetupState::of(&wizard, draft)))
}

/// The owner shows no second factor after all.
pub(super) async fn delete(State(wizard): State<Wizard>, _: Asked) -> Result<Json<SetupState>, ApiError> {
    let draft = wizard.setup.forget_second_factor().await?;
    Ok(Json(SetupState::of(&wizard, draft)))
}
