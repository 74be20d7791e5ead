//! Certificates by ACME from a real authority, with all that can go wrong.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http::header::RETRY_AFTER;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode};
use veche_base::metrics::Registry;
use veche_base::testing::{ManualClock, SeededEntropy};
use veche_base::{Clock, Secret};
use veche_runtime::outbound::{self, OutboundError, Policy, Reach};

use super::pebble::{LIFETIME_DAYS, Pebble, Setup, Site};
use crate::certificates::{Certificates, RevokeError, Settings};
use crate::names::{Name, Names};
use crate::source::{AcmeSettings, ChallengeKind, ExternalAccount, Source};
use crate::status::{Alarm, SourceKind, Status};
use crate::testing::Workshop;
use crate::transport::{BoxFuture, Outbound};

const NAME: &str = "chat.example.org";
const DAY_SECS: i64 = 24 * 60 * 60;

/// What the test does to an exchange before it happens, or instead.
type Meddling = Box<dyn Fn(&Request<Bytes>) -> Option<Response<Bytes>> + Send + Sync>;

/// The server's outbound client, watched and meddled with by the test.
struct Watched {
    client: outbound::Client,
    asked: Mutex<Vec<String>>,
    meddling: Mutex<Option<Meddling>>,
}

impl Watched {
    fn trusting(ca_pem: Option<Vec<u8>>) -> Arc<Self> {
        let settings = outbound::Settings { reach: Reach::Loopback, extra_ca_pem: ca_pem };
        let client = outbound::Client::new(&settings).unwrap();
        Arc::new(Self { client, asked: Mutex::default(), meddling: Mutex::default() })
    }

    fn meddle(&self, meddling: impl Fn(&Request<Bytes>) -> Option<Response<Bytes>> + Send + Sync + 'static) {
        *self.meddling.lock().unwrap() = Some(Box::new(meddling));
    }

    fn leave_alone(&self) {
        *self.meddling.lock().unwrap() = None;
    }

    /// What was asked since the last time, as `host path`.
    fn take_asked(&self) -> Vec<String> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }
}

impl Outbound for Watched {
    fn send(&self, request: Request<Bytes>) -> BoxFuture<'_, Result<Response<Bytes>, OutboundError>> {
        let uri = request.uri();
        self.asked.lock().unwrap().push(format!("{} {}", uri.host().unwrap(), uri.path()));
        let instead = self.meddling.lock().unwrap().as_ref().and_then(|meddling| meddling(&request));
        match instead {
            Some(response) => Box::pin(async move { Ok(response) }),
            None => self.client.send(request),
        }
    }
}

struct Bench {
    site: Site,
    pebble: Pebble,
    outbound: Arc<Watched>,
    clock: Arc<ManualClock>,
    registry: Registry,
    dir: tempfile::TempDir,
}

impl Bench {
    fn new(setup: Setup) -> Self {
        let site = Site::new();
        let pebble = Pebble::start(&site, setup);
        let outbound = Watched::trusting(Some(pebble.ca_pem()));
        let clock = Arc::new(ManualClock::new());
        // Pebble has only the real time.
        clock.set_wall_ms(veche_runtime::SystemClock::new().wall_ms());
        Self { site, pebble, outbound, clock, registry: Registry::new(), dir: tempfile::tempdir().unwrap() }
    }

    fn settings(&self, challenge: ChallengeKind) -> AcmeSettings {
        AcmeSettings { challenge, ..AcmeSettings::directory(&self.pebble.directory("127.0.0.1")) }
    }

    fn open_for(&self, name: &str, settings: AcmeSettings) -> Certificates {
        let names = Names { public: vec![Name::parse(name).unwrap()], local: Vec::new() };
        let settings = Settings { folder: self.dir.path().to_owned(), names, source: Source::Acme(settings) };
        let (outbound, clock) = (Arc::clone(&self.outbound), Arc::clone(&self.clock));
        Certificates::open(settings, outbound, clock, Arc::new(SeededEntropy::new(9)), &self.registry).unwrap()
    }

    fn open(&self, settings: AcmeSettings) -> Certificates {
        self.open_for(NAME, settings)
    }

