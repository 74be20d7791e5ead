use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::time::Duration;

use mio::{Events, Interest, Poll, Token};
use quinn_udp::RecvMeta;
use veche_base::metrics::Registry;

use super::{Incoming, Received, UdpPort, is_answerable};
use crate::metrics::SocketMetrics;
use crate::settings::Limits;

/// Longer than anything takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

fn port(address: &str) -> UdpPort {
    UdpPort::bind(address.parse().unwrap(), &Limits::default()).unwrap()
}

fn peer(address: &str) -> UdpSocket {
    let peer = UdpSocket::bind(address).unwrap();
    peer.set_read_timeout(Some(PATIENCE)).unwrap();
    peer
}

fn metrics() -> SocketMetrics {
    SocketMetrics::new(&Registry::new().scope("test"))
}

/// What a port receives until there are so many: our address, the sender, the bytes.
fn receive(port: &mut UdpPort, count: usize) -> Vec<(SocketAddr, SocketAddr, Vec<u8>)> {
    let mut poll = Poll::new().unwrap();
    poll.registry().register(&mut port.socket, Token(0), Interest::READABLE).unwrap();
    let (mut incoming, metrics) = (Incoming::new(), metrics());
    let mut datagrams = Vec::new();
    loop {
        while incoming.receive(port, &metrics) {}
        incoming.datagrams(|local, remote, packet| datagrams.push((local, remote, packet.bytes().to_vec())));
        if datagrams.len() >= count {
            poll.registry().deregister(&mut port.socket).unwrap();
            return datagrams;
        }
        let mut events = Events::with_capacity(1);
        poll.poll(&mut events, Some(PATIENCE)).unwrap();
        assert!(!events.is_empty(), "{} of {count} datagrams came", datagrams.len());
    }
}

fn next(peer: &UdpSocket) -> (Vec<u8>, SocketAddr) {
    let mut buffer = vec![0; 65_536];
    let (length, from) = peer.recv_from(&mut buffer).unwrap();
    buffer.truncate(length);
    (buffer, from)
}

#[test]
fn one_call_sends_many_and_one_call_receives_them() {
    let (mut sender, mut receiver, metrics) = (port("127.0.0.1:0"), port("127.0.0.1:0"), metrics());
    let sent: Vec<Vec<u8>> = (0..20_u8).map(|number| vec![number; if number == 19 { 7 } else { 300 }]).collect();
    sent.iter().for_each(|datagram| sender.push(receiver.address, None, datagram, &metrics));
    assert_eq!(metrics.sent_datagrams.get(), 0, "nothing goes before the flush");
    sender.flush(&metrics);
    assert_eq!(metrics.sent_datagrams.get(), 20);
    assert_eq!(metrics.sent_batches.get(), if sender.segments_max > 1 { 1 } else { 20 });
    let received = receive(&mut receiver, 20);
    let expected: Vec<_> = sent.into_iter().map(|bytes| (receiver.address, sender.address, bytes)).collect();
    assert_eq!(received, expected);
}

#[test]
fn datagrams_are_handed_out_one_by_one_also_empty_ones() {
    let mut port = port("127.0.0.1:0");
    let client = peer("127.0.0.1:0");
    for datagram in [&b""[..], b"one", b""] {
        client.send_to(datagram, port.address).unwrap();
    }
    let bytes: Vec<Vec<u8>> = receive(&mut port, 3).into_iter().map(|(_, _, bytes)| bytes).collect();
    assert_eq!(bytes, [b"".to_vec(), b"one".to_vec(), b"".to_vec()]);
}

#[test]
fn headers_fit_around_each_of_joined_datagrams() {
    let (mut sender, receiver, metrics) = (port("127.0.0.1:0"), port("127.0.0.1:0"), metrics());
    (0..3).for_each(|number| sender.push(receiver.address, None, &[number; 100], &metrics));
    sender.flush(&metrics);
    let mut incoming = Incoming::new();
    let mut starts = Vec::new();
    while starts.len() < 3 {
        incoming.receive(&receiver, &metrics);
        let received = incoming.datagrams(|_, _, packet| starts.push(packet.range().start));
        assert_eq!(received.unanswerable, 0);
    }
    assert!(starts.iter().all(|start| *start >= veche_turn::HEADROOM_BYTES), "{starts:?}");
}

