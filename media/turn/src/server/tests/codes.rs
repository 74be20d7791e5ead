use veche_base::Secret;

use crate::stun::{Algorithm, Class, MessageWriter, Method, attribute};
use crate::testing::{Client, OUTSIDE, SINK, World, at, config, secret};
use crate::{Config, ConfigError, Limits, Occupancy, StrangerLimits, Transport, credentials};

const ALICE: &str = "192.0.2.10:5000";

fn transport(protocol: u8) -> (u16, Vec<u8>) {
    (attribute::REQUESTED_TRANSPORT, vec![protocol, 0, 0, 0])
}

fn family(number: u8) -> (u16, Vec<u8>) {
    (attribute::REQUESTED_ADDRESS_FAMILY, vec![number, 0, 0, 0])
}

fn additional(number: u8) -> (u16, Vec<u8>) {
    (attribute::ADDITIONAL_ADDRESS_FAMILY, vec![number, 0, 0, 0])
}

#[test]
fn binding_tells_the_address_and_nothing_more() {
    let mut world = World::new(config());
    for remote in [ALICE, "[2001:db8::77]:5000"] {
        let client = world.client(Transport::Udp, remote, "alice");
        let request = MessageWriter::new(Class::Request, Method::BINDING, [9; 12]);
        let answer = world.ask(client.tuple, &request.finish()).unwrap();
        assert_eq!(answer.address(attribute::XOR_MAPPED_ADDRESS), at(remote));
        assert_eq!(answer.message().attributes().count(), 1);
        let request = MessageWriter::new(Class::Request, Method::BINDING, [9; 12]).fingerprint();
        let answer = world.ask(client.tuple, &request.finish()).unwrap();
        assert_eq!(answer.message().fingerprint(), Some(true));
        let unknown = MessageWriter::new(Class::Request, Method::BINDING, [9; 12])
            .attribute(0x0024, &[0; 4])
            .attribute(0x8123, &[0; 4])
            .attribute(0x7FFF, &[])
            .finish();
        let answer = world.ask(client.tuple, &unknown).unwrap();
        assert_eq!(answer.code(), Some(420));
        assert_eq!(answer.value(attribute::UNKNOWN_ATTRIBUTES), [0x00, 0x24, 0x7F, 0xFF]);
    }
}

#[test]
fn what_wants_no_answer_gets_none() {
    let mut world = World::new(config());
    let client = world.client(Transport::Udp, ALICE, "alice");
    let mut wrong = MessageWriter::new(Class::Request, Method::BINDING, [9; 12]).fingerprint().finish();
    wrong[27] ^= 1;
    for silent in [
        MessageWriter::new(Class::Indication, Method::BINDING, [9; 12]).finish(),
        MessageWriter::new(Class::Success, Method::BINDING, [9; 12]).finish(),
        MessageWriter::new(Class::Error, Method::ALLOCATE, [9; 12]).finish(),
        MessageWriter::new(Class::Request, Method(0x0FF), [9; 12]).finish(),
        MessageWriter::new(Class::Request, Method::SEND, [9; 12]).finish(),
        wrong,
        vec![0x80; 40],
        vec![0x00],
        Vec::new(),
    ] {
        assert!(world.ask_silently(client.tuple, &silent), "{silent:?}");
    }
}

#[test]
fn an_allocation_is_made_and_told() {
    let mut world = World::new(config());
    let client = world.client(Transport::Udp, ALICE, "alice");
    let answer = client.allocate(&mut world, &[]);
    assert_eq!(answer.code(), None);
    assert_eq!(answer.address(attribute::XOR_MAPPED_ADDRESS), at(ALICE));
    let relayed = answer.address(attribute::XOR_RELAYED_ADDRESS);
    assert_eq!(relayed.ip(), at(SINK).ip());
    assert!(relayed.port() >= 49_152);
    assert_eq!(answer.value(attribute::LIFETIME), 600_u32.to_be_bytes());
    let expected =
        Occupancy { allocations: 1, users: 1, persons: 1, relay_ports: 1, deadlines: 1, ..Occupancy::default() };
    assert_eq!(world.server.occupancy(), expected);
}

