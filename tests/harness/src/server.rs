//! The process under test. One [`Server`] owns one data folder; the process in it comes and goes.

use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::{env, fs, thread};

use serde_json::Value;
use tempfile::TempDir;

use crate::{Client, LIMIT, SECRET};

/// What is kept of the server's log for the message of a failed test.
const LOG_BYTES_MAX: usize = 64 * 1024;

/// The line that `veche serve` prints once it answers (DESIGN.md §6).
#[derive(Debug, Clone)]
pub struct Ready {
    /// Plain HTTP on loopback.
    pub http: SocketAddr,
    /// HTTPS with the certificate it made for itself.
    pub https: Option<SocketAddr>,
    /// STUN and TURN, over UDP and TCP.
    pub turn: Option<SocketAddr>,
    /// Where packets of calls come.
    pub sfu: Option<SocketAddr>,
    /// Where those connect whose networks let no UDP through.
    pub ice_tcp: Option<SocketAddr>,
    /// The whole line.
    pub line: Value,
}

/// A running server, or a stopped one whose folder is still there. Dropping it kills the process and removes the folder.
pub struct Server {
    dir: TempDir,
    settings: Vec<(String, String)>,
    process: Option<Process>,
    ready: Ready,
}

struct Process {
    child: Child,
    log: Arc<Mutex<String>>,
    readers: Vec<JoinHandle<()>>,
}

/// The binary: `VECHE_BIN`, or `veche` in the target folder that this test was built into.
pub fn binary() -> PathBuf {
    if let Some(path) = env::var_os("VECHE_BIN") {
        return path.into();
    }
    let test = env::current_exe().expect("a test knows its own path");
    // target/debug/deps/<test> stands beside target/debug/veche.
    let profile = test.parent().and_then(Path::parent).expect("a test lies in target/<profile>/deps");
    let path = profile.join("veche");
    assert!(path.exists(), "no {}: build veche-server first, or set VECHE_BIN", path.display());
    path
}

impl Server {
    /// Starts a fresh one with the settings of every test: any free port, no rate limits, registration by [`SECRET`].
    pub async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// Starts a fresh one; `settings` go after those of [`Server::start`] and override them.
    pub async fn start_with(settings: &[(&str, &str)]) -> Self {
        Self::start_in(TempDir::with_prefix("veche-test-").expect("a temporary folder can be made"), settings).await
    }

    /// Starts one in this folder (a small file system that fills up, for instance).
    pub async fn start_in(dir: TempDir, settings: &[(&str, &str)]) -> Self {
        Self::try_start_in(dir, settings).await.expect("the server starts")
    }

    /// Tries to start an ordinary test server on this folder, and returns its log if it refuses.
    ///
    /// # Errors
    /// What it wrote on standard error before it ended.
    pub async fn try_start_in(dir: TempDir, settings: &[(&str, &str)]) -> Result<Self, String> {
        let usual = [
            ("server.name", "localhost"),
            ("listen.http", "127.0.0.1:0"),
            ("listen.https", "127.0.0.1:0"),
            ("listen.turn", "127.0.0.1:0"),
            ("listen.sfu", "127.0.0.1:0"),
            ("listen.ice_tcp", "127.0.0.1:0"),
            ("registration.shared_secret", SECRET),
            // However full the disk of the machine that runs the tests is.
            ("storage.reserve_bytes", "1048576"),
            ("limits.rates", "off"),
            ("setup.skip", "true"),
        ];
        let settings: Vec<_> = usual.iter().chain(settings).map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        let (process, ready) = launch(dir.path(), &settings).await?;
        Ok(Self { dir, settings, process: Some(process), ready })
    }

    /// Tries to start a server with these settings, and returns its log if it refuses.
    ///
    /// # Errors
    /// What it wrote on standard error before it ended.
    pub async fn try_start_with(settings: &[(&str, &str)]) -> Result<Self, String> {
        let dir = TempDir::with_prefix("veche-test-").expect("a temporary folder can be made");
        let settings: Vec<_> = settings.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        let (process, ready) = launch(dir.path(), &settings).await?;
        Ok(Self { dir, settings, process: Some(process), ready })
    }

    /// `http://127.0.0.1:port`
    pub fn base_url(&self) -> String {
        format!("http://{}", self.ready.http)
    }

    /// What the ready line said. After a restart the ports are others.
    pub fn ready(&self) -> &Ready {
        &self.ready
    }

    /// The data folder.
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// Process id of the running server.
    pub fn pid(&self) -> u32 {
        self.process.as_ref().expect("the server runs").child.id()
    }

    /// The end of what the running server wrote on standard error.
    pub fn log(&self) -> String {
        self.process.as_ref().map_or_else(String::new, Process::log)
    }

