//! Programs of others that put a server under load: started together, given a limit of time, and their words read.

use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use crate::{Failure, now};

/// How often it is looked whether one has ended.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Runs these at the same time and returns what each wrote, on either of its outputs. Fails when one does not start, fails
/// itself, or has not ended within `limit`; then all are killed.
pub(crate) fn run_all(commands: Vec<Command>, dir: &Path, limit: Duration) -> Result<Vec<String>, Failure> {
    let end = now() + limit;
    let mut running = Vec::new();
    for (number, mut command) in commands.into_iter().enumerate() {
        // A file takes any length without being read meanwhile.
        let path = dir.join(format!("tool-{number}.log"));
        let words = File::create(&path)?;
        let name = command.get_program().to_string_lossy().into_owned();
        let child = command.stdin(Stdio::null()).stdout(words.try_clone()?).stderr(words).spawn();
        let child = child.map_err(|error| format!("{name} does not start: {error}"))?;
        running.push(Tool { name, child, path });
    }
    running.into_iter().map(|mut tool| tool.words(end)).collect()
}

/// Dropping it kills it.
struct Tool {
    name: String,
    child: Child,
    path: std::path::PathBuf,
}

impl Tool {
    fn words(&mut self, end: std::time::Instant) -> Result<String, Failure> {
        let status = loop {
            if let Some(status) = self.child.try_wait()? {
                break status;
            }
            if now() > end {
                return Err(format!("{} did not end in time; it said: {}", self.name, self.tail()?).into());
            }
            thread::sleep(LOOK_EVERY);
        };
        if !status.success() {
            return Err(format!("{} ended with {status}; it said: {}", self.name, self.tail()?).into());
        }
        Ok(self.read()?)
    }

    fn read(&self) -> io::Result<String> {
        fs::read(&self.path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
    }

    fn tail(&self) -> io::Result<String> {
        let words = self.read()?;
        let lines: Vec<&str> = words.lines().collect();
        Ok(lines[lines.len().saturating_sub(5)..].join(" | "))
    }
}

impl Drop for Tool {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
