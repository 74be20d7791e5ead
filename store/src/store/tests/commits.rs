use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, Weak};

use super::{Fixture, GIB, RESERVE, hold, key, text, write_next};
use crate::changes::{Change, ChangeListener, Published};
use crate::commit::POSITION_BLOCK;
use crate::error::{Error, Shortage};
use crate::positions::{ShortRoomId, StreamPosition};
use crate::records::rooms::{ShortStateKeyKey, StateKeyKey};
use crate::store::Store;
use crate::txn::{TXN_BYTES_MAX, Txn};

const ROOM: Change = Change::Room(ShortRoomId(1));

#[derive(Default)]
struct Recorder {
    store: Mutex<Weak<Store>>,
    calls: Mutex<Vec<(&'static str, u64, Vec<Change>)>>,
}

impl Recorder {
    fn listening(store: &Arc<Store>) -> Arc<Self> {
        let recorder = Arc::new(Self { store: Mutex::new(Arc::downgrade(store)), calls: Mutex::default() });
        store.subscribe(recorder.clone());
        recorder
    }

    fn store(&self) -> Arc<Store> {
        self.store.lock().expect("unpoisoned").upgrade().expect("open")
    }

    /// What was heard of everything committed so far. Callers are answered before waiters are woken, so one more
    /// turn of the commit thread is awaited first; a store that has stopped has nothing more to say.
    fn calls(&self) -> Vec<(&'static str, u64, Vec<Change>)> {
        let _ = self.store().commit_blocking(|_| Ok::<_, Error>(()));
        self.calls.lock().expect("unpoisoned").clone()
    }
}

impl ChangeListener for Recorder {
    fn index(&self, published: &Published<'_>) {
        assert!(self.store().position() < published.position, "indexed before it can be read");
        let call = ("index", published.position.0, published.changes.to_vec());
        self.calls.lock().expect("unpoisoned").push(call);
    }

    fn wake(&self, published: &Published<'_>) {
        assert!(self.store().position() >= published.position, "woken when it can be read");
        let call = ("wake", published.position.0, published.changes.to_vec());
        self.calls.lock().expect("unpoisoned").push(call);
    }
}

#[test]
fn listeners_index_then_the_position_retires_then_they_wake() {
    let fixture = Fixture::new();
    let store = fixture.open();
    let recorder = Recorder::listening(&store);
    let position = store
        .commit_blocking(|txn| {
            txn.next_position();
            txn.change(ROOM);
            txn.change(ROOM);
            write_next(txn)
        })
        .expect("committed");
    assert_eq!(recorder.calls(), [("index", position.0, vec![ROOM]), ("wake", position.0, vec![ROOM])]);
    assert_eq!(store.position(), position);
}

#[test]
fn a_change_without_a_position_gets_one_and_a_silent_write_does_not() {
    let fixture = Fixture::new();
    let store = fixture.open();
    let recorder = Recorder::listening(&store);
    let before = store.position();
    store
        .commit_blocking(|txn| {
            txn.put(&key(1), &text("silent"));
            Ok::<_, Error>(())
        })
        .expect("committed");
    assert!(recorder.calls().is_empty());
    assert_eq!(store.position(), before);
    store
        .commit_blocking(|txn| {
            txn.change(ROOM);
            Ok::<_, Error>(())
        })
        .expect("committed");
    assert_eq!(recorder.calls().len(), 2);
    assert!(store.position() > before);
}

#[test]
fn queued_transactions_share_a_sync_and_keep_their_order() {
    let fixture = Fixture::new();
    let store = fixture.open();
    let recorder = Recorder::listening(&store);
    let (release, held) = hold(&store);
    // With a transaction running, the others queue up in the order in which they start.
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let answers = runtime.block_on(async {
        let commits: Vec<_> = (0..100).map(|_| Box::pin(store.commit(write_next))).collect();
        let (answers, _) = tokio::join!(futures_join(commits), async { release.send(()) });
        answers
    });
    held.join().expect("no panic").expect("committed");
    let positions: Vec<u64> = answers.into_iter().map(|answer| answer.expect("committed").0).collect();
    assert!(positions.is_sorted() && positions.len() == 100, "{positions:?}");
    // Before the recorder commits something of its own.
    let metrics = fixture.registry.encode();
    let indexed: Vec<u64> = recorder.calls().iter().filter(|call| call.0 == "index").map(|call| call.1).collect();
    assert_eq!(indexed, positions);
    for position in positions {
        assert!(store.contains(&key(position)).expect("readable"));
    }
    assert!(metrics.contains("veche_store_commits_total 101"), "{metrics}");
    assert!(metrics.contains("veche_store_group_size_count 1"), "all of them waited for one sync: {metrics}");
}

/// Polls all commits in order, so that they are queued in order, until all are answered.
async fn futures_join<F: Future + Unpin>(mut commits: Vec<F>) -> Vec<F::Output> {
    let mut answers: Vec<Option<F::Output>> = commits.iter().map(|_| None).collect();
    std::future::poll_fn(|context| {
        for (commit, answer) in commits.iter_mut().zip(&mut answers).filter(|(_, answer)| answer.is_none()) {
            if let std::task::Poll::Ready(ready) = std::pin::Pin::new(commit).poll(context) {
                *answer = Some(ready);
            }
        }
        if answers.iter().all(Option::is_some) { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
    answers.into_iter().flatten().collect()
}

#[test]
fn a_reader_never_sees_a_position_before_its_data() {
    let fixture = Fixture::new();
    let store = fixture.open();
    let first = store.commit_blocking(write_next).expect("committed").0;
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let mut seen = first;
            while !done.load(Ordering::Acquire) {
                let position = store.position().0;
                assert!(position >= seen, "positions went back");
                for number in seen..=position {
                    assert!(store.contains(&key(number)).expect("readable"), "{number} of {position} is missing");
                }
                seen = position;
            }
        });
        let writers: Vec<_> = (0..4)
            .map(|_| {
                scope.spawn(|| {
                    for _ in 0..50 {
                        let position = store.commit_blocking(write_next).expect("committed");
                        assert!(store.position() >= position, "answered before it can be read");
                    }
                })
            })
            .collect();
        writers.into_iter().for_each(|writer| writer.join().expect("no panic"));
        done.store(true, Ordering::Release);
        reader.join().expect("no panic");
    });
    assert_eq!(store.position(), StreamPosition(first + 200));
}

