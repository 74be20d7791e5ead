//! The certificate as console and wizard see and change it.

use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde_json::{Map, Value, json};
use tokio::sync::Mutex;
use veche_acme::{Certificates, Fault, Name, SourceKind, UploadError};
use veche_api::admin::v1::certificate::{
    CertificateChoice, CertificateDesk, CertificateError, CertificateFault, CertificateRefusal, CertificateStatus,
    CertificateUpload,
};
use veche_directory::{Authority, NewSetting};

use super::{Changes, Followers, with_changes};
use crate::settings::{CertificateSource, Loaded, Settings};
use crate::tls;

/// The certificate of the running server.
pub(crate) struct CertificatePage {
    next: Arc<Mutex<Loaded>>,
    followers: Followers,
    fixed: bool,
}

impl CertificatePage {
    /// Shares the settings with their own page.
    pub(crate) fn new(started: &Loaded, next: Arc<Mutex<Loaded>>, followers: Followers) -> Self {
        Self { next, followers, fixed: started.is_fixed("tls.source") }
    }

    fn certificates(&self) -> Certificates {
        self.followers.certificates.clone()
    }

    fn shown(&self) -> CertificateStatus {
        let status = self.followers.certificates.status();
        // Whoever changes settings has them for a moment only; without them the page shows the rest.
        let acme = self.next.try_lock().ok().and_then(|next| acme_settings_of(&next.settings));
        CertificateStatus {
            wanted: word(status.wanted).to_owned(),
            in_use: word(status.in_use).to_owned(),
            fixed: self.fixed,
            names: status.names,
            missing_names: status.missing_names,
            issuer: status.issuer,
            fingerprint_sha256: status.fingerprint_sha256,
            not_before: status.not_before,
            not_after: status.not_after,
            next_try: status.next_try,
            failures: status.failures,
            last_error: status.last_error.map(|error| CertificateError {
                code: error.code,
                error: error.words,
                at: error.at,
            }),
            alarm_level: u8::try_from(status.alarm.level()).unwrap_or(u8::MAX),
            own_root_sha256: status.own_root.fingerprint_sha256,
            acme_directory: acme.as_ref().map(|(directory, _)| directory.clone()),
            acme_email: acme.and_then(|(_, email)| email),
        }
    }

    async fn keep(
        &self,
        authority: &Authority,
        upload: CertificateUpload,
    ) -> Result<CertificateStatus, CertificateRefusal> {
        let found = faults_of(self.certificates(), upload.clone()).await;
        if !found.is_empty() {
            return Err(CertificateRefusal::Faults(found));
        }
        // Written down before it is done: files are no part of the database's transaction.
        let directory = &self.followers.directory;
        let written = directory.write_down(authority, "certificate.upload", "certificate", json!({})).await;
        written.map_err(CertificateRefusal::Store)?;
        let certificates = self.certificates();
        let kept = tokio::task::spawn_blocking(move || {
            certificates.upload(upload.chain.as_bytes(), upload.key.as_bytes()).map(|_| ())
        });
        let kept = kept.await.map_err(|panic| CertificateRefusal::Internal(panic.to_string()))?;
        kept.map_err(refusal)?;
        Ok(self.shown())
    }

    async fn take(
        &self,
        authority: &Authority,
        choice: CertificateChoice,
    ) -> Result<CertificateStatus, CertificateRefusal> {
        if self.fixed {
            return Err(CertificateRefusal::Fixed);
        }
        let mut next = self.next.lock().await;
        let changes = stored_choice(&choice, &next.settings);
        let wanted = with_changes(&next, &changes).map_err(tls::bad_choice)?;
        tls::check_choice(&wanted)?;
        let changes = changes.into_iter().filter(|(key, _)| !wanted.is_fixed(key));
        let changes = changes.map(|(key, value)| NewSetting { key: key.to_owned(), value }).collect();
        let directory = &self.followers.directory;
        directory.change_settings(authority, changes, None).await.map_err(CertificateRefusal::Store)?;
        self.followers.certificates.set_source(tls::source(&wanted.settings));
        *next = wanted;
        drop(next);
        Ok(self.shown())
    }
}

impl CertificateDesk for CertificatePage {
    fn status(&self) -> CertificateStatus {
        self.shown()
    }

    fn check(&self, upload: CertificateUpload) -> BoxFuture<'_, Vec<CertificateFault>> {
        faults_of(self.certificates(), upload).boxed()
    }

    fn upload<'a>(
        &'a self,
        authority: &'a Authority,
        upload: CertificateUpload,
    ) -> BoxFuture<'a, Result<CertificateStatus, CertificateRefusal>> {
        self.keep(authority, upload).boxed()
    }

    fn choose<'a>(
        &'a self,
        authority: &'a Authority,
        choice: CertificateChoice,
    ) -> BoxFuture<'a, Result<CertificateStatus, CertificateRefusal>> {
        self.take(authority, choice).boxed()
    }
}

