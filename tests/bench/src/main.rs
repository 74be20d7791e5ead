//! Figures of Veche beside those of its peers, measured on this machine in one run: Synapse on PostgreSQL for chat, coturn
//! for the relay, nginx for HTTPS.
//!
//! Veche and one peer run side by side; one at a time is under load, by turns. Every load is bounded in count and in time.
//! How to run it and how to read it: `README.md` beside this crate.

mod arguments;
mod group;
mod http;
mod load;
mod machine;
mod matrix;
mod packages;
mod plan;
mod process;
mod report;
mod tls;
mod tool;
mod world;

use std::collections::BTreeSet;
use std::fs;
use std::time::Instant;

use crate::arguments::Arguments;
use crate::group::Group;
use crate::report::Report;

/// What went wrong, in words: a bench that fails stops and says so.
pub(crate) type Failure = Box<dyn std::error::Error + Send + Sync>;

#[expect(clippy::disallowed_methods, reason = "a bench measures the real clock")]
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// One thread for the load: the other core belongs to the server.
#[tokio::main(flavor = "current_thread")]
#[expect(clippy::print_stdout, clippy::print_stderr, reason = "a command whose product is its figures")]
async fn main() -> Result<(), Failure> {
    let Some(arguments) = Arguments::parse()? else { return Ok(()) };
    if arguments.missing {
        let missing: BTreeSet<_> = Group::all().iter().flat_map(|group| group.missing_packages(&arguments)).collect();
        missing.iter().for_each(|package| println!("{package}"));
        return Ok(());
    }
    let temporary = tempfile::Builder::new().prefix("bench-of-veche-").tempdir()?;
    let dir = arguments.keep.clone().unwrap_or_else(|| temporary.path().to_owned());
    let mut report = Report::default();
    report.note(format!("{} cores, kernel {}", machine::cores(), machine::kernel()));
    let mut failures = 0;
    for group in Group::all() {
        match group.run(&arguments, &dir, &mut report).await {
            Ok(failed) => failures += failed,
            Err(failure) => {
                eprintln!("FAILED: {failure}");
                report.note(format!("{} could not be measured: {failure}", group.name()));
                failures += 1;
            }
        }
    }
    println!("\n{}", report.table());
    if let Some(path) = arguments.out {
        fs::write(path, format!("{:#}\n", report.json()))?;
    }
    if failures > 0 { Err(format!("{failures} loads failed").into()) } else { Ok(()) }
}
