//! Certificates and keys that an administrator uploads.

use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock};

use tempfile::TempDir;
use veche_acme::{Certificates, Name, Names, Settings, Source};
use veche_base::metrics::Registry;
use veche_base::testing::{ManualClock, SeededEntropy};
use veche_runtime::outbound;

/// When the certificate of the corpus is good: 2027-01-01.
const NOW_MS: u64 = 1_798_761_600_000;

/// A server that waits for an upload.
struct Site {
    certificates: Certificates,
    _folder: TempDir,
}

static SITE: LazyLock<Site> = LazyLock::new(|| {
    let folder = TempDir::with_prefix("veche-fuzz-").expect("a temporary folder can be made");
    let clock = ManualClock::new();
    clock.set_wall_ms(NOW_MS);
    let public = vec![Name::parse("chat.example.org").expect("a name")];
    let names = Names { public, local: Vec::new() };
    let settings = Settings { folder: folder.path().join("tls"), names, source: Source::Uploaded };
    // No order is ever made, so nobody is ever asked.
    let nobody = outbound::Settings { reach: outbound::Reach::Loopback, extra_ca_pem: None };
    let nobody = Arc::new(outbound::Client::new(&nobody).expect("a client"));
    let entropy = Arc::new(SeededEntropy::new(7));
    let opened = Certificates::open(settings, nobody, Arc::new(clock), entropy, &Registry::new());
    Site { certificates: opened.expect("certificates can be made"), _folder: folder }
});

/// The first byte says whether certificate and key are PEM already, or what stands between its lines; the next two where the
/// key begins; the rest is both.
pub fn feed(input: &[u8]) {
    let Some(([choice, high, low], files)) = input.split_first_chunk::<3>() else { return };
    let (chain, key) = files.split_at(usize::from(u16::from_be_bytes([*high, *low])).min(files.len()));
    let chain = if choice & 1 == 1 { pem("CERTIFICATE", chain) } else { chain.to_vec() };
    let key = if choice & 2 == 2 { pem("PRIVATE KEY", key) } else { key.to_vec() };
    let certificates = &SITE.certificates;
    let faults = certificates.check_upload(&chain, &key);
    let codes: BTreeSet<&str> = faults.iter().map(|fault| fault.code()).collect();
    for fault in &faults {
        assert!(fault.to_string().len() > 20, "{fault:?} has no words");
    }
    assert!(!codes.contains(""), "a fault without a code: {faults:?}");
    let uploaded = certificates.upload(&chain, &key);
    assert_eq!(uploaded.is_ok(), faults.is_empty(), "{faults:?}, but {uploaded:?}");
    if let Ok(status) = uploaded {
        assert_eq!(status.in_use, status.wanted, "what was taken is in use");
        assert!(status.missing_names.is_empty() && status.not_after >= i64::try_from(NOW_MS / 1_000).expect("a time"));
    }
}

/// One PEM block (RFC 7468 §2).
fn pem(label: &str, der: &[u8]) -> Vec<u8> {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = format!("-----BEGIN {label}-----\n").into_bytes();
    for line in der.chunks(48) {
        for group in line.chunks(3) {
            let mut bytes = [0; 4];
            bytes[1..=group.len()].copy_from_slice(group);
            let bits = u32::from_be_bytes(bytes);
            let digit = |shift: u32| DIGITS[usize::try_from(bits >> shift & 63).expect("six bits")];
            let digits = [digit(18), digit(12), digit(6), digit(0)];
            text.extend_from_slice(&digits[..=group.len()]);
            text.extend_from_slice(&b"=="[group.len() - 1..]);
        }
        text.push(b'\n');
    }
    text.extend_from_slice(format!("-----END {label}-----\n").as_bytes());
    text
}
