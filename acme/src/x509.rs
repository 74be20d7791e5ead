//! What a certificate says about itself (RFC 5280), read once into plain values.
//!
//! Nothing is judged here: the rules stand in `check.rs`. A certificate of any age and any strength can be read,
//! so that its faults can be named.

use std::net::IpAddr;

use rustls::pki_types::{AlgorithmIdentifier, CertificateDer, alg_id};
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::{GeneralName, ParsedExtension};
use x509_parser::oid_registry::{OID_EC_P256, OID_KEY_TYPE_EC_PUBLIC_KEY, OID_NIST_EC_P384, OID_PKCS1_RSAENCRYPTION};
use x509_parser::prelude::FromDer;
use x509_parser::public_key::PublicKey;
use x509_parser::signature_algorithm::SignatureAlgorithm;
use x509_parser::x509::AlgorithmIdentifier as ParsedAlgorithm;

use crate::names::Name;

/// No certificate that a browser takes lists more.
const NAMES_MAX: usize = 1_000;

/// Seconds since 1970-01-01 UTC; a certificate may tell times before that.
pub(crate) type UnixSeconds = i64;

/// The public key in a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum KeyKind {
    /// RSA with this many bits in its modulus.
    Rsa(usize),
    /// ECDSA on P-256.
    P256,
    /// ECDSA on P-384.
    P384,
    /// ECDSA on another curve.
    OtherCurve(String),
    /// Ed25519 or Ed448.
    Edwards,
    /// Something else (DSA, GOST, post-quantum), by the number of its algorithm.
    Other(String),
}

/// How a certificate is signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SignatureKind {
    /// SHA-256 or stronger, in a form that browsers take.
    Strong(Strong),
    /// With a hash that can be forged.
    Weak(&'static str),
    /// Ed25519 or Ed448.
    Edwards,
    /// Something else, by the number of its algorithm.
    Other(String),
}

/// The strong signature algorithms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Strong {
    RsaSha256,
    RsaSha384,
    RsaSha512,
    PssSha256,
    PssSha384,
    PssSha512,
    EcdsaSha256,
    EcdsaSha384,
    EcdsaSha512,
}

impl Strong {
    /// The algorithm as the verifiers of rustls name it.
    pub(crate) const fn id(self) -> AlgorithmIdentifier {
        match self {
            Self::RsaSha256 => alg_id::RSA_PKCS1_SHA256,
            Self::RsaSha384 => alg_id::RSA_PKCS1_SHA384,
            Self::RsaSha512 => alg_id::RSA_PKCS1_SHA512,
            Self::PssSha256 => alg_id::RSA_PSS_SHA256,
            Self::PssSha384 => alg_id::RSA_PSS_SHA384,
            Self::PssSha512 => alg_id::RSA_PSS_SHA512,
            Self::EcdsaSha256 => alg_id::ECDSA_SHA256,
            Self::EcdsaSha384 => alg_id::ECDSA_SHA384,
            Self::EcdsaSha512 => alg_id::ECDSA_SHA512,
        }
    }
}

/// What one certificate says. Times are Unix seconds.
#[derive(Debug, Clone)]
pub(crate) struct Facts {
    /// 1, 2 or 3.
    pub(crate) version: u32,
    pub(crate) subject: Vec<u8>,
    pub(crate) issuer: Vec<u8>,
    /// The issuer for people, such as `CN=Example CA, O=Example`.
    pub(crate) issuer_text: String,
    pub(crate) not_before: UnixSeconds,
    pub(crate) not_after: UnixSeconds,
    /// The subject alternative names that are DNS names or addresses.
    pub(crate) names: Vec<Name>,
    pub(crate) key: KeyKind,
    pub(crate) signature: SignatureKind,
    /// Basic constraints: whether it is an authority, and how many authorities may follow it.
    pub(crate) is_authority: bool,
    pub(crate) path_len: Option<u32>,
    /// Key usage, if it is limited.
    pub(crate) may_sign_handshakes: Option<bool>,
    pub(crate) may_sign_certificates: Option<bool>,
    /// Extended key usage, if it is limited.
    pub(crate) may_serve: Option<bool>,
    /// Critical extensions that nobody here understands, by their numbers.
    pub(crate) unknown_critical: Vec<String>,
    /// Extensions that do not parse, or stand there twice, by their numbers.
    pub(crate) damaged_extensions: Vec<String>,
    /// The subject public key info and the key in it.
    pub(crate) spki: Vec<u8>,
    pub(crate) public_key: Vec<u8>,
    /// What is signed, and the signature.
    pub(crate) signed: Vec<u8>,
    pub(crate) signature_value: Vec<u8>,
}

