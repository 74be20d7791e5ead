//! The server's name, kept with its data: user ids, rooms and signatures carry it, so it cannot change.

use std::path::Path;

use ruma::OwnedServerName;
use veche_store::sql::{self, Sql, accounts, settings};

use crate::exit::Failure;
use crate::settings::{Loaded, Settings, default_file};

/// Its key among the stored settings.
const KEY: &str = "server.name";

/// Writes the name down at the first start, and refuses to start under another one once there are accounts.
pub(crate) fn keep(database: &Sql, loaded: &Loaded) -> Result<(), Failure> {
    let name = loaded.settings.server.name.clone();
    let wanted = name.clone();
    let kept = database.write_blocking(move |tx| -> Result<OwnedServerName, sql::Error> {
        match settings::get::<OwnedServerName>(tx, KEY)? {
            Some(kept) if kept == wanted || !accounts::all(tx)?.is_empty() => Ok(kept),
            _ => settings::set(tx, KEY, &wanted).map(|()| wanted),
        }
    });
    let kept = kept.map_err(Failure::new)?;
    if kept == name {
        return Ok(());
    }
    let reason =
        format!("this data belongs to the server {kept}, whose user ids carry that name; it cannot become {name}");
    Err(loaded.complaint(KEY, reason).into())
}

/// The name for a command that is given no settings: the one kept with the data, else that of `DIR/veche.toml`.
pub(crate) fn of_data(database: &Sql, dir: &Path) -> Result<OwnedServerName, Failure> {
    let kept = database.read_blocking(|view| settings::get::<OwnedServerName>(view, KEY)).map_err(Failure::new)?;
    if let Some(name) = kept {
        return Ok(name);
    }
    match default_file(dir) {
        Some(file) => {
            let Settings { server, .. } = Loaded::read(Some(&file), &[])?.settings;
            Ok(server.name)
        }
        None => Err(Failure::new(format!(
            "the server's name is not known yet; start the server once, or set server.name in {}",
            dir.join(crate::settings::DEFAULT_FILE).display()
        ))),
    }
}
