//! `PUT /api/admin/v1/users/{userId}/role`. Who may call it: administrators with a fresh proof, who give no more than they
//! have.

use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;
use veche_directory::{Grant, Role};

use super::{GrantName, RoleName};
use crate::admin::v1::users::{User, target};
use crate::app::App;
use crate::error::ApiError;
use crate::typed::{Asked, Json, Nothing};

/// What somebody shall be.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(rename = "NewRole")]
#[serde(deny_unknown_fields)]
pub(super) struct NewRole {
    role: RoleName,
    /// Of an administrator: what he may do. Owners may do everything, users nothing.
    #[serde(default)]
    grants: Vec<GrantName>,
}

/// Gives an account a role, or takes it.
pub(super) async fn put(State(app): State<App>, asked: Asked<Nothing, NewRole>) -> Result<Json<User>, ApiError> {
    let user = target(&app, &asked)?;
    let NewRole { role, grants } = &asked.body;
    let role = match role {
        RoleName::User => None,
        RoleName::Owner => Some(Role::Owner),
        RoleName::Administrator => Some(Role::Administrator(grants.iter().copied().map(Grant::from).collect())),
    };
    app.directory.set_role(&asked.authority()?, &user, role).await?;
    Ok(Json(User::of(&app, &user)?))
}
