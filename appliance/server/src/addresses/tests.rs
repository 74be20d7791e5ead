use std::net::IpAddr;
use std::time::Duration;

use veche_base::metrics::Registry;
use veche_runtime::Supervisor;

use super::testing::World;
use super::{Addresses, Interface, Known, Records, Source, Why, decide};
use crate::settings::Settings;

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn ips(texts: &[&str]) -> Vec<IpAddr> {
    texts.iter().map(|text| ip(text)).collect()
}

/// Interfaces as `name address`; the kernel prefers those whose name begins with a star.
fn machine(interfaces: &[&str]) -> Known {
    let mut known = Known::default();
    for text in ["lo 127.0.0.1", "lo ::1"].iter().chain(interfaces) {
        let (name, address) = text.split_once(' ').unwrap();
        let address = ip(address);
        if name.starts_with('*') {
            known.preferred.push(address);
        }
        known.interfaces.push(Interface { name: name.trim_start_matches('*').to_owned(), address });
    }
    known
}

fn found(records: &[&str]) -> Records {
    Records::Found(ips(records))
}

/// `external/internal source`, or a dash.
fn shown(decided: &Addresses) -> [String; 2] {
    [&decided.ipv4, &decided.ipv6].map(|chosen| {
        chosen.as_ref().map_or_else(
            || "-".to_owned(),
            |chosen| {
                let internal = chosen.internal.map_or_else(|| "-".to_owned(), |internal| internal.to_string());
                format!("{}/{internal} {}", chosen.external, chosen.source.as_str())
            },
        )
    })
}

#[track_caller]
fn check(known: &Known, ipv4: &str, ipv6: &str) {
    assert_eq!(shown(&decide(known)), [ipv4, ipv6], "{known:?}");
}

#[test]
fn an_address_on_the_wire_is_external_and_internal() {
    let known = machine(&["*eth0 198.51.100.5", "*eth0 2001:db8::5", "eth0 fe80::5"]);
    check(&known, "198.51.100.5/198.51.100.5 interface", "2001:db8::5/2001:db8::5 interface");
    let named = Known { records: found(&["198.51.100.5", "2001:db8::5"]), ..known };
    check(&named, "198.51.100.5/198.51.100.5 dns", "2001:db8::5/2001:db8::5 dns");
}

#[test]
fn behind_nat_the_records_are_external_and_the_wire_is_internal() {
    let known = Known { records: found(&["203.0.113.7"]), ..machine(&["*eth0 10.0.0.5"]) };
    check(&known, "203.0.113.7/10.0.0.5 dns", "-");
    assert!(decide(&known).ipv4.unwrap().is_translated());
    let set = Known { setting: ips(&["198.51.100.9"]), ..known };
    check(&set, "198.51.100.9/10.0.0.5 setting", "-");
    assert_eq!(decide(&set).passed_over[0].why, Why::Outranked);
}

#[test]
fn inside_of_a_split_dns_the_private_record_is_the_machine_itself() {
    let known = Known { records: found(&["10.0.0.5"]), ..machine(&["*eth0 10.0.0.5"]) };
    check(&known, "10.0.0.5/10.0.0.5 dns", "-");
    // With both views in one answer the public one is what the world needs.
    let both = Known { records: found(&["10.0.0.5", "8.8.4.4"]), ..known };
    check(&both, "8.8.4.4/10.0.0.5 dns", "-");
    assert_eq!(decide(&both).passed_over[0].why, Why::Another);
}

#[test]
fn of_several_records_the_one_of_this_machine_is_taken() {
    let known = Known {
        records: found(&["203.0.113.7", "203.0.113.8", "203.0.113.9"]),
        ..machine(&["*eth0 203.0.113.8", "eth1 10.0.0.5"])
    };
    check(&known, "203.0.113.8/203.0.113.8 dns", "-");
}

