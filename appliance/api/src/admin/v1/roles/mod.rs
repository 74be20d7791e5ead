//! Roles: who may administer what. Nobody gives more than he has; only owners take something from an administrator.

mod list;
mod put;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use veche_directory::{Account, Grant, Grants, Role};

use crate::app::App;
use crate::typed::{Operation, Typed};

/// Registers the area.
pub(super) fn register(typed: Typed<App>) -> Typed<App> {
    typed.add(Operation::get("roles.list", "/api/admin/v1/roles", "Who administers the server"), list::list).add(
        Operation::put(
            "roles.put",
            "/api/admin/v1/users/{user_id}/role",
            "Gives an account a role, or takes it; needs a fresh proof",
        )
        .fresh(),
        put::put,
    )
}

/// What somebody is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "Role")]
pub(super) enum RoleName {
    /// Uses the server.
    User,
    /// Does what he has been granted.
    Administrator,
    /// May do everything, also to administrators.
    Owner,
}

impl RoleName {
    pub(super) fn of(account: &Account) -> Self {
        match account.role() {
            None => Self::User,
            Some(Role::Administrator(_)) => Self::Administrator,
            Some(Role::Owner) => Self::Owner,
        }
    }
}

/// A part of the administration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "Grant")]
pub(super) enum GrantName {
    /// Accounts, their devices, invitations.
    Users,
    /// Rooms, without what is said in them.
    Rooms,
    /// Settings, certificate, logs, the state of the machine.
    System,
    /// Snapshots.
    Backups,
    /// Bots and webhooks.
    Bots,
}

impl From<Grant> for GrantName {
    fn from(grant: Grant) -> Self {
        match grant {
            Grant::Users => Self::Users,
            Grant::Rooms => Self::Rooms,
            Grant::System => Self::System,
            Grant::Backups => Self::Backups,
            Grant::Bots => Self::Bots,
        }
    }
}

impl From<GrantName> for Grant {
    fn from(name: GrantName) -> Self {
        match name {
            GrantName::Users => Self::Users,
            GrantName::Rooms => Self::Rooms,
            GrantName::System => Self::System,
            GrantName::Backups => Self::Backups,
            GrantName::Bots => Self::Bots,
        }
    }
}

pub(super) fn names(grants: Grants) -> Vec<GrantName> {
    grants.iter().map(GrantName::from).collect()
}
