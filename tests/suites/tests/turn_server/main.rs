//! The relay as clients are told of it: `GET /voip/turnServer`, and what the answer opens.

mod client;

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};
use std::process::Command;

use client::TurnClient;
use serde_json::{Value, json};
use tokio::time::timeout;
use veche_test_harness::{Client, LIMIT, PASSWORD, Server};

const PATH: &str = "/_matrix/client/v3/voip/turnServer";

/// The settings of a relay that shows a loopback address, which the clients of the tests have too.
const LOCAL: (&str, &str) = ("network.external_address", "127.0.0.1");

/// Messages that coturn's clients send in one run.
const SENT: u64 = 40;

/// What a client is told.
struct Told {
    username: String,
    password: String,
    uris: Vec<String>,
}

impl Told {
    async fn to(client: &Client) -> Self {
        let told = client.get(PATH).await.ok();
        let text = |value: &Value| value.as_str().expect("text").to_owned();
        let uris = told["uris"].as_array().expect("a list").iter().map(text).collect();
        Self { username: text(&told["username"]), password: text(&told["password"]), uris }
    }

    async fn allocate(&self, server: SocketAddr) -> Result<(TurnClient, SocketAddr), u16> {
        let mut client = TurnClient::new(server, &self.username, &self.password).await;
        let relayed = client.allocate().await?;
        Ok((client, relayed))
    }

    /// Asks for allocations until the relay refuses, which hears of the end of a session a moment after it. What was
    /// opened in that moment ends.
    async fn until_refused(&self, server: SocketAddr) {
        let asked = async {
            loop {
                match self.allocate(server).await {
                    Ok((mut client, _)) => client.until_gone().await,
                    Err(code) => return code,
                }
            }
        };
        assert_eq!(timeout(LIMIT, asked).await.expect("the relay hears of it"), 401);
    }
}

/// What the server counts, as it told it last: once a second while anything happens.
struct Counted(String);

impl Counted {
    async fn by(server: &Server) -> Self {
        let answer = Client::anonymous(&server.base_url()).get("/metrics").await;
        assert_eq!(answer.status, 200, "{answer}");
        Self(String::from_utf8(answer.bytes).expect("metrics are text"))
    }

    fn of(&self, name: &str) -> u64 {
        let start = format!("veche_turn_{name}_total ");
        let line = self.0.lines().find_map(|line| line.strip_prefix(&start));
        line.and_then(|number| number.parse().ok()).unwrap_or_else(|| panic!("there is no {start}in\n{}", self.0))
    }
}

fn turn(server: &Server) -> SocketAddr {
    server.ready().turn.expect("TURN is on")
}

#[tokio::test]
async fn users_are_told_where_the_relay_is_and_others_are_not() {
    let server = Server::start().await;
    let alice = server.user("alice").await;
    Client::anonymous(&server.base_url()).get(PATH).await.refused(401, "M_MISSING_TOKEN");
    let answer = alice.get(PATH).await.ok();
    assert_eq!(answer["ttl"], 1_800);
    let (turn, https) = (turn(&server).port(), server.ready().https.expect("HTTPS is on").port());
    assert_eq!(
        answer["uris"],
        json!([
            format!("turn:localhost:{turn}?transport=udp"),
            format!("turn:localhost:{turn}?transport=tcp"),
            format!("turns:localhost:{https}?transport=tcp"),
        ])
    );
    let username = answer["username"].as_str().expect("a name");
    assert!(!username.contains("alice") && !username.contains(&alice.device_id), "{username} tells who calls");
    // One name for each device, and the same one each time.
    let user = |username: &str| username.split_once(':').expect("an expiry and a name").1.to_owned();
    let (phone, bob) = (alice.login().await, server.user("bob").await);
    let mut names = BTreeSet::from([user(username)]);
    for client in [&alice, &phone, &bob] {
        names.insert(user(&Told::to(client).await.username));
    }
    assert_eq!(names.len(), 3, "{names:?}");
}

#[tokio::test]
async fn without_a_relay_clients_are_told_that_there_is_none() {
    let server = Server::start_with(&[("listen.turn", "off")]).await;
    assert_eq!(server.user("alice").await.get(PATH).await.ok(), json!({}));
    assert_eq!(server.ready().line["turn"], Value::Null);
}