#[test]
fn lifetimes_are_held_within_bounds() {
    let mut world = World::new(config());
    let client = world.client(Transport::Udp, ALICE, "alice");
    for (asked, granted) in [(0, 600), (1, 600), (600, 600), (1_234, 1_234), (3_600, 3_600), (u32::MAX, 3_600)] {
        let lifetime = (attribute::LIFETIME, u32::to_be_bytes(asked).to_vec());
        let answer = client.allocate(&mut world, &[lifetime]);
        assert_eq!(answer.value(attribute::LIFETIME), u32::to_be_bytes(granted), "{asked}");
        assert_eq!(client.refresh(&mut world, 0).value(attribute::LIFETIME), [0; 4]);
        assert_eq!(world.server.occupancy(), Occupancy::default());
    }
    client.allocate(&mut world, &[]);
    assert_eq!(client.refresh(&mut world, 900).value(attribute::LIFETIME), 900_u32.to_be_bytes());
}

#[test]
fn code_400_for_what_is_malformed() {
    let mut world = World::new(config());
    let client = world.client(Transport::Udp, ALICE, "alice");
    let token = (attribute::RESERVATION_TOKEN, vec![1; 8]);
    let no_pair = (attribute::EVEN_PORT, vec![0x00]);
    let pair = (attribute::EVEN_PORT, vec![0x80]);
    for bad in [
        vec![],
        vec![(attribute::REQUESTED_TRANSPORT, vec![17])],
        vec![transport(17), (attribute::LIFETIME, vec![0; 3])],
        vec![transport(17), (attribute::REQUESTED_ADDRESS_FAMILY, vec![1])],
        vec![transport(17), family(1), additional(2)],
        vec![transport(17), additional(1)],
        vec![transport(17), additional(9)],
        vec![transport(17), additional(2), pair],
        vec![transport(17), token.clone(), no_pair],
        vec![transport(17), token.clone(), family(1)],
        vec![transport(17), token, additional(2)],
        vec![transport(17), (attribute::RESERVATION_TOKEN, vec![1; 7])],
    ] {
        assert_eq!(client.ask(&mut world, Method::ALLOCATE, &bad).code(), Some(400), "{bad:?}");
    }
    client.allocate(&mut world, &[]);
    assert_eq!(client.permit(&mut world, &[]), Some(400));
    let short_peer = [(attribute::XOR_PEER_ADDRESS, vec![0, 1, 2, 3])];
    assert_eq!(client.ask(&mut world, Method::CREATE_PERMISSION, &short_peer).code(), Some(400));
    for number in [0, 0x3FFF, 0x8000, 0xFFFF] {
        assert_eq!(client.bind(&mut world, number, at(SINK)), Some(400), "{number:#x}");
    }
    assert_eq!(client.ask(&mut world, Method::CHANNEL_BIND, &[]).code(), Some(400));
}

#[test]
fn code_400_for_a_second_use_of_a_channel_or_a_peer() {
    let mut world = World::new(config());
    let (client, _) = world.allocated(Transport::Udp, ALICE, "alice");
    assert_eq!(client.bind(&mut world, 0x4000, at(SINK)), None);
    assert_eq!(client.bind(&mut world, 0x4000, at(SINK)), None, "refreshing");
    assert_eq!(client.bind(&mut world, 0x4000, at(OUTSIDE)), Some(400));
    assert_eq!(client.bind(&mut world, 0x4001, at(SINK)), Some(400));
    world.pass(590);
    assert_eq!(client.bind(&mut world, 0x4001, at(SINK)), Some(400));
    client.refresh(&mut world, 600);
    world.pass(11);
    assert_eq!(client.bind(&mut world, 0x4001, at(SINK)), None, "the old one has ended");
    assert_eq!(client.bind(&mut world, 0x4000, at(OUTSIDE)), None);
}

