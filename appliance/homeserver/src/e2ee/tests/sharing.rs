//! Who hears of whose keys.

use super::*;

#[tokio::test]
async fn those_who_share_a_room_hear_of_a_new_device_and_others_do_not() {
    let house = House::new().await;
    let (alice, bob) = (house.device("alice", "A").await, house.device("bob", "B").await);
    let carol = house.device("carol", "C").await;
    house.room(&[&alice, &bob]).await;
    let since = house.now();
    house.device("alice", "A2").await;
    let expected = std::slice::from_ref(&alice.user);
    assert_eq!(house.update(&bob, Some(since)).changed, expected);
    assert_eq!(house.update(&alice, Some(since)).changed, expected, "the own devices too");
    assert!(house.update(&carol, Some(since)).changed.is_empty());
    assert!(house.update(&bob, None).changed.is_empty(), "who starts anew fetches everything");
    // Uploading the same again is no change.
    let since = house.now();
    house.upload(&alice, alice.keys()).await.unwrap();
    assert!(house.update(&bob, Some(since)).is_empty());
}

#[tokio::test]
async fn newcomers_are_new_to_all_and_all_to_them() {
    let house = House::new().await;
    let (alice, bob) = (house.device("alice", "A").await, house.device("bob", "B").await);
    let room = house.room(&[&alice]).await;
    let since = house.now();
    house.join(&room, &bob).await;
    assert_eq!(house.update(&alice, Some(since)).changed, std::slice::from_ref(&bob.user));
    assert_eq!(house.update(&bob, Some(since)).changed, std::slice::from_ref(&alice.user));
    // A second room with the same people is nothing new.
    let since = house.now();
    house.room(&[&bob, &alice]).await;
    assert!(house.update(&alice, Some(since)).changed.is_empty());
    assert!(house.update(&bob, Some(since)).changed.is_empty());
}

#[tokio::test]
async fn who_leaves_the_last_common_room_has_left() {
    let house = House::new().await;
    let (alice, bob) = (house.device("alice", "A").await, house.device("bob", "B").await);
    let (one, other) = (house.room(&[&alice, &bob]).await, house.room(&[&alice, &bob]).await);
    let since = house.now();
    house.leave(&one, &bob).await;
    assert!(house.update(&alice, Some(since)).left.is_empty());
    house.leave(&other, &bob).await;
    let (of_alice, of_bob) = (house.update(&alice, Some(since)), house.update(&bob, Some(since)));
    assert_eq!(
        (of_alice.left.as_slice(), of_bob.left.as_slice()),
        (&[bob.user.clone()][..], &[alice.user.clone()][..])
    );
    assert!(of_alice.changed.is_empty() && of_bob.changed.is_empty());
    // What happens to his keys now is none of hers.
    let since = house.now();
    house.device("bob", "B2").await;
    assert!(house.update(&alice, Some(since)).is_empty());
}

#[tokio::test]
async fn who_left_and_came_back_between_two_syncs_is_not_lost() {
    let house = House::new().await;
    let (alice, bob) = (house.device("alice", "A").await, house.device("bob", "B").await);
    let room = house.room(&[&alice, &bob]).await;
    let since = house.now();
    house.leave(&room, &bob).await;
    house.device("bob", "B2").await;
    house.join(&room, &bob).await;
    let update = house.update(&alice, Some(since));
    assert_eq!((update.changed.as_slice(), update.left.as_slice()), (&[bob.user.clone()][..], &[][..]));
}

#[tokio::test]
async fn a_waiting_sync_wakes_for_changed_keys() {
    let house = House::new().await;
    let (alice, bob) = (house.device("alice", "A").await, house.device("bob", "B").await);
    house.room(&[&alice, &bob]).await;
    let mut waiter = house.e2ee().watch.register(&bob.user);
    house.device("alice", "A2").await;
    let waited = tokio::time::timeout(std::time::Duration::from_secs(5), waiter.changed()).await;
    assert!(waited.is_ok());
}
