//! Profiles of local users: names, pictures and custom fields; the search among people.
//!
//! A display name and a picture are also part of the member events of each room; [`Profiles::set`] carries a change
//! there. The profile is the truth, the rooms follow as far as their rules let them.

mod propagate;
mod search;

pub use self::search::{Found, FoundUser};

use std::{collections::BTreeMap, sync::Arc};

use ruma::UserId;
use serde_json::{Map, Value};
use veche_base::limits;
use veche_store::{Error, Json, Txn, records::users::ProfileKey};

use crate::{core::Core, membership::UserRooms, rooms::Rooms, timeline::Timeline};

/// The name that others see.
pub const DISPLAY_NAME: &str = "displayname";
/// The picture that others see.
pub const AVATAR_URL: &str = "avatar_url";
/// The longest `mxc:` address of a picture.
const AVATAR_URL_BYTES_MAX: usize = 1_000;
/// Custom fields of one profile.
const FIELDS_MAX: usize = 100;

/// Why a profile was not changed.
#[derive(Debug, thiserror::Error)]
pub enum SetProfileError {
    /// There is no such user here.
    #[error("there is no such user")]
    UnknownUser,
    /// The field's name is longer than a name may be.
    #[error("the name of the field is longer than {} bytes", limits::ID_BYTES_MAX)]
    NameTooLong,
    /// The field's name or value is not one that a profile may have.
    #[error("{0}")]
    Invalid(&'static str),
    /// The profile would be larger than one may be.
    #[error("a profile may have {} bytes and {FIELDS_MAX} fields", limits::PROFILE_BYTES_MAX)]
    TooLarge,
    /// The store failed or refused.
    #[error(transparent)]
    Internal(#[from] Error),
}

/// The profiles of local users.
pub struct Profiles {
    core: Arc<Core>,
    rooms: Arc<Rooms>,
    user_rooms: Arc<UserRooms>,
    timeline: Arc<Timeline>,
}

impl Profiles {
    /// Over these parts.
    pub fn new(core: Arc<Core>, rooms: Arc<Rooms>, user_rooms: Arc<UserRooms>, timeline: Arc<Timeline>) -> Self {
        Self { core, rooms, user_rooms, timeline }
    }

    /// One field of a profile.
    pub fn field(&self, user: &UserId, field: &str) -> Result<Option<Value>, Error> {
        let key = ProfileKey { user: user.to_owned(), field: field.to_owned() };
        Ok(self.core.store.get(&key)?.and_then(|json| json.parse().ok()))
    }

    /// The whole profile of a local user; `None` if there is no such user, or no longer.
    pub fn all(&self, user: &UserId) -> Result<Option<BTreeMap<String, Value>>, Error> {
        if !self.core.directory.is_active(user) {
            return Ok(None);
        }
        let mut fields = BTreeMap::new();
        for row in self.core.store.scan::<ProfileKey>((user,)) {
            let (key, json) = row?;
            fields.extend(json.parse().ok().map(|value: Value| (key.field, value)));
        }
        Ok(Some(fields))
    }

    /// Sets a field, or takes it away with `None` (as an empty name or picture does), and tells the user's rooms of a
    /// new name or picture.
    pub async fn set(&self, user: &UserId, field: &str, value: Option<Value>) -> Result<(), SetProfileError> {
        if !self.core.directory.is_active(user) {
            return Err(SetProfileError::UnknownUser);
        }
        check_name(field)?;
        let is_standard = matches!(field, DISPLAY_NAME | AVATAR_URL);
        let value = value.filter(|value| !(is_standard && matches!(value.as_str(), Some(""))));
        if let Some(value) = &value {
            check_value(field, value)?;
        }
        let json = value.as_ref().map(Json::new).transpose();
        let json = json.map_err(|_| SetProfileError::Invalid("the value is not JSON"))?;
        let key = ProfileKey { user: user.to_owned(), field: field.to_owned() };
        let changed = self.core.store.commit(move |txn| write(txn, &key, json)).await?;
        if changed && is_standard {
            self.propagate(user).await;
        }
        Ok(())
    }

    /// Forgets the whole profile of an account that is gone.
    pub(crate) async fn forget(&self, user: &UserId) -> Result<(), Error> {
        self.core.delete_all::<ProfileKey>((user,)).await
    }

    /// What a member event says of a user: his display name and picture, where he has them.
    pub(crate) fn member_content(&self, user: &UserId) -> Result<Map<String, Value>, Error> {
        let mut content = Map::new();
        for field in [DISPLAY_NAME, AVATAR_URL] {
            if let Some(value) = self.field(user, field)? {
                content.insert(field.to_owned(), value);
            }
        }
        Ok(content)
    }

    fn text(&self, user: &UserId, field: &str) -> Result<Option<String>, Error> {
        Ok(self.field(user, field)?.and_then(|value| value.as_str().map(str::to_owned)))
    }
}

/// The common grammar of namespaced identifiers (spec: "Common Namespaced Identifier Grammar").
fn check_name(field: &str) -> Result<(), SetProfileError> {
    if field.len() > limits::ID_BYTES_MAX {
        return Err(SetProfileError::NameTooLong);
    }
    let starts_well = field.starts_with(|c: char| c.is_ascii_lowercase());
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_' | '.');
    if !starts_well || !field.chars().all(allowed) {
        return Err(SetProfileError::Invalid("the name of the field is not one that a profile field may have"));
    }
    Ok(())
}

fn check_value(field: &str, value: &Value) -> Result<(), SetProfileError> {
    let (text, bytes_max) = match field {
        DISPLAY_NAME => (value.as_str(), limits::DISPLAY_NAME_BYTES_MAX),
        AVATAR_URL => (value.as_str().filter(|url| url.starts_with("mxc://")), AVATAR_URL_BYTES_MAX),
        "m.tz" => (value.as_str(), limits::ID_BYTES_MAX),
        _ => return Ok(()),
    };
    match text {
        None if field == AVATAR_URL => Err(SetProfileError::Invalid("a picture is named by an mxc: address")),
        None => Err(SetProfileError::Invalid("the value must be a text")),
        Some(text) if text.len() > bytes_max => Err(SetProfileError::Invalid("the value is too long")),
        Some(_) => Ok(()),
    }
}

/// Whether the field changed.
fn write(txn: &mut Txn, key: &ProfileKey, json: Option<Json>) -> Result<bool, SetProfileError> {
    let before = txn.get(key)?;
    if before == json {
        return Ok(false);
    }
    let Some(json) = json else {
        txn.delete(key);
        return Ok(true);
    };
    let others = txn.scan::<ProfileKey>((&key.user,))?;
    let others: Vec<_> = others.iter().filter(|(other, _)| other != key).collect();
    let bytes: usize = others.iter().map(|(other, json)| other.field.len() + json.0.len()).sum();
    if bytes + key.field.len() + json.0.len() > limits::PROFILE_BYTES_MAX || others.len() >= FIELDS_MAX {
        return Err(SetProfileError::TooLarge);
    }
    txn.put(key, &json);
    Ok(true)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{check_name, check_value};

    #[test]
    fn field_names_follow_the_common_grammar() {
        for (name, fits) in [
            ("displayname", true),
            ("org.example.job-title_2", true),
            ("", false),
            ("Big", false),
            ("9lives", false),
            ("with space", false),
            ("имя", false),
        ] {
            assert_eq!(check_name(name).is_ok(), fits, "{name}");
        }
        assert!(check_name(&"a".repeat(255)).is_ok());
        assert!(check_name(&"a".repeat(256)).is_err());
    }

    #[test]
    fn values_of_standard_fields_are_texts_of_bounded_length() {
        for (field, value, fits) in [
            ("displayname", json!("Анна"), true),
            ("displayname", json!(1), false),
            ("displayname", json!("n".repeat(513)), false),
            ("avatar_url", json!("mxc://x/y"), true),
            ("avatar_url", json!("https://x/y"), false),
            ("org.example.anything", json!({"a": [1]}), true),
        ] {
            assert_eq!(check_value(field, &value).is_ok(), fits, "{field}");
        }
    }
}
