//! The log on standard error: the one global of the process.

use tracing_subscriber::EnvFilter;

use crate::settings::{Log, LogFormat};

/// Starts the log. Standard output stays free for the ready line.
pub(crate) fn start(settings: &Log) {
    let filter = EnvFilter::new(&settings.level);
    // By default the subscriber complains about a line it could not write on standard error, where it just failed: that
    // panics. A log file on a full disk must not take the server down.
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).log_internal_errors(false);
    match settings.format {
        LogFormat::Text => log.with_ansi(false).init(),
        LogFormat::Json => log.json().flatten_event(true).with_current_span(true).with_span_list(false).init(),
    }
}
