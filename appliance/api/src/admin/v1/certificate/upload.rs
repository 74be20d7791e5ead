//! `POST /api/admin/v1/certificate/upload`. Who may call it: administrators who look after the system, with a fresh proof.

use axum::extract::State;

use super::{CertificateStatus, CertificateUpload, desk};
use crate::app::App;
use crate::error::ApiError;
use crate::typed::{Asked, Json, Nothing};

/// Keeps an uploaded certificate.
pub(super) async fn upload(
    State(app): State<App>,
    asked: Asked<Nothing, CertificateUpload>,
) -> Result<Json<CertificateStatus>, ApiError> {
    let authority = asked.authority()?;
    Ok(Json(desk(&app)?.upload(&authority, asked.body).await?))
}
