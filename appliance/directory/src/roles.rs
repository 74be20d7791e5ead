//! Who may administer what: owners, administrators and their grants.
//!
//! - An owner may do everything, also to administrators, and to other owners' roles. Nobody but an owner makes one.
//! - An administrator does what he has been granted, gives no more than he has, and does nothing to other
//!   administrators: a stolen session of one must not be able to shut the others out.
//! - The machine's console may do all of it.

use ruma::UserId;
use serde_json::{Value, json};
use veche_store::sql::accounts::{self, Account, Kind, Role};
use veche_store::sql::grants::Grant;
use veche_store::sql::journal;

use crate::admin::AdminError;
use crate::directory::Directory;
use crate::journal::Authority;
use crate::registry::Change;

impl Directory {
    /// Gives an account this role, or takes every role from it.
    pub async fn set_role(&self, authority: &Authority, user: &UserId, role: Option<Role>) -> Result<(), AdminError> {
        let mut act = self.act(authority, "account.set_role", user.as_str(), json!({}));
        let (authority, user) = (authority.clone(), user.to_owned());
        self.commit(move |tx, changes| {
            let account = accounts::get(tx, &user)?.ok_or(AdminError::NotFound)?;
            check(&authority, &account, role)?;
            accounts::set_role(tx, &user, role)?;
            changes.extend(accounts::get(tx, &user)?.map(Change::Account));
            act.detail = json!({ "from": shown(account.role()), "to": shown(role) });
            Ok(journal::append(tx, &act)?)
        })
        .await
    }
}

fn check(authority: &Authority, account: &Account, role: Option<Role>) -> Result<(), AdminError> {
    if account.deactivated_ms.is_some() {
        return Err(AdminError::Deactivated);
    }
    if role.is_some() && account.kind == Kind::Guest {
        return Err(AdminError::Guest);
    }
    if authority.is_console() {
        return Ok(());
    }
    if account.user_id.as_str() == authority.name() || (account.admin && !authority.is_owner()) {
        return Err(AdminError::Administrator);
    }
    let may_give = match role {
        None => true,
        Some(Role::Owner) => authority.is_owner(),
        Some(Role::Administrator(grants)) => grants.is_within(authority.grants()),
    };
    if may_give { Ok(()) } else { Err(AdminError::Beyond) }
}

/// As the journal tells it.
fn shown(role: Option<Role>) -> Value {
    match role {
        None => json!({ "role": "user" }),
        Some(Role::Owner) => json!({ "role": "owner" }),
        Some(Role::Administrator(grants)) => {
            json!({ "role": "administrator", "grants": grants.iter().map(Grant::as_str).collect::<Vec<_>>() })
        }
    }
}
