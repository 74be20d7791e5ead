//! The settings as the console sees and changes them.

use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde_json::Value;
use tokio::sync::Mutex;
use veche_api::admin::v1::settings::{Applies, Fixed, NewValue, Setting, SettingRefusal, SettingsDesk, Source};
use veche_directory::{Authority, NewSetting, StoreError};

use super::Followers;
use crate::settings::{ENTRIES, Entry, Loaded, default_value, entry};

/// The settings of the running server.
pub(crate) struct SettingsPage {
    /// As they were when the server started.
    started: Loaded,
    /// As the next start will find them. Held by whoever changes one, so that changes come one after another.
    next: Arc<Mutex<Loaded>>,
    followers: Followers,
}

impl SettingsPage {
    /// The settings with which the server has started.
    pub(crate) fn new(started: Loaded, followers: Followers) -> Self {
        let next = Arc::new(Mutex::new(started.clone()));
        Self { started, next, followers }
    }

    /// For others who change settings: the certificate's page.
    pub(crate) fn next(&self) -> Arc<Mutex<Loaded>> {
        Arc::clone(&self.next)
    }

    fn shown(&self, entry: &Entry, next: &Loaded) -> Setting {
        let source = next.source(entry.key);
        let fixed = match source {
            Source::CommandLine => Some(Fixed::CommandLine),
            Source::File => Some(Fixed::File),
            Source::Console | Source::Default => entry.fixed(),
        };
        let value = next.value(entry);
        let secret = entry.secret && !value.is_null();
        let waits = entry.applies() == Applies::AfterRestart && value != self.started.value(entry);
        Setting {
            key: entry.key.to_owned(),
            kind: entry.kind,
            choices: entry.choices.iter().map(ToString::to_string).collect(),
            value: if secret { Value::Null } else { value },
            default: default_value(entry),
            secret,
            source,
            fixed,
            applies: entry.applies(),
            pending: waits,
            security: entry.is_security(),
        }
    }

    async fn write(&self, authority: &Authority, new: NewValue) -> Result<(), SettingRefusal> {
        let entry = entry(&new.key).ok_or(SettingRefusal::Unknown)?;
        let mut next = self.next.lock().await;
        if let Some(fixed) = self.shown(entry, &next).fixed {
            return Err(SettingRefusal::Fixed(fixed));
        }
        let wanted = next.with_value(entry, new.value.as_ref()).map_err(SettingRefusal::Invalid)?;
        let change = NewSetting { key: new.key, value: new.value };
        let directory = &self.followers.directory;
        directory.change_settings(authority, vec![change], new.undoes).await.map_err(SettingRefusal::Internal)?;
        self.followers.follow(&wanted.settings);
        *next = wanted;
        Ok(())
    }
}

impl SettingsDesk for SettingsPage {
    fn list(&self) -> BoxFuture<'_, Result<Vec<Setting>, StoreError>> {
        async {
            let next = self.next.lock().await;
            Ok(ENTRIES.iter().map(|entry| self.shown(entry, &next)).collect())
        }
        .boxed()
    }

    fn get<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<Setting>, StoreError>> {
        async move {
            let next = self.next.lock().await;
            Ok(entry(key).map(|entry| self.shown(entry, &next)))
        }
        .boxed()
    }

    fn change<'a>(&'a self, authority: &'a Authority, new: NewValue) -> BoxFuture<'a, Result<(), SettingRefusal>> {
        self.write(authority, new).boxed()
    }
}
