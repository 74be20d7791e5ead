//! Puts the parts together: opens what is on disk, hands each part what it needs, and closes all in order.
//!
//! Each part takes its own settings; here the file's settings are translated into theirs, and nowhere else.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use ruma::RoomVersionId;
use serde_json::Value;
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};
use veche_acme::Certificates;
use veche_api::{ApiSettings, App, Gate, Plugs, SiteFacts};
use veche_base::metrics::Registry;
use veche_base::{Clock, Entropy, random_token};
use veche_calls::{AccessKeys, Calls};
use veche_directory::{Directory, SYNC_EVERY};
use veche_homeserver::Homeserver;
use veche_homeserver::core::Core;
use veche_homeserver::profiles::DISPLAY_NAME;
use veche_rooms::SigningKeys;
use veche_runtime::{OsEntropy, Supervisor, SystemClock, outbound};
use veche_store::sql::secrets::Name;
use veche_store::sql::{self, Sql, settings as stored};
use veche_store::{OpenOptions, Store};

use crate::addresses::Whereabouts;
use crate::console::{self, Followers};
use crate::exit::Failure;
use crate::identity;
use crate::settings::{Loaded, Outbound, Rates, RoomVersion, Settings};
use crate::statistics::Statistics;
use crate::tls;
use crate::verification::Verification;

/// Every setting that lies with the data, and what else is kept there.
pub(crate) fn stored_settings(sql: &Sql) -> Result<BTreeMap<String, Value>, sql::Error> {
    let stored = sql.read_blocking(stored::all)?;
    let parse = |(key, json): (String, String)| {
        let value = serde_json::from_str(&json);
        value.map(|value| (key.clone(), value)).map_err(|_| sql::Error::Corrupt(format!("setting {key:?}")))
    };
    stored.into_iter().map(parse).collect()
}

/// How often sessions' last use is written down and expired tokens are forgotten.
const HOUSEKEEPING: Duration = Duration::from_secs(5 * 60);

/// How often uploads that were cut off are looked for.
const CONTENT_SWEEP: Duration = Duration::from_secs(24 * 60 * 60);

/// Letters of the version of a new signing key: enough to tell two keys of one server apart.
const KEY_VERSION_CHARS: usize = 6;
/// Letters of the secret that signs tokens for calls: as many random bits as its hash has.
const CALL_SECRET_CHARS: usize = 43;

/// What is on disk, opened for this process alone, and who is who in it. Clones are handles to the same.
#[derive(Clone)]
pub(crate) struct Ground {
    pub(crate) registry: Registry,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(crate) store: Arc<Store>,
    pub(crate) sql: Arc<Sql>,
    /// Cancelled when a disk write has failed for good: the process must end.
    pub(crate) failed: CancellationToken,
}

impl Ground {
    /// Opens the data folder; fails with words if another process has it, or it is damaged or newer.
    pub(crate) fn open(dir: &Path, reserve_bytes: Option<u64>) -> Result<Self, Failure> {
        let registry = Registry::new();
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
        let entropy: Arc<dyn Entropy> = Arc::new(OsEntropy);
        let failed = CancellationToken::new();

        let stopped = failed.clone();
        let mut options = OpenOptions::new(Arc::clone(&clock), Arc::clone(&entropy))
            .metrics(veche_store::Metrics::new(&registry.scope("store")))
            .on_stopped(move |reason| {
                error!(reason, "the store has stopped after a failed write");
                stopped.cancel();
            });
        if let Some(bytes) = reserve_bytes {
            options = options.disk_reserve_bytes(bytes);
        }
        // The store comes first, because its lock is what keeps a second process out.
        let store = Store::open(dir, options).map_err(Failure::new)?;

        let stopped = failed.clone();
        let on_failure = Box::new(move || {
            error!("the administration database has stopped after a failed write");
            stopped.cancel();
        });
        let options = sql::Options { metrics: registry.clone(), on_failure };
        let sql = Sql::open(dir, options).map_err(Failure::new)?;
        Ok(Self { registry, clock, entropy, store, sql, failed })
    }

    /// Closes the administration database of a process that never became a server; the store has nothing to flush.
    pub(crate) async fn close(self) {
        if tokio::task::spawn_blocking(move || self.sql.close()).await.is_err() {
            warn!("the administration database could not be closed in order");
        }
    }

    /// Opens the directory of users.
    pub(crate) fn directory(&self, settings: veche_directory::Settings) -> Result<Arc<Directory>, Failure> {
        let (clock, entropy) = (Arc::clone(&self.clock), Arc::clone(&self.entropy));
        Directory::open(Arc::clone(&self.sql), clock, entropy, settings, &self.registry).map_err(Failure::new)
    }
}