#[test]
fn a_failing_or_panicking_transaction_leaves_nothing_and_its_neighbors_stay() {
    let fixture = Fixture::new();
    let store = fixture.open();
    let recorder = Recorder::listening(&store);
    let (release, held) = hold(&store);
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let (before, failed, panicked, after) = runtime.block_on(async {
        let before = store.commit(|txn| write_next(txn).inspect(|_| txn.put(&key(1), &text("before"))));
        let failed = store.commit(|txn| {
            txn.put(&key(1), &text("failed"));
            txn.change(ROOM);
            txn.next_position();
            Err::<(), _>(Error::Closed)
        });
        let panicked = store.commit(|txn: &mut Txn| -> Result<(), Error> {
            txn.put(&key(2), &text("panicked"));
            panic!("in {}", "words")
        });
        let after = store.commit(|txn| {
            let found = txn.get(&key(1))?;
            assert!(!txn.contains(&key(2))?);
            write_next(txn).map(|position| (position, found))
        });
        let release = async { release.send(()) };
        let (before, failed, panicked, after, _) = tokio::join!(before, failed, panicked, after, release);
        (before, failed, panicked, after)
    });
    held.join().expect("no panic").expect("committed");
    assert!(matches!(failed, Err(Error::Closed)));
    assert!(matches!(panicked, Err(Error::Panicked(words)) if words == "in words"));
    let (position, found) = after.expect("committed");
    assert!(position.0 > before.expect("committed").0 + 1, "the failed one's position is not given again");
    assert_eq!(found, Some(text("before")));
    assert_eq!(store.get(&key(1)).expect("readable"), Some(text("before")));
    assert_eq!(store.get(&key(2)).expect("readable"), None);
    assert!(recorder.calls().iter().all(|call| call.2.is_empty()), "the failed one published nothing");
}

#[test]
fn a_transaction_sees_its_own_writes_over_the_groups_over_the_disks() {
    let fixture = Fixture::new();
    let store = fixture.open();
    let put = |txn: &mut Txn, number, words: &str| txn.put(&key(number), &text(words));
    store
        .commit_blocking(move |txn| {
            (1..=4).for_each(|number| put(txn, number, "disk"));
            Ok::<_, Error>(())
        })
        .expect("committed");
    let (release, held) = hold(&store);
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let seen = runtime.block_on(async {
        let first = store.commit(move |txn| {
            put(txn, 2, "group");
            put(txn, 5, "group");
            txn.delete(&key(4));
            Ok::<_, Error>(())
        });
        let second = store.commit(move |txn| {
            put(txn, 3, "own");
            put(txn, 6, "own");
            txn.delete(&key(5));
            let seen = txn.scan::<ShortStateKeyKey>(())?;
            let deleted = txn.delete_prefix::<ShortStateKeyKey>(())?;
            let rest = txn.scan::<ShortStateKeyKey>(())?;
            Ok::<_, Error>((seen, deleted, rest.len(), txn.get(&key(1))?))
        });
        let (first, second, _) = tokio::join!(first, second, async { release.send(()) });
        first.expect("committed");
        second.expect("committed")
    });
    held.join().expect("no panic").expect("committed");
    let (rows, deleted, left, first) = seen;
    let rows: Vec<(u64, String)> = rows.into_iter().map(|(key, value)| (key.number.0, value.kind)).collect();
    let expected =
        [(1, "disk"), (2, "group"), (3, "own"), (6, "own")].map(|(number, words)| (number, words.to_owned()));
    assert_eq!(rows, expected);
    assert_eq!((deleted, left, first), (4, 0, None));
    assert_eq!(store.scan::<ShortStateKeyKey>(()).count(), 0);
}

