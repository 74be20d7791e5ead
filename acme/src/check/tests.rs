use proptest::prelude::*;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use super::{Checked, check};
use crate::fault::{Fault, Part};
use crate::names::Name;
use crate::pem::{CERTIFICATES_MAX, CHAIN_BYTES_MAX, KEY_BYTES_MAX};
use crate::testing::{AUTHORITY, P256, SERVER, Workshop};
use crate::x509::Facts;

const DAY_SECS: i64 = 24 * 60 * 60;

fn facts_of(pem: &[u8]) -> Facts {
    Facts::read(&CertificateDer::from_pem_slice(pem).unwrap()).unwrap()
}

fn check_for(name: &str, chain: &[u8], key: &[u8], now: i64) -> Result<Checked, Vec<Fault>> {
    check(chain, key, &[Name::parse(name).unwrap()], now)
}

/// The faults of a chain and key for chat.example.org, an hour after the files were made.
fn faults(workshop: &Workshop, chain: &[&str], key: &str) -> Vec<Fault> {
    let now = facts_of(&workshop.read(chain[0])).not_before + 3_600;
    check_for("chat.example.org", &workshop.join(chain), &workshop.read(key), now).err().unwrap_or_default()
}

#[test]
fn good_chains_pass_with_every_key_and_form() {
    let w = Workshop::with_chain();
    w.openssl("verify -CAfile root.pem -untrusted middle.pem -verify_hostname chat.example.org leaf.pem");
    let chain = ["leaf.pem", "middle.pem"];
    assert_eq!(faults(&w, &chain, "leaf.key"), []);
    assert_eq!(faults(&w, &["leaf.pem", "middle.pem", "root.pem"], "leaf.key"), []);
    // The chain below its key in one file, given twice, as some tools keep it.
    w.write("all.pem", w.join(&["leaf.key", "leaf.pem", "middle.pem"]));
    assert_eq!(faults(&w, &["all.pem"], "all.pem"), []);
    // The older form of the key, with the parameters before it, with Windows line ends and a byte order mark.
    w.openssl("ec -in leaf.key -out sec1.key");
    w.openssl("ecparam -name prime256v1 -out parameters.pem");
    let text = String::from_utf8(w.join(&["parameters.pem", "sec1.key"])).unwrap();
    w.write("windows.key", format!("\u{feff}{}", text.replace('\n', "\r\n")));
    assert_eq!(faults(&w, &chain, "windows.key"), []);
    for (name, key, options) in [
        ("rsa", "RSA -pkeyopt rsa_keygen_bits:2048", "-sha256"),
        ("p384", "EC -pkeyopt ec_paramgen_curve:P-384", "-sha384"),
    ] {
        w.certify(name, key, Some("middle"), SERVER, options);
        assert_eq!(faults(&w, &[&format!("{name}.pem"), "middle.pem"], &format!("{name}.key")), [], "{name}");
    }
    w.openssl("rsa -in rsa.key -traditional -out pkcs1.key");
    assert_eq!(faults(&w, &["rsa.pem", "middle.pem"], "pkcs1.key"), []);
    w.certify("pssroot", "RSA -pkeyopt rsa_keygen_bits:2048", None, AUTHORITY, "-sha256");
    let pss = "-sha256 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:-1";
    w.certify("pss", P256, Some("pssroot"), SERVER, pss);
    assert_eq!(faults(&w, &["pss.pem", "pssroot.pem"], "pss.key"), []);
}

