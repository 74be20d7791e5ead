//! Starting, stopping, and what other threads ask for while it runs.

use std::net::{TcpListener, UdpSocket};
use std::sync::Arc;

use veche_base::Secret;
use veche_base::metrics::Registry;
use veche_media_driver::{AskError, SettingsError, StartError, TurnDriver};
use veche_runtime::OsEntropy;
use veche_turn::{AllowList, ConfigError, Outside};

use crate::client::join;
use crate::site::{Site, metric, settings};

fn start_error(settings: veche_media_driver::Settings) -> StartError {
    let policy = Box::new(AllowList::new(&settings.turn, Vec::new(), Outside::default()));
    let clock = Arc::new(veche_runtime::SystemClock::new());
    TurnDriver::start(settings, &mut None, policy, clock, Arc::new(OsEntropy), &Registry::new()).err().unwrap()
}

#[test]
fn stop_ends_with_live_clients_and_frees_the_ports() {
    let site = Site::start(settings());
    let (address, front) = (site.address(), site.front());
    let mut pairs = [(site.udp("one"), site.tcp("two")), (site.client(front.connect(), "three"), site.udp("four"))];
    for (one, other) in &mut pairs {
        join(one, other);
        (0..500).for_each(|_| one.send(0x4001, &[1; 1_000]));
    }
    let handle = site.driver.handle();
    assert!(site.driver.is_running());
    let registry = site.stop();
    assert_eq!(metric(&registry, "streams"), 0);
    let [(_, tcp), (tls, _)] = pairs;
    // Everything that was written before arrives, and then the end.
    tcp.link.close();
    tls.link.close();
    assert!(front.ended.recv().is_ok());
    assert_eq!(handle.bar("one"), Err(AskError::Stopped));
    let (udp, tcp) = (UdpSocket::bind(address), TcpListener::bind(address));
    assert!(udp.is_ok());
    // A port with connections that have just ended is free for whoever sets SO_REUSEADDR, as this listener does.
    assert!(tcp.is_ok());
}

#[test]
fn dropping_the_driver_stops_it() {
    let site = Site::start(settings());
    let (address, mut alice) = (site.address(), site.tcp("alice"));
    alice.allocate().unwrap();
    drop(site);
    assert!(alice.link.receive().is_none());
    assert!(UdpSocket::bind(address).is_ok());
}

#[test]
fn a_new_secret_counts_at_once_and_allocations_go_on() {
    let site = Site::start(settings());
    let (mut old, mut late) = (site.udp("old"), site.udp("late"));
    old.allocate().unwrap();
    let handle = site.driver.handle();
    assert_eq!(handle.set_secrets(Vec::new()), Err(AskError::Secrets));
    assert_eq!(handle.set_secrets(vec![Secret::new(Vec::new())]), Err(AskError::Secrets));
    handle.set_secrets(vec![Secret::new(b"another".to_vec())]).unwrap();
    // The thread takes commands before packets, and this packet comes after the command.
    assert_eq!(late.allocate(), Err(401));
    assert_eq!(old.refresh(600), None);
    let (username, password) =
        veche_turn::credentials(&Secret::new(b"another".to_vec()), "late", 60, veche_base::Clock::wall_ms(&site.clock));
    (late.username, late.password) = (username, password.into_exposed());
    assert!(late.allocate().is_ok());
}

#[test]
fn a_barred_user_loses_what_he_had_and_nothing_of_what_he_gets_later() {
    let site = Site::start(settings());
    let (mut alice, mut bob) = (site.udp("alice"), site.tcp("bob"));
    join(&mut alice, &mut bob);
    site.driver.handle().bar("alice").unwrap();
    assert_eq!(alice.refresh(600), Some(437));
    assert_eq!(alice.allocate(), Err(401));
    assert_eq!(bob.refresh(600), None);
    site.next_millisecond();
    assert!(site.udp("alice").allocate().is_ok());
    assert_eq!(metric(&site.stop(), "barred_users"), 1);
}

#[test]
fn all_but_some_are_barred() {
    let site = Site::start(settings());
    let (mut alice, mut bob) = (site.udp("alice"), site.tcp("bob"));
    join(&mut alice, &mut bob);
    site.driver.handle().bar_all_but(vec!["bob".to_owned()]).unwrap();
    assert_eq!((alice.refresh(600), bob.refresh(600)), (Some(437), None));
    assert_eq!(alice.allocate(), Err(401));
    assert_eq!(metric(&site.stop(), "barred_users"), 1);
}

#[test]
fn settings_that_cannot_work_stop_the_start() {
    let mut without_secret = settings();
    without_secret.turn.secrets.clear();
    assert!(matches!(start_error(without_secret), StartError::Config(ConfigError::Secrets)));
    let mut without_address = settings();
    without_address.listen.clear();
    assert!(matches!(start_error(without_address), StartError::Settings(SettingsError::Listen)));
}

#[test]
fn a_taken_port_is_named_and_nothing_is_left_behind() {
    let site = Site::start(settings());
    let mut settings = settings();
    // A loopback address of its own: on the usual one, connections of tests beside this one take ports at any time.
    let free = UdpSocket::bind("127.0.0.116:0").unwrap().local_addr().unwrap();
    settings.listen = vec![free, site.address()];
    let error = start_error(settings);
    assert!(matches!(&error, StartError::Bind(address, _) if *address == site.address()), "{error}");
    assert!(UdpSocket::bind(free).is_ok() && TcpListener::bind(free).is_ok());
}

#[test]
fn ports_for_udp_and_tcp_are_the_same() {
    let site = Site::start(settings());
    assert_eq!(site.udp("alice").first_allocate().code(), Some(401));
    assert_eq!(site.tcp("alice").first_allocate().code(), Some(401));
}
