//! What only a client of our own does over UDP: silence, silly sizes, foreign addresses.

use std::net::{SocketAddr, UdpSocket};

use crate::client::join;
use crate::link::Link;
use crate::site::{PATIENCE, Site, at, settings};

fn peer() -> UdpSocket {
    let peer = UdpSocket::bind("127.0.0.1:0").unwrap();
    peer.set_read_timeout(Some(PATIENCE)).unwrap();
    peer
}

#[test]
fn data_goes_both_ways_whatever_its_length() {
    let site = Site::start(settings());
    let (mut alice, mut bob) = (site.udp("alice"), site.udp("bob"));
    join(&mut alice, &mut bob);
    for length in [0, 1, 2, 3, 4, 160, 1_200, 1_233, 9_000, 65_503] {
        let data: Vec<u8> = (0..length).map(|index| u8::try_from(index % 251).unwrap()).collect();
        alice.send(0x4001, &data);
        assert_eq!(bob.receive(), (0x4001, data.clone()), "{length} bytes");
        bob.send(0x4001, &data);
        assert_eq!(alice.receive(), (0x4001, data), "{length} bytes");
    }
}

#[test]
fn a_burst_arrives_whole_and_in_order() {
    let site = Site::start(settings());
    let (mut alice, mut bob) = (site.udp("alice"), site.udp("bob"));
    join(&mut alice, &mut bob);
    for number in 0..100_u8 {
        // Sizes that join and sizes that do not.
        alice.send(0x4001, &vec![number; if number % 7 == 0 { 900 } else { 1_000 }]);
    }
    for number in 0..100_u8 {
        let (_, data) = bob.receive();
        assert_eq!((data[0], data.len()), (number, if number % 7 == 0 { 900 } else { 1_000 }));
    }
}

#[test]
fn clients_reach_peers_outside_and_hear_only_them() {
    let site = Site::open(settings());
    let mut alice = site.udp("alice");
    alice.allocate().unwrap();
    let (known, unknown) = (peer(), peer());
    assert_eq!(alice.permit(known.local_addr().unwrap()), None);
    let mut buffer = [0; 100];
    let mut exchange = |data: &[u8], dont_fragment| {
        alice.send_indication(known.local_addr().unwrap(), data, dont_fragment);
        let (length, relay) = known.recv_from(&mut buffer).unwrap();
        assert_eq!(&buffer[..length], data);
        // A stranger aims at the relay, and is not heard.
        unknown.send_to(b"stranger", relay).unwrap();
        known.send_to(b"", relay).unwrap();
        known.send_to(data, relay).unwrap();
        assert_eq!(alice.receive_indication(), (known.local_addr().unwrap(), b"".to_vec()));
        assert_eq!(alice.receive_indication(), (known.local_addr().unwrap(), data.to_vec()));
    };
    exchange(b"plain", false);
    exchange(b"with the bit that forbids to cut it", true);
    exchange(b"plain again", false);
}

#[test]
fn a_peer_of_a_family_without_relay_socket_is_counted_and_harmless() {
    let site = Site::open(settings());
    let mut alice = site.udp("alice");
    let external = alice.allocate().unwrap();
    assert!(external.is_ipv4());
    assert_eq!(alice.permit(at("[2001:db8::99]:5000")), Some(443), "no relayed address of that family");
    drop(alice);
    let mut settings = settings();
    settings.relay.clear();
    let site = Site::open(settings);
    let mut alice = site.udp("alice");
    alice.allocate().unwrap();
    let peer = at("127.0.0.1:9");
    assert_eq!(alice.permit(peer), None);
    alice.send_indication(peer, b"nobody", false);
    site.wait_until("the packet has no way", |site| site.metric("dropped_no_route") == 1);
}

#[test]
fn every_address_of_a_wildcard_answers_for_itself() {
    let mut settings = settings();
    settings.listen = vec![at("0.0.0.0:0")];
    let site = Site::start(settings);
    let at = |ip: &str| SocketAddr::new(ip.parse().unwrap(), site.address().port());
    // A connected socket hears only the address that it asked.
    let mut alice = site.client(Link::udp(at("127.0.0.1")), "alice");
    let mut bob = site.client(Link::udp(at("127.0.0.3")), "bob");
    let mut carol = site.client(Link::tcp(at("127.0.0.4")), "carol");
    join(&mut alice, &mut bob);
    carol.allocate().unwrap();
    alice.send(0x4001, b"from one address of the server to another");
    assert_eq!(bob.receive().1, b"from one address of the server to another");
}

#[test]
fn both_families_have_a_wildcard_of_their_own() {
    if UdpSocket::bind("[::1]:0").is_err() {
        println!("this machine has no IPv6");
        return;
    }
    let mut settings = settings();
    settings.listen = vec![at("0.0.0.0:0"), at("[::]:0")];
    settings.relay = vec![at("0.0.0.0:0"), at("[::]:0")];
    let site = Site::start(settings);
    let ports: Vec<u16> = site.driver.addresses().iter().map(SocketAddr::port).collect();
    let mut alice = site.client(Link::udp(SocketAddr::new("127.0.0.1".parse().unwrap(), ports[0])), "alice");
    let mut bob = site.client(Link::udp(SocketAddr::new("::1".parse().unwrap(), ports[1])), "bob");
    join(&mut alice, &mut bob);
    alice.send(0x4001, b"from IPv4 to IPv6");
    assert_eq!(bob.receive().1, b"from IPv4 to IPv6");
    bob.send(0x4001, b"and back");
    assert_eq!(alice.receive().1, b"and back");
}