#[test]
fn records_of_the_machine_itself_say_nothing() {
    // Debian writes the machine's own name into /etc/hosts with 127.0.1.1.
    let known = Known { records: found(&["127.0.1.1", "::1"]), ..machine(&["*eth0 192.168.1.5", "*eth0 fd00::5"]) };
    check(&known, "192.168.1.5/192.168.1.5 interface", "fd00::5/fd00::5 interface");
    assert!(decide(&known).passed_over.iter().all(|passed| passed.why == Why::NotReachable));
    for record in ["0.0.0.0", "169.254.1.1", "224.0.0.1", "255.255.255.255"] {
        let known = Known { records: found(&[record]), ..machine(&["*eth0 192.168.1.5"]) };
        check(&known, "192.168.1.5/192.168.1.5 interface", "-");
    }
    for record in ["fe80::1", "::", "ff02::1", "::ffff:203.0.113.7", "64:ff9b::203.0.113.7"] {
        let known = Known { records: found(&[record]), ..machine(&["*eth0 fd00::5"]) };
        check(&known, "-", "fd00::5/fd00::5 interface");
    }
}

#[test]
fn a_record_of_a_family_that_the_machine_lacks_is_not_believed() {
    let known = Known { records: found(&["203.0.113.7", "2001:db8::7"]), ..machine(&["*eth0 10.0.0.5"]) };
    check(&known, "203.0.113.7/10.0.0.5 dns", "-");
    assert_eq!(decide(&known).passed_over[0].why, Why::FamilyMissing);
    // The setting is: a proxy may translate between the families.
    let set = Known { setting: ips(&["2001:db8::7"]), ..known };
    check(&set, "203.0.113.7/10.0.0.5 dns", "2001:db8::7/- setting");
}

#[test]
fn what_a_browser_saw_comes_after_the_records() {
    let known = Known { seen: ips(&["203.0.113.7"]), ..machine(&["*eth0 10.0.0.5"]) };
    check(&known, "203.0.113.7/10.0.0.5 seen", "-");
    let named = Known { records: found(&["203.0.113.8"]), ..known };
    check(&named, "203.0.113.8/10.0.0.5 dns", "-");
    assert_eq!(
        (decide(&named).passed_over[0].source, decide(&named).passed_over[0].why),
        (Source::Seen, Why::Outranked)
    );
    let local = Known { seen: ips(&["127.0.0.1"]), ..machine(&["*eth0 10.0.0.5"]) };
    check(&local, "10.0.0.5/10.0.0.5 interface", "-");
}

#[test]
fn of_several_interfaces_the_one_that_leads_out_is_internal() {
    let known = machine(&["docker0 172.17.0.1", "eth1 10.9.0.5", "*eth0 192.168.1.5"]);
    check(&known, "192.168.1.5/192.168.1.5 interface", "-");
    // Without any route out: what is public, and rather a wire than a bridge of containers.
    check(&machine(&["docker0 172.17.0.1", "eth1 10.9.0.5"]), "10.9.0.5/10.9.0.5 interface", "-");
    check(&machine(&["eth1 10.9.0.5", "eth2 8.8.4.4"]), "8.8.4.4/8.8.4.4 interface", "-");
    check(&machine(&["docker0 172.17.0.1"]), "172.17.0.1/172.17.0.1 interface", "-");
}

#[test]
fn the_families_are_decided_apart() {
    let known = Known { records: found(&["203.0.113.7"]), ..machine(&["*eth0 10.0.0.5", "*eth0 2001:db8::5"]) };
    check(&known, "203.0.113.7/10.0.0.5 dns", "2001:db8::5/2001:db8::5 interface");
}

#[test]
fn a_machine_without_network_has_itself() {
    check(&machine(&[]), "127.0.0.1/127.0.0.1 loopback", "-");
    check(&Known { records: found(&["203.0.113.7"]), ..machine(&[]) }, "127.0.0.1/127.0.0.1 loopback", "-");
    check(&Known::default(), "-", "-");
    check(&Known { setting: ips(&["203.0.113.7"]), ..machine(&[]) }, "203.0.113.7/- setting", "-");
}

#[test]
fn remembered_records_and_an_address_as_name_count_like_records() {
    let known = machine(&["*eth0 10.0.0.5"]);
    let remembered = Known { records: Records::Remembered(ips(&["203.0.113.7"])), ..known.clone() };
    check(&remembered, "203.0.113.7/10.0.0.5 dns", "-");
    let literal = Known { records: Records::Literal(ip("203.0.113.7")), ..known.clone() };
    check(&literal, "203.0.113.7/10.0.0.5 dns", "-");
    let failed = Known { records: Records::Failed("no".to_owned()), ..known };
    check(&failed, "10.0.0.5/10.0.0.5 interface", "-");
}

