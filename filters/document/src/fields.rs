//! The members of one object, taken one by one; what nobody took is a mistake.

use std::ops::RangeInclusive;
use std::time::Duration;

use serde_json::value::RawValue;

use crate::{Fault, Mistakes, Node};

/// The members of an object of the document.
#[derive(Debug)]
pub struct Fields<'a> {
    path: String,
    members: Vec<(String, Node<'a>)>,
    known: Vec<&'static str>,
}

impl<'a> Fields<'a> {
    pub(crate) fn new(path: &str, members: Vec<(String, &'a RawValue)>, mistakes: &mut Mistakes) -> Self {
        let mut fields = Self { path: path.to_owned(), members: Vec::new(), known: Vec::new() };
        for (name, raw) in members {
            let place = fields.path_of(&name);
            if fields.members.iter().any(|(known, _)| *known == name) {
                mistakes.add(place.as_str(), Fault::Twice { first: place.clone() });
            } else {
                fields.members.push((name, Node::child(place, raw)));
            }
        }
        fields
    }

    /// Where the object stands.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Where its member `name` stands, or would.
    #[must_use]
    pub fn path_of(&self, name: &str) -> String {
        let plain = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || "_-".contains(c));
        match (plain, self.path.is_empty()) {
            (true, true) => name.to_owned(),
            (true, false) => format!("{}.{name}", self.path),
            (false, _) => format!("{}[{name:?}]", self.path),
        }
    }

    /// Takes the member `name`, if it is there.
    pub fn take(&mut self, name: &'static str) -> Option<Node<'a>> {
        self.known.push(name);
        let at = self.members.iter().position(|(known, _)| known == name)?;
        Some(self.members.remove(at).1)
    }

    /// Takes the member `name`, which must be there.
    pub fn required(&mut self, name: &'static str, mistakes: &mut Mistakes) -> Option<Node<'a>> {
        let node = self.take(name);
        if node.is_none() {
            mistakes.add(self.path_of(name), Fault::Missing);
        }
        node
    }

    /// Takes a text.
    pub fn text(&mut self, name: &'static str, mistakes: &mut Mistakes) -> Option<String> {
        self.take(name)?.text(mistakes)
    }

    /// Takes a list of texts.
    pub fn texts(&mut self, name: &'static str, mistakes: &mut Mistakes) -> Option<Vec<String>> {
        self.take(name)?.texts(mistakes)
    }

    /// Takes `true` or `false`.
    pub fn flag(&mut self, name: &'static str, mistakes: &mut Mistakes) -> Option<bool> {
        self.take(name)?.flag(mistakes)
    }

    /// Takes a whole number within `bounds`.
    pub fn count(
        &mut self,
        name: &'static str,
        bounds: RangeInclusive<u64>,
        mistakes: &mut Mistakes,
    ) -> Option<u64> {
        self.take(name)?.count(bounds, mistakes)
    }

    /// Takes a span of time within `bounds`.
    pub fn duration(
        &mut self,
        name: &'static str,
        bounds: RangeInclusive<Duration>,
        mistakes: &mut Mistakes,
    ) -> Option<Duration> {
        self.take(name)?.duration(bounds, mistakes)
    }

    /// Takes a size in bytes within `bounds`.
    pub fn size(
        &mut self,
        name: &'static str,
        bounds: RangeInclusive<u64>,
        mistakes: &mut Mistakes,
    ) -> Option<u64> {
        self.take(name)?.size(bounds, mistakes)
    }

    /// Takes all members that are left, for objects whose names are free, such as a map of claims to headers.
    pub fn take_rest(&mut self) -> Vec<(String, Node<'a>)> {
        std::mem::take(&mut self.members)
    }

    /// Ends the reading: whatever was not taken has a name that does not exist.
    pub fn finish(self, mistakes: &mut Mistakes) {
        for (name, node) in &self.members {
            mistakes.add(node.path(), Fault::UnknownKey { nearest: nearest(name, &self.known) });
        }
    }
}

/// The known name with the fewest edits to `name`, if it is near enough to be a slip.
fn nearest(name: &str, known: &[&'static str]) -> Option<&'static str> {
    let tolerated = name.chars().count().div_ceil(3);
    let ranked = known.iter().map(|candidate| (edits_between(name, candidate), *candidate));
    ranked
        .filter(|(edits, _)| *edits <= tolerated)
        .min_by_key(|(edits, _)| *edits)
        .map(|(_, candidate)| candidate)
}

/// Levenshtein's distance, row by row.
fn edits_between(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.chars().count()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut left = i + 1;
        let mut next = vec![left];
        for (y, pair) in b.chars().zip(row.windows(2)) {
            let [diagonal, above] = pair else { continue };
            left = (diagonal + usize::from(x != y)).min(above + 1).min(left + 1);
            next.push(left);
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{edits_between, nearest};

    #[test]
    fn a_slip_finds_the_right_key() {
        let known = ["issuer", "audiences", "jwks_uri", "jwks"];
        let table = [
            ("isuer", Some("issuer")),
            ("audience", Some("audiences")),
            ("jwks_url", Some("jwks_uri")),
            ("zzz", None),
        ];
        for (slip, right) in table {
            assert_eq!(nearest(slip, &known), right, "{slip}");
        }
    }

    #[test]
    fn distance_counts_edits() {
        for (a, b, edits) in [("", "abc", 3), ("kitten", "sitting", 3), ("same", "same", 0)] {
            assert_eq!(edits_between(a, b), edits, "{a} {b}");
        }
    }
}
