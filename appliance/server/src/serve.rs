//! `veche serve`: starts the server part by part, waits for the signal to stop, and stops it in order.

use std::fs::DirBuilder;
use std::io::Write;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};
use veche_base::limits;
use veche_runtime::systemd::Notifier;
use veche_runtime::{Signals, Supervisor};

use crate::cli;
use crate::control;
use crate::exit::Failure;
use crate::listeners::{BoundListener, Doorkeeper};
use crate::logging;
use crate::ready::ReadyLine;
use crate::settings::{Loaded, default_file};
use crate::tls;
use crate::user;
use crate::wiring::{Product, base_url};

/// Runs the server until it is told to stop.
pub(crate) fn run(arguments: &cli::Serve) -> Result<(), Failure> {
    let config = arguments.config.clone().or_else(|| default_file(&arguments.data.dir));
    let loaded = Loaded::read(config.as_deref(), &arguments.overrides)?;
    logging::start(&loaded.settings.log);
    let dir = make_data_folder(&arguments.data.dir)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(Failure::during("the worker threads cannot be started"))?;
    let product = {
        let _context = runtime.enter();
        Product::open(&loaded, &dir)?
    };
    let outcome = runtime.block_on(serve(&loaded, &dir, product));
    // What still blocks a thread now (a hash, a thumbnail) is not worth waiting for.
    runtime.shutdown_timeout(Duration::from_secs(1));
    outcome
}

async fn serve(loaded: &Loaded, dir: &Path, product: Product) -> Result<(), Failure> {
    let mut signals = Signals::listen().map_err(Failure::during("signals cannot be received"))?;
    let systemd = Notifier::from_environment().map_err(Failure::during("NOTIFY_SOCKET cannot be used"))?;
    let sockets = Sockets::bind(loaded, dir).await?;
    let connections = product.workers.sibling();
    let ready = sockets.open(loaded, &product, &connections);
    control::listen(dir, user::control_handler(Arc::clone(&product.directory)), &connections)?;
    watchdog(&systemd, &product.workers);

    ready.line.print().map_err(Failure::during("the ready line cannot be printed"))?;
    systemd.ready();
    info!(server_name = %loaded.settings.server.name, version = env!("CARGO_PKG_VERSION"), "the server answers");
    welcome(&product, &ready.url, dir);

    let asked = wait_for_the_end(&mut signals, &product.ground.failed).await;
    systemd.stopping();
    tokio::select! {
        () = stop(&connections, product) => info!("stopped"),
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
}

/// What is told to the world once the sockets answer.
struct Ready {
    line: ReadyLine,
    url: String,
}

impl Sockets {
    async fn bind(loaded: &Loaded, dir: &Path) -> Result<Self, Failure> {
        let settings = &loaded.settings;
        let taken = |key: &'static str, address| {
            move |error| loaded.complaint(key, format_args!("{address} cannot be listened on: {error}"))
        };
        let http = match settings.listen.http {
            Some(address) => Some(BoundListener::http(address).await.map_err(taken("listen.http", address))?),
            None => None,
        };
        let https = match settings.listen.https {
            Some(address) => {
                let tls = tls::server_config(dir, settings.server.name.as_str()).map_err(Failure::new)?;
                Some(BoundListener::https(address, tls).await.map_err(taken("listen.https", address))?)
            }
            None => None,
        };
        Ok(Self { http, https })
    }

    /// Lets clients in.
    fn open(self, loaded: &Loaded, product: &Product, connections: &Supervisor) -> Ready {
        let http = self.http.as_ref().map(BoundListener::address);
        let https = self.https.as_ref().map(BoundListener::address);
        let router = product.router(&loaded.settings, http, https);
        let limits = &loaded.settings.limits;
        let registry = &product.ground.registry;
        let doorkeeper = Doorkeeper::new(limits.connections_max, limits.connections_per_address_max, registry);
        for listener in [self.http, self.https].into_iter().flatten() {
            let serving = listener.serve(router.clone(), Arc::clone(&doorkeeper), connections.clone());
            connections.spawn("listener", serving);
        }
        Ready { line: ReadyLine::new(http, https), url: base_url(&loaded.settings, http, https) }
    }
}

/// Says on standard error where the server is, and how the first account is made as long as there is none.
///
/// This is no log line: the token is a secret that belongs on the console, not into a log collector.
fn welcome(product: &Product, url: &str, dir: &Path) {
    let mut console = std::io::stderr().lock();
    let printed = match product.directory.first_claim_token() {
        None => writeln!(console, "Veche answers at {url}"),
        Some(token) => writeln!(
            console,
            "Veche answers at {url}\n\
             There is no account yet. Register the first one in any Matrix client with this one-time\n\
             registration token, and it becomes the administrator:\n\n    {token}\n\n\
             Or make one here: veche user add NAME --admin --data {}",
            dir.display()
        ),
    };
    // With standard error closed nobody is there to be welcomed.
    let _ = printed;
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
async fn stop(connections: &Supervisor, product: Product) {
    // Long polls heed the workers' token: they answer at once instead of after their half minute.
    product.workers.begin_shutdown();
    let deadline = Duration::from_secs(limits::SHUTDOWN_SECS_MAX);
    connections.drain(deadline).await;
    product.workers.drain(deadline).await;
    product.close().await;
}

/// The data folder, made if it is not there; others on the machine may not look into it.
fn make_data_folder(dir: &Path) -> Result<PathBuf, Failure> {
    let fail = || Failure::during(format!("the data folder {} cannot be used", dir.display()));
    DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(fail())?;
    dir.canonicalize().map_err(fail())
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
