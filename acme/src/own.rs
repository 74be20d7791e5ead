//! The server's own small authority: made on the first start, so that there is a certificate before anybody did anything,
//! and so that a closed network can trust the server by installing one root.
//!
//! The root lives ten years and is bound by name constraints (RFC 5280 §4.2.1.10) to the names of this server and to private
//! addresses: whoever installs it does not hand this machine the power to speak for other sites. It is issued anew with the
//! same key and name in its last year, when the clock proves it wrong, and when the server gets a name that it may not vouch
//! for; the log and the status say so. The server's certificate lives 397 days and is renewed at two thirds of that.
//!
//! Keys are made by the cryptography library, whose randomness is the operating system's; only serial numbers come from
//! [`Entropy`].

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use rcgen::{
    BasicConstraints, CertificateParams, CidrSubnet, DistinguishedName, DnType, ExtendedKeyUsagePurpose,
    GeneralSubtree, IsCa, Issuer, KeyPair, KeyUsagePurpose, NameConstraints, SanType, SerialNumber,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use time::{Duration, OffsetDateTime};
use tracing::{info, warn};
use veche_base::{Clock, Entropy};
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::{GeneralName, GeneralSubtree as ParsedSubtree};
use x509_parser::prelude::FromDer;

use crate::credential::Credential;
use crate::folder::{Folder, FolderError};
use crate::names::{Name, Names};
use crate::pem;
use crate::x509::{Facts, UnixSeconds};

/// The root and its key.
pub(crate) const ROOT_FILE: &str = "own-root.pem";
const ROOT_DAYS: i64 = 3_650;
/// In its last year the root is issued anew, so that there is a year to install the new one.
const ROOT_RENEWAL_DAYS: i64 = 365;
/// The longest that browsers accept from any authority (CA/B Forum §6.3.2 before 2026; Apple's limit for others is 825).
const LEAF_DAYS: i64 = 397;
/// Clients' clocks may be behind by this much.
const BACKDATE_DAYS: i64 = 1;
const DAY_SECS: i64 = 24 * 60 * 60;
/// 2026-01-01 00:00:00 UTC. A clock that tells an earlier time is wrong, and certificates by it would be useless.
const CLOCK_FLOOR: UnixSeconds = 1_767_225_600;
/// The longest common name and organization (RFC 5280 appendix A.1).
const NAME_PART_CHARS_MAX: usize = 64;

/// What the root may always vouch for: addresses that lead to nobody outside of the site.
const PRIVATE_NETWORKS: [(IpAddr, u8); 8] = [
    (IpAddr::V4(Ipv4Addr::new(10, 0, 0, 0)), 8),
    (IpAddr::V4(Ipv4Addr::new(100, 64, 0, 0)), 10),
    (IpAddr::V4(Ipv4Addr::new(127, 0, 0, 0)), 8),
    (IpAddr::V4(Ipv4Addr::new(172, 16, 0, 0)), 12),
    (IpAddr::V4(Ipv4Addr::new(192, 168, 0, 0)), 16),
    (IpAddr::V6(Ipv6Addr::LOCALHOST), 128),
    (IpAddr::V6(Ipv6Addr::new(0xfc00, 0, 0, 0, 0, 0, 0, 0)), 7),
    (IpAddr::V6(Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 0)), 10),
];

/// Why the server's own authority cannot work.
#[derive(Debug, thiserror::Error)]
pub enum OwnError {
    /// Its folder cannot be used.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// The root on disk does not parse. It is not replaced: people may have installed it.
    #[error(
        "the root of the server's own authority ({ROOT_FILE}) is damaged; restore it from a backup, or remove it to get a new one"
    )]
    Damaged,
    /// The library refused to make a certificate.
    #[error("a certificate cannot be made: {0}")]
    Generate(#[from] rcgen::Error),
}

/// The authority: its root and the key that signs.
pub(crate) struct OwnAuthority {
    root: CertificateDer<'static>,
    facts: Facts,
    key: KeyPair,
}

/// What time the certificates are made by: the clock's, unless that cannot be.
pub(crate) fn sane_now(clock: &dyn Clock) -> UnixSeconds {
    let now = i64::try_from(clock.wall_ms() / 1_000).unwrap_or(i64::MAX);
    now.max(CLOCK_FLOOR)
}

impl OwnAuthority {
    /// Opens the authority, and makes it on the first start; issues the root anew if it must be.
    pub(crate) fn open(
        folder: &Folder,
        names: &Names,
        clock: &dyn Clock,
        entropy: &dyn Entropy,
    ) -> Result<Self, OwnError> {
        let now = sane_now(clock);
        let Some(mut this) = Self::read(folder)? else {
            let key = KeyPair::generate()?;
            let this = Self::make(key, root_name(names, entropy), names, now, entropy)?;
            this.keep(folder)?;
            info!("the server's own certificate authority was made");
            return Ok(this);
        };
        this.renew(folder, names, now, entropy)?;
        Ok(this)
    }

