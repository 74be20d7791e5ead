//! Every setting by its name: what the console shows of it, and what it may change.
//!
//! A test compares this with the example file, so a new setting is a new line here.

use veche_api::admin::v1::settings::{Applies, Fixed, Kind};

/// What there is to know about a setting beyond its value.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Entry {
    /// `section.key`.
    pub(crate) key: &'static str,
    /// What kind of value it takes.
    pub(crate) kind: Kind,
    /// The values of a choice.
    pub(crate) choices: &'static [&'static str],
    /// What it is if nobody sets it, as in the settings file; nothing: it is not set then.
    pub(crate) default: Option<&'static str>,
    /// It is never shown.
    pub(crate) secret: bool,
    /// Who may change it.
    pub(crate) handling: Handling,
}

/// Who may change a setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Handling {
    /// The settings file and the command line alone.
    Machine,
    /// The wizard, once; then it belongs to the data.
    Wizard,
    /// The page of the certificate.
    Certificate,
    /// The console.
    Console { applies: Applies, security: bool },
}

impl Entry {
    /// Whether its value may lie with the data.
    pub(crate) fn is_stored(&self) -> bool {
        self.handling != Handling::Machine
    }

    /// Why it cannot be changed by name in the console.
    pub(crate) fn fixed(&self) -> Option<Fixed> {
        match self.handling {
            Handling::Machine | Handling::Wizard => Some(Fixed::Machine),
            Handling::Certificate => Some(Fixed::Elsewhere),
            Handling::Console { .. } => None,
        }
    }

    /// When a change holds.
    pub(crate) fn applies(&self) -> Applies {
        match self.handling {
            Handling::Console { applies, .. } => applies,
            Handling::Certificate => Applies::AtOnce,
            Handling::Machine | Handling::Wizard => Applies::AfterRestart,
        }
    }

    /// Whether it is of the site's security.
    pub(crate) fn is_security(&self) -> bool {
        matches!(self.handling, Handling::Console { security: true, .. } | Handling::Certificate)
    }
}

/// The setting of this name.
pub(crate) fn entry(key: &str) -> Option<&'static Entry> {
    ENTRIES.iter().find(|entry| entry.key == key)
}

const fn machine(key: &'static str, kind: Kind, default: Option<&'static str>) -> Entry {
    Entry { key, kind, choices: &[], default, secret: false, handling: Handling::Machine }
}

