//! The relay of this server: started with what settings and addresses say, told to clients, and closed to those whose
//! session has ended.
//!
//! Credentials are made from a secret of this server and checked by the relay without a table. Their user name is made of
//! keyed hashes of user and session: it travels unencrypted with every request over UDP, and nobody on the way should read
//! in it who talks when.
//!
//! The secret is kept, so that credentials outlive a restart. Who is barred is not: which sessions can still be used is
//! known from the directory, and at the start everybody else is barred.

mod renumber;
mod uris;

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::Hmac;
use hmac::digest::{KeyInit, Mac};
use ruma::UserId;
use sha2::Sha256;
use tokio::sync::broadcast::error::RecvError;
use tracing::warn;
use veche_api::access::Requester;
use veche_api::relay::{Relay, RelayCredentials};
use veche_base::{Clock, Secret};
use veche_directory::{Directory, Revoked, SessionId};
use veche_media_driver::{AskError, BridgeEnd, Handle, StartError, TurnDriver};
use veche_runtime::Supervisor;
use veche_store::sql::secrets::Name;
use veche_turn::{AllowList, Config, Network, Outside, credentials};

use crate::addresses::{Addresses, Whereabouts, all_interfaces, has_ipv6};
use crate::exit::Failure;
use crate::settings::{Loaded, RelayPeers, Settings};
use crate::wiring::Ground;

/// How long credentials can be used to begin with. Browsers ask for new ones every ten minutes if those they have
/// would end before they ask again, so half an hour never leaves a call without.
const CREDENTIALS_SECS: u64 = 30 * 60;
/// Bytes of each of the two keyed hashes that name user and session.
const NAME_BYTES: usize = 12;
/// For whom this server's own credentials are made.
const OURSELVES: &str = "doctor";
/// When the relay's thread is asked again that had no time to hear who is barred.
const ASK_AGAIN_AFTER: Duration = Duration::from_secs(1);
/// Times that another port is tried when any free one is wanted and the one that was found is taken meanwhile.
const PORT_TRIES: usize = 16;

/// Fails if the relay could not be started because its port is taken: whoever goes through the wizard shall not hear of it
/// at the end.
pub(crate) fn check_port(loaded: &Loaded) -> Result<(), Failure> {
    let Some(listen) = loaded.settings.listen.turn.filter(|listen| listen.port() != 0) else { return Ok(()) };
    let taken = |address: SocketAddr, error: io::Error| {
        loaded.complaint("listen.turn", format_args!("{address} cannot be listened on: {error}"))
    };
    for address in listeners(listen).map_err(|error| taken(listen, error))? {
        UdpSocket::bind(address).map_err(|error| taken(address, error))?;
    }
    Ok(())
}

/// The running relay.
pub(crate) struct RunningRelay {
    driver: TurnDriver,
    call_ports: Vec<SocketAddr>,
    secret: Secret<Vec<u8>>,
    clock: Arc<dyn Clock>,
}

impl RunningRelay {
    /// Binds the sockets and starts the relay's thread; nothing if it is off.
    /// `calls` is the way to them, with the addresses that their sockets are bound to.
    pub(crate) fn start(
        loaded: &Loaded,
        ground: &Ground,
        addresses: &Addresses,
        calls: Option<(BridgeEnd, Vec<SocketAddr>)>,
    ) -> Result<Option<Self>, Failure> {
        let Some(listen) = loaded.settings.listen.turn else { return Ok(None) };
        let secret = ground.sql.secret_bytes(Name::RelaySecret, ground.entropy.as_ref()).map_err(Failure::new)?;
        let secret = Secret::new(secret.expose().to_vec());
        let settings = &loaded.settings;
        let (mut bridge, call_ports) = calls.map(|(bridge, ports)| (Some(bridge), ports)).unwrap_or_default();
        let mut tries = PORT_TRIES;
        let driver = loop {
            let listen = listeners(listen).map_err(Failure::during("no port for TURN can be found"))?;
            let mut turn = config(addresses, secret.clone());
            turn.sinks = sinks(addresses, &[], &call_ports);
            let policy = AllowList::new(&turn, own(addresses), outside(&settings.network.relay_peers));
            let started = TurnDriver::start(
                veche_media_driver::Settings { listen, relay: outlets(settings), turn, limits: Default::default() },
                &mut bridge,
                Box::new(policy),
                Arc::clone(&ground.clock),
                Arc::clone(&ground.entropy),
                &ground.registry,
            );
            match started {
                Ok(driver) => break driver,
                Err(StartError::Bind(..)) if settings.listen.turn.is_some_and(|it| it.port() == 0) && tries > 0 => {
                    tries -= 1;
                }
                Err(error) => return Err(loaded.complaint("listen.turn", error).into()),
            }
        };
        Ok(Some(Self { driver, call_ports, secret, clock: Arc::clone(&ground.clock) }))
    }

