//! `veche serve`: starts the server part by part, waits for the signal to stop, and stops it in order.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};
use veche_api::admin::v1::reachability::Reachability;
use veche_base::limits;
use veche_runtime::systemd::Notifier;
use veche_runtime::{Signals, Supervisor};
use veche_store::create_private_dir;

use crate::certificate;
use crate::claim;
use crate::cli;
use crate::control::{self, Answer, Request};
use crate::doctor::Doctor;
use crate::exit::Failure;
use crate::listeners::{BoundListener, Door, Doorkeeper, Proxies, Redirect, Service};
use crate::logging;
use crate::ready::{Bound, ReadyLine};
use crate::settings::{Loaded, default_file};
use crate::surroundings::Surroundings;
use crate::tls::{self, Acceptor};
use crate::user;
use crate::wiring::{Product, base_url};

/// Runs the server until it is told to stop.
pub(crate) fn run(arguments: &cli::Run) -> Result<(), Failure> {
    let cli::Run { server, show_claim } = arguments;
    let config = server.config.clone().or_else(|| default_file(&server.data.dir));
    let loaded = Loaded::read(config.as_deref(), &server.overrides)?;
    logging::start(&loaded.settings.log);
    let dir = make_data_folder(&server.data.dir)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(Failure::during("the worker threads cannot be started"))?;
    let product = {
        let _context = runtime.enter();
        Product::open(&loaded, &dir)?
    };
    let reader = claim::Reader::of_standard_error(*show_claim);
    let outcome = runtime.block_on(serve(&loaded, &dir, product, reader));
    // What still blocks a thread now (a hash, a thumbnail) is not worth waiting for.
    runtime.shutdown_timeout(Duration::from_secs(1));
    outcome
}

async fn serve(loaded: &Loaded, dir: &Path, product: Product, reader: claim::Reader) -> Result<(), Failure> {
    let mut signals = Signals::listen().map_err(Failure::during("signals cannot be received"))?;
    let systemd = Notifier::from_environment().map_err(Failure::during("NOTIFY_SOCKET cannot be used"))?;
    // What the last process left undone comes before anybody is let in. A failure stops nothing: the work stays written
    // down, and who needs it done waits for it.
    if let Err(error) = product.homeserver.departures.settle_all().await {
        warn!(%error, "devices or accounts that are gone have not been forgotten yet");
    }
    let surroundings = Surroundings::start(loaded, &product)?;
    let sockets = Sockets::bind(loaded).await?;
    let connections = product.workers.sibling();
    let ready = sockets.open(loaded, dir, &product, &surroundings, &connections)?;
    keep_certificates(loaded, &product);
    control::listen(dir, control_handler(&product, ready.doctor), &connections)?;
    watchdog(&systemd, &product.workers);

    claim::welcome(&product.directory, &ready.url, dir, reader, &product.workers);
    ready.line.print().map_err(Failure::during("the ready line cannot be printed"))?;
    systemd.ready();
    let (server_name, version) = (&loaded.settings.server.name, env!("CARGO_PKG_VERSION"));
    info!(%server_name, version, url = %ready.url, "the server answers");
    if !veche_web::Pages::built_in().is_built() {
        warn!("this program was built without pages; browsers are told so");
    }

    let asked = wait_for_the_end(&mut signals, &product.ground.failed).await;
    systemd.stopping();
    tokio::select! {
        () = stop(&connections, product, surroundings) => info!("stopped"),
        signal = signals.next() => {
            warn!(signal, "stopping at once");
            return Err(Failure::new("stopped at once by a second signal"));
        }
    }
    asked
}

/// The bound sockets, none of which answers yet.
struct Sockets {
    http: Option<BoundListener>,
    https: Option<BoundListener>,
    redirect: Option<BoundListener>,
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
        Ok(Self {
            http: bind(loaded, "listen.http", listen.http).await?,
            https: bind(loaded, "listen.https", listen.https).await?,
            redirect: bind(loaded, "listen.redirect", listen.redirect).await?,
        })
    }

    /// Lets clients in.
    fn open(
        self,
        loaded: &Loaded,
        dir: &Path,
        product: &Product,
        surroundings: &Surroundings,
        connections: &Supervisor,
    ) -> Result<Ready, Failure> {
        let settings = &loaded.settings;
        let at = |listener: &Option<BoundListener>| listener.as_ref().map(BoundListener::address);
        let (http, https, redirect) = (at(&self.http), at(&self.https), at(&self.redirect));
        let bound = Bound { http, https, redirect, turn: surroundings.turn() };
        let url = base_url(settings, bound.http, bound.https);
        let plugged = surroundings.plugs(loaded, product, dir, bound, &url);
        let router = product.router(settings, &url, plugged.plugs());
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
            if !url.starts_with("https://") {
                let reason = format!("it sends browsers to https, but this server is reached at {url}");
                return Err(loaded.complaint("listen.redirect", reason).into());
            }
            // Places of its own: a flood of port 80 must not keep people from port 443.
            let (places, per_address) =
                (limits::REDIRECT_CONNECTIONS_MAX, limits::REDIRECT_CONNECTIONS_PER_ADDRESS_MAX);
            let service = Service::Redirect(Redirect::new(product.certificates.http_tokens(), &url));
            connections.spawn("redirect listener", listener.serve(service, door(places, per_address, "redirect")));
        }
        Ok(Ready { line: ReadyLine::new(bound), url, doctor: plugged.doctor })
    }
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
                Request::UserAdd { name, password, admin } => user::take_new(directory, name, password, admin).await,
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
