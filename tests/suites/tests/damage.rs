//! One flipped bit in each kind of file: found and said plainly, never a silent wrong answer.
//!
//! Each file of a killed server's folder has bits flipped, some at chosen places and some at random ones. After each flip
//! `veche check` looks at the folder and changes nothing in it; then the server is started. Either it refuses with words,
//! or it runs, and then every answer is the one that an undamaged server gives, or an error. Somebody must have said
//! something, unless the byte has no meaning any more. `VECHE_DAMAGE_FLIPS` sets the number of random flips in each kind
//! of file (4 by default), `VECHE_DAMAGE_SEED` repeats a run.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use reqwest::Certificate;
use serde_json::Value;
use tempfile::TempDir;
use veche_test_harness::{Answer, Client, Server, binary, encode};

/// Messages in the room whose data is damaged.
const MESSAGES: usize = 300;
/// More than the pieces in which files are read.
const FILE_BYTES: usize = 700_000;
/// Random flips in each kind of file in an ordinary run.
const FLIPS: u64 = 4;
/// Messages on one page of history, and in one sync.
const PAGE: usize = 100;

/// A stopped server's folder, with what it promised.
struct Sample {
    dir: TempDir,
    alice: Client,
    room: String,
    events: Vec<String>,
    file: String,
}

async fn sample() -> Sample {
    let mut server = Server::start().await;
    let alice = server.user("alice").await;
    let room = alice.room_with(&[]).await;
    let mut events = Vec::new();
    for number in 0..MESSAGES {
        let text = format!("message {number} {}", "lorem ipsum ".repeat(20));
        events.push(alice.say(&room, &text).await);
    }
    let file = alice.upload("application/octet-stream", Dice(1).bytes(FILE_BYTES)).await;
    // A clean stop writes tables; what comes after the second start stays in the logs.
    server.stop().await;
    server.restart().await;
    let alice = alice.moved_to(&server.base_url());
    for number in 0..MESSAGES / 10 {
        events.push(alice.say(&room, &format!("late message {number}")).await);
    }
    for _ in 0..5 {
        alice.login().await;
    }
    server.kill();
    Sample { dir: copy(server.dir()), alice, room, events, file }
}

/// Numbers from a seed, so that a failure can be repeated.
struct Dice(u64);

impl Dice {
    /// A number below `end`.
    fn below(&mut self, end: usize) -> usize {
        // SplitMix64 (Steele, Lea, Flood 2014).
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % end as u64) as usize
    }

    fn bytes(&mut self, count: usize) -> Vec<u8> {
        (0..count).map(|_| self.below(256) as u8).collect()
    }
}

