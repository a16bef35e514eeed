//! The one memory that all workers share: keys and values of Envoy's process, behind one lock.
//!
//! Nothing can be deleted from it, nothing expires, and every plugin without a `vm_id` of its own shares it: keys
//! are prefixed, and their number is bounded by who writes them.

use crate::abi::{self, Status};

/// The number that the next writer of a value must show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Version(u32);

/// Another worker was faster: the value is not what the decision was made on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Conflict;

impl Version {
    /// The version of what does not exist yet. No value ever has this number, so that a write with it creates a
    /// missing key and conflicts with one that is there.
    pub const ABSENT: Self = Self(u32::MAX);
}

/// A value and its version; an empty one where there is none, since the host cannot delete.
#[must_use]
pub fn read(key: &[u8]) -> (Vec<u8>, Version) {
    abi::shared_data(key).map_or((Vec::new(), Version::ABSENT), |(value, cas)| (value, Version(cas)))
}

/// Writes a value if nobody wrote it since `version` was read.
pub fn write(key: &[u8], value: &[u8], version: Version) -> Result<(), Conflict> {
    match abi::set_shared_data(key, value, version.0) {
        Ok(()) => Ok(()),
        Err(Status::CasMismatch | Status::NotFound | Status::BadArgument | Status::Failed) => Err(Conflict),
    }
}
