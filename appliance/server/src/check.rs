//! `veche check`: looks at everything a stopped server keeps, changes nothing in it, and says what is wrong.

use std::io::{self, Write};
use std::path::Path;

use veche_store::sql::{self, Sql, journal};
use veche_store::verify;

use crate::exit::Failure;

/// Prints what was read and what is wrong; fails if anything is.
pub(crate) fn run(dir: &Path) -> Result<(), Failure> {
    if !dir.join("db").exists() {
        return Err(Failure::new(format_args!("{} holds no data of a server", dir.display())));
    }
    let report = verify::check(dir).map_err(Failure::new)?;
    let mut problems: Vec<String> = report.findings.iter().map(ToString::to_string).collect();
    problems.extend(administration(dir)?);

    let mut out = io::stdout().lock();
    let print = || Failure::during("the findings cannot be printed");
    for problem in &problems {
        writeln!(out, "{problem}").map_err(print())?;
    }
    if report.findings_left_out > 0 {
        writeln!(out, "... and {} more", report.findings_left_out).map_err(print())?;
    }
    writeln!(out, "{} records and {} files were read", report.records, report.content_files).map_err(print())?;
    match problems.len() {
        0 => Ok(()),
        _ => Err(Failure::new("the data is damaged; nothing was changed")),
    }
}

/// What is wrong with the administration database.
fn administration(dir: &Path) -> Result<Vec<String>, Failure> {
    if !dir.join(sql::FILE_NAME).exists() {
        return Ok(vec![format!("{}: is missing", sql::FILE_NAME)]);
    }
    // A file that does not open is a finding like any other.
    let database = match Sql::open(dir, sql::Options::default()) {
        Ok(database) => database,
        Err(error) => return Ok(vec![error.to_string()]),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(Failure::during("the check cannot be run"))?;
    let mut problems = Vec::new();
    match runtime.block_on(database.integrity_problem()) {
        Ok(None) => {}
        Ok(Some(problem)) => problems.push(format!("{}: {problem}", sql::FILE_NAME)),
        Err(error) => problems.push(format!("{}: {error}", sql::FILE_NAME)),
    }
    match database.read_blocking(journal::verify) {
        Ok(None) => {}
        Ok(Some(broken)) => problems.push(format!("{}: the journal is broken: {broken:?}", sql::FILE_NAME)),
        Err(error) => problems.push(format!("{}: {error}", sql::FILE_NAME)),
    }
    database.close();
    Ok(problems)
}
