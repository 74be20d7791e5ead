//! Of whom a user does not want to hear: whom he ignores, and whether he takes invites. Read for every sync and every
//! event that may notify him.

use std::{collections::HashSet, sync::Arc};

use ruma::UserId;
use serde_json::Value;
use veche_store::{
    Error, StreamPosition,
    records::users::{AccountData as Record, AccountDataKey},
};

use super::AccountData;

/// The list of users whose messages are not shown.
pub(super) const IGNORED_USERS: &str = "m.ignored_user_list";
/// Whether invites are taken (spec: "Invite permission").
pub(super) const INVITE_PERMISSION: &str = "m.invite_permission_config";
/// The `default_action` of a user who takes no invites. With any other, or none, he takes them.
const BLOCK: &str = "block";

/// Whether a user takes invites.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct InviteChoice {
    /// He takes none: who invites him is refused, and invites that are there already are not shown.
    pub blocked: bool,
    /// When he last said so or otherwise; zero if he never did.
    pub position: StreamPosition,
}

/// What a user chose.
#[derive(Clone)]
pub(super) struct Choices {
    ignored: Arc<HashSet<String>>,
    invites: InviteChoice,
}

impl AccountData {
    /// The users that this one ignores (`m.ignored_user_list`).
    pub fn ignored_users(&self, user: &UserId) -> Result<Arc<HashSet<String>>, Error> {
        Ok(self.choices(user)?.ignored)
    }

    /// Whether this user takes invites (`m.invite_permission_config`).
    pub fn invite_choice(&self, user: &UserId) -> Result<InviteChoice, Error> {
        Ok(self.choices(user)?.invites)
    }

    fn choices(&self, user: &UserId) -> Result<Choices, Error> {
        self.kept.choices.get(user, || {
            let record = |kind: &str| {
                let key = AccountDataKey { user: user.to_owned(), room: None, kind: kind.to_owned() };
                self.core.store.get(&key)
            };
            let invites = record(INVITE_PERMISSION)?.map(|record| invite_choice(&record)).unwrap_or_default();
            let ignored = record(IGNORED_USERS)?.map(|record| ignored(&record)).unwrap_or_default();
            Ok(Choices { ignored: Arc::new(ignored), invites })
        })
    }
}

/// Clients write this as they like; what is no list of users ignores nobody.
fn ignored(record: &Record) -> HashSet<String> {
    let list = record.json.parse::<Value>().ok();
    let users = list.as_ref().and_then(|list| list.get("ignored_users")).and_then(Value::as_object);
    users.map(|users| users.keys().cloned().collect()).unwrap_or_default()
}

fn invite_choice(record: &Record) -> InviteChoice {
    let config = record.json.parse::<Value>().ok();
    let action = config.as_ref().and_then(|config| config.get("default_action")).and_then(Value::as_str);
    InviteChoice { blocked: action == Some(BLOCK), position: record.position }
}