#[test]
fn state_keys_are_interned_once() {
    let fixture = Fixture::new();
    let store = fixture.open();
    let intern = |txn: &mut Txn| txn.intern_state_key(&"m.room.member".into(), "@a:b");
    let number = store.commit_blocking(intern).expect("committed");
    assert_eq!(store.commit_blocking(intern).expect("committed"), number);
    let pair = store.get(&key(number.0)).expect("readable").expect("there");
    assert_eq!((pair.kind.as_str(), pair.state_key.as_str()), ("m.room.member", "@a:b"));
    let back = StateKeyKey { kind: pair.kind, state_key: pair.state_key };
    assert_eq!(store.get(&back).expect("readable"), Some(number));
}

#[test]
fn a_full_disk_refuses_writes_lets_deletions_through_and_recovers() {
    let fixture = Fixture::new();
    let store = fixture.open();
    store
        .commit_blocking(|txn| {
            txn.put(&key(1), &text("early"));
            Ok::<_, Error>(())
        })
        .expect("committed");
    fixture.set_free(RESERVE - 1);
    let before = store.position();
    let refused = store.commit_blocking(write_next).expect_err("full");
    assert!(matches!(refused, Error::DiskFull(Shortage::Reserve { reserve_bytes: RESERVE, .. })), "{refused}");
    assert_eq!(store.position(), before);
    assert_eq!(store.get(&key(1)).expect("readable"), Some(text("early")));
    store
        .commit_blocking(|txn| {
            txn.delete(&key(1));
            Ok::<_, Error>(())
        })
        .expect("deleting makes room");
    assert_eq!(store.get(&key(1)).expect("readable"), None);
    fixture.set_free(50 * GIB);
    store.commit_blocking(write_next).expect("room again");
}

#[test]
fn a_transaction_that_is_too_large_leaves_nothing() {
    let fixture = Fixture::new();
    let store = fixture.open();
    let refused = store.commit_blocking(|txn| {
        let mebibyte = "x".repeat(1 << 20);
        (0..=(TXN_BYTES_MAX as u64 >> 20)).for_each(|number| txn.put(&key(number), &text(&mebibyte)));
        Ok::<_, Error>(())
    });
    assert!(matches!(refused, Err(Error::TooLarge { .. })));
    assert_eq!(store.get(&key(0)).expect("readable"), None);
}

#[test]
fn after_a_failed_write_nothing_is_acknowledged_any_more() {
    let fixture = Fixture::new();
    let store = fixture.open();
    let recorder = Recorder::listening(&store);
    let before = store.position();
    store.shared.engine.fail_writes.store(true, Ordering::SeqCst);
    assert!(matches!(store.commit_blocking(write_next), Err(Error::Stopped(_))));
    store.shared.engine.fail_writes.store(false, Ordering::SeqCst);
    assert!(matches!(store.commit_blocking(write_next), Err(Error::Stopped(_))), "a second sync may lie");
    assert_eq!(fixture.stops.lock().expect("unpoisoned").len(), 1);
    assert!(store.stopped().is_some());
    assert_eq!(store.position(), before);
    assert!(recorder.calls().is_empty());
}

