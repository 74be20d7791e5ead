//! What strangers can make the server do: answer with little more than they sent, and nothing else.

use crate::stun::{Algorithm, Class, LongTermKey, MessageWriter, Method, attribute};
use crate::testing::{World, at, config};
use crate::{FiveTuple, StrangerLimits, Transport};

/// Requests as a spoofer sends them: the shortest, those that are refused with most, and guesses.
fn request(kind: u32, id: [u8; 12]) -> Vec<u8> {
    let method = [Method::BINDING, Method::ALLOCATE, Method::REFRESH, Method::CREATE_PERMISSION];
    let writer = MessageWriter::new(Class::Request, method[kind as usize % 4], id);
    match kind / 4 % 4 {
        0 => writer.finish(),
        1 => writer.fingerprint().finish(),
        2 => (0x0100..0x0110).fold(writer, |writer, unknown| writer.attribute(unknown, &[])).finish(),
        _ => writer
            .attribute(attribute::USERNAME, b"4102444800:alice")
            .attribute(attribute::REALM, b"turn")
            .attribute(attribute::NONCE, b"AAAAAAAAAAAAAAAA")
            .integrity(Algorithm::Sha1, LongTermKey::new(b"", b"", b"").as_bytes())
            .finish(),
    }
}

fn id(number: u32) -> [u8; 12] {
    let mut id = [0; 12];
    id[..4].copy_from_slice(&number.to_be_bytes());
    id
}

#[test]
fn twenty_seconds_of_every_kind_gives_back_no_more_than_was_sent_and_the_allowance() {
    const SECONDS: u32 = 20;
    const PER_SECOND: u32 = 200;
    let limits = StrangerLimits::default();
    for kind in 0..16 {
        let mut world = World::new(config());
        let victim =
            FiveTuple { transport: Transport::Udp, local: at("203.0.113.5:3478"), remote: at("192.0.2.66:53") };
        let (mut sent, mut answered) = (0, 0);
        for round in 0..SECONDS * PER_SECOND {
            let request = request(kind, id(round));
            sent += request.len();
            world.feed(victim, &request);
            while let Some(answer) = world.server.poll_transmit() {
                answered += answer.bytes.len();
            }
            if round % PER_SECOND == 0 {
                world.pass(1);
            }
        }
        let allowance = limits.surplus_burst_bytes + SECONDS * limits.surplus_bytes_per_second;
        assert!(answered > 0 && answered <= sent + allowance as usize, "kind {kind}: {answered} for {sent}");
        assert!(answered < sent / 2, "kind {kind}: {answered} for {sent}");
        assert_eq!(world.server.occupancy(), crate::Occupancy::default());
    }
}

#[test]
fn a_flood_from_everywhere_grows_nothing() {
    let mut world = World::new(config());
    for round in 0..50_000_u32 {
        let remote = if round % 2 == 0 {
            std::net::IpAddr::V4(std::net::Ipv4Addr::from(0x0800_0000 + round * 65_537))
        } else {
            std::net::IpAddr::V6(std::net::Ipv6Addr::from((0x2001_0db8_u128 << 96) | (u128::from(round) << 64)))
        };
        let remote = std::net::SocketAddr::new(remote, 40_000);
        let client = FiveTuple { transport: Transport::Udp, local: at("203.0.113.5:3478"), remote };
        world.feed(client, &request(round % 16, id(round)));
        while world.server.poll_transmit().is_some() {}
    }
    assert_eq!(world.server.occupancy(), crate::Occupancy::default());
    assert_eq!(world.server.poll_timeout(), None);
}

#[test]
fn answers_that_nobody_takes_do_not_pile_up_without_end() {
    let mut world = World::new(config());
    let client = FiveTuple { transport: Transport::Tcp, local: at("203.0.113.5:3478"), remote: at("192.0.2.66:53") };
    for round in 0..20_000 {
        world.feed(client, &request(0, id(round)));
    }
    assert_eq!(std::iter::from_fn(|| world.server.poll_transmit()).count(), 4_096);
}

#[test]
fn who_proved_his_address_is_answered_during_a_flood_in_his_name() {
    let mut world = World::new(config());
    let (client, _) = world.allocated(Transport::Udp, "192.0.2.10:5000", "alice");
    for round in 0..10_000 {
        world.feed(client.tuple, &request(1, id(round)));
        while world.server.poll_transmit().is_some() {}
    }
    assert_eq!(client.refresh(&mut world, 600).code(), None);
}
