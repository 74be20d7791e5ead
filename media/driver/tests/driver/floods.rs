//! Floods of those who have no password: they grow nothing and get back no more than the allowance.

use std::fs;
use std::net::{SocketAddr, UdpSocket};

use veche_turn::StrangerLimits;

use crate::link::Link;
use crate::site::{Site, metric, settings};

/// Addresses of the flood, all of 127.0.0.0/8, and what each sends.
const ADDRESSES: u16 = 500;
const REQUESTS: usize = 400;
/// What the allocator may keep of buffers, and the table of strangers be touched.
const GROWTH_BYTES_MAX: u64 = 8 * 1_024 * 1_024;

/// Memory of this process, in which the driver runs.
fn resident_bytes() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.split_whitespace().next().unwrap().parse::<u64>().unwrap() * 1_024
}

fn from(number: u16, server: SocketAddr) -> UdpSocket {
    let [high, low] = number.to_be_bytes();
    let socket = UdpSocket::bind(SocketAddr::from(([127, 7, high, low], 0))).unwrap();
    socket.connect(server).unwrap();
    socket.set_nonblocking(true).unwrap();
    socket
}

#[test]
fn a_flood_of_strangers_grows_nothing_and_is_answered_within_the_allowance() {
    let mut settings = settings();
    settings.turn.limits.strangers = StrangerLimits::default();
    let limits = settings.turn.limits.strangers;
    let site = Site::start(settings);
    // Pages are touched first.
    let mut alice = site.udp("alice");
    let allocate = alice.first_request();
    alice.allocate().unwrap();
    let before = resident_bytes();
    let (mut sent, mut answered) = (0_u64, 0_u64);
    for number in 0..ADDRESSES {
        let stranger = from(number, site.address());
        let mut buffer = [0; 2_048];
        let mut requests = 0_u64;
        let mut answers = 0_u64;
        for round in 0..REQUESTS {
            requests += stranger.send(&allocate).unwrap() as u64;
            if round % 50 == 49 {
                // Answered behind the flood, so that none of it is dropped by the kernel.
                assert_eq!(alice.refresh(600), None);
                answers += std::iter::from_fn(|| stranger.recv(&mut buffer).ok()).sum::<usize>() as u64;
            }
        }
        // Time goes on during the test, and the allowance with it; addresses may share one.
        assert!(answers <= requests + 2 * u64::from(limits.surplus_burst_bytes), "{answers} for {requests}");
        (sent, answered) = (sent + requests, answered + answers);
    }
    assert!(answered <= 2 * sent, "{answered} for {sent}");
    let grown = resident_bytes().saturating_sub(before);
    assert!(grown < GROWTH_BYTES_MAX, "{grown} bytes");
    let registry = site.stop();
    assert_eq!((metric(&registry, "allocations"), metric(&registry, "outside_peers")), (1, 0));
    let flood = u64::from(ADDRESSES) * REQUESTS as u64;
    let (refused, dropped) = (metric(&registry, "refused_requests"), metric(&registry, "dropped_strangers"));
    assert!(refused >= flood, "{refused}");
    assert!(dropped >= flood / 4, "{dropped}");
}

#[test]
fn noise_is_counted_and_answered_with_silence() {
    let site = Site::start(settings());
    let noise = from(1, site.address());
    for length in 0..200_usize {
        noise.send(&vec![u8::try_from(length).unwrap(); length]).unwrap();
    }
    let mut alice = site.udp("alice");
    alice.allocate().unwrap();
    assert!(noise.recv(&mut [0; 2_048]).is_err(), "nobody answers noise");
    let registry = site.stop();
    // 64 of the first bytes begin ChannelData; of those the lengths are false or nobody has the channel.
    let dropped = metric(&registry, "dropped_malformed") + metric(&registry, "dropped_forbidden");
    assert_eq!(dropped, 200);
}

#[test]
fn a_flood_of_connections_leaves_none_behind() {
    let mut settings = settings();
    settings.limits.streams_per_address_max = 10_000;
    let site = Site::start(settings);
    for _ in 0..20 {
        let links: Vec<Link> = (0..200).map(|_| Link::tcp(site.address())).collect();
        drop(links);
    }
    let seen = |site: &Site| site.metric("streams_opened") + site.metric("streams_refused");
    site.wait_until("connections are left", |site| seen(site) == 4_000 && site.metric("streams") == 0);
}
