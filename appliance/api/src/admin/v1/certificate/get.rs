//! `GET /api/admin/v1/certificate`. Who may call it: administrators who look after the system.

use std::future::ready;

use axum::extract::State;

use super::{CertificateStatus, desk};
use crate::app::App;
use crate::error::ApiError;
use crate::typed::{Asked, Json};

/// How the certificate is.
pub(super) async fn get(State(app): State<App>, _: Asked) -> Result<Json<CertificateStatus>, ApiError> {
    Ok(Json(ready(desk(&app)?.status()).await))
}
