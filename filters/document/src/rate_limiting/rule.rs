//! A rule: what is counted, by what, and how often it may come.

use std::num::NonZeroU32;

use super::{GlobalConfig, KeyPart, LimitSettings, WindowConfig, global, window};
use crate::path_entry::{self, PathEntry};
use crate::{Fields, Methods, Mistakes, Node};

/// A rule, whatever requests it is for.
#[derive(Clone, Debug)]
pub struct RuleConfig {
    /// Where it stands in the document.
    pub at: String,
    /// All of these must allow a request.
    pub windows: Vec<WindowConfig>,
    /// What requests are counted by.
    pub key: Vec<KeyPart>,
    /// Where the key stands in the document, or would.
    pub key_at: String,
    /// How many tokens a request takes.
    pub cost: NonZeroU32,
    /// Where the cost stands in the document, or would.
    pub cost_at: String,
    /// The methods that it is narrowed to.
    pub methods: Methods,
    /// Requests of the rule that it lets pass uncounted.
    pub exempt_paths: Vec<PathEntry>,
    /// The service that keeps the limit over several Envoys, if there is one.
    pub global: Option<GlobalConfig>,
    /// How it behaves.
    pub settings: LimitSettings,
}

/// What stands at the top of the section, for rules that do not say otherwise.
pub(super) struct Shared {
    pub(super) settings: LimitSettings,
    pub(super) global: Option<GlobalConfig>,
}

/// A rule for the requests of one pattern.
#[derive(Clone, Debug)]
pub struct OverrideConfig {
    /// The pattern and the methods.
    pub entry: PathEntry,
    /// The rule, whose methods are the entry's.
    pub rule: RuleConfig,
}

impl RuleConfig {
    /// Reads the default rule.
    pub(super) fn read_default(node: &Node<'_>, shared: &Shared, mistakes: &mut Mistakes) -> Option<Self> {
        let mut fields = node.fields(mistakes)?;
        let methods = match fields.take("methods") {
            Some(node) => Methods::read(&node, mistakes),
            None => Some(Methods::any()),
        };
        let rule = Self::read(&mut fields, &KeyPart::defaults(), shared, mistakes);
        fields.finish(mistakes);
        Some(Self { methods: methods?, ..rule })
    }

    fn read(fields: &mut Fields<'_>, key: &[KeyPart], shared: &Shared, mistakes: &mut Mistakes) -> Self {
        let windows = window::read_all(fields, mistakes);
        let key = match fields.take("key") {
            Some(node) => KeyPart::read_all(&node, mistakes),
            None => key.to_vec(),
        };
        let cost = fields.take("cost").and_then(|node| window::read_number(&node, mistakes));
        let global = match fields.take("global") {
            Some(node) => global::read(Some(node), mistakes),
            None => shared.global.clone(),
        };
        Self {
            at: fields.path().to_owned(),
            windows,
            key,
            key_at: fields.path_of("key"),
            cost: cost.unwrap_or(NonZeroU32::MIN),
            cost_at: fields.path_of("cost"),
            methods: Methods::any(),
            exempt_paths: path_entry::read_list(fields.take("exempt_paths"), mistakes),
            global,
            settings: shared.settings.clone().read(fields, mistakes),
        }
    }
}

impl OverrideConfig {
    /// Reads `overrides`; one that names no key has the default's.
    pub(super) fn read_all(
        node: &Node<'_>,
        key: &[KeyPart],
        shared: &Shared,
        mistakes: &mut Mistakes,
    ) -> Vec<Self> {
        let items = node.items(mistakes).unwrap_or_default();
        items.iter().filter_map(|item| Self::read(item, key, shared, mistakes)).collect()
    }

    fn read(node: &Node<'_>, key: &[KeyPart], shared: &Shared, mistakes: &mut Mistakes) -> Option<Self> {
        let mut fields = node.fields(mistakes)?;
        let entry = path_entry::read_members(&mut fields, mistakes);
        let rule = RuleConfig::read(&mut fields, key, shared, mistakes);
        fields.finish(mistakes);
        let entry = entry?;
        let methods = entry.methods.clone();
        Some(Self { entry, rule: RuleConfig { methods, ..rule } })
    }
}
