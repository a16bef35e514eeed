//! The section, compiled: which requests are aggregated, and how.

use std::borrow::Cow;
use std::rc::Rc;

use percent_encoding::percent_decode_str;
use portcullis_document::transformations::BodyEdits;
use portcullis_document::{AggregationConfig, Methods, Mistakes, PathRules, PathTable};

use crate::compile;
use crate::gather::{Gather, Progress, Turn};
use crate::plan::{Plan, Rewrite};

/// The compiled section `aggregations`.
#[derive(Debug)]
pub struct Aggregations {
    plans: PathTable<Rc<Plan>>,
}

/// What the section needs to know of the rest of the document.
#[derive(Clone, Copy)]
pub struct Surroundings<'a> {
    /// The headers in which the verified identity is handed on, in lower case.
    pub identity_headers: &'a [String],
    /// Whether there are claims: the document has an `auth` section.
    pub has_claims: bool,
    /// Compiles the `response` of a part.
    pub rewriter: &'a dyn Fn(&BodyEdits) -> Box<dyn Rewrite>,
}

/// A request that is to be aggregated.
#[derive(Debug)]
pub struct Match {
    plan: Rc<Plan>,
    captures: Vec<Vec<u8>>,
}

impl Aggregations {
    /// Compiles the section; everything that is wrong with it goes to `mistakes`.
    pub fn compile(
        configs: &[AggregationConfig],
        surroundings: &Surroundings<'_>,
        mistakes: &mut Mistakes,
    ) -> Self {
        let mut rules = PathRules::default();
        for config in configs {
            let plan = Rc::new(compile::plan(config, surroundings, mistakes));
            if let Err(clash) = rules.insert(config.path.clone(), Methods::any(), plan) {
                let sentence = format!("holds the same requests as {:?}", clash.with);
                mistakes.wrong(format!("{}.path", config.at), sentence);
            }
        }
        Self { plans: rules.build() }
    }

    /// The plan for a request, by its method and canonical path. Other methods than GET and HEAD are the route's.
    #[must_use]
    pub fn find(&self, method: &[u8], path: &str) -> Option<Match> {
        if method != b"GET" && method != b"HEAD" {
            return None;
        }
        let found = self.plans.find(path, method)?;
        let captured = (0..).map_while(|position| found.capture(position));
        let captures = captured.map(|segment| Cow::from(percent_decode_str(segment)).into_owned()).collect();
        Some(Match { plan: Rc::clone(found.value), captures })
    }

    /// The claims that templates ask for, by the names that they use; a name may come more than once.
    pub fn claims(&self) -> impl Iterator<Item = &str> {
        self.plans.values().flat_map(|plan| plan.claims())
    }
}

impl Match {
    /// Asks the parts that require no others.
    #[must_use]
    pub fn start(self, turn: &mut Turn<'_>) -> Progress {
        Gather::start(self.plan, self.captures, turn)
    }
}