#[test]
fn weak_and_foreign_keys_and_signatures_are_named() {
    let w = Workshop::with_chain();
    let chain_of = |name: &str, key: &str, options: &str| {
        w.certify(name, key, Some("middle"), SERVER, options);
        faults(&w, &[&format!("{name}.pem"), "middle.pem"], &format!("{name}.key"))
    };
    let short = Fault::RsaTooShort { certificate: 1, bits: 1_024, bits_min: 2_048 };
    // The TLS library takes no such key either.
    assert_eq!(chain_of("short", "RSA -pkeyopt rsa_keygen_bits:1024", "-sha256"), [Fault::UnusableKey, short]);
    let weak = |hash: &str| Fault::WeakSignature { certificate: 1, hash: hash.to_owned() };
    assert_eq!(chain_of("sha1", P256, "-sha1"), [weak("SHA-1")]);
    assert_eq!(chain_of("sha224", P256, "-sha224"), [weak("SHA-224")]);
    assert_eq!(chain_of("edwards", "ED25519", "-sha256"), [Fault::EdwardsCurve { certificate: 1 }]);
    let curve = Fault::UnsupportedCurve { certificate: 1, curve: "P-521".to_owned() };
    assert_eq!(chain_of("p521", "EC -pkeyopt ec_paramgen_curve:P-521", "-sha256"), [curve]);
    let curve = Fault::UnsupportedCurve { certificate: 1, curve: "secp256k1".to_owned() };
    let found = chain_of("koblitz", "EC -pkeyopt ec_paramgen_curve:secp256k1", "-sha256");
    assert_eq!(found, [Fault::UnusableKey, curve]);
    w.certify("md5root", "RSA -pkeyopt rsa_keygen_bits:2048", None, AUTHORITY, "-md5");
    w.certify("md5", P256, Some("md5root"), SERVER, "-md5");
    // The root's own signature is not looked at by anybody.
    assert_eq!(faults(&w, &["md5.pem", "md5root.pem"], "md5.key"), [weak("MD5")]);
    w.certify("edroot", "ED25519", None, AUTHORITY, "");
    w.certify("edsigned", P256, Some("edroot"), SERVER, "");
    assert_eq!(faults(&w, &["edsigned.pem"], "edsigned.key"), [Fault::EdwardsCurve { certificate: 1 }]);
}

