//! `veche user add` and `veche user recover`: through the control socket while the server runs, on the data itself while it does not.

use std::io::{self, BufRead, Write};
use std::path::Path;
use std::sync::Arc;

use ruma::UserId;
use tokio::runtime::Runtime;
use veche_base::limits::PASSWORD_BYTES_MAX;
use veche_base::{Secret, random_token};
use veche_directory::{AdminError, Authority, Directory, NewUser, Role};
use veche_runtime::OsEntropy;

use crate::cli::{UserAdd, UserRecover};
use crate::control::{self, Answer, Request};
use crate::exit::Failure;
use crate::identity;
use crate::wiring::Ground;

/// Characters of a password made here: 95 bits, and still possible to type.
const PASSWORD_CHARS: usize = 16;

/// Makes the account and prints its user id, and its password if that was made here.
pub(crate) fn add(arguments: &UserAdd) -> Result<(), Failure> {
    let (password, made_here) = password(&arguments.data.dir, arguments.password_stdin)?;
    let (name, password_given) = (arguments.name.clone(), password.expose().clone());
    let new = New { name, password: Secret::new(password_given), admin: arguments.admin, owner: arguments.owner };
    let user_id = add_to_running(&arguments.data.dir, &new)
        .and_then(|answered| answered.map_or_else(|| add_to_stopped(&arguments.data.dir, new), Ok))?;
    print(&user_id, &password, made_here, "was made")
}

/// Lets somebody in again who has lost password or authenticator app: by the right of whoever commands this machine.
pub(crate) fn recover(arguments: &UserRecover) -> Result<(), Failure> {
    let (dir, name) = (&arguments.data.dir, &arguments.name);
    let (password, made_here) = password(dir, arguments.password_stdin)?;
    let request = Request::UserRecover { name: name.clone(), password: password.expose().clone() };
    let failed = |reason: String| Failure::new(format_args!("{name} was not let in again: {reason}"));
    let user_id = match ask(dir, &request)? {
        None => {
            on_stopped(dir, |directory, runtime| runtime.block_on(let_in_again(directory, name, password.clone())))?
        }
        Some(Answer::Recovered(user_id)) => Ok(user_id),
        Some(Answer::Refused(reason)) => Err(reason),
        Some(_) => Err("the server did not understand what it was asked".to_owned()),
    };
    print(&user_id.map_err(failed)?, &password, made_here, "has a new password")
}

/// The password, and whether it was made here.
fn password(dir: &Path, from_stdin: bool) -> Result<(Secret<String>, bool), Failure> {
    if !dir.is_dir() {
        return Err(Failure::new(format_args!("there is no data folder {}", dir.display())));
    }
    Ok(match from_stdin {
        true => (read_password(io::stdin().lock())?, false),
        false => (Secret::new(random_token(&OsEntropy, PASSWORD_CHARS)), true),
    })
}

fn print(user_id: &str, password: &Secret<String>, made_here: bool, done: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    let printed = match made_here {
        true => writeln!(out, "{user_id}\npassword: {}", password.expose()),
        false => writeln!(out, "{user_id}"),
    };
    printed.map_err(Failure::during(format!("{user_id} {done}, but that cannot be printed")))
}

/// An account to be made.
#[derive(Clone)]
pub(crate) struct New {
    pub(crate) name: String,
    pub(crate) password: Secret<String>,
    pub(crate) admin: bool,
    pub(crate) owner: bool,
}

/// Makes the account for a running server.
pub(crate) async fn take_new(directory: Arc<Directory>, new: New) -> Answer {
    match make(&directory, new).await {
        Ok(user_id) => Answer::Added(user_id),
        Err(reason) => Answer::Refused(reason),
    }
}

/// Makes the account by the right of whoever commands this machine.
async fn make(directory: &Directory, new: New) -> Result<String, String> {
    let New { name, password, admin, owner } = new;
    let console = Authority::console();
    let made = directory.create_user(&console, NewUser { username: name, password, admin }).await;
    let user_id = made.map_err(|error| error.to_string())?;
    if owner {
        let given = directory.set_role(&console, &user_id, Some(Role::Owner)).await;
        given.map_err(|error| format!("the account {user_id} exists, but is no owner's: {error}"))?;
    }
    Ok(user_id.to_string())
}

/// The new user id, or `None` if no server runs on the folder.
fn add_to_running(dir: &Path, new: &New) -> Result<Option<String>, Failure> {
    let (name, password) = (new.name.clone(), new.password.expose().clone());
    let request = Request::UserAdd { name, password, admin: new.admin, owner: new.owner };
    match ask(dir, &request)? {
        None => Ok(None),
        Some(Answer::Added(user_id)) => Ok(Some(user_id)),
        Some(Answer::Refused(reason)) => Err(refused(&new.name, reason)),
        Some(_) => Err(refused(&new.name, "the server did not understand what it was asked")),
    }
}

fn add_to_stopped(dir: &Path, new: New) -> Result<String, Failure> {
    let name = new.name.clone();
    let made = on_stopped(dir, |directory, runtime| runtime.block_on(make(directory, new)))?;
    made.map_err(|reason| refused(&name, reason))
}

/// Lets somebody of a running server in again.
pub(crate) async fn take_recovery(directory: Arc<Directory>, name: String, password: Secret<String>) -> Answer {
    match let_in_again(&directory, &name, password).await {
        Ok(user_id) => Answer::Recovered(user_id),
        Err(reason) => Answer::Refused(reason),
    }
}

async fn let_in_again(directory: &Directory, name: &str, password: Secret<String>) -> Result<String, String> {
    let user_id = UserId::parse_with_server_name(name, directory.server_name()).map_err(|error| error.to_string())?;
    let (console, words) = (Authority::console(), |error: AdminError| error.to_string());
    directory.reset_password(&console, &user_id, password).await.map_err(words)?;
    match directory.reset_second_factor(&console, &user_id).await {
        Ok(()) | Err(AdminError::NoSecondFactor) => Ok(user_id.to_string()),
        Err(error) => Err(words(error)),
    }
}

/// Asks the server that runs on the folder; `None` if none does.
fn ask(dir: &Path, request: &Request) -> Result<Option<Answer>, Failure> {
    let failed = Failure::during(format!("the server running on {} cannot be asked", dir.display()));
    control::ask(dir, request).map_err(failed)
}

/// Works on the accounts of a folder on which no server runs.
fn on_stopped<T>(dir: &Path, work: impl FnOnce(&Directory, &Runtime) -> T) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(Failure::during("the accounts cannot be worked on"))?;
    let ground = Ground::open(dir, None)?;
    let settings = veche_directory::Settings::new(identity::of_data(&ground.sql, dir)?);
    let directory = ground.directory(settings)?;
    let done = work(&directory, &runtime);
    ground.sql.close();
    Ok(done)
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
