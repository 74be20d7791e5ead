use std::collections::BTreeMap;

use proptest::prelude::*;
use ruma::{OwnedUserId, user_id};

use super::{Fixture, key, text};
use crate::error::Error;
use crate::positions::StreamPosition;
use crate::records::users::{AccountDataPointer, AccountDataPositionKey, ProfileKey};
use crate::values::Json;

fn users() -> [OwnedUserId; 3] {
    // One is the beginning of another one.
    [user_id!("@a:x").to_owned(), user_id!("@a:x.y").to_owned(), user_id!("@b:x").to_owned()]
}

fn pointer(position: u64) -> AccountDataPointer {
    AccountDataPointer { room: None, kind: position.to_string() }
}

type Rows = BTreeMap<AccountDataPositionKey, AccountDataPointer>;

#[derive(Debug, Clone)]
enum End {
    None,
    Inclusive(usize, u64),
    Exclusive(usize, u64),
}

fn end() -> impl Strategy<Value = End> {
    prop_oneof![
        Just(End::None),
        (0..3_usize, 0..12_u64).prop_map(|(user, position)| End::Inclusive(user, position)),
        (0..3_usize, 0..12_u64).prop_map(|(user, position)| End::Exclusive(user, position)),
    ]
}

fn key_at(user: usize, position: u64) -> AccountDataPositionKey {
    AccountDataPositionKey { user: users()[user].clone(), position: StreamPosition(position) }
}

/// What a scan should give, by the plain meaning of the words.
fn expected(rows: &Rows, user: Option<usize>, start: &End, end: &End, reverse: bool) -> Vec<AccountDataPositionKey> {
    let ahead = |row: &AccountDataPositionKey, of: &AccountDataPositionKey| if reverse { row < of } else { row > of };
    let mut found: Vec<_> = rows
        .keys()
        .filter(|row| user.is_none_or(|user| row.user == users()[user]))
        .filter(|row| match start {
            End::None => true,
            End::Inclusive(user, position) => {
                *row == &key_at(*user, *position) || ahead(row, &key_at(*user, *position))
            }
            End::Exclusive(user, position) => ahead(row, &key_at(*user, *position)),
        })
        .filter(|row| match end {
            End::None => true,
            End::Inclusive(user, position) => !ahead(row, &key_at(*user, *position)),
            End::Exclusive(user, position) => {
                let end = key_at(*user, *position);
                *row != &end && !ahead(row, &end)
            }
        })
        .cloned()
        .collect();
    if reverse {
        found.reverse();
    }
    found
}

#[test]
fn scans_visit_what_their_words_say() {
    let fixture = Fixture::new();
    let store = fixture.open();
    let rows: Rows = (0..3)
        .flat_map(|user| (0..12).step_by(user + 1).map(move |position| (key_at(user, position), pointer(position))))
        .collect();
    let written = rows.clone();
    store
        .commit_blocking(move |txn| {
            written.iter().for_each(|(key, value)| txn.put(key, value));
            Ok::<_, Error>(())
        })
        .expect("committed");

    let cases = (proptest::option::of(0..3_usize), end(), end(), any::<bool>());
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let run = runner.run(&cases, |(user, start, end, reverse)| {
        let mut scan = match user {
            Some(user) => store.scan::<AccountDataPositionKey>((&users()[user],)),
            None => store.scan(()),
        };
        scan = match &start {
            End::None => scan,
            End::Inclusive(user, position) => scan.from(&key_at(*user, *position)),
            End::Exclusive(user, position) => scan.after(&key_at(*user, *position)),
        };
        scan = match &end {
            End::None => scan,
            End::Inclusive(user, position) => scan.through(&key_at(*user, *position)),
            End::Exclusive(user, position) => scan.until(&key_at(*user, *position)),
        };
        if reverse {
            scan = scan.reverse();
        }
        let found: Vec<_> = scan.map(|row| row.expect("sound")).collect();
        prop_assert!(found.iter().all(|(key, value)| rows.get(key) == Some(value)));
        let found: Vec<_> = found.into_iter().map(|(key, _)| key).collect();
        prop_assert_eq!(found, expected(&rows, user, &start, &end, reverse));
        Ok(())
    });
    run.expect("every scan visits what it should");
}

#[test]
fn keys_only_and_nothing_after_the_end() {
    let fixture = Fixture::new();
    let store = fixture.open();
    store
        .commit_blocking(|txn| {
            for field in ["avatar_url", "displayname"] {
                let key = ProfileKey { user: users()[0].clone(), field: field.to_owned() };
                txn.put(&key, &Json(b"1".to_vec()));
            }
            Ok::<_, Error>(())
        })
        .expect("committed");
    let mut keys = store.scan::<ProfileKey>((&users()[0],)).keys();
    let mut next = || keys.next().map(|key| key.expect("sound").field);
    assert_eq!(next().as_deref(), Some("avatar_url"));
    assert_eq!(next().as_deref(), Some("displayname"));
    assert_eq!((next(), next()), (None, None));
    assert_eq!(store.scan::<ProfileKey>((&users()[1],)).count(), 0, "a user id is not the beginning of another");
}

#[test]
fn a_scan_sees_one_moment() {
    let fixture = Fixture::new();
    let store = fixture.open();
    let put = |number: u64| {
        let put = move |txn: &mut crate::Txn| {
            txn.put(&key(number), &text("row"));
            Ok::<_, Error>(())
        };
        store.commit_blocking(put).expect("committed");
    };
    put(1);
    put(3);
    let mut scan = store.scan::<crate::records::rooms::ShortStateKeyKey>(());
    assert_eq!(scan.next().expect("a row").expect("sound").0, key(1));
    put(2);
    assert_eq!(scan.next().expect("a row").expect("sound").0, key(3));
}

#[test]
fn many_are_read_in_the_order_asked_for() {
    let fixture = Fixture::new();
    let store = fixture.open();
    store
        .commit_blocking(|txn| {
            [1, 3, 5].into_iter().for_each(|number| txn.put(&key(number), &text(&number.to_string())));
            Ok::<_, Error>(())
        })
        .expect("committed");
    let found = store.get_many(&[5, 2, 1].map(key)).expect("readable");
    assert_eq!(found, [Some(text("5")), None, Some(text("1"))]);
    assert_eq!(store.get_many::<ProfileKey>(&[]).expect("readable"), []);
}
