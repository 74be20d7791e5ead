//! The server's own certificate, and what TLS it speaks.
//!
//! On the first start the box makes a key and a self-signed certificate for its name and keeps both
//! in `DIR/tls/`. Only TLS 1.3 and TLS 1.2 with ECDHE and AEAD suites are spoken: the library has no others.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// Why HTTPS cannot be offered.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TlsError {
    #[error("the certificate in {0} cannot be read or kept: {1}")]
    File(String, #[source] io::Error),
    #[error("the certificate in {0} is damaged: {1}")]
    Damaged(String, String),
    #[error("a certificate for {0} cannot be made: {1}")]
    Generate(String, #[source] rcgen::Error),
    #[error("the certificate cannot be used: {0}")]
    Unusable(#[from] rustls::Error),
}

/// The TLS configuration over the certificate in `dir/tls`, which is made first if it is missing.
pub(crate) fn server_config(dir: &Path, server_name: &str) -> Result<Arc<ServerConfig>, TlsError> {
    let folder = dir.join("tls");
    let certificate_file = folder.join("certificate.pem");
    let key_file = folder.join("key.pem");
    if !certificate_file.exists() || !key_file.exists() {
        make_certificate(&folder, server_name)?;
    }
    load(&folder, &certificate_file, &key_file)
}

/// Whether the certificate and key in `dir/tls`, if they are there, are good.
pub(crate) fn check(dir: &Path) -> Result<(), TlsError> {
    let folder = dir.join("tls");
    let (certificate_file, key_file) = (folder.join("certificate.pem"), folder.join("key.pem"));
    // What is missing is made at the next start.
    if certificate_file.exists() && key_file.exists() {
        load(&folder, &certificate_file, &key_file)?;
    }
    Ok(())
}

fn load(folder: &Path, certificate_file: &Path, key_file: &Path) -> Result<Arc<ServerConfig>, TlsError> {
    let damaged =
        |error: rustls::pki_types::pem::Error| TlsError::Damaged(folder.display().to_string(), error.to_string());
    let chain: Result<Vec<_>, _> = CertificateDer::pem_file_iter(certificate_file).map_err(damaged)?.collect();
    let chain = chain.map_err(damaged)?;
    if chain.is_empty() {
        return Err(TlsError::Damaged(folder.display().to_string(), "it holds no certificate".to_owned()));
    }
    let key = PrivateKeyDer::from_pem_file(key_file).map_err(damaged)?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, key)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

fn make_certificate(folder: &Path, server_name: &str) -> Result<(), TlsError> {
    let generate = |error| TlsError::Generate(server_name.to_owned(), error);
    let host = host_of(server_name);
    let mut names = vec![host.to_owned()];
    if host != "localhost" {
        names.push("localhost".to_owned());
    }
    // rcgen's default validity (1975 to 4096) is kept on purpose: a machine with a wrong clock must still answer.
    let mut params = rcgen::CertificateParams::new(names).map_err(generate)?;
    params.distinguished_name.push(rcgen::DnType::CommonName, host);
    let key = rcgen::KeyPair::generate().map_err(generate)?;
    let certificate = params.self_signed(&key).map_err(generate)?;

    let keep = |error| TlsError::File(folder.display().to_string(), error);
    DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(keep)?;
    // The certificate is written last: while it is missing, an interrupted start begins anew.
    write_private(&folder.join("key.pem"), &key.serialize_pem()).map_err(keep)?;
    write_private(&folder.join("certificate.pem"), &certificate.pem()).map_err(keep)
}

/// Writes the whole file under another name, syncs it, and only then gives it its own.
fn write_private(path: &Path, text: &str) -> io::Result<()> {
    let draft = path.with_extension("new");
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(draft, path)
}

/// The server name without its port and without the brackets of an IPv6 address.
fn host_of(server_name: &str) -> &str {
    if let Some((address, _)) = server_name.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        return address;
    }
    server_name.split(':').next().unwrap_or(server_name)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::{TlsError, host_of, server_config};

    #[test]
    fn certificate_is_made_once_and_kept_private() {
        let dir = tempfile::tempdir().unwrap();
        let file = |name: &str| dir.path().join("tls").join(name);
        server_config(dir.path(), "chat.example.org:8448").unwrap();
        let first = fs::read(file("certificate.pem")).unwrap();
        assert_eq!(fs::metadata(file("key.pem")).unwrap().permissions().mode() & 0o777, 0o600);
        server_config(dir.path(), "chat.example.org:8448").unwrap();
        assert_eq!(fs::read(file("certificate.pem")).unwrap(), first);
    }

    #[test]
    fn damaged_certificate_is_refused_and_not_replaced() {
        let dir = tempfile::tempdir().unwrap();
        server_config(dir.path(), "a.example").unwrap();
        let path = dir.path().join("tls/certificate.pem");
        fs::write(&path, "-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n").unwrap();
        assert!(matches!(server_config(dir.path(), "a.example"), Err(TlsError::Damaged(..))));
        fs::write(&path, "").unwrap();
        assert!(server_config(dir.path(), "a.example").is_err());
    }

    #[test]
    fn port_and_brackets_do_not_belong_to_the_host() {
        for (name, host) in
            [("a.example", "a.example"), ("a.example:1", "a.example"), ("[::1]:2", "::1"), ("1.2.3.4:5", "1.2.3.4")]
        {
            assert_eq!(host_of(name), host);
        }
    }
}
