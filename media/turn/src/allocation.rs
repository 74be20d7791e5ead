//! One client's allocation: its relayed addresses, whom it may hear, and its channels.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use crate::address::FiveTuple;
use crate::hash::KeyedMap;
use crate::rate::Bucket;
use crate::stun::{Family, LongTermKey, TransactionId};

/// RFC 8656 §9: five minutes.
pub(crate) const PERMISSION_LIFETIME: Duration = Duration::from_secs(300);
/// RFC 8656 §12: ten minutes.
pub(crate) const CHANNEL_LIFETIME: Duration = Duration::from_secs(600);

/// Where an allocation lies in the table. Another one may lie there later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Slot(pub(crate) u32);

/// A relayed address and how long it lives.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Relayed {
    /// What peers see.
    pub(crate) address: SocketAddr,
    /// From then on it is dead.
    pub(crate) expires: Duration,
}

/// A channel and how long it lives.
#[derive(Debug, Clone, Copy)]
struct Channel {
    peer: SocketAddr,
    expires: Duration,
}

/// Why a channel cannot be bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BindError {
    /// The number belongs to another peer, or the peer has another number.
    Taken,
    /// There are too many.
    Full,
}

/// See the module.
pub(crate) struct Allocation {
    /// Whose it is.
    pub(crate) client: FiveTuple,
    /// Whom it counts for.
    pub(crate) user: Box<str>,
    /// The user name that every later request must have (RFC 8656 §5).
    pub(crate) username: Box<str>,
    /// The key that every later request must have.
    pub(crate) key: LongTermKey,
    /// The request that made it.
    pub(crate) transaction: TransactionId,
    /// What that request was answered, for when it comes again.
    pub(crate) answer: Vec<u8>,
    /// By family.
    pub(crate) relayed: [Option<Relayed>; 2],
    /// Peers outside whose packets are for this allocation.
    pub(crate) outside: Vec<SocketAddr>,
    /// Bytes from the client.
    pub(crate) up: Bucket,
    /// Bytes to the client.
    pub(crate) down: Bucket,
    /// When it is to be looked at again; never later than something in it ends.
    pub(crate) deadline: Duration,
    permissions: KeyedMap<IpAddr, Duration>,
    channels: KeyedMap<u16, Channel>,
    numbers: KeyedMap<SocketAddr, u16>,
}

/// What a new allocation begins with.
pub(crate) struct Founding {
    /// See [`Allocation`], also for the others.
    pub(crate) client: FiveTuple,
    pub(crate) user: Box<str>,
    pub(crate) username: Box<str>,
    pub(crate) key: LongTermKey,
    pub(crate) transaction: TransactionId,
    /// Both directions begin with it.
    pub(crate) bandwidth: Bucket,
    /// For its maps.
    pub(crate) hash: crate::hash::KeyedHash,
}

impl Allocation {
    /// An allocation without any relayed address yet.
    pub(crate) fn new(founding: Founding) -> Self {
        let Founding { client, user, username, key, transaction, bandwidth, hash } = founding;
        Self {
            client,
            user,
            username,
            key,
            transaction,
            answer: Vec::new(),
            relayed: [None, None],
            outside: Vec::new(),
            up: bandwidth,
            down: bandwidth,
            deadline: Duration::MAX,
            permissions: KeyedMap::with_hasher(hash),
            channels: KeyedMap::with_hasher(hash),
            numbers: KeyedMap::with_hasher(hash),
        }
    }

    /// The relayed address of a family while it lives.
    pub(crate) fn relayed(&self, family: Family, now: Duration) -> Option<SocketAddr> {
        self.relayed[family.index()].filter(|relayed| relayed.expires > now).map(|relayed| relayed.address)
    }

    /// Whether anything of it lives.
    pub(crate) fn is_alive(&self, now: Duration) -> bool {
        self.relayed.iter().flatten().any(|relayed| relayed.expires > now)
    }

    /// Whether packets from the address may reach the client.
    pub(crate) fn permits(&self, peer: IpAddr, now: Duration) -> bool {
        self.permissions.get(&peer).is_some_and(|expires| *expires > now)
    }

    /// Whether so many permissions more than the listed ones would be too many.
    pub(crate) fn has_room_for(&mut self, peers: &[IpAddr], max: usize, now: Duration) -> bool {
        let is_new = |peer: &&IpAddr| !self.permissions.contains_key(*peer);
        if self.permissions.len() + peers.iter().filter(is_new).count() <= max {
            return true;
        }
        self.permissions.retain(|_, expires| *expires > now);
        let mut new: Vec<&IpAddr> = peers.iter().filter(|peer| !self.permissions.contains_key(*peer)).collect();
        new.sort_unstable();
        new.dedup();
        self.permissions.len() + new.len() <= max
    }

    /// Lets the address in for five minutes from now; tells when that ends.
    pub(crate) fn permit(&mut self, peer: IpAddr, now: Duration) -> Duration {
        let expires = now + PERMISSION_LIFETIME;
        self.permissions.insert(peer, expires);
        expires
    }

    /// Whether [`Allocation::bind`] would bind the number to the peer (RFC 8656 §12.2).
    pub(crate) fn check_bind(
        &mut self,
        number: u16,
        peer: SocketAddr,
        max: usize,
        now: Duration,
    ) -> Result<(), BindError> {
        self.drop_dead_channels(now);
        match (self.channels.get(&number), self.numbers.get(&peer)) {
            (None, None) if self.channels.len() >= max => Err(BindError::Full),
            (None, None) => Ok(()),
            (Some(channel), _) if channel.peer == peer => Ok(()),
            _ => Err(BindError::Taken),
        }
    }

    /// Binds the number to the peer for ten minutes from now; it was checked. Tells when that ends.
    pub(crate) fn bind(&mut self, number: u16, peer: SocketAddr, now: Duration) -> Duration {
        let expires = now + CHANNEL_LIFETIME;
        self.channels.insert(number, Channel { peer, expires });
        self.numbers.insert(peer, number);
        expires
    }

    /// Whom the channel leads to.
    pub(crate) fn peer_of(&self, number: u16, now: Duration) -> Option<SocketAddr> {
        self.channels.get(&number).filter(|channel| channel.expires > now).map(|channel| channel.peer)
    }

    /// The channel that leads to the peer.
    pub(crate) fn number_of(&self, peer: SocketAddr, now: Duration) -> Option<u16> {
        let number = *self.numbers.get(&peer)?;
        self.peer_of(number, now).map(|_| number)
    }

    fn drop_dead_channels(&mut self, now: Duration) {
        let Self { channels, numbers, .. } = self;
        channels.retain(|_, channel| {
            let lives = channel.expires > now;
            if !lives {
                numbers.remove(&channel.peer);
            }
            lives
        });
    }

    /// Drops what has ended, sets the next deadline, and hands out the peers outside that may no
    /// longer send. Relayed addresses are left to the table, which owns their ports.
    pub(crate) fn expire(&mut self, now: Duration) -> Vec<SocketAddr> {
        self.permissions.retain(|_, expires| *expires > now);
        self.drop_dead_channels(now);
        let (kept, gone) = self.outside.iter().partition(|peer| self.permissions.contains_key(&peer.ip()));
        self.outside = kept;
        let ends = self.permissions.values().copied();
        let ends = ends.chain(self.channels.values().map(|channel| channel.expires));
        let ends = ends.chain(self.relayed.iter().flatten().map(|relayed| relayed.expires));
        self.deadline = ends.min().unwrap_or(Duration::MAX);
        gone
    }
}
