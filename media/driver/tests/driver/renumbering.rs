//! Another external address while clients talk.

use veche_media_driver::Renumbering;
use veche_turn::{AllowList, Config, Outside};

use crate::client::join;
use crate::site::{EXTERNAL, Site, settings};

/// The address that the site gets.
const NOW: &str = "203.0.113.99";

#[test]
fn new_allocations_show_the_new_address_and_the_old_ones_go_on() {
    let site = Site::start(settings());
    let (mut alice, mut bob) = (site.udp("alice"), site.tcp("bob"));
    join(&mut alice, &mut bob);

    let (ipv4, former) = (Some(NOW.parse().unwrap()), vec![EXTERNAL.parse().unwrap()]);
    let config = Config { external_ipv4: ipv4, former_externals: former.clone(), ..settings().turn };
    let policy = Box::new(AllowList::new(&config, Vec::new(), Outside::default()));
    let renumbering = Renumbering { ipv4, ipv6: config.external_ipv6, former, sinks: Vec::new(), policy };
    site.driver.handle().renumber(renumbering).unwrap();

    // The thread takes commands before packets, and these come after the command.
    alice.send(0x4001, b"still there?");
    assert_eq!(bob.receive(), (0x4001, b"still there?".to_vec()));
    bob.send(0x4001, b"yes");
    assert_eq!(alice.receive(), (0x4001, b"yes".to_vec()));
    assert_eq!((alice.refresh(600), bob.refresh(600)), (None, None));

    let mut carol = site.udp("carol");
    let carols = carol.allocate().unwrap();
    assert_eq!(carols.ip().to_string(), NOW);
    assert_eq!((alice.permit(carols), alice.bind(0x4002, carols)), (None, None));
}
