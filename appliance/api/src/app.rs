//! What handlers are given: the parts of the product, and the gate every request passes.

use std::fmt;
use std::sync::Arc;

use axum::extract::FromRef;
use futures_util::future::BoxFuture;
use ruma::{OwnedServerName, OwnedUserId, RoomVersionId};
use veche_base::metrics::{Gauge, LabelledCounter, LabelledHistogram, Registry, SECONDS_BUCKETS};
use veche_base::{Clock, Entropy, Network};
use veche_calls::Calls;
use veche_directory::Directory;
use veche_homeserver::Homeserver;
use veche_runtime::tasks::Supervisor;

use crate::access::{Authenticator, Caller, Locked, Requester};
use crate::admin::v1::about::Machine;
use crate::admin::v1::calls::LiveCalls;
use crate::admin::v1::certificate::CertificateDesk;
use crate::admin::v1::logs::LogBook;
use crate::admin::v1::reachability::Reachability;
use crate::admin::v1::settings::SettingsDesk;
use crate::error::ApiError;
use crate::limits::Limiter;
use crate::pages::Pages;
use crate::relay::Relay;
use crate::room_service::RoomService;
use crate::signaling::Signaling;
use crate::site::SiteFacts;

/// Settings of the HTTP edge. All apply after a restart, except `rates` (see [`Limiter::set_enabled`]).
#[derive(Clone, Debug)]
pub struct ApiSettings {
    /// The domain of this server's users and rooms.
    pub server_name: OwnedServerName,
    /// Where clients reach this server, `https://chat.example`, without a slash at the end.
    pub base_url: String,
    /// Where other servers reach this one, `chat.example:443`; none: `/.well-known/matrix/server` is not answered.
    pub server_address: Option<String>,
    /// Whom users turn to (`/.well-known/matrix/support`); nothing set: not answered.
    pub support: Support,
    /// Proxies whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed.
    pub trusted_proxies: Vec<Network>,
    /// The server's own certificate authority; none: its root is not given out.
    pub own_authority: Option<Arc<dyn OwnAuthority>>,
    /// The room version of new rooms, told to clients in the capabilities.
    pub default_room_version: RoomVersionId,
    /// Whether rates are limited; off only for load tests.
    pub rates: bool,
}

/// The certificate authority of the server itself, which people install to trust it.
pub trait OwnAuthority: fmt::Debug + Send + Sync {
    /// Its root as it is now, in PEM; `None` while the certificate is to come from elsewhere.
    fn root_pem(&self) -> Option<String>;
}

/// Whom users turn to.
#[derive(Clone, Debug, Default)]
pub struct Support {
    /// The administrator's Matrix account.
    pub user: Option<OwnedUserId>,
    /// The administrator's mail address.
    pub email: Option<String>,
    /// A page with help.
    pub page: Option<String>,
}

impl ApiSettings {
    /// Settings for a server with this name at this URL, everything else closed or at its default.
    pub fn new(server_name: OwnedServerName, base_url: String) -> Self {
        Self {
            server_name,
            base_url,
            server_address: None,
            support: Support::default(),
            trusted_proxies: Vec::new(),
            own_authority: None,
            default_room_version: RoomVersionId::V12,
            rates: true,
        }
    }
}

/// Counters of the HTTP edge.
#[derive(Clone)]
pub struct Metrics {
    /// Time to the answer's head, by route template and method.
    pub request_seconds: LabelledHistogram,
    /// Finished requests by route template, method and status.
    pub requests: LabelledCounter,
    /// Long polls that wait now.
    pub open_polls: Gauge,
    /// Everything registered by all crates, for `/metrics`.
    pub registry: Registry,
}

impl Metrics {
    /// Registers the counters.
    pub fn new(registry: &Registry) -> Self {
        let scope = registry.scope("api");
        Self {
            request_seconds: scope.labelled_histogram("request_seconds", "Time to answer", &SECONDS_BUCKETS),
            requests: scope.labelled_counter("requests", "Finished requests"),
            open_polls: scope.gauge("open_polls", "Long polls that wait now"),
            registry: registry.clone(),
        }
    }
}

/// What every request passes before a handler sees it, and what finishes its answer.
pub struct Gate {
    /// Settings of this edge.
    pub settings: ApiSettings,
    /// The rate limits.
    pub limiter: Limiter,
    /// The counters.
    pub metrics: Metrics,
    /// The one source of time.
    pub clock: Arc<dyn Clock>,
    /// The one source of randomness.
    pub entropy: Arc<dyn Entropy>,
    /// Knows who a token belongs to.
    pub authenticator: Arc<dyn Authenticator>,
    /// Runs changing requests to their end even if the client goes away.
    pub supervisor: Supervisor,
}

