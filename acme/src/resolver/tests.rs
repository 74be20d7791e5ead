use std::io::{Read, Write};
use std::sync::Arc;

use rustls::pki_types::{CertificateDer, ServerName};
use rustls::sign::CertifiedKey;
use rustls::{ClientConfig, ClientConnection, RootCertStore, ServerConnection};
use veche_base::testing::{ManualClock, SeededEntropy};

use super::{ACME_TLS_ALPN, Resolver};
use crate::folder::Folder;
use crate::names::{Name, Names};
use crate::own::{OwnAuthority, sane_now};

/// An authority and two certificates by it for chat.example.org.
fn two_certificates() -> (CertificateDer<'static>, Arc<CertifiedKey>, Arc<CertifiedKey>) {
    let dir = tempfile::tempdir().unwrap();
    let (clock, entropy) = (ManualClock::new(), SeededEntropy::new(1));
    let names = Names { public: vec![Name::parse("chat.example.org").unwrap()], local: Vec::new() };
    let authority = OwnAuthority::open(&Folder::open(dir.path()).unwrap(), &names, &clock, &entropy).unwrap();
    let issue = || authority.issue(&names, sane_now(&clock), &entropy).unwrap().certified;
    (authority.root().clone(), issue(), issue())
}

struct Client {
    client: ClientConnection,
    server: ServerConnection,
}

impl Client {
    fn new(resolver: &Arc<Resolver>, root: &CertificateDer<'static>, protocols: &[&[u8]], name: &str) -> Self {
        let mut roots = RootCertStore::empty();
        roots.add(root.clone()).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let mut config = builder.with_root_certificates(roots).with_no_client_auth();
        config.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
        let name = ServerName::try_from(name.to_owned()).unwrap();
        Self {
            client: ClientConnection::new(Arc::new(config), name).unwrap(),
            server: ServerConnection::new(resolver.server_config().unwrap()).unwrap(),
        }
    }

    /// Carries bytes in both directions until nobody has any left. Says what the server or the client refused.
    fn pump(&mut self) -> Result<(), rustls::Error> {
        while self.client.wants_write() || self.server.wants_write() {
            let mut wire = Vec::new();
            self.client.write_tls(&mut wire).unwrap();
            self.server.read_tls(&mut wire.as_slice()).unwrap();
            self.server.process_new_packets()?;
            wire.clear();
            self.server.write_tls(&mut wire).unwrap();
            self.client.read_tls(&mut wire.as_slice()).unwrap();
            self.client.process_new_packets()?;
        }
        Ok(())
    }

    fn shown(&self) -> &CertificateDer<'static> {
        &self.client.peer_certificates().unwrap()[0]
    }
}

#[test]
fn swapped_certificate_leaves_connections_alone() {
    let (root, first, second) = two_certificates();
    let resolver = Arc::new(Resolver::new(Arc::clone(&first)));
    let mut old = Client::new(&resolver, &root, &[b"h2", b"http/1.1"], "chat.example.org");
    old.pump().unwrap();
    assert_eq!((old.shown(), old.server.alpn_protocol()), (&first.cert[0], Some(&b"h2"[..])));
    assert!(resolver.replace(&second) && !resolver.replace(&second));
    let mut new = Client::new(&resolver, &root, &[b"http/1.1"], "chat.example.org");
    new.pump().unwrap();
    assert_eq!((new.shown(), new.server.alpn_protocol()), (&second.cert[0], Some(&b"http/1.1"[..])));
    old.client.writer().write_all(b"still here").unwrap();
    old.pump().unwrap();
    let mut said = [0; 10];
    old.server.reader().read_exact(&mut said).unwrap();
    assert_eq!(&said, b"still here");
}

#[test]
fn challenges_are_answered_only_to_validators_and_only_while_they_stand() {
    let (root, served, answer) = two_certificates();
    let resolver = Arc::new(Resolver::new(Arc::clone(&served)));
    let shown = |protocols: &[&[u8]], name: &str| {
        let mut client = Client::new(&resolver, &root, protocols, name);
        client.pump().map(|()| client.shown().clone())
    };
    assert!(shown(&[ACME_TLS_ALPN], "chat.example.org").is_err(), "nothing was asked for yet");
    resolver.add_challenge("chat.example.org", &answer);
    assert_eq!(shown(&[ACME_TLS_ALPN], "chat.example.org").unwrap(), answer.cert[0]);
    assert!(shown(&[ACME_TLS_ALPN], "other.example.org").is_err());
    // Clients are never shown the answer, whatever else they offer.
    for protocols in [&[][..], &[&b"h2"[..]][..], &[ACME_TLS_ALPN, b"h2"][..], &[b"h2", ACME_TLS_ALPN][..]] {
        assert_eq!(shown(protocols, "chat.example.org").unwrap(), served.cert[0], "{protocols:?}");
    }
    resolver.forget_challenge("chat.example.org");
    assert!(shown(&[ACME_TLS_ALPN], "chat.example.org").is_err());
}
