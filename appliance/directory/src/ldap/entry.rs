//! An entry of a company directory, and what it says of a person.

use std::collections::HashMap;

use ruma::{OwnedUserId, ServerName};
use serde::{Deserialize, Serialize};

use super::cause::Cause;
use super::config::{Config, DisabledBy};
use crate::sign_in::cut;
use crate::username;

/// Bytes of each field that is kept of somebody's profile.
const FIELD_BYTES_MAX: usize = 255;
/// Bytes of what tells entries apart: 16 in Active Directory, 36 elsewhere.
const ID_BYTES_MAX: usize = 64;
/// Bytes of a name that is believed.
const DN_BYTES_MAX: usize = 2_000;
/// Active Directory's `ADS_UF_ACCOUNTDISABLE`.
const ACCOUNT_DISABLED: i64 = 0x2;
/// What stands for "now and until somebody unlocks it" in `pwdAccountLockedTime`.
const LOCKED_FOR_GOOD: &str = "000001010000Z";

/// An entry as it was received. Names of attributes are the same in capitals and small letters.
#[derive(Debug, Clone, Default)]
pub(super) struct Entry {
    pub(super) dn: String,
    attributes: HashMap<String, Vec<Vec<u8>>>,
    /// The directory has given only a part of some attribute's values.
    pub(super) is_partial: bool,
}

/// What the address book says of somebody, as the directory has it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// How somebody is called.
    pub name: Option<String>,
    /// The mail address.
    pub mail: Option<String>,
    /// The telephone number.
    pub phone: Option<String>,
    /// What somebody does.
    pub title: Option<String>,
    /// Where.
    pub department: Option<String>,
    /// For whom: the DN of another entry.
    pub manager: Option<String>,
}

/// What an entry says of a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mapped {
    pub(super) dn: String,
    /// In hex.
    pub(super) entry_id: String,
    /// What the account is called if it is made now.
    pub(super) login: Option<String>,
    pub(super) is_disabled: bool,
    pub(super) profile: Profile,
}

impl Entry {
    pub(super) fn new(dn: String) -> Self {
        Self { dn, ..Self::default() }
    }

    pub(super) fn add(&mut self, name: &str, values: Vec<Vec<u8>>) {
        let name = name.to_ascii_lowercase();
        // Of a large group, Active Directory gives `member;range=0-1499`.
        self.is_partial |= name.contains(";range=");
        self.attributes.entry(name).or_default().extend(values);
    }

    pub(super) fn bytes(&self, name: &str) -> Option<&[u8]> {
        Some(self.attributes.get(&name.to_ascii_lowercase())?.first()?.as_slice())
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        std::str::from_utf8(self.bytes(name)?).ok()
    }

    pub(super) fn texts(&self, name: &str) -> impl Iterator<Item = &str> {
        let values = self.attributes.get(&name.to_ascii_lowercase()).into_iter().flatten();
        values.filter_map(|value| std::str::from_utf8(value).ok())
    }

    /// What this person is, by the configuration.
    pub(super) fn map(&self, config: &Config) -> Result<Mapped, Cause> {
        let attributes = &config.attributes;
        let id = self.bytes(&attributes.id).filter(|id| !id.is_empty() && id.len() <= ID_BYTES_MAX);
        if self.dn.is_empty() || self.dn.len() > DN_BYTES_MAX {
            return Err(Cause::Incomplete("name"));
        }
        let field = |name: &Option<String>| field(self.text(name.as_ref()?)?);
        Ok(Mapped {
            dn: self.dn.clone(),
            entry_id: hex(id.ok_or(Cause::Incomplete("id"))?),
            login: config.login_attributes.first().and_then(|name| self.text(name)).map(str::to_owned),
            is_disabled: self.is_disabled(attributes.disabled),
            profile: Profile {
                name: field(&attributes.name),
                mail: field(&attributes.mail),
                phone: field(&attributes.phone),
                title: field(&attributes.title),
                department: field(&attributes.department),
                manager: field(&attributes.manager),
            },
        })
    }

