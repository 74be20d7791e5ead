//! The shipped binary on ports of its own, spoken to over plain HTTP on loopback.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::{env, thread};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::peer::Credentials;

/// Password of every account.
const PASSWORD: &str = "correct horse battery staple";
/// Settings of the tests. Relayed addresses show loopback, where the clients are too.
const SETTINGS: [&str; 9] = [
    "server.name=localhost",
    "listen.http=127.0.0.1:0",
    "listen.https=off",
    "listen.turn=127.0.0.1:0",
    "listen.sfu=127.0.0.1:0",
    "listen.ice_tcp=off",
    "network.external_address=127.0.0.1",
    "limits.rates=off",
    "setup.skip=true",
];

/// A running server, killed and removed when dropped.
pub struct House {
    process: Child,
    dir: TempDir,
    http: SocketAddr,
    /// Where the relay listens.
    pub turn: SocketAddr,
}

impl House {
    /// Starts the binary that `VECHE_BIN` names.
    pub fn start() -> Self {
        let dir = TempDir::with_prefix("veche-turn-client-").expect("a temporary folder can be made");
        let mut command = veche();
        command.arg("serve").arg("--data").arg(dir.path());
        command.args(SETTINGS.iter().flat_map(|setting| ["--set", setting]));
        let mut process = command.stdout(Stdio::piped()).spawn().expect("the binary can be started");
        let mut output = BufReader::new(process.stdout.take().expect("it is piped"));
        let mut line = String::new();
        output.read_line(&mut line).expect("it says that it is ready");
        // Read to the end, so that the server never waits for a reader.
        thread::spawn(move || output.lines().map_while(Result::ok).for_each(drop));
        let ready: Value = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{line:?}: {error}"));
        let address = |name: &str| -> SocketAddr {
            let text = ready[name].as_str().unwrap_or_else(|| panic!("{ready} tells no {name}"));
            text.parse().expect("an address")
        };
        let (http, turn) = (address("http"), address("turn"));
        Self { process, dir, http, turn }
    }

    /// Makes an account, and tells what it is given for the relay.
    pub fn credentials(&self, name: &str) -> Credentials {
        let mut adding = veche();
        adding.args(["user", "add", name, "--password-stdin", "--data"]).arg(self.dir.path());
        let mut adding = adding.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().expect("the binary can be started");
        let mut input = adding.stdin.take().expect("it is piped");
        writeln!(input, "{PASSWORD}").expect("the password is read");
        drop(input);
        assert!(adding.wait().expect("it ends").success());
        let login = json!({
            "type": "m.login.password",
            "identifier": { "type": "m.id.user", "user": name },
            "password": PASSWORD,
        });
        let session = self.ask("POST", "/_matrix/client/v3/login", "", &login.to_string());
        let token = session["access_token"].as_str().expect("a token");
        let told = self.ask("GET", "/_matrix/client/v3/voip/turnServer", token, "");
        let text = |name: &str| told[name].as_str().expect("text").to_owned();
        Credentials { username: text("username"), password: text("password") }
    }

    /// What the relay tells of itself, once a second while anything happens.
    pub fn metric(&self, name: &str) -> u64 {
        let text = self.exchange("GET", "/metrics", "", "");
        let found = ["_total ", " "].iter().find_map(|end| {
            let start = format!("veche_turn_{name}{end}");
            text.lines().find_map(|line| line.strip_prefix(&start).map(str::to_owned))
        });
        found.and_then(|number| number.parse().ok()).unwrap_or_else(|| panic!("there is no {name} in\n{text}"))
    }

    /// Waits until the relay tells this of itself.
    pub async fn until(&self, name: &str, is_so: impl Fn(u64) -> bool) {
        while !is_so(self.metric(name)) {
            tokio::task::yield_now().await;
        }
    }

    fn ask(&self, method: &str, path: &str, token: &str, body: &str) -> Value {
        let text = self.exchange(method, path, token, body);
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{method} {path}: {error}: {text}"))
    }

    /// One request on a connection of its own; the body of its answer, which must be a 200.
    fn exchange(&self, method: &str, path: &str, token: &str, body: &str) -> String {
        let mut stream = TcpStream::connect(self.http).expect("the server takes connections");
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\nauthorization: Bearer {token}\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(request.as_bytes()).expect("the request can be sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("the answer is text");
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer to {method} {path}"));
        assert!(head.starts_with("HTTP/1.1 200 "), "{method} {path} was answered {answer}");
        body.to_owned()
    }
}

impl Drop for House {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn veche() -> Command {
    let mut command = Command::new(env::var_os("VECHE_BIN").expect("VECHE_BIN names the binary"));
    command.stdin(Stdio::null());
    command
}
