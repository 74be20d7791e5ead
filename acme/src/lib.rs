//! Certificates of the front door: made by itself, uploaded, or by ACME; kept, renewed, watched, and handed to rustls.
//!
//! Start reading at [`Certificates`], which the server opens once. Its [`Resolver`] gives handshakes the certificate in use and
//! swaps it without touching connections; its [`Status`] is what people and metrics are told. What may be uploaded is decided
//! in `check.rs`, each fault in plain words ([`Fault`]); the server's own authority is in `own.rs`; when ACME orders are made is
//! decided in `schedule.rs`, and how one goes is in `order.rs`.
//!
//! Invariants of absence: this crate knows no Matrix word, no database and no HTTP client: it reaches directories through the
//! [`Outbound`] it is given. What it keeps are private files in one folder, replaced as a whole. A failure never takes a
//! certificate out of use.

mod certificates;
mod challenge;
mod check;
mod credential;
mod fault;
mod folder;
mod metrics;
mod names;
mod order;
mod own;
mod pem;
mod resolver;
mod schedule;
mod source;
mod status;
#[cfg(test)]
mod testing;
mod transport;
mod x509;

pub use certificates::{Certificates, DamagedFile, RevokeError, Settings, UploadError, inspect};
pub use challenge::HttpTokens;
pub use fault::{Fault, Part};
pub use folder::FolderError;
pub use names::{BadName, Name, Names};
pub use own::OwnError;
pub use pem::{CERTIFICATES_MAX, CHAIN_BYTES_MAX, KEY_BYTES_MAX};
pub use resolver::{ACME_TLS_ALPN, Resolver};
pub use source::{AcmeSettings, ChallengeKind, ExternalAccount, LETS_ENCRYPT, LETS_ENCRYPT_STAGING, Source};
pub use status::{Alarm, LastError, RootStatus, SourceKind, Status};
pub use transport::{BoxFuture, Outbound};
