//! The promises of the command line, kept by the real binary: ready line, exit codes, words, accounts, check.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Output, Stdio};

use serde_json::Value;

fn veche(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_veche"));
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn run(arguments: &[&str]) -> Output {
    veche(arguments).output().expect("the binary can be started")
}

fn words(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A running server, killed if a test leaves it behind.
struct Server {
    process: Child,
    ready: Value,
}

impl Server {
    fn start(dir: &str, more: &[&str]) -> Self {
        // Its own words are not read, and a full pipe would stop it.
        Self::start_saying(dir, more, Stdio::null())
    }

    /// Starts it with its words going there.
    fn start_saying(dir: &str, more: &[&str], words: Stdio) -> Self {
        let ports = ["listen.http", "listen.https", "listen.turn", "listen.sfu", "listen.ice_tcp"]
            .map(|name| format!("{name}=127.0.0.1:0"));
        let local = ports.iter().map(String::as_str).chain(["setup.skip=true"]);
        let local = local.flat_map(|setting| ["--set", setting]);
        let arguments: Vec<&str> =
            ["serve", "--data", dir].into_iter().chain(local).chain(more.iter().copied()).collect();
        let mut process = veche(&arguments).stderr(words).spawn().expect("it starts");
        let mut line = String::new();
        let out = process.stdout.take().expect("standard output is a pipe");
        BufReader::new(out).read_line(&mut line).expect("standard output can be read");
        let ready = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{line:?} is no ready line: {error}"));
        Self { process, ready }
    }

    fn get(&self, path: &str) -> String {
        let address = self.ready["http"].as_str().expect("the server listens on plain HTTP");
        let mut stream = TcpStream::connect(address).expect("the address of the ready line answers");
        let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).expect("the request can be sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("the answer is text");
        answer
    }

    fn signal(&self, name: &str) {
        let status = Command::new("kill").args([name, &self.process.id().to_string()]).status();
        assert!(status.expect("kill can be run").success());
    }

    fn stop(mut self) -> ExitStatus {
        self.signal("-TERM");
        self.process.wait().expect("it ends")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn folder() -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let dir = folder.path().join("data").to_str().expect("its path is text").to_owned();
    (folder, dir)
}

#[test]
fn server_says_where_it_is_answers_and_stops_cleanly() {
    let (_folder, dir) = folder();
    let server = Server::start(&dir, &[]);
    assert_eq!(server.ready["ready"], true);
    for media in ["turn", "sfu"] {
        let address: std::net::SocketAddr = server.ready[media].as_str().unwrap().parse().unwrap();
        assert!(address.ip().is_loopback() && address.port() != 0, "{media}: {address}");
    }
    assert_eq!(server.ready["claim_url"], Value::Null);
    assert!(server.get("/health").starts_with("HTTP/1.1 200"));
    let metrics = server.get("/metrics");
    let names: Vec<&str> = metrics.lines().filter(|line| line.starts_with("# TYPE ")).collect();
    let mut once = names.clone();
    once.sort_unstable();
    once.dedup();
    assert_eq!(names.len(), once.len(), "a metric is registered twice: {names:?}");
    assert_eq!(server.stop().code(), Some(0));
    assert!(!Path::new(&dir).join("control.sock").exists());
}

#[test]
fn the_claim_code_lies_in_a_file_and_is_in_no_log() {
    let (folder, dir) = folder();
    let file = Path::new(&dir).join("claim-code");
    let log = folder.path().join("log");
    let start = |more: &[&str]| Server::start_saying(&dir, more, fs::File::create(&log).unwrap().into());

    let server = start(&["--set", "log.format=json"]);
    let first = fs::read_to_string(&file).unwrap().trim_end().to_owned();
    assert!(first.len() >= 22, "{first}");
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(server.stop().code(), Some(0));
    let said = fs::read_to_string(&log).unwrap();
    assert!(said.contains(file.to_str().unwrap()) && !said.contains(&first), "{said}");
    let is_json = |line: &str| serde_json::from_str::<Value>(line).is_ok();
    assert!(said.lines().all(is_json), "nothing but the log is on a standard error that is no terminal: {said}");
    assert!(!file.exists(), "the code of a stopped server is worth nothing");

    let server = start(&["--show-claim"]);
    let second = fs::read_to_string(&file).unwrap().trim_end().to_owned();
    assert_ne!(first, second, "every start has a code of its own");
    assert_eq!(server.stop().code(), Some(0));
    let said = fs::read_to_string(&log).unwrap();
    assert!(said.contains(&format!("\n    {second}\n")) && said.contains("Veche answers at http"), "{said}");

    // A server that was killed leaves its file.
    let server = start(&[]);
    server.signal("-KILL");
    drop(server);
    assert!(file.exists());
    assert_eq!(run(&["user", "add", "alice", "--data", &dir]).status.code(), Some(0));
    let server = start(&["--show-claim"]);
    assert!(!file.exists(), "there is an account");
    assert_eq!(server.stop().code(), Some(0));
    let said = fs::read_to_string(&log).unwrap();
    assert!(said.contains("Veche answers at http") && !said.contains("claim code"), "{said}");
}

#[test]
fn a_person_is_told_where_the_wizard_is_and_which_code_opens_it() {
    let (folder, dir) = folder();
    let log = folder.path().join("log");
    let words = fs::File::create(&log).unwrap().into();
    let server = Server::start_saying(&dir, &["--set", "setup.skip=false", "--show-claim"], words);
    let url = server.ready["claim_url"].as_str().expect("it waits to be set up").to_owned();
    let code = fs::read_to_string(Path::new(&dir).join("claim-code")).unwrap().trim_end().to_owned();
    assert!(server.get("/health").starts_with("HTTP/1.1 200"));
    assert!(server.get("/metrics").starts_with("HTTP/1.1 404"));
    let asked = run(&["doctor", "--data", &dir]);
    assert!(self::words(&asked).contains("waits to be set up"), "{}", self::words(&asked));
    assert_eq!(server.stop().code(), Some(0));
    let said = fs::read_to_string(&log).unwrap();
    assert!(said.contains(&format!("{url} with this claim code:\n\n    {code}\n")), "{said}");
    assert!(said.contains("veche user add NAME --owner"), "{said}");
}

#[test]
fn second_server_on_the_same_data_is_refused_with_words() {
    let (_folder, dir) = folder();
    let server = Server::start(&dir, &[]);
    let second = run(&["serve", "--data", &dir, "--set", "listen.http=off", "--set", "listen.https=off"]);
    assert_eq!(second.status.code(), Some(1));
    assert!(words(&second).contains("in use by another process"), "{}", words(&second));
    assert!(second.stdout.is_empty());
    assert_eq!(server.stop().code(), Some(0));
}

#[test]
fn wrong_settings_stop_the_start_with_line_and_reason() {
    let (folder, dir) = folder();
    let file = folder.path().join("settings.toml");
    let file_path = file.to_str().unwrap();
    fs::write(&file, "[listen]\nhttp = \"0.0.0.0:80\"\n").unwrap();
    let refused = run(&["serve", "--data", &dir, "--config", file_path]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(words(&refused).contains("settings.toml, line 2: ") && words(&refused).contains("loopback"));

    fs::write(&file, "[tls]\n\nextra_ca = \"nowhere.pem\"\n").unwrap();
    let refused = run(&["serve", "--data", &dir, "--config", file_path]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(words(&refused).contains("line 3, tls.extra_ca: nowhere.pem cannot be read"), "{}", words(&refused));

    for wrong in [["--set", "server.nmae=a"], ["--set", "nonsense"], ["--config", "nowhere.toml"]] {
        let refused = run(&[&["serve", "--data", &dir][..], &wrong].concat());
        assert_eq!(refused.status.code(), Some(2), "{wrong:?}");
    }
}

#[test]
fn server_keeps_its_name() {
    let (_folder, dir) = folder();
    assert_eq!(Server::start(&dir, &["--set", "server.name=first.example"]).stop().code(), Some(0));
    // Nobody has an account yet, so the name is still free.
    assert_eq!(Server::start(&dir, &["--set", "server.name=second.example"]).stop().code(), Some(0));
    let added = run(&["user", "add", "alice", "--data", &dir]);
    assert!(String::from_utf8_lossy(&added.stdout).starts_with("@alice:second.example\npassword: "));
    let refused = run(&["serve", "--data", &dir, "--set", "server.name=third.example"]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(words(&refused).contains("belongs to the server second.example"), "{}", words(&refused));
}

#[test]
fn accounts_are_made_while_the_server_runs_and_while_it_does_not() {
    let (folder, dir) = folder();
    let nowhere = run(&["user", "add", "alice", "--data", &dir]);
    assert!(words(&nowhere).contains("there is no data folder"), "{}", words(&nowhere));

    let server = Server::start(&dir, &[]);
    let mut asked = veche(&["user", "add", "alice", "--data", &dir, "--admin", "--password-stdin"]);
    let mut asked = asked.stdin(Stdio::piped()).spawn().unwrap();
    asked.stdin.take().unwrap().write_all(b"a password of some length\n").unwrap();
    let running = asked.wait_with_output().unwrap();
    assert_eq!((running.status.code(), running.stdout.as_slice()), (Some(0), &b"@alice:localhost\n"[..]));
    let again = run(&["user", "add", "alice", "--data", &dir]);
    assert_eq!(again.status.code(), Some(1));
    assert!(words(&again).contains("no account alice was made"), "{}", words(&again));

    // Killed, so that a stale socket and a stale lock lie in the way.
    server.signal("-KILL");
    drop(server);
    let stopped = run(&["user", "add", "bob", "--data", &dir]);
    assert_eq!(stopped.status.code(), Some(0), "{}", words(&stopped));
    let twice = run(&["user", "add", "alice", "--data", &dir]);
    assert_eq!(twice.status.code(), Some(1), "what the killed server had acknowledged is there");

    // A folder that never had a server, with a settings file that says who it will be.
    let fresh = folder.path().join("fresh");
    fs::create_dir(&fresh).unwrap();
    let fresh_dir = fresh.to_str().unwrap();
    assert!(words(&run(&["user", "add", "eve", "--data", fresh_dir])).contains("not known yet"));
    fs::write(fresh.join("veche.toml"), "[server]\nname = \"fresh.example\"\n").unwrap();
    let first = run(&["user", "add", "eve", "--data", fresh_dir]);
    assert!(String::from_utf8_lossy(&first.stdout).starts_with("@eve:fresh.example\n"), "{}", words(&first));
    let refused = run(&["serve", "--data", fresh_dir, "--set", "server.name=other.example"]);
    assert_eq!(refused.status.code(), Some(2), "{}", words(&refused));
}

#[test]
fn check_passes_sound_data_and_finds_a_flipped_byte() {
    let (_folder, dir) = folder();
    assert_eq!(run(&["check", "--data", &dir]).status.code(), Some(1));
    let server = Server::start(&dir, &[]);
    assert!(words(&run(&["check", "--data", &dir])).contains("in use"));
    assert_eq!(server.stop().code(), Some(0));
    run(&["user", "add", "alice", "--data", &dir]);
    let sound = run(&["check", "--data", &dir]);
    assert_eq!(sound.status.code(), Some(0), "{}", words(&sound));

    let table = Path::new(&dir).join("admin.sqlite");
    let mut bytes = fs::read(&table).unwrap();
    // The second page's header: no page of SQLite's begins with 0xFF.
    bytes[4_096] = 0xFF;
    fs::write(&table, bytes).unwrap();
    let damaged = run(&["check", "--data", &dir]);
    assert_eq!(damaged.status.code(), Some(1));
    assert!(!damaged.stdout.is_empty() && words(&damaged).contains("damaged"), "{}", words(&damaged));
}
