//! Accounts: found, made, locked, given new passwords, deactivated; their devices.

mod create;
mod csv;
mod deactivate;
mod devices;
mod get;
mod import;
mod list;
mod lock;
mod rename;
mod reset_password;
mod reset_second_factor;
mod suspend;
mod unlock;
mod unsuspend;

use ruma::{OwnedUserId, UserId};
use schemars::JsonSchema;
use serde::Serialize;
use veche_directory::{Account, Grant, Kind};
use veche_homeserver::profiles::{AVATAR_URL, DISPLAY_NAME};

use super::roles::{GrantName, RoleName, names};
use crate::app::App;
use crate::error::ApiError;
use crate::typed::{Asked, Operation, Typed};

/// Registers the area.
pub(super) fn register(typed: Typed<App>) -> Typed<App> {
    let get = |id, path, summary| Operation::get(id, path, summary).grant(Grant::Users);
    let post = |id, path, summary| Operation::post(id, path, summary).grant(Grant::Users);
    let delete = |id, path, summary| Operation::delete(id, path, summary).grant(Grant::Users);
    let deactivate = post(
        "users.deactivate",
        "/api/admin/v1/users/{user_id}/deactivate",
        "Deactivates an account for good; needs a fresh proof",
    );
    let reset_password = post(
        "users.reset_password",
        "/api/admin/v1/users/{user_id}/reset_password",
        "Gives a new password and ends all sessions; needs a fresh proof",
    );
    let reset_second_factor = delete(
        "users.reset_second_factor",
        "/api/admin/v1/users/{user_id}/second_factor",
        "Takes the second factor from somebody who has lost it; needs a fresh proof",
    );
    let rename = Operation::put("users.rename", "/api/admin/v1/users/{user_id}/display_name", "Gives a display name");
    typed
        .add(get("users.list", "/api/admin/v1/users", "Accounts, in pages"), list::list)
        .add(post("users.create", "/api/admin/v1/users", "Makes an account"), create::create)
        .add(post("users.import", "/api/admin/v1/users/import", "Makes many accounts, all or none"), import::import)
        .add(get("users.get", "/api/admin/v1/users/{user_id}", "One account"), get::get)
        .add(rename.grant(Grant::Users), rename::rename)
        .add(post("users.lock", "/api/admin/v1/users/{user_id}/lock", "Locks an account"), lock::lock)
        .add(post("users.unlock", "/api/admin/v1/users/{user_id}/unlock", "Unlocks an account"), unlock::unlock)
        .add(post("users.suspend", "/api/admin/v1/users/{user_id}/suspend", "Suspends an account"), suspend::suspend)
        .add(
            post("users.unsuspend", "/api/admin/v1/users/{user_id}/unsuspend", "Lifts a suspension"),
            unsuspend::unsuspend,
        )
        .add(reset_password.fresh(), reset_password::reset_password)
        .add(reset_second_factor.fresh(), reset_second_factor::reset_second_factor)
        .add(deactivate.fresh(), deactivate::deactivate)
        .add(get("devices.list", "/api/admin/v1/users/{user_id}/devices", "The devices of an account"), devices::list)
        .add(
            delete("devices.end_all", "/api/admin/v1/users/{user_id}/devices", "Signs all devices out"),
            devices::end_all,
        )
        .add(
            delete("devices.end", "/api/admin/v1/users/{user_id}/devices/{device_id}", "Signs a device out"),
            devices::end,
        )
}

/// What kind of person an account stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "AccountKind")]
pub(super) enum KindName {
    /// Somebody with a name and a password.
    User,
    /// Somebody who came by a link.
    Guest,
}

/// An account.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct User {
    user_id: String,
    display_name: Option<String>,
    avatar_url: Option<String>,
    kind: KindName,
    role: RoleName,
    /// What an administrator may do.
    grants: Vec<GrantName>,
    created_ms: u64,
    /// When it was deactivated, for good.
    deactivated_ms: Option<u64>,
    /// The messages were to be forgotten, too.
    erased: bool,
    /// May do nothing but sign out.
    locked: bool,
    /// May read and leave, and write nothing.
    suspended: bool,
    /// A code is asked for beside the password.
    second_factor: bool,
    /// Has a passkey.
    passkey: bool,
    /// When a device of it was last seen.
    last_seen_ms: Option<u64>,
    /// Devices that are signed in.
    devices: u32,
}

impl User {
    pub(super) fn of(app: &App, user: &UserId) -> Result<Self, ApiError> {
        let account = app.directory.account(user).ok_or_else(unknown)?;
        Self::of_account(app, &account)
    }

    fn of_account(app: &App, account: &Account) -> Result<Self, ApiError> {
        let devices = app.directory.devices(&account.user_id);
        Ok(Self {
            user_id: account.user_id.to_string(),
            display_name: display_name(app, &account.user_id)?,
            avatar_url: text(app, &account.user_id, AVATAR_URL)?,
            kind: match account.kind {
                Kind::User => KindName::User,
                Kind::Guest => KindName::Guest,
            },
            role: RoleName::of(account),
            grants: names(account.grants),
            created_ms: account.created_ms,
            deactivated_ms: account.deactivated_ms,
            erased: account.erased,
            locked: account.locked,
            suspended: account.suspended,
            second_factor: account.second_factor,
            passkey: account.passkey,
            last_seen_ms: devices.iter().map(|device| device.last_seen_ms).max(),
            devices: u32::try_from(devices.len()).unwrap_or(u32::MAX),
        })
    }
}

/// What others see of somebody's name.
pub(in crate::admin::v1) fn display_name(app: &App, user: &UserId) -> Result<Option<String>, ApiError> {
    text(app, user, DISPLAY_NAME)
}

fn text(app: &App, user: &UserId, field: &str) -> Result<Option<String>, ApiError> {
    let value = app.homeserver.profiles.field(user, field)?;
    Ok(value.and_then(|value| value.as_str().map(str::to_owned)))
}

/// The account of this server that the path names.
pub(super) fn target<Q, B>(app: &App, asked: &Asked<Q, B>) -> Result<OwnedUserId, ApiError> {
    let user: OwnedUserId = asked.id(0)?;
    // Only its existence is asked for: what may be done to it, the directory decides.
    app.directory.account(&user).map(|account| account.user_id).ok_or_else(unknown)
}

fn unknown() -> ApiError {
    ApiError::not_found("There is no such account")
}
