//! All allocations and everything that leads to one: by client, by relayed port, by peer outside,
//! by deadline; and how many each user and each person has. Each index is changed here and nowhere else, so that they cannot disagree.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::time::Duration;

use veche_base::Entropy;

use crate::address::FiveTuple;
use crate::allocation::{Allocation, Relayed, Slot};
use crate::credentials::person_of;
use crate::hash::{KeyedHash, KeyedMap};
use crate::relay_ports::{Parity, RelayPorts};
use crate::stun::Family;

/// Both families, in the order that they are kept in.
pub(crate) const FAMILIES: [Family; 2] = [Family::Ipv4, Family::Ipv6];

/// See the module.
pub(crate) struct Table {
    slots: Vec<Option<Box<Allocation>>>,
    free: Vec<Slot>,
    clients: KeyedMap<FiveTuple, Slot>,
    outside: KeyedMap<SocketAddr, Slot>,
    users: KeyedMap<Box<str>, usize>,
    persons: KeyedMap<Box<str>, usize>,
    deadlines: BTreeSet<(Duration, Slot)>,
    ports: RelayPorts,
}

/// How many of everything there are, for metrics and tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Occupancy {
    /// Allocations.
    pub allocations: usize,
    /// Users with an allocation.
    pub users: usize,
    /// Persons with an allocation: several users can be one.
    pub persons: usize,
    /// Virtual ports given out.
    pub relay_ports: usize,
    /// Peers outside that packets are expected from.
    pub outside_peers: usize,
    /// Allocations that something will end in.
    pub deadlines: usize,
    /// Users whose credentials open nothing, although they have not expired.
    pub barred_users: usize,
}

impl Table {
    /// An empty table.
    pub(crate) fn new(ports: RelayPorts, entropy: &dyn Entropy) -> Self {
        let hash = || KeyedHash::new(entropy);
        Self {
            slots: Vec::new(),
            free: Vec::new(),
            clients: KeyedMap::with_hasher(hash()),
            outside: KeyedMap::with_hasher(hash()),
            users: KeyedMap::with_hasher(hash()),
            persons: KeyedMap::with_hasher(hash()),
            deadlines: BTreeSet::new(),
            ports,
        }
    }

    /// The allocation in a slot.
    pub(crate) fn get(&self, slot: Slot) -> Option<&Allocation> {
        self.slots.get(index(slot))?.as_deref()
    }

    /// The allocation in a slot. What ends is changed through the table, which keeps the deadlines.
    pub(crate) fn get_mut(&mut self, slot: Slot) -> Option<&mut Allocation> {
        self.slots.get_mut(index(slot))?.as_deref_mut()
    }

    /// The slot of a client's allocation.
    pub(crate) fn of_client(&self, client: &FiveTuple) -> Option<Slot> {
        self.clients.get(client).copied()
    }

    /// The slot of the allocation with this relayed port.
    pub(crate) fn of_relay_port(&self, family: Family, port: u16) -> Option<Slot> {
        self.ports.owner(family, port)
    }

    /// The slot of the allocation that expects packets from this peer outside.
    pub(crate) fn of_outside(&self, peer: SocketAddr) -> Option<Slot> {
        self.outside.get(&peer).copied()
    }

    /// How many allocations a user has.
    pub(crate) fn count_of_user(&self, user: &str) -> usize {
        self.users.get(user).copied().unwrap_or(0)
    }

    /// How many allocations a person has, under whatever names.
    pub(crate) fn count_of_person(&self, person: &str) -> usize {
        self.persons.get(person).copied().unwrap_or(0)
    }

    /// How many allocations there are.
    pub(crate) fn len(&self) -> usize {
        self.clients.len()
    }

    /// Places an allocation that has no relayed address yet.
    pub(crate) fn insert(&mut self, allocation: Allocation) -> Slot {
        let slot = self.free.pop().unwrap_or_else(|| {
            self.slots.push(None);
            Slot(u32::try_from(self.slots.len() - 1).expect("allocations are limited far below 2^32"))
        });
        *self.users.entry(allocation.user.clone()).or_insert(0) += 1;
        *self.persons.entry(person_of(&allocation.user).into()).or_insert(0) += 1;
        self.clients.insert(allocation.client, slot);
        self.deadlines.insert((allocation.deadline, slot));
        self.slots[index(slot)] = Some(Box::new(allocation));
        slot
    }

    /// Gives an allocation a relayed address of a family, at the port that `random` picks; `None` if
    /// all are taken.
    pub(crate) fn add_relayed(
        &mut self,
        slot: Slot,
        external: std::net::IpAddr,
        expires: Duration,
        random: u64,
        parity: Parity,
    ) -> Option<SocketAddr> {
        let family = Family::of(external);
        let address = SocketAddr::new(external, self.ports.take(family, slot, random, parity)?);
        let allocation = self.slots.get_mut(index(slot)).and_then(Option::as_mut)?;
        allocation.relayed[family.index()] = Some(Relayed { address, expires });
        self.end_at(slot, expires);
        Some(address)
    }

    /// Takes one relayed address from an allocation, and ends it with the last one.
    pub(crate) fn remove_relayed(&mut self, slot: Slot, family: Family) {
        let Some(allocation) = self.slots.get_mut(index(slot)).and_then(Option::as_mut) else { return };
        if let Some(relayed) = allocation.relayed[family.index()].take() {
            self.ports.give_back(family, relayed.address.port());
        }
        if allocation.relayed.iter().all(Option::is_none) {
            self.remove(slot);
        }
    }