/// The whole server without its sockets.
pub(crate) struct Product {
    pub(crate) ground: Ground,
    pub(crate) directory: Arc<Directory>,
    pub(crate) homeserver: Arc<Homeserver>,
    pub(crate) calls: Arc<Calls>,
    pub(crate) certificates: Certificates,
    pub(crate) whereabouts: Arc<Whereabouts>,
    /// What the console says of the site.
    pub(crate) site: SiteFacts,
    /// Background work; drained before the stores are closed.
    pub(crate) workers: Supervisor,
}

impl Product {
    /// Looks at settings that could stop the start, before anything is touched.
    pub(crate) fn check(loaded: &Loaded) -> Result<(), Failure> {
        tls::check(loaded)?;
        outbound_client(loaded).map(|_| ())
    }

    /// Opens everything below the network; `certificates` if a first run has opened them. Blocks; the caller stands in
    /// the async runtime's context.
    pub(crate) fn open(
        loaded: &Loaded,
        dir: &Path,
        ground: Ground,
        workers: Supervisor,
        certificates: Option<Certificates>,
    ) -> Result<Self, Failure> {
        let settings = &loaded.settings;
        tls::check(loaded)?;
        // Certificates that cannot be read should stop the start and not the first notification.
        let outbound = outbound_client(loaded)?;
        identity::keep(&ground.sql, loaded)?;
        let (sql, clock) = (Arc::clone(&ground.sql), Arc::clone(&ground.clock));
        let whereabouts = Handle::current().block_on(Whereabouts::find(settings, sql, clock));
        let addresses = whereabouts.of_the_site();
        let certificates = match certificates {
            Some(certificates) => tls::follow(&certificates, loaded, &addresses).map(|()| certificates)?,
            None => tls::open(loaded, dir, &ground, &addresses)?,
        };
        let directory = ground.directory(directory_settings(settings))?;
        let homeserver = Arc::new(Homeserver::open(Arc::new(Core {
            store: Arc::clone(&ground.store),
            clock: Arc::clone(&ground.clock),
            entropy: Arc::clone(&ground.entropy),
            server_name: settings.server.name.clone(),
            keys: signing_keys(&ground, settings)?,
            directory: Arc::clone(&directory),
            settings: homeserver_settings(settings),
        })));
        homeserver.start(&workers, outbound);
        let calls = Calls::new(Arc::clone(&homeserver), call_keys(&ground)?);
        workers.spawn("housekeeping", keep_house(Arc::clone(&directory), workers.shutdown_token()));
        directory.set_dialer(dialer(loaded)?);
        workers.spawn("company directories", follow_directories(Arc::clone(&directory), workers.shutdown_token()));
        let names = give_names(Arc::clone(&directory), Arc::clone(&homeserver), workers.shutdown_token());
        workers.spawn("names of directories", names);
        workers.spawn("content sweep", sweep_content(Arc::clone(&homeserver), workers.shutdown_token()));
        let (store, sql, clock) = (Arc::clone(&ground.store), Arc::clone(&ground.sql), Arc::clone(&ground.clock));
        let verification = Verification::new(store, sql, clock, &ground.registry);
        workers.spawn("verification", verification.run(workers.shutdown_token()));
        let statistics = Statistics::new(Arc::clone(&ground.clock), Arc::clone(&directory), Arc::clone(&homeserver));
        workers.spawn("statistics", statistics.run(workers.shutdown_token()));
        let site = SiteFacts::default();
        let product = Self { ground, directory, homeserver, calls, certificates, whereabouts, site, workers };
        product.followers().follow(settings);
        Ok(product)
    }

    /// The parts that follow settings while the server runs.
    pub(crate) fn followers(&self) -> Followers {
        Followers {
            directory: Arc::clone(&self.directory),
            homeserver: Arc::clone(&self.homeserver),
            site: self.site.clone(),
            certificates: self.certificates.clone(),
        }
    }

    /// Gives the owner the name that he has chosen in the wizard.
    pub(crate) async fn name_owner(&self) {
        let named = async {
            let Some(owner) = self.directory.owner_profile().await.map_err(|error| error.to_string())? else {
                return Ok(());
            };
            let name = Some(owner.display_name.into());
            let set = self.homeserver.profiles.set(&owner.user_id, DISPLAY_NAME, name).await;
            set.map_err(|error| error.to_string())?;
            self.directory.owner_profile_taken().await.map_err(|error| error.to_string())
        };
        if let Err(error) = named.await {
            warn!(error, "the owner's name could not be set; this is tried again at the next start");
        }
    }