    /// The authority in the folder, if one was ever made there.
    pub(crate) fn read(folder: &Folder) -> Result<Option<Self>, OwnError> {
        let Some(file) = folder.read(ROOT_FILE)? else { return Ok(None) };
        let (chain, key) = pem::stored(&file).ok_or(OwnError::Damaged)?;
        let key = KeyPair::try_from(&key).map_err(|_| OwnError::Damaged)?;
        let facts = Facts::read(&chain[0]).map_err(|_| OwnError::Damaged)?;
        Ok(Some(Self { root: chain[0].clone(), facts, key }))
    }

    /// Issues the root anew, with the same key and name, if its time or its names demand it. Says whether it did.
    pub(crate) fn renew(
        &mut self,
        folder: &Folder,
        names: &Names,
        now: UnixSeconds,
        entropy: &dyn Entropy,
    ) -> Result<bool, OwnError> {
        let is_late = now > self.facts.not_after - ROOT_RENEWAL_DAYS * DAY_SECS;
        let is_early = now < self.facts.not_before;
        let is_foreign = names.public.iter().any(|name| !self.may_vouch_for(name));
        if !is_late && !is_early && !is_foreign {
            return Ok(false);
        }
        let key = KeyPair::try_from(self.key.serialized_der())?;
        *self = Self::make(key, self.name()?, names, now, entropy)?;
        self.keep(folder)?;
        warn!(
            is_late,
            is_early,
            is_foreign,
            "the root of the server's own authority was issued anew; install it again where it is trusted"
        );
        Ok(true)
    }

    fn make(
        key: KeyPair,
        name: DistinguishedName,
        names: &Names,
        now: UnixSeconds,
        entropy: &dyn Entropy,
    ) -> Result<Self, OwnError> {
        let mut params = CertificateParams::default();
        params.distinguished_name = name;
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        params.name_constraints = Some(constraints(names));
        params.serial_number = Some(serial(entropy));
        params.not_before = date(now - BACKDATE_DAYS * DAY_SECS);
        params.not_after = date(now + ROOT_DAYS * DAY_SECS);
        let root = params.self_signed(&key)?.der().clone();
        let facts = Facts::read(&root).map_err(|_| OwnError::Damaged)?;
        Ok(Self { root, facts, key })
    }

    fn keep(&self, folder: &Folder) -> Result<(), FolderError> {
        let key = PrivateKeyDer::Pkcs8(self.key.serialized_der().to_vec().into());
        folder.write(ROOT_FILE, pem::write(std::slice::from_ref(&self.root), &key).as_bytes())
    }

    /// Signs a certificate for all names that the root may vouch for, with a new key.
    pub(crate) fn issue(&self, names: &Names, now: UnixSeconds, entropy: &dyn Entropy) -> Result<Credential, OwnError> {
        let (vouched, left_out): (Vec<Name>, Vec<Name>) =
            names.all().into_iter().partition(|name| self.may_vouch_for(name));
        if !left_out.is_empty() {
            let left_out: Vec<String> = left_out.iter().map(ToString::to_string).collect();
            info!(names = left_out.join(" "), "the server's own root may not vouch for these names; they are left out");
        }
        let mut params = CertificateParams::default();
        params.distinguished_name = DistinguishedName::new();
        if let Some(first) = vouched.first().map(ToString::to_string).filter(|name| name.len() <= NAME_PART_CHARS_MAX) {
            params.distinguished_name.push(DnType::CommonName, first);
        }
        params.subject_alt_names = vouched.iter().map(san).collect::<Result<_, _>>()?;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.use_authority_key_identifier_extension = true;
        params.serial_number = Some(serial(entropy));
        params.not_before = date((now - BACKDATE_DAYS * DAY_SECS).max(self.facts.not_before));
        params.not_after = date((now + LEAF_DAYS * DAY_SECS).min(self.facts.not_after));
        let key = KeyPair::generate()?;
        let issuer = Issuer::from_ca_cert_der(&self.root, &self.key)?;
        let leaf = params.signed_by(&key, &issuer)?.der().clone();
        let key = PrivateKeyDer::Pkcs8(key.serialize_der().into());
        Credential::new(vec![leaf], key).map_err(|_| OwnError::Damaged)
    }

    /// Whether the certificate is of this root as it is now.
    pub(crate) fn has_issued(&self, leaf: &Facts) -> bool {
        leaf.issuer == self.facts.subject && leaf.is_signed_by(&self.facts) == Some(true)
    }

    /// The names of `names` that a certificate of this root lists.
    pub(crate) fn vouched(&self, names: &Names) -> Vec<Name> {
        names.all().into_iter().filter(|name| self.may_vouch_for(name)).collect()
    }

