//! A full disk: reads go on, errors are plain, nothing acknowledged is lost, service recovers when space returns.
//!
//! The data lies on a small file system in memory, which only root may mount.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::Write,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use reqwest::Method;
use serde_json::json;
use veche_test_harness::{Answer, Client, PASSWORD, SECRET, Server, encode};

/// The file system's size.
const DISK: &str = "size=160m";
/// Free space that the server keeps, bytes.
const RESERVE: &str = "33554432";
/// How full the disk is may be measured a moment late; no more than so many writes slip through until then.
const LATE_MAX: usize = 10_000;

/// A mounted file system, unmounted when dropped.
struct Disk(tempfile::TempDir);

impl Disk {
    fn mount() -> Self {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let status = Command::new("mount").args(["-t", "tmpfs", "-o", DISK, "tmpfs"]).arg(dir.path()).status();
        assert!(status.is_ok_and(|status| status.success()), "mounting a tmpfs failed: this test needs root");
        Self(dir)
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    /// Takes every last byte.
    fn fill(&self) -> PathBuf {
        let path = self.path().join("filler");
        let mut filler = File::create(&path).expect("a file can be made");
        let piece = vec![0; 1 << 20];
        while filler.write_all(&piece).is_ok() {}
        while filler.write_all(&[0]).is_ok() {}
        path
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(self.0.path()).status();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_stops_writes_with_words_and_nothing_else() {
    let disk = Disk::mount();
    let data = tempfile::tempdir_in(disk.path()).expect("a folder on the small disk");
    let mut server = Server::start_in(data, &[("storage.reserve_bytes", RESERVE)]).await;
    let alice = server.user("alice").await;
    let room = alice.room_with(&[]).await;
    let mut sent = BTreeMap::new();
    for number in 0..50 {
        let text = format!("before {number}");
        sent.insert(alice.say(&room, &text).await, text);
    }

    let filler = disk.path().join("filler");
    let status = Command::new("fallocate").args(["-l", "110M"]).arg(&filler).status().expect("fallocate runs");
    assert!(status.success());
    // How full the disk is may be measured a moment late; until then messages still fit, and count.
    let refusal = loop {
        let text = format!("while it fills {}", sent.len());
        let answer = alice
            .send_as(&room, "m.room.message", &alice.transaction_id(), &json!({ "msgtype": "m.text", "body": text }))
            .await;
        if answer.status != 200 {
            break answer;
        }
        let event_id = answer.json()["event_id"].as_str().expect("an event id").to_owned();
        sent.insert(event_id, text);
    };
    let body = refusal.refused(507, "M_UNKNOWN");
    assert!(body["error"].as_str().is_some_and(|words| words.contains("disk is full")), "{body}");
    for (event_id, text) in &sent {
        assert_eq!(alice.event(&room, event_id).await.ok()["content"]["body"], text.as_str());
    }
    alice.sync(None, 0, "").await.ok();

    fs::remove_file(&filler).expect("the filler is ours");
    let recovered = loop {
        let answer =
            alice.send_as(&room, "m.room.message", "after", &json!({ "msgtype": "m.text", "body": "after" })).await;
        if answer.status == 200 {
            break answer.ok();
        }
        answer.refused(507, "M_UNKNOWN");
    };
    sent.insert(recovered["event_id"].as_str().expect("an event id").to_owned(), "after".to_owned());

    server.kill();
    server.restart().await;
    let alice = alice.moved_to(&server.base_url());
    let history = alice.history(&room).await;
    let found = history.iter().filter(|event| event["type"] == "m.room.message");
    let found: BTreeMap<String, String> = found
        .map(|event| {
            let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
            (text(&event["event_id"]), text(&event["content"]["body"]))
        })
        .collect();
    assert_eq!(found, sent);
}

/// Everything that a person may have written down by a server, as it was acknowledged.
struct Promised {
    room: String,
    events: Vec<String>,
    files: BTreeMap<String, Vec<u8>>,
    sessions: Vec<Client>,
    device_name: String,
    counted: usize,
}

/// What a write was: a name for messages, and the answer.
type Written = (&'static str, Answer);

impl Promised {
    async fn new(alice: &Client) -> Self {
        let room = alice.room_with(&[]).await;
        let (events, files, sessions) = (Vec::new(), BTreeMap::new(), Vec::new());
        Self { room, events, files, sessions, device_name: String::new(), counted: 0 }
    }

    /// One write of each kind; those that were acknowledged are promised from now on.
    async fn write(&mut self, alice: &Client, number: usize) -> Vec<Written> {
        let content = json!({ "msgtype": "m.text", "body": format!("message {number}") });
        let sent = alice.send_as(&self.room, "m.room.message", &alice.transaction_id(), &content).await;
        self.events.extend(sent.json()["event_id"].as_str().map(str::to_owned));

        let bytes = vec![u8::try_from(number % 251).expect("it is less"); 100_000];
        let upload = alice.request(Method::POST, "/_matrix/media/v3/upload").body(bytes.clone());
        let uploaded = alice.answer(upload).await;
        let address = uploaded.json()["content_uri"].as_str().map(str::to_owned);
        self.files.extend(address.map(|address| (address, bytes)));

        let who = json!({ "type": "m.id.user", "user": alice.user_id });
        let login = json!({ "type": "m.login.password", "identifier": who, "password": PASSWORD });
        let login = alice.post("/_matrix/client/v3/login", &login).await;
        self.sessions.extend((login.status == 200).then(|| alice.with_session(&login.json())));

        let device_name = format!("device {number}");
        let device = format!("/_matrix/client/v3/devices/{}", alice.device_id);
        let renamed = alice.put(&device, &json!({ "display_name": device_name })).await;
        if renamed.status == 200 {
            self.device_name = device_name;
        }
        let counted = alice.put(&account_data(alice), &json!({ "count": number })).await;
        if counted.status == 200 {
            self.counted = number;
        }
        vec![("message", sent), ("upload", uploaded), ("login", login), ("device", renamed), ("account data", counted)]
    }

    /// All of it can be read.
    async fn check(&self, when: &str, alice: &Client) {
        for event in &self.events {
            alice.event(&self.room, event).await.ok();
        }
        for (address, bytes) in &self.files {
            assert!(alice.download(address).await.bytes == *bytes, "{when}: {address} is not what was uploaded");
        }
        for session in &self.sessions {
            alice.with_session(&json!({ "access_token": session.access_token })).whoami().await.ok();
        }
        let device = alice.get(&format!("/_matrix/client/v3/devices/{}", alice.device_id)).await.ok();
        assert_eq!(device["display_name"], self.device_name.as_str(), "{when}");
        assert_eq!(alice.get(&account_data(alice)).await.ok()["count"], self.counted, "{when}");
        let picture = alice.sync(None, 0, "").await.ok();
        assert!(picture["rooms"]["join"][&self.room].is_object(), "{when}: {picture}");
    }
}

fn account_data(who: &Client) -> String {
    format!("/_matrix/client/v3/user/{}/account_data/org.example.count", encode(&who.user_id))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn accounts_files_and_messages_outlive_a_disk_without_a_free_byte() {
    let disk = Disk::mount();
    let data = tempfile::tempdir_in(disk.path()).expect("a folder on the small disk");
    let mut server = Server::start_in(data, &[("storage.reserve_bytes", RESERVE)]).await;
    let alice = server.user("alice").await;
    let mut promised = Promised::new(&alice).await;
    for number in 1..=3 {
        for (what, answer) in promised.write(&alice, number).await {
            assert_eq!(answer.status, 200, "{what}: {answer}");
        }
    }
    for round in 1..=3 {
        let filler = disk.fill();
        let mut refused_all = false;
        for number in 0..LATE_MAX {
            let answers = promised.write(&alice, round * LATE_MAX + number).await;
            for (what, answer) in &answers {
                let plain = answer.json()["error"].as_str().is_some_and(|words| words.contains("disk is full"));
                assert!(answer.status == 200 || (answer.status == 507 && plain), "{what}: {answer}");
            }
            refused_all = answers.iter().all(|(_, answer)| answer.status == 507);
            if refused_all {
                break;
            }
        }
        assert!(refused_all, "a disk without a free byte takes writes");
        // A new account is refused as plainly, and leaves no half of itself.
        let name = format!("late{round}");
        register(&server, &name).await.refused(507, "M_UNKNOWN");
        promised.check("while the disk is full", &alice).await;

        fs::remove_file(filler).expect("the filler is ours");
        recovered(&mut promised, &alice, round * LATE_MAX * 2).await;
        register(&server, &name).await.ok();
        promised.check("after there is room again", &alice).await;
    }
    server.kill();
    server.restart().await;
    let alice = alice.moved_to(&server.base_url());
    promised.check("after a kill", &alice).await;
    assert!(!server.log().contains("panicked"), "{}", server.log());
}

/// Nobody helps: every kind of write works again by itself, soon.
async fn recovered(promised: &mut Promised, alice: &Client, first: usize) {
    let works = async {
        let mut number = first;
        while promised.write(alice, number).await.iter().any(|(_, answer)| answer.status != 200) {
            number += 1;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), works).await.expect("service recovers by itself");
}

async fn register(server: &Server, name: &str) -> Answer {
    let anonymous = Client::anonymous(&server.base_url());
    anonymous.shared_secret_registration(SECRET, name, false).await
}