#[test]
fn code_401_without_or_with_wrong_credentials() {
    let mut world = World::new(config());
    let good = world.client(Transport::Udp, ALICE, "alice");
    let other = credentials(&Secret::new(b"another secret".to_vec()), "alice", 300, world.now.wall_ms).1;
    let (expired, expired_password) = credentials(&secret(), "alice", 0, world.now.wall_ms);
    let (plain, plain_password) = ("alice".to_owned(), "password".to_owned());
    for bad in [
        Client { password: other.into_exposed(), ..good.clone() },
        Client { username: expired, password: expired_password.into_exposed(), ..good.clone() },
        Client { username: plain, password: plain_password, ..good.clone() },
        Client { username: good.username.replacen("alice", "mallory", 1), ..good.clone() },
    ] {
        let answer = bad.allocate(&mut world, &[]);
        assert_eq!(answer.code(), Some(401));
        assert_eq!(answer.value(attribute::REALM), b"turn");
        assert_eq!(answer.value(attribute::NONCE).len(), 16);
    }
    let id = world.id();
    let foreign_realm = MessageWriter::new(Class::Request, Method::ALLOCATE, id)
        .attribute(attribute::USERNAME, good.username.as_bytes())
        .attribute(attribute::REALM, b"elsewhere")
        .attribute(attribute::NONCE, &good.nonce)
        .integrity(Algorithm::Sha1, good.key().as_bytes())
        .finish();
    assert_eq!(world.ask(good.tuple, &foreign_realm).unwrap().code(), Some(401));
    assert_eq!(world.server.occupancy(), Occupancy::default());
}

#[test]
fn code_400_for_half_of_the_credentials() {
    let mut world = World::new(config());
    let client = world.client(Transport::Udp, ALICE, "alice");
    let parts = [
        (attribute::USERNAME, client.username.as_bytes().to_vec()),
        (attribute::REALM, b"turn".to_vec()),
        (attribute::NONCE, client.nonce.clone()),
    ];
    for left_out in 0..parts.len() {
        let id = world.id();
        let writer = MessageWriter::new(Class::Request, Method::ALLOCATE, id);
        let kept = parts.iter().enumerate().filter(|(index, _)| *index != left_out);
        let writer = kept.fold(writer, |writer, (_, (kind, value))| writer.attribute(*kind, value));
        let request = writer.integrity(Algorithm::Sha1, client.key().as_bytes()).finish();
        assert_eq!(world.ask(client.tuple, &request).unwrap().code(), Some(400));
    }
}

#[test]
fn what_follows_the_signature_does_not_count() {
    let mut world = World::new(config());
    let client = world.client(Transport::Udp, ALICE, "alice");
    let signed = |id| {
        MessageWriter::new(Class::Request, Method::ALLOCATE, id)
            .attribute(attribute::USERNAME, client.username.as_bytes())
            .attribute(attribute::REALM, b"turn")
            .attribute(attribute::NONCE, &client.nonce)
            .integrity(Algorithm::Sha1, client.key().as_bytes())
    };
    let id = world.id();
    let injected = signed(id).attribute(attribute::REQUESTED_TRANSPORT, &[17, 0, 0, 0]).finish();
    assert_eq!(world.ask(client.tuple, &injected).unwrap().code(), Some(400), "REQUESTED-TRANSPORT is missing");
}

#[test]
fn sha256_is_answered_with_sha256() {
    let mut world = World::new(config());
    let client = world.client(Transport::Udp, ALICE, "alice");
    let id = world.id();
    let request = MessageWriter::new(Class::Request, Method::ALLOCATE, id)
        .attribute(attribute::REQUESTED_TRANSPORT, &[17, 0, 0, 0])
        .attribute(attribute::USERNAME, client.username.as_bytes())
        .attribute(attribute::REALM, b"turn")
        .attribute(attribute::NONCE, &client.nonce)
        .integrity(Algorithm::Sha256, client.key().as_bytes())
        .finish();
    let answer = world.ask(client.tuple, &request).unwrap();
    assert_eq!(answer.code(), None);
    let message = answer.message();
    let integrity = message.attribute(attribute::MESSAGE_INTEGRITY_SHA256).unwrap();
    assert!(message.is_intact(&integrity, client.key().as_bytes()));
}