    /// Where clients are served, the address of the setting first.
    pub(crate) fn addresses(&self) -> &[SocketAddr] {
        self.driver.addresses()
    }

    /// For the listener that finds TURN inside TLS.
    pub(crate) fn handle(&self) -> Handle {
        self.driver.handle()
    }

    /// What clients are told. `https_port` is where clients reach HTTPS of this process, if they do.
    pub(crate) fn access(&self, whereabouts: &Arc<Whereabouts>, https_port: Option<u16>) -> Access {
        let port = self.addresses().first().map_or(0, SocketAddr::port);
        let (secret, clock) = (self.secret.clone(), Arc::clone(&self.clock));
        Access { secret, clock, whereabouts: Arc::clone(whereabouts), port, https_port }
    }

    /// Takes from every session that ends what it has of the relay, until the server stops; at once from those that have
    /// ended before.
    pub(crate) fn heed_revocations(&self, directory: &Arc<Directory>, workers: &Supervisor) {
        // Subscribed before the sessions are looked through, so that none falls between.
        let mut revocations = directory.revocations();
        let doorman = Doorman { handle: self.handle(), secret: self.secret.clone(), directory: Arc::clone(directory) };
        let mut told = doorman.bar_all_but_usable();
        let stopping = workers.shutdown_token();
        workers.spawn("relay revocations", async move {
            while told != Err(AskError::Stopped) {
                if let Err(error) = told {
                    warn!(%error, "the relay was not told which sessions have ended, and is asked again");
                }
                let heard = tokio::select! {
                    () = stopping.cancelled() => return,
                    () = tokio::time::sleep(ASK_AGAIN_AFTER), if told.is_err() => None,
                    heard = revocations.recv() => Some(heard),
                };
                told = match heard {
                    Some(Ok(revoked)) if told.is_ok() => doorman.bar(&revoked),
                    Some(Err(RecvError::Closed)) => return,
                    Some(Ok(_) | Err(RecvError::Lagged(_))) | None => doorman.bar_all_but_usable(),
                };
            }
        });
    }

    /// Closes all connections and sockets.
    pub(crate) async fn stop(self) {
        // It waits for a thread, for milliseconds.
        match tokio::task::spawn_blocking(|| self.driver.stop()).await {
            Ok(Ok(())) => {}
            Ok(Err(panicked)) => warn!(%panicked, "the relay has not stopped in order"),
            Err(_) => warn!("the relay could not be stopped in order"),
        }
    }
}

/// Tells the relay who is barred.
struct Doorman {
    handle: Handle,
    secret: Secret<Vec<u8>>,
    directory: Arc<Directory>,
}

impl Doorman {
    /// Bars a session that has ended, or cannot be used for a while.
    fn bar(&self, revoked: &Revoked) -> Result<(), AskError> {
        self.handle.bar(&relay_user(&self.secret, &revoked.user_id, revoked.session_id))
    }

