//! `veche check`: looks at everything a stopped server keeps, changes nothing in it, and says what is wrong and what
//! to do about it.

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::path::Path;

use veche_store::sql::{self, Sql, journal};
use veche_store::{OpenError, verify};

use crate::exit::Failure;
use crate::tls;

/// What is wrong, file by file, and what can be done about it.
#[derive(Default)]
struct Findings {
    problems: Vec<String>,
    left_out: u64,
    advice: BTreeSet<Advice>,
}

/// What an administrator does about a kind of damage, in the order in which it is printed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Advice {
    Restore,
    Upload,
    Certificate,
}

impl Advice {
    const fn words(self) -> &'static str {
        match self {
            Self::Restore => {
                "keep a copy of this folder as it is, look at the disk (its own log and `dmesg`), and go back to the \
                 newest backup of the whole folder that `veche check` finds sound"
            }
            Self::Upload => {
                "a damaged content file is refused and nothing else: put that file back from a backup, or have the same \
                 file uploaded again"
            }
            Self::Certificate => {
                "move the folder tls away and start the server: it makes a new key and certificate, which clients must \
                 be told to accept"
            }
        }
    }
}

impl Findings {
    fn add(&mut self, problem: impl std::fmt::Display, advice: Advice) {
        self.problems.push(problem.to_string());
        self.advice.insert(advice);
    }
}

/// Prints what was read and what is wrong; fails if anything is.
pub(crate) fn run(dir: &Path) -> Result<(), Failure> {
    if !dir.join("db").exists() {
        return Err(Failure::new(format_args!("{} holds no data of a server", dir.display())));
    }
    let mut findings = Findings::default();
    let read = conversations(dir, &mut findings)?;
    administration(dir, &mut findings)?;
    if let Err(problem) = tls::check(dir) {
        findings.add(problem, Advice::Certificate);
    }
    print(&findings, &read).map_err(Failure::during("the findings cannot be printed"))?;
    if findings.problems.is_empty() { Ok(()) } else { Err(Failure::new("the data is damaged; nothing was changed")) }
}

fn print(findings: &Findings, read: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    for problem in &findings.problems {
        writeln!(out, "{problem}")?;
    }
    if findings.left_out > 0 {
        writeln!(out, "... and {} more", findings.left_out)?;
    }
    writeln!(out, "{read}")?;
    for advice in &findings.advice {
        writeln!(out, "what to do: {}", advice.words())?;
    }
    Ok(())
}

/// What is wrong with the database of conversations and with uploaded files; says how much was read.
fn conversations(dir: &Path, findings: &mut Findings) -> Result<String, Failure> {
    let report = match verify::check(dir) {
        Ok(report) => report,
        // Damage like any other, and the rest of the folder is still worth a look.
        Err(error) if is_damage(&error) => {
            findings.add(error, Advice::Restore);
            return Ok("the database of conversations could not be read".to_owned());
        }
        Err(error) => return Err(Failure::new(error)),
    };
    for finding in &report.findings {
        let advice = if finding.place.starts_with("content file") { Advice::Upload } else { Advice::Restore };
        findings.add(finding, advice);
    }
    findings.left_out = report.findings_left_out;
    Ok(format!("{} records and {} files were read", report.records, report.content_files))
}

/// True unless it is only this user who may not read it.
fn is_damage(error: &OpenError) -> bool {
    match error {
        OpenError::Engine(words) => !words.contains("Permission denied"),
        OpenError::LogDamaged { .. } | OpenError::Store(_) => true,
        _ => false,
    }
}

/// What is wrong with the administration database.
fn administration(dir: &Path, findings: &mut Findings) -> Result<(), Failure> {
    let mut add = |problem: &dyn std::fmt::Display| {
        findings.add(format_args!("{}: {problem}", sql::FILE_NAME), Advice::Restore);
    };
    if !dir.join(sql::FILE_NAME).exists() {
        add(&"is missing");
        return Ok(());
    }
    // A file that does not open is a finding like any other, unless it is only newer.
    let database = match Sql::open(dir, sql::Options::default()) {
        Ok(database) => database,
        Err(error @ sql::OpenError::Newer { .. }) => return Err(Failure::new(error)),
        Err(error) => {
            add(&error);
            return Ok(());
        }
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(Failure::during("the check cannot be run"))?;
    match runtime.block_on(database.integrity_problem()) {
        Ok(None) => {}
        Ok(Some(problem)) => add(&problem),
        Err(error) => add(&error),
    }
    match database.read_blocking(journal::verify) {
        Ok(None) => {}
        Ok(Some(broken)) => add(&format_args!("the journal is broken: {broken:?}")),
        Err(error) => add(&error),
    }
    database.close();
    Ok(())
}
