//! Envoy's shared data as the limiter's store.

use portcullis_rate_limit::Store;

use crate::metrics::Counter;
use crate::shared_data::{self, Version};

/// Shared data, and how often another worker was faster.
pub(super) struct SharedData {
    conflicts: Counter,
}

impl Default for SharedData {
    fn default() -> Self {
        Self { conflicts: Counter::named("portcullis.limit.conflicts") }
    }
}

impl Store for SharedData {
    type Version = Version;

    fn read(&self, name: &[u8]) -> (Vec<u8>, Version) {
        shared_data::read(name)
    }

    fn write(&self, name: &[u8], value: &[u8], version: Version) -> bool {
        let is_written = shared_data::write(name, value, version).is_ok();
        if !is_written {
            self.conflicts.count();
        }
        is_written
    }
}
