use std::time::Duration;

use veche_base::Clock;
use veche_base::testing::{ManualClock, SeededEntropy};

use super::{OwnAuthority, OwnError, ROOT_FILE, sane_now};
use crate::check::missing_names;
use crate::folder::Folder;
use crate::names::{Name, Names};
use crate::pem;
use crate::testing::Workshop;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

struct Bench {
    workshop: Workshop,
    dir: tempfile::TempDir,
    clock: ManualClock,
    entropy: SeededEntropy,
}

impl Bench {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let (workshop, clock) = (Workshop::new(), ManualClock::new());
        Self { workshop, dir, clock, entropy: SeededEntropy::new(7) }
    }

    fn folder(&self) -> Folder {
        Folder::open(self.dir.path()).unwrap()
    }

    fn open(&self, names: &Names) -> Result<OwnAuthority, OwnError> {
        OwnAuthority::open(&self.folder(), names, &self.clock, &self.entropy)
    }

    /// Lets openssl judge a new certificate of the authority against a root file, at the clock's time.
    fn verify(&self, authority: &OwnAuthority, names: &Names, root: &str, options: &str) -> (bool, String) {
        let leaf = authority.issue(names, sane_now(&self.clock), &self.entropy).unwrap();
        self.workshop.write("leaf.pem", leaf.to_pem());
        let now = self.clock.wall_ms() / 1_000;
        self.workshop.try_openssl(&format!(
            "verify -x509_strict -purpose sslserver -attime {now} -CAfile {root} {options} leaf.pem"
        ))
    }

    fn write_root(&self, authority: &OwnAuthority, name: &str) {
        self.workshop.write(name, pem::block("CERTIFICATE", authority.root()));
    }
}

fn names(public: &[&str], local: &[&str]) -> Names {
    let parse = |names: &[&str]| names.iter().map(|name| Name::parse(name).unwrap()).collect();
    Names { public: parse(public), local: parse(local) }
}

#[test]
fn openssl_trusts_the_server_by_its_root_and_only_for_its_names() {
    let bench = Bench::new();
    let ours = names(&["chat.example.org", "203.0.113.7"], &["localhost", "10.1.2.3", "fd00::5"]);
    let authority = bench.open(&ours).unwrap();
    bench.write_root(&authority, "root.pem");
    for good in [
        "-verify_hostname chat.example.org",
        "-verify_hostname localhost",
        "-verify_ip 10.1.2.3",
        "-verify_ip fd00::5",
        "-verify_ip 203.0.113.7",
    ] {
        let (succeeded, words) = bench.verify(&authority, &ours, "root.pem", good);
        assert!(succeeded, "{good}: {words}");
    }
    assert!(!bench.verify(&authority, &ours, "root.pem", "-verify_hostname example.org").0);
    let text = bench.workshop.openssl("x509 -in root.pem -noout -text");
    for line in [
        "Version: 3",
        "CA:TRUE, pathlen:0",
        "X509v3 Name Constraints: critical",
        "DNS:chat.example.org",
        "O = chat.example.org",
    ] {
        assert!(text.contains(line), "{line} is not in\n{text}");
    }
}

#[test]
fn root_cannot_speak_for_other_sites() {
    let bench = Bench::new();
    let ours = names(&["chat.example.org"], &[]);
    let authority = bench.open(&ours).unwrap();
    bench.write_root(&authority, "root.pem");
    bench.workshop.write("root.key", bench.folder().read(ROOT_FILE).unwrap().unwrap());
    for san in ["DNS:bank.example.com", "IP:198.51.100.1", "DNS:chat.example.org,DNS:example.org"] {
        let extensions = format!("subjectAltName={san}\nauthorityKeyIdentifier=keyid\n");
        bench.workshop.certify("foreign", crate::testing::P256, Some("root"), &extensions, "-sha256");
        let (succeeded, words) = bench.workshop.try_openssl("verify -no_check_time -CAfile root.pem foreign.pem");
        assert!(!succeeded && words.contains("permitted subtree violation"), "{san}: {words}");
    }
}

