//! The section `transformations`, as the document writes it.
//!
//! Every rule is complete and right on its own when it was read; whether rules clash with one another is found out when
//! the section is compiled.

mod body_edits;
mod statuses;

use crate::{Fields, Mistakes, Node, PathEntry, path_entry};

pub use body_edits::{BodyEdits, Constant, Field, RenamedField};
pub use statuses::Statuses;

/// One rule of the section `transformations`.
#[derive(Clone, Debug)]
pub struct TransformationConfig {
    /// The requests whose answers it changes.
    pub entry: PathEntry,
    /// The statuses it is narrowed to.
    pub statuses: Statuses,
    /// What it does to the answer's JSON.
    pub response: BodyEdits,
    /// What happens to an answer that cannot be transformed.
    pub on_failure: OnFailure,
    /// Up to this size a body is finished before its headers leave.
    pub hold_bytes: usize,
    /// Whether the data lines of `text/event-stream` are transformed too.
    pub sse: bool,
}

/// What happens to an answer that cannot be transformed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnFailure {
    /// The client does not get it.
    #[default]
    Reject,
    /// The client gets it as it came, with whatever it should not see.
    Pass,
}

/// Most answers of an API are smaller, and it is a small part of the 1 MiB that Envoy buffers for a stream.
const HOLD_BYTES: u64 = 64 << 10;
/// Far beyond what Envoy buffers for a stream unless it is told to.
const LARGEST_HOLD: u64 = 16 << 20;

impl TransformationConfig {
    /// Reads the section; rules that are wrong are noted and left out.
    pub fn read_list(node: &Node<'_>, mistakes: &mut Mistakes) -> Vec<Self> {
        let rules = node.items(mistakes).unwrap_or_default();
        rules.iter().filter_map(|rule| Self::read(rule, mistakes)).collect()
    }

    fn read(node: &Node<'_>, mistakes: &mut Mistakes) -> Option<Self> {
        let mut fields = node.fields(mistakes)?;
        let entry = path_entry::read_members(&mut fields, mistakes);
        let statuses =
            fields.take("status").map_or(Some(Statuses::any()), |node| Statuses::read(&node, mistakes));
        let response = fields.required("response", mistakes);
        let response = response.and_then(|node| BodyEdits::read(&node, mistakes));
        let on_failure = read_on_failure(&mut fields, mistakes);
        let hold_bytes = fields.size("hold_bytes", 0..=LARGEST_HOLD, mistakes).unwrap_or(HOLD_BYTES);
        let sse = fields.flag("sse", mistakes).unwrap_or_default();
        fields.finish(mistakes);
        Some(Self {
            entry: entry?,
            statuses: statuses?,
            response: response?,
            on_failure,
            hold_bytes: usize::try_from(hold_bytes).unwrap_or(usize::MAX),
            sse,
        })
    }
}

fn read_on_failure(fields: &mut Fields<'_>, mistakes: &mut Mistakes) -> OnFailure {
    let Some(node) = fields.take("on_failure") else {
        return OnFailure::default();
    };
    let read = match node.json() {
        r#""reject""# => Some(OnFailure::Reject),
        r#""pass""# => Some(OnFailure::Pass),
        _ => node.expected(r#""reject" or "pass""#, mistakes),
    };
    read.unwrap_or_default()
}

#[cfg(test)]
mod tests;
