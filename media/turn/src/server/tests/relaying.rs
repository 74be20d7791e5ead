use crate::stun::{Class, MessageWriter, Method, attribute};
use crate::testing::{OUTSIDE, SINK, World, at, config, data_of};
use crate::{Destination, Limits, Occupancy, Packet, Priority, Transport};

const ALICE: &str = "192.0.2.10:5000";
const BOB: &str = "192.0.2.20:6000";

#[test]
fn relay_to_relay_never_leaves_the_process() {
    for (alices, bobs) in
        [(Transport::Udp, Transport::Udp), (Transport::Tls, Transport::Udp), (Transport::Udp, Transport::Tcp)]
    {
        let mut world = World::new(config());
        let (alice, alices_relay) = world.allocated(alices, ALICE, "alice");
        let (bob, bobs_relay) = world.allocated(bobs, BOB, "bob");
        assert_eq!(alice.permit(&mut world, &[bobs_relay]), None);
        assert_eq!(alice.send(&mut world, bobs_relay, b"hello"), None, "Bob does not want to hear it");
        assert_eq!(bob.permit(&mut world, &[alices_relay]), None);

        let (to, sent) = alice.send(&mut world, bobs_relay, b"hello").unwrap();
        assert_eq!(to, Destination::Client(bob.tuple));
        assert_eq!(data_of(&sent), (alices_relay, b"hello".to_vec()));

        assert_eq!(bob.bind(&mut world, 0x4321, alices_relay), None);
        let (to, sent) = alice.send(&mut world, bobs_relay, b"hello").unwrap();
        let padding: &[u8] = if bobs.is_stream() { b"\0\0\0" } else { b"" };
        assert_eq!((to, sent), (Destination::Client(bob.tuple), [b"\x43\x21\x00\x05hello", padding].concat()));

        assert_eq!(alice.bind(&mut world, 0x4000, bobs_relay), None);
        let (_, sent) = alice.send_channel(&mut world, 0x4000, b"hello").unwrap();
        assert_eq!(sent, [b"\x43\x21\x00\x05hello", padding].concat());
        let (to, sent) = bob.send_channel(&mut world, 0x4321, b"").unwrap();
        assert_eq!((to, &sent[..]), (Destination::Client(alice.tuple), &b"\x40\x00\x00\x00"[..]));
        assert_eq!(world.server.occupancy().outside_peers, 0);
        assert_eq!(world.server.counters().copied_packets, 0);
    }
}

#[test]
fn the_sfu_is_reached_and_answers_without_a_socket() {
    let mut world = World::new(config());
    let (alice, relayed) = world.allocated(Transport::Tls, ALICE, "alice");
    assert_eq!(world.feed_sink(relayed, b"early"), None);
    assert_eq!(alice.permit(&mut world, &[at(SINK)]), None);
    let sent = alice.send(&mut world, at(SINK), b"packet").unwrap();
    assert_eq!(
        sent,
        (Destination::Sink { to: at(SINK), from: relayed, by: alice.tuple.transport }, b"packet".to_vec())
    );
    let (to, back) = world.feed_sink(relayed, b"answer").unwrap();
    assert_eq!((to, data_of(&back)), (Destination::Client(alice.tuple), (at(SINK), b"answer".to_vec())));
    assert_eq!(alice.bind(&mut world, 0x4000, at(SINK)), None);
    let (_, back) = world.feed_sink(relayed, b"answer").unwrap();
    assert_eq!(back, b"\x40\x00\x00\x06answer\0\0");
    assert_eq!(world.feed_sink(at(OUTSIDE), b"nobody's"), None);
}

#[test]
fn peers_outside_share_one_socket_and_are_told_apart_by_their_address() {
    let mut world = World::new(config());
    let (alice, _) = world.allocated(Transport::Udp, ALICE, "alice");
    let (bob, _) = world.allocated(Transport::Udp, BOB, "bob");
    let other = at("198.51.100.200:40001");
    assert_eq!(alice.permit(&mut world, &[at(OUTSIDE)]), None);
    assert_eq!(world.feed_peer(at(OUTSIDE), b"unexpected"), None);
    let sent = alice.send(&mut world, at(OUTSIDE), b"out").unwrap();
    assert_eq!(sent, (Destination::Peer { to: at(OUTSIDE), dont_fragment: false }, b"out".to_vec()));
    let (to, back) = world.feed_peer(at(OUTSIDE), b"in").unwrap();
    assert_eq!((to, data_of(&back)), (Destination::Client(alice.tuple), (at(OUTSIDE), b"in".to_vec())));

    assert_eq!(bob.bind(&mut world, 0x4000, at(OUTSIDE)), Some(508), "it is Alice's peer");
    assert_eq!(bob.permit(&mut world, &[at(OUTSIDE)]), None);
    assert_eq!(bob.send(&mut world, at(OUTSIDE), b"out"), None);
    assert_eq!(bob.bind(&mut world, 0x4000, other), None, "another port is another peer");
    assert_eq!(world.feed_peer(other, b"x").unwrap().0, Destination::Client(bob.tuple));

    alice.refresh(&mut world, 0);
    assert_eq!(world.feed_peer(at(OUTSIDE), b"late"), None);
    assert!(bob.send(&mut world, at(OUTSIDE), b"out").is_some(), "it is free again");
}