#[test]
fn code_403_for_peers_that_are_not_allowed() {
    let mut world = World::new(config());
    let (client, relayed) = world.allocated(Transport::Udp, ALICE, "alice");
    for denied in ["127.0.0.1:7882", "10.1.1.5:5432", "0.0.0.0:1", "169.254.169.254:80", "8.8.8.8:53"] {
        assert_eq!(client.permit(&mut world, &[at(denied)]), Some(403), "{denied}");
        assert_eq!(client.permit(&mut world, &[at(SINK), at(denied)]), Some(403), "{denied} beside another");
        assert_eq!(client.bind(&mut world, 0x4000, at(denied)), Some(403), "{denied}");
    }
    assert_eq!(client.bind(&mut world, 0x4000, at("203.0.113.5:443")), Some(403));
    assert_eq!(client.send(&mut world, at(SINK), b"x"), None, "none of the permissions was made");
    assert_eq!(client.permit(&mut world, &[at(SINK), at(OUTSIDE), relayed]), None);
    assert!(client.send(&mut world, at(SINK), b"x").is_some());
    assert_eq!(client.send(&mut world, at("203.0.113.5:443"), b"x"), None, "same address, another port");
}

#[test]
fn code_420_names_what_is_unknown() {
    let mut world = World::new(config());
    let client = world.client(Transport::Udp, ALICE, "alice");
    let answer = client.allocate(&mut world, &[(0x0030, vec![1]), (0x8055, vec![])]);
    assert_eq!((answer.code(), answer.value(attribute::UNKNOWN_ATTRIBUTES)), (Some(420), vec![0x00, 0x30]));
    assert_eq!(world.server.occupancy(), Occupancy::default());
}

#[test]
fn code_437_without_or_with_a_second_allocation() {
    let mut world = World::new(config());
    let client = world.client(Transport::Udp, ALICE, "alice");
    assert_eq!(client.refresh(&mut world, 600).code(), Some(437));
    assert_eq!(client.permit(&mut world, &[at(SINK)]), Some(437));
    assert_eq!(client.bind(&mut world, 0x4000, at(SINK)), Some(437));
    let id = world.id();
    let request = client.request(Method::ALLOCATE, id, &[transport(17)]);
    let first = world.ask(client.tuple, &request).unwrap();
    let again = world.ask(client.tuple, &request).unwrap();
    assert_eq!(first.0, again.0, "the same request gets the same answer");
    assert_eq!(client.allocate(&mut world, &[]).code(), Some(437));
    assert_eq!(world.server.occupancy().allocations, 1);
    world.pass(600);
    assert_eq!(client.refresh(&mut world, 600).code(), Some(437), "it has expired, timer or not");
    assert_eq!(world.ask(client.tuple, &request).unwrap().code(), Some(401), "and so have the credentials");
}

#[test]
fn code_438_for_stale_and_foreign_nonces() {
    let mut world = World::new(config());
    let mut client = world.client(Transport::Udp, ALICE, "alice");
    client.allocate(&mut world, &[]);
    let stolen = Client { nonce: world.client(Transport::Udp, "192.0.2.99:5000", "eve").nonce, ..client.clone() };
    assert_eq!(stolen.refresh(&mut world, 600).code(), Some(438));
    client.refresh(&mut world, 3_600);
    world.pass(3_599);
    assert_eq!(client.refresh(&mut world, 3_600).code(), None);
    world.pass(1);
    let stale = client.refresh(&mut world, 3_600);
    assert_eq!(stale.code(), Some(438));
    client.nonce = stale.value(attribute::NONCE);
    assert_eq!(client.refresh(&mut world, 3_600).code(), None, "long after the credentials expired");
}

