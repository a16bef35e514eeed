//! The rules of a document, and which of them a request is under.

use std::rc::Rc;

use portcullis_document::{
    CanonicalPath, Methods, Mistakes, PathEntry, PathRules, PathTable, RateLimitingConfig,
};

use crate::Rule;

/// All rules of a document.
#[derive(Clone, Debug)]
pub struct RateLimits {
    default: Option<(Methods, Rc<Rule>)>,
    overrides: PathTable<Rc<Rule>>,
    exempt: PathTable<()>,
    max_keys: u32,
}

impl RateLimits {
    /// Compiles the section; what is wrong is noted, and the rest works on to find more. `has_claims` says whether
    /// tokens are verified before the limits.
    #[must_use]
    pub fn compile(config: &RateLimitingConfig, has_claims: bool, mistakes: &mut Mistakes) -> Self {
        let default = config.default.as_ref().and_then(|rule| {
            let exempt = paths(&rule.exempt_paths, mistakes);
            let compiled = Rule::compile("default", rule, exempt, has_claims, mistakes)?;
            Some((rule.methods.clone(), Rc::new(compiled)))
        });
        Self {
            default,
            overrides: compile_overrides(config, has_claims, mistakes),
            exempt: paths(&config.exempt_paths, mistakes),
            max_keys: config.max_keys,
        }
    }

    /// The rule of a request, which is of the most specific override for its canonical path, or the default's.
    ///
    /// An exempt path has none; but a request whose raw path is not canonical is exempt from nothing.
    #[must_use]
    pub fn rule(&self, path: &CanonicalPath<'_>, method: &[u8]) -> Option<&Rc<Rule>> {
        let (path, is_canonical) = (path.as_str(), path.is_canonical());
        if is_canonical && self.exempt.find(path, method).is_some() {
            return None;
        }
        let default = self.default.as_ref().filter(|(methods, _)| methods.hold(method));
        let specific = self.overrides.find(path, method).map(|found| found.value);
        let rule = specific.or_else(|| default.map(|(_, rule)| rule))?;
        (!(is_canonical && rule.exempts(path, method))).then_some(rule)
    }

    /// Every rule, the default first.
    pub fn rules(&self) -> impl Iterator<Item = &Rc<Rule>> {
        let default = self.default.iter().map(|(_, rule)| rule);
        default.chain(self.overrides.values())
    }

    /// The largest number of buckets.
    #[must_use]
    pub fn max_keys(&self) -> u32 {
        self.max_keys
    }
}

fn compile_overrides(
    config: &RateLimitingConfig,
    has_claims: bool,
    mistakes: &mut Mistakes,
) -> PathTable<Rc<Rule>> {
    let mut rules = PathRules::default();
    // Clashes are found among all, also those whose rule is wrong in itself.
    let mut taken = PathRules::default();
    for entry in &config.overrides {
        let (at, pattern) = (&entry.entry.at, &entry.entry.path);
        if let Err(clash) = taken.insert(pattern.clone(), entry.entry.methods.clone(), ()) {
            mistakes.wrong(format!("{at}.path"), format!("holds the same requests as {:?}", clash.with));
        }
        let exempt = paths(&entry.rule.exempt_paths, mistakes);
        let Some(rule) = Rule::compile(pattern.as_str(), &entry.rule, exempt, has_claims, mistakes) else {
            continue;
        };
        // One that clashes has been noted.
        let _ = rules.insert(pattern.clone(), entry.entry.methods.clone(), Rc::new(rule));
    }
    rules.build()
}

fn paths(entries: &[PathEntry], mistakes: &mut Mistakes) -> PathTable<()> {
    let mut rules = PathRules::default();
    for entry in entries {
        if let Err(clash) = rules.insert(entry.path.clone(), entry.methods.clone(), ()) {
            mistakes.wrong(entry.at.as_str(), format!("holds the same requests as {:?}", clash.with));
        }
    }
    rules.build()
}

#[cfg(test)]
mod tests;
