//! Where this machine is: what others call it (external), what it calls itself (internal), and why.
//!
//! What is known comes from the setting, the DNS records of our own name, what a browser saw, and the interfaces, and is
//! believed in this order (`decide.rs`). Behind one-to-one NAT the relay shows the external address and listens on the
//! internal one, with the same ports.
//!
//! What a browser saw is an argument of the decision and is given for reports only: no address that the server tells
//! others ever comes from a request, because a `Host` is free text to whoever sends it. The report says what the
//! asking administrator's browser shows, and he may make it a setting.

//!
//! It is looked at again every minute. What two looks in a row have shown is believed, and told to the relay, to clients and
//! to the server's own certificate ([`Whereabouts::changes`]); calls that run go on.

mod decide;
mod interfaces;
mod name;
mod senses;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tracing::{debug, info, warn};
use veche_base::Clock;
use veche_runtime::Supervisor;
use veche_store::sql::{self, Sql, settings as kept};

use crate::settings::Settings;
pub(crate) use decide::{Addresses, Chosen, Source, Why, decide};
pub(crate) use interfaces::{Interface, all as all_interfaces, has_ipv6};
pub(crate) use name::OwnName;
use senses::{Machine, Senses};

/// How often it is looked whether anything has changed. The system's resolver is asked for one name, and the kernel for its
/// interfaces.
const LOOK_EVERY: Duration = Duration::from_secs(60);
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

/// What is told to others now.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Bearings {
    /// What was decided.
    pub(crate) addresses: Addresses,
    /// Where our own name leads.
    records: Vec<IpAddr>,
}

impl Bearings {
    fn of(known: &Known) -> Self {
        Self { addresses: decide(known), records: known.records.addresses().to_vec() }
    }

    /// Whether others would be told the same.
    fn is_like(&self, other: &Self) -> bool {
        let told = |it: &Self| -> Vec<_> { it.addresses.chosen().map(|it| (it.external, it.internal)).collect() };
        told(self) == told(other) && self.records == other.records
    }

    /// Whether another machine can come here.
    fn lead_somewhere(&self) -> bool {
        self.addresses.chosen().any(|chosen| chosen.source != Source::Loopback)
    }
}

/// Knows where this machine is, and notices when that changes.
pub(crate) struct Whereabouts {
    name: OwnName,
    setting: Vec<IpAddr>,
    senses: Box<dyn Senses>,
    sql: Arc<Sql>,
    clock: Arc<dyn Clock>,
    now: watch::Sender<Arc<Bearings>>,
}

impl Whereabouts {
    /// Looks for the first time.
    pub(crate) async fn find(settings: &Settings, sql: Arc<Sql>, clock: Arc<dyn Clock>) -> Arc<Self> {
        Self::find_with(Box::new(Machine), settings, sql, clock).await
    }

    async fn find_with(
        senses: Box<dyn Senses>,
        settings: &Settings,
        sql: Arc<Sql>,
        clock: Arc<dyn Clock>,
    ) -> Arc<Self> {
        let name = OwnName::of(settings);
        let setting = settings.network.external_address.addresses().collect();
        let this = Self { name, setting, senses, sql, clock, now: watch::Sender::default() };
        let found = Bearings::of(&this.look(Vec::new()).await);
        for chosen in found.addresses.chosen() {
            info!(external = %chosen.external, internal = ?chosen.internal, source = chosen.source.as_str(), "address");
        }
        this.now.send_replace(Arc::new(found));
        Arc::new(this)
    }

    /// What clients call this machine.
    pub(crate) const fn name(&self) -> &OwnName {
        &self.name
    }

    /// The addresses of the setting to which our own name does not lead, as far as this machine sees.
    pub(crate) fn beside_the_name(&self) -> Vec<IpAddr> {
        let now = self.now.borrow();
        self.setting.iter().copied().filter(|address| !now.records.contains(address)).collect()
    }

    /// What is told to others now.
    pub(crate) fn used(&self) -> Addresses {
        self.now.borrow().addresses.clone()
    }

    /// All addresses by which others reach this machine, from outside and from inside.
    pub(crate) fn of_the_site(&self) -> Vec<IpAddr> {
        let now = self.now.borrow();
        now.addresses.chosen().flat_map(|chosen| [Some(chosen.external), chosen.internal]).flatten().collect()
    }

    /// What is told to others from now on, each time that it changes.
    pub(crate) fn changes(&self) -> watch::Receiver<Arc<Bearings>> {
        self.now.subscribe()
    }

    /// Looks at everything anew. `seen` is what a browser asked for.
    pub(crate) async fn look(&self, seen: Vec<IpAddr>) -> Known {
        Known {
            setting: self.setting.clone(),
            records: self.records().await,
            seen,
            interfaces: self.senses.interfaces(),
            preferred: self.senses.preferred(),
        }
    }

    /// Looks now and then until the server stops.
    pub(crate) fn watch(self: &Arc<Self>, workers: &Supervisor) {
        let (this, stopping) = (Arc::clone(self), workers.shutdown_token());
        workers.spawn("addresses", async move { this.keep_looking(stopping).await });
    }

    async fn keep_looking(&self, stopping: CancellationToken) {
        let mut suspected = None;
        while tokio::time::timeout(LOOK_EVERY, stopping.cancelled()).await.is_err() {
            suspected = self.look_again(suspected).await;
        }
    }

    /// Looks, and believes what the last look has shown, too (`suspected`). Gives back what the next look may confirm.
    async fn look_again(&self, suspected: Option<Bearings>) -> Option<Bearings> {
        let known = self.look(Vec::new()).await;
        let before = Arc::clone(&self.now.borrow());
        let mut found = Bearings::of(&known);
        if matches!(known.records, Records::Failed(_)) {
            // A resolver that fails says nothing about where we are.
            if before.addresses.chosen().any(|chosen| chosen.source == Source::Dns) {
                return None;
            }
            found.records.clone_from(&before.records);
        }
        // A machine whose cable is out is where it was, and nobody could be told otherwise.
        if found.is_like(&before) || !found.lead_somewhere() {
            return None;
        }
        if !suspected.is_some_and(|suspected| suspected.is_like(&found)) {
            return Some(found);
        }
        let (was, is) = (before.addresses.externals(), found.addresses.externals());
        warn!(before = ?was, now = ?is, "this machine's addresses have changed; new calls are told the new ones");
        self.now.send_replace(Arc::new(found));
        None
    }

    async fn records(&self) -> Records {
        let name = match &self.name {
            OwnName::Address(address) => return Records::Literal(*address),
            OwnName::Dns(name) => name.clone(),
        };
        match self.senses.resolve(&name).await {
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
}

/// The addresses to which a name leads, or why it leads nowhere, as every program of this machine is told.
pub(crate) async fn resolve(name: &str) -> Result<Vec<IpAddr>, String> {
    Machine.resolve(name).await
}

/// What is known without a running server, and without writing anything down.
pub(crate) async fn look_once(settings: &Settings) -> Known {
    let records = match OwnName::of(settings) {
        OwnName::Address(address) => Records::Literal(address),
        OwnName::Dns(name) => Machine.resolve(&name).await.map_or_else(Records::Failed, Records::Found),
    };
    Known {
        setting: settings.network.external_address.addresses().collect(),
        records,
        seen: Vec::new(),
        interfaces: Machine.interfaces(),
        preferred: Machine.preferred(),
    }
}

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
