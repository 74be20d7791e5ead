//! The newest lines of the log, remembered for the console.
//!
//! What reaches the log holds neither content nor tokens; here it is looked at once more, because these lines go to a
//! browser: whatever begins like one of our tokens is left out, and no line is longer than a person reads.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use veche_api::admin::v1::logs::{LogBook, LogLevel, LogLine, LogWanted};
use veche_base::Clock;
use veche_runtime::SystemClock;

/// Lines that are remembered; with the bounds below at most about 8 MiB, usually under one.
const LINES_MAX: usize = 2_000;
/// One message or one field of it.
const TEXT_BYTES_MAX: usize = 1_000;
/// Fields of one line.
const FIELDS_MAX: usize = 20;
/// What our tokens begin with.
const TOKENS: [&str; 6] = ["vat_", "vrt_", "vlt_", "vot_", "vft_", "vst_"];

/// Remembers lines. Clones share the same.
#[derive(Clone)]
pub(crate) struct Memory {
    clock: Arc<dyn Clock>,
    lines: Arc<Mutex<Lines>>,
}

#[derive(Default)]
struct Lines {
    kept: VecDeque<LogLine>,
    /// The number of the newest one.
    last: u64,
}

impl Memory {
    /// Remembers nothing yet.
    pub(crate) fn new() -> Self {
        Self::with_clock(Arc::new(SystemClock::new()))
    }

    fn with_clock(clock: Arc<dyn Clock>) -> Self {
        Self { clock, lines: Arc::default() }
    }

    fn lock(&self) -> MutexGuard<'_, Lines> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<S: Subscriber> Layer<S> for Memory {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut words = Words::default();
        event.record(&mut words);
        let metadata = event.metadata();
        let mut lines = self.lock();
        lines.last += 1;
        let line = LogLine {
            number: lines.last,
            at_ms: self.clock.wall_ms(),
            level: level(*metadata.level()),
            target: metadata.target().to_owned(),
            message: words.message,
            fields: words.fields,
        };
        if lines.kept.len() >= LINES_MAX {
            lines.kept.pop_front();
        }
        lines.kept.push_back(line);
    }
}

impl LogBook for Memory {
    fn lines(&self, wanted: &LogWanted) -> Vec<LogLine> {
        let lines = self.lock();
        let fits = |line: &&LogLine| {
            line.number > wanted.after
                && line.level >= wanted.level
                && wanted.search.as_deref().is_none_or(|search| contains(line, search))
        };
        let mut found: Vec<LogLine> = lines.kept.iter().rev().filter(fits).take(wanted.limit).cloned().collect();
        found.reverse();
        found
    }
}

fn contains(line: &LogLine, search: &str) -> bool {
    let is_in = |text: &str| text.to_lowercase().contains(search);
    is_in(&line.message)
        || is_in(&line.target)
        || line.fields.iter().any(|(name, value)| is_in(name) || is_in(&value.to_string()))
}

fn level(level: Level) -> LogLevel {
    match level {
        Level::TRACE => LogLevel::Trace,
        Level::DEBUG => LogLevel::Debug,
        Level::INFO => LogLevel::Info,
        Level::WARN => LogLevel::Warn,
        Level::ERROR => LogLevel::Error,
    }
}

#[derive(Default)]
struct Words {
    message: String,
    fields: Map<String, Value>,
}

impl Words {
    fn add(&mut self, field: &Field, value: Value) {
        if field.name() == "message" {
            self.message = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        } else if self.fields.len() < FIELDS_MAX {
            self.fields.insert(field.name().to_owned(), value);
        }
    }
}

impl Visit for Words {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.add(field, tidy(&format!("{value:?}")).into());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.add(field, tidy(value).into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.add(field, value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.add(field, value.into());
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.add(field, value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.add(field, value.into());
    }
}

/// The text without tokens, and not too long.
fn tidy(text: &str) -> String {
    let mut tidied = text[..text.floor_char_boundary(TEXT_BYTES_MAX)].to_owned();
    for prefix in TOKENS {
        while let Some(at) = tidied.find(prefix) {
            let rest = &tidied[at + prefix.len()..];
            let letters = rest.find(|letter: char| !letter.is_ascii_alphanumeric()).unwrap_or(rest.len());
            tidied.replace_range(at..at + prefix.len() + letters, "[token]");
        }
    }
    tidied
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tracing::{info, warn};
    use tracing_subscriber::layer::SubscriberExt;
    use veche_api::admin::v1::logs::{LogBook, LogLevel, LogWanted};
    use veche_base::testing::ManualClock;

    use super::{LINES_MAX, Memory, tidy};

    fn wanted(after: u64, level: LogLevel, search: Option<&str>) -> LogWanted {
        LogWanted { after, level, search: search.map(str::to_owned), limit: 3 }
    }

    #[test]
    fn the_newest_lines_are_told_oldest_first_and_old_ones_forgotten() {
        let memory = Memory::with_clock(Arc::new(ManualClock::new()));
        let subscriber = tracing_subscriber::registry().with(memory.clone());
        tracing::subscriber::with_default(subscriber, || {
            for number in 1..=LINES_MAX + 2 {
                info!(number, "a line");
            }
            warn!(user_id = "@alice:x", token = "vat_abcDEF123", "Something IS wrong");
        });
        let numbers = |wanted: &LogWanted| memory.lines(wanted).iter().map(|line| line.number).collect::<Vec<_>>();
        let last = LINES_MAX as u64 + 3;
        assert_eq!(numbers(&wanted(0, LogLevel::Info, None)), [last - 2, last - 1, last]);
        assert_eq!(numbers(&wanted(last - 1, LogLevel::Info, None)), [last]);
        assert_eq!(numbers(&wanted(0, LogLevel::Warn, None)), [last]);
        assert_eq!(numbers(&wanted(0, LogLevel::Info, Some("alice"))), [last]);
        assert_eq!(numbers(&wanted(0, LogLevel::Info, Some("is wrong"))), [last]);
        assert_eq!(memory.lock().kept.front().map(|line| line.number), Some(4));
        let line = &memory.lines(&wanted(last - 1, LogLevel::Info, None))[0];
        assert_eq!((line.message.as_str(), &line.fields["token"]), ("Something IS wrong", &"[token]".into()));
    }

    #[test]
    fn tokens_and_long_texts_do_not_get_through() {
        assert_eq!(tidy("Bearer vat_Abc123, vrt_x"), "Bearer [token], [token]");
        assert_eq!(tidy("private_ and vat"), "private_ and vat", "only what looks like one");
        assert_eq!(tidy(&"ы".repeat(600)).len(), 1_000);
    }
}