#[test]
fn answers_leave_from_the_address_that_was_asked() {
    let mut port = port("0.0.0.0:0");
    let metrics = metrics();
    for asked in ["127.0.0.1", "127.0.0.2", "127.9.9.9"] {
        let asked = SocketAddr::new(asked.parse().unwrap(), port.address.port());
        let client = peer("127.0.0.1:0");
        client.send_to(b"?", asked).unwrap();
        let (local, remote, _) = receive(&mut port, 1).remove(0);
        assert_eq!((local, remote), (asked, client.local_addr().unwrap()));
        assert!(port.owns(local));
        port.push(remote, Some(local.ip()), b"!", &metrics);
        port.flush(&metrics);
        assert_eq!(next(&client), (b"!".to_vec(), asked));
    }
    assert_eq!(metrics.dropped_failed_send.get(), 0);
}

#[test]
fn answers_leave_from_the_address_that_was_asked_on_ipv6() {
    let Ok(socket) = UdpSocket::bind("[::1]:0") else {
        println!("this machine has no IPv6");
        return;
    };
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut port = port("[::]:0");
    let metrics = metrics();
    let asked = SocketAddr::new("::1".parse().unwrap(), port.address.port());
    socket.send_to(b"?", asked).unwrap();
    let (local, remote, _) = receive(&mut port, 1).remove(0);
    assert_eq!((local, remote), (asked, socket.local_addr().unwrap()));
    port.push(remote, Some(local.ip()), b"!", &metrics);
    port.flush(&metrics);
    assert_eq!(next(&socket), (b"!".to_vec(), asked));
    assert!(
        !port.owns(SocketAddr::new(Ipv4Addr::LOCALHOST.into(), port.address.port())),
        "IPv4 has a socket of its own"
    );
}

#[test]
fn nobody_provokes_answers_that_the_kernel_refuses() {
    let meta = |from: &str, to: &str| {
        let mut meta = RecvMeta::default();
        (meta.addr, meta.dst_ip) = (from.parse().unwrap(), Some(to.parse::<IpAddr>().unwrap()));
        meta
    };
    assert!(is_answerable(&meta("192.0.2.1:1", "192.0.2.2")));
    assert!(is_answerable(&meta("[2001:db8::1]:1", "2001:db8::2")));
    for (from, to) in [
        ("192.0.2.1:0", "192.0.2.2"),
        ("192.0.2.1:1", "255.255.255.255"),
        ("192.0.2.1:1", "224.0.0.1"),
        ("[2001:db8::1]:1", "ff02::1"),
    ] {
        assert!(!is_answerable(&meta(from, to)), "{from} to {to}");
    }
    let metrics = metrics();
    Received { datagrams: 5, unanswerable: 2 }.count(&metrics);
    assert_eq!((metrics.received_datagrams.get(), metrics.dropped_unanswerable.get()), (5, 2));
}

#[test]
fn what_the_kernel_refuses_is_counted_and_stops_nothing() {
    let (mut sender, metrics) = (port("127.0.0.1:0"), metrics());
    let receiver = peer("127.0.0.1:0");
    let nowhere: SocketAddr = "127.0.0.1:0".parse().unwrap();
    (0..5).for_each(|_| sender.push(nowhere, None, &[1; 50], &metrics));
    (0..2).for_each(|_| sender.push(receiver.local_addr().unwrap(), None, &[2; 50], &metrics));
    sender.flush(&metrics);
    assert_eq!((metrics.dropped_failed_send.get(), metrics.sent_datagrams.get()), (5, 2));
    assert_eq!(sender.singles_left, 0, "the kernel cuts buffers; it was the receiver that it refused");
    assert_eq!((next(&receiver).0, next(&receiver).0), (vec![2; 50], vec![2; 50]));
}

#[test]
fn after_a_refusal_datagrams_go_one_by_one_for_a_while() {
    let (mut sender, metrics) = (port("127.0.0.1:0"), metrics());
    let receiver = peer("127.0.0.1:0");
    let to = receiver.local_addr().unwrap();
    let before = metrics.sent_batches.get();
    sender.singles_left = 4;
    (0..4).for_each(|_| sender.push(to, None, &[1; 50], &metrics));
    sender.flush(&metrics);
    assert_eq!(metrics.sent_batches.get() - before, 4);
    (0..4).for_each(|_| sender.push(to, None, &[1; 50], &metrics));
    sender.flush(&metrics);
    assert_eq!(metrics.sent_batches.get() - before, if sender.segments_max > 1 { 5 } else { 8 });
}

#[test]
fn a_datagram_that_must_not_be_cut_goes_at_once_and_in_order() {
    let (mut sender, metrics) = (port("127.0.0.1:0"), metrics());
    let receiver = peer("127.0.0.1:0");
    let to = receiver.local_addr().unwrap();
    sender.push(to, None, b"first", &metrics);
    sender.send_unfragmented(to, b"second", &metrics);
    sender.push(to, None, b"third", &metrics);
    sender.flush(&metrics);
    assert_eq!([next(&receiver).0, next(&receiver).0, next(&receiver).0], [&b"first"[..], b"second", b"third"]);
}
