//! `veche serve`: starts the server part by part, waits for the signal to stop, and stops it in order.

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use ruma::owned_server_name;
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};
use veche_api::admin::v1::reachability::Reachability;
use veche_base::{Secret, limits};
use veche_runtime::systemd::Notifier;
use veche_runtime::{Signals, Supervisor};
use veche_store::create_private_dir;

use crate::certificate;
use crate::claim;
use crate::cli;
use crate::control::{self, Answer, Request};
use crate::doctor::Doctor;
use crate::exit::Failure;
use crate::first_run::{self, FirstRun};
use crate::listeners::{BoundListener, Door, Doorkeeper, Proxies, Redirect, Service};
use crate::logging;
use crate::ready::{Bound, ReadyLine};
use crate::settings::{Loaded, default_file};
use crate::surroundings::{House, Plugged, Surroundings};
use crate::tls::{self, Acceptor};
use crate::user;
use crate::wiring::{Ground, Product, base_url, stored_settings};

/// Runs the server until it is told to stop.
pub(crate) fn run(arguments: &cli::Run) -> Result<(), Failure> {
    let cli::Run { server, show_claim } = arguments;
    let config = server.config.clone().or_else(|| default_file(&server.data.dir));
    let loaded = Loaded::read(config.as_deref(), &server.overrides)?;
    let log = logging::start(&loaded.settings.log);
    let dir = make_data_folder(&server.data.dir)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(Failure::during("the worker threads cannot be started"))?;
    let ground = {
        let _context = runtime.enter();
        Product::check(&loaded)?;
        Ground::open(&dir, loaded.settings.storage.reserve_bytes)?
    };
    let reader = claim::Reader::of_standard_error(*show_claim);
    let outcome = runtime.block_on(begin(loaded, &House { dir: &dir, log: &log }, ground, reader));
    log.lines.write_out();
    // What still blocks a thread now (a hash, a thumbnail) is not worth waiting for.
    runtime.shutdown_timeout(Duration::from_secs(1));
    outcome
}

/// The first run, if there has to be one, and then the server.
async fn begin(loaded: Loaded, house: &House<'_>, ground: Ground, reader: claim::Reader) -> Result<(), Failure> {
    let mut machine = Machine::of_this_process(reader)?;
    let workers = Supervisor::new(&ground.registry);
    workers.spawn("log", house.log.lines.clone().gather(workers.shutdown_token()));
    watchdog(&machine.systemd, &workers);
    let sockets = Sockets::bind(&loaded).await?;
    let mut over = None;
    if first_run::is_needed(&loaded, &ground)? {
        let first_run = FirstRun {
            loaded: &loaded,
            dir: house.dir,
            ground: &ground,
            sockets: &sockets,
            reader,
            supervisor: &workers,
        };
        match first_run.run(&mut machine.signals, &machine.systemd).await? {
            first_run::Ended::Over(left) => over = Some(left),
            first_run::Ended::Stopped => {
                machine.systemd.stopping();
                workers.drain(Duration::from_secs(limits::SHUTDOWN_SECS_MAX)).await;
                ground.close().await;
                return Ok(());
            }
        }
    }
    let stored = stored_settings(&ground.sql).map_err(Failure::new)?;
    let loaded = loaded.with_stored(&stored);
    let certificates = over.as_ref().map(|over| over.certificates.clone());
    let product = tokio::task::block_in_place(|| Product::open(&loaded, house.dir, ground, workers, certificates))?;
    serve(&loaded, house, product, Begun { sockets, over }, machine).await
}

/// What the process has from the machine.
struct Machine {
    signals: Signals,
    systemd: Notifier,
    reader: claim::Reader,
}

impl Machine {
    fn of_this_process(reader: claim::Reader) -> Result<Self, Failure> {
        let signals = Signals::listen().map_err(Failure::during("signals cannot be received"))?;
        let systemd = Notifier::from_environment().map_err(Failure::during("NOTIFY_SOCKET cannot be used"))?;
        Ok(Self { signals, systemd, reader })
    }
}

/// What was there before the server.
struct Begun {
    sockets: Sockets,
    /// What a first run has left.
    over: Option<first_run::Over>,
}

