//! `veche user add`: through the control socket while the server runs, on the data itself while it does not.

use std::io::{self, BufRead, Write};
use std::path::Path;
use std::sync::Arc;

use veche_base::limits::PASSWORD_BYTES_MAX;
use veche_base::{Secret, random_token};
use veche_directory::{Authority, Directory, NewUser};
use veche_runtime::OsEntropy;

use crate::cli::UserAdd;
use crate::control::{self, Answer, Request};
use crate::exit::Failure;
use crate::identity;
use crate::wiring::Ground;

/// Characters of a password made here: 95 bits, and still possible to type.
const PASSWORD_CHARS: usize = 16;

/// Makes the account and prints its user id, and its password if that was made here.
pub(crate) fn add(arguments: &UserAdd) -> Result<(), Failure> {
    if !arguments.data.dir.is_dir() {
        return Err(Failure::new(format_args!("there is no data folder {}", arguments.data.dir.display())));
    }
    let (password, made_here) = match arguments.password_stdin {
        true => (read_password(io::stdin().lock())?, false),
        false => (Secret::new(random_token(&OsEntropy, PASSWORD_CHARS)), true),
    };
    let new = NewUser { username: arguments.name.clone(), password: password.clone(), admin: arguments.admin };
    let user_id = add_to_running(&arguments.data.dir, &new)
        .and_then(|answered| answered.map_or_else(|| add_to_stopped(&arguments.data.dir, new), Ok))?;
    let mut out = io::stdout().lock();
    let printed = match made_here {
        true => writeln!(out, "{user_id}\npassword: {}", password.expose()),
        false => writeln!(out, "{user_id}"),
    };
    printed.map_err(Failure::during(format!("{user_id} was made, but that cannot be printed")))
}

/// Makes the account for a running server.
pub(crate) async fn take_new(directory: Arc<Directory>, name: String, password: String, admin: bool) -> Answer {
    let new = NewUser { username: name, password: Secret::new(password), admin };
    match directory.create_user(&Authority::console(), new).await {
        Ok(user_id) => Answer::Added(user_id.to_string()),
        Err(error) => Answer::Refused(error.to_string()),
    }
}

/// The new user id, or `None` if no server runs on the folder.
fn add_to_running(dir: &Path, new: &NewUser) -> Result<Option<String>, Failure> {
    let request =
        Request::UserAdd { name: new.username.clone(), password: new.password.expose().clone(), admin: new.admin };
    let failed = Failure::during(format!("the server running on {} cannot be asked", dir.display()));
    match control::ask(dir, &request).map_err(failed)? {
        None => Ok(None),
        Some(Answer::Added(user_id)) => Ok(Some(user_id)),
        Some(Answer::Refused(reason)) => Err(refused(&new.username, reason)),
        Some(_) => Err(refused(&new.username, "the server did not understand what it was asked")),
    }
}

fn add_to_stopped(dir: &Path, new: NewUser) -> Result<String, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(Failure::during("the account cannot be made"))?;
    let name = new.username.clone();
    let ground = Ground::open(dir, None)?;
    let settings = veche_directory::Settings::new(identity::of_data(&ground.sql, dir)?);
    let directory = ground.directory(settings)?;
    let made = runtime.block_on(directory.create_user(&Authority::console(), new));
    ground.sql.close();
    made.map(|user_id| user_id.to_string()).map_err(|error| refused(&name, error))
}

fn refused(name: &str, reason: impl std::fmt::Display) -> Failure {
    Failure::new(format_args!("no account {name} was made: {reason}"))
}

/// The first line, without its end.
fn read_password(input: impl BufRead) -> Result<Secret<String>, Failure> {
    let mut line = String::new();
    // Two more than a password may have: whatever is longer is seen to be too long, and not cut.
    let limit = u64::try_from(PASSWORD_BYTES_MAX).unwrap_or(u64::MAX) + 2;
    let read = input.take(limit).read_line(&mut line);
    read.map_err(Failure::during("the password cannot be read from standard input"))?;
    let password = line.trim_end_matches(['\r', '\n']);
    if password.is_empty() {
        return Err(Failure::new("there is no password on standard input"));
    }
    if password.len() > PASSWORD_BYTES_MAX {
        return Err(Failure::new(format_args!("the password has more than {PASSWORD_BYTES_MAX} bytes")));
    }
    Ok(Secret::new(password.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::read_password;

    #[test]
    fn password_is_the_first_line() {
        let read = |text: &str| read_password(text.as_bytes()).ok().map(|password| password.expose().clone());
        assert_eq!(read("correct horse\nbattery"), Some("correct horse".to_owned()));
        assert_eq!(read("correct horse"), Some("correct horse".to_owned()));
        assert_eq!(read(" spaces count \r\n"), Some(" spaces count ".to_owned()));
        assert_eq!(read(""), None);
        assert_eq!(read("\n"), None);
        assert_eq!(read(&"x".repeat(512)).map(|password| password.len()), Some(512));
        assert_eq!(read(&"x".repeat(513)), None);
        assert_eq!(read(&"x".repeat(5_000)), None);
    }
}
