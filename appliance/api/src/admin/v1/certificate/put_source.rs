//! `PUT /api/admin/v1/certificate/source`. Who may call it: administrators who look after the system, with a fresh proof.

use axum::extract::State;

use super::{CertificateChoice, CertificateStatus, desk};
use crate::app::App;
use crate::error::ApiError;
use crate::typed::{Asked, Json, Nothing};

/// Takes the certificate from another source from now on.
pub(super) async fn put_source(
    State(app): State<App>,
    asked: Asked<Nothing, CertificateChoice>,
) -> Result<Json<CertificateStatus>, ApiError> {
    let authority = asked.authority()?;
    Ok(Json(desk(&app)?.choose(&authority, asked.body).await?))
}