#[test]
fn the_df_bit_is_handed_on() {
    let mut world = World::new(config());
    let (alice, _) = world.allocated(Transport::Udp, ALICE, "alice");
    alice.permit(&mut world, &[at(OUTSIDE)]);
    let id = world.id();
    let indication = MessageWriter::new(Class::Indication, Method::SEND, id)
        .attribute(attribute::DONT_FRAGMENT, &[])
        .xor_address(attribute::XOR_PEER_ADDRESS, at(OUTSIDE))
        .attribute(attribute::DATA, b"data");
    let indication = indication.finish();
    let (to, sent) = world.feed(alice.tuple, &indication).unwrap();
    assert_eq!((to, &sent[..]), (Destination::Peer { to: at(OUTSIDE), dont_fragment: true }, &b"data"[..]));
    alice.refresh(&mut world, 0);
    // Between datagrams of different families it must be ignored (RFC 8656 §13); a stream has no bit of its own.
    for (transport, expected) in [(Transport::Udp, false), (Transport::Tcp, true)] {
        let (carol, _) = world.allocated(transport, "[2001:db8::77]:5000", "carol");
        carol.permit(&mut world, &[at(OUTSIDE)]);
        let (to, _) = world.feed(carol.tuple, &indication).unwrap();
        assert_eq!(to, Destination::Peer { to: at(OUTSIDE), dont_fragment: expected }, "{transport:?}");
        carol.refresh(&mut world, 0);
    }
}

#[test]
fn no_data_is_data_too() {
    let mut world = World::new(config());
    let (alice, _) = world.allocated(Transport::Udp, ALICE, "alice");
    alice.bind(&mut world, 0x4000, at(OUTSIDE));
    let empty = (Destination::Peer { to: at(OUTSIDE), dont_fragment: false }, Vec::new());
    assert_eq!(alice.send(&mut world, at(OUTSIDE), b""), Some(empty.clone()));
    assert_eq!(alice.send_channel(&mut world, 0x4000, b""), Some(empty));
    assert_eq!(world.feed_peer(at(OUTSIDE), b"").unwrap().1, b"\x40\x00\x00\x00");
}

#[test]
fn permissions_end_after_five_minutes_and_channels_after_ten() {
    let mut world = World::new(config());
    let (alice, relayed) = world.allocated(Transport::Udp, ALICE, "alice");
    alice.refresh(&mut world, 3_600);
    assert_eq!(alice.bind(&mut world, 0x4000, at(SINK)), None);
    world.pass(299);
    assert!(world.feed_sink(relayed, b"x").is_some() && alice.send(&mut world, at(SINK), b"x").is_some());
    world.pass(1);
    assert!(world.feed_sink(relayed, b"x").is_none() && alice.send(&mut world, at(SINK), b"x").is_none());
    assert!(alice.send_channel(&mut world, 0x4000, b"x").is_some(), "the channel is still bound");
    assert_eq!(alice.permit(&mut world, &[at(SINK)]), None);
    assert_eq!(world.feed_sink(relayed, b"x").unwrap().1, b"\x40\x00\x00\x01x");
    world.pass(299);
    assert!(alice.send_channel(&mut world, 0x4000, b"x").is_some());
    world.pass(1);
    assert!(alice.send_channel(&mut world, 0x4000, b"x").is_none());
}

#[test]
fn timers_tell_when_and_leave_nothing() {
    let mut world = World::new(config());
    let start = world.now.monotonic.as_secs();
    assert_eq!(world.server.poll_timeout(), None);
    let (alice, _) = world.allocated(Transport::Udp, ALICE, "alice");
    alice.bind(&mut world, 0x4000, at(OUTSIDE));
    let mut ends = Vec::new();
    while let Some(next) = world.server.poll_timeout() {
        ends.push(next.as_secs() - start);
        world.now.monotonic = next;
        world.server.handle_timeout(world.now);
    }
    assert_eq!(ends, [300, 600]);
    assert_eq!(world.server.occupancy(), Occupancy::default());
}

#[test]
fn a_closed_stream_ends_its_allocation_and_no_other() {
    let mut world = World::new(config());
    let (alice, _) = world.allocated(Transport::Tcp, ALICE, "alice");
    let (bob, _) = world.allocated(Transport::Udp, ALICE, "bob");
    assert!(world.server.has_allocation(world.now, &alice.tuple));
    world.server.connection_closed(&alice.tuple);
    world.server.connection_closed(&alice.tuple);
    assert!(!world.server.has_allocation(world.now, &alice.tuple));
    assert_eq!(alice.refresh(&mut world, 600).code(), Some(437));
    assert_eq!(bob.refresh(&mut world, 600).code(), None, "same address, another transport");
}