async fn serve(
    loaded: &Loaded,
    house: &House<'_>,
    product: Product,
    begun: Begun,
    mut machine: Machine,
) -> Result<(), Failure> {
    // What the last process left undone comes before anybody is let in. A failure stops nothing: the work stays written
    // down, and who needs it done waits for it.
    if let Err(error) = product.homeserver.departures.settle_all().await {
        warn!(%error, "devices or accounts that are gone have not been forgotten yet");
    }
    product.name_owner().await;
    let surroundings = Surroundings::start(loaded, &product)?;
    let connections = product.workers.sibling();
    // No sooner: those who were in a call have from here on to come back.
    product.calls.start(&product.workers).map_err(Failure::new)?;
    let ready = begun.sockets.open(loaded, house, &product, &surroundings, &connections)?;
    keep_certificates(loaded, &product);
    control::listen(house.dir, control_handler(&product, Arc::clone(&ready.doctor)), &connections)?;
    // Before whoever went through the wizard hears of the end: the code that let them in is worth nothing then.
    claim::welcome(&product.directory, &ready.url, house.dir, machine.reader, &product.workers);
    if let Some(over) = begun.over {
        over.leave_to(&ready.doctor).await;
    }

    ready.line.print().map_err(Failure::during("the ready line cannot be printed"))?;
    machine.systemd.ready();
    let (server_name, version) = (&loaded.settings.server.name, env!("CARGO_PKG_VERSION"));
    info!(%server_name, version, url = %ready.url, "the server answers");
    if !veche_web::Pages::built_in().is_built() {
        warn!("this program was built without pages; browsers are told so");
    }

    let asked = wait_for_the_end(&mut machine.signals, &product.ground.failed).await;
    machine.systemd.stopping();
    tokio::select! {
        () = stop(&connections, product, surroundings) => info!("stopped"),
        signal = machine.signals.next() => {
            warn!(signal, "stopping at once");
            return Err(Failure::new("stopped at once by a second signal"));
        }
    }
    asked
}

/// The bound sockets, none of which answers yet.
pub(crate) struct Sockets {
    pub(crate) http: Option<BoundListener>,
    pub(crate) https: Option<BoundListener>,
    pub(crate) redirect: Option<BoundListener>,
}

/// What is told to the world once the sockets answer.
struct Ready {
    line: ReadyLine,
    url: String,
    doctor: Arc<Doctor>,
}

impl Sockets {
    async fn bind(loaded: &Loaded) -> Result<Self, Failure> {
        let listen = &loaded.settings.listen;
        let sockets = Self {
            http: bind(loaded, "listen.http", listen.http).await?,
            https: bind(loaded, "listen.https", listen.https).await?,
            redirect: bind(loaded, "listen.redirect", listen.redirect).await?,
        };
        let (bound, mut settings) = (sockets.bound(), loaded.settings.clone());
        if !loaded.is_fixed("server.name") {
            // It lies with the data, or the wizard has still to ask for it: no matter here.
            settings.server.name = owned_server_name!("name.invalid");
        }
        check_redirect(loaded, bound, &base_url(&settings, bound.http, bound.https))?;
        Ok(sockets)
    }

    /// Where they are.
    pub(crate) fn bound(&self) -> Bound {
        let at = |listener: &Option<BoundListener>| listener.as_ref().map(BoundListener::address);
        Bound { http: at(&self.http), https: at(&self.https), redirect: at(&self.redirect), ..Bound::default() }
    }

    /// Other handles to the same sockets, for the first run.
    pub(crate) fn again(&self) -> io::Result<Self> {
        let again = |listener: &Option<BoundListener>| listener.as_ref().map(BoundListener::again).transpose();
        Ok(Self { http: again(&self.http)?, https: again(&self.https)?, redirect: again(&self.redirect)? })
    }

    /// Lets clients in.
    fn open(
        self,
        loaded: &Loaded,
        house: &House<'_>,
        product: &Product,
        surroundings: &Surroundings,
        connections: &Supervisor,
    ) -> Result<Ready, Failure> {
        let settings = &loaded.settings;
        let bound = Bound {
            turn: surroundings.turn(),
            sfu: surroundings.sfu(),
            ice_tcp: surroundings.ice_tcp(),
            ..self.bound()
        };
        let url = base_url(settings, bound.http, bound.https);
        check_redirect(loaded, bound, &url)?;
        let Plugged { plugs, doctor } = surroundings.plugs(loaded, product, house, bound, &url);
        let router = product.router(settings, &url, plugs);
        let proxies = Arc::new(Proxies {
            of_http: settings.network.trusted_proxies.clone(),
            of_connections: settings.network.proxy_protocol_from.clone(),
        });
        let door = |places_max, per_address_max, scope| {
            let doorkeeper = Doorkeeper::new(places_max, per_address_max, &product.ground.registry.scope(scope));
            Door::new(doorkeeper, Arc::clone(&proxies), connections.clone())
        };
        let front = door(settings.limits.connections_max, settings.limits.connections_per_address_max, "server");
        if let Some(listener) = self.http {
            connections.spawn("http listener", listener.serve(Service::Http(router.clone()), front.clone()));
        }
        if let Some(listener) = self.https {
            let tls = Acceptor::new(&product.certificates.resolver()).map_err(Failure::new)?;
            let service = Service::Https { tls, router, turn: surroundings.turn_handle() };
            connections.spawn("https listener", listener.serve(service, front));
        }
        if let Some(listener) = self.redirect {
            // Places of its own: a flood of port 80 must not keep people from port 443.
            let (places, per_address) =
                (limits::REDIRECT_CONNECTIONS_MAX, limits::REDIRECT_CONNECTIONS_PER_ADDRESS_MAX);
            let service = Service::Redirect(Redirect::new(product.certificates.http_tokens(), &url));
            connections.spawn("redirect listener", listener.serve(service, door(places, per_address, "redirect")));
        }
        Ok(Ready { line: ReadyLine::new(bound), url, doctor })
    }
}

