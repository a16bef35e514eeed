//! The edits of a body, compiled for one look at each member.
//!
//! A bare name holds at any depth and needs no memory of the way to it: [`Names`] finds it. Paths are followed by
//! [`Paths`]. Where edits contradict each other, in this order: a constant replaces what is there; what is removed
//! goes; what an allow-list leaves out goes; what is left is renamed, by a path before a bare name.

mod names;
mod paths;

use std::collections::BTreeMap;

use portcullis_document::Step;
use portcullis_document::transformations::{BodyEdits, Field};
use portcullis_http::json_text;

pub(crate) use names::Names;
pub(crate) use paths::{Paths, word_of};

use paths::{Bit, set};

/// The edits of a body, ready to be applied.
#[derive(Clone, Debug)]
pub struct Rules {
    pub(crate) names: Names,
    pub(crate) paths: Paths,
    pub(crate) constants: Vec<Constant>,
    /// Whether there is no allow-list.
    pub(crate) keeps_all: bool,
    /// Whether a bare name is on the allow-list.
    pub(crate) keeps_anywhere: bool,
    /// Whether a bare name is removed, kept or renamed, so that every object must be looked at.
    pub(crate) looks_everywhere: bool,
    /// The new names.
    pub(crate) new_names: Vec<NewName>,
    removing: Vec<u64>,
    keeping: Vec<u64>,
    renaming: Vec<(Bit, NewNameId)>,
}

/// A name that members are renamed to.
#[derive(Clone, Debug)]
pub(crate) struct NewName {
    pub(crate) name: Box<[u8]>,
    /// The name as a JSON string.
    pub(crate) written: Box<[u8]>,
}

/// The place of a new name among all new names.
pub(crate) type NewNameId = u16;

/// What rules say of a member name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct NameRule {
    pub(crate) name: Box<[u8]>,
    /// Members of this name go, at any depth.
    pub(crate) is_removed: bool,
    /// Members of this name are on the allow-list, at any depth.
    pub(crate) is_kept: bool,
    /// Members of this name are renamed, at any depth.
    pub(crate) renamed: Option<NewNameId>,
    /// Some other member may be renamed to this name.
    pub(crate) taken_by: Option<NewNameId>,
    /// Some object gets a constant of this name.
    pub(crate) is_constant: bool,
    /// The selectors of paths that speak of this name.
    pub(crate) selectors: Vec<u64>,
}

/// A member that is set to a constant.
#[derive(Clone, Debug)]
pub(crate) struct Constant {
    /// The last selectors of the paths to the objects that get it.
    objects: Vec<u64>,
    /// Whether the outermost object gets it.
    is_of_outermost: bool,
    pub(crate) name: Box<[u8]>,
    /// Name, colon and value as they are written.
    pub(crate) written: Box<[u8]>,
}

impl Rules {
    /// Compiles what the document says.
    #[must_use]
    pub fn new(edits: &BodyEdits) -> Self {
        let mut compiler = Compiler::default();
        let removing = compiler.list(&edits.remove, |rule| rule.is_removed = true);
        let keeping = compiler.list(edits.keep.as_deref().unwrap_or_default(), |rule| rule.is_kept = true);
        let renaming = compiler.renaming(edits);
        let constants = compiler.constants(edits);
        let mut paths = compiler.paths;
        for (name, selectors) in paths.take_names() {
            rule_of(&mut compiler.names, &name).selectors = selectors;
        }
        let rules: Vec<NameRule> = compiler.names.into_values().collect();
        Self {
            keeps_all: edits.keep.is_none(),
            keeps_anywhere: rules.iter().any(|rule| rule.is_kept),
            looks_everywhere: rules
                .iter()
                .any(|rule| rule.is_removed || rule.is_kept || rule.renamed.is_some()),
            new_names: compiler.new_names,
            names: Names::new(rules),
            paths,
            constants,
            removing,
            keeping,
            renaming,
        }
    }

    /// Whether one of the matched selectors ends a path that is removed.
    pub(crate) fn remove(&self, matched: &[u64]) -> bool {
        meet(matched, &self.removing)
    }

