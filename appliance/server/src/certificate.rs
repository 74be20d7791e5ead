//! `veche certificate`: uploading one, the root of the server's own authority, and how the one in use is.
//!
//! Like `veche user add`: through the control socket while the server runs, on the data itself while it does not.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, Read, Write};
use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;

use time::OffsetDateTime;
use tokio::task::spawn_blocking;
use veche_acme::{CHAIN_BYTES_MAX, Certificates, KEY_BYTES_MAX, SourceKind, Status, UploadError};

use crate::addresses::Whereabouts;
use crate::cli;
use crate::control::{self, Answer, Request};
use crate::exit::Failure;
use crate::identity;
use crate::settings::{Loaded, default_file};
use crate::tls;
use crate::wiring::Ground;

/// Gives the server another certificate, and says how it is now.
pub(crate) fn upload(arguments: &cli::CertificateUpload) -> Result<(), Failure> {
    let chain = read(&arguments.chain, CHAIN_BYTES_MAX)?;
    let key = read(&arguments.key, KEY_BYTES_MAX)?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    // What is no text is no PEM either, and the server says so.
    let request = Request::CertificateUpload { chain: text(&chain), key: text(&key) };
    let answer = of_server(&arguments.server, &request, |certificates| uploaded(certificates.upload(&chain, &key)))?;
    let status = status_in(answer)?;
    let mut words = describe(&status);
    if status.in_use != SourceKind::Uploaded {
        words.push_str("It is kept, but not in use: set tls.source to \"upload\" and restart the server.\n");
    }
    print(&words)
}

/// Prints the root of the server's own authority in PEM.
pub(crate) fn root(arguments: &cli::Serve) -> Result<(), Failure> {
    let answer = of_server(arguments, &Request::CertificateRoot, |certificates| {
        Answer::CertificateRoot(certificates.own_root_pem())
    })?;
    match answer {
        Answer::CertificateRoot(pem) => print(&pem),
        other => Err(unexpected(other)),
    }
}

/// Says how the certificate in use is.
pub(crate) fn status(arguments: &cli::CertificateStatus) -> Result<(), Failure> {
    let answer = of_server(&arguments.server, &Request::CertificateStatus, |certificates| {
        Answer::CertificateStatus(Box::new(certificates.status()))
    })?;
    let status = status_in(answer)?;
    match arguments.json {
        true => print(&format!("{}\n", serde_json::to_string(&status).expect("a status is plain JSON"))),
        false => print(&describe(&status)),
    }
}

/// Takes an uploaded chain and key for a running server, which answers others meanwhile.
pub(crate) async fn take_upload(certificates: Certificates, chain: String, key: String) -> Answer {
    let taken = spawn_blocking(move || uploaded(certificates.upload(chain.as_bytes(), key.as_bytes())));
    taken.await.unwrap_or_else(|_| Answer::Refused("the upload could not be finished; see the log".to_owned()))
}

fn uploaded(outcome: Result<Status, UploadError>) -> Answer {
    match outcome {
        Ok(status) => Answer::CertificateStatus(Box::new(status)),
        Err(UploadError::Faults(faults)) => {
            let faults = faults.iter().fold(String::new(), |list, fault| format!("{list}\n- {fault}"));
            Answer::Refused(format!("the certificate was not taken, and nothing has changed:{faults}"))
        }
        Err(error @ UploadError::Folder(_)) => {
            Answer::Refused(format!("the certificate could not be kept, and nothing has changed: {error}"))
        }
    }
}

/// Asks the server that runs on the folder, or does it on the folder itself if none runs.
fn of_server(
    server: &cli::Serve,
    request: &Request,
    on_stopped: impl FnOnce(&Certificates) -> Answer,
) -> Result<Answer, Failure> {
    let dir = &server.data.dir;
    if !dir.is_dir() {
        return Err(Failure::new(format_args!("there is no data folder {}", dir.display())));
    }
    let failed = Failure::during(format!("the server running on {} cannot be asked", dir.display()));
    if let Some(answer) = control::ask(dir, request).map_err(failed)? {
        return Ok(answer);
    }
    let config = server.config.clone().or_else(|| default_file(dir));
    let mut loaded = Loaded::read(config.as_deref(), &server.overrides)?;
    // Opening the data keeps a server from being started meanwhile.
    let ground = Ground::open(dir, None)?;
    loaded.settings.server.name = identity::of_data(&ground.sql, dir)?;
    let answer = addresses(&loaded, &ground)
        .and_then(|addresses| tls::open(&loaded, dir, &ground, &addresses))
        .map(|certificates| on_stopped(&certificates));
    ground.sql.close();
    answer
}

/// Where the server would be if it ran: its own certificate is for these addresses, too.
fn addresses(loaded: &Loaded, ground: &Ground) -> Result<Vec<IpAddr>, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(Failure::during("the certificates cannot be opened"))?;
    let (sql, clock) = (Arc::clone(&ground.sql), Arc::clone(&ground.clock));
    Ok(runtime.block_on(Whereabouts::find(&loaded.settings, sql, clock)).of_the_site())
}

