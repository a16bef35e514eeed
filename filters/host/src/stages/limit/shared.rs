//! Envoy's shared data as the limiter's store.

use portcullis_rate_limit::{Change, Contended, Store, TRIES};

use super::counters::Tally;
use crate::shared_data::{self, Version};

/// Shared data, and how often another worker was faster.
pub(super) struct SharedData {
    conflicts: Tally,
}

impl Default for SharedData {
    fn default() -> Self {
        Self { conflicts: Tally::new("portcullis.limit.conflicts") }
    }
}

impl Store for SharedData {
    fn update<R>(
        &self,
        name: &[u8],
        mut decide: impl FnMut(&mut Vec<u8>) -> (Change, R),
    ) -> Result<R, Contended> {
        for _ in 0..TRIES {
            let (mut value, version) =
                shared_data::read(name).unwrap_or_else(|| (Vec::new(), Version::ABSENT));
            let (change, outcome) = decide(&mut value);
            if change == Change::Keep || shared_data::write(name, &value, version).is_ok() {
                return Ok(outcome);
            }
            self.conflicts.count();
        }
        Err(Contended)
    }
}
