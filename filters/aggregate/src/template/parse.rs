//! From the document's text to a template, with everything that is wrong with it.

use std::fmt;

use portcullis_document::{PathPattern, is_token};

use super::{Hole, Piece, Place, Source, Template, target};

/// What a template makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The path and query of a call.
    Target,
    /// The value of one of its headers.
    Header,
}

/// What templates of a part can refer to.
pub(crate) struct Scope<'a> {
    /// The aggregation's path, for its captures.
    pub(crate) pattern: &'a PathPattern,
    /// Whether there are claims: the document has an `auth` section.
    pub(crate) has_claims: bool,
    /// The names of all parts, by number.
    pub(crate) parts: &'a [&'a str],
    /// The names in the part's `requires`.
    pub(crate) requires: &'a [&'a str],
}

/// What can be wrong with a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum TemplateError {
    NoLeadingSlash,
    EmptyFirstSegment,
    DotSegment,
    IllegalText { found: char },
    Unclosed { hole: String },
    StrayBrace,
    UnknownSource { hole: String },
    UnknownCapture { name: String },
    NoName { hole: String },
    BadHeaderName { name: String },
    NoClaims { name: String },
    UnknownPart { hole: String },
    SeveralParts { name: String },
    NotRequired { part: String },
    EmptyDefault { hole: String },
}

impl fmt::Display for TemplateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoLeadingSlash => f.write_str("a part's path begins with \"/\""),
            Self::EmptyFirstSegment => f.write_str("a part's path begins with one \"/\", not two"),
            Self::DotSegment => f.write_str("a part's path has no \".\" or \"..\" segments"),
            Self::IllegalText { found } => {
                write!(f, "{found:?} cannot stand here as it is; percent-encode it")
            }
            Self::Unclosed { hole } => write!(f, "\"{{{hole}\" has no \"}}\""),
            Self::StrayBrace => f.write_str("\"}\" closes nothing"),
            Self::UnknownSource { hole } => write!(
                f,
                "{{{hole}}} is no source; there are {{a captured segment}}, {{query.x}}, {{header.x}}, {{claim.x}} and {{part.x}}"
            ),
            Self::UnknownCapture { name } => write!(f, "the aggregation's path captures no {{{name}}}"),
            Self::NoName { hole } => write!(f, "{{{hole}}} names nothing"),
            Self::BadHeaderName { name } => write!(f, "{name:?} is no header name"),
            Self::NoClaims { name } => {
                write!(f, "{{claim.{name}}} needs an \"auth\" section in the same document")
            }
            Self::UnknownPart { hole } => write!(f, "{{{hole}}} names no part of this aggregation"),
            Self::SeveralParts { name } => write!(f, "several parts are called {name:?}"),
            Self::NotRequired { part } => {
                write!(f, "a part that takes a value of {part:?} lists it in \"requires\"")
            }
            Self::EmptyDefault { hole } => write!(f, "{{{hole}}} would leave a path segment empty"),
        }
    }
}

/// Compiles a template; everything that is wrong with it goes to `errors`.
pub(crate) fn template(
    text: &str,
    kind: Kind,
    scope: &Scope<'_>,
    errors: &mut Vec<TemplateError>,
) -> Template {
    let mut reading = Reading {
        place: if kind == Kind::Target { Place::Segment } else { Place::Header },
        pieces: Vec::new(),
        fills_segments: false,
        scope,
        errors,
    };
    if kind == Kind::Target {
        reading.beginning(text);
    }
    reading.pieces(text);
    Template { pieces: reading.pieces.into(), fills_segments: reading.fills_segments }
}

/// Reads a source alone, as `when` has it.
pub(crate) fn source(text: &str, scope: &Scope<'_>) -> Result<Source, TemplateError> {
    match text.split_once('.') {
        Some(("query", name)) => named(text, name).map(Source::Query),
        Some(("header", name)) => header(text, name),
        Some(("claim", name)) if scope.has_claims => named(text, name).map(Source::Claim),
        Some(("claim", name)) => Err(TemplateError::NoClaims { name: name.to_owned() }),
        Some(("part", rest)) => part(text, rest, scope),
        Some(_) => Err(TemplateError::UnknownSource { hole: text.to_owned() }),
        None => match scope.pattern.position(text) {
            Some(position) => Ok(Source::Capture(position)),
            None => Err(TemplateError::UnknownCapture { name: text.to_owned() }),
        },
    }
}

fn named(hole: &str, name: &str) -> Result<Box<str>, TemplateError> {
    if name.is_empty() {
        return Err(TemplateError::NoName { hole: hole.to_owned() });
    }
    Ok(name.into())
}