    /// Certificates of a server whose ports 80 and 443 work.
    fn open_served(&self, settings: AcmeSettings) -> Certificates {
        let certificates = self.open(settings);
        self.site.serve(&certificates);
        certificates
    }

    fn go_to(&self, seconds: i64) {
        self.clock.set_wall_ms(u64::try_from(seconds).unwrap() * 1_000);
    }

    async fn fetch(&self, path: &str) -> String {
        let policy = Policy { answer_bytes_max: 100_000, time_max: Duration::from_secs(20) };
        let url = self.pebble.management(path);
        let got = self.outbound.client.exchange(Method::GET, &url, HeaderMap::new(), Bytes::new(), policy);
        String::from_utf8(got.await.unwrap().body.to_vec()).unwrap()
    }

    /// Lets openssl judge the chain on disk against Pebble's root.
    async fn verify(&self) {
        let workshop = Workshop::new();
        workshop.write("root.pem", self.fetch("/roots/0").await);
        workshop.write("chain.pem", std::fs::read(self.dir.path().join("acme.pem")).unwrap());
        let check = format!("-verify_hostname {NAME} -purpose sslserver");
        workshop.openssl(&format!("verify -CAfile root.pem -untrusted chain.pem {check} chain.pem"));
    }
}

fn error_code(status: &Status) -> &str {
    status.last_error.as_ref().map_or("", |error| error.code.as_str())
}

#[tokio::test]
async fn certificate_is_issued_by_each_challenge_and_renewed_at_two_thirds() {
    for challenge in [ChallengeKind::Http01, ChallengeKind::TlsAlpn01] {
        let bench = Bench::new(Setup::default());
        let certificates = bench.open_served(bench.settings(challenge));
        let before = certificates.status();
        assert_eq!((before.wanted, before.in_use), (SourceKind::Acme, SourceKind::Own));
        certificates.tick().await;
        let first = certificates.status();
        assert_eq!((first.in_use, &first.last_error), (SourceKind::Acme, &None));
        assert_eq!((first.names.as_slice(), first.missing_names.len()), (&[NAME.to_owned()][..], 0));
        assert!(first.issuer.contains("Pebble Intermediate CA"));
        bench.verify().await;
        // What was put up for the validator is taken down.
        assert!(format!("{:?}", certificates.resolver()).contains("challenges: 0"));
        let lifetime = i64::try_from(LIFETIME_DAYS).unwrap() * DAY_SECS;
        assert!((first.next_try.unwrap() - first.not_before - lifetime * 2 / 3).abs() < 10);
        bench.outbound.take_asked();
        bench.go_to(first.next_try.unwrap() - 1);
        certificates.tick().await;
        assert_eq!(bench.outbound.take_asked(), [""; 0], "it is too early");
        // The same certificate after a restart, and nothing is ordered for it.
        let certificates = bench.open_served(bench.settings(challenge));
        assert_eq!(certificates.status(), first);
        bench.go_to(first.next_try.unwrap());
        certificates.tick().await;
        let second = certificates.status();
        assert_ne!(second.fingerprint_sha256, first.fingerprint_sha256);
        assert_eq!((second.failures, second.alarm), (0, Alarm::Fine));
        let accounts = bench.outbound.take_asked().iter().filter(|asked| asked.contains("sign-me-up")).count();
        assert_eq!(accounts, 0, "the account is kept");
        assert!(bench.registry.encode().contains("veche_acme_not_after_seconds"));
    }
}

#[tokio::test]
async fn addresses_are_certified_too() {
    for challenge in [ChallengeKind::Http01, ChallengeKind::TlsAlpn01] {
        let bench = Bench::new(Setup::default());
        let certificates = bench.open_for("127.0.0.1", bench.settings(challenge));
        bench.site.serve(&certificates);
        certificates.tick().await;
        let status = certificates.status();
        assert_eq!(
            (status.in_use, status.names),
            (SourceKind::Acme, vec!["127.0.0.1".to_owned()]),
            "{:?}",
            status.last_error
        );
    }
}

