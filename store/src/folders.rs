//! Folders that survive a power cut: an entry is on the disk only once the folder that holds it was synced.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;

use crate::error::OpenError;

/// Makes a directory, and those above it that are missing, into which only the service's user may look, and sees to
/// it that they survive a power cut, also if somebody else has just made them.
pub fn create_private_dir(dir: &Path) -> Result<(), OpenError> {
    create(dir, &mut sync_entries).map_err(OpenError::file(dir))
}

/// Puts the entries of a directory on the disk.
pub(crate) fn sync_dir(dir: &Path) -> io::Result<()> {
    File::open(dir)?.sync_all()
}

fn create(dir: &Path, sync: &mut dyn FnMut(&Path) -> io::Result<()>) -> io::Result<()> {
    let parent = match dir.parent() {
        None => return Ok(()),
        // What a relative path begins in.
        Some(parent) if parent.as_os_str().is_empty() => Path::new("."),
        Some(parent) => parent,
    };
    match fs::DirBuilder::new().mode(0o700).create(dir) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            create(parent, sync)?;
            return create(dir, sync);
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && dir.is_dir() => {}
        Err(error) => return Err(error),
    }
    sync(parent)
}

/// A directory above the service's own may be closed to it; then whoever made the entry there has seen to it.
fn sync_entries(dir: &Path) -> io::Result<()> {
    match sync_dir(dir) {
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Ok(()),
        synced => synced,
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::{create, create_private_dir};

    #[test]
    fn every_new_folder_is_private_and_synced_into_the_one_above_it() {
        let root = tempfile::tempdir().unwrap();
        let (above, below) = (root.path().join("above"), root.path().join("above/below"));
        let mut synced = Vec::new();
        let mut create = |dir| {
            create(dir, &mut |parent| {
                synced.push(parent.to_owned());
                Ok(())
            })
            .unwrap();
            std::mem::take(&mut synced)
        };
        assert_eq!(create(&below), [root.path(), &above]);
        assert_eq!(create(&below), [above.as_path()], "also if it was there, whoever made it");
        for dir in [above, below] {
            assert_eq!(fs::metadata(dir).unwrap().permissions().mode() & 0o777, 0o700);
        }
    }

    #[test]
    fn a_file_in_the_way_is_an_error() {
        let root = tempfile::tempdir().unwrap();
        let file = root.path().join("file");
        fs::write(&file, "").unwrap();
        create_private_dir(&file).unwrap_err();
        create_private_dir(&file.join("below")).unwrap_err();
    }
}
