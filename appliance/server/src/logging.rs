//! The log on standard error, and in memory for the console: the one global of the process.
//!
//! Lines are gathered and written together, a moment later: a busy server would enter the kernel once for each request, and
//! wake whoever collects its log. A warning, and whatever is worse, is written at once with everything before it. What is
//! gathered when the process is killed is lost, which is less than a tenth of a second of what went well.

use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tracing::{Level, Metadata};
use tracing_subscriber::fmt::{self, MakeWriter};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, registry};

use crate::log_book::Memory;
use crate::settings::{self, LogFormat};

/// How long a line waits for others.
const GATHERING: Duration = Duration::from_millis(50);
/// So many bytes are written without waiting any longer.
const GATHERED_BYTES_MAX: usize = 64 * 1_024;

/// Starts the log. Standard output stays free for the ready line.
pub(crate) fn start(settings: &settings::Log) -> Log {
    let filter = EnvFilter::new(&settings.level);
    let (lines, memory) = (Lines::to(io::stderr()), Memory::new());
    // By default the subscriber complains about a line it could not write on standard error, where it just failed: that
    // panics. A log file on a full disk must not take the server down.
    let written = fmt::layer().with_writer(lines.clone()).log_internal_errors(false);
    let log = registry().with(filter).with(memory.clone());
    match settings.format {
        LogFormat::Text => log.with(written.with_ansi(false)).init(),
        LogFormat::Json => {
            log.with(written.json().flatten_event(true).with_current_span(true).with_span_list(false)).init();
        }
    }
    Log { lines, memory }
}

/// The log of the process.
pub(crate) struct Log {
    /// What is written.
    pub(crate) lines: Lines,
    /// What is remembered.
    pub(crate) memory: Memory,
}

/// The lines of the log. Clones are the same.
#[derive(Clone)]
pub(crate) struct Lines {
    inner: Arc<Inner>,
}

struct Inner {
    gathered: Mutex<Gathered>,
    /// Told when there is a first line to be written later.
    begun: Notify,
    /// Whether somebody is there who writes later.
    gathers: AtomicBool,
}

struct Gathered {
    lines: Vec<u8>,
    out: Box<dyn Write + Send>,
}

impl Lines {
    fn to(out: impl Write + Send + 'static) -> Self {
        let gathered = Mutex::new(Gathered { lines: Vec::new(), out: Box::new(out) });
        Self { inner: Arc::new(Inner { gathered, begun: Notify::new(), gathers: AtomicBool::new(false) }) }
    }

    /// Gathers lines from now on and writes them, until the server stops; from then on each is written at once.
    pub(crate) async fn gather(self, stopping: CancellationToken) {
        self.inner.gathers.store(true, Ordering::Release);
        loop {
            tokio::select! {
                () = stopping.cancelled() => break,
                () = self.inner.begun.notified() => {}
            }
            tokio::select! {
                () = stopping.cancelled() => break,
                () = tokio::time::sleep(GATHERING) => self.write_out(),
            }
        }
        self.inner.gathers.store(false, Ordering::Release);
        self.write_out();
    }

    /// Writes what is gathered.
    pub(crate) fn write_out(&self) {
        self.inner.gathered.lock().unwrap_or_else(PoisonError::into_inner).write_out();
    }

    fn add(&self, line: &[u8], is_urgent: bool) {
        let mut gathered = self.inner.gathered.lock().unwrap_or_else(PoisonError::into_inner);
        let is_first = gathered.lines.is_empty();
        gathered.lines.extend_from_slice(line);
        let is_due = is_urgent || gathered.lines.len() >= GATHERED_BYTES_MAX;
        if is_due || !self.inner.gathers.load(Ordering::Acquire) {
            gathered.write_out();
        } else if is_first {
            self.inner.begun.notify_one();
        }
    }
}

impl Gathered {
    fn write_out(&mut self) {
        // There is nowhere to say that the log cannot be written.
        let _ = self.out.write_all(&self.lines);
        self.lines.clear();
    }
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Line<'a>;

    fn make_writer(&'a self) -> Line<'a> {
        Line { lines: self, is_urgent: true }
    }

    fn make_writer_for(&'a self, about: &Metadata<'_>) -> Line<'a> {
        Line { lines: self, is_urgent: *about.level() <= Level::WARN }
    }
}

/// One line, which the subscriber writes as a whole.
pub(crate) struct Line<'a> {
    lines: &'a Lines,
    is_urgent: bool,
}

impl Write for Line<'_> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.lines.add(line, self.is_urgent);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    use tokio_util::sync::CancellationToken;
    use tracing::{error, info, subscriber};

    use super::{GATHERED_BYTES_MAX, Lines};

    /// What was written, call by call.
    #[derive(Clone, Default)]
    struct Calls(Arc<Mutex<Vec<String>>>);

    impl Calls {
        fn take(&self) -> Vec<String> {
            std::mem::take(&mut self.0.lock().unwrap())
        }
    }

    impl Write for Calls {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().push(String::from_utf8_lossy(bytes).into_owned());
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    fn log() -> (Calls, Lines, subscriber::DefaultGuard) {
        let calls = Calls::default();
        let lines = Lines::to(calls.clone());
        let log = tracing_subscriber::fmt().with_writer(lines.clone()).with_ansi(false).without_time().finish();
        (calls, lines, subscriber::set_default(log))
    }

    #[test]
    fn without_anybody_who_writes_later_each_line_is_written_at_once() {
        let (calls, _lines, _guard) = log();
        info!("one");
        info!("two");
        let calls = calls.take();
        assert!(calls.len() == 2 && calls[1].ends_with("two\n"), "{calls:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn lines_are_written_together_and_what_went_wrong_is_written_at_once() {
        let (calls, lines, _guard) = log();
        let stopping = CancellationToken::new();
        let gathering = lines.gather(stopping.clone());
        let speaking = async {
            tokio::task::yield_now().await;
            info!("one");
            info!("two");
            assert!(calls.take().is_empty());
            error!("three");
            let at_once = calls.take();
            assert!(at_once.len() == 1 && at_once[0].lines().count() == 3, "{at_once:?}");

            info!("four");
            info!("five");
            tokio::time::sleep(super::GATHERING * 2).await;
            let later = calls.take();
            assert!(later.len() == 1 && later[0].lines().count() == 2, "{later:?}");

            info!("{}", "x".repeat(GATHERED_BYTES_MAX));
            assert_eq!(calls.take().len(), 1);
            info!("six");
            stopping.cancel();
        };
        tokio::join!(gathering, speaking);
        info!("seven");
        let last = calls.take();
        assert!(last.len() == 2 && last[0].ends_with("six\n") && last[1].ends_with("seven\n"), "{last:?}");
    }
}