#[tokio::test]
async fn set_addresses_and_names_are_told_as_uris() {
    let settings = [
        ("server.public_url", "https://chat.example.org"),
        ("network.external_address", r#"["203.0.113.7", "2001:db8::7"]"#),
        ("listen.redirect", "off"),
    ];
    let server = Server::start_with(&settings).await;
    let port = turn(&server).port();
    let uris = Told::to(&server.user("alice").await).await.uris;
    for expected in [
        format!("turn:chat.example.org:{port}?transport=udp"),
        format!("turn:203.0.113.7:{port}?transport=udp"),
        format!("turn:[2001:db8::7]:{port}?transport=tcp"),
        "turns:chat.example.org:443?transport=tcp".to_owned(),
    ] {
        assert!(uris.contains(&expected), "{uris:?} lacks {expected}");
    }
}

/// coturn's client (Debian package coturn), two by two through their relayed addresses: every message must arrive.
async fn pairs(told: &Told, server: &Server, address: SocketAddr, more: &[&str]) {
    let before = Counted::by(server).await;
    let (port, ip) = (address.port().to_string(), address.ip().to_string());
    let mut command = Command::new("turnutils_uclient");
    command.args(["-u", &told.username, "-w", &told.password, "-p", &port, "-y", "-c", "-m", "2", "-n", "20"]);
    command.args(more).arg(ip);
    let run = tokio::task::spawn_blocking(move || command.output().expect("the Debian package coturn is installed"));
    let output = timeout(LIMIT, run).await.expect("it ends").expect("waiting does not panic");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{more:?}: {}\n{text}", output.status);
    // Over TLS this client takes one message each time its socket has bytes, so what comes together stays unread in its
    // OpenSSL, with any server: there the server's own counters tell whether all was delivered.
    let arrived_min = if more.contains(&"-S") { SENT / 2 } else { SENT };
    let line = |count: u64| format!("tot_send_msgs={SENT}, tot_recv_msgs={count}\n");
    assert!((arrived_min..=SENT).any(|count| text.contains(&line(count))), "{more:?}: {text}");
    let counted = async {
        loop {
            let after = Counted::by(server).await;
            if after.of("relayed_packets") >= before.of("relayed_packets") + SENT {
                return after;
            }
        }
    };
    let after = timeout(LIMIT, counted).await.expect("all messages are relayed");
    for dropped in ["slow_stream", "bandwidth", "malformed", "forbidden", "failed_send"] {
        let name = format!("dropped_{dropped}");
        assert_eq!(after.of(&name), before.of(&name), "{more:?}: {name}");
    }
}

#[tokio::test]
async fn coturns_client_calls_through_the_relay_on_every_way() {
    let server = Server::start_with(&[LOCAL]).await;
    let told = Told::to(&server.user("alice").await).await;
    let https = server.ready().https.expect("HTTPS is on");
    pairs(&told, &server, turn(&server), &["-l", "160"]).await;
    pairs(&told, &server, turn(&server), &["-t", "-l", "161"]).await;
    pairs(&told, &server, https, &["-t", "-S", "-l", "1201"]).await;
    // HTTPS beside it is not disturbed.
    let base = format!("https://127.0.0.1:{}", https.port());
    Client::anonymous(&base).get("/_matrix/client/versions").await.ok();
}

#[tokio::test]
async fn the_relay_ends_with_the_session() {
    let server = Server::start_with(&[LOCAL]).await;
    let (alice, bob, root) = (server.user("alice").await, server.user("bob").await, server.admin("root").await);
    let phone = alice.login().await;
    let mut open = Vec::new();
    for client in [&alice, &phone, &bob] {
        let (allocated, relayed) =
            Told::to(client).await.allocate(turn(&server)).await.expect("room for an allocation");
        assert_eq!(relayed.ip(), turn(&server).ip());
        open.push(allocated);
    }
    for client in &mut open {
        assert_eq!(client.refresh().await, None);
    }
    // Each way in which a session ends, and nobody else's allocation with it.
    phone.logout().await.ok();
    open[1].until_gone().await;
    root.put(&format!("/_matrix/client/v1/admin/lock/{}", bob.user_id), &json!({ "locked": true })).await.ok();
    open[2].until_gone().await;
    assert_eq!(open[0].refresh().await, None);
    deactivate(&alice).await;
    open[0].until_gone().await;
}

#[tokio::test]
async fn credentials_of_a_session_that_has_ended_open_nothing() {
    let mut server = Server::start_with(&[LOCAL]).await;
    let (alice, bob, root) = (server.user("alice").await, server.user("bob").await, server.admin("root").await);
    let phone = alice.login().await;
    let (alices, phones, bobs) = (Told::to(&alice).await, Told::to(&phone).await, Told::to(&bob).await);
    for told in [&alices, &phones, &bobs] {
        told.allocate(turn(&server)).await.expect("room for an allocation");
    }
    // The same device comes back: what it is given now is good, and what it had is not.
    let identifier = json!({ "type": "m.id.user", "user": phone.user_id });
    let mut login = json!({ "type": "m.login.password", "identifier": identifier, "password": PASSWORD });
    login["device_id"] = phone.device_id.clone().into();
    let phone = phone.with_session(&phone.post("/_matrix/client/v3/login", &login).await.ok());
    phones.until_refused(turn(&server)).await;
    let phones = Told::to(&phone).await;
    phones.allocate(turn(&server)).await.expect("it has signed in anew");
    phone.logout().await.ok();
    phones.until_refused(turn(&server)).await;
    // A locked account comes back with its sessions.
    let lock = format!("/_matrix/client/v1/admin/lock/{}", bob.user_id);
    root.put(&lock, &json!({ "locked": true })).await.ok();
    bobs.until_refused(turn(&server)).await;
    root.put(&lock, &json!({ "locked": false })).await.ok();
    assert_eq!(bobs.allocate(turn(&server)).await.err(), Some(401));
    Told::to(&bob).await.allocate(turn(&server)).await.expect("it is not locked any more");
    // What the relay has forgotten with the process, the sessions still tell.
    server.kill();
    server.restart().await;
    assert_eq!(phones.allocate(turn(&server)).await.err(), Some(401));
    alices.allocate(turn(&server)).await.expect("her session goes on");
}

async fn deactivate(client: &Client) {
    let path = "/_matrix/client/v3/account/deactivate";
    let asked = client.post(path, &json!({})).await;
    let session = asked.json()["session"].clone();
    let identifier = json!({ "type": "m.id.user", "user": client.user_id });
    let proof =
        json!({ "type": "m.login.password", "identifier": identifier, "password": PASSWORD, "session": session });
    client.post(path, &json!({ "auth": proof })).await.ok();
}

#[tokio::test]
async fn nobody_is_reached_beside_the_relay_unless_it_is_set() {
    let peers = ["127.0.0.1:53", "10.0.0.1:53", "169.254.169.254:80", "192.0.2.7:443", "8.8.8.8:53", "[::1]:53"];
    let peers: Vec<SocketAddr> = peers.iter().map(|text| text.parse().expect("an address")).collect();
    let closed = Server::start_with(&[("network.external_address", "203.0.113.7")]).await;
    let told = Told::to(&closed.user("alice").await).await;
    let (mut client, _) = told.allocate(turn(&closed)).await.expect("room for an allocation");
    for peer in &peers {
        let refused = if peer.is_ipv4() { 403 } else { 443 };
        assert_eq!(client.permit(*peer).await, Some(refused), "{peer}");
    }
    let settings =
        [("network.external_address", "203.0.113.7"), ("network.relay_peers", r#"["192.0.2.0/24", "internet"]"#)];
    let open = Server::start_with(&settings).await;
    let told = Told::to(&open.user("alice").await).await;
    let (mut client, _) = told.allocate(turn(&open)).await.expect("room for an allocation");
    let mut opened = Vec::new();
    for peer in &peers {
        opened.push(client.permit(*peer).await.is_none());
    }
    assert_eq!(opened, [false, false, false, true, true, false]);
}

#[tokio::test]
async fn credentials_outlive_a_restart_and_wrong_ones_open_nothing() {
    let mut server = Server::start_with(&[LOCAL]).await;
    let told = Told::to(&server.user("alice").await).await;
    server.stop().await;
    server.restart().await;
    told.allocate(turn(&server)).await.expect("the secret is kept");
    let wrong = Told { password: "wrong".to_owned(), ..Told::to(&server.user("bob").await).await };
    assert_eq!(wrong.allocate(turn(&server)).await.err(), Some(401));
}

#[tokio::test]
async fn every_address_means_both_families_on_one_port() {
    let server = Server::start_with(&[("listen.turn", "0.0.0.0:0")]).await;
    let port = turn(&server).port();
    let mut families: Vec<IpAddr> = vec!["127.0.0.1".parse().expect("an address")];
    if std::net::UdpSocket::bind("[::1]:0").is_ok() {
        families.push("::1".parse().expect("an address"));
    }
    for ip in families {
        let mut client = TurnClient::new(SocketAddr::new(ip, port), "", "").await;
        assert_eq!(client.binding().await.ip(), ip);
    }
}

#[tokio::test]
async fn a_taken_port_stops_the_start_with_words() {
    let other = std::net::UdpSocket::bind("127.0.0.1:0").expect("a free port");
    let address = other.local_addr().expect("an address").to_string();
    let log =
        Server::try_start_with(&[("listen.http", "127.0.0.1:0"), ("listen.https", "off"), ("listen.turn", &address)])
            .await
            .err()
            .expect("it refuses to start");
    assert!(log.contains("--set listen.turn") && log.contains(&address), "{log}");
}
