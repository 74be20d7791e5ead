//! Key backups.

use ruma::{owned_room_id, room_id, user_id};

use super::{
    backup::{BackupError, BackupKeys, BackupState},
    *,
};

fn algorithm(data: &str) -> Box<RawValue> {
    raw(&json!({ "algorithm": "m.megolm_backup.v1.curve25519-aes-sha2", "auth_data": { "public_key": data } }))
}

fn key(first: u64, forwarded: u64, verified: bool) -> Value {
    json!({
        "first_message_index": first,
        "forwarded_count": forwarded,
        "is_verified": verified,
        "session_data": { "ciphertext": format!("{first}/{forwarded}/{verified}") },
    })
}

fn keys(session: &str, key: &Value) -> BackupKeys {
    BackupKeys::from([(owned_room_id!("!r:x.example"), BTreeMap::from([(session.to_owned(), raw(key))]))])
}

#[tokio::test]
async fn versions_follow_one_another() {
    let house = House::new().await;
    let (e2ee, alice) = (house.e2ee(), user_id!("@alice:x.example"));
    assert!(matches!(e2ee.backup(alice, None), Err(BackupError::UnknownVersion)));
    let one = e2ee.create_backup(alice, &algorithm("one")).await.unwrap();
    let two = e2ee.create_backup(alice, &algorithm("two")).await.unwrap();
    let newest = e2ee.backup(alice, None).unwrap();
    assert_eq!((newest.version.as_str(), value(&newest.algorithm)), (two.as_str(), value(&algorithm("two"))));
    assert_eq!(value(&e2ee.backup(alice, Some(&one)).unwrap().algorithm)["auth_data"]["public_key"], "one");
    e2ee.update_backup(alice, &two, &algorithm("three")).await.unwrap();
    assert_eq!(value(&e2ee.backup(alice, None).unwrap().algorithm)["auth_data"]["public_key"], "three");
    let other = raw(&json!({ "algorithm": "m.other", "auth_data": {} }));
    assert!(matches!(e2ee.update_backup(alice, &two, &other).await, Err(BackupError::OtherAlgorithm)));
    let outcome = e2ee.put_backup_keys(alice, &one, keys("s", &key(0, 0, false))).await;
    assert!(matches!(&outcome, Err(BackupError::WrongVersion { current }) if *current == two), "{outcome:?}");
    e2ee.put_backup_keys(alice, &two, keys("s", &key(0, 0, false))).await.unwrap();
    e2ee.delete_backup(alice, &two).await.unwrap();
    assert_eq!(e2ee.backup(alice, None).unwrap().version, one);
    for unknown in [two.as_str(), "0", "x", "+1", ""] {
        assert!(matches!(e2ee.backup(alice, Some(unknown)), Err(BackupError::UnknownVersion)), "{unknown}");
        assert!(matches!(e2ee.backup_keys(alice, unknown), Err(BackupError::UnknownVersion)), "{unknown}");
    }
    let bob = user_id!("@bob:x.example");
    assert!(matches!(e2ee.backup(bob, Some(&one)), Err(BackupError::UnknownVersion)));
}

#[tokio::test]
async fn a_key_is_replaced_only_by_a_better_one() {
    let house = House::new().await;
    let (e2ee, alice) = (house.e2ee(), user_id!("@alice:x.example"));
    let version = e2ee.create_backup(alice, &algorithm("a")).await.unwrap();
    // Each with whether it takes the place of what is there.
    let steps = [
        (key(5, 5, false), true),
        (key(5, 5, false), false),
        (key(6, 0, false), false),
        (key(5, 4, false), true),
        (key(4, 9, false), true),
        (key(9, 9, true), true),
        (key(0, 0, false), false),
        (key(8, 9, true), true),
    ];
    let mut etag = 0;
    let mut kept = Value::Null;
    for (step, replaces) in steps {
        let state = e2ee.put_backup_keys(alice, &version, keys("s", &step)).await.unwrap();
        if replaces {
            (etag, kept) = (etag + 1, step);
        }
        assert_eq!(state, BackupState { etag, count: 1 }, "{kept}");
        let found = e2ee.backup_key(alice, &version, room_id!("!r:x.example"), "s").unwrap();
        assert_eq!(value(&found), kept);
    }
    for bad in [json!({}), json!("x"), json!({ "first_message_index": -1 })] {
        let outcome = e2ee.put_backup_keys(alice, &version, keys("s", &bad)).await;
        assert!(matches!(outcome, Err(BackupError::Invalid(_))), "{bad}");
    }
}

#[tokio::test]
async fn keys_are_counted_and_deleted_by_session_room_and_all() {
    let house = House::new().await;
    let (e2ee, alice, room) = (house.e2ee(), user_id!("@alice:x.example"), room_id!("!r:x.example"));
    let version = e2ee.create_backup(alice, &algorithm("a")).await.unwrap();
    let sessions = |names: [&str; 2]| names.map(|name| (name.to_owned(), raw(&key(0, 0, false)))).into();
    let all = BackupKeys::from([
        (room.to_owned(), sessions(["a", "b"])),
        (owned_room_id!("!q:x.example"), sessions(["c", "d"])),
    ]);
    let state = e2ee.put_backup_keys(alice, &version, all).await.unwrap();
    assert_eq!(state, BackupState { etag: 1, count: 4 });
    assert_eq!(e2ee.backup_keys(alice, &version).unwrap().len(), 2);
    assert_eq!(e2ee.backup_keys_of_room(alice, &version, room).unwrap().len(), 2);
    let delete = async |room, session| e2ee.delete_backup_keys(alice, &version, room, session).await.unwrap();
    assert_eq!(delete(Some(room), Some("a")).await, BackupState { etag: 2, count: 3 });
    assert_eq!(delete(Some(room), Some("a")).await, BackupState { etag: 2, count: 3 });
    assert!(matches!(e2ee.backup_key(alice, &version, room, "a"), Err(BackupError::UnknownKey)));
    assert_eq!(delete(Some(room), None).await, BackupState { etag: 3, count: 2 });
    assert_eq!(delete(None, None).await, BackupState { etag: 4, count: 0 });
    assert_eq!(e2ee.backup(alice, None).unwrap().state, BackupState { etag: 4, count: 0 });
}
