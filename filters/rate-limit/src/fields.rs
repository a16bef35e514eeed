//! The header fields that tell a client where it stands.

use std::time::Duration;

use portcullis_document::rate_limiting::{LimitSettings, ResetForm};

use crate::verdict::{Standing, whole_seconds};
use crate::windows::Windows;

/// What of the fields of a rule is the same for every answer.
#[derive(Clone, Debug)]
pub(crate) struct Fields {
    reset: ResetForm,
    draft: Option<DraftFields>,
}

/// The parts of `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers-10, sections 3 and 4).
#[derive(Clone, Debug)]
struct DraftFields {
    policy: Vec<u8>,
    /// The name of each window, as a structured field's string (RFC 9651, section 3.3.3).
    names: Vec<Vec<u8>>,
}

impl Fields {
    pub(crate) fn new(windows: &Windows, settings: &LimitSettings) -> Self {
        Self { reset: settings.reset, draft: settings.ratelimit_fields.then(|| DraftFields::new(windows)) }
    }

    /// Writes the fields, each as a name in lower case and a value.
    pub(crate) fn write(
        &self,
        standing: &Standing,
        now: Duration,
        write: &mut dyn FnMut(&'static str, &[u8]),
    ) {
        let mut digits = itoa::Buffer::new();
        write("x-ratelimit-limit", digits.format(standing.limit).as_bytes());
        write("x-ratelimit-remaining", digits.format(standing.remaining).as_bytes());
        let reset = match self.reset {
            ResetForm::Epoch => whole_seconds(now.saturating_add(standing.full_in)),
            ResetForm::Delta => whole_seconds(standing.full_in),
        };
        write("x-ratelimit-reset", digits.format(reset).as_bytes());
        if let Some(draft) = &self.draft {
            write("ratelimit-policy", &draft.policy);
            write("ratelimit", &draft.limit(standing));
        }
    }
}

impl DraftFields {
    /// All windows, in the order of the document.
    fn new(windows: &Windows) -> Self {
        let names: Vec<_> = windows.iter().map(|window| quoted(&window.name)).collect();
        let items = names.iter().zip(windows.iter()).map(|(name, window)| {
            let rate = format!(";q={};w={}", window.quota.requests(), window.quota.unit().seconds());
            [name.as_slice(), rate.as_bytes()].concat()
        });
        let policy = items.collect::<Vec<_>>().join(b", ".as_slice());
        Self { policy, names }
    }

    /// The tightest window. Of the others, `t` could be later than a refusal's `Retry-After`, which it should not be
    /// (section 6).
    fn limit(&self, standing: &Standing) -> Vec<u8> {
        let mut digits = itoa::Buffer::new();
        let name = self.names.get(standing.window).map(Vec::as_slice).unwrap_or_default();
        let mut value = Vec::with_capacity(name.len() + 32);
        value.extend_from_slice(name);
        value.extend_from_slice(b";r=");
        value.extend_from_slice(digits.format(standing.remaining).as_bytes());
        // A full bucket gains nothing, and so has no time at which it does.
        if standing.next_in > Duration::ZERO {
            value.extend_from_slice(b";t=");
            value.extend_from_slice(digits.format(whole_seconds(standing.next_in)).as_bytes());
        }
        value
    }
}

/// A string of a structured field; what it may not hold is percent-encoded, as in a path.
fn quoted(name: &str) -> Vec<u8> {
    let mut quoted = vec![b'"'];
    for byte in name.bytes() {
        match byte {
            b'"' | b'\\' => quoted.extend_from_slice(&[b'\\', byte]),
            b' '..=b'~' => quoted.push(byte),
            _ => quoted.extend_from_slice(percent_encoding::percent_encode_byte(byte).as_bytes()),
        }
    }
    quoted.push(b'"');
    quoted
}

#[cfg(test)]
mod tests;
