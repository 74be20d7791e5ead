//! The servers as processes: started by their ready line, measured through /proc, stopped by SIGTERM.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::channel;
use std::time::Duration;
use std::{env, fs, thread};

use serde_json::Value;

use crate::{Failure, now};

/// `/proc/PID/stat` counts in these; Linux has used this one on every machine we build for.
const TICKS_PER_SEC: u64 = 100;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    Veche,
    Synapse,
}

/// A running server.
pub(crate) struct Running {
    pub(crate) kind: Kind,
    pub(crate) address: SocketAddr,
    /// From the start of the process (with PostgreSQL's, for Synapse) to its first answer.
    pub(crate) start: Duration,
    child: Child,
    /// Roots of the process trees that are the server.
    roots: Vec<u32>,
    dir: PathBuf,
}

impl Kind {
    fn command(self, dir: &Path) -> Result<Command, Failure> {
        let (program, args): (PathBuf, Vec<String>) = match self {
            Self::Veche => {
                let binary = env::var_os("VECHE_BIN").ok_or("set VECHE_BIN to the veche binary")?;
                let settings = [
                    "server.name=localhost",
                    "listen.http=127.0.0.1:0",
                    "listen.https=127.0.0.1:0",
                    "registration.shared_secret=bench",
                    "limits.rates=off",
                    "setup.skip=true",
                ];
                let sets = settings.iter().flat_map(|s| ["--set".to_owned(), (*s).to_owned()]);
                (
                    binary.into(),
                    ["serve".to_owned(), "--data".to_owned()].into_iter().chain([path(dir)]).chain(sets).collect(),
                )
            }
            Self::Synapse => {
                let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("peer/synapse.py");
                ("python3".into(), vec![path(&script), "--dir".into(), path(dir), "--secret".into(), "bench".into()])
            }
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

fn path(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

impl Running {
    /// Starts the server on this folder (which may hold one already) and waits for its ready line.
    pub(crate) fn start(kind: Kind, dir: &Path) -> Result<Self, Failure> {
        fs::create_dir_all(dir)?;
        let log = fs::File::options().create(true).append(true).open(dir.with_extension("log"))?;
        let began = now();
        let mut child = kind.command(dir)?.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log).spawn()?;
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
            format!("{kind:?} gave no ready line; its log is {}", dir.with_extension("log").display())
        })?;
        let elapsed = now() - began;
        let ready: Value = serde_json::from_str(&line)?;
        let address = ready["http"].as_str().ok_or("the ready line has no http")?.parse()?;
        let start = ready["start_ms"].as_u64().map_or(elapsed, Duration::from_millis);
        let named = ready["pids"].as_array().into_iter().flatten().filter_map(Value::as_u64);
        let mut roots: Vec<u32> = named.filter_map(|pid| pid.try_into().ok()).collect();
        if roots.is_empty() {
            roots.push(child.id());
        }
        Ok(Self { kind, address, start, child, roots, dir: dir.to_owned() })
    }

    /// CPU time that the server's processes have used so far.
    pub(crate) fn cpu(&self) -> Duration {
        let ticks: u64 = self.tree().iter().map(|pid| cpu_ticks(*pid)).sum();
        Duration::from_millis(ticks * 1000 / TICKS_PER_SEC)
    }

    /// Memory of the server's processes; what they share is counted once.
    pub(crate) fn memory_bytes(&self) -> u64 {
        self.tree().iter().map(|pid| proportional_set_bytes(*pid)).sum()
    }

    /// Stops it cleanly and starts it again on the same folder.
    pub(crate) fn restart(&mut self) -> Result<(), Failure> {
        self.terminate();
        let again = Self::start(self.kind, &self.dir)?;
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

    fn tree(&self) -> Vec<u32> {
        let mut all = self.roots.clone();
        let mut next = 0;
        while let Some(pid) = all.get(next).copied() {
            next += 1;
            let Ok(tasks) = fs::read_dir(format!("/proc/{pid}/task")) else { continue };
            for task in tasks.flatten() {
                let children = fs::read_to_string(task.path().join("children")).unwrap_or_default();
                all.extend(children.split_whitespace().filter_map(|c| c.parse::<u32>().ok()));
            }
        }
        all
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.terminate();
    }
}

/// User and system time of the process, and then the same of its children that have ended and were waited for.
fn cpu_fields(pid: u32) -> Vec<u64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    // The name in parentheses may hold anything; behind it comes the third field.
    let fields = stat.rsplit_once(')').map_or("", |(_, rest)| rest).split_whitespace();
    fields.skip(11).take(4).filter_map(|f| f.parse().ok()).collect()
}

fn cpu_ticks(pid: u32) -> u64 {
    cpu_fields(pid).iter().sum()
}

fn proportional_set_bytes(pid: u32) -> u64 {
    let rollup = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).unwrap_or_default();
    let line = rollup.lines().find(|l| l.starts_with("Pss:")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|kb| kb.parse::<u64>().ok()).unwrap_or_default() * 1024
}

/// CPU time of the load generator itself, without that of servers it has stopped.
pub(crate) fn own_cpu() -> Duration {
    let own: u64 = cpu_fields(std::process::id()).iter().take(2).sum();
    Duration::from_millis(own * 1000 / TICKS_PER_SEC)
}
