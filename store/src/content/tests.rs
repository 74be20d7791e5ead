use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use veche_base::testing::ManualClock;

use super::{ContentFiles, ContentHash, TEMPORARY_DIR, WHOLE_FOR, WHOLE_MAX, Whole, make_folder, path_of};
use crate::disk::{DiskGuard, Volume};
use crate::error::Error;

const GIB: u64 = 1 << 30;

struct Fixture {
    dir: tempfile::TempDir,
    free: Arc<AtomicU64>,
    clock: Arc<ManualClock>,
    files: ContentFiles,
}

impl Fixture {
    fn new() -> Self {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let free = Arc::new(AtomicU64::new(50 * GIB));
        let clock = Arc::new(ManualClock::new());
        let measured = Arc::clone(&free);
        let measure =
            Arc::new(move || Ok(Volume { free_bytes: measured.load(Ordering::SeqCst), total_bytes: 100 * GIB }));
        let disk = Arc::new(DiskGuard::new(clock.clone(), measure, None));
        let files = ContentFiles::open(dir.path(), disk, clock.clone()).expect("an empty directory opens");
        Self { dir, free, clock, files }
    }

    fn path(&self, hash: ContentHash) -> PathBuf {
        path_of(self.dir.path(), hash)
    }

    fn reopened(&self) -> ContentFiles {
        ContentFiles::open(self.dir.path(), Arc::clone(&self.files.disk), self.clock.clone()).expect("opens")
    }

    fn temporary_files(&self) -> usize {
        fs::read_dir(self.dir.path().join(TEMPORARY_DIR)).expect("readable").count()
    }

    async fn store(&self, pieces: &[&[u8]]) -> super::Stored {
        let mut writer = self.files.create().await.expect("room");
        for piece in pieces {
            writer.write(piece.to_vec()).await.expect("written");
        }
        writer.finish().await.expect("finished")
    }
}

#[tokio::test]
async fn what_was_written_is_read() {
    let fixture = Fixture::new();
    let stored = fixture.store(&[b"hello ", b"world"]).await;
    assert_eq!(stored.bytes, 11);
    assert_eq!(stored.hash, ContentHash::of(b"hello world"));
    assert_eq!(fixture.temporary_files(), 0);
    let whole = fixture.files.read_whole(stored.hash, 100).await;
    assert_eq!(whole.expect("sound"), Some(b"hello world".to_vec()));
    assert!(fixture.files.check(stored.hash).await.expect("sound"));

    let reader = fixture.files.reader(stored.hash).await.expect("readable").expect("there");
    assert_eq!((reader.bytes(), reader.hash()), (11, stored.hash));
    for (offset, bytes_max, expected) in
        [(0, 5, &b"hello"[..]), (6, 100, b"world"), (11, 5, b""), (500, 5, b""), (10, 0, b"")]
    {
        assert_eq!(reader.read(offset, bytes_max).await.expect("readable"), expected);
    }
    let listed = fixture.files.list().await.expect("listed");
    assert_eq!(listed.iter().map(|file| (file.hash, file.bytes)).collect::<Vec<_>>(), [(stored.hash, 11)]);
}

#[tokio::test]
async fn nothing_is_an_upload_too() {
    let fixture = Fixture::new();
    let stored = fixture.store(&[]).await;
    assert_eq!(fixture.files.read_whole(stored.hash, 0).await.expect("sound"), Some(Vec::new()));
}

#[tokio::test]
async fn equal_uploads_are_one_file_and_mend_a_damaged_one() {
    let fixture = Fixture::new();
    let first = fixture.store(&[b"same"]).await;
    fs::write(fixture.path(first.hash), b"SAME").expect("writable");
    let second = fixture.store(&[b"sa", b"me"]).await;
    assert_eq!(first, second);
    assert_eq!(fixture.files.list().await.expect("listed").len(), 1);
    assert!(fixture.files.check(first.hash).await.expect("mended"));
}

#[tokio::test]
async fn damage_is_seen_by_whole_reads() {
    let fixture = Fixture::new();
    let stored = fixture.store(&[b"precious"]).await;
    fs::write(fixture.path(stored.hash), b"pRecious").expect("writable");
    for error in [
        fixture.files.read_whole(stored.hash, 100).await.expect_err("damaged"),
        fixture.files.check(stored.hash).await.expect_err("damaged"),
    ] {
        let Error::ContentDamaged { hash, .. } = error else { panic!("{error}") };
        assert_eq!(hash, stored.hash.to_string());
    }
}

#[tokio::test]
async fn a_file_over_the_limit_is_not_read() {
    let fixture = Fixture::new();
    let stored = fixture.store(&[b"four"]).await;
    fixture.files.read_whole(stored.hash, 3).await.expect_err("too long");
}

#[tokio::test]
async fn missing_files_are_none_and_deleting_twice_is_harmless() {
    let fixture = Fixture::new();
    let stored = fixture.store(&[b"short lived"]).await;
    let reader = fixture.files.reader(stored.hash).await.expect("readable").expect("there");
    assert!(fixture.files.delete(stored.hash).await.expect("deleted"));
    assert!(!fixture.files.delete(stored.hash).await.expect("harmless"));
    assert!(fixture.files.reader(stored.hash).await.expect("no error").is_none());
    assert_eq!(fixture.files.read_whole(stored.hash, 100).await.expect("no error"), None);
    assert!(!fixture.files.check(stored.hash).await.expect("no error"));
    assert_eq!(reader.read(0, 5).await.expect("still open"), b"short");
}

