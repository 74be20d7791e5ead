//! The client on the shipped binary, over UDP and TCP.

use std::time::Duration;

use tokio::net::UdpSocket;
use veche_test_turn_client::{Credentials, House, Peer, Stream};

/// How a client reaches the relay.
#[derive(Clone, Copy, Debug)]
enum Way {
    Udp,
    Tcp,
}

async fn allocate(house: &House, way: Way, credentials: &Credentials) -> Result<Peer, String> {
    match way {
        Way::Udp => {
            let socket = UdpSocket::bind("127.0.0.1:0").await.expect("a free port");
            Peer::allocate(socket, house.turn, credentials).await
        }
        Way::Tcp => Peer::allocate(Stream::connect(house.turn).await, house.turn, credentials).await,
    }
}

/// Sends there and back until both have long spoken on channels; every byte arrives.
async fn talk(alice: &Peer, bob: &Peer) {
    let on_channels = |peer: &Peer| peer.seen.sent().1.min(peer.seen.received().1);
    let enough = [on_channels(alice) + 20, on_channels(bob) + 20];
    for length in (0..).map(|round: usize| [1, 2, 3, 160, 1_201, 8_000][round % 6]) {
        for (from, to) in [(bob, alice), (alice, bob)] {
            let data: Vec<u8> = (0..length).map(|index| u8::try_from(index % 251).expect("below 256")).collect();
            from.send(to.relayed, &data).await.expect("a permission");
            assert_eq!(to.receive().await, (data, from.relayed));
        }
        if on_channels(alice) >= enough[0] && on_channels(bob) >= enough[1] {
            return;
        }
    }
}

/// Sends what the other does not hear, because he has not asked for it yet. Waits until the relay has dropped it: the two
/// come to it on different ways, and what the other asks next could be there first.
async fn say_unheard(house: &House, from: &Peer, to: &Peer) {
    let before = house.metric("dropped_forbidden");
    from.send(to.relayed, b"unwanted").await.expect("a permission");
    house.until("dropped_forbidden", |dropped| dropped > before).await;
}

#[tokio::test]
async fn two_clients_talk_in_indications_and_on_channels() {
    let house = House::start();
    let (alices, bobs) = (house.credentials("alice"), house.credentials("bob"));
    for (one, other) in [(Way::Udp, Way::Udp), (Way::Tcp, Way::Udp), (Way::Tcp, Way::Tcp)] {
        let alice = allocate(&house, one, &alices).await.expect("room for an allocation");
        let bob = allocate(&house, other, &bobs).await.expect("room for an allocation");
        assert!(alice.relayed.ip().is_loopback() && alice.relayed != bob.relayed);
        assert_eq!(alice.mapped().await.ip(), house.turn.ip());
        say_unheard(&house, &alice, &bob).await;
        talk(&alice, &bob).await;
        for peer in [&alice, &bob] {
            assert!(peer.seen.sent().0 > 0, "{one:?}, {other:?}: {:?}", peer.seen);
        }
        alice.close().await;
        bob.close().await;
        house.until("allocations", |count| count == 0).await;
    }
}

#[tokio::test]
async fn refreshing_keeps_what_there_is() {
    let house = House::start();
    let (alices, bobs) = (house.credentials("alice"), house.credentials("bob"));
    let alice = allocate(&house, Way::Udp, &alices).await.expect("room for an allocation");
    let bob = allocate(&house, Way::Tcp, &bobs).await.expect("room for an allocation");
    say_unheard(&house, &alice, &bob).await;
    talk(&alice, &bob).await;
    // Two allocations, permissions and channels.
    house.until("granted_requests", |count| count == 6).await;
    // The clients believe that five minutes have passed, and refresh all of it.
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(301)).await;
    tokio::time::resume();
    talk(&alice, &bob).await;
    house.until("granted_requests", |count| count >= 12).await;
    assert_eq!((house.metric("allocations"), house.metric("refused_requests")), (2, 2), "as everybody's first request");
    talk(&alice, &bob).await;
}

#[tokio::test]
async fn wrong_passwords_and_forbidden_peers_are_refused() {
    let house = House::start();
    let good = house.credentials("alice");
    for bad in [
        Credentials { password: "wrong".to_owned(), ..good.clone() },
        Credentials { username: good.username.replacen(':', ":x", 1), ..good.clone() },
        Credentials { username: "alice".to_owned(), ..good.clone() },
        Credentials { username: format!("1{}", good.username), ..good.clone() },
    ] {
        for way in [Way::Udp, Way::Tcp] {
            let refused = allocate(&house, way, &bad).await.err().expect("it is refused");
            assert!(refused.contains("401"), "{way:?}: {refused}");
        }
    }
    let alice = allocate(&house, Way::Udp, &good).await.expect("room for an allocation");
    for peer in ["127.0.0.2:80", "10.0.0.1:53", "169.254.169.254:80", "192.0.2.7:443", "8.8.8.8:53"] {
        let refused = alice.send(peer.parse().expect("an address"), b"anybody?").await.expect_err("it is refused");
        assert!(refused.contains("403"), "{peer}: {refused}");
    }
}

#[tokio::test]
async fn a_connection_that_breaks_takes_its_allocation_with_it() {
    let house = House::start();
    let credentials = house.credentials("alice");
    let over_udp = allocate(&house, Way::Udp, &credentials).await.expect("room for an allocation");
    let over_tcp = allocate(&house, Way::Tcp, &credentials).await.expect("room for an allocation");
    house.until("allocations", |count| count == 2).await;
    over_tcp.vanish().await;
    house.until("allocations", |count| count == 1).await;
    over_udp.close().await;
    house.until("allocations", |count| count == 0).await;
}
