//! Whatever arrives, nothing panics, nothing is answered twice, and nothing is left behind.

use proptest::prelude::*;

use crate::stun::{Method, attribute};
use crate::testing::{Client, OUTSIDE, SINK, World, at, config, xor};
use crate::{FiveTuple, Framer, Occupancy, Transport};

/// A world with two clients that may talk to each other, to the sink and to a peer outside.
fn busy_world(transport: Transport) -> (World, Client, std::net::SocketAddr) {
    let mut world = World::new(config());
    let (alice, relayed) = world.allocated(transport, "192.0.2.10:5000", "alice");
    let (bob, bobs) = world.allocated(Transport::Udp, "192.0.2.20:6000", "bob");
    assert_eq!(alice.permit(&mut world, &[bobs, at(OUTSIDE)]), None);
    assert_eq!(bob.permit(&mut world, &[relayed]), None);
    assert_eq!(alice.bind(&mut world, 0x4000, at(SINK)), None);
    assert_eq!(alice.bind(&mut world, 0x4001, at(OUTSIDE)), None);
    (world, alice, relayed)
}

/// What a client in good health sends, to be spoiled.
fn good_messages(world: &mut World, client: &Client) -> Vec<Vec<u8>> {
    let id = world.id();
    let peer = (attribute::XOR_PEER_ADDRESS, xor(at(OUTSIDE), id));
    let transport = (attribute::REQUESTED_TRANSPORT, vec![17, 0, 0, 0]);
    let number = (attribute::CHANNEL_NUMBER, vec![0x40, 1, 0, 0]);
    let lifetime = (attribute::LIFETIME, vec![0, 0, 2, 88]);
    vec![
        client.request(Method::BINDING, id, &[]),
        client.request(Method::ALLOCATE, id, &[transport, lifetime.clone()]),
        client.request(Method::REFRESH, id, &[lifetime]),
        client.request(Method::CREATE_PERMISSION, id, std::slice::from_ref(&peer)),
        client.request(Method::CHANNEL_BIND, id, &[number, peer]),
        crate::stun::MessageWriter::new(crate::stun::Class::Indication, Method::SEND, id)
            .xor_address(attribute::XOR_PEER_ADDRESS, at(OUTSIDE))
            .attribute(attribute::DATA, b"data")
            .finish(),
        b"\x40\x00\x00\x05hello\0\0\0".to_vec(),
    ]
}

/// At most one answer to one input, and it goes to who asked.
fn check_answers(world: &mut World, from: FiveTuple) {
    let answers: Vec<_> = std::iter::from_fn(|| world.server.poll_transmit()).collect();
    assert!(answers.len() <= 1);
    assert!(answers.iter().all(|answer| answer.to == crate::Destination::Client(from)));
}

/// When all is over, all is gone.
fn check_end(mut world: World) {
    world.pass(3_601);
    world.server.handle_timeout(world.now);
    assert_eq!(world.server.occupancy(), Occupancy::default());
}

fn transports() -> impl Strategy<Value = Transport> {
    prop_oneof![Just(Transport::Udp), Just(Transport::Tcp), Just(Transport::Tls)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn arbitrary_datagrams_do_no_harm(
        transport in transports(),
        inputs in prop::collection::vec((0_u8..3, prop::collection::vec(any::<u8>(), 0..200)), 1..60),
    ) {
        let (mut world, alice, relayed) = busy_world(transport);
        for (door, bytes) in inputs {
            match door {
                0 => drop(world.feed(alice.tuple, &bytes)),
                1 => drop(world.feed_peer(at(OUTSIDE), &bytes)),
                _ => drop(world.feed_sink(relayed, &bytes)),
            }
            check_answers(&mut world, alice.tuple);
        }
        check_end(world);
    }

    #[test]
    fn spoiled_messages_do_no_harm(
        transport in transports(),
        spoilings in prop::collection::vec(
            (any::<prop::sample::Index>(), any::<prop::sample::Index>(), any::<u8>(), any::<bool>()), 1..60),
    ) {
        let (mut world, alice, _) = busy_world(transport);
        for (which, place, byte, is_cut) in spoilings {
            let mut message = which.get(&good_messages(&mut world, &alice)).clone();
            let place = place.index(message.len());
            message[place] = byte;
            if is_cut {
                message.truncate(place);
            }
            world.feed(alice.tuple, &message);
            check_answers(&mut world, alice.tuple);
        }
        check_end(world);
    }

    #[test]
    fn spoiled_streams_do_no_harm(
        spoilt in prop::option::of((any::<prop::sample::Index>(), any::<u8>())),
        sizes in prop::collection::vec(1_usize..400, 1..8),
    ) {
        let (mut world, alice, _) = busy_world(Transport::Tcp);
        let mut stream = good_messages(&mut world, &alice).concat();
        let messages = good_messages(&mut world, &alice).len();
        if let Some((place, byte)) = spoilt {
            let place = place.index(stream.len());
            stream[place] = byte;
        }
        let now = world.now;
        let (mut framer, mut rest, mut frames) = (Framer::new(), &stream[..], 0);
        'stream: for size in sizes.iter().cycle() {
            let space = framer.space();
            let taken = (*size).min(space.len()).min(rest.len());
            space[..taken].copy_from_slice(&rest[..taken]);
            framer.filled(taken);
            rest = &rest[taken..];
            loop {
                let Ok(frame) = framer.next_frame() else { break 'stream };
                let Some(mut packet) = frame else { break };
                frames += 1;
                world.server.handle_datagram(now, alice.tuple, &mut packet);
            }
            while world.server.poll_transmit().is_some() {}
            if rest.is_empty() {
                break;
            }
        }
        prop_assert!(spoilt.is_some() || frames == messages, "{frames} of {messages}");
        check_end(world);
    }
}