    /// Everything that is answered over HTTP. `url` is where clients reach it.
    pub(crate) fn router(&self, settings: &Settings, url: &str, plugs: Plugs) -> Router {
        let mut edge = api_settings(settings, url.to_owned());
        edge.own_authority = Some(Arc::new(tls::OwnRoot(self.certificates.clone())));
        let gate = Gate::new(
            edge,
            &self.ground.registry,
            Arc::clone(&self.ground.clock),
            Arc::clone(&self.ground.entropy),
            Arc::clone(&self.directory) as Arc<_>,
            self.workers.clone(),
        );
        veche_api::router(App::new(Arc::clone(&self.homeserver), Arc::clone(&self.directory), gate).with(plugs))
    }

    /// Writes down what is only in memory, and closes both databases.
    pub(crate) async fn close(self) {
        if let Err(error) = self.directory.housekeep().await {
            warn!(%error, "when devices were last seen could not be written down");
        }
        if let Err(error) = self.ground.store.close().await {
            // What was acknowledged is in the log of the database, which the next start reads.
            warn!(%error, "the store could not be flushed");
        }
        let sql = Arc::clone(&self.ground.sql);
        if tokio::task::spawn_blocking(move || sql.close()).await.is_err() {
            warn!("the administration database could not be closed in order");
        }
    }
}

async fn keep_house(directory: Arc<Directory>, stopping: CancellationToken) {
    while tokio::time::timeout(HOUSEKEEPING, stopping.cancelled()).await.is_err() {
        if let Err(error) = directory.housekeep().await {
            warn!(%error, "housekeeping of sessions failed");
        }
    }
}

/// Looks again and again whom the company directories still know.
async fn follow_directories(directory: Arc<Directory>, stopping: CancellationToken) {
    while tokio::time::timeout(SYNC_EVERY, stopping.cancelled()).await.is_err() {
        tokio::select! {
            done = directory.sync_directories() => if let Err(error) = done {
                warn!(%error, "people of company directories could not be looked at");
            },
            () = stopping.cancelled() => return,
        }
    }
}

/// Calls people as the company directories call them; at the start, whoever was not called so before it.
async fn give_names(directory: Arc<Directory>, homeserver: Arc<Homeserver>, stopping: CancellationToken) {
    loop {
        let given = async {
            for (user, name) in directory.names_to_give().await.map_err(|error| error.to_string())? {
                if let Err(error) = homeserver.profiles.set(&user, DISPLAY_NAME, Some(name.clone().into())).await {
                    warn!(%error, user_id = %user, "a name of a company directory could not be set");
                    continue;
                }
                directory.name_given(&user, &name).await.map_err(|error| error.to_string())?;
            }
            Ok::<_, String>(())
        };
        if let Err(error) = given.await {
            warn!(error, "names of company directories could not be set; this is tried again with the next one");
        }
        tokio::select! {
            () = directory.names_arrived() => {}
            () = stopping.cancelled() => return,
        }
    }
}

async fn sweep_content(homeserver: Arc<Homeserver>, stopping: CancellationToken) {
    // Not at once: a server that starts has better things to do.
    let mut wait = HOUSEKEEPING;
    while tokio::time::timeout(wait, stopping.cancelled()).await.is_err() {
        wait = CONTENT_SWEEP;
        match homeserver.content.sweep().await {
            Ok(0) => {}
            Ok(files) => info!(files, "deleted files that nothing referred to"),
            Err(error) => warn!(%error, "files that nothing refers to could not be looked for"),
        }
    }
}

fn outbound_client(loaded: &Loaded) -> Result<outbound::Client, Failure> {
    client_reaching(loaded, reach(&loaded.settings))
}

/// The outbound client for the ACME directory. Its address is an administrator's own choice, unlike those of push
/// gateways, so it may always stand in the company's networks.
pub(crate) fn authority_client(loaded: &Loaded) -> Result<outbound::Client, Failure> {
    client_reaching(loaded, reach(&loaded.settings).max(outbound::Reach::Private))
}

const fn reach(settings: &Settings) -> outbound::Reach {
    match settings.network.outbound {
        Outbound::Public => outbound::Reach::Public,
        Outbound::Private => outbound::Reach::Private,
        Outbound::Loopback => outbound::Reach::Loopback,
    }
}

/// What connects to company directories.
fn dialer(loaded: &Loaded) -> Result<outbound::Dialer, Failure> {
    Ok(outbound::Dialer::new(&outbound_settings(loaded, reach(&loaded.settings))?))
}

fn client_reaching(loaded: &Loaded, reach: outbound::Reach) -> Result<outbound::Client, Failure> {
    let client = outbound::Client::new(&outbound_settings(loaded, reach)?);
    Ok(client.map_err(|error| loaded.complaint("tls.extra_ca", error.to_string()))?)
}

