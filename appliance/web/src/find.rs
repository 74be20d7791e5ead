//! Which file answers which path.
//!
//! An application's own addresses (`/room/…`) are no files: its page answers them, and finds out itself what was meant.
//! What can only be a file and is none (`/assets/…`, `/robots.txt`) is not answered by the page, or a browser would take
//! HTML for the script that it asked for.

use crate::file::File;

/// Where the applications are answered, and their folders; the client comes last, because it gets what is left.
const APPLICATIONS: [(&str, &str); 3] = [("/admin", "admin"), ("/setup", "setup"), ("", CLIENT)];

/// The folder of the chat client.
const CLIENT: &str = "client";

/// What each application's build puts its hashed files into.
pub(crate) const ASSETS: &str = "assets/";

/// What there is at a path.
#[derive(Debug)]
pub(crate) enum Found {
    /// A file of its own.
    File(&'static File),
    /// The page of an application.
    Index(&'static File),
    /// The same with a slash at its end.
    Moved(&'static str),
    /// The client would answer, but the program was built without it.
    NotBuilt,
    Nothing,
}

/// Finds what answers; `files` are in order of their names.
pub(crate) fn find(files: &'static [File], path: &str) -> Found {
    let Some((prefix, folder, rest)) = application(path) else { return Found::Nothing };
    let index = file(files, folder, "index.html");
    let Some(name) = rest.strip_prefix('/') else {
        // `/admin`: relative addresses of its page would lead beside it.
        return match (prefix, index) {
            ("/admin", Some(_)) => Found::Moved("/admin/"),
            ("/setup", Some(_)) => Found::Moved("/setup/"),
            _ => Found::Nothing,
        };
    };
    if !name.is_empty()
        && let Some(found) = file(files, folder, name)
    {
        return Found::File(found);
    }
    let is_file = name.starts_with(ASSETS) || (name.contains('.') && !name.contains('/'));
    match index {
        _ if is_file => Found::Nothing,
        Some(index) => Found::Index(index),
        None if folder == CLIENT => Found::NotBuilt,
        None => Found::Nothing,
    }
}

/// The application that a path belongs to: its prefix, its folder, and the rest of the path.
fn application(path: &str) -> Option<(&'static str, &'static str, &str)> {
    APPLICATIONS.iter().find_map(|(prefix, folder)| {
        let rest = path.strip_prefix(prefix)?;
        (rest.is_empty() || rest.starts_with('/')).then_some((*prefix, *folder, rest))
    })
}

fn file(files: &'static [File], folder: &str, name: &str) -> Option<&'static File> {
    let wanted = [folder, "/", name];
    let found = files.binary_search_by(|file| file.name.bytes().cmp(wanted.iter().flat_map(|part| part.bytes())));
    found.ok().map(|at| &files[at])
}