fn from_env(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

fn copy(from: &Path) -> TempDir {
    let to = tempfile::tempdir().expect("a temporary folder");
    let status = Command::new("cp").arg("-a").arg(from.join(".")).arg(to.path()).status().expect("cp runs");
    assert!(status.success());
    to
}

/// Every file below `dir` with its bytes, by its path from there.
fn files(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![dir.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("the folder can be read").map(|entry| entry.expect("it can be read")) {
            let kind = entry.file_type().expect("the file can be looked at");
            if kind.is_dir() {
                folders.push(entry.path());
            } else if kind.is_file() {
                let path = entry.path();
                let name = path.strip_prefix(dir).expect("it is below").to_str().expect("a plain name").to_owned();
                found.insert(name, fs::read(&path).expect("the file can be read"));
            }
        }
    }
    found
}

/// What a server answers to everything that is asked, by question. Errors are counted and left out.
#[derive(Default)]
struct Answers {
    given: BTreeMap<String, Vec<u8>>,
    errors: usize,
}

impl Answers {
    /// Asks everything. Panics at anything that is neither an answer nor an error of the server.
    async fn of(what: &str, sample: &Sample, server: &Server) -> Self {
        let alice = sample.alice.moved_to(&server.base_url());
        let mut answers = Self::default();
        answers.json(what, "whoami".to_owned(), &alice.whoami().await);
        for event in &sample.events {
            answers.json(what, format!("event {event}"), &alice.event(&sample.room, event).await);
        }
        let filter = encode(&format!("{{\"room\":{{\"timeline\":{{\"limit\":{PAGE}}}}}}}"));
        let synced = answers.json(what, "sync".to_owned(), &alice.sync(None, 0, &format!("&filter={filter}")).await);
        assert!(synced.is_none_or(|sync| sync["rooms"]["join"][&sample.room].is_object()), "{what}: sync has no room");
        let mut from: Option<String> = None;
        for page in 0.. {
            let messages = alice.messages(&sample.room, from.as_deref(), "b", PAGE).await;
            let Some(messages) = answers.json(what, format!("page {page}"), &messages) else { break };
            let Some(next) = messages["end"].as_str() else { break };
            from = Some(next.to_owned());
        }
        let file = alice.download(&sample.file).await;
        if answers.is_given(what, &file) {
            answers.given.insert("download".to_owned(), file.bytes);
        }
        answers
    }

    fn is_given(&mut self, what: &str, answer: &Answer) -> bool {
        match answer.status {
            200 => true,
            500..=599 => {
                assert_ne!(answer.json()["errcode"], Value::Null, "{what}: an error without a code: {answer}");
                self.errors += 1;
                false
            }
            _ => panic!("{what}: {answer}"),
        }
    }

    fn json(&mut self, what: &str, question: String, answer: &Answer) -> Option<Value> {
        if !self.is_given(what, answer) {
            return None;
        }
        let json = answer.json();
        let mut lasting = json.clone();
        forget_the_moment(&mut lasting);
        self.given.insert(question, lasting.to_string().into_bytes());
        Some(json)
    }

    /// What was answered must be what an undamaged server answers.
    fn compare(&self, what: &str, truth: &Self) {
        for (question, answer) in &self.given {
            let expected = truth.given.get(question).unwrap_or_else(|| panic!("{what}: {question} is answered"));
            assert!(
                answer == expected,
                "{what}: a wrong answer to {question}: {}, and not {}",
                String::from_utf8_lossy(&answer[..answer.len().min(2_000)]),
                String::from_utf8_lossy(&expected[..expected.len().min(2_000)])
            );
        }
        assert!(self.errors > 0 || self.given.len() == truth.given.len(), "{what}: some questions have no answer");
    }
}

/// Takes out what differs between two answers to the same question.
fn forget_the_moment(json: &mut Value) {
    match json {
        Value::Object(fields) => {
            for moment in ["age", "next_batch", "prev_batch", "start", "end", "presence", "last_active_ago"] {
                fields.remove(moment);
            }
            fields.values_mut().for_each(forget_the_moment);
        }
        Value::Array(items) => items.iter_mut().for_each(forget_the_moment),
        _ => {}
    }
}

/// The words of `veche check`, and whether it found the data whole.
fn check(dir: &Path) -> (bool, String) {
    let output = Command::new(binary()).args(["check", "--data"]).arg(dir).output().expect("the binary runs");
    let words = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&words).into_owned())
}

/// Who said that something is wrong.
#[derive(Debug, Default)]
struct Told {
    by_check: bool,
    at_start: bool,
    when_read: bool,
}

/// Checks a damaged folder, starts a server on it, and compares all its answers.
async fn try_out(what: &str, sample: &Sample, truth: &Answers, damaged: TempDir) -> Told {
    let before = files(damaged.path());
    let (whole, words) = check(damaged.path());
    assert!(!words.contains("panicked"), "{what}: {words}");
    assert!(files(damaged.path()) == before, "{what}: `veche check` changed something");
    let mut told = Told { by_check: !whole, ..Told::default() };
    match Server::try_start_in(damaged, &[]).await {
        Err(log) => {
            assert!(!log.contains("panicked") && log.trim().len() > 20, "{what}: refused without words: {log}");
            told.at_start = true;
        }
        Ok(server) => {
            let answers = Answers::of(what, sample, &server).await;
            answers.compare(what, truth);
            told.when_read = answers.errors > 0 || !is_trusted(sample, &server).await;
        }
    }
    told
}

/// Whether somebody who trusts the authority of the undamaged server gets through to this one.
async fn is_trusted(sample: &Sample, server: &Server) -> bool {
    let root = fs::read(sample.dir.path().join("tls/own-root.pem")).expect("the server made an authority");
    let roots = Certificate::from_pem_bundle(&root).expect("it is PEM");
    #[expect(clippy::disallowed_methods, reason = "a client of the test, which trusts one authority and no other")]
    let client = reqwest::Client::builder().no_proxy().tls_certs_only(roots).build().expect("a client can be built");
    let port = server.ready().https.expect("the server speaks HTTPS").port();
    client.get(format!("https://localhost:{port}/health")).send().await.is_ok_and(|answer| answer.status() == 200)
}

