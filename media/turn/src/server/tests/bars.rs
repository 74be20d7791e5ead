use crate::stun::attribute;
use crate::testing::{CREDENTIALS_SECS, World, config};
use crate::{Limits, Occupancy, Transport};

const ALICE: &str = "192.0.2.10:5000";
const BOB: &str = "192.0.2.20:6000";
const CAROL: &str = "192.0.2.30:7000";

fn users(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn a_barred_user_loses_his_allocations_and_opens_none_with_what_he_had() {
    let mut world = World::new(config());
    let (alice, _) = world.allocated(Transport::Tcp, ALICE, "alice");
    let elsewhere = world.client(Transport::Udp, CAROL, "alice");
    let (bob, _) = world.allocated(Transport::Udp, BOB, "bob");
    world.server.bar(world.now, "alice");
    assert_eq!(world.server.occupancy().allocations, 1);
    assert_eq!(alice.refresh(&mut world, 600).code(), Some(437));
    for barred in [&alice, &elsewhere] {
        let answer = barred.allocate(&mut world, &[]);
        // As for a name that never was: nobody learns whose session has ended.
        assert_eq!(answer.code(), Some(401));
        assert_eq!((answer.value(attribute::REALM), answer.value(attribute::NONCE).len()), (b"turn".to_vec(), 16));
    }
    assert_eq!(bob.refresh(&mut world, 600).code(), None);
    let bobs_second = world.client(Transport::Udp, "192.0.2.20:6001", "bob");
    assert_eq!(bobs_second.allocate(&mut world, &[]).code(), None);
}

#[test]
fn what_is_made_later_opens_also_in_the_same_second() {
    let mut world = World::new(config());
    let before = world.client(Transport::Udp, ALICE, "alice");
    world.server.bar(world.now, "alice");
    let at_once = world.client(Transport::Udp, ALICE, "alice");
    world.now.wall_ms += 1;
    let later = world.client(Transport::Udp, CAROL, "alice");
    assert_eq!(before.allocate(&mut world, &[]).code(), Some(401));
    assert_eq!(at_once.allocate(&mut world, &[]).code(), Some(401), "in doubt it was made before");
    assert_eq!(later.allocate(&mut world, &[]).code(), None);
    // Barred again, also what was made between.
    world.server.bar(world.now, "alice");
    assert_eq!(later.allocate(&mut world, &[]).code(), Some(401));
    assert_eq!(world.server.occupancy(), Occupancy { barred_users: 1, ..Occupancy::default() });
}

#[test]
fn a_bar_is_forgotten_when_what_it_bars_has_expired() {
    let mut world = World::new(config());
    let alice = world.client(Transport::Udp, ALICE, "alice");
    world.server.bar(world.now, "alice");
    world.server.bar_all_but(world.now, users(&["bob"]));
    assert_eq!(world.server.occupancy().barred_users, 2);
    let start = world.now.monotonic;
    assert_eq!(world.server.poll_timeout().map(|due| (due - start).as_secs()), Some(CREDENTIALS_SECS));
    world.pass(CREDENTIALS_SECS - 1);
    world.server.handle_timeout(world.now);
    assert_eq!(world.server.occupancy().barred_users, 2);
    assert_eq!(alice.allocate(&mut world, &[]).code(), Some(401));
    world.pass(1);
    world.server.handle_timeout(world.now);
    assert_eq!((world.server.occupancy(), world.server.poll_timeout()), (Occupancy::default(), None));
    assert_eq!(alice.allocate(&mut world, &[]).code(), Some(401), "by now they have expired");
}

#[test]
fn setting_the_wall_clock_back_lets_nobody_in() {
    let mut world = World::new(config());
    let alice = world.client(Transport::Udp, ALICE, "alice");
    world.server.bar(world.now, "alice");
    world.pass(CREDENTIALS_SECS);
    world.now.wall_ms -= 10 * CREDENTIALS_SECS * 1_000;
    world.server.handle_timeout(world.now);
    assert_eq!(world.server.occupancy().barred_users, 1);
    assert!(world.server.poll_timeout().is_some_and(|due| due > world.now.monotonic), "it is looked at again later");
    assert_eq!(alice.allocate(&mut world, &[]).code(), Some(401));
    world.server.bar(world.now, "alice");
    assert_eq!(alice.allocate(&mut world, &[]).code(), Some(401), "a later bar takes nothing back");
}

#[test]
fn where_the_table_is_full_everybody_has_to_ask_again() {
    let mut world = World::with_limits(Limits { barred_users_max: 2, ..Limits::default() });
    let (bob, _) = world.allocated(Transport::Udp, BOB, "bob");
    let gone = ["one", "two", "three"].map(|name| world.client(Transport::Udp, ALICE, name));
    let bobs_second = world.client(Transport::Udp, CAROL, "bob");
    for name in ["one", "two", "one", "three"] {
        world.server.bar(world.now, name);
    }
    assert_eq!(world.server.occupancy().barred_users, 1, "one entry for all");
    for client in gone.iter().chain([&bobs_second]) {
        assert_eq!(client.allocate(&mut world, &[]).code(), Some(401), "{}", client.username);
    }
    assert_eq!(bob.refresh(&mut world, 600).code(), None, "calls go on");
    world.now.wall_ms += 1;
    let asked_again = world.client(Transport::Udp, CAROL, "bob");
    assert_eq!(asked_again.allocate(&mut world, &[]).code(), None);
}

#[test]
fn what_has_ended_makes_room_before_the_table_counts_as_full() {
    let mut world = World::with_limits(Limits { barred_users_max: 2, ..Limits::default() });
    world.server.bar(world.now, "one");
    world.server.bar(world.now, "two");
    world.pass(CREDENTIALS_SECS);
    let bob = world.client(Transport::Udp, BOB, "bob");
    world.server.bar(world.now, "three");
    assert_eq!(world.server.occupancy().barred_users, 1);
    assert_eq!(bob.allocate(&mut world, &[]).code(), None, "nobody but the third is barred");
}

#[test]
fn all_but_some_are_barred_and_of_these_one_by_name() {
    let mut world = World::new(config());
    let (alice, _) = world.allocated(Transport::Udp, ALICE, "alice");
    let (bob, _) = world.allocated(Transport::Udp, BOB, "bob");
    let carol = world.client(Transport::Udp, CAROL, "carol");
    let bobs_second = world.client(Transport::Udp, "192.0.2.20:6001", "bob");
    world.server.bar_all_but(world.now, users(&["bob", "dave"]));
    assert_eq!(alice.refresh(&mut world, 600).code(), Some(437));
    assert_eq!(bob.refresh(&mut world, 600).code(), None);
    for (client, code) in [(&alice, Some(401)), (&carol, Some(401)), (&bobs_second, None)] {
        assert_eq!(client.allocate(&mut world, &[]).code(), code, "{}", client.username);
    }
    world.server.bar(world.now, "bob");
    assert_eq!(bobs_second.allocate(&mut world, &[]).code(), Some(401));
    world.now.wall_ms += 1;
    let carol = world.client(Transport::Udp, CAROL, "carol");
    assert_eq!(carol.allocate(&mut world, &[]).code(), None);
    // Another look later bars who has gone between, and lets in who came.
    world.server.bar_all_but(world.now, users(&["erin"]));
    assert_eq!(carol.refresh(&mut world, 600).code(), Some(437));
    let erin = world.client(Transport::Udp, "192.0.2.40:8000", "erin");
    assert_eq!(erin.allocate(&mut world, &[]).code(), None);
}
