//! The certificate of the front door as the settings want it, and handshakes with it.
//!
//! What certificates are, how they are kept, made, ordered and renewed is `veche_acme`'s; the settings are translated
//! into its own here.

use std::fmt;
use std::io;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::ServerConfig;
use tokio::net::TcpStream;
use tokio_rustls::LazyConfigAcceptor;
use tokio_rustls::server::TlsStream;
use veche_acme::{
    AcmeSettings, BadName, Certificates, ChallengeKind, ExternalAccount, Name, Names, Resolver, Source, SourceKind,
};
use veche_api::OwnAuthority;
use veche_api::admin::v1::certificate::{CertificateRefusal, Obstacle};
use veche_runtime::outbound::OutboundError;
use veche_runtime::{Supervisor, outbound};

use crate::addresses::Whereabouts;
use crate::console::BadChange;
use crate::exit::Failure;
use crate::settings::{AcmeChallenge, CertificateSource, Loaded, Settings, SettingsError};
use crate::wiring::{Ground, authority_client};

/// The folder of keys and certificates, among the data.
pub(crate) fn folder(dir: &Path) -> PathBuf {
    dir.join("tls")
}

/// Opens the certificates that the settings want, for a machine with these addresses; makes the server's own at the first
/// start. Blocks.
pub(crate) fn open(
    loaded: &Loaded,
    dir: &Path,
    ground: &Ground,
    addresses: &[IpAddr],
) -> Result<Certificates, Failure> {
    let settings = &loaded.settings;
    let names = names(settings, addresses).map_err(|(key, bad)| loaded.complaint(key, bad))?;
    let outbound = authority_client(loaded)?;
    check_directory(loaded, &outbound).map_err(SettingsError::from)?;
    let wanted = veche_acme::Settings { folder: folder(dir), names, source: source(settings) };
    let (clock, entropy) = (Arc::clone(&ground.clock), Arc::clone(&ground.entropy));
    Certificates::open(wanted, Arc::new(outbound), clock, entropy, &ground.registry).map_err(Failure::new)
}

/// Complains about an ACME directory that the server would not ask.
fn check_directory(loaded: &Loaded, outbound: &outbound::Client) -> Result<(), Complaint> {
    let tls = &loaded.settings.tls;
    if tls.source != CertificateSource::Acme {
        return Ok(());
    }
    outbound.check(&tls.acme_directory).map_err(|reason| {
        let obstacle = match reason {
            OutboundError::OutOfReach => Obstacle::DirectoryOutOfReach,
            _ => Obstacle::BadDirectory,
        };
        Complaint(obstacle, loaded.complaint("tls.acme_directory", reason))
    })
}

/// Complains about settings that somebody has chosen in a browser and that cannot lead to a certificate.
pub(crate) fn check_choice(loaded: &Loaded) -> Result<(), CertificateRefusal> {
    let refusal = |Complaint(obstacle, complaint): Complaint| {
        CertificateRefusal::Impossible(obstacle, complaint.reason().to_owned())
    };
    obstacle(loaded).map_err(refusal)?;
    let outbound = authority_client(loaded)
        .map_err(|failure| CertificateRefusal::Impossible(Obstacle::Setting, failure.words().to_owned()))?;
    check_directory(loaded, &outbound).map_err(refusal)
}

/// A choice in a browser that the settings do not take.
pub(crate) fn bad_choice(BadChange { key, words }: BadChange) -> CertificateRefusal {
    let obstacle = if key == "tls.acme_directory" { Obstacle::BadDirectory } else { Obstacle::Setting };
    CertificateRefusal::Impossible(obstacle, words)
}

/// Lets certificates that were opened for the first run follow the settings that came of it. Blocks.
pub(crate) fn follow(certificates: &Certificates, loaded: &Loaded, addresses: &[IpAddr]) -> Result<(), Failure> {
    let names = names(&loaded.settings, addresses).map_err(|(key, bad)| loaded.complaint(key, bad))?;
    certificates.set_names(names);
    certificates.set_source(source(&loaded.settings));
    Ok(())
}

/// Complains about settings that cannot lead to a certificate, each for itself well formed.
pub(crate) fn check(loaded: &Loaded) -> Result<(), SettingsError> {
    Ok(obstacle(loaded)?)
}

/// Settings that cannot lead to a certificate: what stands in the way, and where it was said.
struct Complaint(Obstacle, SettingsError);

impl From<Complaint> for SettingsError {
    fn from(Complaint(_, complaint): Complaint) -> Self {
        complaint
    }
}

