//! The two records that the workers share for each source of keys.

use std::cell::Cell;

use portcullis_document::Upstream;
use portcullis_jwt_auth::{FetchRecord, KeyRecord};

use crate::shared_data::{self, Version};

/// Where the records are. Sources with one URL share them, in whatever plugin they stand.
pub(super) struct Shared {
    fetch_name: Vec<u8>,
    keys_name: Vec<u8>,
    /// The version of the fetch record that was last read.
    version: Cell<Version>,
}

/// Few workers write, a few times in a minute.
const MOST_TRIES: usize = 16;

impl Shared {
    pub(super) fn of(upstream: &Upstream) -> Self {
        let name = format!("portcullis.jwks {} {}{}", upstream.cluster, upstream.authority, upstream.target);
        Self {
            fetch_name: format!("{name} fetch").into_bytes(),
            keys_name: format!("{name} keys").into_bytes(),
            version: Cell::new(Version::ABSENT),
        }
    }

    /// The record of who fetches; one that cannot be read is as good as none.
    pub(super) fn fetch_record(&self) -> FetchRecord {
        let (bytes, version) = shared_data::read(&self.fetch_name);
        self.version.set(version);
        FetchRecord::decode(&bytes).unwrap_or_default()
    }

    /// Writes the record in place of the one that was last read; says whether nobody else did.
    pub(super) fn replace(&self, record: &FetchRecord) -> bool {
        shared_data::write(&self.fetch_name, &record.encode(), self.version.get()).is_ok()
    }

    /// Writes a record that is made from the one that is there.
    pub(super) fn update(&self, change: impl Fn(FetchRecord) -> FetchRecord) {
        let is_written = (0..MOST_TRIES).any(|_| self.replace(&change(self.fetch_record())));
        if !is_written {
            log::warn!("the other workers could not be told how a fetch of keys ended");
        }
    }

    /// The bytes of the last good key set's record; empty where there is none.
    pub(super) fn key_record(&self) -> Vec<u8> {
        shared_data::read(&self.keys_name).0
    }

    pub(super) fn set_key_record(&self, record: &KeyRecord<'_>) {
        let bytes = record.encode();
        let is_written = (0..MOST_TRIES).any(|_| {
            let (_, version) = shared_data::read(&self.keys_name);
            shared_data::write(&self.keys_name, &bytes, version).is_ok()
        });
        if !is_written {
            log::warn!("the other workers could not be told the keys");
        }
    }
}
