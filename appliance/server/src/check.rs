//! `veche check`: looks at everything a stopped server keeps, changes nothing in it, and says what is wrong and what
//! to do about it. No server can start on the folder meanwhile.

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::path::Path;

use veche_store::verify::Held;
use veche_store::{OpenError, sql};

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
                "put a damaged file of the folder tls back from a backup, or remove it: the server makes or orders \
                 another certificate at its next start. An uploaded one is uploaded again; the root of the server's own \
                 authority (own-root.pem), once made anew, is installed again where it is trusted"
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
    let held = Held::take(dir).map_err(Failure::new)?;
    let mut findings = Findings::default();
    let read = conversations(&held, &mut findings)?;
    administration(dir, &held, &mut findings)?;
    match veche_acme::inspect(&tls::folder(dir)) {
        Ok(damaged) => damaged.iter().for_each(|file| findings.add(file, Advice::Certificate)),
        Err(error) => findings.add(error, Advice::Certificate),
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
fn conversations(held: &Held, findings: &mut Findings) -> Result<String, Failure> {
    let report = match held.conversations() {
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
fn administration(dir: &Path, held: &Held, findings: &mut Findings) -> Result<(), Failure> {
    let mut add = |problem: &dyn std::fmt::Display| {
        findings.add(format_args!("{}: {problem}", sql::FILE_NAME), Advice::Restore);
    };
    if !dir.join(sql::FILE_NAME).exists() {
        add(&"is missing");
        return Ok(());
    }
    match held.administration() {
        Ok(problems) => problems.iter().for_each(|problem| add(problem)),
        Err(error @ sql::OpenError::Newer { .. }) => return Err(Failure::new(error)),
        // A file that does not open is a finding like any other, unless it is only newer.
        Err(error) => add(&error),
    }
    Ok(())
}
