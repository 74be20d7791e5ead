//! The relay follows this machine when it gets other addresses. Calls that run go on with the old ones.

use std::net::{IpAddr, SocketAddr};

use tracing::warn;
use veche_base::Secret;
use veche_media_driver::{AskError, Renumbering};
use veche_runtime::Supervisor;
use veche_turn::AllowList;

use super::{ASK_AGAIN_AFTER, RunningRelay, config, outside, own, sinks};
use crate::addresses::{Addresses, Whereabouts};
use crate::settings::RelayPeers;

/// Addresses that relayed ones may still show after this machine has got others: a call of a day outlives a few changes.
const FORMER_ADDRESSES_MAX: usize = 8;

impl RunningRelay {
    /// Shows the addresses that this machine gets, until the server stops.
    pub(crate) fn heed_addresses(&self, whereabouts: &Whereabouts, peers: &RelayPeers, workers: &Supervisor) {
        let (handle, peers, mut changes) = (self.handle(), peers.clone(), whereabouts.changes());
        let call_ports = self.call_ports.clone();
        let mut shown = Shown { now: whereabouts.used().externals(), former: Vec::new() };
        let stopping = workers.shutdown_token();
        workers.spawn("relay addresses", async move {
            let mut told = Ok(());
            while told != Err(AskError::Stopped) {
                if let Err(error) = told {
                    warn!(%error, "the relay was not told of this machine's addresses, and is told again");
                }
                tokio::select! {
                    () = stopping.cancelled() => return,
                    () = tokio::time::sleep(ASK_AGAIN_AFTER), if told.is_err() => {}
                    changed = changes.changed() => if changed.is_err() { return },
                }
                let addresses = changes.borrow_and_update().addresses.clone();
                shown.change_to(addresses.externals());
                told = handle.renumber(renumbering(&addresses, &shown.former, &peers, &call_ports));
            }
        });
    }
}

/// What relayed addresses show, and have shown.
struct Shown {
    now: Vec<IpAddr>,
    /// The oldest first.
    former: Vec<IpAddr>,
}

impl Shown {
    fn change_to(&mut self, now: Vec<IpAddr>) {
        self.former.append(&mut self.now);
        self.former.retain(|address| !now.contains(address));
        self.former.drain(..self.former.len().saturating_sub(FORMER_ADDRESSES_MAX));
        self.now = now;
    }
}