#[tokio::test]
async fn an_abandoned_upload_leaves_nothing() {
    let fixture = Fixture::new();
    let mut writer = fixture.files.create().await.expect("room");
    writer.write(b"half".to_vec()).await.expect("written");
    assert_eq!((writer.bytes(), fixture.temporary_files()), (4, 1));
    drop(writer);
    assert_eq!(fixture.temporary_files(), 0);
}

#[tokio::test]
async fn opening_removes_what_a_crash_left() {
    let fixture = Fixture::new();
    fs::write(fixture.dir.path().join(TEMPORARY_DIR).join("17"), b"half").expect("writable");
    fixture.reopened();
    assert_eq!(fixture.temporary_files(), 0);
}

#[tokio::test]
async fn a_full_disk_refuses_uploads_and_recovers() {
    let fixture = Fixture::new();
    let mut writer = fixture.files.create().await.expect("room");
    // Enough for commits, too little for uploads.
    fixture.free.store(4 * GIB, Ordering::SeqCst);
    fixture.clock.advance(Duration::from_secs(1));
    assert!(matches!(fixture.files.create().await, Err(Error::DiskFull { .. })));
    assert!(matches!(writer.write(b"x".to_vec()).await, Err(Error::DiskFull { .. })));
    drop(writer);
    assert_eq!(fixture.temporary_files(), 0);
    fixture.free.store(50 * GIB, Ordering::SeqCst);
    fixture.clock.advance(Duration::from_secs(1));
    fixture.store(&[b"fits again"]).await;
}

#[test]
fn names_parse_back() {
    let hash = ContentHash::of(b"x");
    let text = hash.to_string();
    assert_eq!(ContentHash::parse(&text), Some(hash));
    for bad in ["", "ab", &text[1..], &text.to_uppercase(), &format!("{text}00"), &text.replace('2', "/")] {
        assert_eq!(ContentHash::parse(bad), None, "{bad}");
    }
}

#[tokio::test]
async fn a_file_whose_bytes_changed_is_not_given_out() {
    let fixture = Fixture::new();
    let stored = fixture.store(&[b"hello world"]).await;
    fs::write(fixture.path(stored.hash), b"hello_world").expect("writable");
    let restarted = fixture.reopened();
    for _ in 0..2 {
        let refused = restarted.reader(stored.hash).await;
        assert!(matches!(refused, Err(Error::ContentDamaged { .. })), "{refused:?}");
    }
    // The same upload again makes it whole.
    fixture.store(&[b"hello world"]).await;
    let reader = restarted.reader(stored.hash).await.expect("sound").expect("there");
    assert_eq!(reader.read(0, 100).await.expect("readable"), b"hello world");
}

#[tokio::test]
async fn a_file_is_taken_for_whole_for_a_day_at_most_also_by_who_wrote_it() {
    let fixture = Fixture::new();
    let [own, read] = [fixture.store(&[b"own"]).await.hash, fixture.store(&[b"read"]).await.hash];
    let restarted = fixture.reopened();
    restarted.reader(read).await.expect("sound").expect("there");
    for (hash, bytes) in [(own, "OWN"), (read, "READ")] {
        fs::write(fixture.path(hash), bytes).expect("writable");
    }
    fixture.clock.advance(WHOLE_FOR - Duration::from_millis(1));
    for (files, hash) in [(&fixture.files, own), (&restarted, read)] {
        files.reader(hash).await.expect("not looked at").expect("there");
    }
    fixture.clock.advance(Duration::from_millis(1));
    for (files, hash) in [(&fixture.files, own), (&restarted, read)] {
        let refused = files.reader(hash).await;
        assert!(matches!(refused, Err(Error::ContentDamaged { .. })), "{refused:?}");
    }
}

#[test]
fn as_many_files_are_remembered_as_whole_as_there_is_room_for() {
    let whole = Whole { clock: Arc::new(ManualClock::new()), found: std::sync::Mutex::default() };
    let hash = |number: usize| ContentHash::of(&number.to_be_bytes());
    for number in 0..=WHOLE_MAX {
        whole.insert(hash(number));
        assert!(whole.contains(hash(number)));
    }
    assert_eq!(whole.found.lock().expect("no panic").len(), 1, "all were forgotten to make room for the last");
}

#[test]
fn the_folder_of_a_file_is_on_the_disk_before_the_file_also_if_another_upload_made_it() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    for _ in 0..2 {
        let mut synced = Vec::new();
        let made = make_folder(&dir.path().join("ab"), |folder| {
            synced.push(folder.to_owned());
            Ok(())
        });
        made.expect("made or there");
        assert_eq!(synced, [dir.path()]);
    }
    let failed = make_folder(&dir.path().join("missing").join("ab"), |_| Ok(()));
    assert_eq!(failed.expect_err("there is nothing to make it in").kind(), std::io::ErrorKind::NotFound);
}
