//! What authentication counts.

use portcullis_jwt_auth::Pass;

use crate::metrics::{Counter, CountersByWord};

/// What passed, and why, and what was refused.
pub(super) struct Tallies {
    allowed: Counter,
    exempt: Counter,
    remembered: Counter,
    verified: Counter,
    /// By the reason's word.
    refused: CountersByWord,
}

impl Default for Tallies {
    fn default() -> Self {
        Self {
            allowed: Counter::named("portcullis.jwt.allowed"),
            exempt: Counter::named("portcullis.jwt.exempt"),
            remembered: Counter::named("portcullis.jwt.cache_hit"),
            verified: Counter::named("portcullis.jwt.cache_miss"),
            refused: CountersByWord::under("portcullis.jwt.refused.".to_owned()),
        }
    }
}

impl Tallies {
    pub(super) fn count_pass(&self, pass: &Pass) {
        self.allowed.count();
        match pass {
            Pass::Preflight | Pass::Excluded | Pass::Anonymous => self.exempt.count(),
            Pass::Verified { was_remembered: true, .. } => self.remembered.count(),
            Pass::Verified { was_remembered: false, .. } => self.verified.count(),
        }
    }

    pub(super) fn count_refusal(&self, word: &'static str) {
        self.refused.count(word);
    }
}
