//! Profiles of local users: names, pictures and custom fields.

use std::sync::Arc;

use ruma::UserId;
use serde_json::{Map, Value};
use veche_store::{Error, records::users::ProfileKey};

use crate::core::Core;

/// The profiles of local users.
pub struct Profiles {
    core: Arc<Core>,
}

impl Profiles {
    /// Over this core.
    pub fn new(core: Arc<Core>) -> Self {
        Self { core }
    }

    /// One field of a profile.
    pub fn field(&self, user: &UserId, field: &str) -> Result<Option<Value>, Error> {
        let key = ProfileKey { user: user.to_owned(), field: field.to_owned() };
        Ok(self.core.store.get(&key)?.and_then(|json| json.parse().ok()))
    }

    /// What a member event says of a user: his display name and picture, where he has them.
    pub(crate) fn member_content(&self, user: &UserId) -> Result<Map<String, Value>, Error> {
        let mut content = Map::new();
        for field in ["displayname", "avatar_url"] {
            if let Some(value) = self.field(user, field)? {
                content.insert(field.to_owned(), value);
            }
        }
        Ok(content)
    }
}
