//! The rules of the section `transformations`: which one changes the answer to a request.

mod status_classes;

use std::collections::HashMap;
use std::rc::Rc;

use portcullis_document::transformations::{OnFailure, TransformationConfig};
use portcullis_document::{CanonicalPath, Mistakes, PathRules, PathTable};

use crate::Rules;

use status_classes::StatusClasses;

/// One rule, compiled.
#[derive(Debug)]
pub struct Transformation {
    /// Its path, as the document writes it.
    pub path: String,
    /// What it does to JSON.
    pub rules: Rc<Rules>,
    /// What happens to what cannot be transformed.
    pub on_failure: OnFailure,
    /// Up to this size a body is finished before its head leaves.
    pub hold_bytes: usize,
    /// Whether it holds for events.
    pub sse: bool,
    /// It changes nothing: it is there to take its answers out of a wider rule.
    is_idle: bool,
}

/// The rules, by path, method and status.
///
/// A rule that is narrowed to statuses leaves other answers to the next rule that holds their path, as one that is
/// narrowed to methods leaves other requests. The status is not known when a request comes, so there is a table for each
/// class of statuses that no rule tells apart; most documents have one.
#[derive(Debug)]
pub struct Transformations {
    classes: Rc<StatusClasses>,
    tables: Vec<PathTable<Rc<Transformation>>>,
}

/// The rules that may hold for the answer to one request.
#[derive(Clone, Debug)]
pub struct Chosen {
    classes: Rc<StatusClasses>,
    by_class: ByClass,
}

#[derive(Clone, Debug)]
enum ByClass {
    One(Rc<Transformation>),
    Several(Box<[Option<Rc<Transformation>>]>),
}

impl Transformations {
    /// Compiles the section; rules that hold the same answers are noted.
    pub fn compile(configs: &[TransformationConfig], mistakes: &mut Mistakes) -> Self {
        note_clashes(configs, mistakes);
        let statuses: Vec<_> = configs.iter().map(|config| &config.statuses).collect();
        let classes = StatusClasses::of(&statuses);
        let rules: Vec<_> = configs.iter().map(|config| Rc::new(Transformation::new(config))).collect();
        let table = |class: usize| {
            let held = |at: &usize| classes.hold(class, *at);
            let (any, listed): (Vec<_>, Vec<_>) =
                (0..configs.len()).filter(held).partition(|at| statuses.get(*at).is_some_and(|s| s.is_any()));
            let mut table = PathRules::default();
            for at in listed.into_iter().chain(any) {
                if let Some((config, rule)) = configs.get(at).zip(rules.get(at)) {
                    // A rule for any status that clashes gives way to the one that names this status.
                    let entry = &config.entry;
                    let _ = table.insert(entry.path.clone(), entry.methods.clone(), Rc::clone(rule));
                }
            }
            table.build()
        };
        Self { tables: (0..classes.len()).map(table).collect(), classes: Rc::new(classes) }
    }

    /// The rules for a request, by its canonical path and its method. Where no rule holds that path, and a more obliging
    /// server may read another one, the rules for the other: no spelling of a path gets around a rule.
    #[must_use]
    pub fn choose(&self, path: &CanonicalPath<'_>, method: &[u8]) -> Option<Chosen> {
        self.at(path.as_str(), method).or_else(|| self.at(path.loosest()?.as_str(), method))
    }

    fn at(&self, path: &str, method: &[u8]) -> Option<Chosen> {
        let find = |table: &PathTable<Rc<Transformation>>| {
            table.find(path, method).map(|found| Rc::clone(found.value)).filter(|rule| !rule.is_idle)
        };
        let by_class = match &*self.tables {
            [table] => ByClass::One(find(table)?),
            tables => {
                let found: Box<[_]> = tables.iter().map(find).collect();
                found.iter().any(Option::is_some).then_some(ByClass::Several(found))?
            }
        };
        Some(Chosen { classes: Rc::clone(&self.classes), by_class })
    }
}

impl Chosen {
    /// The rule for an answer of this status.
    #[must_use]
    pub fn for_status(self, status: Option<u16>) -> Option<Rc<Transformation>> {
        match self.by_class {
            ByClass::One(rule) => Some(rule),
            ByClass::Several(rules) => rules.get(self.classes.class_of(status))?.clone(),
        }
    }
}

impl Transformation {
    /// Whether answers that cannot be transformed pass as they came.
    #[must_use]
    pub fn passes_failures(&self) -> bool {
        self.on_failure == OnFailure::Pass
    }

    fn new(config: &TransformationConfig) -> Self {
        Self {
            path: config.entry.path.as_str().to_owned(),
            rules: Rc::new(Rules::new(&config.response)),
            on_failure: config.on_failure,
            hold_bytes: config.hold_bytes,
            sse: config.sse,
            is_idle: config.response.is_empty(),
        }
    }
}

/// Two rules clash when they hold the same requests and both are for any status, or both name one.
fn note_clashes(configs: &[TransformationConfig], mistakes: &mut Mistakes) {
    let mut by_shape = HashMap::<String, Vec<&TransformationConfig>>::new();
    for config in configs {
        let rivals = by_shape.entry(config.entry.path.shape()).or_default();
        let clashes = |rival: &&&TransformationConfig| {
            rival.statuses.overlap(&config.statuses) && rival.entry.methods.overlap(&config.entry.methods)
        };
        if let Some(rival) = rivals.iter().find(clashes) {
            let sentence = format!("holds the same answers as {:?}", rival.entry.path.as_str());
            mistakes.wrong(format!("{}.path", config.entry.at), sentence);
        }
        rivals.push(config);
    }
}

#[cfg(test)]
mod tests;