#[test]
fn bandwidth_is_capped_in_each_direction() {
    let limits = Limits { bandwidth_bytes_per_second: 1_000, bandwidth_burst_bytes: 5_000, ..Limits::default() };
    let mut world = World::with_limits(limits);
    let (alice, relayed) = world.allocated(Transport::Udp, ALICE, "alice");
    alice.bind(&mut world, 0x4000, at(SINK));
    let packet = [0; 1_000];
    let up = |world: &mut World| (0..20).filter(|_| alice.send_channel(world, 0x4000, &packet).is_some()).count();
    assert_eq!(up(&mut world), 5);
    assert_eq!((0..20).filter(|_| world.feed_sink(relayed, &packet).is_some()).count(), 5);
    world.pass(3);
    assert_eq!(up(&mut world), 3);
    assert_eq!(world.server.counters().dropped_bandwidth, 15 + 15 + 17);
}

#[test]
fn bandwidth_is_capped_for_all_together() {
    let limits =
        Limits { bandwidth_total_bytes_per_second: 1_000, bandwidth_total_burst_bytes: 5_000, ..Limits::default() };
    let mut world = World::with_limits(limits);
    let (alice, alices) = world.allocated(Transport::Udp, ALICE, "alice");
    let (bob, bobs) = world.allocated(Transport::Udp, BOB, "bob");
    for (client, peer) in [(&alice, bobs), (&bob, alices)] {
        assert_eq!(client.bind(&mut world, 0x4000, peer), None);
        assert_eq!(client.bind(&mut world, 0x4001, at(SINK)), None);
    }
    let packet = [0; 1_000];
    let send = |world: &mut World, client: &crate::testing::Client, number| {
        (0..2).filter(|_| client.send_channel(world, number, &packet).is_some()).count()
    };
    // What goes from one relayed address to another is counted once.
    assert_eq!(send(&mut world, &alice, 0x4000), 2);
    assert_eq!(send(&mut world, &bob, 0x4001), 2);
    assert_eq!(send(&mut world, &alice, 0x4001), 1);
    assert_eq!(send(&mut world, &bob, 0x4000), 0);
    assert_eq!((world.server.counters().relayed_packets, world.server.counters().dropped_bandwidth), (5, 3));
    world.pass(1);
    assert_eq!(send(&mut world, &bob, 0x4000), 1);
}

#[test]
fn without_room_a_packet_is_copied_and_not_lost() {
    let mut world = World::new(config());
    let (alice, relayed) = world.allocated(Transport::Tcp, ALICE, "alice");
    alice.permit(&mut world, &[at(SINK)]);
    let mut tight = *b"tight";
    let mut packet = Packet::new(&mut tight, 0..5);
    assert_eq!(world.server.handle_sink_datagram(world.now, at(SINK), relayed, &mut packet), None);
    let copy = world.server.poll_transmit().unwrap();
    assert_eq!((copy.to, copy.priority), (Destination::Client(alice.tuple), Priority::Media));
    assert_eq!(data_of(&copy.bytes), (at(SINK), b"tight".to_vec()));
    assert_eq!(world.server.counters().copied_packets, 1);
}

#[test]
fn data_of_strangers_goes_nowhere() {
    let mut world = World::new(config());
    let (alice, _) = world.allocated(Transport::Udp, ALICE, "alice");
    alice.bind(&mut world, 0x4000, at(SINK));
    let stranger = world.client(Transport::Udp, "192.0.2.66:666", "eve");
    assert_eq!(stranger.send_channel(&mut world, 0x4000, b"x"), None);
    assert_eq!(stranger.send(&mut world, at(SINK), b"x"), None);
    assert_eq!(alice.send_channel(&mut world, 0x4001, b"x"), None);
    let beyond = world.feed(alice.tuple, b"\x40\x00\x00\x09short");
    assert_eq!(beyond, None);
    let padded = world.feed(alice.tuple, b"\x40\x00\x00\x02ok\0\0").unwrap();
    assert_eq!(padded.1, b"ok", "padding over UDP is allowed and is not data");
    let nobodys = at("203.0.113.5:65535");
    alice.permit(&mut world, &[nobodys]);
    assert_eq!(alice.send(&mut world, nobodys, b"x"), None);
    let id = world.id();
    let unknown = MessageWriter::new(Class::Indication, Method::SEND, id)
        .attribute(0x0031, &[])
        .xor_address(attribute::XOR_PEER_ADDRESS, at(SINK))
        .attribute(attribute::DATA, b"x");
    assert_eq!(world.feed(alice.tuple, &unknown.finish()), None);
}