#[test]
fn a_good_bye_counts_although_its_nonce_has_ended() {
    let mut world = World::new(config());
    let (client, _) = world.allocated(Transport::Udp, ALICE, "alice");
    client.refresh(&mut world, 3_600);
    world.pass(3_599);
    client.refresh(&mut world, 3_600);
    world.pass(1);
    let eves = world.client(Transport::Udp, "192.0.2.99:5000", "eve").nonce;
    let mallory = Client { username: client.username.replacen("alice", "mallory", 1), ..client.clone() };
    for bad in [
        Client { nonce: eves, ..client.clone() },
        Client { password: "wrong".to_owned(), ..client.clone() },
        Client { username: "alice".to_owned(), ..client.clone() },
        mallory,
    ] {
        assert_eq!(bad.refresh(&mut world, 0).code(), Some(438));
    }
    assert_eq!(client.refresh(&mut world, 600).code(), Some(438), "whoever wants to stay proves where he is");
    assert_eq!(world.server.occupancy().allocations, 1);
    assert_eq!(client.refresh(&mut world, 0).value(attribute::LIFETIME), [0; 4]);
    assert_eq!(world.server.occupancy(), Occupancy::default());
    assert_eq!(client.refresh(&mut world, 0).code(), Some(438), "there is nothing to end");
}

#[test]
fn code_440_and_dual_allocations() {
    let mut world = World::new(config());
    let client = world.client(Transport::Udp, ALICE, "alice");
    assert_eq!(client.allocate(&mut world, &[family(3)]).code(), Some(440));
    let six = client.allocate(&mut world, &[family(2)]);
    assert_eq!(six.address(attribute::XOR_RELAYED_ADDRESS).ip(), at("[2001:db8::5]:0").ip());
    assert_eq!(client.permit(&mut world, &[at(SINK)]), Some(443));
    client.refresh(&mut world, 0);
    let both = client.allocate(&mut world, &[additional(2)]);
    let message = both.message();
    let relayed = message.attributes().filter(|attribute| attribute.kind == attribute::XOR_RELAYED_ADDRESS);
    let relayed: Vec<_> = relayed.map(|attribute| message.xor_address(&attribute).unwrap()).collect();
    assert!(relayed.len() == 2 && relayed[0].is_ipv4() && relayed[1].is_ipv6());
    assert_eq!(world.server.occupancy().relay_ports, 2);

    let mut four_only = World::new(Config { external_ipv6: None, ..config() });
    let client = four_only.client(Transport::Udp, ALICE, "alice");
    assert_eq!(client.allocate(&mut four_only, &[family(2)]).code(), Some(440));
    let half = client.allocate(&mut four_only, &[additional(2)]);
    assert_eq!(half.value(attribute::ADDRESS_ERROR_CODE), [2, 0, 4, 40]);
    assert!(half.address(attribute::XOR_RELAYED_ADDRESS).is_ipv4());
}

#[test]
fn one_family_of_a_dual_allocation_is_refreshed_or_deleted() {
    let mut world = World::new(config());
    let client = world.client(Transport::Udp, ALICE, "alice");
    client.allocate(&mut world, &[additional(2)]);
    let lifetime = |seconds: u32| (attribute::LIFETIME, seconds.to_be_bytes().to_vec());
    let mut refresh = |seconds, number| {
        let code = client.ask(&mut world, Method::REFRESH, &[lifetime(seconds), family(number)]).code();
        (code, world.server.occupancy().relay_ports)
    };
    assert_eq!(refresh(900, 2), (None, 2));
    assert_eq!(refresh(0, 1), (None, 1));
    assert_eq!(refresh(600, 1), (Some(443), 1), "there is none of this family any more");
    assert_eq!(refresh(0, 2), (None, 0));
    assert_eq!(world.server.occupancy(), Occupancy::default());
}

#[test]
fn code_441_for_another_user_on_the_same_five_tuple() {
    let mut world = World::new(config());
    world.allocated(Transport::Udp, ALICE, "alice");
    let mallory = world.client(Transport::Udp, ALICE, "mallory");
    assert_eq!(mallory.refresh(&mut world, 0).code(), Some(441));
    assert_eq!(mallory.permit(&mut world, &[at(SINK)]), Some(441));
    assert_eq!(mallory.bind(&mut world, 0x4000, at(SINK)), Some(441));
    assert_eq!(mallory.allocate(&mut world, &[]).code(), Some(437));
    assert_eq!(world.server.occupancy().allocations, 1);
}

#[test]
fn code_442_for_other_transports() {
    let mut world = World::new(config());
    let client = world.client(Transport::Tcp, ALICE, "alice");
    for protocol in [0, 6, 16, 18, 255] {
        assert_eq!(client.ask(&mut world, Method::ALLOCATE, &[transport(protocol)]).code(), Some(442));
    }
}

