//! All TCP and TLS connections: by number, by client, and how many each address has.

use std::collections::HashMap;
use std::io;
use std::net::IpAddr;
use std::time::Duration;

use mio::{Interest, Registry, Token};
use veche_base::canonical_ip::limit_key;
use veche_turn::{FiveTuple, Framer, Priority, Transport};

use crate::metrics::StreamMetrics;
use crate::settings::Limits;
use crate::stream::Stream;

/// See the module. Every connection has a number that is also its token and never comes again.
pub(crate) struct Streams<F = Framer> {
    by_number: HashMap<usize, Stream<F>>,
    by_client: HashMap<FiveTuple, usize>,
    per_address: HashMap<IpAddr, usize>,
    next: usize,
    ready: Vec<usize>,
    dirty: Vec<usize>,
    broken: Vec<usize>,
    limits: Limits,
}

impl<F: Default> Streams<F> {
    /// No connection; the first will have the number `first`.
    pub(crate) fn new(first: usize, limits: Limits) -> Self {
        Self {
            by_number: HashMap::new(),
            by_client: HashMap::new(),
            per_address: HashMap::new(),
            next: first,
            ready: Vec::new(),
            dirty: Vec::new(),
            broken: Vec::new(),
            limits,
        }
    }

    /// Whether there is room for a connection of this client.
    pub(crate) fn has_room_for(&self, client: &FiveTuple) -> bool {
        let of_address = self.per_address.get(&limit_key(client.remote.ip())).copied().unwrap_or(0);
        self.by_number.len() < self.limits.streams_max
            && !self.by_client.contains_key(client)
            && (client.transport != Transport::Tcp || of_address < self.limits.streams_per_address_max)
    }

    /// Takes a connection; tells its number.
    pub(crate) fn insert(&mut self, mut stream: Stream<F>, registry: &Registry) -> io::Result<usize> {
        let number = self.next;
        registry.register(&mut stream.socket, Token(number), Interest::READABLE | Interest::WRITABLE)?;
        self.next += 1;
        if stream.client.transport == Transport::Tcp {
            *self.per_address.entry(limit_key(stream.client.remote.ip())).or_insert(0) += 1;
        }
        self.by_client.insert(stream.client, number);
        self.by_number.insert(number, stream);
        self.set_ready(number);
        Ok(number)
    }

    /// The connection with this number.
    pub(crate) fn get_mut(&mut self, number: usize) -> Option<&mut Stream<F>> {
        self.by_number.get_mut(&number)
    }

    /// Closes a connection; tells whose it was.
    pub(crate) fn remove(&mut self, number: usize) -> Option<FiveTuple> {
        let mut stream = self.by_number.remove(&number)?;
        stream.close();
        self.by_client.remove(&stream.client);
        let address = limit_key(stream.client.remote.ip());
        if stream.client.transport == Transport::Tcp
            && let Some(count) = self.per_address.get_mut(&address)
        {
            *count -= 1;
            if *count == 0 {
                self.per_address.remove(&address);
            }
        }
        Some(stream.client)
    }

    /// Queues a message for a client; false if he has no connection.
    pub(crate) fn send(
        &mut self,
        client: &FiveTuple,
        priority: Priority,
        bytes: Vec<u8>,
        metrics: &StreamMetrics,
    ) -> bool {
        let Some(number) = self.by_client.get(client).copied() else { return false };
        let Some(stream) = self.by_number.get_mut(&number) else { return false };
        match stream.push(priority, bytes) {
            Ok(dropped) => {
                metrics.dropped_slow.inc_by(dropped);
                self.set_dirty(number);
            }
            Err(_) => self.broken.push(number),
        }
        true
    }

    /// Notes that something waits to be read.
    pub(crate) fn set_ready(&mut self, number: usize) {
        if let Some(stream) = self.by_number.get_mut(&number)
            && !std::mem::replace(&mut stream.is_ready, true)
        {
            self.ready.push(number);
        }
    }

    /// Notes that something waits to be written.
    pub(crate) fn set_dirty(&mut self, number: usize) {
        if let Some(stream) = self.by_number.get_mut(&number)
            && !std::mem::replace(&mut stream.is_dirty, true)
        {
            self.dirty.push(number);
        }
    }

    /// Notes that a connection takes bytes again.
    pub(crate) fn set_writable(&mut self, number: usize) {
        if let Some(stream) = self.by_number.get_mut(&number) {
            stream.set_writable();
            self.set_dirty(number);
        }
    }

    /// Whether something waits to be read.
    pub(crate) const fn is_ready(&self) -> bool {
        !self.ready.is_empty()
    }

    /// Takes the connections on which something waits to be read.
    pub(crate) fn take_ready(&mut self) -> Vec<usize> {
        let ready = std::mem::take(&mut self.ready);
        for number in &ready {
            if let Some(stream) = self.by_number.get_mut(number) {
                stream.is_ready = false;
            }
        }
        ready
    }

    /// Writes what waits, as far as the sockets take it. Hands out the connections that are broken or
    /// whose clients do not read their answers.
    pub(crate) fn flush(&mut self) -> Vec<usize> {
        for number in std::mem::take(&mut self.dirty) {
            let Some(stream) = self.by_number.get_mut(&number) else { continue };
            stream.is_dirty = false;
            if stream.flush().is_err() {
                self.broken.push(number);
            }
        }
        std::mem::take(&mut self.broken)
    }

    /// Connections that have been of no use for too long, whatever they have said meanwhile: a stranger shall not take a
    /// place for good by talking. To be called again and again.
    pub(crate) fn unused(&mut self, now: Duration, is_of_use: impl Fn(&FiveTuple) -> bool) -> Vec<usize> {
        let mut unused = Vec::new();
        for (number, stream) in &mut self.by_number {
            if is_of_use(&stream.client) {
                stream.unused_since = now;
            } else if now.saturating_sub(stream.unused_since) >= self.limits.stream_idle {
                unused.push(*number);
            }
        }
        unused
    }

    /// All connections.
    pub(crate) fn numbers(&self) -> Vec<usize> {
        self.by_number.keys().copied().collect()
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.by_number.len()
    }
}
