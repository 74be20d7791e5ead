//! Where this machine is: what others call it (external), what it calls itself (internal), and why.
//!
//! What is known comes from the setting, the DNS records of our own name, what a browser saw, and the interfaces, and is
//! believed in this order (`decide.rs`). Behind one-to-one NAT the relay shows the external address and listens on the
//! internal one, with the same ports.
//!
//! What a browser saw is an argument of the decision and is given for reports only: no address that the server tells
//! others ever comes from a request, because a `Host` is free text to whoever sends it. The report says what the
//! asking administrator's browser shows, and he may make it a setting.

mod decide;
mod interfaces;
mod name;

use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;
use tracing::{debug, info, warn};
use veche_base::Clock;
use veche_runtime::Supervisor;
use veche_store::sql::{self, Sql, settings as kept};

use crate::settings::Settings;
pub(crate) use decide::{Addresses, Chosen, Source, Why, decide};
pub(crate) use interfaces::{Interface, all as all_interfaces, has_ipv6};
pub(crate) use name::OwnName;

/// How long the system's resolver may take. A server that starts waits so long at most.
const LOOKUP_SECS_MAX: u64 = 3;
/// How often it is looked whether anything has changed.
const LOOK_EVERY: Duration = Duration::from_secs(10 * 60);
/// How long the records of the last successful look-up stand in for those that cannot be had: after a power failure
/// the company's DNS server may start later than we do.
const RECORDS_KEPT_MS: u64 = 7 * 24 * 60 * 60 * 1_000;
/// Their key among the stored settings.
const RECORDS_KEY: &str = "network.own_records";

/// What is known, before anything is decided.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Known {
    /// The setting, one address of a family at most.
    pub(crate) setting: Vec<IpAddr>,
    /// The records of our own name, or the address that is our name.
    pub(crate) records: Records,
    /// What a browser asked for.
    pub(crate) seen: Vec<IpAddr>,
    /// All addresses of all interfaces.
    pub(crate) interfaces: Vec<Interface>,
    /// What the kernel would send from to the rest of the world, one address of a family at most.
    pub(crate) preferred: Vec<IpAddr>,
}

/// What the system's resolver says of our own name.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) enum Records {
    /// Nothing, in these words.
    Failed(String),
    /// Nothing, but it has said this a few days ago at most.
    Remembered(Vec<IpAddr>),
    /// These addresses.
    Found(Vec<IpAddr>),
    /// The name is this address itself.
    Literal(IpAddr),
    /// Nobody was asked.
    #[default]
    NotAsked,
}

impl Records {
    /// The addresses, whatever they come from.
    pub(crate) fn addresses(&self) -> &[IpAddr] {
        match self {
            Self::Found(addresses) | Self::Remembered(addresses) => addresses,
            Self::Literal(address) => std::slice::from_ref(address),
            Self::Failed(_) | Self::NotAsked => &[],
        }
    }
}

/// The records as they are kept.
#[derive(Serialize, Deserialize)]
struct KeptRecords {
    name: String,
    addresses: Vec<IpAddr>,
    at_ms: u64,
}

/// Knows where this machine is, and notices when that changes.
pub(crate) struct Whereabouts {
    name: OwnName,
    setting: Vec<IpAddr>,
    sql: Arc<Sql>,
    clock: Arc<dyn Clock>,
    /// What the relay was started with: it cannot change without ending calls.
    used: Addresses,
    /// Where our own name led then.
    records: Vec<IpAddr>,
    latest: Mutex<Addresses>,
}

impl Whereabouts {
    /// Looks for the first time.
    pub(crate) async fn find(settings: &Settings, sql: Arc<Sql>, clock: Arc<dyn Clock>) -> Arc<Self> {
        let mut this = Self {
            name: OwnName::of(settings),
            setting: settings.network.external_address.addresses().collect(),
            sql,
            clock,
            used: Addresses::default(),
            records: Vec::new(),
            latest: Mutex::default(),
        };
        let known = this.look(Vec::new()).await;
        this.used = decide(&known);
        this.records = known.records.addresses().to_vec();
        *this.latest() = this.used.clone();
        for chosen in this.used.chosen() {
            info!(external = %chosen.external, internal = ?chosen.internal, source = chosen.source.as_str(), "address");
        }
        Arc::new(this)
    }

    /// What clients call this machine.
    pub(crate) const fn name(&self) -> &OwnName {
        &self.name
    }

