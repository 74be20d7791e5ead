//! PEM as administrators upload it (RFC 7468, and what tools really write), taken apart with limits, and written.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rustls::pki_types::pem::{PemObject, SectionKind};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::fault::{Fault, Part};

/// A file of certificates, with room for the text that some tools write between them.
pub const CHAIN_BYTES_MAX: usize = 256 * 1_024;
/// A private key; the largest RSA key that is accepted takes 13 KiB.
pub const KEY_BYTES_MAX: usize = 64 * 1_024;
/// Certificates of one chain. Public ones have two or three.
pub const CERTIFICATES_MAX: usize = 10;

/// What tools write before the text when they think of Windows.
const BYTE_ORDER_MARK: &[u8] = &[0xEF, 0xBB, 0xBF];

/// The certificates of a file in the order in which they stand there; also those of a file that holds a key too.
pub(crate) fn certificates(file: &[u8], faults: &mut Vec<Fault>) -> Vec<CertificateDer<'static>> {
    let part = Part::Chain;
    let Some(sections) = sections(file, part, CHAIN_BYTES_MAX, faults) else { return Vec::new() };
    let certificates: Vec<_> = sections
        .into_iter()
        .filter(|(kind, _)| *kind == SectionKind::Certificate)
        .map(|(_, der)| CertificateDer::from(der))
        .collect();
    if certificates.is_empty() && !faults.iter().any(|fault| matches!(fault, Fault::DamagedPem { part: Part::Chain })) {
        faults.push(Fault::NoCertificate);
    }
    if certificates.len() > CERTIFICATES_MAX {
        faults.push(Fault::TooManyCertificates { count_max: CERTIFICATES_MAX });
        return Vec::new();
    }
    certificates
}

/// The one private key of a file; also of a file that holds certificates too.
pub(crate) fn private_key(file: &[u8], faults: &mut Vec<Fault>) -> Option<PrivateKeyDer<'static>> {
    let part = Part::Key;
    if file.len() <= KEY_BYTES_MAX.max(CHAIN_BYTES_MAX) && is_encrypted(file) {
        faults.push(Fault::EncryptedKey);
        return None;
    }
    let sections = sections(file, part, KEY_BYTES_MAX, faults)?;
    let mut keys = sections.into_iter().filter_map(|(kind, der)| PrivateKeyDer::from_pem(kind, der));
    let key = keys.next();
    if keys.next().is_some() {
        faults.push(Fault::SeveralKeys);
        return None;
    }
    if key.is_none() {
        let foreign = contains(file, b"PRIVATE KEY-----");
        let damaged = faults.iter().any(|fault| matches!(fault, Fault::DamagedPem { part: Part::Key }));
        match (foreign, damaged) {
            (_, true) => {}
            // A key of OpenSSH, or of an algorithm with a label of its own.
            (true, false) => faults.push(Fault::UnusableKey),
            (false, false) => faults.push(Fault::NoKey),
        }
    }
    key
}

/// All blocks of a file, or `None` with the reason among the faults.
fn sections(file: &[u8], part: Part, bytes_max: usize, faults: &mut Vec<Fault>) -> Option<Vec<(SectionKind, Vec<u8>)>> {
    if file.len() > bytes_max {
        faults.push(Fault::TooLarge { part, bytes_max });
        return None;
    }
    let text = file.strip_prefix(BYTE_ORDER_MARK).unwrap_or(file);
    if !contains(text, b"-----BEGIN ") {
        // An empty field says "there is none", not "this is the wrong format".
        match text.iter().all(u8::is_ascii_whitespace) {
            true if part == Part::Key => faults.push(Fault::NoKey),
            true => faults.push(Fault::NoCertificate),
            false => faults.push(Fault::NotPem { part }),
        }
        return None;
    }
    let mut sections = Vec::new();
    let mut damaged = false;
    for section in <(SectionKind, Vec<u8>)>::pem_slice_iter(text) {
        match section {
            Ok(section) => sections.push(section),
            Err(_) => damaged = true,
        }
    }
    // A block that was cut off before its end is not reported by the parser.
    if damaged || count(text, b"-----BEGIN ") != count(text, b"-----END ") {
        faults.push(Fault::DamagedPem { part });
    }
    Some(sections)
}

/// PKCS#8 says so in its label, the older forms in a header line (RFC 1421 §4.6.1.1).
fn is_encrypted(file: &[u8]) -> bool {
    contains(file, b"-----BEGIN ENCRYPTED PRIVATE KEY-----") || contains(file, b"Proc-Type: 4,ENCRYPTED")
}

fn contains(text: &[u8], what: &[u8]) -> bool {
    text.windows(what.len()).any(|window| window == what)
}

fn count(text: &[u8], what: &[u8]) -> usize {
    text.windows(what.len()).filter(|window| *window == what).count()
}

/// The chain and the key of a file that this crate wrote; `None` if it is not such a file.
pub(crate) fn stored(file: &[u8]) -> Option<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>)> {
    let mut faults = Vec::new();
    let sections = sections(file, Part::Chain, CHAIN_BYTES_MAX + KEY_BYTES_MAX, &mut faults)?;
    let mut chain = Vec::new();
    let mut key = None;
    for (kind, der) in sections {
        match kind {
            SectionKind::Certificate => chain.push(CertificateDer::from(der)),
            kind => key = PrivateKeyDer::from_pem(kind, der),
        }
    }
    (faults.is_empty() && !chain.is_empty()).then_some(chain).zip(key)
}

/// A chain and, below it, its key: the form that [`stored`] reads.
pub(crate) fn write(chain: &[CertificateDer<'_>], key: &PrivateKeyDer<'_>) -> String {
    let mut text = String::new();
    for certificate in chain {
        text.push_str(&block("CERTIFICATE", certificate));
    }
    let label = match key {
        PrivateKeyDer::Pkcs1(_) => "RSA PRIVATE KEY",
        PrivateKeyDer::Sec1(_) => "EC PRIVATE KEY",
        _ => "PRIVATE KEY",
    };
    text.push_str(&block(label, key.secret_der()));
    text
}

/// One PEM block, with 64 characters a line (RFC 7468 §2).
pub(crate) fn block(label: &str, der: &[u8]) -> String {
    let base64 = STANDARD.encode(der);
    let mut text = format!("-----BEGIN {label}-----\n");
    for line in base64.as_bytes().chunks(64) {
        text.push_str(std::str::from_utf8(line).expect("Base64 is ASCII"));
        text.push('\n');
    }
    text.push_str("-----END ");
    text.push_str(label);
    text.push_str("-----\n");
    text
}
