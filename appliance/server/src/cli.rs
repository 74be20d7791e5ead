//! The command line. Tools, the image and administrators' scripts rely on it: it only grows.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::settings::Override;

/// A corporate messenger in one process: Matrix homeserver, files, administration.
#[derive(Debug, Parser)]
#[command(name = "veche", version, disable_help_subcommand = true, arg_required_else_help = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the server until SIGTERM
    Serve(Run),
    /// Manage accounts
    User {
        #[command(subcommand)]
        command: UserCommand,
    },
    /// The certificate of a server, whether it runs or not
    Certificate {
        #[command(subcommand)]
        command: CertificateCommand,
    },
    /// Look for damage in the data of a stopped server
    Check(Data),
    /// Look whether clients reach the server, and say how to mend what keeps them out
    Doctor(Doctor),
}

#[derive(Debug, Args)]
pub(crate) struct Run {
    #[command(flatten)]
    pub(crate) server: Serve,
    /// Somebody reads standard error, though it may be no terminal: show the claim code of a new server there
    #[arg(long)]
    pub(crate) show_claim: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Serve {
    #[command(flatten)]
    pub(crate) data: Data,
    /// Settings file [default: DIR/veche.toml, if there is one]
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Override one setting, for example --set server.name=chat.example.org
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub(crate) overrides: Vec<Override>,
}

#[derive(Debug, Args)]
pub(crate) struct Data {
    /// Folder with everything the server keeps
    #[arg(long = "data", value_name = "DIR")]
    pub(crate) dir: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct Doctor {
    #[command(flatten)]
    pub(crate) data: Data,
    /// Print one line of JSON, for programs
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum UserCommand {
    /// Make an account, whether the server runs or not; prints a new password unless one is given
    Add(UserAdd),
    /// Give somebody who is shut out a new password, end all sessions and ask for no code of an authenticator app any more,
    /// whether the server runs or not
    Recover(UserRecover),
}

#[derive(Debug, Args)]
pub(crate) struct UserRecover {
    /// The part of the user id before the colon
    pub(crate) name: String,
    #[command(flatten)]
    pub(crate) data: Data,
    /// Read the password from the first line of standard input
    #[arg(long)]
    pub(crate) password_stdin: bool,
}

#[derive(Debug, Args)]
pub(crate) struct UserAdd {
    /// The part of the user id before the colon
    pub(crate) name: String,
    #[command(flatten)]
    pub(crate) data: Data,
    /// Make the account an administrator who may do everything
    #[arg(long)]
    pub(crate) admin: bool,
    /// Make the account an owner, who may do everything also to administrators
    #[arg(long)]
    pub(crate) owner: bool,
    /// Read the password from the first line of standard input
    #[arg(long)]
    pub(crate) password_stdin: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum CertificateCommand {
    /// Check a certificate and its key, and put them in use if tls.source is "upload"
    Upload(CertificateUpload),
    /// Print the root of the server's own authority, to be installed where the server is to be trusted
    Root(Serve),
    /// Say where the certificate in use is from, for which names, and how long it is valid
    Status(CertificateStatus),
}

#[derive(Debug, Args)]
pub(crate) struct CertificateUpload {
    #[command(flatten)]
    pub(crate) server: Serve,
    /// PEM file with the server's certificate first, then the one that signed it, and so on
    #[arg(long, value_name = "FILE")]
    pub(crate) chain: PathBuf,
    /// PEM file with the private key, without a password
    #[arg(long, value_name = "FILE")]
    pub(crate) key: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct CertificateStatus {
    #[command(flatten)]
    pub(crate) server: Serve,
    /// Print one line of JSON, for programs
    #[arg(long)]
    pub(crate) json: bool,
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory, Parser};

    use super::{CertificateCommand, Cli, Command, UserCommand};

    #[test]
    fn definition_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn promised_forms_are_understood() {
        let parse = |line: &str| Cli::try_parse_from(line.split(' ')).map(|cli| cli.command);
        let serve = parse("veche serve --data d --config f --set server.name=a --set log.level=warn").unwrap();
        assert!(matches!(serve, Command::Serve(run) if run.server.overrides.len() == 2 && !run.show_claim));
        assert!(matches!(parse("veche serve --data d --show-claim"), Ok(Command::Serve(run)) if run.show_claim));
        let add = parse("veche user add alice --data d --admin --password-stdin").unwrap();
        assert!(matches!(add, Command::User { command: UserCommand::Add(add) } if add.admin && add.password_stdin));
        let owner = parse("veche user add alice --data d --owner").unwrap();
        assert!(matches!(owner, Command::User { command: UserCommand::Add(add) } if add.owner && !add.admin));
        let recover = parse("veche user recover alice --data d --password-stdin").unwrap();
        assert!(matches!(recover, Command::User { command: UserCommand::Recover(it) } if it.password_stdin));
        assert!(matches!(parse("veche check --data d"), Ok(Command::Check(_))));
        assert!(matches!(parse("veche doctor --data d --json"), Ok(Command::Doctor(it)) if it.json));
        let upload = parse("veche certificate upload --data d --chain c.pem --key k.pem --config f").unwrap();
        assert!(matches!(upload, Command::Certificate { command: CertificateCommand::Upload(_) }));
        let root = parse("veche certificate root --data d").unwrap();
        assert!(matches!(root, Command::Certificate { command: CertificateCommand::Root(_) }));
        let status = parse("veche certificate status --data d --json").unwrap();
        assert!(matches!(status, Command::Certificate { command: CertificateCommand::Status(it) } if it.json));
        for wrong in [
            "veche serve",
            "veche certificate upload --data d --chain c.pem",
            "veche",
            "veche serve --data d --set nonsense",
            "veche doctor",
            "veche certificate root --data d --show-claim",
        ] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