fn renumbering(addresses: &Addresses, former: &[IpAddr], peers: &RelayPeers, call_ports: &[SocketAddr]) -> Renumbering {
    let mut config = config(addresses, Secret::new(Vec::new()));
    config.former_externals = former.to_vec();
    config.sinks = sinks(addresses, former, call_ports);
    let policy = Box::new(AllowList::new(&config, own(addresses), outside(peers)));
    Renumbering {
        ipv4: config.external_ipv4,
        ipv6: config.external_ipv6,
        former: former.to_vec(),
        sinks: config.sinks,
        policy,
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use veche_runtime::{OsEntropy, Supervisor};

    use super::{FORMER_ADDRESSES_MAX, Shown, renumbering};
    use crate::addresses::testing::World;
    use crate::doctor::turn_client::TurnClient;
    use crate::settings::{Loaded, Override, RelayPeers};
    use crate::turn::{Access, RunningRelay};
    use crate::wiring::Ground;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn the_last_few_addresses_are_remembered_and_none_of_them_twice() {
        let mut shown = Shown { now: vec![ip("192.0.2.1"), ip("2001:db8::1")], former: Vec::new() };
        shown.change_to(vec![ip("192.0.2.2"), ip("2001:db8::1")]);
        assert_eq!(shown.former, [ip("192.0.2.1")]);
        shown.change_to(vec![ip("192.0.2.1")]);
        assert_eq!(shown.former, [ip("192.0.2.2"), ip("2001:db8::1")]);
        // Told once more, because the first time the relay did not listen.
        shown.change_to(vec![ip("192.0.2.1")]);
        assert_eq!(shown.former, [ip("192.0.2.2"), ip("2001:db8::1")]);
        for last in 3..100 {
            shown.change_to(vec![ip(&format!("192.0.2.{last}"))]);
        }
        assert_eq!((shown.former.len(), shown.former.last()), (FORMER_ADDRESSES_MAX, Some(&ip("192.0.2.98"))));
    }

    #[test]
    fn relayed_addresses_of_before_are_peers_still_and_nothing_else_of_this_machine_is() {
        let used = crate::addresses::decide(&crate::addresses::Known {
            setting: vec![ip("203.0.113.8")],
            ..Default::default()
        });
        let told = renumbering(&used, &[ip("203.0.113.7")], &RelayPeers::default(), &["0.0.0.0:7882".parse().unwrap()]);
        assert_eq!((told.ipv4.map(IpAddr::V4), told.ipv6), (Some(ip("203.0.113.8")), None));
        for (address, is_allowed) in [
            ("203.0.113.8:50000", true),
            ("203.0.113.7:50000", true),
            ("203.0.113.7:22", false),
            ("203.0.113.8:7882", true),
            ("203.0.113.7:7882", true),
        ] {
            assert_eq!(told.policy.allows(address.parse().unwrap()), is_allowed, "{address}");
        }
    }

    /// The whole way: DNS leads elsewhere, clients are told and given the new address, and who has the old one keeps it.
    #[tokio::test]
    async fn another_record_of_our_name_reaches_relay_and_clients_and_ends_no_call() {
        let dir = tempfile::tempdir().unwrap();
        let settings =
            ["server.name=chat.example.org", "listen.turn=127.0.0.1:0", "network.external_address=203.0.113.9"];
        let loaded = |count: usize| {
            let overrides: Vec<Override> = settings[..count].iter().map(|text| text.parse().unwrap()).collect();
            Loaded::read(None, &overrides).unwrap()
        };
        let (loaded, with_setting) = (loaded(2), loaded(3));
        let ground = Ground::open(dir.path(), Some(0)).unwrap();
        let world = World::default();
        world.set_interfaces(&["10.0.0.5"]);
        world.set_records(Some(&["203.0.113.7"]));
        let (folder, other_folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let whereabouts = world.machine(&loaded.settings, folder.path()).await;
        let relay = RunningRelay::start(&loaded, &ground, &whereabouts.used(), None).unwrap().expect("it is on");
        let workers = Supervisor::new(&ground.registry);
        relay.heed_addresses(&whereabouts, &loaded.settings.network.relay_peers, &workers);
        let access = relay.access(&whereabouts, None);
        let (mut early, relayed) = allocated(&relay, &access).await;
        assert_eq!(relayed, ip("203.0.113.7"));

        world.set_records(Some(&["203.0.113.8"]));
        whereabouts.look_twice().await;
        let after = loop {
            let (mut client, relayed) = allocated(&relay, &access).await;
            client.free().await.unwrap();
            if relayed != ip("203.0.113.7") {
                break relayed;
            }
        };
        assert_eq!(after, ip("203.0.113.8"));
        early.free().await.expect("the allocation of before still is there to be ended");

        // An address of the setting is told beside the name as long as the name does not lead to it.
        let told = world.machine(&with_setting.settings, other_folder.path()).await;
        let access = relay.access(&told, None);
        assert_eq!(access.uris().len(), 4);
        world.set_records(Some(&["203.0.113.9"]));
        told.look_twice().await;
        assert_eq!(access.uris().len(), 2);
        workers.drain(std::time::Duration::from_secs(60)).await;
        relay.stop().await;
    }

    async fn allocated(relay: &RunningRelay, access: &Access) -> (TurnClient, IpAddr) {
        let mut client = TurnClient::udp(relay.addresses()[0], std::sync::Arc::new(OsEntropy)).await.unwrap();
        let (username, password) = access.for_ourselves();
        let relayed = client.allocate(&username, &password).await.unwrap();
        (client, relayed.ip())
    }
}
