//! How a command can fail: the words for a person and the code for a script.

use std::fmt::Display;
use std::io::Write;
use std::process::ExitCode;

use crate::settings::SettingsError;

/// A failed command. Exit code 2 asks for other settings or arguments, 1 says that something else is wrong.
#[derive(Debug)]
pub(crate) struct Failure {
    code: u8,
    words: String,
}

impl Failure {
    /// Something else than the settings is wrong.
    pub(crate) fn new(words: impl Display) -> Self {
        Self { code: 1, words: words.to_string() }
    }

    /// Something else is wrong, while doing `what`.
    pub(crate) fn during(what: impl Display) -> impl FnOnce(std::io::Error) -> Self {
        move |error| Self::new(format_args!("{what}: {error}"))
    }

    /// What is wrong.
    pub(crate) fn words(&self) -> &str {
        &self.words
    }

    /// Says on standard error what is wrong, and gives the exit code.
    pub(crate) fn report(self) -> ExitCode {
        // With standard error closed there is nobody left to tell.
        let _ = writeln!(std::io::stderr(), "veche: {}", self.words);
        ExitCode::from(self.code)
    }
}

impl From<SettingsError> for Failure {
    fn from(error: SettingsError) -> Self {
        Self { code: 2, words: format!("the settings cannot be used\n{error}") }
    }
}