#[test]
fn keys_are_judged_on_their_own() {
    let w = Workshop::with_chain();
    let chain = ["leaf.pem", "middle.pem"];
    w.openssl("pkcs8 -topk8 -in leaf.key -passout pass:secret -out encrypted.key");
    w.openssl("ec -in leaf.key -aes128 -passout pass:secret -out older.key");
    for key in ["encrypted.key", "older.key"] {
        assert_eq!(faults(&w, &chain, key), [Fault::EncryptedKey], "{key}");
    }
    assert_eq!(faults(&w, &chain, "middle.key"), [Fault::KeyMismatch]);
    w.certify("stranger", P256, None, SERVER, "-sha256");
    assert_eq!(faults(&w, &chain, "stranger.key"), [Fault::KeyMismatch]);
    w.write("two.key", w.join(&["leaf.key", "stranger.key"]));
    assert_eq!(faults(&w, &chain, "two.key"), [Fault::SeveralKeys]);
    w.write("empty.key", " \n");
    assert_eq!(faults(&w, &chain, "empty.key"), [Fault::NoKey]);
    assert_eq!(faults(&w, &chain, "leaf.pem"), [Fault::NoKey]);
    w.openssl("pkey -in leaf.key -outform der -out binary.key");
    assert_eq!(faults(&w, &chain, "binary.key"), [Fault::NotPem { part: Part::Key }]);
    w.write("ssh.key", "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n");
    assert_eq!(faults(&w, &chain, "ssh.key"), [Fault::UnusableKey]);
    w.write("hollow.key", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n");
    assert_eq!(faults(&w, &chain, "hollow.key"), [Fault::UnusableKey]);
    w.write("cut.key", &w.read("leaf.key")[..100]);
    assert_eq!(faults(&w, &chain, "cut.key"), [Fault::DamagedPem { part: Part::Key }]);
    w.write("large.key", vec![b' '; KEY_BYTES_MAX + 1]);
    let large = Fault::TooLarge { part: Part::Key, bytes_max: KEY_BYTES_MAX };
    assert_eq!(faults(&w, &chain, "large.key"), [large]);
}

#[test]
fn files_that_are_no_chain_are_told_from_damaged_ones() {
    let w = Workshop::with_chain();
    let now = facts_of(&w.read("leaf.pem")).not_before + 3_600;
    let key = w.read("leaf.key");
    let chain = |content: &[u8]| check_for("chat.example.org", content, &key, now).unwrap_err();
    assert_eq!(chain(b""), [Fault::NoCertificate]);
    assert_eq!(chain(&key), [Fault::NoCertificate]);
    w.openssl("x509 -in leaf.pem -outform der -out leaf.der");
    assert_eq!(chain(&w.read("leaf.der")), [Fault::NotPem { part: Part::Chain }]);
    let leaf = w.read("leaf.pem");
    assert_eq!(chain(&leaf[..leaf.len() - 30]), [Fault::DamagedPem { part: Part::Chain }]);
    let scratched = String::from_utf8(leaf.clone()).unwrap().replacen("MII", "M!!", 1);
    assert_eq!(chain(scratched.as_bytes()), [Fault::DamagedPem { part: Part::Chain }]);
    let other = b"-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n";
    assert_eq!(chain(other), [Fault::NotX509 { certificate: 1 }]);
    assert_eq!(chain(&[&leaf[..], other].concat()), [Fault::NotX509 { certificate: 2 }]);
    assert_eq!(chain(&leaf.repeat(2)), [Fault::Duplicate { certificate: 2 }]);
    let many = Fault::TooManyCertificates { count_max: CERTIFICATES_MAX };
    assert_eq!(chain(&leaf.repeat(CERTIFICATES_MAX + 1)), [many]);
    let large = Fault::TooLarge { part: Part::Chain, bytes_max: CHAIN_BYTES_MAX };
    assert_eq!(chain(&vec![b'x'; CHAIN_BYTES_MAX + 1]), [large]);
    // Both files are judged, not only the first.
    let both = check_for("chat.example.org", b"", b"", now).unwrap_err();
    assert_eq!(both, [Fault::NoCertificate, Fault::NoKey]);
}

#[test]
fn order_and_kinship_of_the_chain_are_checked() {
    let w = Workshop::with_chain();
    let key = "leaf.key";
    for (chain, right_order) in [
        (&["middle.pem", "leaf.pem"][..], vec![2, 1]),
        (&["root.pem", "middle.pem", "leaf.pem"][..], vec![3, 2, 1]),
        (&["leaf.pem", "root.pem", "middle.pem"][..], vec![1, 3, 2]),
    ] {
        assert_eq!(faults(&w, chain, key), [Fault::WrongOrder { right_order }], "{chain:?}");
    }
    assert_eq!(faults(&w, &["leaf.pem", "root.pem"], key), [Fault::NotPartOfChain { certificate: 2 }]);
    w.certify("stranger", P256, None, AUTHORITY, "-sha256");
    let stray = [Fault::NotPartOfChain { certificate: 3 }];
    assert_eq!(faults(&w, &["leaf.pem", "middle.pem", "stranger.pem"], key), stray);
    // An authority of the same name with another key.
    w.write("kept.pem", w.read("middle.pem"));
    w.certify("middle", P256, Some("root"), AUTHORITY, "-sha256");
    assert_eq!(faults(&w, &["leaf.pem", "middle.pem"], key), [Fault::BadSignature { certificate: 1 }]);
    // Beside the right one it is found to be the wrong one.
    assert_eq!(faults(&w, &["leaf.pem", "middle.pem", "kept.pem"], key), [Fault::NotPartOfChain { certificate: 2 }]);
}

#[test]
fn dates_and_names_are_checked() {
    let w = Workshop::with_chain();
    let (chain, key) = (w.join(&["leaf.pem", "middle.pem"]), w.read("leaf.key"));
    let facts = facts_of(&chain);
    let (from, to) = (facts.not_before, facts.not_after);
    let at = |now: i64| check_for("chat.example.org", &chain, &key, now).err().unwrap_or_default();
    assert_eq!(at(from + 1), []);
    // The intermediate was made a moment earlier and ends a moment earlier.
    assert_eq!(at(to - 600), []);
    let expired = at(to + DAY_SECS);
    assert!(expired.contains(&Fault::Expired { certificate: 1, not_after: to }), "{expired:?}");
    assert_eq!(expired.len(), 2, "the intermediate has expired too: {expired:?}");
    let early = at(from - DAY_SECS);
    assert!(early.contains(&Fault::NotYetValid { certificate: 1, not_before: from }), "{early:?}");
    let named =
        |name: &str, chain: &[u8], key: &[u8]| check_for(name, chain, key, from + 3_600).err().unwrap_or_default();
    let wrong = |wanted: &str, listed: &[&str]| {
        let listed = listed.iter().map(ToString::to_string).collect();
        vec![Fault::WrongName { wanted: wanted.to_owned(), listed }]
    };
    assert_eq!(named("other.example.org", &chain, &key), wrong("other.example.org", &["chat.example.org"]));
    assert_eq!(named("10.0.0.1", &chain, &key), wrong("10.0.0.1", &["chat.example.org"]));
    let wild = SERVER.replace("DNS:chat.example.org", "DNS:*.example.org,IP:10.0.0.1,IP:fd00::1");
    w.certify("wild", P256, Some("middle"), &wild, "-sha256");
    let (chain, key) = (w.join(&["wild.pem", "middle.pem"]), w.read("wild.key"));
    for name in ["chat.example.org", "10.0.0.1", "fd00::1"] {
        assert_eq!(named(name, &chain, &key), [], "{name}");
    }
    let listed = ["*.example.org", "10.0.0.1", "fd00::1"];
    assert_eq!(named("example.org", &chain, &key), wrong("example.org", &listed));
    assert_eq!(named("a.b.example.org", &chain, &key), wrong("a.b.example.org", &listed));
    let nameless = SERVER.replace("subjectAltName=DNS:chat.example.org\n", "");
    w.certify("chat.example.org", P256, Some("middle"), &nameless, "-sha256");
    assert_eq!(faults(&w, &["chat.example.org.pem", "middle.pem"], "chat.example.org.key"), [Fault::NoNames]);
}

#[test]
fn versions_and_flags_are_checked() {
    let w = Workshop::with_chain();
    let leaf_with = |from: &str, to: &str| {
        w.certify("odd", P256, Some("middle"), &SERVER.replace(from, to), "-sha256");
        faults(&w, &["odd.pem", "middle.pem"], "odd.key")
    };
    assert_eq!(leaf_with("CA:FALSE", "CA:TRUE"), [Fault::ServerIsAuthority]);
    assert_eq!(leaf_with("serverAuth", "clientAuth"), [Fault::NotForServers]);
    assert_eq!(leaf_with("critical,digitalSignature", "keyEncipherment"), [Fault::NoDigitalSignature]);
    assert_eq!(leaf_with("extendedKeyUsage=serverAuth\n", ""), []);
    let unknown = Fault::UnknownCritical { certificate: 1, extension: "1.2.3.4.5".to_owned() };
    assert_eq!(leaf_with("basic", "1.2.3.4.5=critical,DER:0500\nbasic"), [unknown]);
    let damaged = Fault::DamagedExtension { certificate: 1, extension: "2.5.29.17".to_owned() };
    assert_eq!(leaf_with("subjectAltName=DNS:chat.example.org", "2.5.29.17=DER:0500"), [damaged, Fault::NoNames]);
    w.certify("v1", P256, Some("middle"), "", "-sha256");
    let old = [Fault::NotVersion3 { certificate: 1, version: 1 }, Fault::NoNames];
    assert_eq!(faults(&w, &["v1.pem", "middle.pem"], "v1.key"), old);
    w.certify("v1root", P256, None, "", "-sha256");
    w.certify("below", P256, Some("v1root"), SERVER, "-sha256");
    let old = [Fault::NotVersion3 { certificate: 2, version: 1 }, Fault::NotAnAuthority { certificate: 2 }];
    assert_eq!(faults(&w, &["below.pem", "v1root.pem"], "below.key"), old);
    // One authority too many below the root: OpenSSL and we agree.
    w.certify("tight", P256, None, &AUTHORITY.replace("CA:TRUE", "CA:TRUE,pathlen:0"), "-sha256");
    w.certify("between", P256, Some("tight"), AUTHORITY, "-sha256");
    w.certify("deep", P256, Some("between"), SERVER, "-sha256");
    assert!(!w.try_openssl("verify -CAfile tight.pem -untrusted between.pem deep.pem").0);
    let chain = ["deep.pem", "between.pem", "tight.pem"];
    assert_eq!(faults(&w, &chain, "deep.key"), [Fault::ChainTooLong { certificate: 3 }]);
}

#[test]
fn every_fault_has_words_and_its_code_in_json() {
    let samples = [
        Fault::TooLarge { part: Part::Chain, bytes_max: 7 },
        Fault::NoCertificate,
        Fault::NotVersion3 { certificate: 2, version: 1 },
        Fault::NotX509 { certificate: 3 },
        Fault::WrongOrder { right_order: vec![2, 1] },
        Fault::WrongName { wanted: "a".to_owned(), listed: vec!["b".to_owned(), "c".to_owned()] },
        Fault::EdwardsCurve { certificate: 1 },
        Fault::KeyMismatch,
    ];
    for fault in samples {
        assert_eq!(serde_json::to_value(&fault).unwrap()["code"], fault.code());
        assert!(fault.to_string().ends_with('.'), "{fault}");
    }
    let words = Fault::WrongOrder { right_order: vec![3, 1, 2] }.to_string();
    assert!(words.ends_with("The right order is: 3, 1, 2."), "{words}");
    let words = Fault::WrongName { wanted: "a".to_owned(), listed: vec!["b".to_owned(), "c".to_owned()] }.to_string();
    assert!(words.ends_with("It lists: b, c."), "{words}");
}

/// Real files, made once: making them takes longer than judging them.
fn real_files() -> (Vec<u8>, Vec<u8>) {
    let w = Workshop::with_chain();
    (w.join(&["leaf.pem", "middle.pem", "root.pem"]), w.read("leaf.key"))
}

#[test]
fn no_input_panics() {
    let (chain, key) = real_files();
    let ders: Vec<_> = CertificateDer::pem_slice_iter(&chain).map(|der| der.unwrap().to_vec()).collect();
    let names = [Name::parse("chat.example.org").unwrap()];
    let bytes = proptest::collection::vec(any::<u8>(), 0..400);
    let edits = proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8);
    let cut = any::<prop::sample::Index>();
    let mut runner =
        proptest::test_runner::TestRunner::new(ProptestConfig { cases: 3_000, ..ProptestConfig::default() });
    runner
        .run(&(bytes, edits, cut, 0..ders.len(), any::<i64>()), |(bytes, edits, cut, which, now)| {
            // Anything at all, also as the content of a block.
            assert!(check(&bytes, &bytes, &names, now).is_err());
            let block = crate::pem::block("CERTIFICATE", &bytes);
            assert!(check(block.as_bytes(), &bytes, &names, now).is_err());
            // Real files with bytes changed, in the text and below it, and cut off.
            let mut text = [&chain[..], &key].concat();
            let mut der = ders[which].clone();
            for (place, byte) in &edits {
                let end = text.len();
                text[place.index(end)] = *byte;
                let end = der.len();
                der[place.index(end)] = *byte;
            }
            let end = text.len();
            let _ = check(&text, &text, &names, now);
            let _ = check(&text[..cut.index(end)], &text[cut.index(end)..], &names, now);
            let block = crate::pem::block("CERTIFICATE", &der);
            let _ = check(block.as_bytes(), &key, &names, now);
            let _ = crate::credential::Credential::read([block.as_bytes(), &key].concat().as_slice());
            Ok(())
        })
        .unwrap();
}
