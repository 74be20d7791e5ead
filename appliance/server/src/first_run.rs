//! The first run: as long as nobody has an account, this process is a wizard and nothing else (DESIGN D7). It answers on the
//! sockets of the server that it will be; when it is finished, those take over in the same process.
//!
//! Accounts made on the command line end it, too: then the settings of the machine are all there is.
//!
//! What is started here is stopped before the server starts, but for the request by which the wizard is finished: its answer
//! tells what the started server looks like.

mod pages;
mod site;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use ruma::owned_server_name;
use tokio::sync::{mpsc, oneshot};
use tracing::{info, warn};
use veche_acme::Certificates;
use veche_api::admin::v1::reachability::{Reachability, Report, Visit};
use veche_api::setup::{SetupSessions, Wizard};
use veche_api::{ApiSettings, Gate};
use veche_base::metrics::Registry;
use veche_base::{Secret, limits};
use veche_directory::Directory;
use veche_directory::setup::{Setup, SetupSettings};
use veche_runtime::systemd::Notifier;
use veche_runtime::{Signals, Supervisor};

use crate::addresses::Whereabouts;
use crate::certificate;
use crate::claim;
use crate::control::{self, Answer, Request};
use crate::doctor::Doctor;
use crate::exit::Failure;
use crate::identity;
use crate::listeners::{Door, Doorkeeper, Proxies, Redirect, Service};
use crate::ready::{Bound, ReadyLine};
use crate::serve::Sockets;
use crate::settings::{Loaded, Rates};
use crate::surroundings::built_in_pages;
use crate::tls::{self, Acceptor};
use crate::turn;
use crate::user;
use crate::wiring::{Ground, base_url, directory_settings};
pub(crate) use pages::ServersPages;
use pages::WizardPage;
use site::Site;

/// Where the wizard's page is.
const PATH: &str = "/setup/";

/// How the first run ended.
pub(crate) enum Ended {
    /// The process shall stop.
    Stopped,
    /// The server shall start.
    Over(Over),
}

/// What the first run leaves to the server.
pub(crate) struct Over {
    /// Opened for another name, perhaps.
    pub(crate) certificates: Certificates,
    /// Whoever finished the wizard, and waits to hear how the server does.
    waiting: Option<Waiting>,
    connections: Supervisor,
    workers: Supervisor,
}

/// A request by which the wizard was finished.
struct Waiting {
    visit: Visit,
    answer: oneshot::Sender<Report>,
}

/// What ends the first run.
enum End {
    Finished(Waiting),
    /// There is an account, made on the command line.
    AccountMade,
}

/// Whether this server is to be set up: nobody has an account, and the settings do not say that they are all there is.
pub(crate) fn is_needed(loaded: &Loaded, ground: &Ground) -> Result<bool, Failure> {
    Ok(!loaded.settings.setup.skip && Setup::is_needed(&ground.sql).map_err(Failure::new)?)
}

/// What the first run is made of.
pub(crate) struct FirstRun<'a> {
    pub(crate) loaded: &'a Loaded,
    pub(crate) dir: &'a Path,
    pub(crate) ground: &'a Ground,
    pub(crate) sockets: &'a Sockets,
    pub(crate) reader: claim::Reader,
    /// Of which the first run's are siblings.
    pub(crate) supervisor: &'a Supervisor,
}

