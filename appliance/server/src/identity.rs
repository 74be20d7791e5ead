//! The server's name, kept with its data: user ids, rooms and signatures carry it, so it cannot change.

use std::path::Path;

use ruma::OwnedServerName;
use veche_store::sql::{self, Sql, accounts, settings};

use crate::exit::Failure;
use crate::settings::{DEFAULT_FILE, Loaded, default_file};

/// Its key among the stored settings.
const KEY: &str = "server.name";

/// Writes the name down at the first start, and refuses to start under another one once there are accounts.
pub(crate) fn keep(database: &Sql, loaded: &Loaded) -> Result<(), Failure> {
    let name = &loaded.settings.server.name;
    let kept = keep_name(database, name.clone())?;
    if kept == *name {
        return Ok(());
    }
    let reason =
        format!("this data belongs to the server {kept}, whose user ids carry that name; it cannot become {name}");
    Err(loaded.complaint(KEY, reason).into())
}

/// The name for a command that is given no settings: the one kept with the data, else that of `DIR/veche.toml`,
/// which is kept from then on.
pub(crate) fn of_data(database: &Sql, dir: &Path) -> Result<OwnedServerName, Failure> {
    let kept = database.read_blocking(|view| settings::get::<OwnedServerName>(view, KEY)).map_err(Failure::new)?;
    if let Some(name) = kept {
        return Ok(name);
    }
    match default_file(dir) {
        Some(file) => keep_name(database, Loaded::read(Some(&file), &[])?.settings.server.name),
        None => Err(Failure::new(format_args!(
            "the server's name is not known yet; set the server up, or write server.name into {}",
            dir.join(DEFAULT_FILE).display()
        ))),
    }
}

/// Keeps `name` unless there are accounts under another one; gives the name that holds.
fn keep_name(database: &Sql, name: OwnedServerName) -> Result<OwnedServerName, Failure> {
    let kept = database.write_blocking(move |tx| -> Result<OwnedServerName, sql::Error> {
        match settings::get::<OwnedServerName>(tx, KEY)? {
            Some(kept) if kept == name || !accounts::all(tx)?.is_empty() => Ok(kept),
            _ => settings::set(tx, KEY, &name).map(|()| name),
        }
    });
    kept.map_err(Failure::new)
}
