//! A full disk: reads go on, errors are plain, nothing acknowledged is lost, service recovers when space returns.
//!
//! The data lies on a small file system in memory, which only root may mount.

use std::{collections::BTreeMap, fs, path::Path, process::Command};

use serde_json::json;
use veche_test_harness::Server;

/// The file system's size.
const DISK: &str = "size=160m";
/// Free space that the server keeps, bytes.
const RESERVE: &str = "33554432";

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
