//! Everything that is wrong with a document, each mistake with its place.

use std::borrow::Cow;
use std::fmt;

/// One mistake in a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// Where, as `rate_limiting.overrides[1].requests_per_second`; empty for the document itself.
    pub path: String,
    /// What.
    pub fault: Fault,
}

/// What can be wrong at a place of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The text is no JSON.
    NotJson {
        /// Line of the first wrong character, from 1.
        line: usize,
        /// Its column, from 1.
        column: usize,
    },
    /// The configuration is no text: it came as a protobuf `Struct`.
    NotText,
    /// A value of the wrong type or out of bounds.
    Expected {
        /// What stands there in a right document, such as `a whole number of at least 1`.
        what: Cow<'static, str>,
        /// What was found, as written, shortened.
        got: String,
    },
    /// A key that does not exist.
    UnknownKey {
        /// The most similar key that does.
        nearest: Option<&'static str>,
    },
    /// A key that must be there.
    Missing,
    /// A member name or rule that stands twice.
    Twice {
        /// Where it stood first.
        first: String,
    },
    /// A section that belongs to another module.
    OtherModule {
        /// The module that reads it.
        module: &'static str,
    },
    /// Anything else, as a sentence in lower case without a full stop.
    Wrong(Cow<'static, str>),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotJson { line, column } => write!(f, "not JSON at line {line}, column {column}"),
            Self::NotText => f.write_str(
                "the configuration is no JSON text; write the document's JSON into a google.protobuf.StringValue, \
                 since Envoy hands a Struct over as protobuf bytes",
            ),
            Self::Expected { what, got } => write!(f, "expected {what}, got {got}"),
            Self::UnknownKey { nearest: Some(nearest) } => write!(f, "unknown key, did you mean {nearest:?}?"),
            Self::UnknownKey { nearest: None } => f.write_str("unknown key"),
            Self::Missing => f.write_str("missing"),
            Self::Twice { first } => write!(f, "defined twice, first as {first}"),
            Self::OtherModule { module } => write!(f, "this section is read by {module}.wasm (or gateway.wasm)"),
            Self::Wrong(sentence) => f.write_str(sentence),
        }
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.is_empty() { self.fault.fmt(f) } else { write!(f, "{}: {}", self.path, self.fault) }
    }
}

/// The mistakes found so far, and what is worth a warning.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mistakes {
    found: Vec<Mistake>,
    warnings: Vec<Mistake>,
}

impl Mistakes {
    /// Notes a mistake at `path`.
    pub fn add(&mut self, path: impl Into<String>, fault: Fault) {
        self.found.push(Mistake { path: path.into(), fault });
    }

    /// Notes a mistake that is told in a sentence.
    pub fn wrong(&mut self, path: impl Into<String>, sentence: impl Into<Cow<'static, str>>) {
        self.add(path, Fault::Wrong(sentence.into()));
    }

    /// Notes something that works but will surprise.
    pub fn warn(&mut self, path: impl Into<String>, sentence: impl Into<Cow<'static, str>>) {
        self.warnings.push(Mistake { path: path.into(), fault: Fault::Wrong(sentence.into()) });
    }

    /// The mistakes, in the order of the document as far as it was read in order.
    #[must_use]
    pub fn found(&self) -> &[Mistake] {
        &self.found
    }

    /// The warnings.
    #[must_use]
    pub fn warnings(&self) -> &[Mistake] {
        &self.warnings
    }

    /// Whether the document is right; warnings do not count.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.found.is_empty()
    }
}

/// One line for each mistake.
impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.found.iter().try_for_each(|mistake| writeln!(f, "{mistake}"))
    }
}