/// Settings of a server of this name.
fn named(name: &str) -> Settings {
    let mut settings = Settings::default();
    settings.server.name = name.try_into().unwrap();
    settings
}

/// A machine behind NAT, whose records lead to its router.
async fn behind_nat() -> (World, std::sync::Arc<super::Whereabouts>, tempfile::TempDir) {
    let (world, dir) = (World::default(), tempfile::tempdir().unwrap());
    world.set_interfaces(&["10.0.0.5"]);
    world.set_records(Some(&["203.0.113.7"]));
    let machine = world.machine(&named("chat.example.org"), dir.path()).await;
    (world, machine, dir)
}

#[tokio::test]
async fn what_two_looks_in_a_row_show_is_told_and_what_flickers_is_not() {
    let (world, machine, _dir) = behind_nat().await;
    let mut changes = machine.changes();
    assert_eq!(machine.of_the_site(), ips(&["203.0.113.7", "10.0.0.5"]));
    world.set_records(Some(&["203.0.113.8"]));
    let suspected = machine.look_again(None).await;
    world.set_records(Some(&["203.0.113.7"]));
    assert_eq!(machine.look_again(suspected).await, None);
    world.set_records(Some(&["203.0.113.8"]));
    let suspected = machine.look_again(None).await;
    world.set_records(Some(&["203.0.113.9"]));
    let suspected = machine.look_again(suspected).await;
    assert!(suspected.is_some() && !changes.has_changed().unwrap(), "three looks, and no two alike");
    assert_eq!(machine.look_again(suspected).await, None);
    assert_eq!(changes.borrow_and_update().addresses.externals(), ips(&["203.0.113.9"]));
    assert_eq!(machine.of_the_site(), ips(&["203.0.113.9", "10.0.0.5"]));
    machine.look_twice().await;
    assert!(!changes.has_changed().unwrap(), "what stays is told once");
}

#[tokio::test]
async fn interface_that_comes_or_goes_is_told() {
    let (world, machine, _dir) = behind_nat().await;
    world.set_interfaces(&["10.0.0.5", "2001:db8::5"]);
    machine.look_twice().await;
    assert_eq!(machine.used().externals(), ips(&["203.0.113.7", "2001:db8::5"]));
    world.set_interfaces(&["10.0.0.6"]);
    machine.look_twice().await;
    assert_eq!(machine.of_the_site(), ips(&["203.0.113.7", "10.0.0.6"]));
}

#[tokio::test]
async fn silence_of_the_resolver_and_a_cable_that_is_out_change_nothing() {
    let (world, machine, _dir) = behind_nat().await;
    let mut changes = machine.changes();
    world.set_records(None);
    machine.look_twice().await;
    world.set_interfaces(&[]);
    machine.look_twice().await;
    world.set_records(Some(&["203.0.113.7"]));
    machine.look_twice().await;
    assert!(!changes.has_changed().unwrap(), "{:?}", changes.borrow_and_update());

    // Where DNS never had an answer, interfaces are what counts.
    let (world, dir) = (World::default(), tempfile::tempdir().unwrap());
    world.set_interfaces(&["10.0.0.5"]);
    let machine = world.machine(&named("chat.example.org"), dir.path()).await;
    world.set_interfaces(&["10.0.0.6"]);
    machine.look_twice().await;
    assert_eq!(machine.used().externals(), ips(&["10.0.0.6"]));
}

#[tokio::test(start_paused = true)]
async fn a_change_is_noticed_within_two_minutes_and_a_half() {
    let (world, machine, _dir) = behind_nat().await;
    let workers = Supervisor::new(&Registry::new());
    machine.watch(&workers);
    let (mut changes, started) = (machine.changes(), tokio::time::Instant::now());
    world.set_records(Some(&["203.0.113.8"]));
    changes.changed().await.unwrap();
    let waited = started.elapsed();
    assert!(waited > Duration::from_secs(60) && waited < Duration::from_secs(150), "{waited:?}");
    workers.begin_shutdown();
}
