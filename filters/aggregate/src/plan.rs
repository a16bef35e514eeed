//! One aggregated path, compiled.

use std::fmt;
use std::time::Duration;

use portcullis_document::JsonPath;

use crate::json::Json;
use crate::layout::Layout;
use crate::template::{Source, Template};

/// What to ask and what to make of it, for one aggregated path.
#[derive(Debug)]
pub struct Plan {
    /// The path's pattern, as the document writes it.
    pub(crate) path: Box<str>,
    /// The deadline of the whole, from its start.
    pub(crate) timeout: Duration,
    /// The headers of the client's request that every part gets, in lower case.
    pub(crate) forwarded: Names,
    /// The parts, in the order of the document.
    pub(crate) parts: Box<[Part]>,
    /// Their numbers, each behind those of the parts that it requires.
    pub(crate) order: Box<[usize]>,
    /// Where they stand in the answer.
    pub(crate) layout: Layout,
}

/// Names of headers, in lower case.
#[derive(Clone, Debug, Default)]
pub(crate) struct Names {
    names: Vec<Box<str>>,
    /// A bit for each length that a name has, so that most headers of a request are passed over at a glance.
    lengths: u64,
}

/// A part: its call, what is taken of the answer, and what stands in for it.
#[derive(Debug)]
pub(crate) struct Part {
    pub(crate) name: Box<str>,
    pub(crate) cluster: Box<str>,
    pub(crate) authority: Box<str>,
    pub(crate) method: Box<str>,
    /// Its path and query.
    pub(crate) target: Template,
    /// The headers that the document sets, in lower case.
    pub(crate) headers: Box<[(Box<str>, Template)]>,
    /// Whether `accept: application/json` is sent: not where the document has an `accept` of its own.
    pub(crate) asks_for_json: bool,
    pub(crate) timeout: Option<Duration>,
    pub(crate) required: bool,
    /// The JSON that stands in for an optional part that failed.
    pub(crate) stand_in: StandIn,
    pub(crate) pick: Option<JsonPath>,
    pub(crate) rewrite: Option<Box<dyn Rewrite>>,
    pub(crate) shape: Shape,
    pub(crate) max_bytes: usize,
    /// How often Envoy tries again, as a header's value.
    pub(crate) retries: Option<Box<str>>,
    /// The statuses that are accepted; any 2xx where there are none.
    pub(crate) accept_status: Box<[u16]>,
    pub(crate) passes_not_found: bool,
    pub(crate) when: Option<Source>,
    pub(crate) hedge: Option<Duration>,
    /// The parts that must have come before it is asked.
    pub(crate) requires: Box<[usize]>,
    /// Whether another part's template takes values of it.
    pub(crate) is_source: bool,
}

/// What a part's value must be for its place in the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    Any,
    /// Its items are joined with others.
    Array,
    /// Its members go to the top level.
    Object,
}

/// One JSON value of the document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StandIn(pub(crate) Box<str>);

/// Changes a part's JSON as the document's `response` says; filters know each other by such ports alone.
pub trait Rewrite {
    /// The changed value; `None` where `json` cannot be changed.
    fn rewrite(&self, json: &[u8]) -> Option<Vec<u8>>;
}

impl Plan {
    /// The claims that its templates ask for, by the names that they use.
    pub(crate) fn claims(&self) -> impl Iterator<Item = &str> {
        let sources = self.parts.iter().flat_map(Part::sources);
        sources.filter_map(|source| match source {
            Source::Claim(name) => Some(&**name),
            _ => None,
        })
    }
}

impl Names {
    pub(crate) fn add(&mut self, name: &str) {
        if !self.holds(name.as_bytes()) {
            self.names.push(name.into());
            self.lengths |= Self::bit(name.len());
        }
    }

    pub(crate) fn holds(&self, name: &[u8]) -> bool {
        self.lengths & Self::bit(name.len()) != 0 && self.names.iter().any(|known| known.as_bytes() == name)
    }

    /// Lengths past the last bit share it.
    fn bit(length: usize) -> u64 {
        1 << length.min(63)
    }
}

impl Part {
    /// Whether the document sets this header on its call.
    pub(crate) fn sets(&self, name: &[u8]) -> bool {
        self.headers.iter().any(|(known, _)| known.as_bytes() == name)
    }

    pub(crate) fn accepts(&self, status: u16) -> bool {
        if self.accept_status.is_empty() {
            return (200..300).contains(&status);
        }
        self.accept_status.contains(&status)
    }

    /// Where the values of its templates come from.
    pub(crate) fn sources(&self) -> impl Iterator<Item = &Source> {
        let templates = self.headers.iter().map(|(_, value)| value);
        std::iter::once(&self.target).chain(templates).flat_map(Template::sources).chain(&self.when)
    }
}

impl Shape {
    /// Whether `value` has this shape.
    pub(crate) fn fits(self, value: Json<'_>) -> bool {
        match self {
            Self::Any => true,
            Self::Array => value.is_array(),
            Self::Object => value.is_object(),
        }
    }
}

impl StandIn {
    pub(crate) fn json(&self) -> Json<'_> {
        Json::of_checked(self.0.as_bytes())
    }
}

impl fmt::Debug for dyn Rewrite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Rewrite")
    }
}
