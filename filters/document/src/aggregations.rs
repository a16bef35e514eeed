//! The section `aggregations`, as the document writes it.
//!
//! Here it is read for its shape: keys, types and bounds. What its texts mean to one another (templates, names,
//! who requires whom) is found out when the section is compiled, from the same values.

mod part;
mod headers;

use std::ops::RangeInclusive;
use std::time::Duration;

use crate::path_entry::read_pattern;
use crate::{Mistakes, Node, PathPattern};

pub use part::{OnNotFound, PartConfig, TextAt};

/// One aggregated path.
#[derive(Clone, Debug)]
pub struct AggregationConfig {
    /// Where it stands in the document.
    pub at: String,
    /// The requests that it answers.
    pub path: PathPattern,
    /// The deadline of the whole.
    pub timeout: Duration,
    /// Headers of the client that every part gets besides those that it gets anyway, in lower case.
    pub forward_headers: Vec<String>,
    /// What the answer is made of, in its order; at least one.
    pub parts: Vec<PartConfig>,
}

/// A page that waits longer has lost its reader.
const TIMEOUT: Duration = Duration::from_secs(1);
/// Timers count milliseconds; nobody waits an hour for a page.
const TIMEOUTS: RangeInclusive<Duration> = Duration::from_millis(1)..=Duration::from_secs(3600);

impl AggregationConfig {
    /// Reads the section; what is wrong is noted, and what can still be read is handed on to find more.
    pub fn read_all(node: &Node<'_>, mistakes: &mut Mistakes) -> Vec<Self> {
        let items = node.items(mistakes).unwrap_or_default();
        items.iter().filter_map(|item| Self::read(item, mistakes)).collect()
    }

    fn read(node: &Node<'_>, mistakes: &mut Mistakes) -> Option<Self> {
        let mut fields = node.fields(mistakes)?;
        let path = fields.required("path", mistakes);
        let path = path.and_then(|path| read_pattern(&path, mistakes));
        let timeout = fields.duration("timeout", TIMEOUTS, mistakes);
        let forward_headers = fields.take("forward_headers");
        let parts = fields.required("parts", mistakes);
        fields.finish(mistakes);
        let forward_headers = forward_headers.map(|names| headers::read_forwarded(&names, mistakes));
        let parts = parts.map_or_else(Vec::new, |parts| read_parts(&parts, mistakes));
        Some(Self {
            at: node.path().to_owned(),
            path: path?,
            timeout: timeout.unwrap_or(TIMEOUT),
            forward_headers: forward_headers.unwrap_or_default(),
            parts,
        })
    }
}

fn read_parts(node: &Node<'_>, mistakes: &mut Mistakes) -> Vec<PartConfig> {
    let items = node.items(mistakes);
    if items.as_ref().is_some_and(Vec::is_empty) {
        node.expected::<()>("at least one part", mistakes);
    }
    let items = items.unwrap_or_default();
    items.iter().filter_map(|item| PartConfig::read(item, mistakes)).collect()
}

#[cfg(test)]
mod tests;