/// What a choice becomes among the stored settings. Where port 80 is off, ACME proves the name on the HTTPS port.
pub(crate) fn stored_choice(choice: &CertificateChoice, settings: &Settings) -> Changes {
    let text = |text: &str| Some(Value::from(text));
    match choice {
        CertificateChoice::Own => vec![("tls.source", text("own"))],
        CertificateChoice::Upload => vec![("tls.source", text("upload"))],
        CertificateChoice::Acme { directory, email } => vec![
            ("tls.source", text("acme")),
            ("tls.acme_directory", directory.as_deref().map(Value::from)),
            ("tls.acme_contact", email.as_deref().map(Value::from)),
            ("tls.acme_challenge", settings.listen.redirect.is_none().then(|| "tls-alpn-01".into())),
        ],
    }
}

/// Directory and mail address, if the certificate comes from ACME.
fn acme_settings_of(settings: &Settings) -> Option<(String, Option<String>)> {
    let tls = &settings.tls;
    (tls.source == CertificateSource::Acme).then(|| (tls.acme_directory.clone(), tls.acme_contact.clone()))
}

/// Checks and keeps an upload for these names, on a thread that may wait for the disk.
pub(crate) async fn checked_upload(
    certificates: Certificates,
    names: Vec<Name>,
    upload: CertificateUpload,
) -> Result<(), CertificateRefusal> {
    let kept = tokio::task::spawn_blocking(move || {
        certificates.upload_for(&names, upload.chain.as_bytes(), upload.key.as_bytes()).map(|_| ())
    });
    kept.await.map_err(|panic| CertificateRefusal::Internal(panic.to_string()))?.map_err(refusal)
}

async fn faults_of(certificates: Certificates, upload: CertificateUpload) -> Vec<CertificateFault> {
    let found =
        tokio::task::spawn_blocking(move || certificates.check_upload(upload.chain.as_bytes(), upload.key.as_bytes()));
    // Whatever makes the check panic is no certificate.
    found.await.map_or_else(|_| faults(&[Fault::UnusableKey]), |found| faults(&found))
}

fn refusal(error: UploadError) -> CertificateRefusal {
    match error {
        UploadError::Faults(found) => CertificateRefusal::Faults(faults(&found)),
        UploadError::Folder(error) => CertificateRefusal::Internal(error.to_string()),
    }
}

/// Faults in the API's own terms.
fn faults(found: &[Fault]) -> Vec<CertificateFault> {
    found.iter().map(fault).collect()
}

fn fault(fault: &Fault) -> CertificateFault {
    let mut parameters = match serde_json::to_value(fault) {
        Ok(Value::Object(fields)) => fields,
        _ => Map::new(),
    };
    let code = parameters.remove("code").and_then(|code| code.as_str().map(str::to_owned)).unwrap_or_default();
    CertificateFault { code, error: fault.to_string(), parameters }
}

/// As in the settings file.
const fn word(kind: SourceKind) -> &'static str {
    match kind {
        SourceKind::Own => "own",
        SourceKind::Uploaded => "upload",
        SourceKind::Acme => "acme",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use veche_acme::{Fault, Part};
    use veche_api::admin::v1::certificate::CertificateChoice;

    use super::{fault, stored_choice};
    use crate::console::with_changes;
    use crate::settings::{AcmeChallenge, CertificateSource, Loaded};

    #[test]
    fn faults_keep_their_words_and_parameters() {
        let told = fault(&Fault::TooLarge { part: Part::Key, bytes_max: 7 });
        assert_eq!(told.code, "too_large");
        assert!(told.error.contains("At most 7 bytes"), "{}", told.error);
        assert_eq!(json!(told.parameters), json!({ "part": "key", "bytes_max": 7 }));
    }

    #[test]
    fn where_port_80_is_off_the_name_is_proved_on_the_https_port() {
        let acme = CertificateChoice::Acme { directory: None, email: Some("admin@example.org".to_owned()) };
        for (redirect, challenge) in [("off", AcmeChallenge::TlsAlpn01), ("0.0.0.0:80", AcmeChallenge::Http01)] {
            let redirect = format!("listen.redirect={redirect}").parse().unwrap();
            let loaded = Loaded::read(None, &[redirect]).unwrap();
            let changes = stored_choice(&acme, &loaded.settings);
            let tls = with_changes(&loaded, &changes).unwrap().settings.tls;
            assert_eq!((tls.source, tls.acme_challenge), (CertificateSource::Acme, challenge));
            assert_eq!(tls.acme_contact.as_deref(), Some("admin@example.org"));
        }
        let bad = CertificateChoice::Acme { directory: Some("http://ca".to_owned()), email: None };
        let loaded = Loaded::read(None, &[]).unwrap();
        assert!(with_changes(&loaded, &stored_choice(&bad, &loaded.settings)).is_err());
    }
}