impl FirstRun<'_> {
    /// Answers until the wizard is finished or the process shall stop.
    pub(crate) async fn run(self, signals: &mut Signals, systemd: &Notifier) -> Result<Ended, Failure> {
        turn::check_port(self.loaded)?;
        let (connections, workers) = (self.supervisor.sibling(), self.supervisor.sibling());
        let commands = self.supervisor.sibling();
        let whereabouts = self.whereabouts().await;
        let certificates = self.certificates(&whereabouts)?;
        let setup = self.setup()?;
        let (end, mut ended) = mpsc::channel(1);
        let bound = self.sockets.bound();
        let url = self.url(&whereabouts, bound);
        let site = Site::new(self.loaded, whereabouts, certificates.clone(), bound, end.clone());
        let wizard = Wizard::new(self.gate(&setup, &url, &workers), Arc::clone(&setup), Arc::new(site));
        let wizard = wizard.with_pages(Arc::new(WizardPage(built_in_pages())));
        self.listen(veche_api::setup::router(wizard), &certificates, &url, &connections)?;
        control::listen(self.dir, self.commands(&certificates, end), &commands)?;
        claim::show(setup.codes(), &url, self.dir, self.reader, &workers);
        ReadyLine::of_wizard(bound, format!("{url}{PATH}"))
            .print()
            .map_err(Failure::during("the ready line cannot be printed"))?;
        systemd.ready();
        info!(url = %format_args!("{url}{PATH}"), "the server waits to be set up");
        let outcome = tokio::select! {
            signal = signals.next() => {
                info!(signal, "stopping");
                None
            }
            () = self.ground.failed.cancelled() => None,
            end = ended.recv() => end,
        };
        // Its socket is taken over by the server; a file that went away later would be the server's.
        commands.drain(Duration::from_secs(limits::SHUTDOWN_SECS_MAX)).await;
        connections.begin_shutdown();
        let over = |waiting| Over { certificates, waiting, connections, workers };
        Ok(match outcome {
            Some(End::Finished(waiting)) => Ended::Over(over(Some(waiting))),
            Some(End::AccountMade) => Ended::Over(over(None)),
            None => {
                over(None).close().await;
                Ended::Stopped
            }
        })
    }

    async fn whereabouts(&self) -> Arc<Whereabouts> {
        let (sql, clock) = (Arc::clone(&self.ground.sql), Arc::clone(&self.ground.clock));
        Whereabouts::find(&self.loaded.settings, sql, clock).await
    }

    fn certificates(&self, whereabouts: &Whereabouts) -> Result<Certificates, Failure> {
        let addresses = whereabouts.of_the_site();
        tokio::task::block_in_place(|| tls::open(self.loaded, self.dir, self.ground, &addresses))
    }

    fn setup(&self) -> Result<Arc<Setup>, Failure> {
        let rates = self.loaded.settings.limits.rates == Rates::On;
        let settings = SetupSettings { rates, ..SetupSettings::default() };
        let ground = self.ground;
        let (clock, entropy) = (Arc::clone(&ground.clock), Arc::clone(&ground.entropy));
        tokio::task::block_in_place(|| Setup::open(Arc::clone(&ground.sql), clock, entropy, settings))
            .map_err(Failure::new)
    }

    fn gate(&self, setup: &Arc<Setup>, url: &str, workers: &Supervisor) -> Gate {
        let settings = &self.loaded.settings;
        let edge = ApiSettings {
            trusted_proxies: settings.network.trusted_proxies.clone(),
            rates: settings.limits.rates == Rates::On,
            ..ApiSettings::new(owned_server_name!("localhost"), url.to_owned())
        };
        // The server counts its requests from nothing, under the same names.
        let uncounted = Registry::new();
        let (clock, entropy) = (Arc::clone(&self.ground.clock), Arc::clone(&self.ground.entropy));
        let sessions = Arc::new(SetupSessions(Arc::clone(setup)));
        Gate::new(edge, &uncounted, clock, entropy, sessions, workers.clone())
    }

    fn listen(
        &self,
        router: axum::Router,
        certificates: &Certificates,
        url: &str,
        connections: &Supervisor,
    ) -> Result<(), Failure> {
        let settings = &self.loaded.settings;
        let proxies = Arc::new(Proxies {
            of_http: settings.network.trusted_proxies.clone(),
            of_connections: settings.network.proxy_protocol_from.clone(),
        });
        let (places, per_address) = (settings.limits.connections_max, settings.limits.connections_per_address_max);
        let doorkeeper = Doorkeeper::new(places, per_address, &Registry::new().scope("server"));
        let door = Door::new(doorkeeper, proxies, connections.clone());
        let again = Failure::during("the sockets cannot be shared");
        let sockets = self.sockets.again().map_err(again)?;
        if let Some(listener) = sockets.http {
            connections.spawn("http listener", listener.serve(Service::Http(router.clone()), door.clone()));
        }
        if let Some(listener) = sockets.https {
            let tls = Acceptor::new(&certificates.resolver()).map_err(Failure::new)?;
            connections
                .spawn("https listener", listener.serve(Service::Https { tls, router, turn: None }, door.clone()));
        }
        if let Some(listener) = sockets.redirect.filter(|_| url.starts_with("https://")) {
            let service = Service::Redirect(Redirect::new(certificates.http_tokens(), url));
            connections.spawn("redirect listener", listener.serve(service, door));
        }
        Ok(())
    }

    /// Where people find the wizard: under the name that the settings say, else under an address of this machine.
    fn url(&self, whereabouts: &Whereabouts, bound: Bound) -> String {
        let settings = &self.loaded.settings;
        let is_named = settings.server.public_url.is_some() || self.loaded.is_fixed("server.name");
        let address = whereabouts.of_the_site().into_iter().find(|address| !address.is_loopback());
        match (bound.https, address) {
            (Some(https), Some(address)) if !is_named => {
                // In brackets where it needs them.
                let at = std::net::SocketAddr::new(address, https.port());
                format!("https://{at}").trim_end_matches(":443").to_owned()
            }
            _ => base_url(settings, bound.http, bound.https),
        }
    }

    /// What commands on this machine ask meanwhile.
    fn commands(&self, certificates: &Certificates, end: mpsc::Sender<End>) -> control::Handler {
        let (loaded, certificates) = (self.loaded.clone(), certificates.clone());
        let ground = self.ground.clone();
        Arc::new(move |request| {
            let (loaded, certificates) = (loaded.clone(), certificates.clone());
            let (ground, end) = (ground.clone(), end.clone());
            async move {
                match request {
                    Request::UserAdd { name, password, admin, owner } => {
                        let new = user::New { name, password: Secret::new(password), admin, owner };
                        add_user(&loaded, &ground, new, end).await
                    }
                    Request::CertificateUpload { chain, key } => {
                        certificate::take_upload(certificates, chain, key).await
                    }
                    Request::UserRecover { .. } => Answer::Refused("nobody has an account yet".to_owned()),
                    Request::CertificateRoot => Answer::CertificateRoot(certificates.own_root_pem()),
                    Request::CertificateStatus => Answer::CertificateStatus(Box::new(certificates.status())),
                    Request::Doctor => Answer::Refused("the server waits to be set up".to_owned()),
                }
            }
            .boxed()
        })
    }
}