fn obstacle(loaded: &Loaded) -> Result<(), Complaint> {
    let complaint = |obstacle, key, reason: &dyn fmt::Display| Err(Complaint(obstacle, loaded.complaint(key, reason)));
    let settings = &loaded.settings;
    let tls = &settings.tls;
    match (&tls.acme_eab_key_id, &tls.acme_eab_secret) {
        (Some(_), None) => {
            return complaint(Obstacle::Setting, "tls.acme_eab_key_id", &"tls.acme_eab_secret is missing to it");
        }
        (None, Some(_)) => {
            return complaint(Obstacle::Setting, "tls.acme_eab_secret", &"tls.acme_eab_key_id is missing to it");
        }
        _ => {}
    }
    if tls.source != CertificateSource::Acme {
        return Ok(());
    }
    if settings.listen.https.is_none() {
        return complaint(Obstacle::NoHttps, "tls.source", &"a certificate is for listen.https, which is off");
    }
    let names = match names(settings, &[]) {
        Ok(names) => names,
        Err((key, bad)) => return complaint(Obstacle::Setting, key, &bad),
    };
    if let Some(local) = names.public.iter().find(|name| is_this_machine(name)) {
        let reason = format!(
            "no authority vouches for {local}; set server.name or server.public_url to the name that clients will use"
        );
        return complaint(Obstacle::LocalName, "tls.source", &reason);
    }
    if tls.acme_challenge == AcmeChallenge::Http01 && settings.listen.redirect.is_none() {
        let reason = "http-01 is answered on port 80, and listen.redirect is off; set it to 0.0.0.0:80, or this to \
                      tls-alpn-01";
        return complaint(Obstacle::NoRedirect, "tls.acme_challenge", &reason);
    }
    Ok(())
}

/// What the server is called: a certificate is for what clients connect to, and the own authority vouches for more.
///
/// Where `server.public_url` is set, the domain of the user ids may lead to another machine: a certificate for that is
/// not ours to have. The addresses are for those who come before DNS leads here, and trust the root already.
pub(crate) fn names(settings: &Settings, addresses: &[IpAddr]) -> Result<Names, (&'static str, BadName)> {
    let server = Name::of_server(settings.server.name.as_str()).map_err(|bad| ("server.name", bad))?;
    let public = match &settings.server.public_url {
        None => server.clone(),
        Some(url) => Name::of_server(authority_of(url)).map_err(|bad| ("server.public_url", bad))?,
    };
    let named = [server, Name::Dns("localhost".to_owned())];
    let local = named.into_iter().chain(addresses.iter().copied().map(Name::Address)).collect();
    Ok(Names { public: vec![public], local })
}

/// Makes the server's own certificate anew when this machine gets other addresses, until the server stops.
pub(crate) fn follow_addresses(
    settings: &Settings,
    certificates: &Certificates,
    whereabouts: &Arc<Whereabouts>,
    workers: &Supervisor,
) {
    let (settings, certificates, whereabouts) = (settings.clone(), certificates.clone(), Arc::clone(whereabouts));
    let (mut changes, stopping) = (whereabouts.changes(), workers.shutdown_token());
    workers.spawn("certificate addresses", async move {
        loop {
            tokio::select! {
                () = stopping.cancelled() => return,
                changed = changes.changed() => if changed.is_err() { return },
            }
            // The other names were read when the server started.
            let Ok(names) = names(&settings, &whereabouts.of_the_site()) else { return };
            let certificates = certificates.clone();
            // It makes a key and writes to disk. What goes wrong is told by the certificates' status.
            let _ = tokio::task::spawn_blocking(move || certificates.set_names(names)).await;
        }
    });
}

/// Host and port of a URL.
fn authority_of(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split('/').next().unwrap_or(rest)
}

fn is_this_machine(name: &Name) -> bool {
    match name {
        Name::Dns(name) => name == "localhost" || name.ends_with(".localhost"),
        Name::Address(address) => address.is_loopback(),
    }
}

pub(crate) fn source(settings: &Settings) -> Source {
    let tls = &settings.tls;
    match tls.source {
        CertificateSource::Own => Source::Own,
        CertificateSource::Upload => Source::Uploaded,
        CertificateSource::Acme => {
            let external = tls.acme_eab_key_id.clone().zip(tls.acme_eab_secret.clone());
            Source::Acme(AcmeSettings {
                contacts: tls.acme_contact.iter().cloned().collect(),
                challenge: match tls.acme_challenge {
                    AcmeChallenge::Http01 => ChallengeKind::Http01,
                    AcmeChallenge::TlsAlpn01 => ChallengeKind::TlsAlpn01,
                },
                external_account: external.map(|(key_id, hmac_key)| ExternalAccount { key_id, hmac_key }),
                ..AcmeSettings::directory(&tls.acme_directory)
            })
        }
    }
}

