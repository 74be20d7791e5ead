//! Everything of the binary `veche` but its allocator: command line, settings, wiring of all parts, listeners, lifecycle.
//!
//! Read `serve.rs` first, which starts and stops the server in the order it happens. It is a library so that what reads
//! strangers' first bytes ([`listeners`]) can be fed by fuzzers; nobody builds anything else on it.
//!
//! Invariants of absence: no rule of chat is decided here, and nothing below this crate knows that
//! there is a command line, a settings file or a signal.

mod addresses;
mod certificate;
mod check;
mod claim;
mod cli;
mod console;
mod control;
mod doctor;
mod exit;
mod first_run;
mod identity;
pub mod listeners;
mod log_book;
mod logging;
mod ready;
mod serve;
mod settings;
mod sfu;
mod statistics;
mod surroundings;
mod tls;
mod turn;
mod user;
mod verification;
mod wiring;

use std::process::ExitCode;

use clap::Parser;

use cli::{CertificateCommand, Cli, Command, UserCommand};

/// Does what the command line says.
pub fn main() -> ExitCode {
    let outcome = match Cli::parse().command {
        Command::Serve(arguments) => serve::run(&arguments),
        Command::User { command: UserCommand::Add(arguments) } => user::add(&arguments),
        Command::User { command: UserCommand::Recover(arguments) } => user::recover(&arguments),
        Command::Certificate { command: CertificateCommand::Upload(arguments) } => certificate::upload(&arguments),
        Command::Certificate { command: CertificateCommand::Root(arguments) } => certificate::root(&arguments),
        Command::Certificate { command: CertificateCommand::Status(arguments) } => certificate::status(&arguments),
        Command::Check(data) => check::run(&data.dir),
        Command::Doctor(arguments) => doctor::run(&arguments),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}