    /// The addresses of the setting to which our own name does not lead, as far as this machine sees.
    pub(crate) fn beside_the_name(&self) -> Vec<IpAddr> {
        self.setting.iter().copied().filter(|address| !self.records.contains(address)).collect()
    }

    /// What the relay shows since it was started.
    pub(crate) const fn used(&self) -> &Addresses {
        &self.used
    }

    /// Looks at everything anew. `seen` is what a browser asked for.
    pub(crate) async fn look(&self, seen: Vec<IpAddr>) -> Known {
        Known {
            setting: self.setting.clone(),
            records: self.records().await,
            seen,
            interfaces: interfaces::all(),
            preferred: interfaces::preferred(),
        }
    }

    /// Looks now and then until the server stops, and says in the log when something has changed.
    pub(crate) fn watch(self: &Arc<Self>, workers: &Supervisor) {
        let (this, stopping) = (Arc::clone(self), workers.shutdown_token());
        workers.spawn("addresses", async move { this.keep_looking(stopping).await });
    }

    async fn keep_looking(&self, stopping: CancellationToken) {
        while tokio::time::timeout(LOOK_EVERY, stopping.cancelled()).await.is_err() {
            let known = self.look(Vec::new()).await;
            if matches!(known.records, Records::Failed(_)) && self.setting.is_empty() {
                // A resolver that fails says nothing about where we are.
                continue;
            }
            let now = decide(&known);
            let mut latest = self.latest();
            if latest.externals() != now.externals() {
                warn!(
                    before = ?latest.externals(), now = ?now.externals(),
                    "this machine's external address has changed; the relay shows the new one after a restart"
                );
            }
            *latest = now;
        }
    }

    async fn records(&self) -> Records {
        let name = match &self.name {
            OwnName::Address(address) => return Records::Literal(*address),
            OwnName::Dns(name) => name.clone(),
        };
        match resolve(&name).await {
            Ok(addresses) => {
                self.remember(name, addresses.clone()).await;
                Records::Found(addresses)
            }
            Err(reason) => self.remembered(&name).await.map_or(Records::Failed(reason), Records::Remembered),
        }
    }

    async fn remember(&self, name: String, addresses: Vec<IpAddr>) {
        let fresh = KeptRecords { name, addresses, at_ms: self.clock.wall_ms() };
        let written = self.sql.write(move |tx| -> Result<(), sql::Error> { kept::set(tx, RECORDS_KEY, &fresh) }).await;
        if let Err(error) = written {
            debug!(%error, "the records of our own name could not be kept");
        }
    }

    async fn remembered(&self, name: &str) -> Option<Vec<IpAddr>> {
        let read = self.sql.read(|view| kept::get::<KeptRecords>(view, RECORDS_KEY)).await;
        let kept = read.inspect_err(|error| debug!(%error, "kept records could not be read")).ok().flatten()?;
        let age_ms = self.clock.wall_ms().saturating_sub(kept.at_ms);
        (kept.name == name && age_ms <= RECORDS_KEPT_MS).then_some(kept.addresses)
    }

    fn latest(&self) -> std::sync::MutexGuard<'_, Addresses> {
        self.latest.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is known without a running server, and without writing anything down.
pub(crate) async fn look_once(settings: &Settings) -> Known {
    let records = match OwnName::of(settings) {
        OwnName::Address(address) => Records::Literal(address),
        OwnName::Dns(name) => resolve(&name).await.map_or_else(Records::Failed, Records::Found),
    };
    Known {
        setting: settings.network.external_address.addresses().collect(),
        records,
        seen: Vec::new(),
        interfaces: interfaces::all(),
        preferred: interfaces::preferred(),
    }
}

/// Asks the system's resolver, so that `/etc/hosts` and a split DNS say here what they say to every program.
async fn resolve(name: &str) -> Result<Vec<IpAddr>, String> {
    let asked = tokio::net::lookup_host((name, 0));
    match tokio::time::timeout(Duration::from_secs(LOOKUP_SECS_MAX), asked).await {
        Ok(Ok(found)) => {
            let mut addresses: Vec<IpAddr> = found.map(|address| address.ip()).collect();
            addresses.sort_unstable();
            addresses.dedup();
            Ok(addresses)
        }
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err(format!("no answer within {LOOKUP_SECS_MAX} seconds")),
    }
}

#[cfg(test)]
mod tests;