#[test]
fn authority_is_made_once_and_kept_private() {
    let bench = Bench::new();
    let ours = names(&["chat.example.org"], &["localhost"]);
    let root = bench.open(&ours).unwrap().root().clone();
    assert_eq!(*bench.open(&ours).unwrap().root(), root);
    // A further local address changes nothing about the root.
    let moved = names(&["chat.example.org"], &["localhost", "192.168.7.7"]);
    let authority = bench.open(&moved).unwrap();
    assert_eq!(*authority.root(), root);
    let leaf = authority.issue(&moved, sane_now(&bench.clock), &bench.entropy).unwrap();
    assert!(missing_names(&leaf.facts, &moved.all()).is_empty());
    // An address that is neither private nor known to the root is left out.
    let roaming = names(&["chat.example.org"], &["198.51.100.9"]);
    let leaf = authority.issue(&roaming, sane_now(&bench.clock), &bench.entropy).unwrap();
    assert_eq!(missing_names(&leaf.facts, &roaming.all()), [&roaming.local[0]]);
    assert_eq!(authority.vouched(&roaming), roaming.public);
}

#[test]
fn new_root_has_the_key_of_the_old_one() {
    let bench = Bench::new();
    let ours = names(&["chat.example.org"], &[]);
    let first = bench.open(&ours).unwrap();
    bench.write_root(&first, "first.pem");
    bench.clock.advance(DAY * 3_200);
    assert_eq!(bench.open(&ours).unwrap().root(), first.root());
    bench.clock.advance(DAY * 200);
    let second = bench.open(&ours).unwrap();
    assert_ne!(second.root(), first.root());
    bench.write_root(&second, "second.pem");
    // Those who have only the old root go on until it ends, and those who installed the new one already, too.
    for root in ["first.pem", "second.pem"] {
        let (succeeded, words) = bench.verify(&second, &ours, root, "-verify_hostname chat.example.org");
        assert!(succeeded, "{root}: {words}");
    }
    // A new name of the server needs a new root.
    let renamed = names(&["talk.example.net"], &[]);
    let third = bench.open(&renamed).unwrap();
    bench.write_root(&third, "third.pem");
    let (succeeded, words) = bench.verify(&third, &renamed, "third.pem", "-verify_hostname talk.example.net");
    assert!(succeeded, "{words}");
}

#[test]
fn wrong_clocks_are_survived() {
    let bench = Bench::new();
    let ours = names(&["chat.example.org"], &[]);
    bench.clock.set_wall_ms(0);
    let leaf = bench.open(&ours).unwrap().issue(&ours, sane_now(&bench.clock), &bench.entropy).unwrap();
    assert!(leaf.facts.not_before > 1_767_000_000, "a certificate of 1970 would be useless");
    // The clock was far ahead at the first start, and then somebody set it right.
    let ahead = Bench::new();
    ahead.clock.advance(DAY * 365 * 30);
    let wrong = ahead.open(&ours).unwrap();
    ahead.clock.set_wall_ms(ManualClock::new().wall_ms());
    let right = ahead.open(&ours).unwrap();
    assert_ne!(right.root(), wrong.root());
    assert!(right.facts().not_before < sane_now(&ahead.clock));
    // No date that a clock can tell makes a certificate fail.
    ahead.clock.set_wall_ms(u64::MAX);
    ahead.open(&ours).unwrap().issue(&ours, sane_now(&ahead.clock), &ahead.entropy).unwrap();
}

#[test]
fn damaged_root_is_refused_and_not_replaced() {
    let bench = Bench::new();
    let ours = names(&["chat.example.org"], &[]);
    bench.open(&ours).unwrap();
    let good = bench.folder().read(ROOT_FILE).unwrap().unwrap();
    for damaged in [&good[..good.len() / 2], b"", b"-----BEGIN CERTIFICATE-----\n!!\n-----END CERTIFICATE-----\n"] {
        bench.folder().write(ROOT_FILE, damaged).unwrap();
        assert!(matches!(bench.open(&ours), Err(OwnError::Damaged)));
        assert_eq!(bench.folder().read(ROOT_FILE).unwrap().unwrap(), damaged);
    }
}

/// What a certificate with this validity says.
pub(crate) fn facts_between(not_before: i64, not_after: i64) -> crate::x509::Facts {
    let bench = Bench::new();
    let ours = names(&["chat.example.org"], &[]);
    let mut facts = bench.open(&ours).unwrap().facts().clone();
    facts.not_before = not_before;
    facts.not_after = not_after;
    facts
}
