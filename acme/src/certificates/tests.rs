mod acme;
mod pebble;

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use veche_base::Clock;
use veche_base::metrics::Registry;
use veche_base::testing::{ManualClock, SeededEntropy};
use veche_runtime::outbound::OutboundError;

use super::{Certificates, Settings, UploadError, inspect};
use crate::fault::Fault;
use crate::names::{Name, Names};
use crate::own::OwnError;
use crate::source::Source;
use crate::status::{Alarm, SourceKind};
use crate::testing::{P256, SERVER, Workshop};
use crate::transport::{BoxFuture, Outbound};
use crate::x509::Facts;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// An outbound client for servers that order nothing.
struct Nobody;

impl Outbound for Nobody {
    fn send(&self, request: Request<Bytes>) -> BoxFuture<'_, Result<Response<Bytes>, OutboundError>> {
        panic!("{} was asked", request.uri());
    }
}

struct Bench {
    dir: tempfile::TempDir,
    clock: Arc<ManualClock>,
    registry: Registry,
}

impl Bench {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        Self { dir, clock: Arc::new(ManualClock::new()), registry: Registry::new() }
    }

    fn open(&self, source: Source) -> Result<Certificates, OwnError> {
        let settings = Settings { folder: self.dir.path().join("tls"), names: names(&["localhost"]), source };
        let clock: Arc<dyn Clock> = Arc::clone(&self.clock) as _;
        Certificates::open(settings, Arc::new(Nobody), clock, Arc::new(SeededEntropy::new(3)), &self.registry)
    }

    /// Sets the clock to an hour after the openssl file was made.
    fn go_to(&self, workshop: &Workshop, name: &str) -> Facts {
        let facts = Facts::read(&CertificateDer::from_pem_slice(&workshop.read(name)).unwrap()).unwrap();
        self.clock.set_wall_ms(u64::try_from(facts.not_before + 3_600).unwrap() * 1_000);
        facts
    }
}

fn names(local: &[&str]) -> Names {
    let public = vec![Name::parse("chat.example.org").unwrap()];
    Names { public, local: local.iter().map(|name| Name::parse(name).unwrap()).collect() }
}

#[test]
fn first_start_makes_a_certificate_and_the_next_keeps_it() {
    let bench = Bench::new();
    let first = bench.open(Source::Uploaded).unwrap();
    let status = first.status();
    assert_eq!((status.wanted, status.in_use), (SourceKind::Uploaded, SourceKind::Own));
    assert_eq!(status.names, ["chat.example.org", "localhost"]);
    assert_eq!((status.alarm, &status.last_error, status.failures), (Alarm::Fine, &None, 0));
    let root = CertificateDer::from_pem_slice(first.own_root_pem().as_bytes()).unwrap();
    assert_eq!(root.to_vec(), first.own_root_der());
    let second = bench.open(Source::Uploaded).unwrap().status();
    assert_eq!(second, status);
    // A damaged certificate of the own authority is made anew, a damaged root is not.
    fs::write(bench.dir.path().join("tls/own.pem"), "garbage").unwrap();
    assert_ne!(bench.open(Source::Own).unwrap().status().fingerprint_sha256, status.fingerprint_sha256);
    fs::write(bench.dir.path().join("tls/own-root.pem"), "garbage").unwrap();
    assert!(matches!(bench.open(Source::Own), Err(OwnError::Damaged)));
}

#[tokio::test]
async fn own_certificate_is_renewed_at_two_thirds_and_for_new_addresses() {
    let bench = Bench::new();
    let certificates = bench.open(Source::Own).unwrap();
    let first = certificates.status();
    bench.clock.advance(DAY * 263);
    let wait = certificates.tick().await;
    assert_eq!(certificates.status().fingerprint_sha256, first.fingerprint_sha256);
    assert!(wait < DAY * 2, "{wait:?}");
    assert_eq!(i64::try_from(bench.clock.wall_ms() / 1_000 + wait.as_secs()).unwrap(), first.next_try.unwrap());
    bench.clock.advance(wait);
    certificates.tick().await;
    let second = certificates.status();
    assert_ne!(second.fingerprint_sha256, first.fingerprint_sha256);
    assert!(second.not_after > first.not_after && second.alarm == Alarm::Fine);
    assert_eq!(second.own_root, first.own_root);
    certificates.set_names(names(&["localhost", "10.9.8.7"]));
    assert_eq!(certificates.status().names, ["chat.example.org", "localhost", "10.9.8.7"]);
    assert_eq!(bench.open(Source::Own).unwrap().status().names, ["chat.example.org", "localhost"]);
}

#[tokio::test]
async fn own_certificate_stays_in_use_when_its_successor_cannot_be_kept() {
    let bench = Bench::new();
    let certificates = bench.open(Source::Own).unwrap();
    let first = certificates.status();
    // A folder in the way of the draft: what a full or broken disk does to the write.
    let obstacle = bench.dir.path().join("tls/own.pem.new");
    fs::create_dir(&obstacle).unwrap();
    bench.clock.advance(DAY * 380);
    certificates.tick().await;
    let failed = certificates.status();
    assert_eq!(failed.fingerprint_sha256, first.fingerprint_sha256);
    assert_eq!((failed.failures, failed.alarm), (1, Alarm::Days21));
    assert_eq!(failed.last_error.unwrap().code, "own_renewal");
    assert!(bench.registry.encode().contains("veche_acme_alarm_level 1"));
    fs::remove_dir(obstacle).unwrap();
    certificates.tick().await;
    let renewed = certificates.status();
    assert_eq!((renewed.failures, renewed.alarm, renewed.last_error), (0, Alarm::Fine, None));
}