/// Gives the root of the own authority to those who ask over HTTP.
pub(crate) struct OwnRoot(pub(crate) Certificates);

impl OwnAuthority for OwnRoot {
    fn root_pem(&self) -> Option<String> {
        (self.0.status().wanted == SourceKind::Own).then(|| self.0.own_root_pem())
    }
}

impl std::fmt::Debug for OwnRoot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("OwnRoot")
    }
}

/// Does handshakes, each with the certificate that is in use when it begins. Clones do the same.
#[derive(Clone)]
pub(crate) struct Acceptor {
    /// For those who name a protocol of ours.
    by_name: Arc<ServerConfig>,
    /// For everybody else: no protocol is agreed on, and what they speak is told by their first bytes.
    by_bytes: Arc<ServerConfig>,
}

impl Acceptor {
    pub(crate) fn new(resolver: &Arc<Resolver>) -> Result<Self, rustls::Error> {
        let by_name = resolver.server_config()?;
        let mut by_bytes = ServerConfig::clone(&by_name);
        by_bytes.alpn_protocols.clear();
        Ok(Self { by_name, by_bytes: Arc::new(by_bytes) })
    }

    /// Does the handshake. A client that offers only protocols with other names (`stun.turn`, RFC 7443) is not turned
    /// away, as rustls would. The caller limits the time.
    pub(crate) async fn accept(&self, stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        let begun = LazyConfigAcceptor::new(rustls::server::Acceptor::default(), stream).await?;
        let is_known = |offered: &[u8]| self.by_name.alpn_protocols.iter().any(|known| known == offered);
        let offers_known = begun.client_hello().alpn().is_none_or(|mut offered| offered.any(is_known));
        let config = if offers_known { &self.by_name } else { &self.by_bytes };
        begun.into_stream(Arc::clone(config)).await
    }
}

#[cfg(test)]
mod tests {
    use super::{check, names};
    use crate::settings::{Loaded, Override};

    fn loaded(overrides: &[&str]) -> Loaded {
        let overrides: Vec<Override> = overrides.iter().map(|text| text.parse().unwrap()).collect();
        Loaded::read(None, &overrides).unwrap()
    }

    #[test]
    fn certificates_are_for_what_clients_connect_to() {
        for (overrides, public, local) in [
            (&[][..], "localhost", &["localhost", "localhost"][..]),
            (&["server.name=a.example:8448"], "a.example", &["a.example", "localhost"]),
            (&["server.name=[::1]:2"], "::1", &["::1", "localhost"]),
            (
                &["server.name=a.example", "server.public_url=https://chat.a.example:444/x"],
                "chat.a.example",
                &["a.example", "localhost"],
            ),
            (&["server.public_url=https://[2001:db8::1]:444"], "2001:db8::1", &["localhost", "localhost"]),
        ] {
            let names = names(&loaded(overrides).settings, &["192.0.2.7".parse().unwrap()]).unwrap();
            assert_eq!(names.public.iter().map(ToString::to_string).collect::<Vec<_>>(), [public]);
            let told: Vec<_> = names.local.iter().map(ToString::to_string).collect();
            assert_eq!(told, [local, &["192.0.2.7"]].concat());
        }
        let bad = names(&loaded(&["server.public_url=https://a_b..example"]).settings, &[]).unwrap_err();
        assert_eq!(bad.0, "server.public_url");
    }

    #[test]
    fn settings_that_lead_to_no_certificate_are_complained_about() {
        let acme = ["tls.source=acme", "server.name=chat.example.org", "listen.redirect=0.0.0.0:80"];
        check(&loaded(&acme)).unwrap();
        check(&loaded(&[&acme[..2], &["tls.acme_challenge=tls-alpn-01"]].concat())).unwrap();
        check(&loaded(&["tls.source=upload"])).unwrap();
        for (change, word) in [
            (&["tls.source=acme"][..], "vouches for localhost"),
            (&["tls.source=acme", "server.name=127.0.0.1"], "vouches for 127.0.0.1"),
            (&["tls.source=acme", "server.name=chat.example.org", "listen.https=off"], "which is off"),
            (&["tls.source=acme", "server.name=chat.example.org"], "port 80"),
            (&["tls.acme_eab_key_id=kid"], "acme_eab_secret is missing"),
            (&["tls.acme_eab_secret=AAAA"], "acme_eab_key_id is missing"),
        ] {
            let complaint = check(&loaded(change)).unwrap_err().to_string();
            assert!(complaint.contains(word), "{change:?} gave {complaint}");
        }
    }
}
