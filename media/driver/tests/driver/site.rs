//! A driver with the settings of a test, and what it tells of itself.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use veche_base::metrics::Registry;
use veche_base::{Clock, Secret};
use veche_media_driver::{Limits, Settings, TurnDriver};
use veche_runtime::{OsEntropy, SystemClock};
use veche_turn::{AllowList, Config, Outside, PeerPolicy, StrangerLimits};

use crate::client::Client;
use crate::link::Link;
use crate::tls::Front;

/// Longer than anything takes on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);
/// What relayed addresses show. Nobody has it: relaying between clients needs no network.
pub(crate) const EXTERNAL: &str = "203.0.113.5";
/// The same for IPv6.
pub(crate) const EXTERNAL_V6: &str = "2001:db8::5";
/// How long credentials are good.
const CREDENTIALS_SECS: u64 = 600;
const SECRET: &[u8] = b"a shared secret";

/// A running driver. It is stopped when the test ends.
pub(crate) struct Site {
    pub(crate) driver: TurnDriver,
    pub(crate) registry: Registry,
    pub(crate) clock: SystemClock,
}

/// Settings that allow a test what the defaults keep strangers from.
pub(crate) fn settings() -> Settings {
    let mut limits = veche_turn::Limits { allocations_max: 4_000, ..veche_turn::Limits::default() };
    (limits.allocations_per_user_max, limits.allocations_per_person_max) = (4_000, 4_000);
    limits.strangers = StrangerLimits {
        answers_per_second: 100_000,
        answers_burst: 100_000,
        surplus_bytes_per_second: 10_000_000,
        surplus_burst_bytes: 10_000_000,
    };
    let turn = Config {
        secrets: vec![Secret::new(SECRET.to_vec())],
        credentials_lifetime: Duration::from_secs(CREDENTIALS_SECS),
        external_ipv4: Some(EXTERNAL.parse().unwrap()),
        external_ipv6: Some(EXTERNAL_V6.parse().unwrap()),
        limits,
        ..Config::default()
    };
    Settings { listen: vec![at("127.0.0.1:0")], relay: vec![at("127.0.0.1:0")], turn, limits: Limits::default() }
}

/// Text to address.
pub(crate) fn at(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

/// Lets clients reach everybody: the policy of the product never allows loopback.
struct Anyone;

impl PeerPolicy for Anyone {
    fn allows_ip(&self, _: std::net::IpAddr) -> bool {
        true
    }

    fn allows(&self, _: SocketAddr) -> bool {
        true
    }
}

impl Site {
    /// A driver with the policy of the product.
    pub(crate) fn start(settings: Settings) -> Self {
        let policy = AllowList::new(&settings.turn, vec![at("127.0.0.1:0").ip()], Outside::default());
        Self::with_policy(settings, Box::new(policy))
    }

    /// A driver whose clients may reach any peer.
    pub(crate) fn open(settings: Settings) -> Self {
        Self::with_policy(settings, Box::new(Anyone))
    }

    fn with_policy(settings: Settings, policy: Box<dyn PeerPolicy>) -> Self {
        let (registry, clock) = (Registry::new(), SystemClock::new());
        let driver =
            TurnDriver::start(settings, &mut None, policy, Arc::new(clock), Arc::new(OsEntropy), &registry).unwrap();
        Self { driver, registry, clock }
    }

    /// Where UDP and TCP clients come.
    pub(crate) fn address(&self) -> SocketAddr {
        self.driver.addresses()[0]
    }

    /// A listener that ends TLS and hands over what speaks TURN.
    pub(crate) fn front(&self) -> Front {
        Front::start(self.driver.handle())
    }

    /// User name and password, as they were made so many seconds ago.
    pub(crate) fn credentials(&self, user: &str, seconds_ago: u64) -> (String, String) {
        let made_ms = self.clock.wall_ms() - seconds_ago * 1_000;
        let (username, password) =
            veche_turn::credentials(&Secret::new(SECRET.to_vec()), user, CREDENTIALS_SECS, made_ms);
        (username, password.into_exposed())
    }

    /// Waits until the wall clock shows another millisecond, so that what is made now is made later.
    pub(crate) fn next_millisecond(&self) {
        let before = self.clock.wall_ms();
        while self.clock.wall_ms() == before {
            std::thread::yield_now();
        }
    }

    /// A client on this connection.
    pub(crate) fn client(&self, link: Link, user: &str) -> Client {
        let (username, password) = self.credentials(user, 0);
        Client::new(link, username, password)
    }

    /// A client over UDP.
    pub(crate) fn udp(&self, user: &str) -> Client {
        self.client(Link::udp(self.address()), user)
    }

    /// A client over TCP.
    pub(crate) fn tcp(&self, user: &str) -> Client {
        self.client(Link::tcp(self.address()), user)
    }

    /// What a metric tells now. What the engine counts is told once a second and at the end.
    pub(crate) fn metric(&self, name: &str) -> u64 {
        metric(&self.registry, name)
    }

    /// Asks the server again and again until what it tells of itself is so.
    pub(crate) fn wait_until(&self, what: &str, is_so: impl Fn(&Self) -> bool) {
        let mut client = self.udp("observer");
        let end = self.clock.monotonic() + PATIENCE;
        while !is_so(self) {
            assert!(self.clock.monotonic() < end, "{what}\n{}", self.registry.encode());
            client.binding();
        }
    }

    /// Stops the driver; what is left is its metrics.
    pub(crate) fn stop(self) -> Registry {
        self.driver.stop().unwrap();
        self.registry
    }
}

/// What a metric of TURN tells.
pub(crate) fn metric(registry: &Registry, name: &str) -> u64 {
    let text = registry.encode();
    let found = ["_total", ""].iter().find_map(|end| {
        let start = format!("veche_turn_{name}{end} ");
        text.lines().find_map(|line| line.strip_prefix(&start).map(str::to_owned))
    });
    found.unwrap_or_else(|| panic!("there is no metric {name} in\n{text}")).parse().unwrap()
}
