//! TCP and TLS connections: however they are cut, slow, silent, foreign or closed.

use crate::client::{Client, join};
use crate::link::Link;
use crate::site::{EXTERNAL, Site, settings};

#[test]
fn a_handed_over_stream_may_be_cut_anywhere() {
    let site = Site::start(settings());
    let front = site.front();
    let length = site.client(front.connect(), "alice").first_request().len();
    for cut in 1..length {
        let mut alice = site.client(front.connect(), "alice");
        let request = alice.first_request();
        // Two records of TLS; the front takes only what it needs to tell TURN from HTTP.
        alice.link.send(&request[..cut]);
        alice.link.send(&request[cut..]);
        let answer = alice.link.receive().unwrap();
        assert_eq!(answer[8..20], request[8..20], "cut after {cut}");
    }
}

#[test]
fn requests_that_come_with_the_first_bytes_are_all_answered() {
    let site = Site::start(settings());
    let front = site.front();
    for link in [front.connect(), Link::tcp(site.address())] {
        let mut alice = site.client(link, "alice");
        let requests: Vec<Vec<u8>> = (0..40).map(|_| alice.first_request()).collect();
        alice.link.send(&requests.concat());
        for request in requests {
            assert_eq!(alice.link.receive().unwrap()[8..20], request[8..20]);
        }
    }
}

#[test]
fn data_crosses_all_transports_whatever_its_length() {
    let site = Site::start(settings());
    let front = site.front();
    let link = |kind| match kind {
        0 => Link::udp(site.address()),
        1 => Link::tcp(site.address()),
        _ => front.connect(),
    };
    // Kept to the end: the port of a client that is gone may be the next one's, whose allocation would be another's.
    let mut clients = Vec::new();
    for (from, to) in (0..3).flat_map(|from| (0..3).map(move |to| (from, to))) {
        let (mut one, mut other) = (site.client(link(from), "one"), site.client(link(to), "other"));
        join(&mut one, &mut other);
        for length in [0, 1, 2, 3, 160, 1_201, 8_100] {
            let data: Vec<u8> = (0..length).map(|index| u8::try_from(index % 251).unwrap()).collect();
            one.send(0x4001, &data);
            assert_eq!(other.receive(), (0x4001, data), "{length} bytes from {from} to {to}");
        }
        clients.push((one, other));
    }
}

#[test]
fn a_stream_that_closes_frees_its_allocation() {
    let mut settings = settings();
    settings.turn.limits.allocations_per_user_max = 1;
    let site = Site::start(settings);
    let front = site.front();
    for round in 0..3 {
        for link in [Link::tcp(site.address()), front.connect()] {
            let mut alice = site.client(link, "alice");
            assert!(alice.allocate().is_ok(), "round {round}");
            assert_eq!(site.udp("alice").allocate(), Err(486));
            alice.link.close();
        }
    }
    assert!(front.ended.recv().is_ok(), "its place among the connections is free again");
    assert!(site.udp("alice").allocate().is_ok());
}

#[test]
fn a_stream_that_speaks_something_else_is_closed() {
    let site = Site::start(settings());
    for bytes in [&b"GET / HTTP/1.1\r\n\r\n"[..], b"\x16\x03\x01\x02\x00\x01", &[0xFF; 100], &[0x40, 0, 0xFF, 0xFF]] {
        let mut link = Link::tcp(site.address());
        link.send(bytes);
        assert!(link.receive().is_none(), "{bytes:?}");
    }
    site.wait_until("connections are left", |site| site.metric("streams") == 0);
}