    /// Whether one of the matched selectors ends a path on the allow-list.
    pub(crate) fn keep(&self, matched: &[u64]) -> bool {
        meet(matched, &self.keeping)
    }

    /// Whether something on the allow-list may still be found below a value with this set inside.
    #[inline]
    pub(crate) fn may_keep_below(&self, inside: &[u64]) -> bool {
        self.keeps_anywhere || (!self.keeping.is_empty() && inside.iter().any(|word| *word != 0))
    }

    /// The new name by the first matched path that renames.
    pub(crate) fn new_name(&self, matched: &[u64]) -> Option<NewNameId> {
        let mut renaming = self.renaming.iter();
        renaming.find(|(bit, _)| word_of(matched, bit.word) & bit.mask() != 0).map(|(_, new_name)| *new_name)
    }
}

impl Constant {
    /// Whether an object gets it that the `matched` selectors led to.
    pub(crate) fn is_of(&self, matched: &[u64], is_outermost: bool) -> bool {
        (is_outermost && self.is_of_outermost) || meet(matched, &self.objects)
    }
}

fn meet(a: &[u64], b: &[u64]) -> bool {
    a.iter().zip(b).any(|(a, b)| a & b != 0)
}

/// What has been compiled so far.
#[derive(Default)]
struct Compiler {
    names: BTreeMap<String, NameRule>,
    paths: Paths,
    new_names: Vec<NewName>,
}

fn rule_of<'n>(names: &'n mut BTreeMap<String, NameRule>, name: &str) -> &'n mut NameRule {
    let rule = names.entry(name.to_owned()).or_default();
    if rule.name.is_empty() {
        rule.name = name.as_bytes().into();
    }
    rule
}

impl Compiler {
    /// Enters fields of one kind, and answers the last selectors of those that are paths.
    fn list(&mut self, fields: &[Field], mark: impl Fn(&mut NameRule)) -> Vec<u64> {
        let mut ends = Vec::new();
        for field in fields {
            match field {
                Field::Anywhere(name) => mark(rule_of(&mut self.names, name)),
                Field::At(path) => {
                    if let Some(bit) = self.paths.add(path.steps()) {
                        set(&mut ends, bit);
                    }
                }
            }
        }
        ends
    }

    fn renaming(&mut self, edits: &BodyEdits) -> Vec<(Bit, NewNameId)> {
        let mut ends = Vec::new();
        for renamed in &edits.rename {
            let Some(new_name) = self.new_name(&renamed.to) else { continue };
            match &renamed.field {
                Field::Anywhere(name) => rule_of(&mut self.names, name).renamed = Some(new_name),
                Field::At(path) => ends.extend(self.paths.add(path.steps()).map(|bit| (bit, new_name))),
            }
        }
        ends
    }

    /// `None` where there are more new names than any document holds.
    fn new_name(&mut self, name: &str) -> Option<NewNameId> {
        let next = NewNameId::try_from(self.new_names.len()).ok()?;
        let rule = rule_of(&mut self.names, name);
        if rule.taken_by.is_none() {
            rule.taken_by = Some(next);
            self.new_names.push(NewName { name: name.as_bytes().into(), written: written(name).into() });
        }
        rule.taken_by
    }

    fn constants(&mut self, edits: &BodyEdits) -> Vec<Constant> {
        let mut constants = Vec::new();
        for constant in &edits.set {
            let path = constant.object.steps();
            let below = [path, &[Step::Descend, Step::Each]].concat();
            let below = constant.and_below.then(|| self.paths.add(&below)).flatten();
            let mut objects = Vec::new();
            let ends = self.paths.add(path).into_iter().chain(below);
            ends.for_each(|bit| set(&mut objects, bit));
            rule_of(&mut self.names, &constant.name).is_constant = true;
            let written = [written(&constant.name), vec![b':'], constant.value.clone().into_bytes()].concat();
            constants.push(Constant {
                objects,
                is_of_outermost: path.is_empty(),
                name: constant.name.as_bytes().into(),
                written: written.into(),
            });
        }
        constants
    }
}

/// A name as a JSON string.
fn written(name: &str) -> Vec<u8> {
    json_text(name).into_bytes()
}
