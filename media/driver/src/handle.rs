//! Starting and stopping the relay's thread, and what other threads may ask of it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::{fmt, io};

use veche_base::metrics::Registry;
use veche_base::{Clock, Entropy, Secret};
use veche_turn::{ConfigError, PeerPolicy, Server};

use crate::bridge::BridgeEnd;
use crate::settings::{Settings, SettingsError};
use crate::sockets::Sockets;
use crate::stream::TlsStream;
use crate::thread::{Post, Serving};
use crate::worker::Worker;

/// Commands that wait for the thread; it takes them all each time it wakes.
const COMMANDS_MAX: usize = 1_024;

/// What the thread is asked to do.
pub(crate) enum Command {
    /// See [`Handle::hand_over`].
    Take(Box<TlsStream>),
    /// See [`Handle::set_secrets`].
    SetSecrets(Vec<Secret<Vec<u8>>>),
    /// See [`Handle::bar`].
    Bar(String),
    /// See [`Handle::bar_all_but`].
    BarAllBut(Vec<String>),
    /// See [`Handle::renumber`].
    Renumber(Box<Renumbering>),
}

/// Other addresses for the relay to show: see [`Server::renumber`].
pub struct Renumbering {
    /// What relayed IPv4 addresses show from now on.
    pub ipv4: Option<Ipv4Addr>,
    /// What relayed IPv6 addresses show from now on.
    pub ipv6: Option<Ipv6Addr>,
    /// What those that were given out before may still show.
    pub former: Vec<IpAddr>,
    /// Where clients believe to reach calls; nothing without a bridge.
    pub sinks: Vec<SocketAddr>,
    /// Made from the same addresses.
    pub policy: Box<dyn PeerPolicy>,
}

/// Why the driver cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The driver's settings cannot work.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// The engine's settings cannot work.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// An address cannot be bound.
    #[error("{0} cannot be bound: {1}")]
    Bind(SocketAddr, #[source] io::Error),
    /// An address cannot be bound for the connections of calls.
    #[error("{0} cannot be bound for TCP: {1}")]
    BindTcp(SocketAddr, #[source] io::Error),
    /// The kernel gives no poll or no thread.
    #[error("a thread of media cannot be started: {0}")]
    Thread(#[source] io::Error),
}

/// Why the thread was not asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AskError {
    /// It has too much to do.
    #[error("a thread of media does not keep up")]
    Busy,
    /// It has stopped.
    #[error("a thread of media has stopped")]
    Stopped,
    /// There would be no secret, or an empty one.
    #[error("there must be a secret, and none may be empty")]
    Secrets,
}

/// The thread ended in a panic, which is on standard error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a thread of media panicked")]
pub struct Panicked;

/// STUN and TURN on real sockets, served by one thread of its own. Dropping it stops it.
pub struct TurnDriver {
    serving: Serving<Command>,
    addresses: Vec<SocketAddr>,
}

impl TurnDriver {
    /// Binds the sockets and starts the thread. `policy` says which peers clients may reach
    /// ([`veche_turn::AllowList`] in the product); `bridge` leads to calls, if there are any, and is taken once the sockets
    /// are bound; metrics are named `veche_turn_...`.
    ///
    /// # Errors
    /// [`StartError`] if the settings cannot work or an address is taken; nothing is left behind.
    pub fn start(
        settings: Settings,
        bridge: &mut Option<BridgeEnd>,
        policy: Box<dyn PeerPolicy>,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
        registry: &Registry,
    ) -> Result<Self, StartError> {
        settings.check(bridge.is_some())?;
        let server = Server::new(settings.turn, policy, entropy)?;
        let mut sockets = Sockets::bind(&settings.listen, &settings.relay, &settings.limits)?;
        let addresses = sockets.addresses();
        sockets.bridge = bridge.take();
        let serving = Serving::start("turn", COMMANDS_MAX, |inbox| {
            let (worker, waker) =
                Worker::new(server, sockets, settings.limits, clock, inbox, registry).map_err(StartError::Thread)?;
            Ok((move || worker.run(), waker))
        })?;
        Ok(Self { serving, addresses })
    }

    /// Where clients are served: the addresses of [`Settings::listen`] in their order, with the ports
    /// that were really bound.
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// For whoever hands streams over or revokes sessions.
    pub fn handle(&self) -> Handle {
        Handle(self.serving.post())
    }

    /// Whether the thread serves. If it does not without having been stopped, it has panicked.
    pub fn is_running(&self) -> bool {
        self.serving.is_running()
    }

    /// Closes all connections and sockets, and waits for the thread, which takes milliseconds.
    ///
    /// # Errors
    /// [`Panicked`] if it did not end by itself.
    pub fn stop(mut self) -> Result<(), Panicked> {
        self.serving.stop()
    }
}

/// Asks the thread. Clones ask the same one.
#[derive(Clone)]
pub struct Handle(Post<Command>);

impl Handle {
    /// Gives a TLS connection to TURN. It is closed if it turns out to be something else, if there is
    /// no room for it, or when it has been idle without an allocation.
    ///
    /// # Errors
    /// [`AskError`]; the connection is closed.
    pub fn hand_over(&self, stream: TlsStream) -> Result<(), AskError> {
        self.0.ask(Command::Take(Box::new(stream)))
    }

    /// Replaces the shared secrets, the newest first. Allocations that exist go on.
    ///
    /// # Errors
    /// [`AskError`]; the old ones stay.
    pub fn set_secrets(&self, secrets: Vec<Secret<Vec<u8>>>) -> Result<(), AskError> {
        if secrets.is_empty() || secrets.iter().any(|secret| secret.expose().is_empty()) {
            return Err(AskError::Secrets);
        }
        self.0.ask(Command::SetSecrets(secrets))
    }

    /// What a user, named as in [`veche_turn::credentials`], was given until now is worth nothing any more, because his
    /// session has ended: his allocations end, and what was made for him until now opens no new one.
    ///
    /// # Errors
    /// [`AskError`]; his allocations go on.
    pub fn bar(&self, user: &str) -> Result<(), AskError> {
        self.0.ask(Command::Bar(user.to_owned()))
    }

    /// As [`Handle::bar`] for everybody but these users: for when it is not known who was to be barred meanwhile.
    ///
    /// # Errors
    /// [`AskError`]; all allocations go on.
    pub fn bar_all_but(&self, users: Vec<String>) -> Result<(), AskError> {
        self.0.ask(Command::BarAllBut(users))
    }

    /// Shows other addresses to new allocations. Those that exist go on.
    ///
    /// # Errors
    /// [`AskError`]; everything stays as it is.
    pub fn renumber(&self, renumbering: Renumbering) -> Result<(), AskError> {
        self.0.ask(Command::Renumber(Box::new(renumbering)))
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle").finish_non_exhaustive()
    }
}
