//! Paths into a JSON body: the part of JSONPath (RFC 9535) that a streaming reader can follow.
//!
//! Supported are `$`, `.name`, `['name']`, `["name"]`, `[n]`, `[*]`, `.*`, and `..` before any of them. Filters,
//! slices, unions and negative indexes need what comes later in the body, and are refused by name. A text that does not
//! begin with `$` is no path; sections that take bare member names tell the two apart by [`JsonPath::is_path`].

mod parse;

use std::fmt;

/// A path, from the body's outermost value to the values it names.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct JsonPath {
    steps: Vec<Step>,
}

/// One step from a value to values inside it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Step {
    /// The object's members of this name.
    Name(String),
    /// The array's element at this place, counted from 0.
    Index(u64),
    /// Every member or element.
    Each,
    /// The next step is taken from this value and from every value inside it. A step always follows.
    Descend,
}

/// Why a text is no path, and at which byte this shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JsonPathError {
    /// The byte, counted from 0.
    pub at: usize,
    /// The reason.
    pub reason: JsonPathFault,
}

/// What can be wrong with a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JsonPathFault {
    /// It does not begin with `$`.
    NoRoot,
    /// Something stands where a step should begin, or blanks stand at its end.
    NoStep,
    /// A name, `*` or `[` should follow a dot here.
    NoName,
    /// A quoted name, an index or `*` should stand in the brackets.
    NoSelector,
    /// The closing `]` is missing.
    Unclosed,
    /// A quoted name does not end.
    OpenQuote,
    /// An escape that RFC 9535 does not have, half a surrogate pair among them.
    BadEscape,
    /// A control character in a quoted name, which must be escaped.
    ControlCharacter,
    /// An index with a leading zero.
    LeadingZero,
    /// An index above 2^53 - 1, the largest that I-JSON holds.
    IndexTooLarge,
    /// A negative index, which counts from an end that a stream has not seen yet.
    NegativeIndex,
    /// `[a:b]`.
    Slice,
    /// `[a,b]`.
    Union,
    /// `[?...]`.
    Filter,
}

impl JsonPath {
    /// Whether `text` is meant as a path, not as a bare name.
    #[must_use]
    pub fn is_path(text: &str) -> bool {
        text.starts_with('$')
    }

    /// Reads a path.
    pub fn parse(text: &str) -> Result<Self, JsonPathError> {
        parse::steps(text).map(|steps| Self { steps })
    }

    /// The path of a bare name: a member called so, at any depth.
    #[must_use]
    pub fn anywhere(name: &str) -> Self {
        Self { steps: vec![Step::Descend, Step::Name(name.to_owned())] }
    }

    pub(crate) fn from_steps(steps: Vec<Step>) -> Self {
        Self { steps }
    }

    /// The steps; none for `$`, the outermost value itself.
    #[must_use]
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }
}

impl fmt::Display for JsonPathError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at byte {}", self.reason, self.at)
    }
}

impl std::error::Error for JsonPathError {}

impl fmt::Display for JsonPathFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoRoot => "a path begins with \"$\"",
            Self::NoStep => "expected \".\", \"..\" or \"[\"",
            Self::NoName => "expected a name, \"*\" or \"[\" after the dot",
            Self::NoSelector => "expected a quoted name, an index or \"*\"",
            Self::Unclosed => "expected \"]\"",
            Self::OpenQuote => "a quoted name does not end",
            Self::BadEscape => "no such escape",
            Self::ControlCharacter => "a control character must be escaped",
            Self::LeadingZero => "an index has no leading zero",
            Self::IndexTooLarge => "an index is at most 9007199254740991",
            Self::NegativeIndex => "negative indexes are not supported",
            Self::Slice => "slices are not supported",
            Self::Union => "several selectors in one bracket are not supported, write one path for each",
            Self::Filter => "filters are not supported",
        })
    }
}

/// The path in its normalised spelling, with quoted names.
impl fmt::Display for JsonPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("$")?;
        self.steps.iter().try_for_each(|step| step.fmt(f))
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => {
                f.write_str("['")?;
                name.chars().try_for_each(|c| write_quoted(c, f))?;
                f.write_str("']")
            }
            Self::Index(index) => write!(f, "[{index}]"),
            Self::Each => f.write_str("[*]"),
            Self::Descend => f.write_str(".."),
        }
    }
}

fn write_quoted(c: char, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match c {
        '\'' | '\\' => write!(f, "\\{c}"),
        '\u{0}'..='\u{1f}' => write!(f, "\\u{:04x}", u32::from(c)),
        _ => write!(f, "{c}"),
    }
}

#[cfg(test)]
mod tests;