#[tokio::test]
async fn failed_challenge_keeps_the_old_certificate_and_tries_the_other_way_later() {
    let bench = Bench::new(Setup::default());
    let certificates = bench.open(bench.settings(ChallengeKind::Http01));
    let own = certificates.status().fingerprint_sha256;
    // Port 80 belongs to somebody else, who knows nothing of our tokens; port 443 is not open yet.
    certificates.tick().await;
    let failed = certificates.status();
    assert_eq!((error_code(&failed), failed.failures), ("challenge_failed", 1));
    let words = failed.last_error.clone().unwrap().words;
    assert!(words.contains(NAME) && words.contains("Http01"), "{words}");
    assert_eq!((failed.in_use, &failed.fingerprint_sha256), (SourceKind::Own, &own));
    let wait = failed.next_try.unwrap() - i64::try_from(bench.clock.wall_ms() / 1_000).unwrap();
    assert!((300..=375).contains(&wait), "{wait}");
    // Neither waiting nor a restart leads to an order before its time.
    bench.outbound.take_asked();
    bench.go_to(failed.next_try.unwrap() - 1);
    certificates.tick().await;
    let certificates = bench.open(bench.settings(ChallengeKind::Http01));
    assert_eq!(certificates.status(), failed);
    certificates.tick().await;
    assert_eq!(bench.outbound.take_asked(), [""; 0]);
    // Then the other way is tried, which is open.
    bench.go_to(failed.next_try.unwrap());
    bench.site.serve_tls(&certificates);
    certificates.tick().await;
    let status = certificates.status();
    assert_eq!((status.in_use, status.failures), (SourceKind::Acme, 0), "{:?}", status.last_error);
}

#[tokio::test]
async fn after_a_failure_the_rehearsal_comes_first() {
    let bench = Bench::new(Setup::default());
    // Two names of one machine: two directories for us, one authority behind them.
    let staging_url = Some(bench.pebble.directory("localhost"));
    let certificates = bench.open_served(AcmeSettings { staging_url, ..bench.settings(ChallengeKind::Http01) });
    let hosts = || {
        let mut hosts: Vec<String> =
            bench.outbound.take_asked().iter().filter_map(|asked| Some(asked.split_once(' ')?.0.to_owned())).collect();
        hosts.dedup();
        hosts
    };
    bench.outbound.meddle(|request| request.uri().path().contains("order-plz").then(unavailable));
    certificates.tick().await;
    let failed = certificates.status();
    assert_eq!((hosts(), failed.next_is_staging), (vec!["127.0.0.1".to_owned()], true));
    bench.go_to(failed.next_try.unwrap());
    certificates.tick().await;
    let failed = certificates.status();
    assert_eq!((hosts(), failed.failures), (vec!["localhost".to_owned()], 2), "the real one is left in peace");
    bench.outbound.leave_alone();
    bench.go_to(failed.next_try.unwrap());
    certificates.tick().await;
    let status = certificates.status();
    assert_eq!(hosts(), ["localhost", "127.0.0.1"], "first the rehearsal, then the real one, at once");
    assert_eq!((status.in_use, status.failures, status.next_is_staging), (SourceKind::Acme, 0, false));
    let metrics = bench.registry.encode();
    for line in [
        r#"veche_acme_orders_total{stage="production",outcome="failed"} 1"#,
        r#"veche_acme_orders_total{stage="staging",outcome="failed"} 1"#,
        r#"veche_acme_orders_total{stage="staging",outcome="issued"} 1"#,
        r#"veche_acme_orders_total{stage="production",outcome="issued"} 1"#,
    ] {
        assert!(metrics.contains(line), "{line} is not in\n{metrics}");
    }
}

fn problem(status: StatusCode, kind: &str, detail: &str) -> Response<Bytes> {
    let body = serde_json::json!({ "type": format!("urn:ietf:params:acme:error:{kind}"), "detail": detail });
    let mut response = Response::new(Bytes::from(body.to_string()));
    *response.status_mut() = status;
    response
}

fn unavailable() -> Response<Bytes> {
    problem(StatusCode::SERVICE_UNAVAILABLE, "serverInternal", "later, please")
}

