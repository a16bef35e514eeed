//! Statuses that no rule tells apart.

use std::collections::BTreeMap;

use portcullis_document::transformations::Statuses;

/// The classes of statuses.
#[derive(Debug)]
pub(super) struct StatusClasses {
    /// The class of each status from [`FIRST`] on.
    class_of: Vec<usize>,
    /// Class by class, which rules hold it.
    holding: Vec<Vec<bool>>,
}

const FIRST: u16 = 100;
const LAST: u16 = 599;

impl StatusClasses {
    pub(super) fn of(rules: &[&Statuses]) -> Self {
        // An answer without a status, or with one that HTTP does not have, is held by the rules for any.
        let other: Vec<bool> = rules.iter().map(|statuses| statuses.is_any()).collect();
        let mut known = BTreeMap::from([(other.clone(), 0)]);
        let mut holding = vec![other];
        let class_of = (FIRST..=LAST).map(|status| {
            let held: Vec<bool> = rules.iter().map(|statuses| statuses.hold(status)).collect();
            *known.entry(held.clone()).or_insert_with(|| {
                holding.push(held);
                holding.len() - 1
            })
        });
        Self { class_of: class_of.collect(), holding }
    }

    pub(super) fn len(&self) -> usize {
        self.holding.len()
    }

    /// Whether a rule holds the statuses of a class.
    pub(super) fn hold(&self, class: usize, rule: usize) -> bool {
        self.holding.get(class).and_then(|rules| rules.get(rule)).copied().unwrap_or_default()
    }

    pub(super) fn class_of(&self, status: Option<u16>) -> usize {
        let at = status.and_then(|status| status.checked_sub(FIRST)).map(usize::from);
        at.and_then(|at| self.class_of.get(at)).copied().unwrap_or_default()
    }
}
