//! `GET /api/admin/v1/me`. Who may call it: administrators.

use std::future::ready;

use axum::extract::State;
use schemars::JsonSchema;
use serde::Serialize;

use super::super::roles::{GrantName, RoleName};
use crate::app::App;
use crate::error::ApiError;
use crate::typed::{Asked, Json};

/// Who asks.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Me")]
pub(super) struct Me {
    user_id: String,
    role: RoleName,
    /// A code is asked for beside the password.
    second_factor: bool,
    /// Has a passkey, which stands for the password.
    passkey: bool,
    /// What he may do, and give to others.
    grants: Vec<GrantName>,
}

/// What the administrator who asks may do.
pub(super) async fn get(State(app): State<App>, asked: Asked) -> Result<Json<Me>, ApiError> {
    let authority = ready(asked.authority()).await?;
    let role = if authority.is_owner() { RoleName::Owner } else { RoleName::Administrator };
    let grants = authority.grants().iter().map(GrantName::from).collect();
    let account = app.directory.account(&asked.requester()?.user_id);
    let (second_factor, passkey) = account.map_or_else(Default::default, |it| (it.second_factor, it.passkey));
    Ok(Json(Me { user_id: authority.name().to_owned(), role, second_factor, passkey, grants }))
}
