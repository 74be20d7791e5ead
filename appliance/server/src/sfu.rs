//! The SFU of this server: started with what settings and addresses say, joined to the calls of Matrix rooms, and to LiveKit's
//! clients over WebSockets.

mod administration;
mod live;
mod people;
mod signaling;

use std::io;
use std::net::{IpAddr, SocketAddr, TcpListener, UdpSocket};
use std::ops::RangeInclusive;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tracing::warn;
use veche_api::admin::v1::calls::LiveCalls;
use veche_api::room_service::RoomService;
use veche_api::signaling::Signaling;
use veche_calls::NoPlace;
use veche_media_driver::{
    AskError, BridgeEnd, IceServer, IceServers, RoomNews, SfuDriver, SfuHandle, SfuSettings, StartError,
    Whereabouts as MediaWhereabouts,
};
use veche_runtime::Supervisor;

use self::administration::Administration;
use self::live::Live;
use self::people::People;
use self::signaling::Reception;
use crate::addresses::{Addresses, Whereabouts, all_interfaces};
use crate::doctor::CallSockets;
use crate::exit::Failure;
use crate::settings::Loaded;
use crate::turn::{Access, listeners};
use crate::wiring::Product;

/// Times that another port is tried when any free one is wanted and the one that was found is the relay's.
const PORT_TRIES: usize = 64;
/// The first port that browsers take for a place to connect to.
const TCP_PORT_MIN: u16 = 1_024;
/// When the SFU's thread is asked again that had no time to hear where the machine is.
const ASK_AGAIN_AFTER: Duration = Duration::from_secs(1);

/// The running SFU.
pub(crate) struct RunningSfu {
    driver: SfuDriver,
    relay: Arc<OnceLock<Access>>,
}

impl RunningSfu {
    /// Binds the sockets, starts the SFU's thread and opens the calls of this server; nothing if it is off.
    pub(crate) fn start(
        loaded: &Loaded,
        product: &Product,
        whereabouts: &Arc<Whereabouts>,
        bridge: BridgeEnd,
    ) -> Result<Option<Self>, Failure> {
        let Some(listen) = loaded.settings.listen.sfu else { return Ok(None) };
        let relayed = veche_turn::Config::default().relay_ports;
        if relayed.contains(&listen.port()) {
            let reason = format!("the ports {} to {} are those of relayed addresses", relayed.start(), relayed.end());
            return Err(loaded.complaint("listen.sfu", reason).into());
        }
        let ground = &product.ground;
        let settings = SfuSettings {
            listen: listeners_outside(listen, &relayed).map_err(Failure::during("no port for calls can be found"))?,
            listen_tcp: listeners_tcp(loaded)?,
            whereabouts: media_whereabouts(&whereabouts.used()),
            bridge: Some(bridge),
            limits: Default::default(),
        };
        let relay = Arc::new(OnceLock::new());
        let people = Arc::new(People::default());
        let (calls, seen) = (Arc::clone(&product.calls), Arc::clone(&people));
        let handle = Arc::new(OnceLock::<SfuHandle>::new());
        let asked = Arc::clone(&handle);
        let news = Box::new(move |news| match news {
            RoomNews::Joined { room, identity } => {
                seen.joined(&room);
                let may_stay = calls.participant_joined(&room, &identity);
                if let Some(sfu) = asked.get().filter(|_| !may_stay)
                    && let Err(error) = sfu.remove(&room, &identity)
                {
                    warn!(%error, "somebody who may not be in a call any more was not taken out of it");
                }
            }
            RoomNews::Left { room, identity } => {
                seen.left(&room);
                calls.participant_left(&room, &identity);
            }
            RoomNews::NoPlace { room, identity, is_room } => {
                let why = if is_room { NoPlace::Full } else { NoPlace::Busy };
                calls.participant_refused(&room, &identity, why);
            }
        });
        let relays = Box::new(Relays(Arc::clone(&relay)));
        let (clock, entropy) = (Arc::clone(&ground.clock), Arc::clone(&ground.entropy));
        let started = SfuDriver::start(settings, relays, news, clock, entropy, &ground.registry);
        let driver = started.map_err(|error| match error {
            StartError::BindTcp(..) => loaded.complaint("listen.ice_tcp", error),
            _ => loaded.complaint("listen.sfu", error),
        })?;
        let _only_the_first = handle.set(driver.handle());
        product.calls.plug(Arc::new(people::Plug::new(driver.handle(), people)));
        heed_addresses(driver.handle(), whereabouts, &product.workers);
        Ok(Some(Self { driver, relay }))
    }

    /// Where packets come, the address of the setting first.
    pub(crate) fn addresses(&self) -> &[SocketAddr] {
        self.driver.addresses()
    }

    /// Where connections come, the address of the setting first.
    pub(crate) fn tcp_addresses(&self) -> &[SocketAddr] {
        self.driver.tcp_addresses()
    }

    /// All of that, for whoever tries it.
    pub(crate) fn sockets(&self) -> CallSockets {
        let (udp, tcp) = (self.driver.addresses().to_vec(), self.driver.tcp_addresses().to_vec());
        CallSockets { sfu: self.driver.handle(), udp, tcp }
    }

    /// Gives this relay to whoever takes part in a call from now on.
    pub(crate) fn use_relay(&self, access: Access) {
        let _only_the_first = self.relay.set(access);
    }