#[tokio::test]
async fn rate_limit_is_obeyed_for_as_long_as_it_says() {
    let bench = Bench::new(Setup::default());
    let certificates = bench.open_served(bench.settings(ChallengeKind::Http01));
    bench.outbound.meddle(|request| {
        request.uri().path().contains("order-plz").then(|| {
            let mut response = problem(StatusCode::TOO_MANY_REQUESTS, "rateLimited", "too many certificates");
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("7200"));
            response
        })
    });
    certificates.tick().await;
    let status = certificates.status();
    assert_eq!(error_code(&status), "rate_limited");
    let wait = status.next_try.unwrap() - i64::try_from(bench.clock.wall_ms() / 1_000).unwrap();
    assert!((7_200..=9_000).contains(&wait), "{wait}");
}

#[tokio::test]
async fn refused_nonces_are_tried_again_but_not_for_ever() {
    let bench = Bench::new(Setup::default());
    let certificates = bench.open_served(bench.settings(ChallengeKind::Http01));
    // Every fresh nonce is replaced by one that Pebble never gave out; its refusals carry good ones.
    let spoiled = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&spoiled);
    bench.outbound.meddle(move |request| {
        (request.method() == Method::HEAD).then(|| {
            count.fetch_add(1, Ordering::SeqCst);
            let mut response = Response::new(Bytes::new());
            response.headers_mut().insert("replay-nonce", HeaderValue::from_static("c3BvaWxlZA"));
            response
        })
    });
    certificates.tick().await;
    let status = certificates.status();
    assert_eq!((status.in_use, &status.last_error), (SourceKind::Acme, &None));
    assert!(spoiled.load(Ordering::SeqCst) >= 2);

    let bench = Bench::new(Setup { refused_nonces: 100, ..Setup::default() });
    let certificates = bench.open_served(bench.settings(ChallengeKind::Http01));
    certificates.tick().await;
    let status = certificates.status();
    assert_eq!((error_code(&status), status.in_use), ("refused", SourceKind::Own));
    assert!(status.last_error.unwrap().words.contains("badNonce"));
    assert!(bench.outbound.take_asked().len() < 20);
}

