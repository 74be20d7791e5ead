//! What stands around the chat server: where this machine is, the relay for calls, and the doctor who looks whether
//! both are reached. Started before clients are let in, stopped after they have gone.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use axum::http::{HeaderMap, Method, Response, Uri};
use bytes::Bytes;
use veche_api::Plugs;
use veche_api::pages::Pages;
use veche_media_driver::{Handle, bridge};

use crate::addresses::Whereabouts;
use crate::console::{CertificatePage, SettingsPage, ThisMachine};
use crate::doctor::{Doctor, Patient};
use crate::exit::Failure;
use crate::first_run::ServersPages;
use crate::logging::Log;
use crate::ready::Bound;
use crate::settings::Loaded;
use crate::sfu::RunningSfu;
use crate::turn::RunningRelay;
use crate::wiring::Product;

/// The running parts.
pub(crate) struct Surroundings {
    whereabouts: Arc<Whereabouts>,
    relay: Option<RunningRelay>,
    sfu: Option<RunningSfu>,
}

impl Surroundings {
    /// Starts the relay and the SFU if they are not off, and keeps looking where the machine is.
    pub(crate) fn start(loaded: &Loaded, product: &Product) -> Result<Self, Failure> {
        let ground = &product.ground;
        let whereabouts = Arc::clone(&product.whereabouts);
        whereabouts.watch(&product.workers);
        let (of_relay, of_calls) = bridge();
        let sfu = RunningSfu::start(loaded, product, &whereabouts, of_calls)?;
        let addresses = whereabouts.used();
        let calls = sfu.as_ref().map(|sfu| (of_relay, sfu.addresses().to_vec()));
        let relay = RunningRelay::start(loaded, ground, &addresses, calls)?;
        if let Some(relay) = &relay {
            relay.heed_addresses(&whereabouts, &loaded.settings.network.relay_peers, &product.workers);
            relay.heed_revocations(&product.directory, &product.workers);
        }
        Ok(Self { whereabouts, relay, sfu })
    }

    /// Where the relay listens: the address of the setting, with the port that it really got.
    pub(crate) fn turn(&self) -> Option<SocketAddr> {
        self.relay.as_ref().and_then(|relay| relay.addresses().first().copied())
    }

    /// Where packets of calls come: the address of the setting, with the port that it really got.
    pub(crate) fn sfu(&self) -> Option<SocketAddr> {
        self.sfu.as_ref().and_then(|sfu| sfu.addresses().first().copied())
    }

    /// Where connections of calls come: as [`Surroundings::sfu`].
    pub(crate) fn ice_tcp(&self) -> Option<SocketAddr> {
        self.sfu.as_ref().and_then(|sfu| sfu.tcp_addresses().first().copied())
    }

    /// For the listener that finds TURN inside TLS.
    pub(crate) fn turn_handle(&self) -> Option<Handle> {
        self.relay.as_ref().map(RunningRelay::handle)
    }

    /// What the API is told of these parts. Clients reach the server at `url`, and its sockets are `bound`.
    pub(crate) fn plugs(
        &self,
        loaded: &Loaded,
        product: &Product,
        house: &House<'_>,
        bound: Bound,
        url: &str,
    ) -> Plugged {
        let settings = &loaded.settings;
        let https_port = bound.https.and_then(|_| port_of_https(url));
        let access = self.relay.as_ref().map(|relay| relay.access(&self.whereabouts, https_port));
        if let (Some(sfu), Some(access)) = (&self.sfu, &access) {
            sfu.use_relay(access.clone());
        }
        let doctor = Arc::new(Doctor::new(Patient {
            server_name: settings.server.name.to_string(),
            dir: house.dir.to_owned(),
            whereabouts: Arc::clone(&self.whereabouts),
            certificates: product.certificates.clone(),
            https: bound.https,
            redirect: bound.redirect,
            proxy_protocol_from: settings.network.proxy_protocol_from.clone(),
            turn: self.relay.as_ref().map(|relay| relay.addresses().to_vec()).zip(access.clone()),
            calls: self.sfu.as_ref().map(RunningSfu::sockets),
            clock: Arc::clone(&product.ground.clock),
            entropy: Arc::clone(&product.ground.entropy),
        }));
        let settings = SettingsPage::new(loaded.clone(), product.followers());
        let certificate = CertificatePage::new(loaded, settings.next(), product.followers());
        let ground = &product.ground;
        let machine = ThisMachine::new(Arc::clone(&ground.clock), Arc::clone(&ground.sql));
        let console = Plugs {
            relay: access.map(|access| Arc::new(access) as Arc<_>),
            calls: Some(Arc::clone(&product.calls)),
            signaling: self.sfu.as_ref().map(|sfu| sfu.signaling(product)),
            rooms: self.sfu.as_ref().map(|sfu| sfu.room_service(product)),
            live_calls: self.sfu.as_ref().map(|sfu| sfu.live_calls(product)),
            reachability: Some(Arc::clone(&doctor) as Arc<_>),
            settings: Some(Arc::new(settings)),
            certificate: Some(Arc::new(certificate)),
            log: Some(Arc::new(house.log.memory.clone())),
            machine: Some(Arc::new(machine)),
            site: product.site.clone(),
            pages: Some(Arc::new(ServersPages(built_in_pages()))),
        };
        Plugged { plugs: console, doctor }
    }

    /// Stops the SFU, whose clients are told to come back, and the relay.
    pub(crate) async fn stop(self) {
        if let Some(sfu) = self.sfu {
            sfu.stop().await;
        }
        if let Some(relay) = self.relay {
            relay.stop().await;
        }
    }
}

/// The pages in this program, as the API wants them.
pub(crate) fn built_in_pages() -> Arc<dyn Pages> {
    Arc::new(BuiltIn(veche_web::Pages::built_in()))
}

struct BuiltIn(veche_web::Pages);

impl Pages for BuiltIn {
    fn answer(&self, method: &Method, uri: &Uri, fields: &HeaderMap) -> Option<Response<Bytes>> {
        self.0.answer(method, uri, fields)
    }
}

/// What is plugged into the API.
pub(crate) struct Plugged {
    /// In the API's own terms.
    pub(crate) plugs: Plugs,
    /// Also asked through the control socket.
    pub(crate) doctor: Arc<Doctor>,
}

/// What the process has of its own, whatever runs in it.
pub(crate) struct House<'a> {
    /// The data folder.
    pub(crate) dir: &'a Path,
    /// Its log.
    pub(crate) log: &'a Log,
}

/// The port at which clients reach HTTPS, if they do.
fn port_of_https(url: &str) -> Option<u16> {
    let uri: Uri = url.parse().ok()?;
    (uri.scheme_str() == Some("https")).then(|| uri.port_u16().unwrap_or(443))
}

#[cfg(test)]
mod tests {
    use super::port_of_https;

    #[test]
    fn the_port_is_the_one_that_clients_use() {
        assert_eq!(port_of_https("https://chat.example.org"), Some(443));
        assert_eq!(port_of_https("https://chat.example.org:8443"), Some(8443));
        assert_eq!(port_of_https("https://[2001:db8::7]:8443"), Some(8443));
        assert_eq!(port_of_https("http://127.0.0.1:8080"), None);
    }
}