/// The bytes are no X.509 certificate, or there is more after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NotACertificate;

impl Facts {
    /// Reads one certificate.
    pub(crate) fn read(der: &CertificateDer<'_>) -> Result<Self, NotACertificate> {
        let (rest, parsed) = X509Certificate::from_der(der).map_err(|_| NotACertificate)?;
        if !rest.is_empty() {
            return Err(NotACertificate);
        }
        let mut facts = Self {
            version: parsed.version().0.saturating_add(1),
            subject: parsed.subject().as_raw().to_owned(),
            issuer: parsed.issuer().as_raw().to_owned(),
            issuer_text: parsed.issuer().to_string(),
            not_before: parsed.validity().not_before.timestamp(),
            not_after: parsed.validity().not_after.timestamp(),
            names: Vec::new(),
            key: key_kind(&parsed),
            signature: signature_kind(&parsed.signature_algorithm),
            is_authority: false,
            path_len: None,
            may_sign_handshakes: None,
            may_sign_certificates: None,
            may_serve: None,
            unknown_critical: Vec::new(),
            damaged_extensions: Vec::new(),
            spki: parsed.public_key().raw.to_owned(),
            public_key: parsed.public_key().subject_public_key.data.to_vec(),
            signed: parsed.tbs_certificate.as_ref().to_owned(),
            signature_value: parsed.signature_value.data.to_vec(),
        };
        facts.read_extensions(&parsed);
        Ok(facts)
    }

    fn read_extensions(&mut self, parsed: &X509Certificate<'_>) {
        let mut seen = Vec::new();
        for extension in parsed.extensions() {
            if seen.contains(&&extension.oid) {
                self.damaged_extensions.push(extension.oid.to_id_string());
            }
            seen.push(&extension.oid);
            match extension.parsed_extension() {
                ParsedExtension::BasicConstraints(basic) => {
                    self.is_authority = basic.ca;
                    self.path_len = basic.path_len_constraint;
                }
                ParsedExtension::KeyUsage(usage) => {
                    self.may_sign_handshakes = Some(usage.digital_signature());
                    self.may_sign_certificates = Some(usage.key_cert_sign());
                }
                ParsedExtension::ExtendedKeyUsage(usage) => self.may_serve = Some(usage.server_auth || usage.any),
                ParsedExtension::SubjectAlternativeName(names) => {
                    self.names = names.general_names.iter().filter_map(name_of).take(NAMES_MAX).collect();
                }
                ParsedExtension::ParseError { .. } => self.damaged_extensions.push(extension.oid.to_id_string()),
                ParsedExtension::UnsupportedExtension { .. } if extension.critical => {
                    self.unknown_critical.push(extension.oid.to_id_string());
                }
                _ => {}
            }
        }
    }

    /// Whether it names itself as its issuer: a root, or a certificate that nobody vouches for.
    pub(crate) fn is_self_issued(&self) -> bool {
        self.subject == self.issuer
    }

    /// Whether its signature was made with the key of `issuer`; `None` if that cannot be computed here.
    pub(crate) fn is_signed_by(&self, issuer: &Self) -> Option<bool> {
        let SignatureKind::Strong(signature) = self.signature else { return None };
        let key = match issuer.key {
            KeyKind::Rsa(_) => alg_id::RSA_ENCRYPTION,
            KeyKind::P256 => alg_id::ECDSA_P256,
            KeyKind::P384 => alg_id::ECDSA_P384,
            KeyKind::OtherCurve(_) | KeyKind::Edwards | KeyKind::Other(_) => return None,
        };
        let algorithms = rustls::crypto::aws_lc_rs::default_provider().signature_verification_algorithms;
        let mut fitting = algorithms
            .all
            .iter()
            .filter(|algorithm| algorithm.public_key_alg_id() == key && algorithm.signature_alg_id() == signature.id());
        // No fitting algorithm means that key and signature are of different families, so it is not signed by this key.
        Some(fitting.any(|algorithm| {
            algorithm.verify_signature(&issuer.public_key, &self.signed, &self.signature_value).is_ok()
        }))
    }
}

fn name_of(name: &GeneralName<'_>) -> Option<Name> {
    match name {
        GeneralName::DNSName(name) => Some(Name::Dns((*name).to_owned())),
        GeneralName::IPAddress(bytes) => {
            let address = match bytes.len() {
                4 => IpAddr::from(<[u8; 4]>::try_from(*bytes).ok()?),
                _ => IpAddr::from(<[u8; 16]>::try_from(*bytes).ok()?),
            };
            Some(Name::Address(address))
        }
        _ => None,
    }
}

