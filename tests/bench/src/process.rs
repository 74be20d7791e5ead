//! The servers as processes: started by their ready line, measured through /proc, stopped by SIGTERM.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::channel;
use std::time::Duration;
use std::{env, fs, thread};

use serde_json::Value;

use crate::{Failure, machine, now};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    Veche,
    Synapse,
    Coturn,
    Nginx,
}

/// A running server.
pub(crate) struct Running {
    pub(crate) kind: Kind,
    /// From the start of the process (with PostgreSQL's, for Synapse) to its first answer.
    pub(crate) start: Duration,
    child: Child,
    /// Its ready line, which names its addresses.
    ready: Value,
    /// Roots of the process trees that are the server.
    roots: Vec<u32>,
    dir: PathBuf,
    /// Where the Veche answers that this peer is measured beside.
    beside: Option<SocketAddr>,
}

impl Kind {
    pub(crate) fn all() -> [Self; 4] {
        [Self::Veche, Self::Synapse, Self::Coturn, Self::Nginx]
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Veche => "veche",
            Self::Synapse => "synapse",
            Self::Coturn => "coturn",
            Self::Nginx => "nginx",
        }
    }

    fn command(self, dir: &Path, beside: Option<SocketAddr>) -> Result<Command, Failure> {
        let (program, args) = match self {
            Self::Veche => veche(dir)?,
            Self::Synapse => peer("synapse.py", dir, &["--secret", "bench"]),
            Self::Coturn => peer("coturn.py", dir, &["--secret", "bench"]),
            Self::Nginx => match beside {
                Some(address) => peer("nginx.py", dir, &["--like", &address.to_string()]),
                None => peer("nginx.py", dir, &[]),
            },
        };
        // So that nothing is left behind by a bench that was killed itself.
        if Path::new("/usr/bin/setpriv").exists() {
            let mut command = Command::new("/usr/bin/setpriv");
            command.args(["--pdeathsig", "TERM"]).arg(program).args(args);
            return Ok(command);
        }
        let mut command = Command::new(program);
        command.args(args);
        Ok(command)
    }
}

fn veche(dir: &Path) -> Result<(PathBuf, Vec<String>), Failure> {
    let binary = env::var_os("VECHE_BIN").ok_or("set VECHE_BIN to the veche binary")?;
    let settings = [
        "server.name=localhost",
        "listen.http=127.0.0.1:0",
        "listen.https=127.0.0.1:0",
        "listen.turn=127.0.0.1:0",
        "listen.sfu=127.0.0.1:0",
        "listen.ice_tcp=127.0.0.1:0",
        "network.external_address=127.0.0.1",
        "registration.shared_secret=bench",
        "limits.rates=off",
        "setup.skip=true",
    ];
    let sets = settings.iter().flat_map(|s| ["--set".to_owned(), (*s).to_owned()]);
    Ok((binary.into(), ["serve".to_owned(), "--data".to_owned()].into_iter().chain([path(dir)]).chain(sets).collect()))
}

/// One of the scripts in `peer/`, each of which is a server in the foreground with a ready line like Veche's.
fn peer(script: &str, dir: &Path, further: &[&str]) -> (PathBuf, Vec<String>) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("peer").join(script);
    let args = [path(&script), "--dir".to_owned(), path(dir)];
    ("python3".into(), args.into_iter().chain(further.iter().map(|f| (*f).to_owned())).collect())
}

fn path(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

impl Running {
    /// Starts the server on this folder (which may hold one already) and waits for its ready line.
    pub(crate) fn start(kind: Kind, dir: &Path, beside: Option<SocketAddr>) -> Result<Self, Failure> {
        fs::create_dir_all(dir)?;
        let log = fs::File::options().create(true).append(true).open(dir.with_extension("log"))?;
        let began = now();
        let mut child = kind.command(dir, beside)?.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log).spawn()?;
        let stdout = child.stdout.take().ok_or("it is piped")?;
        let (send, first) = channel();
        thread::spawn(move || {
            let mut lines = BufReader::new(stdout).lines();
            if let Some(Ok(line)) = lines.next() {
                let _ = send.send(line);
            }
            lines.for_each(drop);
        });
        // Long: the peer may have to be installed first.
        let line = first.recv_timeout(Duration::from_secs(600)).map_err(|_| {
            let _ = child.kill();
            format!("{} gave no ready line; its log is {}", kind.name(), dir.with_extension("log").display())
        })?;
        let elapsed = now() - began;
        let ready: Value = serde_json::from_str(&line)?;
        let start = ready["start_ms"].as_u64().map_or(elapsed, Duration::from_millis);
        let named = ready["pids"].as_array().into_iter().flatten().filter_map(Value::as_u64);
        let mut roots: Vec<u32> = named.filter_map(|pid| pid.try_into().ok()).collect();
        if roots.is_empty() {
            roots.push(child.id());
        }
        Ok(Self { kind, start, child, ready, roots, dir: dir.to_owned(), beside })
    }

    /// Where it answers plain HTTP.
    pub(crate) fn http(&self) -> Result<SocketAddr, Failure> {
        self.address("http")
    }

    pub(crate) fn https(&self) -> Result<SocketAddr, Failure> {
        self.address("https")
    }

    /// Where it answers TURN over UDP and TCP.
    pub(crate) fn turn(&self) -> Result<SocketAddr, Failure> {
        self.address("turn")
    }

    /// Where it answers TURN over TLS: Veche beside HTTPS, coturn on a port of its own.
    pub(crate) fn turn_over_tls(&self) -> Result<SocketAddr, Failure> {
        match self.kind {
            Kind::Veche => self.address("https"),
            Kind::Synapse | Kind::Coturn | Kind::Nginx => self.address("turn_tls"),
        }
    }

    fn address(&self, name: &str) -> Result<SocketAddr, Failure> {
        let address = self.ready[name].as_str();
        let address = address.ok_or_else(|| format!("the ready line of {} has no {name}", self.kind.name()))?;
        Ok(address.parse()?)
    }

    /// The folder that holds what it keeps.
    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    /// CPU time that the server's processes have used so far, all their threads together.
    pub(crate) fn cpu(&self) -> Duration {
        machine::tree(&self.roots).into_iter().map(machine::cpu).sum()
    }

    /// Memory of the server's processes; what they share is counted once.
    pub(crate) fn memory_bytes(&self) -> u64 {
        machine::tree(&self.roots).into_iter().map(machine::proportional_set_bytes).sum()
    }

    /// Stops it cleanly and starts it again on the same folder.
    pub(crate) fn restart(&mut self) -> Result<(), Failure> {
        self.terminate();
        let again = Self::start(self.kind, &self.dir, self.beside)?;
        // The old value goes with a child that has ended.
        *self = again;
        Ok(())
    }

    fn terminate(&mut self) {
        if matches!(self.child.try_wait(), Ok(Some(_))) {
            return;
        }
        // The standard library sends SIGKILL only.
        let _ = Command::new("sh").args(["-c", &format!("kill -TERM {}", self.child.id())]).status();
        for _ in 0..600 {
            if matches!(self.child.try_wait(), Ok(Some(_))) {
                return;
            }
            thread::sleep(Duration::from_millis(100));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.terminate();
    }
}
