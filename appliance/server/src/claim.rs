//! The claim code of a server without accounts, and where people find it.
//!
//! Whoever shows the code becomes the administrator, so it never gets into the log: logs are collected, kept and read by
//! others. It lies in a file of the data folder that only the server's own user may read, and the log tells where. It is
//! shown as well, in plain words that are no line of the log, where somebody reads along: if standard error is a terminal,
//! or if whoever starts the server says so (`--show-claim`, as `make run` does, whose output may go through a pipe).
//!
//! Each start has a code of its own, and so has the wizard after too many wrong tries. The file is taken away when the code
//! is worth nothing any more: when there is an account, and when the server stops.

use std::fmt;
use std::fs::{self, OpenOptions};
use std::io::{self, IsTerminal, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};
use veche_base::Secret;
use veche_directory::Directory;
use veche_directory::setup::shown_code;
use veche_runtime::Supervisor;

/// The file's name in the data folder.
const FILE: &str = "claim-code";
/// How often it is looked whether the first account has been made.
const LOOK: Duration = Duration::from_secs(30);

/// Who reads what this process writes on standard error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reader {
    /// Somebody at this machine, now.
    Person,
    /// A file or a collector of logs.
    Log,
}

impl Reader {
    /// Who reads along, unless whoever starts the server knows better.
    pub(crate) fn of_standard_error(show_claim: bool) -> Self {
        if show_claim || io::stderr().is_terminal() { Self::Person } else { Self::Log }
    }
}

/// Tells people where the server is, and how the first account is made as long as there is none.
pub(crate) fn welcome(directory: &Arc<Directory>, url: &str, dir: &Path, reader: Reader, workers: &Supervisor) {
    let file = dir.join(FILE);
    let code = directory.first_claim_token().map(Secret::new);
    match &code {
        None => remove(&file),
        Some(code) => {
            match write(&file, code) {
                Ok(()) => info!(file = %file.display(), "there is no account yet; the claim code lies in this file"),
                Err(error) => error!(file = %file.display(), %error, "the claim code could not be written down"),
            }
            workers.spawn("claim code", keep(Arc::clone(directory), file, workers.shutdown_token()));
        }
    }
    if reader == Reader::Person {
        // With standard error closed nobody is there to be welcomed.
        let _ = write!(io::stderr().lock(), "{}", Welcome { url, dir, code: code.as_ref() });
    }
}

/// Tells people where the wizard is and which code opens it, and each code that takes the place of another one.
pub(crate) fn show(
    mut codes: watch::Receiver<Secret<String>>,
    url: &str,
    dir: &Path,
    reader: Reader,
    workers: &Supervisor,
) {
    let (file, url, dir) = (dir.join(FILE), url.to_owned(), dir.to_owned());
    let stopping = workers.shutdown_token();
    let tell = move |code: &Secret<String>| {
        let code = shown_code(code);
        let file = dir.join(FILE);
        match write(&file, &code) {
            Ok(()) => info!(file = %file.display(), "the claim code lies in this file"),
            Err(error) => error!(file = %file.display(), %error, "the claim code could not be written down"),
        }
        if reader == Reader::Person {
            // With standard error closed nobody is there to be told.
            let _ = write!(io::stderr().lock(), "{}", Invitation { url: &url, dir: &dir, code: &code });
        }
    };
    tell(&codes.borrow_and_update().clone());
    workers.spawn("claim code", async move {
        loop {
            tokio::select! {
                () = stopping.cancelled() => break,
                changed = codes.changed() => if changed.is_err() { break },
            }
            let code = codes.borrow_and_update().clone();
            tell(&code);
        }
        remove(&file);
    });
}

/// Takes the file away when its code is worth nothing any more.
async fn keep(directory: Arc<Directory>, file: PathBuf, stopping: CancellationToken) {
    while directory.first_claim_token().is_some() && tokio::time::timeout(LOOK, stopping.cancelled()).await.is_err() {}
    remove(&file);
}

