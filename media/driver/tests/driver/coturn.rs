//! coturn's own clients (`turnutils_*`, Debian package coturn) through our relay.

use std::io::ErrorKind;
use std::net::{SocketAddr, UdpSocket};
use std::process::{Command, Output};
use std::thread;

use crate::site::{Site, at, metric, settings};

/// Runs one of coturn's programs to its end.
fn run(program: &str, server: SocketAddr, arguments: &[&str]) -> Output {
    let (port, ip) = (server.port().to_string(), server.ip().to_string());
    Command::new(program)
        .args(["-p", &port])
        .args(arguments)
        .arg(ip)
        .output()
        .expect("the Debian package coturn is installed")
}

/// What `turnutils_uclient` prints; it must have succeeded.
fn uclient(site: &Site, server: SocketAddr, arguments: &[&str]) -> String {
    let (username, password) = site.credentials("coturn", 0);
    let mut all = vec!["-u", &*username, "-w", &*password];
    all.extend_from_slice(arguments);
    let output = run("turnutils_uclient", server, &all);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{arguments:?}: {}\n{text}", output.status);
    text
}

/// Clients in pairs that send so many messages each through both of their relayed addresses: every one must arrive.
fn pairs(site: &Site, server: SocketAddr, clients: u64, messages: u64, more: &[&str]) {
    let (m, n) = (clients.to_string(), messages.to_string());
    let mut arguments = vec!["-y", "-c", "-m", &*m, "-n", &*n];
    arguments.extend_from_slice(more);
    let text = uclient(site, server, &arguments);
    let sent = clients * messages;
    // Over TLS this client takes one message each time its socket has bytes, so what comes together stays unread in its
    // OpenSSL, with any server: there the server's own counters tell whether all was delivered.
    let arrived_min = if more.contains(&"-S") { sent / 2 } else { sent };
    let line = |count: u64| format!("tot_send_msgs={sent}, tot_recv_msgs={count}\n");
    let arrived = (arrived_min..=sent).any(|count| text.contains(&line(count)));
    assert!(arrived, "{more:?}: {text}");
}

#[test]
fn stun_client_learns_its_address() {
    let site = Site::start(settings());
    let output = run("turnutils_stunclient", site.address(), &[]);
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("UDP reflexive addr: 127.0.0.1:"), "{text}");
}

#[test]
fn clients_talk_to_each_other_over_udp() {
    let site = Site::start(settings());
    pairs(&site, site.address(), 2, 50, &["-l", "160"]);
    pairs(&site, site.address(), 2, 50, &["-l", "1200", "-s"]);
    let registry = site.stop();
    assert!(metric(&registry, "relayed_packets") >= 200);
    for name in
        ["dropped_malformed", "dropped_forbidden", "dropped_bandwidth", "dropped_no_route", "dropped_failed_send"]
    {
        assert_eq!(metric(&registry, name), 0, "{name}");
    }
}

#[test]
fn clients_talk_to_each_other_over_tcp() {
    let site = Site::start(settings());
    // Odd lengths have to be padded on streams.
    pairs(&site, site.address(), 4, 50, &["-t", "-l", "161"]);
    pairs(&site, site.address(), 4, 50, &["-t", "-l", "1201", "-s"]);
    let registry = site.stop();
    assert!(metric(&registry, "streams_opened") >= 8, "a connection for each client at least");
    assert_eq!(metric(&registry, "dropped_slow_stream"), 0);
}

#[test]
fn clients_talk_to_each_other_over_tls() {
    let site = Site::start(settings());
    let front = site.front();
    pairs(&site, front.address, 4, 50, &["-t", "-S", "-l", "1201"]);
    pairs(&site, front.address, 4, 50, &["-t", "-S", "-l", "160", "-s"]);
    let registry = site.stop();
    assert!(metric(&registry, "streams_opened") >= 8, "a connection for each client at least");
    assert_eq!(metric(&registry, "dropped_slow_stream"), 0);
}

#[test]
fn hundreds_of_clients_talk_at_once() {
    let mut settings = settings();
    // A company behind one address.
    settings.limits.streams_per_address_max = 1_000;
    let site = Site::start(settings);
    thread::scope(|scope| {
        scope.spawn(|| pairs(&site, site.address(), 200, 10, &["-l", "160"]));
        scope.spawn(|| pairs(&site, site.address(), 50, 10, &["-t", "-l", "160"]));
    });
    let registry = site.stop();
    assert!(metric(&registry, "relayed_packets") >= 2_500);
}

#[test]
fn clients_talk_over_ipv6() {
    let mut settings = settings();
    settings.listen = vec![at("[::1]:0")];
    if let Err(error) = UdpSocket::bind("[::1]:0") {
        assert_eq!(error.kind(), ErrorKind::AddrNotAvailable);
        println!("this machine has no IPv6");
        return;
    }
    let site = Site::start(settings);
    pairs(&site, site.address(), 2, 20, &["-x"]);
    pairs(&site, site.address(), 2, 20, &["-t", "-X"]);
}

#[test]
fn a_peer_outside_is_reached_through_the_shared_socket() {
    let site = Site::open(settings());
    let peer = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = peer.local_addr().unwrap();
    thread::spawn(move || {
        let mut buffer = vec![0; 65_536];
        while let Ok((length, from)) = peer.recv_from(&mut buffer) {
            peer.send_to(&buffer[..length], from).unwrap();
        }
    });
    let port = address.port().to_string();
    let text = uclient(&site, site.address(), &["-c", "-e", "127.0.0.1", "-r", &port, "-n", "50", "-l", "1200", "-g"]);
    assert!(text.contains("tot_send_msgs=50, tot_recv_msgs=50"), "{text}");
}

#[test]
fn expired_and_wrong_credentials_get_no_allocation() {
    let site = Site::start(settings());
    let (username, password) = site.credentials("coturn", 0);
    let expired = site.credentials("coturn", 601);
    for (username, password) in [(&username, &password.replace('=', "A")), (&expired.0, &expired.1)] {
        for more in [&[][..], &["-t"]] {
            let mut arguments = vec!["-y", "-c", "-n", "2", "-u", username, "-w", password];
            arguments.extend_from_slice(more);
            let output = run("turnutils_uclient", site.address(), &arguments);
            let text = String::from_utf8_lossy(&output.stdout);
            assert!(!output.status.success() && text.contains("Cannot complete Allocation"), "{more:?}: {text}");
        }
    }
    let registry = site.stop();
    assert_eq!((metric(&registry, "granted_requests"), metric(&registry, "relayed_packets")), (0, 0));
}
