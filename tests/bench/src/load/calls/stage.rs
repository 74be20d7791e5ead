//! All participants of a load on one thread, with the real clock.

use std::time::{Duration, Instant};

use mio::{Events, Interest, Poll, Token};
use veche_sfu::engine::str0m::Str0mEngine;

use super::Part;
use super::caller::{Caller, Door, Steps};
use crate::Failure;

/// How often the signaling is listened to.
const LISTEN_EVERY: Duration = Duration::from_millis(100);
/// How long the thread sleeps at most.
const PATIENCE: Duration = Duration::from_millis(10);
/// Nobody may take longer to be connected.
const CONNECT_LIMIT: Duration = Duration::from_secs(15);

/// See the module.
pub(super) struct Stage {
    engine: Str0mEngine,
    started: Instant,
    poll: Poll,
    events: Events,
    pub(super) callers: Vec<Caller>,
    next_listening: Duration,
}

/// How long each step of somebody's way in took.
pub(super) struct Entry {
    /// The WebSocket, with its TCP connection.
    pub(super) accepted: Duration,
    /// From there to the answer of his offer.
    pub(super) answered: Duration,
    /// From there to keys: ICE and DTLS.
    pub(super) connected: Duration,
    /// All of it.
    pub(super) whole: Duration,
}

impl Stage {
    pub(super) fn new() -> Result<Self, Failure> {
        let started = crate::now();
        Ok(Self {
            engine: Str0mEngine::new(started)?,
            started,
            poll: Poll::new()?,
            events: Events::with_capacity(256),
            callers: Vec::new(),
            next_listening: Duration::ZERO,
        })
    }

    /// Somebody comes in with a ticket, while all others go on; returns when media can flow.
    pub(super) async fn join(&mut self, to: std::net::SocketAddr, ticket: &str, part: &Part) -> Result<Entry, Failure> {
        let number = self.callers.len();
        let started = self.started;
        let clock = move || started.elapsed();
        let door = Door { engine: &self.engine, clock: &clock, to, number };
        let (mut caller, steps) = Caller::join(&door, ticket, part).await?;
        self.poll.registry().register(&mut caller.socket, Token(number), Interest::READABLE)?;
        self.callers.push(caller);
        let end = self.now() + CONNECT_LIMIT;
        while self.callers[number].connected.is_none() {
            self.turn(end)?;
            if self.now() > end {
                return Err(format!("a participant was not connected in {CONNECT_LIMIT:?}").into());
            }
        }
        let connected = self.callers[number].connected.unwrap_or_default();
        let Steps { began, accepted, answered } = steps;
        Ok(Entry {
            accepted: accepted - began,
            answered: answered - accepted,
            connected: connected - answered,
            whole: connected - began,
        })
    }

    /// Lets everybody go on for so long.
    pub(super) fn run(&mut self, time: Duration) -> Result<(), Failure> {
        let end = self.now() + time;
        while self.now() < end {
            self.turn(end)?;
        }
        Ok(())
    }

    fn now(&self) -> Duration {
        self.started.elapsed()
    }

    fn turn(&mut self, end: Duration) -> Result<(), Failure> {
        let started = self.started;
        for caller in &mut self.callers {
            caller.act(&|| started.elapsed())?;
        }
        let now = self.now();
        if now >= self.next_listening {
            self.next_listening = now + LISTEN_EVERY;
            for caller in &mut self.callers {
                caller.listen()?;
            }
        }
        let next = self.callers.iter().map(Caller::next).fold(end.min(now + PATIENCE), Duration::min);
        let wait = next.saturating_sub(self.now());
        self.poll.poll(&mut self.events, Some(wait))?;
        for event in &self.events {
            let Token(number) = event.token();
            self.callers[number].receive(&|| started.elapsed())?;
        }
        Ok(())
    }
}