/// Makes an account under the name that the settings say, which ends the first run.
async fn add_user(loaded: &Loaded, ground: &Ground, new: user::New, end: mpsc::Sender<End>) -> Answer {
    let opened = tokio::task::block_in_place(|| {
        identity::keep(&ground.sql, loaded)?;
        let (sql, clock, entropy) = (Arc::clone(&ground.sql), Arc::clone(&ground.clock), Arc::clone(&ground.entropy));
        // The server's own directory comes after this, and counts from nothing.
        let uncounted = Registry::new();
        Directory::open(sql, clock, entropy, directory_settings(&loaded.settings), &uncounted).map_err(Failure::new)
    });
    let directory = match opened {
        Ok(directory) => directory,
        Err(failure) => return Answer::Refused(failure.words().to_owned()),
    };
    let answer = user::take_new(directory, new).await;
    if matches!(answer, Answer::Added(_)) {
        // Full or closed: it is ending already.
        let _ = end.try_send(End::AccountMade);
    }
    answer
}

impl Over {
    /// Tells whoever finished the wizard how the started server does, and ends what is left of the first run.
    pub(crate) async fn leave_to(mut self, doctor: &Doctor) {
        if let Some(Waiting { visit, answer }) = self.waiting.take() {
            // Whoever went away meanwhile finds the server when he comes again.
            let _ = answer.send(doctor.report(Some(visit)).await);
        }
        self.close().await;
    }

    async fn close(self) {
        let deadline = Duration::from_secs(limits::SHUTDOWN_SECS_MAX);
        self.connections.drain(deadline).await;
        if self.workers.drain(deadline).await != veche_runtime::tasks::Drained::Softly {
            warn!("a request of the first run did not end in time");
        }
    }
}