/// How thoroughly a kind of file is compared with what was written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Bytes {
    /// `veche check` tells of every flipped bit.
    All,
    /// Some bytes change no answer: what is free in a page, what ends a block, a filter that only saves reading.
    Used,
}

/// What it is, whether a path is of this kind, which bytes mean something, and places that surely do.
type Kind = (&'static str, fn(&str) -> bool, Bytes, &'static [fn(usize) -> usize]);

const KINDS: [Kind; 9] = [
    ("a table", |path| path.starts_with("db/") && path.ends_with(".sst"), Bytes::Used, &[|len| len / 3]),
    ("the log", |path| path.starts_with("db/") && path.ends_with(".log"), Bytes::Used, &[|len| len / 2]),
    ("the manifest", |path| path.starts_with("db/MANIFEST"), Bytes::Used, &[|len| len / 2]),
    ("CURRENT", |path| path == "db/CURRENT", Bytes::All, &[|len| len / 2]),
    ("what the engine notes", |path| path.starts_with("db/OPTIONS") || path == "db/IDENTITY", Bytes::Used, &[]),
    ("the administration database", |path| path == "admin.sqlite", Bytes::Used, &[|_| 3, |_| 100]),
    ("its log", |path| path == "admin.sqlite-wal", Bytes::All, &[|_| 20, |len| len / 2, |len| len - 1]),
    ("an uploaded file", |path| path.starts_with("content/"), Bytes::All, &[|_| 0, |len| len / 2, |len| len - 1]),
    ("a certificate", |path| path.starts_with("tls/"), Bytes::Used, &[]),
];

/// A copy of the sample in which one bit of a file is flipped.
fn flipped(sample: &Sample, path: &str, bytes: &[u8], at: usize, bit: usize) -> TempDir {
    let damaged = copy(sample.dir.path());
    let mut bytes = bytes.to_vec();
    bytes[at] ^= 1 << bit;
    fs::write(damaged.path().join(PathBuf::from(path)), bytes).expect("the file can be written");
    damaged
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flipped_bit_is_found_in_every_kind_of_file() {
    let (flips, seed) =
        (from_env("VECHE_DAMAGE_FLIPS", FLIPS), from_env("VECHE_DAMAGE_SEED", u64::from(std::process::id())));
    println!("VECHE_DAMAGE_SEED={seed} VECHE_DAMAGE_FLIPS={flips}");
    let mut dice = Dice(seed);
    let sample = sample().await;
    let sound = files(sample.dir.path());

    let (whole, words) = check(sample.dir.path());
    assert!(whole && files(sample.dir.path()) == sound, "the undamaged data is not found whole: {words}");
    let server = Server::try_start_in(copy(sample.dir.path()), &[]).await.expect("it starts");
    let truth = Answers::of("undamaged", &sample, &server).await;
    assert_eq!(truth.errors, 0);
    assert!(truth.given["download"].len() == FILE_BYTES && is_trusted(&sample, &server).await);
    drop(server);

    for (kind, is_of_kind, counts, places) in KINDS {
        let of_kind: Vec<_> = sound.iter().filter(|(path, bytes)| is_of_kind(path) && !bytes.is_empty()).collect();
        let largest =
            of_kind.iter().max_by_key(|(_, bytes)| bytes.len()).unwrap_or_else(|| panic!("no file is {kind}"));
        let chosen = places.iter().map(|place| (*largest, place(largest.1.len()), 6, true));
        let random: Vec<_> = (0..flips)
            .map(|_| {
                let file = of_kind[dice.below(of_kind.len())];
                (file, dice.below(file.1.len()), dice.below(8), counts == Bytes::All)
            })
            .collect();
        for ((path, bytes), at, bit, surely) in chosen.chain(random) {
            let what = format!("{kind}, bit {bit} of byte {at} of {path}");
            let told = try_out(&what, &sample, &truth, flipped(&sample, path, bytes, at, bit)).await;
            println!("{what}: {told:?}");
            assert!(told.by_check || !surely, "{what}: `veche check` finds nothing");
        }
    }
}