fn outbound_settings(loaded: &Loaded, reach: outbound::Reach) -> Result<outbound::Settings, Failure> {
    let settings = &loaded.settings;
    let complain = |reason: String| loaded.complaint("tls.extra_ca", reason);
    let extra_ca_pem = match &settings.tls.extra_ca {
        None => None,
        Some(path) => {
            Some(std::fs::read(path).map_err(|error| complain(format!("{} cannot be read: {error}", path.display())))?)
        }
    };
    Ok(outbound::Settings { reach, extra_ca_pem })
}

fn signing_keys(ground: &Ground, settings: &Settings) -> Result<SigningKeys, Failure> {
    let seed = ground.sql.secret_bytes(Name::SigningKeySeed, ground.entropy.as_ref()).map_err(Failure::new)?;
    let version = random_token(ground.entropy.as_ref(), KEY_VERSION_CHARS);
    let version = ground.sql.secret_text(Name::SigningKeyVersion, version).map_err(Failure::new)?;
    SigningKeys::from_seed(settings.server.name.clone(), version.expose(), seed.expose()).map_err(Failure::new)
}

/// The name and the secret by which tokens for calls are signed. LiveKit's tools know the name as an API key.
fn call_keys(ground: &Ground) -> Result<AccessKeys, Failure> {
    let fresh = random_token(ground.entropy.as_ref(), CALL_SECRET_CHARS);
    let secret = ground.sql.secret_text(Name::CallSecret, fresh).map_err(Failure::new)?;
    AccessKeys::new("veche", &secret).map_err(Failure::new)
}

pub(crate) fn directory_settings(settings: &Settings) -> veche_directory::Settings {
    veche_directory::Settings {
        registration: console::registration(settings),
        shared_secret: settings.registration.shared_secret.clone(),
        rates: settings.limits.rates == Rates::On,
        ..veche_directory::Settings::new(settings.server.name.clone())
    }
}

fn homeserver_settings(settings: &Settings) -> veche_homeserver::core::Settings {
    veche_homeserver::core::Settings {
        default_room_version: room_version(settings),
        presence: settings.presence.enabled,
        upload_bytes_max: settings.limits.upload_bytes_max,
        uploads_per_user_bytes_max: settings.limits.uploads_per_user_bytes_max,
    }
}

fn api_settings(settings: &Settings, base_url: String) -> ApiSettings {
    ApiSettings {
        trusted_proxies: settings.network.trusted_proxies.clone(),
        default_room_version: room_version(settings),
        rates: settings.limits.rates == Rates::On,
        ..ApiSettings::new(settings.server.name.clone(), base_url)
    }
}

const fn room_version(settings: &Settings) -> RoomVersionId {
    match settings.rooms.default_version {
        RoomVersion::V10 => RoomVersionId::V10,
        RoomVersion::V11 => RoomVersionId::V11,
        RoomVersion::V12 => RoomVersionId::V12,
    }
}

/// Where clients reach the server: as set, else under its name at the port that HTTPS really got.
pub(crate) fn base_url(settings: &Settings, http: Option<SocketAddr>, https: Option<SocketAddr>) -> String {
    let name = &settings.server.name;
    match (&settings.server.public_url, https, http) {
        (Some(url), _, _) => url.clone(),
        (None, Some(https), _) if name.port().is_none() && https.port() != 443 => {
            format!("https://{name}:{}", https.port())
        }
        // Without HTTPS of its own the server is reached from this machine only, or through a proxy under its name.
        (None, None, Some(http)) if name.host() == "localhost" || http.port() != 8080 => format!("http://{http}"),
        (None, _, _) => format!("https://{name}"),
    }
}

#[cfg(test)]
mod tests {
    use super::base_url;
    use crate::settings::Settings;

    #[test]
    fn clients_are_told_an_address_that_answers() {
        let https = Some("0.0.0.0:8443".parse().unwrap());
        let https_443 = Some("0.0.0.0:443".parse().unwrap());
        let http = Some("127.0.0.1:41023".parse().unwrap());
        let mut settings = Settings::default();
        assert_eq!(base_url(&settings, http, https), "https://localhost:8443");
        assert_eq!(base_url(&settings, http, https_443), "https://localhost");
        assert_eq!(base_url(&settings, http, None), "http://127.0.0.1:41023");
        settings.server.name = ruma::owned_server_name!("chat.example.org:8448");
        assert_eq!(base_url(&settings, http, https), "https://chat.example.org:8448");
        settings.server.public_url = Some("https://chat.example.org".to_owned());
        assert_eq!(base_url(&settings, http, https), "https://chat.example.org");
    }
}