fn header(hole: &str, name: &str) -> Result<Source, TemplateError> {
    let name = named(hole, name)?;
    if !is_token(&name) {
        return Err(TemplateError::BadHeaderName { name: name.into() });
    }
    Ok(Source::Header(name.to_ascii_lowercase().into()))
}

/// Names of parts may hold dots: the longest one that fits is meant.
fn part(hole: &str, rest: &str, scope: &Scope<'_>) -> Result<Source, TemplateError> {
    let steps_behind = |name: &str| {
        let behind = rest.strip_prefix(name)?;
        (behind.is_empty() || behind.starts_with('.')).then_some(behind)
    };
    let fitting = scope.parts.iter().filter(|name| steps_behind(name).is_some());
    let Some(name) = fitting.max_by_key(|name| name.len()) else {
        return Err(TemplateError::UnknownPart { hole: hole.to_owned() });
    };
    let mut called = (0..).zip(scope.parts).filter(|(_, known)| known == &name).map(|(at, _)| at);
    let (Some(part), None) = (called.next(), called.next()) else {
        return Err(TemplateError::SeveralParts { name: (*name).to_owned() });
    };
    if !scope.requires.contains(name) {
        return Err(TemplateError::NotRequired { part: (*name).to_owned() });
    }
    let steps = steps_behind(name).unwrap_or_default().split('.').skip(1);
    let steps: Box<[Box<str>]> = steps.map(Into::into).collect();
    if steps.iter().any(|step| step.is_empty()) {
        return Err(TemplateError::NoName { hole: hole.to_owned() });
    }
    Ok(Source::Part { part, steps })
}

/// A template that is being read.
struct Reading<'a> {
    place: Place,
    pieces: Vec<Piece>,
    fills_segments: bool,
    scope: &'a Scope<'a>,
    errors: &'a mut Vec<TemplateError>,
}

impl Reading<'_> {
    /// With `//` in front, the first segment would be read as a host.
    fn beginning(&mut self, text: &str) {
        if !text.starts_with('/') {
            self.errors.push(TemplateError::NoLeadingSlash);
        } else if text.starts_with("//") {
            self.errors.push(TemplateError::EmptyFirstSegment);
        }
        if target::has_dot_segment(text.as_bytes()) {
            self.errors.push(TemplateError::DotSegment);
        }
    }

    fn pieces(&mut self, text: &str) {
        let mut rest = text;
        while let Some((before, behind)) = rest.split_once('{') {
            self.text(before);
            let Some((hole, behind)) = behind.split_once('}') else {
                self.errors.push(TemplateError::Unclosed { hole: behind.to_owned() });
                return;
            };
            self.hole(hole);
            rest = behind;
        }
        self.text(rest);
    }

    fn text(&mut self, text: &str) {
        if text.contains('}') {
            self.errors.push(TemplateError::StrayBrace);
        }
        let (path, query) = match text.find('?') {
            Some(at) if self.place == Place::Segment => text.split_at_checked(at).unwrap_or((text, "")),
            _ => (text, ""),
        };
        self.legal(path);
        if !query.is_empty() {
            self.place = Place::Query;
            self.legal(query);
        }
        if !text.is_empty() {
            self.pieces.push(Piece::Text(text.into()));
        }
    }

    fn legal(&mut self, text: &str) {
        let text = text.replace('}', "");
        let found = match self.place {
            Place::Header => text.chars().find(|c| !matches!(c, ' '..='~')),
            place => target::first_illegal(&text, place == Place::Query),
        };
        self.errors.extend(found.map(|found| TemplateError::IllegalText { found }));
    }

    fn hole(&mut self, hole: &str) {
        let (name, default) = match hole.split_once(":-") {
            Some((name, default)) => (name, Some(default)),
            None => (hole, None),
        };
        let in_segment = self.place == Place::Segment;
        if in_segment && default == Some("") {
            self.errors.push(TemplateError::EmptyDefault { hole: hole.to_owned() });
        }
        if in_segment && default.is_some_and(|default| target::has_dot_segment(default.as_bytes())) {
            self.errors.push(TemplateError::DotSegment);
        }
        match source(name, self.scope) {
            Ok(source) => {
                self.fills_segments |= in_segment;
                self.pieces.push(Piece::Hole(Hole {
                    source,
                    written: name.into(),
                    default: default.map(Into::into),
                    place: self.place,
                }));
            }
            Err(error) => self.errors.push(error),
        }
    }
}