    /// Bars everything but the sessions that can be used now: for when it is not known which ones have ended meanwhile.
    fn bar_all_but_usable(&self) -> Result<(), AskError> {
        let usable = self.directory.usable_sessions().into_iter();
        let mut users: Vec<_> = usable.map(|(user, session)| relay_user(&self.secret, &user, session)).collect();
        users.push(OURSELVES.to_owned());
        self.handle.bar_all_but(users)
    }
}

/// Makes credentials for the relay, and knows where clients reach it.
#[derive(Clone)]
pub(crate) struct Access {
    secret: Secret<Vec<u8>>,
    clock: Arc<dyn Clock>,
    whereabouts: Arc<Whereabouts>,
    port: u16,
    https_port: Option<u16>,
}

impl Access {
    /// Where clients are told that the relay is, as long as nothing changes.
    fn uris(&self) -> Vec<String> {
        uris::all(self.whereabouts.name(), &self.whereabouts.beside_the_name(), self.port, self.https_port)
    }

    /// Credentials for a participant of a call, and where the relay is, but for UDP: browsers hand what comes from such an
    /// address to the relay's code alone, and the SFU may have the same.
    pub(crate) fn for_participant(&self, identity: &str) -> (String, Secret<String>, Vec<String>) {
        let user = format!("call.{}", hashed(&self.secret, "relay call\0", identity));
        let (username, password) = credentials(&self.secret, &user, CREDENTIALS_SECS, self.clock.wall_ms());
        let uris = self.uris().into_iter().filter(|uri| !uri.ends_with("?transport=udp")).collect();
        (username, password, uris)
    }

    /// Credentials for this server's own use, which count for nobody.
    pub(crate) fn for_ourselves(&self) -> (String, Secret<String>) {
        credentials(&self.secret, OURSELVES, CREDENTIALS_SECS, self.clock.wall_ms())
    }
}

impl Relay for Access {
    fn credentials(&self, requester: &Requester) -> RelayCredentials {
        let user = relay_user(&self.secret, &requester.user_id, requester.session_id);
        let (username, password) = credentials(&self.secret, &user, CREDENTIALS_SECS, self.clock.wall_ms());
        RelayCredentials { username, password, uris: self.uris(), ttl: Duration::from_secs(CREDENTIALS_SECS) }
    }
}

/// Whom allocations count for: one session, whose number no other session ever has. What stands before the dot is the same
/// for all sessions of a user.
fn relay_user(secret: &Secret<Vec<u8>>, user: &UserId, SessionId(session): SessionId) -> String {
    let person = hashed(secret, "relay person\0", user.as_str());
    format!("{person}.{}", hashed(secret, "relay session\0", &session.to_string()))
}

fn hashed(secret: &Secret<Vec<u8>>, kind: &str, what: &str) -> String {
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(secret.expose()).expect("HMAC takes keys of any length");
    mac.update(kind.as_bytes());
    mac.update(what.as_bytes());
    URL_SAFE_NO_PAD.encode(&mac.finalize().into_bytes()[..NAME_BYTES])
}

/// Both families where the setting means every address, on the same port.
pub(crate) fn listeners(setting: SocketAddr) -> io::Result<Vec<SocketAddr>> {
    if !setting.ip().is_unspecified() {
        return Ok(vec![setting]);
    }
    let mut families: Vec<IpAddr> = vec![Ipv4Addr::UNSPECIFIED.into()];
    if setting.is_ipv6() {
        families.insert(0, Ipv6Addr::UNSPECIFIED.into());
    } else if has_ipv6() {
        families.push(Ipv6Addr::UNSPECIFIED.into());
    }
    // Clients are told one port, so any free port must be the same one for both families.
    let port = match setting.port() {
        0 => UdpSocket::bind(setting)?.local_addr()?.port(),
        port => port,
    };
    Ok(families.into_iter().map(|ip| SocketAddr::new(ip, port)).collect())
}

