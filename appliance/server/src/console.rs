//! What the console's API needs of parts that it does not know: settings, certificate, the machine. Its traits are
//! implemented here and plugged in by `wiring`.

mod certificates;
mod machine;
mod settings;

use std::sync::Arc;

use serde_json::Value;
use veche_acme::Certificates;
use veche_api::SiteFacts;
use veche_api::site::Facts;
use veche_directory::{Directory, RegistrationMode};
use veche_homeserver::Homeserver;

use crate::settings::{Loaded, RegistrationMode as Mode, Settings, entry};

pub(crate) use certificates::{CertificatePage, checked_upload, stored_choice};
pub(crate) use machine::ThisMachine;
pub(crate) use settings::SettingsPage;

/// The parts that follow a setting while the server runs.
#[derive(Clone)]
pub(crate) struct Followers {
    pub(crate) directory: Arc<Directory>,
    pub(crate) homeserver: Arc<Homeserver>,
    pub(crate) site: SiteFacts,
    pub(crate) certificates: Certificates,
}

impl Followers {
    /// Lets hold what applies at once; it may hold already.
    pub(crate) fn follow(&self, settings: &Settings) {
        self.directory.set_registration(registration(settings));
        self.homeserver.creation.set_encryption_policy(settings.rooms.encryption);
        self.site.set(Facts { name: settings.site.name.clone(), language: settings.site.language });
    }
}

/// Who may make an account, in the directory's own terms.
pub(crate) const fn registration(settings: &Settings) -> RegistrationMode {
    match settings.registration.mode {
        Mode::Closed => RegistrationMode::Closed,
        Mode::Token => RegistrationMode::Token,
        Mode::Open => RegistrationMode::Open,
    }
}

/// The settings that the wizard or the console may change, as they are stored; for both of them.
pub(crate) type Changes = Vec<(&'static str, Option<Value>)>;

/// A change that cannot be stored.
#[derive(Debug)]
pub(crate) struct BadChange {
    pub(crate) key: &'static str,
    /// Why not, in English.
    pub(crate) words: String,
}

/// What the next start would find if these changes were stored; fails if one cannot be.
pub(crate) fn with_changes(loaded: &Loaded, changes: &Changes) -> Result<Loaded, BadChange> {
    let mut next = loaded.clone();
    for (key, value) in changes {
        let bad = |words| BadChange { key, words };
        let entry = entry(key).ok_or_else(|| bad(format!("there is no setting {key}")))?;
        if !loaded.is_fixed(key) {
            next = next.with_value(entry, value.as_ref()).map_err(bad)?;
        }
    }
    Ok(next)
}
