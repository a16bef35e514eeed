//! How long parts take and why they fail, by the names that the document gives them.

use portcullis_aggregate::{End, Report};
use portcullis_document::AggregationConfig;

use crate::metrics::{CountersByWord, Histogram};

/// The metrics of all parts; parts of one name share theirs.
pub(super) struct PartMetrics {
    parts: Vec<PartMetric>,
}

struct PartMetric {
    name: String,
    millis: Histogram,
    /// By reason.
    failures: CountersByWord,
}

impl PartMetrics {
    pub(super) fn of(aggregations: &[AggregationConfig]) -> Self {
        let parts = aggregations.iter().flat_map(|aggregation| &aggregation.parts);
        let mut names: Vec<&str> = parts.map(|part| part.name.text.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        Self { parts: names.into_iter().map(PartMetric::named).collect() }
    }

    /// Counts what has ended; a part that was not waited for, or not asked, tells nothing about itself.
    pub(super) fn count(&self, report: &Report) {
        for (name, part) in report.parts() {
            let Some(metric) = self.parts.iter().find(|metric| metric.name == name) else { continue };
            match &part.end {
                End::Came => metric.millis.record(u64::try_from(part.took.as_millis()).unwrap_or(u64::MAX)),
                End::Failed(failure) => metric.failures.count(failure.word()),
                End::LeftOut | End::Unfinished => {}
            }
        }
    }
}

impl PartMetric {
    fn named(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            millis: Histogram::named(&format!("portcullis.aggregate.part.{name}.ms")),
            failures: CountersByWord::under(format!("portcullis.aggregate.part.{name}.failed.")),
        }
    }
}