    /// Where clients of LiveKit come in.
    pub(crate) fn signaling(&self, product: &Product) -> Arc<dyn Signaling> {
        let (sfu, calls) = (self.driver.handle(), Arc::clone(&product.calls));
        Arc::new(Reception::new(sfu, calls, product.workers.clone()))
    }

    /// Where calls are administered.
    pub(crate) fn room_service(&self, product: &Product) -> Arc<dyn RoomService> {
        Arc::new(Administration::new(self.driver.handle(), Arc::clone(&product.calls)))
    }

    /// The calls that go on, for the console.
    pub(crate) fn live_calls(&self, product: &Product) -> Arc<dyn LiveCalls> {
        Arc::new(Live::new(self.driver.handle(), Arc::clone(&product.calls)))
    }

    /// Tells clients to come back, and closes all connections and sockets.
    pub(crate) async fn stop(self) {
        // It waits for a thread, for milliseconds.
        match tokio::task::spawn_blocking(|| self.driver.stop()).await {
            Ok(Ok(())) => {}
            Ok(Err(panicked)) => warn!(%panicked, "calls have not stopped in order"),
            Err(_) => warn!("calls could not be stopped in order"),
        }
    }
}

/// The relay of this server, for those whose networks let only TCP or HTTPS through.
struct Relays(Arc<OnceLock<Access>>);

impl IceServers for Relays {
    fn for_participant(&self, identity: &str) -> Vec<IceServer> {
        let Some(access) = self.0.get() else { return Vec::new() };
        let (username, password, urls) = access.for_participant(identity);
        if urls.is_empty() {
            return Vec::new();
        }
        vec![IceServer { urls, username, credential: password.expose().clone() }]
    }
}

/// As [`listeners`]; where any free port will do, it is none that a relayed address could have.
fn listeners_outside(setting: SocketAddr, relayed: &RangeInclusive<u16>) -> io::Result<Vec<SocketAddr>> {
    let mut refused = Vec::new();
    for _ in 0..PORT_TRIES {
        // Kept until one is found, so that the kernel picks another.
        let picked = UdpSocket::bind(setting)?;
        let port = picked.local_addr()?.port();
        if setting.port() != 0 || !relayed.contains(&port) {
            drop(picked);
            return listeners(SocketAddr::new(setting.ip(), port));
        }
        refused.push(picked);
    }
    Err(io::ErrorKind::AddrNotAvailable.into())
}

/// As [`listeners`], for those who connect over TCP; none, if it is off.
fn listeners_tcp(loaded: &Loaded) -> Result<Vec<SocketAddr>, Failure> {
    let Some(setting) = loaded.settings.listen.ice_tcp else { return Ok(Vec::new()) };
    if (1..TCP_PORT_MIN).contains(&setting.port()) {
        let reason =
            format!("browsers refuse ports below {TCP_PORT_MIN} for this; networks that open only 443 use the relay");
        return Err(loaded.complaint("listen.ice_tcp", reason).into());
    }
    let listen = |setting: SocketAddr| {
        let port = match setting.port() {
            // It is to be free for TCP.
            0 if setting.ip().is_unspecified() => TcpListener::bind(setting)?.local_addr()?.port(),
            port => port,
        };
        listeners(SocketAddr::new(setting.ip(), port))
    };
    listen(setting).map_err(Failure::during("no port for calls over TCP can be found"))
}

/// What others call the machine, and what it has itself.
fn media_whereabouts(addresses: &Addresses) -> MediaWhereabouts {
    let is_usable = |address: &IpAddr| match address {
        IpAddr::V4(_) => true,
        // An address of one link means nothing without the name of the link.
        IpAddr::V6(address) => !address.is_unicast_link_local(),
    };
    let local = all_interfaces().into_iter().map(|interface| interface.address).filter(is_usable).collect();
    let mut announced = Vec::new();
    for address in addresses.chosen().flat_map(|chosen| [Some(chosen.external), chosen.internal]).flatten() {
        if !announced.contains(&address) {
            announced.push(address);
        }
    }
    MediaWhereabouts { local, announced }
}

/// Tells the SFU when the machine has other addresses.
fn heed_addresses(handle: SfuHandle, whereabouts: &Whereabouts, workers: &Supervisor) {
    let mut changes = whereabouts.changes();
    let stopping = workers.shutdown_token();
    workers.spawn("call addresses", async move {
        let mut told = Ok(());
        while told != Err(AskError::Stopped) {
            tokio::select! {
                () = stopping.cancelled() => return,
                () = tokio::time::sleep(ASK_AGAIN_AFTER), if told.is_err() => {}
                changed = changes.changed() => if changed.is_err() { return },
            }
            let addresses = changes.borrow_and_update().addresses.clone();
            told = handle.move_to(media_whereabouts(&addresses));
        }
    });
}

#[cfg(test)]
mod tests {
    use super::listeners_outside;

    #[test]
    fn a_port_that_is_picked_is_none_of_the_relays() {
        // Half of what the kernel picks from.
        let relayed = 32_768..=47_000;
        for _ in 0..50 {
            let listeners = listeners_outside("127.0.0.1:0".parse().unwrap(), &relayed).unwrap();
            assert!(listeners.iter().all(|address| !relayed.contains(&address.port())), "{listeners:?}");
        }
    }
}
