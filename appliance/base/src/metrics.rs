//! The metric registry: each crate declares one `Metrics` struct and builds it from a [`Scope`].
//!
//! A thin wrapper over `prometheus_client`, so that one naming rule holds everywhere
//! (`veche_<crate>_<what>_<unit>`) and no crate needs to know the library.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{EncodeLabelSet, LabelSetEncoder};
use prometheus_client::metrics::family::Family;
pub use prometheus_client::metrics::{counter::Counter, gauge::Gauge, histogram::Histogram};
use prometheus_client::registry;

/// What every metric name starts with.
const PREFIX: &str = "veche";

/// Bucket ends in seconds for what takes between a tenth of a millisecond and half a minute.
pub const SECONDS_BUCKETS: [f64; 14] =
    [0.000_1, 0.000_3, 0.001, 0.003, 0.01, 0.03, 0.06, 0.1, 0.25, 0.5, 1.0, 3.0, 10.0, 30.0];

/// Bucket ends for counts: how many rows were read, how many writes shared one commit.
pub const COUNT_BUCKETS: [f64; 10] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 1_024.0];

/// All metrics of the process. Cloning it gives another handle to the same registry.
#[derive(Clone)]
pub struct Registry {
    inner: Arc<Mutex<registry::Registry>>,
}

impl Registry {
    /// An empty registry.
    pub fn new() -> Self {
        Self { inner: Arc::new(Mutex::new(registry::Registry::with_prefix(PREFIX))) }
    }

    /// Where one crate registers: `scope("store")` names its metrics `veche_store_...`.
    pub fn scope(&self, name: &'static str) -> Scope {
        Scope { registry: self.clone(), name }
    }

    /// Everything registered, in the OpenMetrics text form that Prometheus reads.
    pub fn encode(&self) -> String {
        let mut text = String::new();
        encode(&mut text, &self.lock()).expect("writing to a String cannot fail");
        text
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, registry::Registry> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Registry {
    fn default() -> Self {
        Self::new()
    }
}

/// One crate's part of the registry. Names are given without prefix and, for counters, without `_total`.
pub struct Scope {
    registry: Registry,
    name: &'static str,
}

impl Scope {
    /// A number that only grows.
    pub fn counter(&self, name: &str, help: &str) -> Counter {
        self.register(name, help, Counter::default())
    }

    /// A number that goes up and down.
    pub fn gauge(&self, name: &str, help: &str) -> Gauge {
        self.register(name, help, Gauge::default())
    }

    /// A distribution over `buckets`; see [`SECONDS_BUCKETS`] and [`COUNT_BUCKETS`].
    pub fn histogram(&self, name: &str, help: &str, buckets: &[f64]) -> Histogram {
        self.register(name, help, Histogram::new(buckets.iter().copied()))
    }

    /// Counters of one meaning told apart by labels.
    pub fn labelled_counter(&self, name: &str, help: &str) -> LabelledCounter {
        LabelledCounter { family: self.register(name, help, Family::default()) }
    }

    /// Distributions of one meaning told apart by labels, all over the same buckets.
    pub fn labelled_histogram(&self, name: &str, help: &str, buckets: &'static [f64]) -> LabelledHistogram {
        let family = Family::new_with_constructor(Buckets(buckets));
        LabelledHistogram { family: self.register(name, help, family) }
    }

    fn register<M: registry::Metric + Clone>(&self, name: &str, help: &str, metric: M) -> M {
        self.registry.lock().sub_registry_with_prefix(self.name).register(name, help, metric.clone());
        metric
    }
}

/// Labels of one metric: as many as any of ours has.
const LABELS_MAX: usize = 3;

/// Names and values that the program itself holds. They are counted for each request, so nothing is copied for them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Labels {
    pairs: [(&'static str, &'static str); LABELS_MAX],
    count: usize,
}

impl Labels {
    fn new(labels: &[(&'static str, &'static str)]) -> Self {
        assert!(labels.len() <= LABELS_MAX, "a metric has at most {LABELS_MAX} labels");
        let mut pairs = [("", ""); LABELS_MAX];
        pairs[..labels.len()].copy_from_slice(labels);
        Self { pairs, count: labels.len() }
    }
}

impl EncodeLabelSet for Labels {
    fn encode(&self, encoder: &mut LabelSetEncoder<'_>) -> Result<(), fmt::Error> {
        EncodeLabelSet::encode(&&self.pairs[..self.count], encoder)
    }
}

/// Counters told apart by labels. Label values come from a short, fixed list (a route template, a status) and never from
/// a client, because each new combination stays in memory: so only text of the program itself is taken.
#[derive(Clone)]
pub struct LabelledCounter {
    family: Family<Labels, Counter>,
}

impl LabelledCounter {
    /// Adds one to the counter with these labels, of which there are three at most.
    pub fn inc(&self, labels: &[(&'static str, &'static str)]) {
        self.family.get_or_create(&Labels::new(labels)).inc();
    }

    /// The value of the counter with these labels; tests read it.
    pub fn get(&self, labels: &[(&'static str, &'static str)]) -> u64 {
        self.family.get(&Labels::new(labels)).map_or(0, |counter| counter.get())
    }
}

/// Distributions told apart by labels; the same holds as for [`LabelledCounter`].
#[derive(Clone)]
pub struct LabelledHistogram {
    family: Family<Labels, Histogram, Buckets>,
}

impl LabelledHistogram {
    /// Adds one observation to the distribution with these labels, of which there are three at most.
    pub fn observe(&self, labels: &[(&'static str, &'static str)], value: f64) {
        self.family.get_or_create(&Labels::new(labels)).observe(value);
    }
}

#[derive(Clone)]
struct Buckets(&'static [f64]);

impl prometheus_client::metrics::family::MetricConstructor<Histogram> for Buckets {
    fn new_metric(&self) -> Histogram {
        Histogram::new(self.0.iter().copied())
    }
}

#[cfg(test)]
mod tests {
    use super::{Registry, SECONDS_BUCKETS};

    #[test]
    fn names_carry_product_scope_and_unit() {
        let registry = Registry::new();
        let scope = registry.scope("store");
        scope.counter("commits", "Transactions on disk").inc_by(3);
        scope.gauge("queue", "Transactions waiting").set(-1);
        scope.histogram("commit_seconds", "Time to disk", &SECONDS_BUCKETS).observe(0.002);
        let text = registry.encode();
        for line in ["veche_store_commits_total 3", "veche_store_queue -1", "veche_store_commit_seconds_count 1"] {
            assert!(text.contains(line), "{line} is not in\n{text}");
        }
    }

    #[test]
    fn labels_tell_counters_apart() {
        let registry = Registry::new();
        let requests = registry.scope("api").labelled_counter("requests", "Finished requests");
        requests.inc(&[("route", "/a"), ("status", "200")]);
        requests.inc(&[("route", "/a"), ("status", "200")]);
        requests.inc(&[("route", "/b"), ("status", "404")]);
        assert_eq!(requests.get(&[("route", "/a"), ("status", "200")]), 2);
        assert_eq!(requests.get(&[("route", "/c"), ("status", "200")]), 0);
        assert!(registry.encode().contains(r#"veche_api_requests_total{route="/b",status="404"} 1"#));
    }
}
