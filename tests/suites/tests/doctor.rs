//! Reachability, as the machine's command line and an administrator's browser are told of it.

use std::process::{Command, Output};

use serde_json::{Value, json};
use veche_test_harness::{Client, Server, binary};

const REPORT: &str = "/api/admin/v1/reachability";
/// Every line that a running server has something to say about.
const LINES: [&str; 15] = [
    "dns",
    "addresses",
    "browser",
    "https",
    "redirect",
    "certificate",
    "clock",
    "turn_udp",
    "turn_tcp",
    "allocation_udp",
    "allocation_tcp",
    "allocation_tls",
    "hairpin",
    "calls_udp",
    "calls_tcp",
];

/// The settings of a server that is whole on loopback alone.
const LOCAL: [(&str, &str); 2] = [("network.external_address", "127.0.0.1"), ("listen.redirect", "127.0.0.1:0")];

async fn doctor(arguments: &[&str]) -> Output {
    let mut command = Command::new(binary());
    command.arg("doctor").args(arguments).env("LC_ALL", "C");
    let asked = tokio::task::spawn_blocking(move || command.output().expect("the binary runs"));
    asked.await.expect("waiting does not panic")
}

async fn report(server: &Server) -> (Option<i32>, Value) {
    let output = doctor(&["--json", "--data", server.dir().to_str().expect("a path of text")]).await;
    let words = String::from_utf8_lossy(&output.stderr);
    let report = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {words}"));
    (output.status.code(), report)
}

/// State and code of a line.
fn line<'a>(report: &'a Value, id: &str) -> (&'a str, &'a str) {
    let line = lines(report).find(|line| line["id"] == id).unwrap_or_else(|| panic!("no line {id} in {report}"));
    (line["state"].as_str().expect("a state"), line["code"].as_str().expect("a code"))
}

fn lines(report: &Value) -> impl Iterator<Item = &Value> {
    report["lines"].as_array().expect("a report has lines").iter()
}

fn is_well(state: &Value) -> bool {
    state == "ok" || state == "skipped"
}

#[tokio::test]
async fn a_healthy_server_is_found_healthy() {
    let server = Server::start_with(&LOCAL).await;
    let (status, report) = report(&server).await;
    assert_eq!(lines(&report).map(|line| line["id"].as_str().expect("an id")).collect::<Vec<_>>(), LINES);
    for line in lines(&report) {
        assert!(is_well(&line["state"]), "{line}");
        for language in ["en", "ru"] {
            assert!(line["title"][language].is_string() && line["meaning"][language].is_string(), "{line}");
        }
    }
    assert_eq!((status, &report["state"]), (Some(0), &json!("ok")));
    for id in ["https", "redirect", "certificate", "turn_udp", "turn_tcp", "allocation_udp", "hairpin"] {
        assert_eq!(line(&report, id).0, "ok", "{id} was really tried");
    }
    assert_eq!(line(&report, "allocation_tcp"), ("ok", "relays"));
    assert_eq!(line(&report, "allocation_tls"), ("ok", "relays"));
    assert_eq!(line(&report, "calls_udp"), ("ok", "answers"));
    assert_eq!(line(&report, "calls_tcp"), ("ok", "answers"));
}

/// The listeners demand the header of a proxy of this machine, so the doctor has to come as one.
#[tokio::test]
async fn the_doctor_comes_in_also_where_a_proxy_of_this_machine_must_introduce_himself() {
    for proxies in [r#"["127.0.0.0/8"]"#, r#"["127.0.0.1", "10.0.0.0/8"]"#, r#"["10.0.0.0/8"]"#] {
        let server = Server::start_with(&[&LOCAL[..], &[("network.proxy_protocol_from", proxies)]].concat()).await;
        let (status, report) = report(&server).await;
        for id in ["https", "redirect", "turn_udp", "turn_tcp", "allocation_tcp", "allocation_tls", "hairpin"] {
            assert_eq!(line(&report, id).0, "ok", "{proxies}: {id} in {report}");
        }
        assert_eq!(status, Some(0), "{proxies}");
    }
}

#[tokio::test]
async fn people_are_told_in_words() {
    let server = Server::start_with(&LOCAL).await;
    let output = doctor(&["--data", server.dir().to_str().expect("a path of text")]).await;
    let text = String::from_utf8(output.stdout).expect("text");
    assert!(output.status.success(), "{text}");
    assert!(text.starts_with("localhost, 20"), "{text}");
    assert!(text.contains("\nok       Relay over TLS: ") && text.ends_with("\n\nAll is well.\n"), "{text}");
}

#[tokio::test]
async fn a_wrong_external_address_is_named() {
    // An address of documentation, which nobody has.
    let server = Server::start_with(&[("network.external_address", "203.0.113.77")]).await;
    let (status, report) = report(&server).await;
    let hairpin = lines(&report).find(|line| line["id"] == "hairpin").expect("a line about it");
    assert_eq!((&hairpin["state"], &hairpin["code"]), (&json!("warning"), &json!("not_reached")));
    assert!(hairpin["meaning"]["en"].as_str().expect("words").contains("203.0.113.77"), "{hairpin}");
    assert!(hairpin["mend"]["en"].as_str().expect("words").contains("network.external_address"), "{hairpin}");
    // It does work for those who come in otherwise, so nothing has failed.
    assert_eq!((status, &report["state"]), (Some(0), &json!("warning")));
    assert_eq!(line(&report, "allocation_udp"), ("ok", "relays"));
}

