//! The control socket: how `veche user add`, `veche certificate` and `veche doctor` reach a server that is running.
//!
//! The store belongs to one process, so a second one asks the first through `DIR/control.sock`. Only
//! the user the server runs as, and root, are answered. One request, one answer, one line of JSON each.

use std::fs::{self, File, Permissions};
use std::io::{self, BufRead, BufReader, Write};
use std::os::fd::AsRawFd;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream as BlockingStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt};
use tokio::net::{UnixListener, UnixStream};
use tracing::{debug, warn};
use veche_acme::Status;
use veche_api::admin::v1::reachability::Report;
use veche_runtime::Supervisor;

use crate::exit::Failure;

const SOCKET: &str = "control.sock";
/// The longest request line: the largest files of a certificate and its key, were every byte of them written as six.
const REQUEST_BYTES_MAX: u64 = 6 * (veche_acme::CHAIN_BYTES_MAX + veche_acme::KEY_BYTES_MAX + 1_024) as u64;
/// How long either side waits for the other.
const PATIENCE: Duration = Duration::from_secs(30);

/// What may be asked. Passwords and keys pass through here, so there is no Debug.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Request {
    /// Make an account.
    UserAdd {
        name: String,
        password: String,
        admin: bool,
        #[serde(default)]
        owner: bool,
    },
    /// Give an account a new password and take its second factor away.
    UserRecover { name: String, password: String },
    /// Take this certificate, both in PEM.
    CertificateUpload { chain: String, key: String },
    /// Give the root of the own authority.
    CertificateRoot,
    /// Say how the certificate in use is.
    CertificateStatus,
    /// Look whether clients reach the server.
    Doctor,
}

/// What is answered.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Answer {
    /// The account exists now, with this user id.
    Added(String),
    /// The account with this user id has its new password.
    Recovered(String),
    /// The root of the own authority in PEM.
    CertificateRoot(String),
    /// How the certificate in use is.
    CertificateStatus(Box<Status>),
    /// Whether clients reach the server.
    Examined(Box<Report>),
    /// It was refused, in these words.
    Refused(String),
}

/// Does what is asked.
pub(crate) type Handler = Arc<dyn Fn(Request) -> BoxFuture<'static, Answer> + Send + Sync>;

/// Listens until `connections` stop.
pub(crate) fn listen(dir: &Path, handler: Handler, connections: &Supervisor) -> Result<(), Failure> {
    let path = socket_path(dir);
    let fail = || Failure::during(format!("the control socket {} cannot be made", path.display()));
    // A socket left by a killed server is in the way; its owner is gone, because the store is ours.
    match fs::remove_file(&path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(fail()(error)),
        _ => {}
    }
    let folder = File::open(dir).map_err(fail())?;
    let listener = UnixListener::bind(short_path(&folder)).map_err(fail())?;
    fs::set_permissions(&path, Permissions::from_mode(0o600)).map_err(fail())?;
    let owner = fs::metadata(&path).map_err(fail())?;
    let owner = std::os::unix::fs::MetadataExt::uid(&owner);
    let supervisor = connections.clone();
    connections.spawn("control", async move {
        let stopping = supervisor.shutdown_token();
        loop {
            let stream = tokio::select! {
                () = stopping.cancelled() => break,
                accepted = listener.accept() => accepted,
            };
            match stream {
                Ok((stream, _)) => {
                    let handler = Arc::clone(&handler);
                    supervisor.spawn("control request", async move {
                        if tokio::time::timeout(PATIENCE, answer(stream, owner, handler)).await.is_err() {
                            debug!("a control request took too long");
                        }
                    });
                }
                Err(error) => {
                    warn!(%error, "a control connection could not be accepted");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            }
        }
        let _ = fs::remove_file(path);
    });
    Ok(())
}

/// Asks the server that runs on `dir`; `None` if there is none.
pub(crate) fn ask(dir: &Path, request: &Request) -> io::Result<Option<Answer>> {
    let folder = File::open(dir)?;
    let mut stream = match BlockingStream::connect(short_path(&folder)) {
        Ok(stream) => stream,
        // No socket, or one that a killed server left behind.
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused) => {
            return Ok(None);
        }
        Err(error) => return Err(error),
    };
    stream.set_read_timeout(Some(PATIENCE))?;
    serde_json::to_writer(&mut stream, request)?;
    stream.write_all(b"\n")?;
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line)?;
    Ok(Some(serde_json::from_str(&line)?))
}

