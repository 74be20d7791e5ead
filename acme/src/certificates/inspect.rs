//! Looks for damage in a folder of certificates that no server uses now, and changes nothing.

use std::path::{Path, PathBuf};

use super::renewal::{ACME_FILE, SCHEDULE_FILE};
use super::{OWN_FILE, UPLOADED_FILE};
use crate::credential::Credential;
use crate::folder::{Folder, FolderError};
use crate::own::{OwnAuthority, OwnError, ROOT_FILE};
use crate::schedule::Schedule;

/// A file that a server could not use as it is.
#[derive(Debug, thiserror::Error)]
#[error("{path}: {reason}")]
pub struct DamagedFile {
    /// The file.
    pub path: PathBuf,
    /// What is wrong with it.
    pub reason: String,
}

/// The damaged files of the folder. What is missing is no damage: it is made at the next start, or was never there.
pub fn inspect(folder: &Path) -> Result<Vec<DamagedFile>, FolderError> {
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let opened = Folder::open(folder)?;
    let mut found = Vec::new();
    let mut add = |name: &str, reason: &str| {
        found.push(DamagedFile { path: folder.join(name), reason: reason.to_owned() });
    };
    match OwnAuthority::read(&opened) {
        Ok(_) => {}
        Err(OwnError::Folder(error)) => return Err(error),
        Err(OwnError::Damaged | OwnError::Generate(_)) => add(ROOT_FILE, "the root or its key is damaged"),
    }
    for name in [OWN_FILE, UPLOADED_FILE, ACME_FILE] {
        let read = opened.read(name)?.map(|file| Credential::read(&file));
        if let Some(Err(damaged)) = read {
            add(name, &damaged.to_string());
        }
    }
    let schedule = opened.read(SCHEDULE_FILE)?.map(|file| serde_json::from_slice::<Schedule>(&file));
    if let Some(Err(_)) = schedule {
        add(SCHEDULE_FILE, "what is known about orders is damaged");
    }
    Ok(found)
}
