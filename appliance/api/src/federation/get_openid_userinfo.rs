//! `GET /_matrix/federation/v1/openid/userinfo`. Ruma's type is in its federation API.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde_json::json;

use crate::access::query_token;
use crate::app::People;
use crate::error::ApiError;
use crate::extract::Plain;

/// Whom an OpenID token is about. Another service asks, to whom a user has shown it; it needs no account here.
pub(super) async fn get_openid_userinfo(State(people): State<People>, req: Plain) -> Result<Response, ApiError> {
    let token = query_token(&req.parts.uri).ok_or_else(ApiError::missing_token)?;
    let user = people.directory.check_openid_token(&token).await?;
    let unknown = || ApiError::new(StatusCode::UNAUTHORIZED, "M_UNKNOWN_TOKEN", "The token is unknown or has expired");
    let user = user.ok_or_else(unknown)?;
    Ok(Json(json!({ "sub": user })).into_response())
}