#[test]
fn code_443_for_peers_of_the_other_family() {
    let mut world = World::new(config());
    let (client, _) = world.allocated(Transport::Udp, ALICE, "alice");
    assert_eq!(client.permit(&mut world, &[at(SINK), at("[2001:db8::5]:50000")]), Some(443));
    assert_eq!(client.bind(&mut world, 0x4000, at("[2001:db8::5]:50000")), Some(443));
    for number in [2, 3] {
        assert_eq!(client.ask(&mut world, Method::REFRESH, &[family(number)]).code(), Some(443), "family {number}");
    }
    assert_eq!(client.refresh(&mut world, 600).code(), None);
}

#[test]
fn code_486_above_the_quota_of_a_user() {
    let mut world = World::new(config());
    for port in 5_000..5_012 {
        world.allocated(Transport::Udp, &format!("192.0.2.10:{port}"), "alice");
    }
    let thirteenth = world.client(Transport::Udp, "192.0.2.10:6000", "alice");
    assert_eq!(thirteenth.allocate(&mut world, &[]).code(), Some(486));
    world.pass(10);
    let later = world.client(Transport::Udp, "192.0.2.10:6001", "alice");
    assert_eq!(later.allocate(&mut world, &[]).code(), Some(486), "another expiry is the same user");
    world.allocated(Transport::Udp, "192.0.2.10:6002", "bob");
    world.server.end_allocations(|user| user == "alice");
    assert_eq!(world.server.occupancy().allocations, 1);
    assert_eq!(thirteenth.allocate(&mut world, &[]).code(), None);
}

#[test]
fn code_486_above_the_quota_of_a_person() {
    let limits = Limits { allocations_per_user_max: 2, allocations_per_person_max: 3, ..Limits::default() };
    let mut world = World::with_limits(limits);
    for (port, user) in [(5_000, "alice.phone"), (5_001, "alice.phone"), (5_002, "alice.desk")] {
        world.allocated(Transport::Udp, &format!("192.0.2.10:{port}"), user);
    }
    let fourth = world.client(Transport::Udp, "192.0.2.10:6000", "alice.tablet");
    assert_eq!(fourth.allocate(&mut world, &[]).code(), Some(486));
    world.allocated(Transport::Udp, "192.0.2.10:6001", "alicia.phone");
    assert_eq!((world.server.occupancy().users, world.server.occupancy().persons), (3, 2));
    world.server.end_allocations(|user| user == "alice.desk");
    assert_eq!(fourth.allocate(&mut world, &[]).code(), None);
}

#[test]
fn code_508_when_there_is_no_room() {
    let limits =
        Limits { allocations_max: 3, permissions_max: 2, channels_max: 1, outside_peers_max: 1, ..Limits::default() };
    let mut world = World::with_limits(limits);
    for port in 5_000..5_003 {
        world.allocated(Transport::Udp, &format!("192.0.2.10:{port}"), "alice");
    }
    let fourth = world.client(Transport::Udp, ALICE.replace("5000", "6000").as_str(), "bob");
    assert_eq!(fourth.allocate(&mut world, &[]).code(), Some(508));
    world.server.end_allocations(|user| user == "alice");
    for more in [(attribute::EVEN_PORT, vec![0x80]), (attribute::RESERVATION_TOKEN, vec![0; 8])] {
        assert_eq!(fourth.allocate(&mut world, &[more]).code(), Some(508));
    }
    assert_eq!(world.server.occupancy(), Occupancy::default());
    let answer = fourth.allocate(&mut world, &[(attribute::EVEN_PORT, vec![0x00])]);
    assert!(answer.address(attribute::XOR_RELAYED_ADDRESS).port().is_multiple_of(2));
    let peers = [at("198.51.100.1:1"), at("198.51.100.2:1"), at("198.51.100.3:1")];
    assert_eq!(fourth.permit(&mut world, &peers), Some(508));
    assert_eq!(fourth.permit(&mut world, &peers[..2]), None);
    assert_eq!(fourth.permit(&mut world, &peers[..2]), None, "they are the same two");
    assert_eq!(fourth.permit(&mut world, &peers[2..]), Some(508));
    assert_eq!(fourth.bind(&mut world, 0x4000, peers[0]), None);
    assert_eq!(fourth.bind(&mut world, 0x4001, peers[1]), Some(508));
    world.pass(299);
    fourth.permit(&mut world, &peers[..1]);
    world.pass(1);
    assert_eq!(fourth.permit(&mut world, &peers[2..]), None, "one of the two has ended");

    let mut narrow = World::new(Config { relay_ports: 60_000..=60_000, ..config() });
    narrow.allocated(Transport::Udp, ALICE, "alice");
    let second = narrow.client(Transport::Udp, "192.0.2.11:5000", "bob");
    assert_eq!(second.allocate(&mut narrow, &[]).code(), Some(508));
    assert_eq!(narrow.server.occupancy().allocations, 1);
}

