//! The rules for a chain and its key: what browsers and Matrix clients demand, checked before anything is replaced.
//!
//! All faults are told at once, so that one more upload is enough. A root at the end of the chain is not needed and does
//! no harm; its own signature is not judged, because nobody verifies it.

mod order;

use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::fault::Fault;
use crate::names::Name;
use crate::pem;
use crate::x509::{Facts, KeyKind, SignatureKind, UnixSeconds};
use order::{Chain, sort};

/// Below, an RSA key is within reach of a large attacker (product requirement 108; CA/B Forum §6.1.5).
const RSA_BITS_MIN: usize = 2_048;
/// Above, rustls and others refuse to verify, because it takes too long.
const RSA_BITS_MAX: usize = 8_192;

/// A chain without faults and the key that belongs to it.
#[derive(Debug)]
pub(crate) struct Checked {
    pub(crate) chain: Vec<CertificateDer<'static>>,
    pub(crate) key: PrivateKeyDer<'static>,
}

/// Checks a chain and its key for a server with these names at this time, and tells everything that is wrong.
pub(crate) fn check(chain_pem: &[u8], key_pem: &[u8], names: &[Name], now: UnixSeconds) -> Result<Checked, Vec<Fault>> {
    let mut faults = Vec::new();
    let certificates = pem::certificates(chain_pem, &mut faults);
    let key = pem::private_key(key_pem, &mut faults);
    let mut all_facts = Vec::new();
    for (index, certificate) in certificates.iter().enumerate() {
        match Facts::read(certificate) {
            Ok(facts) => all_facts.push(facts),
            Err(_) => faults.push(Fault::NotX509 { certificate: index + 1 }),
        }
    }
    if certificates.is_empty() || all_facts.len() < certificates.len() {
        return Err(faults);
    }
    if let Some(copy) = (1..certificates.len()).find(|index| certificates[..*index].contains(&certificates[*index])) {
        faults.push(Fault::Duplicate { certificate: copy + 1 });
        return Err(faults);
    }
    let key_spki = key.as_ref().and_then(|key| public_half(key, &mut faults));
    let chain = sort(&all_facts, key_spki.as_deref());
    if let Some(fault) = chain.fault() {
        faults.push(fault);
    }
    for (index, facts) in all_facts.iter().enumerate() {
        check_one(index + 1, facts, now, &mut faults);
    }
    check_server(&all_facts[chain.server()], names, &mut faults);
    check_links(&all_facts, &chain, &mut faults);
    if key_spki.is_some_and(|spki| spki != all_facts[chain.server()].spki) {
        faults.push(Fault::KeyMismatch);
    }
    match key {
        Some(key) if faults.is_empty() => Ok(Checked { chain: certificates, key }),
        _ => Err(faults),
    }
}

/// The public key that belongs to a private one.
fn public_half(key: &PrivateKeyDer<'static>, faults: &mut Vec<Fault>) -> Option<Vec<u8>> {
    let spki = rustls::crypto::aws_lc_rs::sign::any_supported_type(key)
        .ok()
        .and_then(|key| key.public_key().map(|spki| spki.as_ref().to_vec()));
    if spki.is_none() {
        faults.push(Fault::UnusableKey);
    }
    spki
}

