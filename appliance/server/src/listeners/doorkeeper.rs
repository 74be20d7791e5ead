//! How many connections may be open, in all and from one address.
//!
//! A flood from one address must not lock others out, and a flood from everywhere must not lock
//! out the machine itself: a tenth of all places is kept for loopback.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use veche_base::canonical_ip::{is_loopback, limit_key};
use veche_base::metrics::{Counter, Gauge, Registry};

/// Counts open connections. One doorkeeper stands before all listeners.
pub(crate) struct Doorkeeper {
    places_max: usize,
    per_address_max: usize,
    open: Mutex<Open>,
    open_gauge: Gauge,
    refused: Counter,
}

#[derive(Default)]
struct Open {
    total: usize,
    by_address: HashMap<IpAddr, usize>,
}

impl Doorkeeper {
    pub(crate) fn new(places_max: usize, per_address_max: usize, registry: &Registry) -> Arc<Self> {
        let scope = registry.scope("server");
        Arc::new(Self {
            places_max,
            per_address_max,
            open: Mutex::default(),
            open_gauge: scope.gauge("connections", "Open connections"),
            refused: scope.counter("connections_refused", "Connections refused because too many were open"),
        })
    }

    /// Lets a connection in until its place is dropped, or refuses it.
    pub(crate) fn admit(self: &Arc<Self>, address: IpAddr) -> Option<Place> {
        let local = is_loopback(address);
        let key = limit_key(address);
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let places = if local { self.places_max } else { self.places_max - self.places_max / 10 };
        let from_here = open.by_address.get(&key).copied().unwrap_or(0);
        // Behind loopback stand proxies and tools of this machine, which speak for many.
        if open.total >= places || (!local && from_here >= self.per_address_max) {
            self.refused.inc();
            return None;
        }
        open.total += 1;
        *open.by_address.entry(key).or_default() += 1;
        self.open_gauge.inc();
        Some(Place { doorkeeper: Arc::clone(self), key })
    }
}

/// The place of one open connection; dropping it frees it.
pub(crate) struct Place {
    doorkeeper: Arc<Doorkeeper>,
    key: IpAddr,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.doorkeeper.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.total -= 1;
        if let Some(count) = open.by_address.get_mut(&self.key) {
            *count -= 1;
            if *count == 0 {
                open.by_address.remove(&self.key);
            }
        }
        self.doorkeeper.open_gauge.dec();
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use veche_base::metrics::Registry;

    use super::Doorkeeper;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn one_address_cannot_take_more_than_its_share() {
        let doorkeeper = Doorkeeper::new(100, 2, &Registry::new());
        let first = doorkeeper.admit(ip("203.0.113.1"));
        let second = doorkeeper.admit(ip("203.0.113.1"));
        assert!(first.is_some() && second.is_some());
        assert!(doorkeeper.admit(ip("203.0.113.1")).is_none());
        assert!(doorkeeper.admit(ip("203.0.113.2")).is_some());
        drop(first);
        assert!(doorkeeper.admit(ip("203.0.113.1")).is_some());
    }

    #[test]
    fn neighbors_in_one_ipv6_network_share_their_places() {
        let doorkeeper = Doorkeeper::new(100, 1, &Registry::new());
        let _place = doorkeeper.admit(ip("2a00:1:2:3::1"));
        assert!(doorkeeper.admit(ip("2a00:1:2:3::2")).is_none());
        assert!(doorkeeper.admit(ip("2a00:1:2:4::1")).is_some());
    }

    #[test]
    fn a_tenth_is_kept_for_the_machine_itself() {
        let doorkeeper = Doorkeeper::new(10, 100, &Registry::new());
        let strangers: Vec<_> = (1..=9).filter_map(|_| doorkeeper.admit(ip("203.0.113.1"))).collect();
        assert_eq!(strangers.len(), 9);
        assert!(doorkeeper.admit(ip("203.0.113.9")).is_none());
        let _local = doorkeeper.admit(ip("127.0.0.1")).unwrap();
        assert!(doorkeeper.admit(ip("127.0.0.1")).is_none());
        drop(strangers);
        assert!(doorkeeper.admit(ip("203.0.113.9")).is_some());
    }
}