    /// Resident memory of the running server.
    pub fn memory_bytes(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid())).expect("the process is there");
        let line = status.lines().find(|l| l.starts_with("VmRSS:")).expect("a process has memory");
        line.split_whitespace().nth(1).and_then(|kb| kb.parse::<u64>().ok()).expect("a number of kB") * 1024
    }

    /// A new account with its first session.
    pub async fn user(&self, name: &str) -> Client {
        Client::register(&self.base_url(), SECRET, name, false).await
    }

    /// A new account that administers the server.
    pub async fn admin(&self, name: &str) -> Client {
        Client::register(&self.base_url(), SECRET, name, true).await
    }

    /// Changes a setting for the next start.
    pub fn set(&mut self, key: &str, value: &str) {
        self.settings.push((key.to_owned(), value.to_owned()));
    }

    /// SIGKILL, in the middle of whatever it does.
    pub fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.child.kill().expect("our own child can be killed");
            process.reap();
        }
    }

    /// SIGTERM: the server finishes and ends by itself. Returns how, and its log.
    pub async fn stop(&mut self) -> (ExitStatus, String) {
        let process = self.process.take().expect("the server runs");
        signal(process.child.id(), "TERM");
        let ended = tokio::task::spawn_blocking(move || {
            let mut process = process;
            let status = process.reap();
            (status, process.log())
        });
        let (status, log) = tokio::time::timeout(LIMIT, ended)
            .await
            .unwrap_or_else(|_| panic!("the server does not end within {LIMIT:?} after SIGTERM"))
            .expect("waiting does not panic");
        (status, log)
    }

    /// Starts it again on the same folder with the same settings. It must not be running.
    pub async fn restart(&mut self) {
        assert!(self.process.is_none(), "kill or stop the server before it is started again");
        let (process, ready) = launch(self.dir.path(), &self.settings).await.expect("the server starts again");
        self.process = Some(process);
        self.ready = ready;
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let Some(mut process) = self.process.take() else { return };
        let _ = process.child.kill();
        process.reap();
        if thread::panicking() {
            // Libtest shows this below the failed test.
            let log = process.log();
            #[expect(clippy::print_stderr, reason = "the log of the server is what explains a failed test")]
            {
                eprintln!("--- log of the server in {} ---\n{log}", self.dir.path().display());
            }
        }
    }
}

impl Process {
    fn reap(&mut self) -> ExitStatus {
        let status = self.child.wait().expect("our own child can be waited for");
        for reader in self.readers.drain(..) {
            let _ = reader.join();
        }
        status
    }

    fn log(&self) -> String {
        self.log.lock().expect("the reader does not panic").clone()
    }
}

async fn launch(dir: &Path, settings: &[(String, String)]) -> Result<(Process, Ready), String> {
    let mut command = Command::new(binary());
    command.arg("serve").arg("--data").arg(dir);
    for (key, value) in settings {
        command.arg("--set").arg(format!("{key}={value}"));
    }
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|e| format!("{command:?}: {e}"))?;

    let log = Arc::new(Mutex::new(String::new()));
    let (send, first_line) = channel();
    let stdout = child.stdout.take().expect("it is piped");
    let stderr = child.stderr.take().expect("it is piped");
    let out = thread::spawn(move || {
        let mut lines = BufReader::new(stdout).lines();
        if let Some(Ok(line)) = lines.next() {
            let _ = send.send(line);
        }
        // Read to the end, so that a full pipe never stops the server.
        lines.for_each(drop);
    });
    let err = keep_log(stderr, Arc::clone(&log));
    let mut process = Process { child, log, readers: vec![out, err] };

    match tokio::task::spawn_blocking(move || wait_for(&first_line)).await.expect("waiting does not panic") {
        Ok(line) => match parse(&line) {
            Some(ready) => Ok((process, ready)),
            None => {
                let _ = process.child.kill();
                process.reap();
                Err(format!("not a ready line: {line}"))
            }
        },
        Err(reason) => {
            let _ = process.child.kill();
            let status = process.reap();
            Err(format!("{reason} ({status}):\n{}", process.log()))
        }
    }
}

fn wait_for(first_line: &Receiver<String>) -> Result<String, &'static str> {
    first_line.recv_timeout(LIMIT).map_err(|e| match e {
        RecvTimeoutError::Timeout => "no ready line in time",
        RecvTimeoutError::Disconnected => "ended before it was ready",
    })
}

fn parse(line: &str) -> Option<Ready> {
    let line: Value = serde_json::from_str(line).ok()?;
    let address = |name: &str| line[name].as_str().and_then(|a| a.parse().ok());
    let (http, https, turn) = (address("http")?, address("https"), address("turn"));
    let (sfu, ice_tcp) = (address("sfu"), address("ice_tcp"));
    (line["ready"] == true).then_some(Ready { http, https, turn, sfu, ice_tcp, line })
}

fn keep_log(mut stderr: ChildStderr, log: Arc<Mutex<String>>) -> JoinHandle<()> {
    thread::spawn(move || {
        let mut chunk = [0; 8192];
        while let Ok(length @ 1..) = stderr.read(&mut chunk) {
            let mut log = log.lock().expect("nobody panics with the log in hand");
            log.push_str(&String::from_utf8_lossy(&chunk[..length]));
            if log.len() > LOG_BYTES_MAX {
                let mut cut = log.len() - LOG_BYTES_MAX / 2;
                while !log.is_char_boundary(cut) {
                    cut += 1;
                }
                log.drain(..cut);
            }
        }
    })
}

/// The standard library sends SIGKILL only; the shell's builtin sends the others.
fn signal(pid: u32, name: &str) {
    let sent = Command::new("sh").args(["-c", &format!("kill -{name} {pid}")]).status();
    assert!(sent.is_ok_and(|s| s.success()), "SIG{name} could not be sent to {pid}");
}