fn key_kind(parsed: &X509Certificate<'_>) -> KeyKind {
    let spki = parsed.public_key();
    let algorithm = &spki.algorithm.algorithm;
    if *algorithm == OID_PKCS1_RSAENCRYPTION {
        return match spki.parsed() {
            Ok(PublicKey::RSA(key)) => KeyKind::Rsa(modulus_bits(key.modulus)),
            _ => KeyKind::Rsa(0),
        };
    }
    if *algorithm == OID_KEY_TYPE_EC_PUBLIC_KEY {
        let curve = spki.algorithm.parameters.as_ref().and_then(|parameters| parameters.as_oid().ok());
        return match curve {
            Some(curve) if curve == OID_EC_P256 => KeyKind::P256,
            Some(curve) if curve == OID_NIST_EC_P384 => KeyKind::P384,
            Some(curve) => KeyKind::OtherCurve(curve_text(&curve.to_id_string())),
            None => KeyKind::OtherCurve("written out".to_owned()),
        };
    }
    match algorithm.to_id_string().as_str() {
        "1.3.101.112" | "1.3.101.113" => KeyKind::Edwards,
        "1.2.840.10040.4.1" => KeyKind::Other("DSA".to_owned()),
        number => KeyKind::Other(number.to_owned()),
    }
}

fn curve_text(number: &str) -> String {
    match number {
        "1.3.132.0.35" => "P-521",
        "1.3.132.0.33" => "P-224",
        "1.3.132.0.10" => "secp256k1",
        number => number,
    }
    .to_owned()
}

/// The length of an unsigned big-endian number without its leading zeros.
fn modulus_bits(modulus: &[u8]) -> usize {
    let Some(first) = modulus.iter().position(|byte| *byte != 0) else { return 0 };
    let zeros = usize::try_from(modulus[first].leading_zeros()).expect("a byte has at most eight leading zeros");
    (modulus.len() - first) * 8 - zeros
}

fn signature_kind(algorithm: &ParsedAlgorithm<'_>) -> SignatureKind {
    use SignatureKind::{Strong as S, Weak};
    match algorithm.algorithm.to_id_string().as_str() {
        "1.2.840.113549.1.1.11" => S(Strong::RsaSha256),
        "1.2.840.113549.1.1.12" => S(Strong::RsaSha384),
        "1.2.840.113549.1.1.13" => S(Strong::RsaSha512),
        "1.2.840.113549.1.1.10" => pss_kind(algorithm),
        "1.2.840.10045.4.3.2" => S(Strong::EcdsaSha256),
        "1.2.840.10045.4.3.3" => S(Strong::EcdsaSha384),
        "1.2.840.10045.4.3.4" => S(Strong::EcdsaSha512),
        "1.2.840.113549.1.1.2" => Weak("MD2"),
        "1.2.840.113549.1.1.3" => Weak("MD4"),
        "1.2.840.113549.1.1.4" => Weak("MD5"),
        "1.2.840.113549.1.1.5" | "1.3.14.3.2.29" | "1.2.840.10045.4.1" | "1.2.840.10040.4.3" => Weak("SHA-1"),
        "1.2.840.113549.1.1.14" | "1.2.840.10045.4.3.1" => Weak("SHA-224"),
        "1.3.101.112" | "1.3.101.113" => SignatureKind::Edwards,
        number => SignatureKind::Other(number.to_owned()),
    }
}

/// RSASSA-PSS names its hash in its parameters; SHA-1 is what it means without them (RFC 4055 §3.1).
fn pss_kind(algorithm: &ParsedAlgorithm<'_>) -> SignatureKind {
    let Ok(SignatureAlgorithm::RSASSA_PSS(parameters)) = SignatureAlgorithm::try_from(algorithm) else {
        return SignatureKind::Other(algorithm.algorithm.to_id_string());
    };
    match parameters.hash_algorithm_oid().to_id_string().as_str() {
        "2.16.840.1.101.3.4.2.1" => SignatureKind::Strong(Strong::PssSha256),
        "2.16.840.1.101.3.4.2.2" => SignatureKind::Strong(Strong::PssSha384),
        "2.16.840.1.101.3.4.2.3" => SignatureKind::Strong(Strong::PssSha512),
        "1.3.14.3.2.26" => SignatureKind::Weak("SHA-1"),
        number => SignatureKind::Other(number.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::modulus_bits;

    #[test]
    fn leading_zeros_do_not_count_as_strength() {
        for (modulus, bits) in
            [(&[][..], 0), (&[0, 0][..], 0), (&[1][..], 1), (&[0, 0x80][..], 8), (&[0, 0, 0x7F, 0xFF][..], 15)]
        {
            assert_eq!(modulus_bits(modulus), bits);
        }
    }
}