#[tokio::test]
async fn another_server_at_the_external_address_is_not_taken_for_ours() {
    let server = Server::start_with(&[("network.external_address", "127.0.0.2")]).await;
    let (_, alone) = report(&server).await;
    assert_eq!(line(&alone, "hairpin").0, "warning");
    let port = server.ready().turn.expect("TURN is on").port();
    let _other = Server::start_with(&[("listen.turn", &format!("127.0.0.2:{port}"))]).await;
    let (status, taken) = report(&server).await;
    assert_eq!(line(&taken, "hairpin"), ("failed", "somebody_else"));
    assert_eq!(status, Some(1));
}

#[tokio::test]
async fn a_name_that_leads_nowhere_and_a_relay_that_is_off_are_said() {
    let server = Server::start_with(&[("server.name", "nowhere.invalid"), ("listen.turn", "off")]).await;
    let (status, report) = report(&server).await;
    assert_eq!(line(&report, "dns"), ("failed", "no_answer"));
    for id in ["turn_udp", "turn_tcp", "allocation_udp", "allocation_tcp", "allocation_tls", "hairpin"] {
        assert_eq!(line(&report, id), ("skipped", "off"), "{id}");
    }
    assert_eq!(line(&report, "redirect"), ("skipped", "off"));
    assert_eq!(status, Some(1));
}

#[tokio::test]
async fn sockets_of_calls_that_are_off_or_another_servers_are_said() {
    let server = Server::start_with(&[&LOCAL[..], &[("listen.ice_tcp", "off")]].concat()).await;
    let (_, found) = report(&server).await;
    assert_eq!((line(&found, "calls_udp"), line(&found, "calls_tcp")), (("ok", "answers"), ("skipped", "off")));
    let server = Server::start_with(&[&LOCAL[..], &[("listen.sfu", "off")]].concat()).await;
    let (status, found) = report(&server).await;
    assert_eq!((line(&found, "calls_udp"), line(&found, "calls_tcp")), (("skipped", "off"), ("skipped", "off")));
    assert_eq!((status, server.ready().ice_tcp), (Some(0), None), "without calls there is no port for them");
    // Somebody else's calls at the external address are not taken for ours.
    let server = Server::start_with(&[("network.external_address", "127.0.0.2")]).await;
    let ports = server.ready();
    let udp = format!("127.0.0.2:{}", ports.sfu.expect("calls are on").port());
    let tcp = format!("127.0.0.2:{}", ports.ice_tcp.expect("calls over TCP are on").port());
    let _other = Server::start_with(&[("listen.sfu", &udp), ("listen.ice_tcp", &tcp)]).await;
    let (_, taken) = report(&server).await;
    assert_eq!((line(&taken, "calls_udp").0, line(&taken, "calls_tcp").0), ("warning", "warning"));
}

#[tokio::test]
async fn an_administrator_is_told_what_his_browser_reached() {
    let server = Server::start_with(&LOCAL).await;
    let (root, alice) = (server.admin("root").await, server.user("alice").await);
    Client::anonymous(&server.base_url()).get(REPORT).await.refused(401, "M_MISSING_TOKEN");
    alice.get(REPORT).await.refused(403, "M_FORBIDDEN");
    let report = root.get(REPORT).await.ok();
    assert!(lines(&report).all(|line| is_well(&line["state"])), "{report}");
    // The harness asks for 127.0.0.1, which the machine has.
    assert_eq!(line(&report, "browser"), ("ok", "by_address"));
    let late = root.get(&format!("{REPORT}?now_ms=0")).await.ok();
    assert_eq!(line(&late, "clock"), ("warning", "differs_from_browser"));

    let elsewhere = root.request(reqwest::Method::GET, REPORT).header("host", "messenger.example.org");
    let report = root.answer(elsewhere).await.ok();
    assert_eq!(line(&report, "browser"), ("warning", "by_other_name"));
    let by_address = root.request(reqwest::Method::GET, REPORT).header("host", "198.51.100.77:8443");
    let report = root.answer(by_address).await.ok();
    assert_eq!(line(&report, "browser"), ("warning", "by_unknown_address"));
    // It was told, and nothing was believed.
    assert_eq!(line(&report, "addresses"), ("ok", "known"));
    let told = alice.get("/_matrix/client/v3/voip/turnServer").await.ok();
    assert!(!told.to_string().contains("198.51.100.77"), "{told}");
}

#[tokio::test]
async fn without_a_server_it_says_so_and_looks_at_what_it_can() {
    let mut server = Server::start_with(&LOCAL).await;
    server.stop().await;
    std::fs::write(server.dir().join("veche.toml"), "[listen]\nhttps = \"127.0.0.1:0\"\nturn = \"127.0.0.1:0\"\n")
        .expect("the folder can be written");
    let (status, stopped) = report(&server).await;
    assert_eq!(status, Some(1));
    assert_eq!(line(&stopped, "server"), ("failed", "not_running"));
    assert_eq!(line(&stopped, "https"), ("skipped", "free"));
    assert_eq!(line(&stopped, "clock"), ("ok", "plausible"));

    let other = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let taken = format!("[listen]\nhttps = \"{}\"\nturn = \"off\"\n", other.local_addr().expect("an address"));
    std::fs::write(server.dir().join("veche.toml"), taken).expect("the folder can be written");
    let (_, stopped) = report(&server).await;
    assert_eq!(line(&stopped, "https"), ("failed", "taken"));

    let nowhere = doctor(&["--data", "/nowhere"]).await;
    assert_eq!(nowhere.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&nowhere.stderr).contains("there is no data folder"));
}
