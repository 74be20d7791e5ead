//! The client on the relay's engine for hours, which pass at once.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::sleep;
use veche_test_turn_client::{Lab, Peer};

const ALICE: &str = "192.0.2.10:5000";
const BOB: &str = "192.0.2.20:6000";
/// The type of a ChannelBind request.
const CHANNEL_BIND: [u8; 2] = [0x00, 0x09];
const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

/// Two clients that hear one another.
async fn pair(lab: &Arc<Lab>) -> (Peer, Peer) {
    let alice = lab.peer(ALICE, &lab.credentials("alice")).await.expect("room for an allocation");
    let bob = lab.peer(BOB, &lab.credentials("bob")).await.expect("room for an allocation");
    // The first opens the way back and is not heard, because nothing has opened the way to him yet.
    alice.send(bob.relayed, b"is anybody there?").await.expect("a permission");
    exchange(&alice, &bob, "the first").await;
    (alice, bob)
}

async fn exchange(alice: &Peer, bob: &Peer, text: &str) {
    for (from, to) in [(bob, alice), (alice, bob)] {
        from.send(to.relayed, text.as_bytes()).await.expect("a permission");
        assert_eq!(to.receive().await, (text.as_bytes().to_vec(), from.relayed), "{text}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_of_three_hours_outlives_its_nonces_and_credentials() {
    let lab = Lab::new();
    let (alice, bob) = pair(&lab).await;
    for minute in 1..=180 {
        sleep(MINUTE).await;
        exchange(&alice, &bob, &format!("minute {minute}")).await;
    }
    assert_eq!(lab.occupancy().allocations, 2);
    for peer in [&alice, &bob] {
        let ((sent_indications, sent), (_, received)) = (peer.seen.sent(), peer.seen.received());
        assert!(sent_indications > 0 && sent > 30 && received > 30, "{:?}", peer.seen);
    }
    assert!(lab.counters().refused_requests > 4, "besides the two first requests, nonces have ended");
}

#[tokio::test(start_paused = true)]
async fn without_channels_data_travels_in_indications() {
    let lab = Lab::new();
    for client in [ALICE, BOB] {
        lab.lose(client, |message| message.starts_with(&CHANNEL_BIND));
    }
    let (alice, bob) = pair(&lab).await;
    for minute in 1..=10 {
        sleep(MINUTE).await;
        exchange(&alice, &bob, &format!("minute {minute}")).await;
    }
    for peer in [&alice, &bob] {
        let ((sent, sent_on_channels), (received, received_on_channels)) = (peer.seen.sent(), peer.seen.received());
        assert!(sent > 10 && received > 10, "{:?}", peer.seen);
        assert_eq!((sent_on_channels, received_on_channels), (0, 0));
    }
}

#[tokio::test(start_paused = true)]
async fn what_nobody_refreshes_ends() {
    let lab = Lab::new();
    let (alice, bob) = pair(&lab).await;
    lab.lose(ALICE, |_| true);
    sleep(299 * SECOND).await;
    bob.send(alice.relayed, b"before").await.expect("a permission");
    assert_eq!(alice.receive().await.0, b"before");
    sleep(2 * SECOND).await;
    let dropped = lab.counters().dropped_forbidden;
    bob.send(alice.relayed, b"after five minutes").await.expect("a permission");
    assert_eq!(lab.counters().dropped_forbidden, dropped + 1);
    sleep(297 * SECOND).await;
    assert_eq!(lab.occupancy().allocations, 2);
    sleep(3 * SECOND).await;
    assert_eq!(lab.occupancy().allocations, 1, "after ten minutes");
    // Who comes back begins anew.
    let back = lab.peer("192.0.2.10:5001", &lab.credentials("alice")).await.expect("room for an allocation");
    back.send(bob.relayed, b"again").await.expect("a permission");
    assert_eq!(bob.receive().await, (b"again".to_vec(), back.relayed));
}

#[tokio::test(start_paused = true)]
async fn a_good_bye_is_heard_also_with_a_nonce_that_has_ended() {
    let lab = Lab::new();
    let alice = lab.peer(ALICE, &lab.credentials("alice")).await.expect("room for an allocation");
    sleep(3_400 * SECOND).await;
    assert_eq!(lab.occupancy().allocations, 1);
    // The refresh that would have brought a new nonce after an hour is lost; the allocation still lives.
    lab.lose(ALICE, |_| true);
    sleep(300 * SECOND).await;
    lab.lose(ALICE, |_| false);
    assert_eq!(lab.occupancy().allocations, 1);
    alice.close().await;
    assert_eq!(lab.occupancy().allocations, 0);
}

#[tokio::test(start_paused = true)]
async fn a_barred_user_is_cut_off_and_opens_nothing() {
    let lab = Lab::new();
    let credentials = lab.credentials("alice");
    let (alice, bob) = pair(&lab).await;
    sleep(MINUTE).await;
    lab.bar("alice");
    let dropped = lab.counters().dropped_forbidden;
    bob.send(alice.relayed, b"too late").await.expect("a permission");
    assert_eq!(lab.counters().dropped_forbidden, dropped + 1);
    let refused = lab.peer("192.0.2.10:5001", &credentials).await.err().expect("it is refused");
    assert!(refused.contains("401"), "{refused}");
    sleep(SECOND).await;
    lab.peer("192.0.2.10:5002", &lab.credentials("alice")).await.expect("what is made later is good");
    alice.vanish().await;
}
