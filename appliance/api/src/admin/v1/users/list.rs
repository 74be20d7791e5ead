//! `GET /api/admin/v1/users`. Who may call it: administrators who look after users.

use std::future::ready;

use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use veche_directory::Account;

use super::{User, display_name};
use crate::admin::v1::page;
use crate::app::App;
use crate::error::ApiError;
use crate::typed::{Asked, Json};

/// Which accounts.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[schemars(rename = "UsersWanted")]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    /// What the user id or the display name contains, whatever its case.
    search: Option<String>,
    /// Only accounts that are so.
    status: Option<Status>,
    /// Accounts after this user id; the `next` of the page before.
    after: Option<String>,
    /// Accounts at most: 1 to 200, otherwise 50.
    limit: Option<u32>,
}

/// How an account can be.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "UserStatus")]
enum Status {
    /// Neither locked nor suspended nor deactivated.
    Active,
    Locked,
    Suspended,
    Deactivated,
    /// Administrators and owners.
    Administrator,
}

/// A page of accounts, in the order of their user ids.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Users")]
pub(super) struct Page {
    users: Vec<User>,
    /// Where the next page begins, if there is one.
    next: Option<String>,
    /// How many accounts fit, on all pages together.
    total: u32,
}

/// Accounts, in pages.
pub(super) async fn list(State(app): State<App>, asked: Asked<Wanted>) -> Result<Json<Page>, ApiError> {
    let wanted = &asked.query;
    let search = wanted.search.as_deref().map(|search| search.trim().to_lowercase()).filter(|it| !it.is_empty());
    let (mut users, mut total, mut more) = (Vec::new(), 0, false);
    for account in ready(app.directory.accounts()).await {
        if !wanted.status.is_none_or(|status| has(&account, status)) || !matches(&app, &account, search.as_deref())? {
            continue;
        }
        total += 1;
        if wanted.after.as_deref().is_some_and(|after| account.user_id.as_str() <= after) {
            continue;
        }
        if users.len() < page(wanted.limit) as usize {
            users.push(User::of_account(&app, &account)?);
        } else {
            more = true;
        }
    }
    let next = users.last().filter(|_| more).map(|last: &User| last.user_id.clone());
    Ok(Json(Page { users, next, total }))
}

fn has(account: &Account, status: Status) -> bool {
    let gone = account.deactivated_ms.is_some();
    match status {
        Status::Active => !gone && !account.locked && !account.suspended,
        Status::Locked => account.locked && !gone,
        Status::Suspended => account.suspended && !gone,
        Status::Deactivated => gone,
        Status::Administrator => account.admin,
    }
}

fn matches(app: &App, account: &Account, search: Option<&str>) -> Result<bool, ApiError> {
    let Some(search) = search else { return Ok(true) };
    if account.user_id.as_str().contains(search) {
        return Ok(true);
    }
    let name = display_name(app, &account.user_id)?;
    Ok(name.is_some_and(|name| name.to_lowercase().contains(search)))
}
