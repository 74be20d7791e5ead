//! One flipped byte in each kind of file: found and said plainly, never a silent wrong answer.
//!
//! After each flip the server is started. Either it refuses with words, or it runs and then every answer is either
//! right or an error. `veche check` must tell of the damage, unless the byte has no meaning any more.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;
use tempfile::TempDir;
use veche_test_harness::{Client, Server, binary};

/// Messages in the room whose data is damaged.
const MESSAGES: usize = 300;

/// A stopped server's folder, with what it promised.
struct Sample {
    dir: TempDir,
    alice: Client,
    room: String,
    texts: BTreeMap<String, String>,
}

async fn sample() -> Sample {
    let mut server = Server::start().await;
    let alice = server.user("alice").await;
    let room = alice.room_with(&[]).await;
    let mut texts = BTreeMap::new();
    for number in 0..MESSAGES {
        let text = format!("message {number} {}", "lorem ipsum ".repeat(20));
        texts.insert(alice.say(&room, &text).await, text);
    }
    // A clean stop writes tables; what comes after the second start stays in the log.
    server.stop().await;
    server.restart().await;
    let alice = alice.moved_to(&server.base_url());
    for number in 0..MESSAGES / 10 {
        let text = format!("late message {number}");
        texts.insert(alice.say(&room, &text).await, text);
    }
    server.kill();
    Sample { dir: copy(server.dir()), alice, room, texts }
}

fn copy(from: &Path) -> TempDir {
    let to = tempfile::tempdir().expect("a temporary folder");
    let status = Command::new("cp").arg("-a").arg(from.join(".")).arg(to.path()).status().expect("cp runs");
    assert!(status.success());
    to
}

/// Files under `dir` whose name passes, largest first.
fn files(dir: &Path, passes: impl Fn(&str) -> bool) -> Vec<PathBuf> {
    let mut found: Vec<(u64, PathBuf)> = fs::read_dir(dir)
        .expect("the folder exists")
        .map(|entry| entry.expect("the folder can be read").path())
        .filter(|path| path.file_name().and_then(|name| name.to_str()).is_some_and(&passes))
        .map(|path| (fs::metadata(&path).expect("the file exists").len(), path))
        .collect();
    found.sort();
    found.into_iter().rev().map(|(_, path)| path).collect()
}

fn flip(file: &Path, at: impl Fn(usize) -> usize) {
    let mut bytes = fs::read(file).expect("the file can be read");
    let at = at(bytes.len());
    bytes[at] ^= 0x40;
    fs::write(file, bytes).expect("the file can be written");
}

/// The words of `veche check`, and whether it found the data whole.
fn check(dir: &Path) -> (bool, String) {
    let output = Command::new(binary()).args(["check", "--data"]).arg(dir).output().expect("the binary runs");
    let words = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&words).into_owned())
}

/// Starts a server on the damaged copy. Whatever it answers must be true.
async fn start_and_compare(what: &str, sample: &Sample, dir: TempDir) -> Result<(), String> {
    let server = Server::try_start_in(dir, &[]).await?;
    let alice = sample.alice.moved_to(&server.base_url());
    for (event_id, text) in &sample.texts {
        let answer = alice.event(&sample.room, event_id).await;
        match answer.status {
            200 => assert_eq!(answer.json()["content"]["body"], text.as_str(), "{what}: a wrong answer"),
            500..=599 => assert_ne!(answer.json()["errcode"], Value::Null, "{what}: an error without a code"),
            401 | 403 => {}
            status => panic!("{what}: {status} for an event that was acknowledged"),
        }
    }
    Ok(())
}

/// What it is, in which folder, which file, and which byte of so many.
type Kind = (&'static str, &'static str, fn(&str) -> bool, fn(usize) -> usize);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flipped_byte_is_found_in_every_kind_of_file() {
    let sample = sample().await;
    let (whole, words) = check(copy(sample.dir.path()).path());
    assert!(whole, "the undamaged data is not found whole: {words}");
    let kinds: [Kind; 6] = [
        ("a table", "db", |name| name.ends_with(".sst"), |len| len / 3),
        ("the log", "db", |name| name.ends_with(".log"), |len| len / 2),
        ("the manifest", "db", |name| name.starts_with("MANIFEST"), |len| len / 2),
        ("CURRENT", "db", |name| name == "CURRENT", |len| len / 2),
        ("the administration database", "", |name| name == "admin.sqlite", |_| 100),
        ("the administration database's header", "", |name| name == "admin.sqlite", |_| 3),
    ];
    for (what, folder, passes, place) in kinds {
        let damaged = copy(sample.dir.path());
        let file = files(&damaged.path().join(folder), passes).into_iter().next();
        let file = file.unwrap_or_else(|| panic!("{what}: no such file"));
        flip(&file, place);
        let (whole, words) = check(damaged.path());
        assert!(!whole, "{what}: `veche check` finds nothing: {words}");
        assert!(!words.contains("panicked"), "{what}: {words}");
        if let Err(log) = start_and_compare(what, &sample, damaged).await {
            assert!(!log.contains("panicked") && log.trim().len() > 20, "{what}: refused without words: {log}");
        }
    }
}