impl Gate {
    /// A gate with fresh limits.
    pub fn new(
        settings: ApiSettings,
        registry: &Registry,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
        authenticator: Arc<dyn Authenticator>,
        supervisor: Supervisor,
    ) -> Self {
        let limiter = Limiter::new(clock.clone(), settings.rates);
        Self { settings, limiter, metrics: Metrics::new(registry), clock, entropy, authenticator, supervisor }
    }
}

/// A router state that has a gate: [`App`] in the product, less in this crate's own tests.
pub trait Gated: Clone + Send + Sync + 'static {
    /// The gate.
    fn gate(&self) -> &Arc<Gate>;

    /// The pages for people, which answer what is no endpoint; none: there are none.
    fn pages(&self) -> Option<&dyn Pages> {
        None
    }
}

/// The state of all handlers; cloning it clones pointers.
#[derive(Clone)]
pub struct App {
    /// What happens: rooms, timeline, sync, keys, content.
    pub homeserver: Arc<Homeserver>,
    /// Who is who: accounts, sessions, tokens.
    pub directory: Arc<Directory>,
    /// Settings, limits, time and randomness of this edge.
    pub gate: Arc<Gate>,
    /// Parts of the process that this crate does not know, as far as there are any.
    pub plugs: Plugs,
}

/// What this crate needs of parts that it does not know: a trait for each, plugged in by `server`.
#[derive(Clone, Default)]
pub struct Plugs {
    /// The relay for calls; none: it is off.
    pub relay: Option<Arc<dyn Relay>>,
    /// Calls; none, or without an SFU: there are none.
    pub calls: Option<Arc<Calls>>,
    /// Where clients of LiveKit come in; none: there are no calls.
    pub signaling: Option<Arc<dyn Signaling>>,
    /// Where calls are administered; none: there are no calls.
    pub rooms: Option<Arc<dyn RoomService>>,
    /// Who knows the calls that go on; none: there are no calls.
    pub live_calls: Option<Arc<dyn LiveCalls>>,
    /// Who can tell an administrator whether clients reach the server.
    pub reachability: Option<Arc<dyn Reachability>>,
    /// Who knows the settings.
    pub settings: Option<Arc<dyn SettingsDesk>>,
    /// Who looks after the certificate.
    pub certificate: Option<Arc<dyn CertificateDesk>>,
    /// Who remembers the log.
    pub log: Option<Arc<dyn LogBook>>,
    /// Who knows the process and its machine.
    pub machine: Option<Arc<dyn Machine>>,
    /// What the console says of the site.
    pub site: SiteFacts,
    /// The pages for people; none: this server has endpoints only.
    pub pages: Option<Arc<dyn Pages>>,
}

impl FromRef<App> for Plugs {
    fn from_ref(app: &App) -> Self {
        app.plugs.clone()
    }
}

/// The part of the state that knows accounts and nothing else; what signing in needs.
#[derive(Clone)]
pub struct People {
    /// Who is who: accounts, sessions, tokens.
    pub directory: Arc<Directory>,
    /// Settings, limits, time and randomness of this edge.
    pub gate: Arc<Gate>,
}

impl FromRef<App> for People {
    fn from_ref(app: &App) -> Self {
        Self { directory: app.directory.clone(), gate: app.gate.clone() }
    }
}

impl Gated for People {
    fn gate(&self) -> &Arc<Gate> {
        &self.gate
    }
}

impl App {
    /// The product behind a gate.
    pub fn new(homeserver: Arc<Homeserver>, directory: Arc<Directory>, gate: Gate) -> Self {
        Self { homeserver, directory, gate: Arc::new(gate), plugs: Plugs::default() }
    }

    /// The product with these parts plugged in.
    #[must_use]
    pub fn with(self, plugs: Plugs) -> Self {
        Self { plugs, ..self }
    }
}

impl Gated for App {
    fn gate(&self) -> &Arc<Gate> {
        &self.gate
    }

    fn pages(&self) -> Option<&dyn Pages> {
        self.plugs.pages.as_deref()
    }
}

impl Authenticator for Directory {
    fn authenticate<'a>(
        &'a self,
        token: &'a str,
        caller: &'a Caller,
        locked: Locked,
    ) -> BoxFuture<'a, Result<Requester, ApiError>> {
        Box::pin(async move {
            let requester = match locked {
                Locked::Refused => self.authenticate(token).await?,
                Locked::Allowed => self.authenticate_for_logout(token).await?,
            };
            self.seen(&requester, caller);
            Ok(requester)
        })
    }

    fn is_fresh(&self, requester: &Requester, proof: &str) -> bool {
        Self::is_fresh(self, requester, proof)
    }
}