/// What holds for every certificate of the chain.
fn check_one(certificate: usize, facts: &Facts, now: UnixSeconds, faults: &mut Vec<Fault>) {
    if facts.version != 3 {
        faults.push(Fault::NotVersion3 { certificate, version: facts.version });
    }
    let is_root = certificate > 1 && facts.is_self_issued();
    match &facts.signature {
        _ if is_root => {}
        SignatureKind::Strong(_) => {}
        SignatureKind::Weak(hash) => {
            faults.push(Fault::WeakSignature { certificate, hash: (*hash).to_owned() });
        }
        // Told once: an Edwards key signs with itself only in a chain of such keys.
        SignatureKind::Edwards if facts.key == KeyKind::Edwards => {}
        SignatureKind::Edwards => faults.push(Fault::EdwardsCurve { certificate }),
        SignatureKind::Other(algorithm) => {
            faults.push(Fault::UnsupportedSignature { certificate, algorithm: algorithm.clone() });
        }
    }
    check_key(certificate, &facts.key, faults);
    if facts.not_after < now {
        faults.push(Fault::Expired { certificate, not_after: facts.not_after });
    }
    if facts.not_before > now {
        faults.push(Fault::NotYetValid { certificate, not_before: facts.not_before });
    }
    for extension in &facts.unknown_critical {
        faults.push(Fault::UnknownCritical { certificate, extension: extension.clone() });
    }
    for extension in &facts.damaged_extensions {
        faults.push(Fault::DamagedExtension { certificate, extension: extension.clone() });
    }
}

fn check_key(certificate: usize, key: &KeyKind, faults: &mut Vec<Fault>) {
    match key {
        KeyKind::P256 | KeyKind::P384 => {}
        KeyKind::Rsa(bits) if *bits < RSA_BITS_MIN => {
            faults.push(Fault::RsaTooShort { certificate, bits: *bits, bits_min: RSA_BITS_MIN });
        }
        KeyKind::Rsa(bits) if *bits > RSA_BITS_MAX => {
            faults.push(Fault::RsaTooLong { certificate, bits: *bits, bits_max: RSA_BITS_MAX });
        }
        KeyKind::Rsa(_) => {}
        KeyKind::OtherCurve(curve) => faults.push(Fault::UnsupportedCurve { certificate, curve: curve.clone() }),
        KeyKind::Edwards => faults.push(Fault::EdwardsCurve { certificate }),
        KeyKind::Other(algorithm) => {
            faults.push(Fault::UnsupportedKey { certificate, algorithm: algorithm.clone() });
        }
    }
}

/// What holds for the server's own certificate.
fn check_server(facts: &Facts, names: &[Name], faults: &mut Vec<Fault>) {
    if facts.is_authority {
        faults.push(Fault::ServerIsAuthority);
    }
    if facts.may_serve == Some(false) {
        faults.push(Fault::NotForServers);
    }
    if facts.may_sign_handshakes == Some(false) {
        faults.push(Fault::NoDigitalSignature);
    }
    if facts.names.is_empty() {
        faults.push(Fault::NoNames);
        return;
    }
    for wanted in missing_names(facts, names) {
        let listed = facts.names.iter().take(20).map(ToString::to_string).collect();
        faults.push(Fault::WrongName { wanted: wanted.to_string(), listed });
    }
}

/// The names that a certificate does not speak for.
pub(crate) fn missing_names<'a>(facts: &Facts, names: &'a [Name]) -> Vec<&'a Name> {
    names.iter().filter(|name| !facts.names.iter().any(|listed| listed.covers(name))).collect()
}

/// What holds between neighbors of the chain, in its right order.
fn check_links(all_facts: &[Facts], chain: &Chain, faults: &mut Vec<Fault>) {
    let order = chain.order();
    for (depth, pair) in order.windows(2).enumerate() {
        let (below, above) = (&all_facts[pair[0]], &all_facts[pair[1]]);
        let certificate = pair[1] + 1;
        if !above.is_authority || above.may_sign_certificates == Some(false) {
            faults.push(Fault::NotAnAuthority { certificate });
        }
        // `depth` authorities stand between the server's certificate and this one (RFC 5280 §4.2.1.9).
        if above.path_len.is_some_and(|path_len| depth > usize::try_from(path_len).unwrap_or(usize::MAX)) {
            faults.push(Fault::ChainTooLong { certificate });
        }
        if below.is_signed_by(above) == Some(false) {
            faults.push(Fault::BadSignature { certificate: pair[0] + 1 });
        }
    }
}

#[cfg(test)]
mod tests;