    /// Ends an allocation and everything that leads to it.
    pub(crate) fn remove(&mut self, slot: Slot) {
        let Some(allocation) = self.slots.get_mut(index(slot)).and_then(Option::take) else { return };
        for family in FAMILIES {
            if let Some(relayed) = allocation.relayed[family.index()] {
                self.ports.give_back(family, relayed.address.port());
            }
        }
        for peer in &allocation.outside {
            self.outside.remove(peer);
        }
        self.clients.remove(&allocation.client);
        self.deadlines.remove(&(allocation.deadline, slot));
        count_down(&mut self.users, &allocation.user);
        count_down(&mut self.persons, person_of(&allocation.user));
        self.free.push(slot);
    }

    /// Lets packets from a peer outside come to this allocation. False if they go to another one
    /// already, or the allocation has too many.
    pub(crate) fn claim_outside(&mut self, slot: Slot, peer: SocketAddr, max: usize) -> bool {
        if let Some(owner) = self.outside.get(&peer) {
            return *owner == slot;
        }
        let Some(allocation) = self.slots.get_mut(index(slot)).and_then(Option::as_mut) else { return false };
        if allocation.outside.len() >= max {
            return false;
        }
        allocation.outside.push(peer);
        self.outside.insert(peer, slot);
        true
    }

    /// Lets a relayed address that lives live until `expires`.
    pub(crate) fn refresh(&mut self, slot: Slot, family: Family, expires: Duration) {
        let Some(allocation) = self.slots.get_mut(index(slot)).and_then(Option::as_mut) else { return };
        if let Some(relayed) = &mut allocation.relayed[family.index()] {
            relayed.expires = expires;
            self.end_at(slot, expires);
        }
    }

    /// See [`Allocation::permit`].
    pub(crate) fn permit(&mut self, slot: Slot, peer: std::net::IpAddr, now: Duration) {
        let allocation = self.slots.get_mut(index(slot)).and_then(Option::as_mut);
        if let Some(expires) = allocation.map(|allocation| allocation.permit(peer, now)) {
            self.end_at(slot, expires);
        }
    }

    /// See [`Allocation::bind`].
    pub(crate) fn bind(&mut self, slot: Slot, number: u16, peer: SocketAddr, now: Duration) {
        let allocation = self.slots.get_mut(index(slot)).and_then(Option::as_mut);
        if let Some(expires) = allocation.map(|allocation| allocation.bind(number, peer, now)) {
            self.end_at(slot, expires);
        }
    }

    /// Notes that something in the allocation ends then. A deadline that is too early does no harm.
    fn end_at(&mut self, slot: Slot, expires: Duration) {
        let Some(allocation) = self.slots.get_mut(index(slot)).and_then(Option::as_mut) else { return };
        if expires < allocation.deadline {
            self.deadlines.remove(&(allocation.deadline, slot));
            allocation.deadline = expires;
            self.deadlines.insert((expires, slot));
        }
    }

    /// When [`Table::expire`] has something to do.
    pub(crate) fn next_deadline(&self) -> Option<Duration> {
        self.deadlines.first().map(|(deadline, _)| *deadline)
    }

    /// Drops everything that has ended.
    pub(crate) fn expire(&mut self, now: Duration) {
        while let Some((deadline, slot)) = self.deadlines.first().copied().filter(|(deadline, _)| *deadline <= now) {
            self.deadlines.remove(&(deadline, slot));
            for family in FAMILIES {
                let relayed = self.get(slot).and_then(|allocation| allocation.relayed[family.index()]);
                if relayed.is_some_and(|relayed| relayed.expires <= now) {
                    self.remove_relayed(slot, family);
                }
            }
            let Some(allocation) = self.slots.get_mut(index(slot)).and_then(Option::as_mut) else { continue };
            for peer in allocation.expire(now) {
                self.outside.remove(&peer);
            }
            self.deadlines.insert((allocation.deadline, slot));
        }
    }

    /// The slots of the allocations of users for whom the test is true.
    pub(crate) fn of_users(&self, is_meant: impl Fn(&str) -> bool) -> Vec<Slot> {
        let is_theirs = |slot: &&Slot| self.get(**slot).is_some_and(|allocation| is_meant(&allocation.user));
        self.clients.values().filter(is_theirs).copied().collect()
    }

    /// How many of everything in this table there are.
    pub(crate) fn occupancy(&self) -> Occupancy {
        Occupancy {
            allocations: self.clients.len(),
            users: self.users.len(),
            persons: self.persons.len(),
            relay_ports: self.ports.taken(),
            outside_peers: self.outside.len(),
            deadlines: self.deadlines.len(),
            ..Occupancy::default()
        }
    }
}

/// Counts one less under this name; what is down to nothing is forgotten.
fn count_down(counts: &mut KeyedMap<Box<str>, usize>, name: &str) {
    if let Some(count) = counts.get_mut(name) {
        *count -= 1;
        if *count == 0 {
            counts.remove(name);
        }
    }
}

fn index(slot: Slot) -> usize {
    usize::try_from(slot.0).unwrap_or(usize::MAX)
}
