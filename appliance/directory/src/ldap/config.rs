//! How a company directory is reached and read: what an administrator says, checked before it is kept.

use ldap3::parse_filter;
use serde::{Deserialize, Serialize};
use veche_runtime::outbound::{Dialer, Trust};

/// Bytes of a DN, a filter or an address.
const TEXT_BYTES_MAX: usize = 1_000;
/// Bytes of an attribute's name.
const ATTRIBUTE_BYTES_MAX: usize = 100;
/// Bytes of the certificates that are trusted.
const CA_BYTES_MAX: usize = 64 * 1_024;
/// Servers of one directory, and attributes by which people are found.
const LIST_MAX: usize = 5;

/// One directory, all but its name and the server's password.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Config {
    /// Its servers, tried in this order: `ldaps://host[:port]`, or `ldap://host[:port]` with StartTLS.
    pub urls: Vec<String>,
    /// The authority that its certificates are signed by, in PEM; those of the machine when `None`.
    pub ca_pem: Option<String>,
    /// Who the server signs in as.
    pub bind_dn: String,
    /// Below which people and groups are looked for.
    pub base_dn: String,
    /// Which entries are people (RFC 4515).
    pub user_filter: String,
    /// By which attributes somebody who signs in is found; the first one makes the account's name.
    pub login_attributes: Vec<String>,
    /// Who may enter: members of this group, also through groups in it. Everybody when `None`.
    pub group_dn: Option<String>,
    /// The directory looks through groups in groups itself (Active Directory's matching rule in chain).
    pub group_in_chain: bool,
    /// Which attributes say what.
    pub attributes: Attributes,
}

/// Attributes of people's entries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attributes {
    /// What stays the same when somebody is renamed or moved: `objectGUID`, `entryUUID`, `ipaUniqueID`.
    pub id: String,
    /// What grows with every change, by which those since the last time are found: `uSNChanged`, `modifyTimestamp`.
    pub changed: String,
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
    /// By what an entry is known as disabled.
    pub disabled: DisabledBy,
}

/// How a directory marks who may not sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DisabledBy {
    /// Not at all.
    Nothing,
    /// Active Directory: bit 2 of `userAccountControl`.
    UserAccountControl,
    /// OpenLDAP's password policy: `pwdAccountLockedTime` says from when on.
    PwdAccountLockedTime,
    /// FreeIPA and 389: `nsAccountLock` is true.
    NsAccountLock,
}

impl DisabledBy {
    pub(super) const fn attribute(self) -> Option<&'static str> {
        match self {
            Self::Nothing => None,
            Self::UserAccountControl => Some("userAccountControl"),
            Self::PwdAccountLockedTime => Some("pwdAccountLockedTime"),
            Self::NsAccountLock => Some("nsAccountLock"),
        }
    }
}

/// What is wrong with a configuration: the field, and why in English.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConfigFault {
    /// As it is called here, `attributes.` before those of [`Attributes`].
    pub field: &'static str,
    /// A stable word.
    pub code: &'static str,
}

/// Where a server is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Url {
    pub(super) host: String,
    pub(super) port: u16,
    /// TLS begins after a question in the clear, and not with the connection.
    pub(super) start_tls: bool,
}

impl Url {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (rest, start_tls) = match text.strip_prefix("ldaps://") {
            Some(rest) => (rest, false),
            None => (text.strip_prefix("ldap://")?, true),
        };
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        let (host, port) = match rest.strip_prefix('[') {
            Some(rest) => rest.split_once(']').map(|(host, port)| (host, port.strip_prefix(':')))?,
            None => rest.split_once(':').map_or((rest, None), |(host, port)| (host, Some(port))),
        };
        let is_usual = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b':' | b'_');
        if host.is_empty() || host.len() > 255 || !host.bytes().all(is_usual) {
            return None;
        }
        let usual = if start_tls { 389 } else { 636 };
        let port = port.map_or(Some(usual), |port| port.parse().ok().filter(|port| *port != 0))?;
        Some(Self { host: host.to_owned(), port, start_tls })
    }
}

impl Config {
    /// Fails with the first field that cannot be used.
    pub fn check(&self) -> Result<(), ConfigFault> {
        let fault = |field, code| Err(ConfigFault { field, code });
        if self.urls.is_empty() || self.urls.len() > LIST_MAX {
            return fault("urls", "count");
        }
        if self.urls.iter().any(|url| Url::parse(url).is_none()) {
            return fault("urls", "bad_url");
        }
        if self.ca_pem.as_ref().is_some_and(|pem| pem.len() > CA_BYTES_MAX) || Dialer::check(&self.trust()).is_err() {
            return fault("ca_pem", "bad_ca");
        }
        let texts =
            [("bind_dn", Some(&self.bind_dn)), ("base_dn", Some(&self.base_dn)), ("group_dn", self.group_dn.as_ref())];
        for (field, text) in texts {
            if text.is_some_and(|text| !is_text(text)) {
                return fault(field, "bad_text");
            }
        }
        if !is_text(&self.user_filter) || parse_filter(&self.user_filter).is_err() {
            return fault("user_filter", "bad_filter");
        }
        if self.login_attributes.is_empty() || self.login_attributes.len() > LIST_MAX {
            return fault("login_attributes", "count");
        }
        if !self.login_attributes.iter().all(|name| is_attribute(name)) {
            return fault("login_attributes", "bad_attribute");
        }
        match self.attributes.named().into_iter().find(|(_, name)| !is_attribute(name)) {
            Some((field, _)) => fault(field, "bad_attribute"),
            None => Ok(()),
        }
    }

    pub(super) fn trust(&self) -> Trust {
        self.ca_pem.as_ref().map_or(Trust::Machine, |pem| Trust::Only(pem.clone().into_bytes()))
    }

    /// What is asked of people's entries.
    pub(super) fn wanted(&self) -> Vec<&str> {
        let mut wanted: Vec<&str> = self.login_attributes.iter().map(String::as_str).collect();
        wanted.extend(self.attributes.named().into_iter().map(|(_, name)| name));
        wanted.extend(self.attributes.disabled.attribute());
        wanted
    }
}

impl Attributes {
    fn named(&self) -> Vec<(&'static str, &str)> {
        let named = [
            ("attributes.id", Some(&self.id)),
            ("attributes.changed", Some(&self.changed)),
            ("attributes.name", self.name.as_ref()),
            ("attributes.mail", self.mail.as_ref()),
            ("attributes.phone", self.phone.as_ref()),
            ("attributes.title", self.title.as_ref()),
            ("attributes.department", self.department.as_ref()),
            ("attributes.manager", self.manager.as_ref()),
        ];
        named.into_iter().filter_map(|(field, name)| Some((field, name?.as_str()))).collect()
    }
}

fn is_text(text: &str) -> bool {
    !text.is_empty() && text.len() <= TEXT_BYTES_MAX && !text.chars().any(char::is_control)
}

/// RFC 4512 §1.4: a short name or an OID.
fn is_attribute(name: &str) -> bool {
    let is_usual = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
    !name.is_empty() && name.len() <= ATTRIBUTE_BYTES_MAX && name.bytes().all(is_usual)
}
