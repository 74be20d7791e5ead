//! Connections outward that are not HTTP: for company directories now.
//!
//! The same rules hold as for requests: the name is resolved here, every address is judged by its [`Reach`], the
//! connection goes to exactly the address that was judged, and nothing secret is said before TLS has proved whom it is
//! said to. An administrator chooses the address, so that private networks are always within reach.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{CertificateError, ClientConfig, RootCertStore};
use rustls_platform_verifier::Verifier;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use veche_base::limits::LDAP_CONNECT_SECS_MAX;

use super::resolver::within_reach;
use super::{Reach, Settings};

/// What is read from and written to, whether TLS protects it or not.
pub trait ByteStream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> ByteStream for T {}

/// Whose certificates are believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trust {
    /// The machine's certificate authorities and those of `tls.extra_ca`.
    Machine,
    /// These alone, in PEM.
    Only(Vec<u8>),
}

/// Why there is no connection. Each one is something that an administrator can be told.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// No address belongs to the name.
    #[error("no such host")]
    NoSuchHost,
    /// None of the name's addresses lies within reach.
    #[error("the address is outside what this server may reach")]
    OutOfReach,
    /// Nobody listens there.
    #[error("the connection was refused")]
    Refused,
    /// No answer in time.
    #[error("no answer in time")]
    TimedOut,
    /// The network failed otherwise.
    #[error("the connection failed")]
    Failed(#[source] io::Error),
    /// The certificate was signed by an authority that is not trusted.
    #[error("the certificate's authority is not trusted")]
    UnknownAuthority,
    /// The certificate is that of another host.
    #[error("the certificate is that of another host")]
    OtherHost,
    /// The certificate is no longer valid, by the clock of this machine.
    #[error("the certificate has expired")]
    Expired,
    /// The certificate is not valid yet, by the clock of this machine.
    #[error("the certificate is not valid yet")]
    NotYetValid,
    /// TLS failed otherwise: the other side does not speak it, or has a certificate that nobody takes.
    #[error("no TLS connection came about")]
    Tls(#[source] io::Error),
    /// [`Trust::Only`] holds no certificate.
    #[error("the certificate authority is no PEM certificate")]
    BadAuthority,
}

/// Opens connections.
#[derive(Clone)]
pub struct Dialer {
    reach: Reach,
    extra_ca_pem: Option<Vec<u8>>,
}

impl Dialer {
    /// Reaches as far as the settings say, and private networks in any case.
    pub fn new(settings: &Settings) -> Self {
        Self { reach: settings.reach.max(Reach::Private), extra_ca_pem: settings.extra_ca_pem.clone() }
    }

    /// Connects, within five seconds. Nothing is protected yet.
    pub async fn connect(&self, host: &str, port: u16) -> Result<TcpStream, ConnectError> {
        let connecting = async {
            let found = tokio::net::lookup_host((host, port)).await.map_err(|_| ConnectError::NoSuchHost)?;
            let addresses: Vec<SocketAddr> = within_reach(found, self.reach).map_err(|_| ConnectError::OutOfReach)?;
            let stream = TcpStream::connect(&*addresses).await.map_err(|error| match error.kind() {
                io::ErrorKind::ConnectionRefused => ConnectError::Refused,
                io::ErrorKind::TimedOut => ConnectError::TimedOut,
                _ => ConnectError::Failed(error),
            })?;
            stream.set_nodelay(true).map_err(ConnectError::Failed)?;
            Ok(stream)
        };
        in_time(connecting).await
    }

    /// Puts TLS upon a connection, within five seconds; `host` must be what the other side's certificate says.
    pub async fn secure(
        &self,
        stream: TcpStream,
        host: &str,
        trust: &Trust,
    ) -> Result<Box<dyn ByteStream>, ConnectError> {
        let name = ServerName::try_from(host.to_owned()).map_err(|_| ConnectError::NoSuchHost)?;
        let connector = TlsConnector::from(Arc::new(self.config(trust)?));
        let handshake = async { connector.connect(name, stream).await.map_err(classify) };
        Ok(Box::new(in_time(handshake).await?))
    }

    /// Fails if the authorities of `trust` cannot be read.
    pub fn check(trust: &Trust) -> Result<(), ConnectError> {
        match trust {
            Trust::Machine => Ok(()),
            Trust::Only(pem) => roots(pem).map(|_| ()),
        }
    }

    fn config(&self, trust: &Trust) -> Result<ClientConfig, ConnectError> {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let failed = |error: rustls::Error| ConnectError::Tls(io::Error::other(error));
        let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(failed)?;
        let extra = match &self.extra_ca_pem {
            Some(pem) => certificates(pem)?,
            None => Vec::new(),
        };
        let config = match trust {
            Trust::Only(pem) => builder.with_root_certificates(roots(pem)?),
            // A minimal machine may have no certificate authorities at all; then only the extra ones are left.
            Trust::Machine => match Verifier::new_with_extra_roots(extra.clone(), provider) {
                Ok(verifier) => builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier)),
                Err(_) if !extra.is_empty() => builder.with_root_certificates(store(extra)?),
                Err(_) => return Err(ConnectError::UnknownAuthority),
            },
        };
        Ok(config.with_no_client_auth())
    }
}

