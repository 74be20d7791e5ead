use std::net::{IpAddr, Ipv4Addr};

use crate::stun::attribute;
use crate::testing::{Client, OUTSIDE, World, at, config, data_of};
use crate::{AllowList, Config, ConfigError, Destination, Network, Outside, Transport};

const ALICE: &str = "192.0.2.10:5000";
const BOB: &str = "192.0.2.20:6000";
const CAROL: &str = "192.0.2.30:7000";
const BEFORE: Ipv4Addr = Ipv4Addr::new(203, 0, 113, 5);
const NOW: Ipv4Addr = Ipv4Addr::new(203, 0, 113, 99);

/// Without a sink, which would stay at the address of before.
fn site() -> Config {
    Config { sinks: Vec::new(), ..config() }
}

fn renumber(world: &mut World, ipv4: Option<Ipv4Addr>, former: &[IpAddr]) -> Result<(), ConfigError> {
    let ipv6 = site().external_ipv6;
    let config = Config { external_ipv4: ipv4, former_externals: former.to_vec(), ..site() };
    let networks = ["198.51.100.0", "203.0.113.0"].map(|base| Network::new(base.parse().unwrap(), 24).unwrap());
    let policy = AllowList::new(&config, Vec::new(), Outside { internet: false, networks: networks.to_vec() });
    world.server.renumber(ipv4, ipv6, former.to_vec(), Vec::new(), Box::new(policy))
}

#[test]
fn calls_are_found_at_the_address_of_now() {
    let mut world = World::new(site());
    let (alice, _) = world.allocated(Transport::Udp, ALICE, "alice");
    let sink = at("203.0.113.99:7882");
    let config = Config { external_ipv4: Some(NOW), sinks: vec![sink], ..site() };
    let policy = AllowList::new(&config, Vec::new(), Outside::default());
    assert!(alice.permit(&mut world, &[sink]).is_some(), "nothing is there yet");
    world.server.renumber(Some(NOW), None, vec![BEFORE.into()], vec![sink], Box::new(policy)).unwrap();
    assert_eq!(alice.permit(&mut world, &[sink]), None);
    let (destination, sent) = alice.send(&mut world, sink, b"hello").unwrap();
    assert!(matches!(destination, Destination::Sink { to, .. } if to == sink), "{destination:?}");
    assert_eq!(sent, b"hello");
}

/// Data from one to the other, both ways, shows the relayed addresses that they were given.
fn talk(world: &mut World, one: (&Client, std::net::SocketAddr), other: (&Client, std::net::SocketAddr)) {
    for ((from, shown), (to, relayed)) in [(one, other), (other, one)] {
        let (destination, sent) = from.send(world, relayed, b"hello").unwrap();
        assert_eq!((destination, data_of(&sent)), (Destination::Client(to.tuple), (shown, b"hello".to_vec())));
    }
}

#[test]
fn calls_go_on_when_the_external_address_changes_and_new_ones_show_the_new_one() {
    let mut world = World::new(site());
    let (alice, alices) = world.allocated(Transport::Udp, ALICE, "alice");
    let (bob, bobs) = world.allocated(Transport::Tls, BOB, "bob");
    assert_eq!((alice.permit(&mut world, &[bobs]), bob.permit(&mut world, &[alices])), (None, None));
    talk(&mut world, (&alice, alices), (&bob, bobs));

    renumber(&mut world, Some(NOW), &[BEFORE.into()]).unwrap();
    talk(&mut world, (&alice, alices), (&bob, bobs));
    assert_eq!(alice.refresh(&mut world, 600).code(), None);
    assert_eq!(alice.permit(&mut world, &[bobs]), None, "a permission lasts five minutes, and a call longer");

    let (carol, carols) = world.allocated(Transport::Udp, CAROL, "carol");
    assert_eq!(carols.ip(), IpAddr::V4(NOW));
    assert_eq!((alice.permit(&mut world, &[carols]), carol.permit(&mut world, &[alices])), (None, None));
    talk(&mut world, (&alice, alices), (&carol, carols));
    assert_eq!(world.server.occupancy().outside_peers, 0, "nothing has left the process");
}

#[test]
fn an_address_that_is_not_ours_any_more_is_a_strangers() {
    let mut world = World::new(site());
    let (alice, alices) = world.allocated(Transport::Udp, ALICE, "alice");
    renumber(&mut world, Some(NOW), &[]).unwrap();
    let (bob, _) = world.allocated(Transport::Udp, BOB, "bob");
    assert_eq!(bob.permit(&mut world, &[alices]), None);
    assert!(matches!(bob.send(&mut world, alices, b"hello"), Some((Destination::Peer { .. }, _))));
    assert_eq!(alice.permit(&mut world, &[at(OUTSIDE)]), None);
}

#[test]
fn without_an_address_of_a_family_there_are_no_new_allocations_of_it() {
    let mut world = World::new(site());
    let (alice, _) = world.allocated(Transport::Udp, ALICE, "alice");
    renumber(&mut world, None, &[BEFORE.into()]).unwrap();
    let bob = world.client(Transport::Udp, BOB, "bob");
    assert_eq!(bob.allocate(&mut world, &[]).code(), Some(440));
    let six = (attribute::REQUESTED_ADDRESS_FAMILY, vec![2, 0, 0, 0]);
    assert_eq!(bob.allocate(&mut world, &[six]).code(), None);
    assert_eq!(alice.refresh(&mut world, 600).code(), None);
}

#[test]
fn an_address_that_would_shadow_a_sink_is_refused() {
    let mut world = World::new(site());
    let sinks = vec![at("203.0.113.99:50000")];
    let policy = AllowList::new(&site(), Vec::new(), Outside::default());
    let refused = world.server.renumber(Some(NOW), None, Vec::new(), sinks, Box::new(policy));
    assert_eq!(refused, Err(ConfigError::Sink));
    let (_, relayed) = world.allocated(Transport::Udp, ALICE, "alice");
    assert_eq!(relayed.ip(), IpAddr::V4(BEFORE));
}
