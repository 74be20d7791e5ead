//! `GET /api/admin/v1/roles`. Who may call it: administrators.

use std::future::ready;

use axum::extract::State;
use schemars::JsonSchema;
use serde::Serialize;

use super::{GrantName, RoleName, names};
use crate::admin::v1::users::display_name;
use crate::app::App;
use crate::error::ApiError;
use crate::typed::{Asked, Json};

/// Everybody who administers.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Administrators")]
pub(super) struct List {
    administrators: Vec<Administrator>,
}

/// Somebody who administers.
#[derive(Debug, Serialize, JsonSchema)]
struct Administrator {
    user_id: String,
    display_name: Option<String>,
    role: RoleName,
    grants: Vec<GrantName>,
}

/// Who administers the server.
pub(super) async fn list(State(app): State<App>, _: Asked) -> Result<Json<List>, ApiError> {
    let mut administrators = Vec::new();
    for account in ready(app.directory.accounts()).await.into_iter().filter(|account| account.admin) {
        administrators.push(Administrator {
            display_name: display_name(&app, &account.user_id)?,
            role: RoleName::of(&account),
            grants: names(account.grants),
            user_id: account.user_id.to_string(),
        });
    }
    Ok(Json(List { administrators }))
}