async fn in_time<T>(work: impl Future<Output = Result<T, ConnectError>>) -> Result<T, ConnectError> {
    let limit = Duration::from_secs(LDAP_CONNECT_SECS_MAX);
    timeout(limit, work).await.unwrap_or(Err(ConnectError::TimedOut))
}

fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, ConnectError> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    found.ok().filter(|found| !found.is_empty()).ok_or(ConnectError::BadAuthority)
}

fn roots(pem: &[u8]) -> Result<RootCertStore, ConnectError> {
    store(certificates(pem)?)
}

fn store(certificates: Vec<CertificateDer<'static>>) -> Result<RootCertStore, ConnectError> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates {
        roots.add(certificate).map_err(|_| ConnectError::BadAuthority)?;
    }
    Ok(roots)
}

fn classify(error: io::Error) -> ConnectError {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    let Some(rustls::Error::InvalidCertificate(rejected)) = inner else { return ConnectError::Tls(error) };
    match rejected {
        // The second one: signed by another authority of the same name.
        CertificateError::UnknownIssuer | CertificateError::BadSignature => ConnectError::UnknownAuthority,
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => ConnectError::OtherHost,
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => ConnectError::Expired,
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => ConnectError::NotYetValid,
        _ => ConnectError::Tls(error),
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use tokio::net::TcpListener;

    use super::super::{Reach, Settings};
    use super::{ConnectError, Dialer, Trust};

    fn dialer(reach: Reach) -> Dialer {
        Dialer::new(&Settings { reach, extra_ca_pem: None })
    }

    #[tokio::test]
    async fn addresses_are_judged_before_anything_is_connected() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        for host in ["127.0.0.1", "localhost", "169.254.169.254", "0.0.0.0", "::ffff:127.0.0.1"] {
            for reach in [Reach::Public, Reach::Private] {
                let refused = dialer(reach).connect(host, port).await;
                assert!(matches!(refused, Err(ConnectError::OutOfReach)), "{host}: {refused:?}");
            }
        }
        dialer(Reach::Loopback).connect("127.0.0.1", port).await.unwrap();
        let missing = dialer(Reach::Loopback).connect("nowhere.invalid", port).await;
        assert!(matches!(missing, Err(ConnectError::NoSuchHost)), "{missing:?}");
    }

    #[test]
    fn only_certificates_can_be_trusted() {
        for pem in ["", "nonsense", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
            let checked = Dialer::check(&Trust::Only(pem.as_bytes().to_vec()));
            assert!(matches!(checked, Err(ConnectError::BadAuthority)), "{pem:?}: {checked:?}");
        }
        assert!(Dialer::check(&Trust::Machine).is_ok());
    }
}