    pub(super) fn is_disabled(&self, by: DisabledBy) -> bool {
        let Some(value) = by.attribute().and_then(|name| self.text(name)) else { return false };
        match by {
            DisabledBy::Nothing => false,
            // A number that cannot be read is no reason to let somebody in.
            DisabledBy::UserAccountControl => value.parse::<i64>().map_or(true, |flags| flags & ACCOUNT_DISABLED != 0),
            // Another time stands for too many wrong passwords, and ends by itself: whoever guesses signs nobody out.
            DisabledBy::PwdAccountLockedTime => value == LOCKED_FOR_GOOD,
            DisabledBy::NsAccountLock => value.eq_ignore_ascii_case("true"),
        }
    }
}

/// The account that somebody of this login name gets; `None` if that makes no name.
///
/// Letters that Matrix names cannot have are written as the specification's
/// [mapping](https://spec.matrix.org/v1.19/appendices/#mapping-from-other-character-sets) says.
pub(super) fn account_name(login: &str, server: &ServerName) -> Option<OwnedUserId> {
    let mut name = String::new();
    for byte in login.trim().bytes().map(|byte| byte.to_ascii_lowercase()) {
        match byte {
            b'a'..=b'z' | b'0'..=b'9' | b'.' | b'_' | b'-' | b'/' | b'+' => name.push(char::from(byte)),
            other => name.push_str(&format!("={other:02x}")),
        }
    }
    let is_taken = name.starts_with(username::GUEST_PREFIX);
    (!is_taken).then(|| username::chosen(&name, server)).flatten()
}

/// A value in a filter, for bytes that need not be text: every byte escaped (RFC 4515 §3).
pub(super) fn escaped_id(hex: &str) -> String {
    hex.as_bytes().chunks(2).map(|pair| format!("\\{}", String::from_utf8_lossy(pair))).collect()
}

/// DNs compare without regard to capitals, and to spaces beside commas.
pub(super) fn same_dn(dn: &str) -> String {
    dn.split(',').map(str::trim).collect::<Vec<_>>().join(",").to_lowercase()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn field(text: &str) -> Option<String> {
    let clean: String = text.chars().filter(|letter| !letter.is_control()).collect();
    Some(cut(clean.trim(), FIELD_BYTES_MAX)).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use ruma::server_name;

    use super::{DisabledBy, Entry, account_name, escaped_id, same_dn};

    #[test]
    fn login_names_become_names_of_accounts() {
        let cases = [
            ("alice", Some("@alice:ex.org")),
            (" Alice.Smith ", Some("@alice.smith:ex.org")),
            ("a@b", Some("@a=40b:ex.org")),
            ("жук", Some("@=d0=b6=d1=83=d0=ba:ex.org")),
            ("a=b", Some("@a=3db:ex.org")),
            ("", None),
            ("guest-1", None),
        ];
        for (login, account) in cases {
            assert_eq!(
                account_name(login, server_name!("ex.org")).as_ref().map(|id| id.as_str()),
                account,
                "{login:?}"
            );
        }
    }

    #[test]
    fn every_directory_has_its_way_to_say_disabled() {
        let cases = [
            (DisabledBy::UserAccountControl, "userAccountControl", "514", true),
            (DisabledBy::UserAccountControl, "useraccountcontrol", "512", false),
            (DisabledBy::UserAccountControl, "userAccountControl", "rubbish", true),
            (DisabledBy::PwdAccountLockedTime, "pwdAccountLockedTime", "000001010000Z", true),
            (DisabledBy::PwdAccountLockedTime, "pwdAccountLockedTime", "20260101120000Z", false),
            (DisabledBy::NsAccountLock, "nsaccountlock", "TRUE", true),
            (DisabledBy::NsAccountLock, "nsaccountlock", "FALSE", false),
            (DisabledBy::Nothing, "nsaccountlock", "TRUE", false),
        ];
        for (by, name, value, disabled) in cases {
            let mut entry = Entry::new("cn=a".to_owned());
            assert!(!entry.is_disabled(by), "an entry that does not say so is not disabled");
            entry.add(name, vec![value.as_bytes().to_vec()]);
            assert_eq!(entry.is_disabled(by), disabled, "{name} {value}");
        }
    }

    #[test]
    fn ids_are_escaped_byte_by_byte_and_dns_compare_loosely() {
        assert_eq!(escaped_id("00ff2a"), "\\00\\ff\\2a");
        assert_eq!(same_dn("CN=Ann Lee, OU=x,DC=org"), same_dn("cn=ann lee,ou=X ,dc=ORG"));
    }
}
