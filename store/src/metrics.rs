//! What the store counts.

use veche_base::metrics::{COUNT_BUCKETS, Counter, Histogram, Registry, SECONDS_BUCKETS, Scope};

/// Counters of the commit thread.
#[derive(Debug, Clone)]
pub struct Metrics {
    /// Transactions that were committed.
    pub commits: Counter,
    /// Transactions that left nothing: their own error, a panic, a full disk.
    pub refused: Counter,
    /// Bytes of keys and values committed.
    pub bytes: Counter,
    /// Transactions per group, that is, per disk sync.
    pub group_size: Histogram,
    /// From the first transaction of a group until all its callers are answered.
    pub commit_seconds: Histogram,
}

impl Metrics {
    /// Registers the store's metrics.
    pub fn new(scope: &Scope) -> Self {
        Self {
            commits: scope.counter("commits", "Committed transactions"),
            refused: scope.counter("commits_refused", "Transactions that left nothing"),
            bytes: scope.counter("committed_bytes", "Bytes of committed keys and values"),
            group_size: scope.histogram("group_size", "Transactions that shared one disk sync", &COUNT_BUCKETS),
            commit_seconds: scope.histogram("commit_seconds", "Time to commit one group", &SECONDS_BUCKETS),
        }
    }
}

impl Default for Metrics {
    /// Counters that nobody reads.
    fn default() -> Self {
        Self::new(&Registry::new().scope("store"))
    }
}
