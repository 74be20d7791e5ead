//! How many connections may be open, in all and from one address.
//!
//! A flood from one address must not lock others out, and a flood from everywhere must not lock
//! out the machine itself: a tenth of all places is kept for loopback.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use veche_base::canonical_ip::limit_key;
use veche_base::metrics::{Counter, Gauge, Scope};

/// Counts open connections before one or several listeners.
pub(crate) struct Doorkeeper {
    places_max: usize,
    per_address_max: usize,
    open: Mutex<Open>,
    open_gauge: Gauge,
    resting_gauge: Gauge,
    refused: Counter,
}

#[derive(Default)]
struct Open {
    total: usize,
    by_address: HashMap<IpAddr, usize>,
}

/// Whom a connection is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Visitor {
    /// Whoever is at its other end.
    Client,
    /// Many, who come through the listed proxy at its other end.
    Proxy,
}

impl Doorkeeper {
    pub(crate) fn new(places_max: usize, per_address_max: usize, scope: &Scope) -> Arc<Self> {
        Arc::new(Self {
            places_max,
            per_address_max,
            open: Mutex::default(),
            open_gauge: scope.gauge("connections", "Open connections"),
            resting_gauge: scope
                .gauge("connections_resting", "Open connections without buffers: nothing is asked on them"),
            refused: scope.counter("connections_refused", "Connections refused because too many were open"),
        })
    }

    /// Lets a connection in until its place is dropped, or refuses it.
    pub(super) fn admit(self: &Arc<Self>, address: IpAddr, visitor: Visitor) -> Option<Place> {
        let mut open = self.open();
        let places = if is_local(address) { self.places_max } else { self.places_max - self.places_max / 10 };
        let key = counted_as(address).filter(|_| visitor == Visitor::Client);
        if open.total >= places || !self.take(&mut open, key) {
            self.refused.inc();
            return None;
        }
        open.total += 1;
        self.open_gauge.inc();
        Some(Place { doorkeeper: Arc::clone(self), key })
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts one more connection of an address, unless it has its share already.
    fn take(&self, open: &mut Open, key: Option<IpAddr>) -> bool {
        let Some(key) = key else { return true };
        let from_here = open.by_address.entry(key).or_default();
        if *from_here >= self.per_address_max {
            return false;
        }
        *from_here += 1;
        true
    }
}

/// The place of one open connection; dropping it frees it.
pub(crate) struct Place {
    doorkeeper: Arc<Doorkeeper>,
    /// The address it counts for, if it counts for one.
    key: Option<IpAddr>,
}

impl Place {
    /// Counts a connection that came through a proxy for the client that the proxy has named. Refuses if that client has
    /// as many as one may have.
    pub(super) fn count_for(mut self, client: IpAddr) -> Option<Self> {
        let key = counted_as(client);
        let doorkeeper = Arc::clone(&self.doorkeeper);
        if !doorkeeper.take(&mut doorkeeper.open(), key) {
            doorkeeper.refused.inc();
            return None;
        }
        self.key = key;
        Some(self)
    }

    /// Counts the connection among those that rest, until what is given is dropped.
    pub(super) fn rest(&self) -> Resting {
        self.doorkeeper.resting_gauge.inc();
        Resting(self.doorkeeper.resting_gauge.clone())
    }
}

/// A connection that rests.
pub(super) struct Resting(Gauge);

impl Drop for Resting {
    fn drop(&mut self) {
        self.0.dec();
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.doorkeeper.open();
        open.total -= 1;
        if let Some(key) = self.key
            && let Some(count) = open.by_address.get_mut(&key)
        {
            *count -= 1;
            if *count == 0 {
                open.by_address.remove(&key);
            }
        }
        self.doorkeeper.open_gauge.dec();
    }
}

/// Whether the connection comes from this machine. Of the disguises of an IPv4 address only that of a dual-stack socket
/// counts: the others can be chosen by whoever has an IPv6 network.
fn is_local(address: IpAddr) -> bool {
    address.to_canonical().is_loopback()
}

/// What one client's connections are counted by. Behind loopback stand proxies and tools of this machine, which speak
/// for many and are not counted.
fn counted_as(address: IpAddr) -> Option<IpAddr> {
    (!is_local(address)).then(|| limit_key(address))
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;
    use std::sync::Arc;

    use veche_base::metrics::Registry;

    use super::{Doorkeeper, Place, Visitor};

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn doorkeeper(places_max: usize, per_address_max: usize) -> Arc<Doorkeeper> {
        Doorkeeper::new(places_max, per_address_max, &Registry::new().scope("server"))
    }

    fn admit(doorkeeper: &Arc<Doorkeeper>, address: &str) -> Option<Place> {
        doorkeeper.admit(ip(address), Visitor::Client)
    }

    #[test]
    fn one_address_cannot_take_more_than_its_share() {
        let doorkeeper = doorkeeper(100, 2);
        let first = admit(&doorkeeper, "203.0.113.1");
        let second = admit(&doorkeeper, "203.0.113.1");
        assert!(first.is_some() && second.is_some());
        assert!(admit(&doorkeeper, "203.0.113.1").is_none());
        assert!(admit(&doorkeeper, "203.0.113.2").is_some());
        drop(first);
        assert!(admit(&doorkeeper, "203.0.113.1").is_some());
        drop(second);
        assert!(doorkeeper.open().by_address.is_empty() && doorkeeper.open().total == 0);
    }

    #[test]
    fn neighbors_in_one_ipv6_network_share_their_places() {
        let doorkeeper = doorkeeper(100, 1);
        let _place = admit(&doorkeeper, "2a00:1:2:3::1");
        assert!(admit(&doorkeeper, "2a00:1:2:3::2").is_none());
        // Nor does it help to look like an IPv4 address, or like this machine.
        assert!(admit(&doorkeeper, "2a00:1:2:3:0:5efe:203.0.113.1").is_none());
        assert!(admit(&doorkeeper, "2a00:1:2:3:0:5efe:127.0.0.1").is_none());
        assert!(admit(&doorkeeper, "2a00:1:2:4::1").is_some());
    }

    #[test]
    fn a_tenth_is_kept_for_the_machine_itself() {
        let doorkeeper = doorkeeper(10, 100);
        let strangers: Vec<_> = (1..=9).filter_map(|_| admit(&doorkeeper, "203.0.113.1")).collect();
        assert_eq!(strangers.len(), 9);
        assert!(admit(&doorkeeper, "203.0.113.9").is_none());
        assert!(doorkeeper.admit(ip("203.0.113.9"), Visitor::Proxy).is_none());
        let _local = admit(&doorkeeper, "::ffff:127.0.0.1").unwrap();
        assert!(admit(&doorkeeper, "127.0.0.1").is_none());
        drop(strangers);
        assert!(admit(&doorkeeper, "203.0.113.9").is_some());
    }

    #[test]
    fn clients_behind_a_proxy_are_counted_each_for_himself() {
        let doorkeeper = doorkeeper(100, 1);
        let through = || doorkeeper.admit(ip("10.0.0.1"), Visitor::Proxy).unwrap();
        let first = through().count_for(ip("203.0.113.1"));
        assert!(first.is_some());
        assert!(through().count_for(ip("203.0.113.1")).is_none());
        assert!(through().count_for(ip("203.0.113.2")).is_some());
        assert!(admit(&doorkeeper, "203.0.113.1").is_none(), "nor does he get another place without the proxy");
        assert_eq!(doorkeeper.open().total, 1, "who is refused leaves his place");
        drop(first);
        assert!(doorkeeper.open().by_address.is_empty() && doorkeeper.open().total == 0);
    }
}
