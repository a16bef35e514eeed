//! The record of the last good key set, as the workers share it.

use std::time::Duration;

use super::fetch_record::{millis, take_time};

/// A key set's JSON and its times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyRecord<'a> {
    /// When it came.
    pub fetched_at: Duration,
    /// When it is to be fetched anew.
    pub refresh_at: Duration,
    /// The JSON.
    pub json: &'a [u8],
}

/// The first byte, so that a later form is not mistaken for this one.
const FORM: u8 = 1;

impl<'a> KeyRecord<'a> {
    /// Reads a record; `None` for bytes that are none, which are then as good as absent.
    #[must_use]
    pub fn decode(bytes: &'a [u8]) -> Option<Self> {
        let rest = bytes.strip_prefix(&[FORM])?;
        let (fetched_at, rest) = take_time(rest)?;
        let (refresh_at, json) = take_time(rest)?;
        Some(Self { fetched_at, refresh_at, json })
    }

    /// The record in bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = vec![FORM];
        bytes.extend(millis(self.fetched_at).to_le_bytes());
        bytes.extend(millis(self.refresh_at).to_le_bytes());
        bytes.extend_from_slice(self.json);
        bytes
    }
}
