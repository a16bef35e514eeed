//! How long parts take and why they fail, by the names that the document gives them.

use std::collections::HashMap;

use foldhash::fast::FixedState;
use portcullis_aggregate::{End, Report};
use portcullis_document::AggregationConfig;

use crate::metrics::{CountersByWord, Histogram};

/// The metrics of all parts; parts of one name share theirs.
pub(super) struct PartMetrics {
    parts: HashMap<String, PartMetric, FixedState>,
}

struct PartMetric {
    millis: Histogram,
    /// By reason.
    failures: CountersByWord,
}

impl PartMetrics {
    pub(super) fn of(aggregations: &[AggregationConfig]) -> Self {
        let mut parts = HashMap::<_, _, FixedState>::default();
        for part in aggregations.iter().flat_map(|aggregation| &aggregation.parts) {
            let name = &part.name.text;
            parts.entry(name.clone()).or_insert_with(|| PartMetric::named(name));
        }
        Self { parts }
    }

    /// Counts what has ended; a part that was not waited for, or not asked, tells nothing about itself.
    pub(super) fn count(&self, report: &Report) {
        for (name, part) in report.parts() {
            let Some(metric) = self.parts.get(name) else { continue };
            match &part.end {
                End::Came => metric.millis.record(part.millis()),
                End::Failed(failure) => metric.failures.count(failure.word()),
                End::LeftOut | End::Unfinished => {}
            }
        }
    }
}

impl PartMetric {
    fn named(name: &str) -> Self {
        Self {
            millis: Histogram::named(&format!("portcullis.aggregate.part.{name}.ms")),
            failures: CountersByWord::under(format!("portcullis.aggregate.part.{name}.failed.")),
        }
    }
}
