//! The harness itself, against the shipped binary: it starts, is killed, comes back and stops.

use serde_json::json;
use veche_test_harness::{Client, Server, Timeline};

#[tokio::test]
async fn what_was_acknowledged_is_there_after_a_kill_and_a_restart() {
    let mut server = Server::start().await;
    let (ann, ben) = (server.user("ann").await, server.user("ben").await);
    let room = ann.room_with(&[&ben]).await;
    let mut timeline = Timeline::of(&ben);
    let before = ann.say(&room, "before").await;
    timeline.until_event(&room, &before).await;

    let last = ann.say(&room, "at the last moment").await;
    server.kill();
    server.restart().await;
    let ann = ann.moved_to(&server.base_url());
    timeline.move_to(&server.base_url());
    timeline.until_event(&room, &last).await;
    let after = ann.say(&room, "after").await;
    timeline.until_event(&room, &after).await;
    assert_eq!(timeline.bodies(&room), ["before", "at the last moment", "after"]);
    let history: Vec<_> = ann.history(&room).await.into_iter().filter(|e| e["type"] == "m.room.message").collect();
    assert_eq!(history.len(), 3);
}

#[tokio::test]
async fn sigterm_ends_the_server_cleanly() {
    let mut server = Server::start().await;
    server.user("ann").await;
    let (status, log) = server.stop().await;
    assert!(status.success(), "{status}\n{log}");
}

#[tokio::test]
async fn a_second_server_on_the_same_folder_is_refused_with_words() {
    let server = Server::start().await;
    let output = std::process::Command::new(veche_test_harness::binary())
        .args(["serve", "--set", "server.name=localhost", "--set", "listen.http=127.0.0.1:0"])
        .args(["--set", "listen.https=127.0.0.1:0", "--set", "listen.turn=127.0.0.1:0", "--set", "listen.sfu=off"])
        .args(["--set", "setup.skip=true", "--data"])
        .arg(server.dir())
        .output()
        .expect("the binary runs");
    assert!(!output.status.success());
    assert!(!output.stderr.is_empty());
}

#[tokio::test]
async fn a_request_without_a_session_is_refused() {
    let server = Server::start().await;
    let nobody = Client::anonymous(&server.base_url());
    nobody.whoami().await.refused(401, "M_MISSING_TOKEN");
    nobody.post("/_matrix/client/v3/createRoom", &json!({})).await.refused(401, "M_MISSING_TOKEN");
}
