//! Texts with holes that a request fills, each value encoded for the place it stands in.
//!
//! A template is compiled once. Filling it cannot change its shape: in a path and in a query every byte of a value
//! that is not unreserved (RFC 3986, section 2.3) is percent-encoded, so that no value holds a `/`, `?`, `#`, `&`,
//! `=`, `@` or a line end. What encoding cannot tame is refused: `.` and `..` are unreserved, and a path in which a
//! value makes such a segment would be resolved to another path, also by servers that decode `%2F` first.

mod encode;
mod parse;
mod target;

use std::borrow::Cow;
use std::rc::Rc;

pub(crate) use parse::{Kind, Scope, source, template};

/// A compiled template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Template {
    pieces: Box<[Piece]>,
    /// Whether a value stands in the path, where it might make a dot segment.
    fills_segments: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(Box<str>),
    Hole(Hole),
}

/// A place that a value fills.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Hole {
    source: Source,
    /// The source as the document writes it.
    written: Rc<str>,
    /// What stands in for a value that is absent or empty.
    default: Option<Box<str>>,
    place: Place,
}

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// The segment that the aggregation's path captured, by its position there.
    Capture(usize),
    /// The first query parameter of this name.
    Query(Box<str>),
    /// The first line of this header, in lower case.
    Header(Box<str>),
    /// A claim of the verified token.
    Claim(Box<str>),
    /// A scalar of another part's answer.
    Part {
        /// The part's number.
        part: usize,
        /// The members and items on the way.
        steps: Box<[Box<str>]>,
    },
}

/// Where a value stands, which decides what of it is encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Segment,
    Query,
    Header,
}

/// Where templates find their values.
pub(crate) trait Values {
    /// The value as bytes, decoded; `None` where there is none.
    fn value(&self, source: &Source) -> Option<Cow<'_, [u8]>>;
}

/// Why a template could not be filled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unfilled {
    /// A value is absent or empty, and the template has no default for it.
    Missing {
        /// The source as the document writes it, such as `header.X-User-Id`.
        source: Rc<str>,
    },
    /// A value would make a dot segment.
    DotSegment,
}

impl Template {
    /// Appends the filled template. Whether filling succeeds or not, what `out` held before stays in it.
    pub(crate) fn fill(&self, values: &impl Values, out: &mut Vec<u8>) -> Result<(), Unfilled> {
        let start = out.len();
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) => out.extend_from_slice(text.as_bytes()),
                Piece::Hole(hole) => hole.fill(values, out)?,
            }
        }
        if self.fills_segments && target::has_dot_segment(out.get(start..).unwrap_or_default()) {
            return Err(Unfilled::DotSegment);
        }
        Ok(())
    }

    /// The whole text of a template without holes.
    pub(crate) fn literal(&self) -> Option<&str> {
        match &*self.pieces {
            [Piece::Text(text)] => Some(text),
            _ => None,
        }
    }

    /// Where its values come from.
    pub(crate) fn sources(&self) -> impl Iterator<Item = &Source> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Hole(hole) => Some(&hole.source),
            Piece::Text(_) => None,
        })
    }
}

impl Hole {
    /// An empty value counts as absent: `/users/` is another resource than any user.
    fn fill(&self, values: &impl Values, out: &mut Vec<u8>) -> Result<(), Unfilled> {
        let value = values.value(&self.source).filter(|value| !value.is_empty());
        match (value, &self.default) {
            (Some(value), _) => self.place.encode(&value, out),
            (None, Some(default)) => self.place.encode(default.as_bytes(), out),
            (None, None) => {
                let source = Rc::clone(&self.written);
                return Err(Unfilled::Missing { source });
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