    /// The root in DER, for those who want to trust this server.
    pub(crate) const fn root(&self) -> &CertificateDer<'static> {
        &self.root
    }

    /// What the root says.
    pub(crate) const fn facts(&self) -> &Facts {
        &self.facts
    }

    /// The root's name, read from itself, so that a new issue has the same.
    fn name(&self) -> Result<DistinguishedName, OwnError> {
        let (_, parsed) = X509Certificate::from_der(&self.root).map_err(|_| OwnError::Damaged)?;
        let mut name = DistinguishedName::new();
        for (kind, oid) in [(DnType::OrganizationName, "2.5.4.10"), (DnType::CommonName, "2.5.4.3")] {
            let mut attributes = parsed.subject().iter_attributes();
            let found = attributes.find(|attribute| attribute.attr_type().to_id_string() == oid);
            let value = found.and_then(|attribute| attribute.as_str().ok()).ok_or(OwnError::Damaged)?;
            name.push(kind, value);
        }
        Ok(name)
    }

    /// Whether the root's own constraints let it vouch for the name.
    fn may_vouch_for(&self, name: &Name) -> bool {
        let Ok((_, parsed)) = X509Certificate::from_der(&self.root) else { return false };
        let Ok(Some(constraints)) = parsed.name_constraints() else { return false };
        let permitted = constraints.value.permitted_subtrees.iter().flatten();
        permitted.into_iter().any(|subtree| permits(subtree, name))
    }
}

fn permits(subtree: &ParsedSubtree<'_>, name: &Name) -> bool {
    match (&subtree.base, name) {
        (GeneralName::DNSName(parent), Name::Dns(name)) => {
            name == parent || name.strip_suffix(parent).is_some_and(|front| front.ends_with('.'))
        }
        (GeneralName::IPAddress(network), Name::Address(address)) => {
            let octets = match address {
                IpAddr::V4(address) => address.octets().to_vec(),
                IpAddr::V6(address) => address.octets().to_vec(),
            };
            let (address, mask) = network.split_at(network.len() / 2);
            mask.len() == octets.len()
                && octets.iter().zip(mask).zip(address).all(|((octet, mask), network)| octet & mask == network & mask)
        }
        _ => false,
    }
}

fn constraints(names: &Names) -> NameConstraints {
    let mut permitted = Vec::new();
    for (address, prefix) in PRIVATE_NETWORKS {
        permitted.push(GeneralSubtree::IpAddress(CidrSubnet::from_addr_prefix(address, prefix)));
    }
    // Without any DNS name in the list, every DNS name would be permitted.
    permitted.push(GeneralSubtree::DnsName("localhost".to_owned()));
    for name in names.all() {
        let subtree = match name {
            Name::Dns(name) if name == "localhost" => continue,
            Name::Dns(name) => GeneralSubtree::DnsName(name),
            Name::Address(address) => {
                let prefix = if address.is_ipv4() { 32 } else { 128 };
                GeneralSubtree::IpAddress(CidrSubnet::from_addr_prefix(address, prefix))
            }
        };
        permitted.push(subtree);
    }
    NameConstraints { permitted_subtrees: permitted, excluded_subtrees: Vec::new() }
}

/// Two servers of one name have roots of different names, so that nobody takes one for the other.
fn root_name(names: &Names, entropy: &dyn Entropy) -> DistinguishedName {
    let mut mark = [0_u8; 4];
    entropy.fill(&mut mark);
    let server = names.public.first().map_or_else(|| "localhost".to_owned(), ToString::to_string);
    let mut name = DistinguishedName::new();
    name.push(DnType::OrganizationName, server.chars().take(NAME_PART_CHARS_MAX).collect::<String>());
    name.push(DnType::CommonName, format!("Veche authority {:08x}", u32::from_be_bytes(mark)));
    name
}

fn san(name: &Name) -> Result<SanType, rcgen::Error> {
    Ok(match name {
        Name::Dns(name) => SanType::DnsName(name.as_str().try_into()?),
        Name::Address(address) => SanType::IpAddress(*address),
    })
}

/// 128 random bits, positive, of fixed length (RFC 5280 §4.1.2.2 allows 160).
fn serial(entropy: &dyn Entropy) -> SerialNumber {
    let mut bytes = [0_u8; 16];
    entropy.fill(&mut bytes);
    bytes[0] = bytes[0] & 0x3F | 0x40;
    SerialNumber::from_slice(&bytes)
}

fn date(seconds: UnixSeconds) -> OffsetDateTime {
    // A clock beyond the year 9999 is as good as one at its end.
    let last = OffsetDateTime::UNIX_EPOCH + Duration::days(365 * 8_000);
    OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(last).min(last)
}

#[cfg(test)]
pub(crate) mod tests;