const fn choice(key: &'static str, choices: &'static [&'static str], default: Option<&'static str>) -> Entry {
    Entry { choices, ..machine(key, Kind::Choice, default) }
}

const fn secret(key: &'static str) -> Entry {
    Entry { secret: true, ..machine(key, Kind::Text, None) }
}

impl Entry {
    const fn by(self, handling: Handling) -> Self {
        Self { handling, ..self }
    }
}

const AT_ONCE: Handling = Handling::Console { applies: Applies::AtOnce, security: false };
const SECURITY: Handling = Handling::Console { applies: Applies::AtOnce, security: true };
const AFTER_RESTART: Handling = Handling::Console { applies: Applies::AfterRestart, security: false };

/// All settings, in the order of the example file.
pub(crate) const ENTRIES: [Entry; 37] = [
    choice("role", &["site"], Some("\"site\"")),
    machine("server.name", Kind::Text, Some("\"localhost\"")).by(Handling::Wizard),
    machine("server.public_url", Kind::Text, None),
    machine("listen.http", Kind::Text, Some("\"127.0.0.1:8080\"")),
    machine("listen.https", Kind::Text, Some("\"0.0.0.0:8443\"")),
    machine("listen.redirect", Kind::Text, Some("\"off\"")),
    machine("listen.turn", Kind::Text, Some("\"0.0.0.0:3478\"")),
    machine("listen.sfu", Kind::Text, Some("\"0.0.0.0:7882\"")),
    machine("listen.ice_tcp", Kind::Text, Some("\"0.0.0.0:7881\"")),
    choice("registration.mode", &["closed", "token", "open"], Some("\"closed\"")).by(SECURITY),
    secret("registration.shared_secret"),
    choice("rooms.default_version", &["12", "11", "10"], Some("\"12\"")).by(AFTER_RESTART),
    choice("rooms.encryption", &["private", "managed"], Some("\"managed\"")).by(SECURITY),
    machine("site.name", Kind::Text, None).by(AT_ONCE),
    choice("site.language", &["en", "ru"], None).by(AT_ONCE),
    machine("presence.enabled", Kind::Switch, Some("true")).by(AFTER_RESTART),
    choice("limits.rates", &["on", "off"], Some("\"on\"")),
    machine("limits.upload_bytes_max", Kind::Bytes, Some("104857600")).by(AFTER_RESTART),
    machine("limits.uploads_per_user_bytes_max", Kind::Bytes, Some("21474836480")).by(AFTER_RESTART),
    machine("limits.connections_max", Kind::Number, Some("4096")),
    machine("limits.connections_per_address_max", Kind::Number, Some("1024")),
    machine("network.trusted_proxies", Kind::List, Some("[]")),
    machine("network.proxy_protocol_from", Kind::List, Some("[]")),
    choice("network.outbound", &["public", "private", "loopback"], Some("\"public\"")),
    machine("network.external_address", Kind::List, None),
    machine("network.relay_peers", Kind::List, Some("[]")),
    choice("tls.source", &["own", "upload", "acme"], Some("\"own\"")).by(Handling::Certificate),
    machine("tls.acme_directory", Kind::Text, Some("\"https://acme-v02.api.letsencrypt.org/directory\""))
        .by(Handling::Certificate),
    choice("tls.acme_challenge", &["http-01", "tls-alpn-01"], Some("\"http-01\"")).by(Handling::Certificate),
    machine("tls.acme_contact", Kind::Text, None).by(Handling::Certificate),
    machine("tls.acme_eab_key_id", Kind::Text, None),
    secret("tls.acme_eab_secret"),
    machine("tls.extra_ca", Kind::Text, None),
    choice("log.format", &["text", "json"], Some("\"text\"")),
    machine("log.level", Kind::Text, Some("\"info\"")),
    machine("storage.reserve_bytes", Kind::Bytes, None),
    machine("setup.skip", Kind::Switch, Some("false")),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde::Deserialize;
    use toml::{Table, Value};

    use super::{ENTRIES, entry};
    use crate::settings::Settings;

    const EXAMPLE: &str = include_str!("../../../../veche.example.toml");

    /// The names in the example file, commented out or not.
    fn named() -> BTreeSet<String> {
        let mut section = String::new();
        let mut found = BTreeSet::new();
        for line in EXAMPLE.lines() {
            if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
                section = format!("{name}.");
            }
            let setting = line.strip_prefix("# ").and_then(|rest| rest.split_once(" = "));
            if let Some((key, _)) =
                setting.filter(|(key, _)| key.bytes().all(|it| it.is_ascii_lowercase() || it == b'_'))
            {
                found.insert(format!("{section}{key}"));
            }
        }
        found
    }

    #[test]
    fn every_setting_is_here_once() {
        let here: BTreeSet<String> = ENTRIES.iter().map(|entry| entry.key.to_owned()).collect();
        assert_eq!(here.len(), ENTRIES.len());
        assert_eq!(here, named());
        assert!(entry("registration.mode").is_some() && entry("registration").is_none());
    }

    #[test]
    fn defaults_are_what_the_settings_have() {
        let fresh = format!("{:?}", Settings::default());
        for entry in ENTRIES {
            let Some(default) = entry.default else { continue };
            let value: Table = toml::from_str(&format!("value = {default}")).unwrap();
            let mut value = value["value"].clone();
            for part in entry.key.rsplit('.') {
                value = Value::Table(Table::from_iter([(part.to_owned(), value)]));
            }
            let settings = Settings::deserialize(value).unwrap();
            assert_eq!(format!("{settings:?}"), fresh, "{}", entry.key);
        }
    }

    #[test]
    fn every_choice_is_one() {
        for entry in ENTRIES.iter().filter(|entry| !entry.choices.is_empty()) {
            for choice in entry.choices {
                let mut value = Value::String((*choice).to_owned());
                for part in entry.key.rsplit('.') {
                    value = Value::Table(Table::from_iter([(part.to_owned(), value)]));
                }
                assert!(Settings::deserialize(value).is_ok(), "{} = {choice}", entry.key);
            }
        }
    }
}
