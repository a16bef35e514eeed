//! A value of the document and the place it stands in.
//!
//! The document is read level by level, as raw values: a number keeps its spelling, a member that stands twice is
//! seen, and one wrong value does not end the reading.

use std::borrow::Cow;
use std::fmt;
use std::ops::RangeInclusive;
use std::time::Duration;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::fields::Fields;
use crate::units;
use crate::{Fault, Mistakes};

/// A value of the document.
#[derive(Clone, Debug)]
pub struct Node<'a> {
    path: String,
    raw: &'a RawValue,
}

/// A wrong value is shown up to here.
const SHOWN: usize = 40;

impl<'a> Node<'a> {
    /// Reads the whole text as one value, the root.
    pub fn root(text: &'a str, mistakes: &mut Mistakes) -> Option<Self> {
        match serde_json::from_str::<&RawValue>(text) {
            Ok(raw) => Some(Self { path: String::new(), raw }),
            Err(error) => {
                let not_json = Fault::NotJson { line: error.line(), column: error.column() };
                mistakes.add("", if is_protobuf(text) { Fault::NotText } else { not_json });
                None
            }
        }
    }

    pub(crate) fn child(path: String, raw: &'a RawValue) -> Self {
        Self { path, raw }
    }

    /// Where it stands, as `auth.providers[1].issuer`.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The JSON text as written.
    #[must_use]
    pub fn json(&self) -> &'a str {
        self.raw.get()
    }

    /// Whether it is an object.
    #[must_use]
    pub fn is_object(&self) -> bool {
        self.json().starts_with('{')
    }

    /// Whether it is an array.
    #[must_use]
    pub fn is_array(&self) -> bool {
        self.json().starts_with('[')
    }

    /// Whether it is text.
    #[must_use]
    pub fn is_text(&self) -> bool {
        self.json().starts_with('"')
    }

    /// The members of an object.
    pub fn fields(&self, mistakes: &mut Mistakes) -> Option<Fields<'a>> {
        let members: Members<'a> = self.parse("an object", mistakes)?;
        Some(Fields::new(&self.path, members.0, mistakes))
    }

    /// The items of an array.
    pub fn items(&self, mistakes: &mut Mistakes) -> Option<Vec<Node<'a>>> {
        let items: Vec<&'a RawValue> = self.parse("a list", mistakes)?;
        Some(items.into_iter().enumerate().map(|(at, raw)| self.item(at, raw)).collect())
    }

    /// The texts of an array of texts; what is no text is a mistake and left out.
    pub fn texts(&self, mistakes: &mut Mistakes) -> Option<Vec<String>> {
        let items = self.items(mistakes)?;
        Some(items.iter().filter_map(|item| item.text(mistakes)).collect())
    }

    /// A text.
    pub fn text(&self, mistakes: &mut Mistakes) -> Option<String> {
        self.parse("text", mistakes)
    }

    /// `true` or `false`.
    pub fn flag(&self, mistakes: &mut Mistakes) -> Option<bool> {
        self.parse("true or false", mistakes)
    }

    /// A whole number within `bounds`.
    pub fn count(&self, bounds: RangeInclusive<u64>, mistakes: &mut Mistakes) -> Option<u64> {
        let number = serde_json::from_str(self.json()).ok().filter(|number| bounds.contains(number));
        number.or_else(|| self.expected(whole_number(&bounds), mistakes))
    }

    /// A span of time as text with a unit, within `bounds`.
    pub fn duration(&self, bounds: RangeInclusive<Duration>, mistakes: &mut Mistakes) -> Option<Duration> {
        let parsed = self.quiet_text().and_then(|text| units::duration(&text));
        match parsed {
            Some(span) if bounds.contains(&span) => Some(span),
            Some(_) => {
                let (least, most) = (units::shown(*bounds.start()), units::shown(*bounds.end()));
                self.expected(format!("a duration from {least} to {most}"), mistakes)
            }
            None => self
                .expected("a duration with its unit, such as \"250ms\", \"2s\", \"5m\" or \"24h\"", mistakes),
        }
    }

    /// A size in bytes: a whole number, or text with a unit; within `bounds`.
    pub fn size(&self, bounds: RangeInclusive<u64>, mistakes: &mut Mistakes) -> Option<u64> {
        let number = serde_json::from_str(self.json()).ok();
        let parsed = number.or_else(|| units::size(&self.quiet_text()?));
        match parsed {
            Some(size) if bounds.contains(&size) => Some(size),
            Some(_) => {
                self.expected(format!("a size from {} to {} bytes", bounds.start(), bounds.end()), mistakes)
            }
            None => self
                .expected("a size in whole bytes or with its unit, such as \"64KiB\" or \"1MiB\"", mistakes),
        }
    }

    /// Notes that something else was expected here; answers `None` for the caller to pass on.
    pub fn expected<T>(&self, what: impl Into<Cow<'static, str>>, mistakes: &mut Mistakes) -> Option<T> {
        mistakes.add(&self.path, Fault::Expected { what: what.into(), got: shortened(self.json()) });
        None
    }

    fn quiet_text(&self) -> Option<String> {
        serde_json::from_str(self.json()).ok()
    }

    fn parse<T: Deserialize<'a>>(&self, what: &'static str, mistakes: &mut Mistakes) -> Option<T> {
        serde_json::from_str(self.json()).ok().or_else(|| self.expected(what, mistakes))
    }

    fn item(&self, at: usize, raw: &'a RawValue) -> Node<'a> {
        Node::child(format!("{}[{at}]", self.path), raw)
    }
}

fn whole_number(bounds: &RangeInclusive<u64>) -> String {
    if *bounds.end() == u64::MAX {
        format!("a whole number of at least {}", bounds.start())
    } else {
        format!("a whole number from {} to {}", bounds.start(), bounds.end())
    }
}

fn shortened(json: &str) -> String {
    if json.chars().count() <= SHOWN {
        return json.to_owned();
    }
    json.chars().take(SHOWN).chain("...".chars()).collect()
}

/// An object's members in order, with those that stand twice.
struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;
        impl<'de> Visitor<'de> for InOrder {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(InOrder)
    }
}

/// Whether what is no JSON is a short `Struct`, whose bytes happen to be UTF-8: it begins with the tag of an entry, a
/// line feed to readers of text, and holds the tag of the entry's value, a control character that no text has.
fn is_protobuf(text: &str) -> bool {
    text.starts_with('\u{a}') && text.contains('\u{12}')
}
