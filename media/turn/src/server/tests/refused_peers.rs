//! Every spelling of an address that must not be reached, through each door that leads to a peer.

use std::net::{IpAddr, SocketAddr};

use crate::policy::tests::{REFUSED, open_to_all};
use crate::stun::attribute;
use crate::testing::{Client, OUTSIDE, World, at, config};
use crate::{AllowList, PeerPolicy, Transport};

/// Grants every permission, so that only what is asked for each packet stands in the way.
struct PermissionsForAll(AllowList);

impl PeerPolicy for PermissionsForAll {
    fn allows_ip(&self, _: IpAddr) -> bool {
        true
    }

    fn allows(&self, peer: SocketAddr) -> bool {
        self.0.allows(peer)
    }
}

/// A client with relayed addresses of both families.
fn dual_client(world: &mut World) -> Client {
    let client = world.client(Transport::Udp, "192.0.2.10:5000", "alice");
    let answer = client.allocate(world, &[(attribute::ADDITIONAL_ADDRESS_FAMILY, vec![2, 0, 0, 0])]);
    assert_eq!(answer.code(), None);
    client
}

fn refused() -> impl Iterator<Item = SocketAddr> {
    let ips = REFUSED.iter().map(|text| text.parse::<IpAddr>().unwrap());
    ips.flat_map(|ip| [80, 7_882, 50_000].map(|port| SocketAddr::new(ip, port)))
}

#[test]
fn create_permission_and_channel_bind_refuse_every_spelling() {
    let mut world = World::with_policy(config(), Box::new(open_to_all(&config())));
    let client = dual_client(&mut world);
    for peer in refused() {
        assert_eq!(client.permit(&mut world, &[peer]), Some(403), "permission for {peer}");
        assert_eq!(client.permit(&mut world, &[at(OUTSIDE), peer]), Some(403), "permission for {peer} behind another");
        assert_eq!(client.bind(&mut world, 0x4000, peer), Some(403), "channel to {peer}");
        assert_eq!(client.send(&mut world, peer, b"x"), None, "data to {peer}");
        assert_eq!(client.send_channel(&mut world, 0x4000, b"x"), None, "data on a channel to {peer}");
    }
    assert_eq!(world.server.occupancy().outside_peers, 0);
    assert_eq!(client.permit(&mut world, &[at(OUTSIDE)]), None, "who may be reached is");
}

#[test]
fn send_refuses_every_spelling_even_with_a_permission() {
    let mut world = World::with_policy(config(), Box::new(PermissionsForAll(open_to_all(&config()))));
    let client = dual_client(&mut world);
    for peers in refused().collect::<Vec<_>>().chunks(3) {
        assert_eq!(client.permit(&mut world, &peers[..1]), None);
        for peer in peers {
            assert_eq!(client.send(&mut world, *peer, b"x"), None, "{peer}");
        }
    }
    let dropped = world.server.counters().dropped_forbidden;
    assert_eq!(dropped, 3 * u64::try_from(REFUSED.len()).unwrap());
    client.permit(&mut world, &[at(OUTSIDE)]);
    assert!(client.send(&mut world, at(OUTSIDE), b"x").is_some());
}

#[test]
fn port_zero_is_nobody() {
    let mut world = World::new(config());
    let client = dual_client(&mut world);
    let nobody = SocketAddr::new(at(OUTSIDE).ip(), 0);
    assert_eq!(client.bind(&mut world, 0x4000, nobody), Some(403));
    assert_eq!(client.permit(&mut world, &[nobody]), None, "permissions have no port");
    assert_eq!(client.send(&mut world, nobody, b"x"), None);
}