#[test]
fn old_secrets_stay_good_while_they_are_listed() {
    let mut world = World::new(config());
    let client = world.client(Transport::Udp, ALICE, "alice");
    let new = || Secret::new(b"a new secret".to_vec());
    world.server.set_secrets(vec![new(), secret()]).unwrap();
    assert_eq!(client.allocate(&mut world, &[]).code(), None);
    assert_eq!(world.server.set_secrets(Vec::new()), Err(ConfigError::Secrets));
    world.server.set_secrets(vec![new()]).unwrap();
    assert_eq!(client.refresh(&mut world, 600).code(), None, "calls go on");
    assert_eq!(client.refresh(&mut world, 0).code(), None);
    assert_eq!(client.allocate(&mut world, &[]).code(), Some(401));
}

#[test]
fn settings_that_cannot_work_are_refused() {
    let quoted = |realm: &str| Config { realm: realm.to_owned(), ..config() };
    for bad in [quoted(""), quoted("a\"b"), quoted("a\\b"), quoted("вече"), quoted(&"x".repeat(128))] {
        assert_eq!(bad.check(), Err(ConfigError::Realm));
    }
    assert_eq!(Config { secrets: Vec::new(), ..config() }.check(), Err(ConfigError::Secrets));
    assert_eq!(Config { secrets: vec![Secret::new(Vec::new())], ..config() }.check(), Err(ConfigError::Secrets));
    assert_eq!(Config { relay_ports: 0..=9, ..config() }.check(), Err(ConfigError::RelayPorts));
    #[expect(clippy::reversed_empty_ranges, reason = "an administrator may write it")]
    let reversed = Config { relay_ports: 9..=1, ..config() };
    assert_eq!(reversed.check(), Err(ConfigError::RelayPorts));
    let shadowed = Config { sinks: vec![at("203.0.113.5:50000")], ..config() };
    assert_eq!(shadowed.check(), Err(ConfigError::Sink));
}

#[test]
fn a_flood_over_udp_is_answered_until_the_allowance_is_used_up_and_changes_nothing() {
    let limits = StrangerLimits::default();
    let mut world = World::new(config());
    let victim = world.client(Transport::Udp, ALICE, "alice").tuple;
    let occupied = world.server.occupancy();
    let (mut sent, mut answered) = (0, 0);
    for round in 0..10_000_u32 {
        let mut id = [0; 12];
        id[..4].copy_from_slice(&round.to_be_bytes());
        let method = if round % 2 == 0 { Method::ALLOCATE } else { Method::BINDING };
        let request = MessageWriter::new(Class::Request, method, id).finish();
        sent += request.len();
        world.feed(victim, &request);
        while let Some(answer) = world.server.poll_transmit() {
            answered += answer.bytes.len();
        }
    }
    assert!(answered > 0 && answered < sent + usize::try_from(limits.surplus_burst_bytes).unwrap());
    assert!(answered < sent / 10, "{answered} of {sent}");
    assert_eq!(world.server.occupancy(), occupied);
    // Over a stream the address is proved by the handshake; and who is not the victim is answered.
    world.client(Transport::Tcp, ALICE, "alice");
    world.client(Transport::Udp, "192.0.2.11:5000", "bob");
}