/// Where packets to peers outside leave from: nowhere, if there are none.
fn outlets(settings: &Settings) -> Vec<SocketAddr> {
    let peers = &settings.network.relay_peers;
    if !peers.internet && peers.networks.is_empty() {
        return Vec::new();
    }
    let mut outlets = vec![SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0))];
    if has_ipv6() {
        outlets.push(SocketAddr::from((Ipv6Addr::UNSPECIFIED, 0)));
    }
    outlets
}

fn config(addresses: &Addresses, secret: Secret<Vec<u8>>) -> Config {
    let credentials_lifetime = Duration::from_secs(CREDENTIALS_SECS);
    let mut config = Config { secrets: vec![secret], credentials_lifetime, ..Config::default() };
    for chosen in addresses.chosen() {
        match chosen.external {
            IpAddr::V4(v4) => config.external_ipv4 = Some(v4),
            IpAddr::V6(v6) => config.external_ipv6 = Some(v6),
        }
    }
    config
}

/// Where clients believe to reach calls, of which they are told the external address and that of the machine itself; and where
/// they have been told before that.
fn sinks(addresses: &Addresses, former: &[IpAddr], call_ports: &[SocketAddr]) -> Vec<SocketAddr> {
    let now = addresses.chosen().flat_map(|chosen| [Some(chosen.external), chosen.internal]).flatten();
    let mut sinks = Vec::new();
    for ip in now.chain(former.iter().copied()) {
        let of_family = call_ports.iter().filter(|bound| bound.is_ipv4() == ip.is_ipv4());
        for sink in of_family.map(|bound| SocketAddr::new(ip, bound.port())) {
            if !sinks.contains(&sink) {
                sinks.push(sink);
            }
        }
    }
    sinks
}

/// Everything that is this machine: no relayed packet may go there by itself.
fn own(addresses: &Addresses) -> Vec<IpAddr> {
    let passed_over = addresses.passed_over.iter().map(|passed| passed.address);
    all_interfaces().into_iter().map(|interface| interface.address).chain(passed_over).collect()
}

fn outside(peers: &RelayPeers) -> Outside {
    let networks = peers.networks.iter().filter_map(|network| Network::new(network.address(), network.prefix_bits()));
    Outside { internet: peers.internet, networks: networks.collect() }
}

#[cfg(test)]
mod tests {
    use ruma::user_id;
    use veche_base::Secret;
    use veche_directory::SessionId;

    use super::{listeners, relay_user};

    #[test]
    fn every_session_has_a_short_name_of_its_own_that_tells_nothing() {
        let (secret, alice) = (Secret::new(b"north".to_vec()), user_id!("@alice:example.org"));
        let name = relay_user(&secret, alice, SessionId(7));
        assert_eq!(name, relay_user(&secret, alice, SessionId(7)));
        assert_eq!(name.len(), 33);
        assert!(name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte)), "{name}");
        let person = |name: &str| name.split_once('.').unwrap().0.to_owned();
        let another = relay_user(&secret, alice, SessionId(8));
        assert!(another != name && person(&another) == person(&name), "another session of the same user");
        let bobs = relay_user(&secret, user_id!("@bob:example.org"), SessionId(9));
        let elsewhere = relay_user(&Secret::new(b"south".to_vec()), alice, SessionId(7));
        assert!(person(&bobs) != person(&name) && person(&elsewhere) != person(&name));
    }

    #[test]
    fn every_address_means_both_families_on_one_port() {
        let shown = |text: &str| {
            let listeners = listeners(text.parse().unwrap()).unwrap();
            listeners.iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        assert_eq!(shown("127.0.0.1:3478"), ["127.0.0.1:3478"]);
        assert_eq!(shown("127.0.0.1:0"), ["127.0.0.1:0"]);
        assert_eq!(shown("0.0.0.0:3478")[0], "0.0.0.0:3478");
        assert_eq!(shown("[::]:3478")[1], "0.0.0.0:3478");
        let any = listeners("0.0.0.0:0".parse().unwrap()).unwrap();
        assert!(any[0].port() != 0 && any.iter().all(|address| address.port() == any[0].port()), "{any:?}");
    }
}
