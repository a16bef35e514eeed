//! The section `rate_limiting`, as the document writes it.
//!
//! Settings that stand at the top hold for every rule that does not say otherwise. Whether the rules get along, and
//! whether a bucket can ever hold what a request costs, is found out when the section is compiled.

mod global;
mod key;
mod rule;
mod settings;
mod window;

use crate::path_entry::{self, PathEntry};
use crate::{Mistakes, Node};

pub use global::{GlobalConfig, OnError};
pub use key::KeyPart;
pub use rule::{OverrideConfig, RuleConfig};
pub use settings::{HeadersOn, LimitSettings, OnMissingKey, ResetForm};
pub use window::{RateUnit, WindowConfig};

use rule::Shared;
use settings::choice;

/// The section `rate_limiting`.
#[derive(Clone, Debug)]
pub struct RateLimitingConfig {
    /// Where it stands in the document.
    pub at: String,
    /// The rule of every request that no override takes; without it they are not limited.
    pub default: Option<RuleConfig>,
    /// Rules that replace the default for their paths.
    pub overrides: Vec<OverrideConfig>,
    /// Requests that no rule holds.
    pub exempt_paths: Vec<PathEntry>,
    /// The largest number of buckets, over all rules.
    pub max_keys: u32,
}

/// Some 4 MiB of shared data.
const MAX_KEYS: u64 = 65_536;
/// A gigabyte of shared data: past that, limits belong into a service of their own.
const MOST_KEYS: u64 = 1 << 24;

impl RateLimitingConfig {
    /// Reads the section; what is wrong is noted, and what can still be read is handed on to find more.
    pub fn read(node: &Node<'_>, mistakes: &mut Mistakes) -> Option<Self> {
        let mut fields = node.fields(mistakes)?;
        let shared = Shared {
            settings: LimitSettings::default().read(&mut fields, mistakes),
            global: global::read(fields.take("global"), mistakes),
        };
        let default = fields.take("default");
        let overrides = fields.take("overrides");
        if default.is_none() && overrides.is_none() {
            mistakes.wrong(node.path(), "limits nothing; give it a default, overrides or both");
        }
        let default = default.and_then(|node| RuleConfig::read_default(&node, &shared, mistakes));
        let key = default.as_ref().map_or_else(KeyPart::defaults, |rule| rule.key.clone());
        let overrides =
            overrides.map_or_else(Vec::new, |node| OverrideConfig::read_all(&node, &key, &shared, mistakes));
        let exempt_paths = path_entry::read_list(fields.take("exempt_paths"), mistakes);
        let max_keys = fields.count("max_keys", 1..=MOST_KEYS, mistakes);
        fields.finish(mistakes);
        Some(Self {
            at: node.path().to_owned(),
            default,
            overrides,
            exempt_paths,
            max_keys: u32::try_from(max_keys.unwrap_or(MAX_KEYS)).unwrap_or(u32::MAX),
        })
    }

    /// Every rule, the default first.
    pub fn rules(&self) -> impl Iterator<Item = &RuleConfig> {
        let overrides = self.overrides.iter().map(|entry| &entry.rule);
        self.default.iter().chain(overrides)
    }

    /// The claims that keys are made of, by the names that the document uses, with the place of each.
    pub fn claims(&self) -> impl Iterator<Item = (&str, &str)> {
        self.rules().flat_map(|rule| {
            rule.key.iter().filter_map(|part| match part {
                KeyPart::Claim(name) => Some((rule.key_at.as_str(), name.as_str())),
                _ => None,
            })
        })
    }
}

#[cfg(test)]
mod tests;