#[test]
fn a_panicking_listener_stops_the_store() {
    struct Broken;
    impl ChangeListener for Broken {
        fn index(&self, _: &Published<'_>) {
            panic!("broken index");
        }
        fn wake(&self, _: &Published<'_>) {}
    }
    let fixture = Fixture::new();
    let store = fixture.open();
    store.subscribe(Arc::new(Broken));
    assert!(matches!(store.commit_blocking(write_next), Err(Error::Stopped(words)) if words.contains("broken index")));
    assert!(matches!(store.commit_blocking(write_next), Err(Error::Stopped(_))));
    assert_eq!(fixture.stops.lock().expect("unpoisoned").len(), 1);
}

#[test]
fn a_commit_whose_caller_has_gone_is_finished() {
    let fixture = Fixture::new();
    let store = fixture.open();
    let (release, held) = hold(&store);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    runtime.block_on(async {
        let mut commit = Box::pin(store.commit(|txn| {
            txn.put(&key(1), &text("kept"));
            Ok::<_, Error>(())
        }));
        // One look queues it; then the caller goes away.
        let queued = std::future::poll_fn(|context| std::task::Poll::Ready(commit.as_mut().poll(context).is_pending()));
        assert!(queued.await);
    });
    release.send(()).expect("held");
    held.join().expect("no panic").expect("committed");
    store.commit_blocking(|_| Ok::<_, Error>(())).expect("a commit behind it");
    assert_eq!(store.get(&key(1)).expect("readable"), Some(text("kept")));
}

#[test]
fn what_follows_a_commit_is_done_before_the_answer_and_without_a_caller() {
    let fixture = Fixture::new();
    let store = fixture.open();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    let newest = Arc::new(AtomicU64::new(0));
    let note = || {
        let (store, newest) = (Arc::clone(&store), Arc::clone(&newest));
        move |position: &StreamPosition| {
            assert!(store.position() >= *position && store.contains(&key(position.0)).expect("readable"));
            newest.store(position.0, Ordering::SeqCst);
        }
    };
    let position = runtime.block_on(store.commit_then(write_next, note())).expect("committed");
    assert_eq!(newest.load(Ordering::SeqCst), position.0);

    let (release, held) = hold(&store);
    runtime.block_on(async {
        let mut commit = Box::pin(store.commit_then(write_next, note()));
        let queued = std::future::poll_fn(|context| std::task::Poll::Ready(commit.as_mut().poll(context).is_pending()));
        assert!(queued.await);
    });
    release.send(()).expect("held");
    held.join().expect("no panic").expect("committed");
    store.commit_blocking(|_| Ok::<_, Error>(())).expect("a commit behind it");
    assert!(newest.load(Ordering::SeqCst) > position.0, "the caller has gone, and it is done");
}

#[test]
fn what_follows_a_commit_is_given_back_when_nothing_is_written() {
    let fixture = Fixture::new();
    let store = fixture.open();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    let lock = Arc::new(Mutex::new(()));
    let held = Arc::clone(&lock);
    let refused = runtime.block_on(store.commit_then(
        |_| Err::<(), _>(Error::Closed),
        move |()| panic!("called, although nothing was written: {held:?}"),
    ));
    assert!(matches!(refused, Err(Error::Closed)));
    assert_eq!(Arc::strong_count(&lock), 1, "given back before the answer");
}

#[tokio::test]
async fn closing_finishes_what_is_queued_and_refuses_what_comes_later() {
    let fixture = Fixture::new();
    let store = fixture.open();
    store.commit(write_next).await.expect("committed");
    store.close().await.expect("flushed");
    assert!(matches!(store.commit(write_next).await, Err(Error::Closed)));
    assert!(matches!(store.flush().await, Err(Error::Closed)));
    store.get(&key(1)).expect("still readable");
}

#[test]
fn ephemeral_commits_write_only_when_the_block_is_used_up() {
    struct Count(AtomicUsize);
    impl ChangeListener for Count {
        // Callers are answered between the two, so only the first has surely happened when they look.
        fn index(&self, _: &Published<'_>) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
        fn wake(&self, _: &Published<'_>) {}
    }
    let fixture = Fixture::new();
    let store = fixture.open();
    let count = Arc::new(Count(AtomicUsize::new(0)));
    store.subscribe(count.clone());
    store.commit_blocking(write_next).expect("committed");
    // From here on a write would stop the store.
    store.shared.engine.fail_writes.store(true, Ordering::SeqCst);
    let ephemeral = |txn: &mut Txn| {
        txn.change(ROOM);
        Ok::<_, Error>(txn.next_position())
    };
    for _ in 0..POSITION_BLOCK / 2 {
        store.commit_blocking(ephemeral).expect("nothing to write");
    }
    assert_eq!(count.0.load(Ordering::SeqCst) as u64, POSITION_BLOCK / 2 + 1);
    let used_up = store.commit_blocking(|txn| {
        (0..POSITION_BLOCK).for_each(|_| {
            txn.next_position();
        });
        Ok::<_, Error>(())
    });
    assert!(matches!(used_up, Err(Error::Stopped(_))), "positions beyond the block need a write first");
}