fn status_in(answer: Answer) -> Result<Status, Failure> {
    match answer {
        Answer::CertificateStatus(status) => Ok(*status),
        other => Err(unexpected(other)),
    }
}

fn unexpected(answer: Answer) -> Failure {
    match answer {
        Answer::Refused(reason) => Failure::new(reason),
        _ => Failure::new("the server did not understand what it was asked; is it the same version?"),
    }
}

/// The file; one byte more than may be taken, so that whatever is longer is seen to be too long.
fn read(path: &Path, bytes_max: usize) -> Result<Vec<u8>, Failure> {
    let fail = || Failure::during(format!("{} cannot be read", path.display()));
    let mut bytes = Vec::new();
    let limit = u64::try_from(bytes_max).unwrap_or(u64::MAX).saturating_add(1);
    File::open(path).map_err(fail())?.take(limit).read_to_end(&mut bytes).map_err(fail())?;
    Ok(bytes)
}

fn print(words: &str) -> Result<(), Failure> {
    io::stdout().lock().write_all(words.as_bytes()).map_err(Failure::during("it cannot be printed"))
}

/// The status for a person, line by line.
fn describe(status: &Status) -> String {
    let mut words = String::new();
    let mut line = |name: &str, value: &dyn std::fmt::Display| {
        let name = format!("{name}:");
        writeln!(words, "{name:<14}{value}").expect("a string takes everything");
    };
    line("in use", &source(status.in_use));
    if status.wanted != status.in_use {
        line("wanted", &format_args!("{}; there is none yet", source(status.wanted)));
    }
    line("names", &status.names.join(", "));
    if !status.missing_names.is_empty() {
        line("missing", &status.missing_names.join(", "));
    }
    line("issued by", &status.issuer);
    line("valid", &format_args!("{} to {}", date(status.not_before), date(status.not_after)));
    line("SHA-256", &status.fingerprint_sha256);
    if let Some(next) = status.next_try {
        line("renewal", &date(next));
    }
    if let Some(error) = &status.last_error {
        line("last failure", &format_args!("{}: {}", date(error.at), error.words));
    }
    if status.alarm.level() > 0 {
        line("ALARM", &"clients will refuse it soon or refuse it now");
    }
    line(
        "own root",
        &format_args!("SHA-256 {}, until {}", status.own_root.fingerprint_sha256, date(status.own_root.not_after)),
    );
    words
}

const fn source(kind: SourceKind) -> &'static str {
    match kind {
        SourceKind::Own => "made by the server's own authority",
        SourceKind::Uploaded => "uploaded",
        SourceKind::Acme => "from an ACME authority",
    }
}

fn date(seconds: i64) -> String {
    OffsetDateTime::from_unix_timestamp(seconds).map_or_else(|_| "?".to_owned(), |time| time.date().to_string())
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use veche_acme::{Alarm, RootStatus, SourceKind, Status};

    use super::{describe, read};

    #[test]
    fn status_is_told_in_lines() {
        let status = Status {
            wanted: SourceKind::Uploaded,
            in_use: SourceKind::Own,
            names: vec!["chat.example.org".to_owned(), "localhost".to_owned()],
            missing_names: Vec::new(),
            issuer: "CN=Veche authority".to_owned(),
            fingerprint_sha256: "ab".repeat(32),
            not_before: 1_767_225_600,
            not_after: 1_801_526_400,
            next_try: None,
            failures: 0,
            next_is_staging: false,
            last_error: None,
            alarm: Alarm::Fine,
            own_root: RootStatus { fingerprint_sha256: "cd".repeat(32), not_before: 0, not_after: 2_082_758_400 },
        };
        let words = describe(&status);
        for line in [
            "in use:       made by the server's own authority\n",
            "wanted:       uploaded; there is none yet\n",
            "names:        chat.example.org, localhost\n",
            "valid:        2026-01-01 to 2027-02-02\n",
        ] {
            assert!(words.contains(line), "{words}");
        }
        assert!(!words.contains("ALARM") && !words.contains("missing"), "{words}");
        let late = describe(&Status { alarm: Alarm::Days3, missing_names: vec!["a.example".to_owned()], ..status });
        assert!(late.contains("ALARM") && late.contains("missing:      a.example"), "{late}");
    }

    #[test]
    fn file_that_is_too_long_is_seen_to_be() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(&[b'x'; 100]).unwrap();
        assert_eq!(read(file.path(), 100).unwrap().len(), 100);
        assert_eq!(read(file.path(), 99).unwrap().len(), 100);
        assert_eq!(read(file.path(), 10).unwrap().len(), 11);
        assert!(read(std::path::Path::new("nowhere.pem"), 10).is_err());
    }
}
