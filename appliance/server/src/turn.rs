//! The relay of this server: started with what settings and addresses say, told to clients, and closed to those whose
//! session has ended.
//!
//! Credentials are made from a secret of this server and checked by the relay without a table. Their user name is a
//! keyed hash of user and device: it travels unencrypted with every request over UDP, and nobody on the way should read
//! in it who talks when.

mod uris;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::Hmac;
use hmac::digest::{KeyInit, Mac};
use ruma::{DeviceId, UserId};
use sha2::Sha256;
use tokio::sync::broadcast::error::RecvError;
use tracing::{error, warn};
use veche_api::access::Requester;
use veche_api::relay::{Relay, RelayCredentials};
use veche_base::{Clock, Secret};
use veche_directory::Directory;
use veche_media_driver::{Handle, StartError, TurnDriver};
use veche_runtime::Supervisor;
use veche_store::sql::secrets::Name;
use veche_turn::{AllowList, Config, Network, Outside, credentials};

use crate::addresses::{Addresses, Whereabouts, all_interfaces, has_ipv6};
use crate::exit::Failure;
use crate::settings::{Loaded, RelayPeers, Settings};
use crate::wiring::Ground;

/// How long credentials can be used to begin with. Browsers ask for new ones every ten minutes if those they have
/// would end before they ask again, so half an hour never leaves a call without, and what a lost device could still
/// do with its last ones is over soon.
const CREDENTIALS_SECS: u64 = 30 * 60;
/// Bytes of the keyed hash that names user and device.
const USER_BYTES: usize = 16;
/// Times that another port is tried when any free one is wanted and the one that was found is taken meanwhile.
const PORT_TRIES: usize = 16;

/// The running relay.
pub(crate) struct RunningRelay {
    driver: TurnDriver,
    secret: Secret<Vec<u8>>,
    clock: Arc<dyn Clock>,
}

impl RunningRelay {
    /// Binds the sockets and starts the relay's thread; nothing if it is off.
    pub(crate) fn start(loaded: &Loaded, ground: &Ground, addresses: &Addresses) -> Result<Option<Self>, Failure> {
        let Some(listen) = loaded.settings.listen.turn else { return Ok(None) };
        let secret = ground.sql.secret_bytes(Name::RelaySecret, ground.entropy.as_ref()).map_err(Failure::new)?;
        let secret = Secret::new(secret.expose().to_vec());
        let settings = &loaded.settings;
        let mut tries = PORT_TRIES;
        let driver = loop {
            let listen = listeners(listen).map_err(Failure::during("no port for TURN can be found"))?;
            let turn = config(addresses, secret.clone());
            let policy = AllowList::new(&turn, own(addresses), outside(&settings.network.relay_peers));
            let started = TurnDriver::start(
                veche_media_driver::Settings { listen, relay: outlets(settings), turn, limits: Default::default() },
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
        Ok(Some(Self { driver, secret, clock: Arc::clone(&ground.clock) }))
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
    pub(crate) fn access(&self, whereabouts: &Whereabouts, https_port: Option<u16>) -> Access {
        let port = self.addresses().first().map_or(0, SocketAddr::port);
        let uris = uris::all(whereabouts.name(), &whereabouts.beside_the_name(), port, https_port);
        Access { secret: self.secret.clone(), clock: Arc::clone(&self.clock), uris }
    }

    /// Ends the allocations of every session that ends, until the server stops.
    pub(crate) fn heed_revocations(&self, directory: &Directory, workers: &Supervisor) {
        let (handle, secret) = (self.handle(), self.secret.clone());
        let mut revocations = directory.revocations();
        let stopping = workers.shutdown_token();
        workers.spawn("relay revocations", async move {
            loop {
                let revoked = tokio::select! {
                    () = stopping.cancelled() => return,
                    revoked = revocations.recv() => revoked,
                };
                match revoked {
                    Ok(revoked) => {
                        let user = relay_user(&secret, &revoked.user_id, &revoked.device_id);
                        if let Err(error) = handle.end_allocations_of(&user) {
                            error!(%error, user_id = %revoked.user_id, "the relay was not told that a session has ended");
                        }
                    }
                    Err(RecvError::Lagged(missed)) => warn!(missed, "the relay did not hear of sessions that have ended"),
                    Err(RecvError::Closed) => return,
                }
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

/// Makes credentials for the relay, and knows where clients reach it.
#[derive(Clone)]
pub(crate) struct Access {
    secret: Secret<Vec<u8>>,
    clock: Arc<dyn Clock>,
    uris: Vec<String>,
}

impl Access {
    /// Credentials for this server's own use, which count for nobody.
    pub(crate) fn for_ourselves(&self) -> (String, Secret<String>) {
        credentials(&self.secret, "doctor", CREDENTIALS_SECS, self.clock.wall_ms())
    }
}

impl Relay for Access {
    fn credentials(&self, requester: &Requester) -> RelayCredentials {
        let user = relay_user(&self.secret, &requester.user_id, &requester.device_id);
        let (username, password) = credentials(&self.secret, &user, CREDENTIALS_SECS, self.clock.wall_ms());
        RelayCredentials { username, password, uris: self.uris.clone(), ttl: Duration::from_secs(CREDENTIALS_SECS) }
    }
}

/// Whom allocations count for: one device of one user.
fn relay_user(secret: &Secret<Vec<u8>>, user: &UserId, device: &DeviceId) -> String {
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(secret.expose()).expect("HMAC takes keys of any length");
    // A user id holds no zero, so no two pairs are joined to the same text.
    for part in ["relay user\0", user.as_str(), "\0", device.as_str()] {
        mac.update(part.as_bytes());
    }
    URL_SAFE_NO_PAD.encode(&mac.finalize().into_bytes()[..USER_BYTES])
}

/// Both families where the setting means every address, on the same port.
fn listeners(setting: SocketAddr) -> std::io::Result<Vec<SocketAddr>> {
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
    let mut config = Config { secrets: vec![secret], ..Config::default() };
    for chosen in addresses.chosen() {
        match chosen.external {
            IpAddr::V4(v4) => config.external_ipv4 = Some(v4),
            IpAddr::V6(v6) => config.external_ipv6 = Some(v6),
        }
    }
    config
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
    use ruma::{device_id, user_id};
    use veche_base::Secret;

    use super::{listeners, relay_user};

    #[test]
    fn every_device_has_a_short_name_of_its_own_that_tells_nothing() {
        let secret = Secret::new(b"north".to_vec());
        let name = relay_user(&secret, user_id!("@alice:example.org"), device_id!("PHONE"));
        assert_eq!(name, relay_user(&secret, user_id!("@alice:example.org"), device_id!("PHONE")));
        assert_eq!(name.len(), 22);
        assert!(name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'), "{name}");
        let others = [
            relay_user(&secret, user_id!("@alice:example.org"), device_id!("LAPTOP")),
            relay_user(&secret, user_id!("@bob:example.org"), device_id!("PHONE")),
            relay_user(&Secret::new(b"south".to_vec()), user_id!("@alice:example.org"), device_id!("PHONE")),
        ];
        assert!(!others.contains(&name));
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
