//! Path patterns as the document writes them.

use std::fmt;

use crate::CanonicalPath;

/// A pattern: `/a/b` is exact, `*` or `{name}` is one whole segment, `**` at the end is everything from there on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathPattern {
    text: String,
    segments: Vec<Segment>,
    holds_everything_below: bool,
}

/// One segment of a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Segment {
    /// These characters.
    Literal(String),
    /// Any one segment that is not empty, captured under a name if it has one.
    Any(Option<String>),
}

/// Why a text is no pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PatternError {
    /// It does not begin with `/`.
    NoLeadingSlash,
    /// `**` stands before the end.
    TailNotLast,
    /// A wildcard or a brace is only part of a segment.
    PartOfSegment {
        /// The segment.
        segment: String,
    },
    /// A capture has a name that is no identifier.
    BadName {
        /// The name.
        name: String,
    },
    /// Two captures have one name.
    NameTwice {
        /// The name.
        name: String,
    },
    /// No request's canonical path looks like this.
    NotCanonical {
        /// The form that requests have.
        canonical: String,
    },
}

impl fmt::Display for PatternError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoLeadingSlash => f.write_str("a path pattern begins with \"/\""),
            Self::TailNotLast => f.write_str("\"**\" stands only at the end of a path pattern"),
            Self::PartOfSegment { segment } => {
                write!(f, "a wildcard is a whole segment, not a part of {segment:?}")
            }
            Self::BadName { name } => {
                write!(f, "{name:?} is no name: letters, digits and \"_\", not a digit first")
            }
            Self::NameTwice { name } => write!(f, "{name:?} is captured twice"),
            Self::NotCanonical { canonical } => {
                write!(f, "no request has this path; its canonical form is {canonical:?}")
            }
        }
    }
}

impl PathPattern {
    /// Reads a pattern.
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        let inner = text.strip_prefix('/').ok_or(PatternError::NoLeadingSlash)?;
        let (segments, holds_everything_below) = match inner.strip_suffix("**") {
            Some("") => (Vec::new(), true),
            Some(before) if before.ends_with('/') => (split(before.trim_end_matches('/')), true),
            _ => (split(inner), false),
        };
        let segments = segments.into_iter().map(Segment::parse).collect::<Result<Vec<_>, _>>()?;
        let pattern = Self { text: text.to_owned(), segments, holds_everything_below };
        pattern.check_names()?;
        pattern.check_canonical()?;
        Ok(pattern)
    }

    /// The pattern as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The names of its captures, from left to right.
    pub fn captures(&self) -> impl Iterator<Item = &str> {
        self.segments.iter().filter_map(|segment| match segment {
            Segment::Any(name) => name.as_deref(),
            Segment::Literal(_) => None,
        })
    }

    /// Which of its wildcards captures `name`, counted from 0 with those that have none, as
    /// [`Found::capture`](crate::Found::capture) counts.
    #[must_use]
    pub fn position(&self, name: &str) -> Option<usize> {
        let mut names = self.segments.iter().filter_map(|segment| match segment {
            Segment::Any(name) => Some(name.as_deref()),
            Segment::Literal(_) => None,
        });
        names.position(|known| known == Some(name))
    }

    pub(crate) fn segments(&self) -> &[Segment] {
        &self.segments
    }

    pub(crate) fn holds_everything_below(&self) -> bool {
        self.holds_everything_below
    }

    fn check_names(&self) -> Result<(), PatternError> {
        let names: Vec<&str> = self.captures().collect();
        let twice = names
            .iter()
            .enumerate()
            .find(|(at, name)| names.iter().take(*at).any(|earlier| earlier == *name));
        twice.map_or(Ok(()), |(_, name)| Err(PatternError::NameTwice { name: (*name).to_owned() }))
    }

    /// A wildcard is stood in for by a letter: what remains must be a path that a canonical request can have.
    fn check_canonical(&self) -> Result<(), PatternError> {
        let literal = |stand_in: &dyn Fn(&Segment) -> String| {
            self.segments.iter().fold(String::new(), |path, segment| path + "/" + &stand_in(segment))
        };
        let mut path = literal(&|segment| match segment {
            Segment::Literal(text) => text.clone(),
            Segment::Any(_) => "x".to_owned(),
        });
        if path.is_empty() {
            path.push('/');
        }
        let canonical = CanonicalPath::of(path.as_bytes());
        if canonical.is_canonical() && canonical.as_str() == path {
            return Ok(());
        }
        Err(PatternError::NotCanonical { canonical: canonical.as_str().to_owned() })
    }
}

fn split(path: &str) -> Vec<&str> {
    path.split('/').collect()
}

impl Segment {
    fn parse(text: &str) -> Result<Self, PatternError> {
        let name = text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
        match (text, name) {
            ("*", _) => Ok(Self::Any(None)),
            ("**", _) => Err(PatternError::TailNotLast),
            (_, Some(name)) if is_name(name) => Ok(Self::Any(Some(name.to_owned()))),
            (_, Some(name)) => Err(PatternError::BadName { name: name.to_owned() }),
            _ if text.contains(['*', '{', '}']) => {
                Err(PatternError::PartOfSegment { segment: text.to_owned() })
            }
            _ => Ok(Self::Literal(text.to_owned())),
        }
    }
}

fn is_name(name: &str) -> bool {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    name.starts_with(|c: char| word(c) && !c.is_ascii_digit()) && name.chars().all(word)
}

#[cfg(test)]
mod tests {
    use super::{PathPattern, PatternError};

    #[test]
    fn patterns_are_read() {
        for text in
            ["/", "/a", "/a/", "/a/*", "/a/{id}/b", "/a/**", "/**", "/{a}/{b}/**", "/caf%C3%A9", "/a.b"]
        {
            assert_eq!(PathPattern::parse(text).map(|p| p.as_str().to_owned()), Ok(text.to_owned()));
        }
    }

    #[test]
    fn what_no_request_can_match_is_a_mistake() {
        let canonical = |form: &str| PatternError::NotCanonical { canonical: form.to_owned() };
        let part = |segment: &str| PatternError::PartOfSegment { segment: segment.to_owned() };
        let table = [
            ("", PatternError::NoLeadingSlash),
            ("a", PatternError::NoLeadingSlash),
            ("/a/**/b", PatternError::TailNotLast),
            ("/a**", part("a**")),
            ("/a*", part("a*")),
            ("/a{b}", part("a{b}")),
            ("/{}", PatternError::BadName { name: String::new() }),
            ("/{1a}", PatternError::BadName { name: "1a".to_owned() }),
            ("/{a}/{a}", PatternError::NameTwice { name: "a".to_owned() }),
            ("/a//b", canonical("/a/b")),
            ("/a/../b", canonical("/b")),
            ("/%61", canonical("/a")),
            ("/a b", canonical("/a%20b")),
            ("/caf\u{e9}", canonical("/caf%C3%A9")),
            ("/a?b", canonical("/a")),
            ("/caf%c3%a9", canonical("/caf%C3%A9")),
        ];
        for (text, error) in table {
            assert_eq!(PathPattern::parse(text), Err(error), "{text}");
        }
    }
}
