//! The certificate: how it is, an upload, another source.

mod check;
mod get;
mod put_source;
mod upload;

use futures_util::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use veche_directory::{Authority, Grant, StoreError};

use crate::app::App;
use crate::error::ApiError;
use crate::typed::{Operation, Typed};

/// Registers the area.
pub(super) fn register(typed: Typed<App>) -> Typed<App> {
    let check =
        Operation::post("certificate.check", "/api/admin/v1/certificate/check", "Looks what is wrong with an upload");
    let upload = Operation::post(
        "certificate.upload",
        "/api/admin/v1/certificate/upload",
        "Keeps an uploaded certificate, and uses it if uploads are the source; needs a fresh proof",
    );
    let source = Operation::put(
        "certificate.put_source",
        "/api/admin/v1/certificate/source",
        "Takes the certificate from another source; needs a fresh proof",
    );
    typed
        .add(
            Operation::get("certificate.get", "/api/admin/v1/certificate", "How the certificate is")
                .grant(Grant::System),
            get::get,
        )
        .add(check.grant(Grant::System).large_body(), check::check)
        .add(upload.grant(Grant::System).large_body().fresh(), upload::upload)
        .add(source.grant(Grant::System).fresh(), put_source::put_source)
}

/// Looks after the certificate.
pub trait CertificateDesk: Send + Sync {
    /// How it is.
    fn status(&self) -> CertificateStatus;

    /// Everything that is wrong with an upload; nothing is kept.
    fn check(&self, upload: CertificateUpload) -> BoxFuture<'_, Vec<CertificateFault>>;

    /// Keeps an upload, after it was written into the journal.
    fn upload<'a>(
        &'a self,
        authority: &'a Authority,
        upload: CertificateUpload,
    ) -> BoxFuture<'a, Result<CertificateStatus, CertificateRefusal>>;

    /// Takes it from another source, and writes that into the journal.
    fn choose<'a>(
        &'a self,
        authority: &'a Authority,
        source: CertificateChoice,
    ) -> BoxFuture<'a, Result<CertificateStatus, CertificateRefusal>>;
}

/// A chain and its key, both in PEM.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CertificateUpload {
    /// The server's certificate first, then the one that signed it, and so on.
    pub chain: String,
    /// The private key, without a password.
    pub key: String,
}

/// Where a certificate is to come from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "source", rename_all = "lowercase", deny_unknown_fields)]
pub enum CertificateChoice {
    /// The server's own small authority.
    Own,
    /// What was uploaded.
    Upload,
    /// An ACME directory. Ordering a certificate there accepts its terms of service.
    Acme {
        /// Its address; Let's Encrypt if there is none.
        directory: Option<String>,
        /// A mail address that it may write to.
        email: Option<String>,
    },
}

/// Something that is wrong with an upload.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct CertificateFault {
    /// A stable word.
    pub code: String,
    /// In English.
    pub error: String,
    /// What belongs to the word: which certificate, which date, which limit.
    pub parameters: Map<String, Value>,
}

/// Why the certificate was not changed. What was in use before still is.
#[derive(Debug)]
pub enum CertificateRefusal {
    /// The upload has faults.
    Faults(Vec<CertificateFault>),
    /// No certificate can come from there: why, and the same in English words.
    Impossible(Obstacle, String),
    /// The settings file or the command line of the machine says where it comes from.
    Fixed,
    /// It could not be kept; for the log.
    Internal(String),
    /// The database failed.
    Store(StoreError),
}

/// What stands between this server and a certificate from where it was wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Obstacle {
    /// The server's name leads nowhere but to the machine itself.
    LocalName,
    /// The server does not listen for HTTPS.
    NoHttps,
    /// The authority would ask on port 80, where the server does not listen.
    NoRedirect,
    /// The authority's directory is no URL that can be asked.
    BadDirectory,
    /// The authority's directory lies outside what the server may reach.
    DirectoryOutOfReach,
    /// Another setting is in the way: the words say which.
    Setting,
}

impl Obstacle {
    /// The stable word that clients choose their own words by.
    const fn code(self) -> &'static str {
        match self {
            Self::LocalName => "local_name",
            Self::NoHttps => "no_https",
            Self::NoRedirect => "no_redirect",
            Self::BadDirectory => "bad_directory",
            Self::DirectoryOutOfReach => "directory_out_of_reach",
            Self::Setting => "setting",
        }
    }
}

/// How a certificate is. Times are seconds since 1970.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct CertificateStatus {
    /// Where the settings say that it comes from: `own`, `upload`, `acme`.
    pub wanted: String,
    /// Where the one in use comes from: the own authority's while there is no other.
    pub in_use: String,
    /// The settings of the machine say so: it cannot be changed here.
    pub fixed: bool,
    /// The names that it lists.
    pub names: Vec<String>,
    /// Names of this server that it does not list.
    pub missing_names: Vec<String>,
    /// Who signed it.
    pub issuer: String,
    /// SHA-256 in hex.
    pub fingerprint_sha256: String,
    /// Valid from.
    pub not_before: i64,
    /// Valid until.
    pub not_after: i64,
    /// When a renewal will be tried, if the server renews it.
    pub next_try: Option<i64>,
    /// Renewals that have failed since the last success.
    pub failures: u32,
    /// What went wrong since the last success.
    pub last_error: Option<CertificateError>,
    /// 0: all is well. 1 to 4: at most 21, 14, 7, 3 days are left. 5: it is not valid.
    pub alarm_level: u8,
    /// SHA-256 in hex of the own authority's root, to compare after installing it.
    pub own_root_sha256: String,
    /// The directory, if it comes from ACME.
    pub acme_directory: Option<String>,
    /// The mail address that it may write to.
    pub acme_email: Option<String>,
}

/// What went wrong with a renewal.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct CertificateError {
    /// A stable word.
    pub code: String,
    /// In English, with what the other side said.
    pub error: String,
    /// When.
    pub at: i64,
}

fn desk(app: &App) -> Result<&dyn CertificateDesk, ApiError> {
    app.plugs.certificate.as_deref().ok_or_else(ApiError::unrecognized)
}

impl From<CertificateRefusal> for ApiError {
    fn from(refusal: CertificateRefusal) -> Self {
        match refusal {
            CertificateRefusal::Faults(faults) => {
                let faults = serde_json::to_value(faults).unwrap_or_default();
                Self::invalid_param("The certificate has faults; nothing has changed")
                    .with("reason", "certificate_faults")
                    .with("faults", faults)
            }
            CertificateRefusal::Impossible(obstacle, words) => {
                Self::invalid_param(words).with("reason", "certificate_impossible").with("obstacle", obstacle.code())
            }
            CertificateRefusal::Fixed => {
                Self::forbidden("The settings of the machine say where the certificate comes from")
                    .with("reason", "setting_fixed")
            }
            CertificateRefusal::Internal(cause) => Self::internal(cause),
            CertificateRefusal::Store(error) => error.into(),
        }
    }
}
