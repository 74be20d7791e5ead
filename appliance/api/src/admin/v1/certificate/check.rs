//! `POST /api/admin/v1/certificate/check`. Who may call it: administrators who look after the system.

use axum::extract::State;
use schemars::JsonSchema;
use serde::Serialize;

use super::{CertificateFault, CertificateUpload, desk};
use crate::app::App;
use crate::error::ApiError;
use crate::typed::{Asked, Json, Nothing};

/// What is wrong with an upload.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "CertificateCheck")]
pub(super) struct Checked {
    /// Empty: it may be uploaded.
    faults: Vec<CertificateFault>,
}

/// Looks what is wrong with an upload; nothing is kept.
pub(super) async fn check(
    State(app): State<App>,
    asked: Asked<Nothing, CertificateUpload>,
) -> Result<Json<Checked>, ApiError> {
    Ok(Json(Checked { faults: desk(&app)?.check(asked.body).await }))
}