#[tokio::test]
async fn revoked_certificate_is_replaced() {
    let bench = Bench::new(Setup::default());
    let certificates = bench.open_served(bench.settings(ChallengeKind::Http01));
    assert!(matches!(certificates.revoke().await, Err(RevokeError::NotFromAuthority)));
    certificates.tick().await;
    let first = certificates.status();
    let workshop = Workshop::new();
    workshop.write("acme.pem", std::fs::read(bench.dir.path().join("acme.pem")).unwrap());
    let serial = workshop.openssl("x509 -in acme.pem -noout -serial");
    let path = format!("/cert-status-by-serial/{}", serial.trim().trim_start_matches("serial=").to_lowercase());
    assert!(bench.fetch(&path).await.contains(r#""Status": "Valid""#));
    certificates.revoke().await.unwrap();
    assert!(bench.fetch(&path).await.contains(r#""Status": "Revoked""#));
    assert_eq!(certificates.status().fingerprint_sha256, first.fingerprint_sha256, "an old one is better than none");
    // Also after a restart before the other one is there.
    let certificates = bench.open_served(bench.settings(ChallengeKind::TlsAlpn01));
    certificates.tick().await;
    let second = certificates.status();
    assert_ne!(second.fingerprint_sha256, first.fingerprint_sha256, "{:?}", second.last_error);
    assert_eq!(second.in_use, SourceKind::Acme);
    // Pebble refuses to revoke it once more, in its own words.
    bench.outbound.meddle(|request| request.uri().path().contains("revoke").then(unavailable));
    let Err(RevokeError::Refused { code, words }) = certificates.revoke().await else { panic!("it was revoked") };
    assert_eq!((code, words.contains("later, please")), ("refused", true));
}

#[tokio::test]
async fn forgotten_account_is_made_anew() {
    let mut bench = Bench::new(Setup::default());
    let certificates = bench.open_served(bench.settings(ChallengeKind::Http01));
    certificates.tick().await;
    let first = certificates.status();
    assert_eq!(first.in_use, SourceKind::Acme, "{:?}", first.last_error);
    bench.pebble.restart();
    // The old client may hold a connection to the one that is gone.
    bench.outbound = Watched::trusting(Some(bench.pebble.ca_pem()));
    let certificates = bench.open_served(bench.settings(ChallengeKind::Http01));
    certificates.renew_now();
    certificates.tick().await;
    let second = certificates.status();
    assert_ne!(second.fingerprint_sha256, first.fingerprint_sha256, "{:?}", second.last_error);
    // And it is the new account that is kept.
    bench.outbound.take_asked();
    certificates.renew_now();
    certificates.tick().await;
    assert!(!bench.outbound.take_asked().iter().any(|asked| asked.contains("sign-me-up")));
    // A damaged file of the account is no reason to stop either.
    for entry in std::fs::read_dir(bench.dir.path()).unwrap().map(Result::unwrap) {
        if entry.file_name().to_string_lossy().starts_with("acme-account-") {
            std::fs::write(entry.path(), "{").unwrap();
        }
    }
    certificates.renew_now();
    certificates.tick().await;
    assert_eq!(certificates.status().last_error, None);
}

#[tokio::test]
async fn authority_that_is_down_or_not_trusted_changes_nothing() {
    let mut bench = Bench::new(Setup::default());
    let certificates = bench.open_served(bench.settings(ChallengeKind::Http01));
    certificates.tick().await;
    let first = certificates.status();
    // Its own HTTPS certificate is by an authority that the outbound client was not told of.
    bench.outbound = Watched::trusting(None);
    let certificates = bench.open_served(bench.settings(ChallengeKind::Http01));
    certificates.renew_now();
    certificates.tick().await;
    let status = certificates.status();
    assert_eq!((error_code(&status), status.failures), ("unreachable", 1));
    assert!(status.last_error.unwrap().words.contains("certificate"));
    bench.pebble.end();
    for failures in 2..6 {
        bench.go_to(certificates.status().next_try.unwrap());
        certificates.tick().await;
        let status = certificates.status();
        assert_eq!((error_code(&status), status.failures), ("unreachable", failures));
        assert_eq!((status.in_use, status.fingerprint_sha256), (SourceKind::Acme, first.fingerprint_sha256.clone()));
    }
    bench.go_to(first.not_after - 13 * DAY_SECS);
    certificates.tick().await;
    assert_eq!(certificates.status().alarm, Alarm::Days14);
    assert!(bench.registry.encode().contains("veche_acme_alarm_level 2"));
}

#[tokio::test]
async fn account_is_bound_where_the_authority_asks_for_it() {
    let bench = Bench::new(Setup { is_bound: true, ..Setup::default() });
    let certificates = bench.open_served(bench.settings(ChallengeKind::Http01));
    certificates.tick().await;
    let failed = certificates.status();
    assert_eq!(error_code(&failed), "refused");
    assert!(failed.last_error.unwrap().words.contains("externalAccountRequired"));
    let external_account = Some(ExternalAccount { key_id: "kid-1".to_owned(), hmac_key: Secret::new(vec![7; 32]) });
    let contacts = vec!["admin@example.org".to_owned()];
    let settings = AcmeSettings { external_account, contacts, ..bench.settings(ChallengeKind::Http01) };
    certificates.set_source(Source::Acme(settings));
    bench.go_to(failed.next_try.unwrap());
    certificates.tick().await;
    let status = certificates.status();
    assert_eq!((status.in_use, status.last_error), (SourceKind::Acme, None));
}

#[tokio::test]
async fn cut_off_order_waits_and_leaves_no_answers() {
    let bench = Bench::new(Setup::default());
    let certificates = bench.open_served(bench.settings(ChallengeKind::Http01));
    // The server is told to stop in the middle of an order: the first poll of it asks for the directory.
    let mut order = Box::pin(certificates.tick());
    assert!(futures_util::FutureExt::now_or_never(&mut order).is_none());
    drop(order);
    let certificates = bench.open_served(bench.settings(ChallengeKind::Http01));
    let wait = certificates.status().next_try.unwrap() - i64::try_from(bench.clock.wall_ms() / 1_000).unwrap();
    assert_eq!(wait, 300, "a server that restarts in a loop does not order in a loop");
    bench.go_to(certificates.status().next_try.unwrap());
    certificates.tick().await;
    assert_eq!(certificates.status().in_use, SourceKind::Acme);
}
