//! What transformations did, in Envoy's metrics.

use portcullis_transform::Changes;

use crate::metrics::Counter;

/// The counters of the filter. Refusals are counted by their reason, where they are told.
pub(super) struct Tally {
    answers: Counter,
    bytes: Counter,
    removed: Counter,
    renamed: Counter,
    set: Counter,
    passed: Counter,
}

impl Tally {
    pub(super) fn new() -> Self {
        Self {
            answers: Counter::named("portcullis.transform.answers"),
            bytes: Counter::named("portcullis.transform.bytes"),
            removed: Counter::named("portcullis.transform.fields_removed"),
            renamed: Counter::named("portcullis.transform.fields_renamed"),
            set: Counter::named("portcullis.transform.fields_set"),
            passed: Counter::named("portcullis.transform.failed_and_passed"),
        }
    }

    /// A piece has been read.
    pub(super) fn read(&self, bytes: usize) {
        self.bytes.add(u64::try_from(bytes).unwrap_or_default());
    }

    /// A body has ended, or is given up.
    pub(super) fn end(&self, changes: Changes) {
        self.answers.count();
        let counts =
            [(&self.removed, changes.removed), (&self.renamed, changes.renamed), (&self.set, changes.set)];
        counts.into_iter().for_each(|(counter, count)| counter.add(count));
    }

    /// A body passes although it could not be transformed; counted once, when that shows.
    pub(super) fn pass(&self, is_first: bool) {
        if is_first {
            self.passed.count();
        }
    }
}
