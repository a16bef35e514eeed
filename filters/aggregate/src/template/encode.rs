//! What of a value is percent-encoded, by the place it stands in.

use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, percent_encode};

use super::Place;

/// In a path segment and in a query nothing stands for itself but what has no meaning in any URI (RFC 3986,
/// section 2.3).
const ALL_BUT_UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// In a header what is no printable ASCII is encoded, and then `%` too, so that it can be decoded again.
const NOT_PRINTABLE: &AsciiSet = &CONTROLS.add(b'%');

impl Place {
    /// Appends `value`, encoded.
    pub(super) fn encode(self, value: &[u8], out: &mut Vec<u8>) {
        let set = match self {
            Self::Segment | Self::Query => ALL_BUT_UNRESERVED,
            Self::Header if value.iter().all(|byte| matches!(byte, b' '..=b'~')) => {
                return out.extend_from_slice(value);
            }
            Self::Header => NOT_PRINTABLE,
        };
        for run in percent_encode(value, set) {
            out.extend_from_slice(run.as_bytes());
        }
    }
}
