//! Reachability: whether clients reach this server, looked at from inside, line by line.
//!
//! The running server looks at itself ([`Doctor`]); the console API and `veche doctor` show what it found. What only
//! the outside can know (whether a router forwards a port) is said to be unknown, and how to find out.
//!
//! Invariant of absence: nothing is changed, and nothing outside of this machine and its external address is asked but
//! the system's resolver.

mod browser;
mod calls;
mod certificate;
mod clock;
mod command;
mod dates;
mod dns;
mod door;
mod finding;
mod ports;
mod print;
mod relay;
mod tls;
pub(crate) mod turn_client;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::join;
use veche_acme::Certificates;
use veche_api::admin::v1::reachability::{Line, Reachability, Report, Visit};
use veche_base::{Clock, Entropy, Network};

use self::calls::CallProbe;
pub(crate) use self::calls::CallSockets;
use self::door::Door;
use self::finding::Subject;
use self::relay::RelayProbe;
use crate::addresses::{Known, Whereabouts, decide};
use crate::turn::Access;
pub(crate) use command::run;

/// What the doctor knows of the running server.
pub(crate) struct Patient {
    pub(crate) server_name: String,
    pub(crate) dir: PathBuf,
    pub(crate) whereabouts: Arc<Whereabouts>,
    pub(crate) certificates: Certificates,
    pub(crate) https: Option<SocketAddr>,
    pub(crate) redirect: Option<SocketAddr>,
    /// Who begins connections with a PROXY protocol header.
    pub(crate) proxy_protocol_from: Vec<Network>,
    /// Where the relay listens, the address of the setting first, and what opens it.
    pub(crate) turn: Option<(Vec<SocketAddr>, Access)>,
    /// Where calls of many are served.
    pub(crate) calls: Option<CallSockets>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) entropy: Arc<dyn Entropy>,
}

/// Examines one server, one examination at a time.
pub(crate) struct Doctor {
    patient: Patient,
    examining: tokio::sync::Mutex<()>,
}

impl Doctor {
    /// A doctor for this server.
    pub(crate) fn new(patient: Patient) -> Self {
        Self { patient, examining: tokio::sync::Mutex::new(()) }
    }

    async fn examine(&self, visit: Option<Visit>) -> Report {
        let _alone = self.examining.lock().await;
        let patient = &self.patient;
        let known = patient.whereabouts.look(browser::seen(visit.as_ref())).await;
        let (front, relay, calls) = join!(self.front_door(), self.relay(), self.calls());
        let mut lines = self.whereabouts(&known, visit.as_ref());
        lines.extend(front);
        lines.push(certificate::certificate(&patient.certificates.status()).about(Subject::Certificate));
        lines.push(self.clock(visit.as_ref()).await);
        lines.extend(relay);
        lines.extend(calls);
        Report::new(patient.server_name.clone(), patient.clock.wall_ms(), lines)
    }

    fn whereabouts(&self, known: &Known, visit: Option<&Visit>) -> Vec<Line> {
        let whereabouts = &self.patient.whereabouts;
        // What the relay will show if this lasts: a browser's word is heard below and decides nothing.
        let decided = decide(&Known { seen: Vec::new(), ..known.clone() });
        vec![
            dns::name(whereabouts.name(), known, &decided).about(Subject::Dns),
            dns::addresses(&decided, Some(&whereabouts.used())).about(Subject::Addresses),
            browser::browser(visit, whereabouts.name(), known).about(Subject::Browser),
        ]
    }

    async fn front_door(&self) -> Vec<Line> {
        let (host, fingerprint) = (self.host(), self.fingerprint());
        let (https, redirect) = (self.door(self.patient.https), self.door(self.patient.redirect));
        let (https, redirect) =
            join!(ports::https(https.as_ref(), &host, &fingerprint), ports::redirect(redirect.as_ref(), &host));
        vec![https.about(Subject::Https), redirect.about(Subject::Redirect)]
    }

    async fn relay(&self) -> Vec<Line> {
        let used = &self.patient.whereabouts.used();
        let Some((bound, access)) = self.patient.turn.as_ref().filter(|(bound, _)| !bound.is_empty()) else {
            return RELAY_SUBJECTS.into_iter().map(|subject| relay::off().about(subject)).collect();
        };
        let probe = RelayProbe {
            address: door::nearest(bound[0]),
            listens_on_ipv4: bound.iter().any(SocketAddr::is_ipv4),
            listens_on_ipv6: bound.iter().any(SocketAddr::is_ipv6),
            https: self.door(self.patient.https),
            host: self.host(),
            fingerprint_sha256: self.fingerprint(),
            access: access.clone(),
            entropy: Arc::clone(&self.patient.entropy),
        };
        let (port_udp, port_tcp, udp, tcp, tls, hairpin) = join!(
            probe.port_udp(),
            probe.port_tcp(),
            probe.allocation_udp(used),
            probe.allocation_tcp(used),
            probe.allocation_tls(used),
            probe.hairpin(used),
        );
        let findings = [port_udp, port_tcp, udp, tcp, tls, hairpin];
        findings.into_iter().zip(RELAY_SUBJECTS).map(|(finding, subject)| finding.about(subject)).collect()
    }

    async fn calls(&self) -> Vec<Line> {
        let used = &self.patient.whereabouts.used();
        let probe = match &self.patient.calls {
            Some(sockets) => CallProbe::announce(sockets, &self.patient.entropy).await,
            None => return CALL_SUBJECTS.into_iter().map(|subject| calls::off().about(subject)).collect(),
        };
        let Some(probe) = probe else {
            return CALL_SUBJECTS.into_iter().map(|subject| calls::stopped().about(subject)).collect();
        };
        let (udp, tcp) = join!(probe.udp(used), probe.tcp(used));
        [udp, tcp].into_iter().zip(CALL_SUBJECTS).map(|(finding, subject)| finding.about(subject)).collect()
    }

    async fn clock(&self, visit: Option<&Visit>) -> Line {
        let dir = self.patient.dir.clone();
        // A folder is read; a failure to do so contradicts no clock.
        let newest = tokio::task::spawn_blocking(move || clock::newest_file_ms(&dir)).await.ok().flatten();
        let browser_ms = visit.and_then(|visit| visit.clock_ms);
        clock::clock(self.patient.clock.wall_ms(), newest, browser_ms).about(Subject::Clock)
    }

    fn host(&self) -> String {
        self.patient.whereabouts.name().to_string()
    }

    fn fingerprint(&self) -> String {
        self.patient.certificates.status().fingerprint_sha256
    }

    fn door(&self, bound: Option<SocketAddr>) -> Option<Door> {
        bound.map(|bound| Door::to(bound, &self.patient.proxy_protocol_from))
    }
}

/// The lines about the relay, in their order.
const RELAY_SUBJECTS: [Subject; 6] = [
    Subject::TurnUdp,
    Subject::TurnTcp,
    Subject::AllocationUdp,
    Subject::AllocationTcp,
    Subject::AllocationTls,
    Subject::Hairpin,
];

/// The lines about the sockets of calls, in their order.
const CALL_SUBJECTS: [Subject; 2] = [Subject::CallsUdp, Subject::CallsTcp];

impl Reachability for Doctor {
    fn report(&self, visit: Option<Visit>) -> BoxFuture<'_, Report> {
        self.examine(visit).boxed()
    }
}