/// Writes the code into a new file, so that one which somebody else can read is not written to.
fn write(file: &Path, code: &Secret<String>) -> io::Result<()> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(file)?;
    writeln!(file, "{}", code.expose())
}

fn remove(file: &Path) {
    match fs::remove_file(file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            warn!(file = %file.display(), %error, "a claim code that is worth nothing any more could not be taken away");
        }
        _ => {}
    }
}

/// The words for a person.
struct Welcome<'a> {
    url: &'a str,
    dir: &'a Path,
    code: Option<&'a Secret<String>>,
}

impl fmt::Display for Welcome<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { url, dir, code } = self;
        writeln!(f, "Veche answers at {url}")?;
        let Some(code) = code else { return Ok(()) };
        writeln!(
            f,
            "There is no account yet. Register the first one in any Matrix client with this one-time\n\
             claim code as its registration token, and it becomes the administrator:\n\n    {}\n\n\
             Or make one here: veche user add NAME --admin --data {}",
            code.expose(),
            dir.display()
        )
    }
}

/// The words for a person who is to set the server up.
struct Invitation<'a> {
    url: &'a str,
    dir: &'a Path,
    code: &'a Secret<String>,
}

impl fmt::Display for Invitation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { url, dir, code } = self;
        writeln!(
            f,
            "Veche waits to be set up at {url}/setup/ with this claim code:\n\n    {code}\n\n\
             This address has it filled in: {url}/setup/#code={code}\n\
             Or make the owner's account here: veche user add NAME --owner --data {dir}",
            code = code.expose(),
            dir = dir.display()
        )
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::{PermissionsExt, symlink};
    use std::path::Path;

    use veche_base::Secret;

    use super::{FILE, Invitation, Reader, Welcome, remove, write};

    fn mode(file: &Path) -> u32 {
        fs::metadata(file).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn the_file_is_its_owners_whatever_lay_there() {
        let dir = tempfile::tempdir().unwrap();
        let (file, other) = (dir.path().join(FILE), dir.path().join("other"));
        let code = Secret::new("a code".to_owned());
        write(&file, &code).unwrap();
        assert_eq!((fs::read_to_string(&file).unwrap().as_str(), mode(&file)), ("a code\n", 0o600));
        fs::set_permissions(&file, Permissions::from_mode(0o666)).unwrap();
        write(&file, &code).unwrap();
        assert_eq!(mode(&file), 0o600, "a file of another start that everybody may read");
        fs::remove_file(&file).unwrap();
        fs::write(&other, "of somebody else").unwrap();
        symlink(&other, &file).unwrap();
        write(&file, &code).unwrap();
        assert_eq!(fs::read_to_string(&other).unwrap(), "of somebody else");
        remove(&file);
        remove(&file);
        assert!(!file.exists());
    }

    #[test]
    fn people_are_told_the_code_only_while_there_is_one() {
        let code = Secret::new("XYZZY".to_owned());
        let words = |code| Welcome { url: "https://chat.example", dir: Path::new("/srv/veche"), code }.to_string();
        let (claimed, unclaimed) = (words(None), words(Some(&code)));
        assert_eq!(claimed, "Veche answers at https://chat.example\n");
        assert!(unclaimed.starts_with(&claimed) && unclaimed.contains("\n    XYZZY\n"), "{unclaimed}");
        assert!(unclaimed.contains("--data /srv/veche"), "{unclaimed}");
        let (url, dir) = ("https://192.0.2.7", Path::new("/srv/veche"));
        let invitation = Invitation { url, dir, code: &code }.to_string();
        assert!(
            invitation.contains("https://192.0.2.7/setup/") && invitation.contains("\n    XYZZY\n"),
            "{invitation}"
        );
        // Behind the #, it reaches no server and no log.
        assert!(invitation.contains("https://192.0.2.7/setup/#code=XYZZY\n"), "{invitation}");
        assert_eq!(Reader::of_standard_error(true), Reader::Person);
    }
}
