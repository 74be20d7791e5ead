//! Packets between the relay's thread and the thread of calls, without a socket: whoever reaches only the relay takes part in
//! calls all the same.
//!
//! Neither end waits for the other: what the other does not take in time is dropped, as a full socket would do.

use std::net::SocketAddr;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, OnceLock};

use mio::Waker;
use veche_turn::Transport;

/// Packets that wait for one thread: a tenth of a second at 100 Mbit/s.
const WAITING_MAX: usize = 1_024;

/// A packet on its way.
#[derive(Debug)]
pub(crate) struct Crossing {
    /// The relayed address, which is the client's as calls see it.
    pub(crate) relayed: SocketAddr,
    /// The address at which the client believes to reach calls.
    pub(crate) sink: SocketAddr,
    /// How the client reaches the relay; nothing on the way back.
    pub(crate) by: Option<Transport>,
    pub(crate) bytes: Vec<u8>,
}

/// One thread's end of the bridge. Both are handed to their drivers when these start.
#[derive(Debug)]
pub struct BridgeEnd {
    sender: SyncSender<Crossing>,
    receiver: Receiver<Crossing>,
    ours: Arc<OnceLock<Arc<Waker>>>,
    theirs: Arc<OnceLock<Arc<Waker>>>,
    /// Whether something was sent since the other thread was woken.
    has_sent: bool,
}

/// A bridge: the end of the relay, and that of calls.
#[must_use]
pub fn bridge() -> (BridgeEnd, BridgeEnd) {
    let (to_calls, from_relay) = sync_channel(WAITING_MAX);
    let (to_relay, from_calls) = sync_channel(WAITING_MAX);
    let (relay, calls) = (Arc::new(OnceLock::new()), Arc::new(OnceLock::new()));
    let end = |sender, receiver, ours: &Arc<_>, theirs: &Arc<_>| BridgeEnd {
        sender,
        receiver,
        ours: Arc::clone(ours),
        theirs: Arc::clone(theirs),
        has_sent: false,
    };
    (end(to_calls, from_calls, &relay, &calls), end(to_relay, from_relay, &calls, &relay))
}

impl BridgeEnd {
    /// What wakes this end's thread.
    pub(crate) fn wake_with(&self, waker: &Arc<Waker>) {
        let _only_the_first = self.ours.set(Arc::clone(waker));
    }

    /// Sends a packet; whether it was taken. [`BridgeEnd::flush`] is to follow.
    pub(crate) fn send(&mut self, relayed: SocketAddr, sink: SocketAddr, by: Option<Transport>, bytes: &[u8]) -> bool {
        let is_taken = self.sender.try_send(Crossing { relayed, sink, by, bytes: bytes.to_vec() }).is_ok();
        self.has_sent |= is_taken;
        is_taken
    }

    /// Wakes the other thread, if there is something for it.
    pub(crate) fn flush(&mut self) {
        if std::mem::take(&mut self.has_sent)
            && let Some(waker) = self.theirs.get()
        {
            // A thread that cannot be woken has ended.
            let _ = waker.wake();
        }
    }

    /// The next packet that has come over.
    pub(crate) fn next(&self) -> Option<Crossing> {
        self.receiver.try_recv().ok()
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use veche_turn::Transport;

    use super::{WAITING_MAX, bridge};

    #[test]
    fn packets_cross_in_order_and_what_is_too_much_is_dropped() {
        let (mut relay, mut calls) = bridge();
        let (relayed, sink) =
            (SocketAddr::from(([203, 0, 113, 5], 50_000)), SocketAddr::from(([203, 0, 113, 5], 7_882)));
        assert!(calls.next().is_none());
        for number in 0..WAITING_MAX {
            assert!(relay.send(relayed, sink, Some(Transport::Tcp), &number.to_be_bytes()));
        }
        assert!(!relay.send(relayed, sink, Some(Transport::Tcp), b"too much"));
        relay.flush();
        for number in 0..WAITING_MAX {
            let crossing = calls.next().unwrap();
            assert_eq!((crossing.relayed, crossing.sink, crossing.by), (relayed, sink, Some(Transport::Tcp)));
            assert_eq!(crossing.bytes, number.to_be_bytes());
        }
        assert!(calls.next().is_none());
        assert!(calls.send(relayed, sink, None, b"back"));
        assert_eq!(relay.next().unwrap().bytes, b"back");
    }
}
