//! The figures of this crate.

use veche_base::metrics::{Counter, Gauge, LabelledCounter, Registry};

/// What can be watched from outside.
pub(crate) struct Metrics {
    pub(crate) not_after_seconds: Gauge,
    pub(crate) alarm_level: Gauge,
    pub(crate) failures: Gauge,
    pub(crate) swaps: Counter,
    pub(crate) refused_uploads: Counter,
    /// By `stage` and `outcome`.
    pub(crate) orders: LabelledCounter,
}

impl Metrics {
    pub(crate) fn new(registry: &Registry) -> Self {
        let scope = registry.scope("acme");
        Self {
            not_after_seconds: scope.gauge("not_after_seconds", "End of the certificate in use, in Unix seconds"),
            alarm_level: scope.gauge("alarm_level", "0 fine, 1 to 4: 21, 14, 7, 3 days left, 5 invalid"),
            failures: scope.gauge("failures", "Renewals that failed since the last success"),
            swaps: scope.counter("swaps", "Times that another certificate was put in use"),
            refused_uploads: scope.counter("refused_uploads", "Uploaded certificates that had faults"),
            orders: scope.labelled_counter("orders", "Orders to ACME directories that ended"),
        }
    }
}