#[test]
fn upload_is_put_in_use_and_kept_and_a_bad_one_changes_nothing() {
    let workshop = Workshop::with_chain();
    let bench = Bench::new();
    let facts = bench.go_to(&workshop, "leaf.pem");
    let certificates = bench.open(Source::Uploaded).unwrap();
    let (chain, key) = (workshop.join(&["leaf.pem", "middle.pem"]), workshop.read("leaf.key"));
    assert!(certificates.check_upload(&chain, &key).is_empty());
    assert_eq!(certificates.status().in_use, SourceKind::Own);
    let status = certificates.upload(&chain, &key).unwrap();
    assert_eq!((status.in_use, status.not_after), (SourceKind::Uploaded, facts.not_after));
    let openssl = workshop.openssl("x509 -in leaf.pem -noout -fingerprint -sha256").to_lowercase().replace(':', "");
    assert!(openssl.trim().ends_with(&status.fingerprint_sha256), "{openssl}");
    workshop.certify("other", P256, Some("middle"), &SERVER.replace("chat.", "talk."), "-sha1");
    let bad = certificates.upload(&workshop.read("other.pem"), &key);
    let Err(UploadError::Faults(faults)) = bad else { panic!("{bad:?}") };
    let codes: Vec<&str> = faults.iter().map(Fault::code).collect();
    assert_eq!(codes, ["weak_signature", "wrong_name", "key_mismatch"]);
    assert_eq!(certificates.status(), status);
    assert_eq!(bench.open(Source::Uploaded).unwrap().status(), status);
    // A disk that takes nothing: the old one stays, in use and on disk.
    fs::create_dir(bench.dir.path().join("tls/uploaded.pem.new")).unwrap();
    assert!(matches!(certificates.upload(&chain, &key), Err(UploadError::Folder(_))));
    assert_eq!(certificates.status(), status);
    assert!(bench.registry.encode().contains("veche_acme_refused_uploads_total 1"));
    certificates.set_source(Source::Own);
    assert_eq!(certificates.status().in_use, SourceKind::Own);
    certificates.set_source(Source::Uploaded);
    assert_eq!(certificates.status(), status);
    fs::write(bench.dir.path().join("tls/uploaded.pem"), "garbage").unwrap();
    let damaged = bench.open(Source::Uploaded).unwrap().status();
    assert_eq!((damaged.in_use, damaged.last_error.unwrap().code.as_str()), (SourceKind::Own, "upload_damaged"));
}

#[tokio::test]
async fn uploaded_certificate_alarms_as_its_end_comes_near() {
    let workshop = Workshop::with_chain();
    let bench = Bench::new();
    bench.go_to(&workshop, "leaf.pem");
    let certificates = bench.open(Source::Uploaded).unwrap();
    certificates.upload(&workshop.join(&["leaf.pem", "middle.pem"]), &workshop.read("leaf.key")).unwrap();
    let mut seen = Vec::new();
    for _ in 0..91 {
        certificates.tick().await;
        let alarm = certificates.status().alarm;
        if seen.last() != Some(&alarm) {
            seen.push(alarm);
            let line = format!("veche_acme_alarm_level {}", alarm.level());
            assert!(bench.registry.encode().contains(&line), "{line}");
        }
        bench.clock.advance(DAY);
    }
    let rising = [Alarm::Fine, Alarm::Days21, Alarm::Days14, Alarm::Days7, Alarm::Days3, Alarm::Invalid];
    assert_eq!(seen, rising);
    assert_eq!(certificates.status().in_use, SourceKind::Uploaded, "an old certificate is better than a foreign one");
}

#[test]
fn damage_of_a_stopped_server_is_found_and_nothing_is_changed() {
    let bench = Bench::new();
    let folder = bench.dir.path().join("tls");
    assert!(inspect(&folder).unwrap().is_empty() && !folder.exists());
    bench.open(Source::Own).unwrap();
    assert!(inspect(&folder).unwrap().is_empty());
    let names = ["own-root.pem", "own.pem", "uploaded.pem", "acme.pem", "acme-schedule.json"];
    for name in names {
        fs::write(folder.join(name), "-----BEGIN CERTIFICATE-----\n!\n").unwrap();
    }
    let found: Vec<String> = inspect(&folder).unwrap().iter().map(ToString::to_string).collect();
    for (found, name) in found.iter().zip(names) {
        assert!(found.contains(&format!("tls/{name}: ")) && found.ends_with("damaged"), "{found}");
    }
    assert_eq!(found.len(), names.len());
    assert_eq!(fs::read_dir(&folder).unwrap().count(), names.len());
}

#[tokio::test]
async fn run_does_what_is_due_and_stops_when_told() {
    let bench = Bench::new();
    let certificates = bench.open(Source::Own).unwrap();
    let first = certificates.status().fingerprint_sha256;
    bench.clock.advance(DAY * 300);
    let shutdown = tokio_util::sync::CancellationToken::new();
    // Cancelled before it begins: what is due is done once, and then it leaves.
    shutdown.cancel();
    certificates.run(shutdown).await;
    assert_ne!(certificates.status().fingerprint_sha256, first);
}