fn socket_path(dir: &Path) -> PathBuf {
    dir.join(SOCKET)
}

/// The same socket under a name that fits into the 108 bytes an address may have, however deep the folder is.
fn short_path(folder: &File) -> PathBuf {
    PathBuf::from(format!("/proc/self/fd/{}", folder.as_raw_fd())).join(SOCKET)
}

async fn answer(mut stream: UnixStream, owner: u32, handler: Handler) {
    let trusted = stream.peer_cred().is_ok_and(|peer| peer.uid() == owner || peer.uid() == 0);
    if !trusted {
        return warn!("a control request of another user was refused");
    }
    let (reader, mut writer) = stream.split();
    let mut line = Vec::new();
    let read = tokio::io::BufReader::new(reader.take(REQUEST_BYTES_MAX)).read_until(b'\n', &mut line).await;
    let answer = match read.map(|_| serde_json::from_slice::<Request>(&line)) {
        Ok(Ok(request)) => handler(request).await,
        Ok(Err(_)) => Answer::Refused("the request was not understood; is this the same version?".to_owned()),
        Err(error) => return debug!(%error, "a control request broke off"),
    };
    let mut text = serde_json::to_vec(&answer).expect("an answer is plain JSON");
    text.push(b'\n');
    if let Err(error) = writer.write_all(&text).await {
        debug!(%error, "a control answer was not read");
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::io::{Read, Write};
    use std::os::unix::fs::PermissionsExt;
    use std::os::unix::net::UnixStream;
    use std::sync::Arc;
    use std::time::Duration;

    use futures_util::FutureExt;
    use veche_base::metrics::Registry;
    use veche_runtime::Supervisor;

    use super::{Answer, Handler, Request, ask, listen, short_path, socket_path};

    fn handler() -> Handler {
        Arc::new(|request| {
            let answer = match request {
                Request::UserAdd { name, .. } => Answer::Added(format!("@{name}:a")),
                _ => Answer::Refused("no".to_owned()),
            };
            async move { answer }.boxed()
        })
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn running_server_is_asked_and_answers() {
        let root = tempfile::tempdir().unwrap();
        let deep = root.path().join("a-folder-whose-name-is-long/".repeat(6));
        std::fs::create_dir_all(&deep).unwrap();
        let supervisor = Supervisor::new(&Registry::new());
        let (name, password) = ("alice".to_owned(), "secret words".to_owned());
        let (admin, owner) = (false, false);
        let request = || Request::UserAdd { name: name.clone(), password: password.clone(), admin, owner };
        assert!(ask(&deep, &request()).unwrap().is_none());

        listen(&deep, handler(), &supervisor).map_err(|_| "listen").unwrap();
        assert_eq!(std::fs::metadata(socket_path(&deep)).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(matches!(ask(&deep, &request()).unwrap(), Some(Answer::Added(id)) if id == "@alice:a"));

        let mut garbled = UnixStream::connect(short_path(&File::open(&deep).unwrap())).unwrap();
        garbled.write_all(b"{\"user_add\":7}\n").unwrap();
        let mut answer = String::new();
        garbled.read_to_string(&mut answer).unwrap();
        assert!(answer.contains("refused"), "{answer}");

        supervisor.drain(Duration::from_secs(10)).await;
        assert!(!socket_path(&deep).exists());
        assert!(ask(&deep, &request()).unwrap().is_none());
    }
}
