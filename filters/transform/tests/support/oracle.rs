//! A slow rewriter to compare with: it reads the whole body into a tree, marks what every rule names, and builds the
//! tree that should come out.
//!
//! Trees are read with `serde_json`, level by level, so that order, doubled members and the spelling of numbers and
//! strings are seen. Names are compared unescaped, blanks are not compared at all.

use std::collections::{BTreeMap, BTreeSet};

use portcullis_document::transformations::{BodyEdits, Field};
use portcullis_document::{JsonPath, Step};
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// A JSON value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Tree {
    /// An object's members in order.
    Object(Vec<(String, Tree)>),
    /// An array's elements.
    Array(Vec<Tree>),
    /// Anything else, as spelled.
    Scalar(String),
}

/// A place in a tree: the position of the entry to take at each level.
type Place = Vec<usize>;

impl Tree {
    /// Reads a body; `None` where it is no JSON or nests too deeply.
    pub(crate) fn read(body: &[u8], levels: usize) -> Option<Self> {
        let text = std::str::from_utf8(body).ok()?;
        Self::read_raw(serde_json::from_str(text).ok()?, levels)
    }

    fn read_raw(raw: &RawValue, levels: usize) -> Option<Self> {
        let text = raw.get();
        match text.as_bytes().first()? {
            b'{' => {
                let members: Members<'_> = serde_json::from_str(text).ok()?;
                let inner = levels.checked_sub(1)?;
                let read =
                    members.0.into_iter().map(|(name, value)| Some((name, Self::read_raw(value, inner)?)));
                Some(Self::Object(read.collect::<Option<_>>()?))
            }
            b'[' => {
                let elements: Vec<&RawValue> = serde_json::from_str(text).ok()?;
                let inner = levels.checked_sub(1)?;
                Some(Self::Array(
                    elements.into_iter().map(|e| Self::read_raw(e, inner)).collect::<Option<_>>()?,
                ))
            }
            // Half a surrogate pair is found only when the string is decoded.
            b'"' => serde_json::from_str::<String>(text).ok().map(|_| Self::Scalar(text.to_owned())),
            _ => Some(Self::Scalar(text.to_owned())),
        }
    }

    fn entries(&self) -> Vec<(Option<&str>, &Tree)> {
        match self {
            Self::Object(members) => members.iter().map(|(name, value)| (Some(&**name), value)).collect(),
            Self::Array(elements) => elements.iter().map(|value| (None, value)).collect(),
            Self::Scalar(_) => Vec::new(),
        }
    }
}

struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;
        impl<'de> Visitor<'de> for InOrder {
            type Value = Members<'de>;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
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

/// The tree that should leave when `edits` are applied to `body`.
pub(crate) fn rewritten(edits: &BodyEdits, body: &Tree) -> Tree {
    let marks = Marks::new(edits, body);
    marks.build(body, &mut Vec::new(), edits.keep.is_none()).0
}

/// Every place that a rule names.
struct Marks {
    removed: BTreeSet<Place>,
    kept: BTreeSet<Place>,
    renamed: BTreeMap<Place, String>,
    constants: BTreeMap<Place, Vec<(String, Tree)>>,
}

impl Marks {
    fn new(edits: &BodyEdits, body: &Tree) -> Self {
        let all = |fields: &[Field]| fields.iter().flat_map(|field| places(field, body)).collect();
        let mut renamed = BTreeMap::new();
        let (paths, names): (Vec<_>, Vec<_>) =
            edits.rename.iter().partition(|renamed| matches!(renamed.field, Field::At(_)));
        for rename in paths.into_iter().chain(names) {
            for place in places(&rename.field, body) {
                renamed.entry(place).or_insert_with(|| rename.to.clone());
            }
        }
        let mut constants: BTreeMap<Place, Vec<(String, Tree)>> = BTreeMap::new();
        for constant in &edits.set {
            let below = [constant.object.steps(), &[Step::Descend]].concat();
            let path = if constant.and_below { &*below } else { constant.object.steps() };
            for place in select(path, body) {
                let of_object = constants.entry(place).or_default();
                if !of_object.iter().any(|(name, _)| *name == constant.name) {
                    of_object
                        .push((constant.name.clone(), Tree::read(constant.value.as_bytes(), 128).unwrap()));
                }
            }
        }
        let kept = edits.keep.as_deref().unwrap_or_default();
        Self { removed: all(&edits.remove), kept: all(kept), renamed, constants }
    }

    /// The value as it should leave, and whether anything in it is on the allow-list.
    fn build(&self, value: &Tree, place: &mut Place, is_kept: bool) -> (Tree, bool) {
        match value {
            Tree::Scalar(_) => (value.clone(), is_kept),
            Tree::Array(elements) => {
                let stay: Vec<Tree> = elements
                    .iter()
                    .enumerate()
                    .filter_map(|(at, element)| self.entry(element, place, at, is_kept))
                    .collect();
                let holds = is_kept || !stay.is_empty();
                (Tree::Array(stay), holds)
            }
            Tree::Object(members) => self.build_object(members, place, is_kept),
        }
    }

    fn build_object(&self, members: &[(String, Tree)], place: &mut Place, is_kept: bool) -> (Tree, bool) {
        let constants = self.constants.get(place).cloned().unwrap_or_default();
        let is_constant = |name: &String| constants.iter().any(|(constant, _)| constant == name);
        let mut stay: Vec<(String, Tree, bool)> = Vec::new();
        for (at, (name, value)) in members.iter().enumerate() {
            let Some(value) = self.entry(value, place, at, is_kept) else { continue };
            place.push(at);
            let new_name = self.renamed.get(place);
            place.pop();
            let last_name = new_name.unwrap_or(name);
            let is_taken =
                stay.iter().any(|(taken, _, renamed)| taken == last_name && (*renamed || new_name.is_some()));
            if !is_constant(name) && !is_constant(last_name) && !is_taken {
                stay.push((last_name.clone(), value, new_name.is_some()));
            }
        }
        let holds = is_kept || !stay.is_empty();
        let stay = stay.into_iter().map(|(name, value, _)| (name, value)).chain(constants);
        (Tree::Object(stay.collect()), holds)
    }

    fn entry(&self, value: &Tree, place: &mut Place, at: usize, is_kept: bool) -> Option<Tree> {
        place.push(at);
        let is_kept = is_kept || self.kept.contains(place);
        let (built, holds) = self.build(value, place, is_kept);
        let stays = holds && !self.removed.contains(place);
        place.pop();
        stays.then_some(built)
    }
}

fn places(field: &Field, body: &Tree) -> Vec<Place> {
    match field {
        Field::Anywhere(name) => select(JsonPath::anywhere(name).steps(), body),
        Field::At(path) => select(path.steps(), body),
    }
}

/// The places that a path names, step by step.
fn select(path: &[Step], body: &Tree) -> Vec<Place> {
    let mut selected = vec![(Vec::new(), body)];
    for step in path {
        selected = selected.into_iter().flat_map(|(place, value)| take(step, place, value)).collect();
        selected.sort_by(|(a, _), (b, _)| a.cmp(b));
        selected.dedup_by(|(a, _), (b, _)| a == b);
    }
    selected.into_iter().map(|(place, _)| place).collect()
}

fn take<'t>(step: &Step, place: Place, value: &'t Tree) -> Vec<(Place, &'t Tree)> {
    let entries = value.entries();
    let inner = entries.iter().enumerate().map(|(at, (name, value))| {
        let place = [place.as_slice(), &[at]].concat();
        (at, *name, place, *value)
    });
    match step {
        Step::Name(wanted) => inner
            .filter(|(_, name, ..)| *name == Some(wanted))
            .map(|(_, _, place, value)| (place, value))
            .collect(),
        Step::Index(wanted) => inner
            .filter(|(at, name, ..)| name.is_none() && *at as u64 == *wanted)
            .map(|(_, _, place, value)| (place, value))
            .collect(),
        Step::Each => inner.map(|(_, _, place, value)| (place, value)).collect(),
        Step::Descend => {
            let below = inner.flat_map(|(_, _, place, value)| take(step, place, value));
            let below: Vec<_> = below.collect();
            std::iter::once((place, value)).chain(below).collect()
        }
    }
}