#[test]
fn a_slow_stream_loses_the_oldest_media_and_holds_nobody_up() {
    const PACKETS: u32 = 20_000;
    let mut settings = settings();
    settings.turn.limits.bandwidth_bytes_per_second = u64::from(u32::MAX);
    settings.turn.limits.bandwidth_burst_bytes = u64::from(u32::MAX);
    settings.turn.limits.bandwidth_total_bytes_per_second = u64::from(u32::MAX);
    settings.turn.limits.bandwidth_total_burst_bytes = u64::from(u32::MAX);
    let site = Site::start(settings);
    let front = site.front();
    for link in [Link::tcp(site.address()), front.connect()] {
        let before = site.metric("dropped_slow_stream");
        let (mut fast, mut slow) = (site.tcp("fast"), site.client(link, "slow"));
        join(&mut fast, &mut slow);
        // 24 MB for one who reads nothing: far more than the buffers of both kernels hold.
        for number in 0..PACKETS {
            let mut data = number.to_be_bytes().to_vec();
            data.resize(1_200, 7);
            fast.send(0x4001, &data);
        }
        // Answered behind all of it, on the same connection.
        assert_eq!(fast.refresh(600), None);
        let dropped = site.metric("dropped_slow_stream") - before;
        assert!(dropped > 0, "{}", site.registry.encode());
        // What is left is whole, in order, and ends with the newest; an answer comes behind it.
        let mut received = Vec::new();
        while received.last() != Some(&(PACKETS - 1)) {
            let (_, data) = slow.receive();
            assert!(data.len() == 1_200 && data[4..].iter().all(|byte| *byte == 7));
            received.push(u32::from_be_bytes(data[..4].try_into().unwrap()));
        }
        assert!(received.is_sorted_by(|one, other| one < other));
        assert_eq!(received.len() as u64 + dropped, u64::from(PACKETS));
        assert_eq!(slow.refresh(600), None);
    }
}

#[test]
fn a_client_that_never_reads_its_answers_is_cut_off() {
    let site = Site::start(settings());
    let mut deaf = site.tcp("deaf");
    let requests: Vec<u8> = (0..1_000).flat_map(|_| deaf.first_request()).collect();
    let Link::Tcp(socket, _) = &mut deaf.link else { panic!("it is a TCP connection") };
    // Writing ends in an error, because the server has closed the connection; it never blocks for good.
    let end = (0..10_000).find(|_| std::io::Write::write_all(socket, &requests).is_err());
    assert!(end.is_some(), "10 million requests were taken, and their answers kept");
    site.wait_until("connections are left", |site| site.metric("streams") == 0);
}

#[test]
fn more_connections_than_allowed_are_refused_and_counted() {
    let mut settings = settings();
    (settings.limits.streams_max, settings.limits.streams_per_address_max) = (6, 4);
    let site = Site::start(settings);
    let front = site.front();
    let mut kept: Vec<Client> = (0..4).map(|_| site.tcp("alice")).collect();
    kept.iter_mut().for_each(|client| assert_eq!(client.first_allocate().code(), Some(401)));
    assert!(Link::tcp(site.address()).receive().is_none(), "the fifth of one address");
    // Those that are handed over were counted by others, up to the number in all.
    for _ in 0..2 {
        let mut client = site.client(front.connect(), "alice");
        assert_eq!(client.first_allocate().code(), Some(401));
        kept.push(client);
    }
    let mut seventh = site.client(front.connect(), "alice");
    let request = seventh.first_request();
    seventh.link.send(&request);
    assert!(seventh.link.receive().is_none());
    assert_eq!(site.metric("streams_refused"), 2);
    kept.remove(0).link.close();
    assert_eq!(site.tcp("alice").first_allocate().code(), Some(401), "there is room again");
}

#[test]
fn connections_without_an_allocation_are_closed_whatever_they_say() {
    let mut settings = settings();
    settings.limits.stream_idle = std::time::Duration::from_secs(1);
    let site = Site::start(settings);
    let (mut silent, mut trickling, mut alice) = (site.tcp("silent"), site.tcp("trickling"), site.tcp("alice"));
    assert!(alice.allocate().is_ok());
    trickling.link.send(&[0]);
    assert!(silent.link.receive().is_none() && trickling.link.receive().is_none());
    let mut talking = site.tcp("talking");
    while talking.is_answered() {}
    assert_eq!(alice.refresh(0), None, "it has been kept");
    assert!(alice.link.receive().is_none(), "and is closed when its allocation has ended");
}

#[test]
fn external_addresses_are_told() {
    let site = Site::start(settings());
    assert_eq!(site.tcp("alice").allocate().unwrap().ip().to_string(), EXTERNAL);
}