/// Fails if browsers would be sent where nobody answers.
fn check_redirect(loaded: &Loaded, bound: Bound, url: &str) -> Result<(), Failure> {
    if bound.redirect.is_none() || url.starts_with("https://") {
        return Ok(());
    }
    let reason = format!("it sends browsers to https, but this server is reached at {url}");
    Err(loaded.complaint("listen.redirect", reason).into())
}

async fn bind(
    loaded: &Loaded,
    key: &'static str,
    address: Option<SocketAddr>,
) -> Result<Option<BoundListener>, Failure> {
    let Some(address) = address else { return Ok(None) };
    match BoundListener::bind(address).await {
        Ok(listener) => Ok(Some(listener)),
        Err(error) => Err(loaded.complaint(key, format_args!("{address} cannot be listened on: {error}")).into()),
    }
}

/// Renews and orders certificates from now on: what answers validators listens already. The server's own follows the
/// addresses of this machine.
fn keep_certificates(loaded: &Loaded, product: &Product) {
    let status = product.certificates.status();
    if status.wanted != status.in_use {
        let (wanted, in_use) = (status.wanted.as_str(), status.in_use.as_str());
        warn!(wanted, in_use, "the wanted certificate is not there yet; another one stands in");
    }
    let certificates = product.certificates.clone();
    let stopping = product.workers.shutdown_token();
    product.workers.spawn("certificates", async move { certificates.run(stopping).await });
    tls::follow_addresses(&loaded.settings, &product.certificates, &product.whereabouts, &product.workers);
}

/// Does what commands on this machine ask of the running server.
fn control_handler(product: &Product, doctor: Arc<Doctor>) -> control::Handler {
    let (directory, certificates) = (Arc::clone(&product.directory), product.certificates.clone());
    Arc::new(move |request| {
        let (directory, certificates) = (Arc::clone(&directory), certificates.clone());
        let doctor = Arc::clone(&doctor);
        async move {
            match request {
                Request::UserAdd { name, password, admin, owner } => {
                    let password = Secret::new(password);
                    user::take_new(directory, user::New { name, password, admin, owner }).await
                }
                Request::UserRecover { name, password } => {
                    user::take_recovery(directory, name, Secret::new(password)).await
                }
                Request::CertificateUpload { chain, key } => certificate::take_upload(certificates, chain, key).await,
                Request::CertificateRoot => Answer::CertificateRoot(certificates.own_root_pem()),
                Request::CertificateStatus => Answer::CertificateStatus(Box::new(certificates.status())),
                Request::Doctor => Answer::Examined(Box::new(doctor.report(None).await)),
            }
        }
        .boxed()
    })
}

/// Waits for the first signal, or for a database to fail for good.
async fn wait_for_the_end(signals: &mut Signals, failed: &CancellationToken) -> Result<(), Failure> {
    tokio::select! {
        signal = signals.next() => {
            info!(signal, "stopping");
            Ok(())
        }
        () = failed.cancelled() => {
            error!("nothing more is acknowledged; stopping");
            Err(Failure::new("the data cannot be written any more; see the log"))
        }
    }
}

/// Stops listening, finishes requests, drains workers, and closes the databases last.
async fn stop(connections: &Supervisor, product: Product, surroundings: Surroundings) {
    // Long polls heed the workers' token: they answer at once instead of after their half minute.
    product.workers.begin_shutdown();
    let deadline = Duration::from_secs(limits::SHUTDOWN_SECS_MAX);
    connections.drain(deadline).await;
    surroundings.stop().await;
    product.workers.drain(deadline).await;
    product.close().await;
}

/// The data folder, made if it is not there; others on the machine may not look into it.
fn make_data_folder(dir: &Path) -> Result<PathBuf, Failure> {
    create_private_dir(dir).map_err(|error| Failure::new(format_args!("the data folder cannot be used: {error}")))?;
    dir.canonicalize().map_err(Failure::during(format!("the data folder {} cannot be used", dir.display())))
}

/// Tells systemd that the process lives, if it wants to know.
fn watchdog(systemd: &Notifier, workers: &Supervisor) {
    let Some(interval) = systemd.watchdog_interval() else { return };
    let systemd = systemd.clone();
    let stopping = workers.shutdown_token();
    workers.spawn("watchdog", async move {
        while tokio::time::timeout(interval, stopping.cancelled()).await.is_err() {
            systemd.alive();
        }
    });
}
