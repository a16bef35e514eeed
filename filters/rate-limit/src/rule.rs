//! A rule, compiled: what runs for each request.

use std::time::Duration;

use portcullis_document::rate_limiting::{HeadersOn, KeyPart, LimitSettings, RuleConfig};
use portcullis_document::{Methods, Mistakes, PathTable};

use crate::decision::{Bill, Charge};
use crate::fields::Fields;
use crate::global::{Ask, Global, Paid};
use crate::hash::{KeyHasher, Secret};
use crate::key::{Key, Keyed, Subject};
use crate::set::RuleTag;
use crate::table::Table;
use crate::windows::{MOST_WINDOWS, Windows};
use crate::{Quota, Standing, Store};

/// A rule.
#[derive(Clone, Debug)]
pub struct Rule {
    name: String,
    identity: Identity,
    windows: Windows,
    key: Key,
    cost: u32,
    exempt: PathTable<()>,
    settings: LimitSettings,
    fields: Fields,
    global: Option<Global>,
}

/// What becomes of a request under its rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ruling {
    /// It lacks its key, and such requests are not limited.
    Unlimited,
    /// It lacks its key, and such requests are refused.
    KeyMissing,
    /// It was counted.
    Counted(Charge),
    /// It could not be counted.
    Contended,
    /// The rate limit service must be asked.
    Asks(Ask),
    /// The rate limit service has let it pass, or would have to.
    Paid(Paid),
    /// The rate limit service has nothing left for it.
    UsedUp {
        /// When there will be something again.
        wait: Duration,
        /// How the client stands.
        standing: Standing,
    },
    /// The rate limit service gave no answer, and what it does not answer for is refused.
    Unanswered,
}

/// What makes a rule the same one after a reload, and keeps its buckets apart from those of others: the requests it is for and
/// what it counts them by. Rates, bursts and all else may change without anybody getting a fresh bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Identity {
    bytes: [u8; 16],
    tag: RuleTag,
}

impl Rule {
    /// Compiles a rule called `name`; `None` where it can have no sense. `exempt` are the paths that it lets pass.
    /// Without `has_claims` no token is verified, ever.
    pub(crate) fn compile(
        name: &str,
        config: &RuleConfig,
        exempt: PathTable<()>,
        has_claims: bool,
        mistakes: &mut Mistakes,
    ) -> Option<Self> {
        let quotas = compile_quotas(config, mistakes);
        check_claims(config, has_claims, mistakes);
        if config.key.is_empty() || quotas.len() < config.windows.len() {
            return None;
        }
        let windows = Windows::new(name, &quotas)?.leased(config.cost.get());
        Some(Self {
            name: name.to_owned(),
            identity: Identity::of(name, &config.methods, &config.key),
            key: Key::new(config.key.clone(), config.settings.on_missing_key, config.settings.ipv6_prefix),
            cost: config.cost.get(),
            exempt,
            global: config
                .global
                .as_ref()
                .map(|global| Global::new(global, name, &config.methods, &windows, config.cost.get())),
            fields: Fields::new(&windows, &config.settings),
            settings: config.settings.clone(),
            windows,
        })
    }

    /// Its name for people: `default`, or the pattern of an override.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether it only counts: what it would refuse passes.
    #[must_use]
    pub fn is_dry_run(&self) -> bool {
        self.settings.dry_run
    }

    /// Whether it is asked before authentication, so that refused tokens are counted as well.
    #[must_use]
    pub fn is_before_auth(&self) -> bool {
        self.settings.limit_before_auth
    }

    /// Whether answers to requests that pass tell the limit.
    #[must_use]
    pub fn tells_permitted(&self) -> bool {
        self.settings.headers == HeadersOn::Always
    }

    /// Whether it lets requests of this canonical path pass uncounted.
    #[must_use]
    pub(crate) fn exempts(&self, path: &str, method: &[u8]) -> bool {
        self.exempt.find(path, method).is_some()
    }

    /// Charges a request to its bucket.
    ///
    /// `now` is the time since the Unix epoch.
    pub fn charge(&self, subject: &Subject<'_>, table: &Table, store: &impl Store, now: Duration) -> Ruling {
        let mut hasher = table.hasher();
        hasher.fixed(&self.identity.bytes);
        let slot = match self.key.of(subject, &hasher) {
            Keyed::By(slot) => slot,
            Keyed::Unlimited => return Ruling::Unlimited,
            Keyed::Missing => return Ruling::KeyMissing,
        };
        let bill = Bill { rule: self.identity.tag, windows: &self.windows, cost: self.cost, requests: 1 };
        let charge_here = || table.charge(store, slot, &bill, now);
        match &self.global {
            Some(global) => global.charge(table, store, slot, now, charge_here),
            None => charge_here().map_or(Ruling::Contended, Ruling::Counted),
        }
    }

    /// Asks a rate limit service for so many hits of a request's key.
    #[must_use]
    pub fn question(&self, global: &Global, subject: &Subject<'_>, hits: u32) -> Vec<u8> {
        global.question(&self.key.describe(subject), hits)
    }

    /// The side of the rule that a rate limit service keeps, if one does.
    #[must_use]
    pub fn global(&self) -> Option<&Global> {
        self.global.as_ref()
    }

    /// Writes the header fields that tell how a client stands, each as a name and a value.
    pub fn write_fields(
        &self,
        standing: &Standing,
        now: Duration,
        write: &mut dyn FnMut(&'static str, &[u8]),
    ) {
        self.fields.write(standing, now, write);
    }

    pub(crate) fn tells_refused(&self) -> bool {
        self.settings.headers != HeadersOn::Never
    }
}

fn compile_quotas(config: &RuleConfig, mistakes: &mut Mistakes) -> Vec<Quota> {
    if config.windows.len() > MOST_WINDOWS {
        mistakes.wrong(config.at.as_str(), format!("has more than {MOST_WINDOWS} limits"));
        return Vec::new();
    }
    let mut quotas = Vec::new();
    for window in &config.windows {
        if config.cost > window.burst {
            let (cost, burst) = (config.cost, window.burst);
            let sentence = format!("a bucket of {burst} never holds the {cost} tokens that a request costs");
            mistakes.wrong(window.at.as_str(), sentence);
        }
        match Quota::new(window.requests, window.unit, window.burst) {
            Ok(quota) => quotas.push(quota),
            Err(_) => mistakes
                .wrong(window.at.as_str(), "a bucket of this burst takes over a hundred years to fill"),
        }
    }
    quotas
}

/// Before authentication nobody is anybody, whatever a token says.
fn check_claims(config: &RuleConfig, has_claims: bool, mistakes: &mut Mistakes) {
    if !config.key.iter().any(|part| matches!(part, KeyPart::Claim(_))) {
        return;
    }
    if !has_claims {
        mistakes.wrong(
            config.key_at.as_str(),
            "claims are known only where gateway.wasm has a section auth as well",
        );
    } else if config.settings.limit_before_auth {
        mistakes.wrong(config.key_at.as_str(), "claims are not known before authentication");
    }
}

impl Identity {
    /// The secret is none: it must be the same for all workers, and for all processes does no harm.
    fn of(name: &str, methods: &Methods, key: &[KeyPart]) -> Self {
        let mut hasher = KeyHasher::new(&Secret([0; 16]));
        hasher.part(name.as_bytes());
        for method in methods.in_order() {
            hasher.part(method.as_bytes());
        }
        hasher.part(b"key");
        for part in key {
            add_to_identity(part, &mut hasher);
        }
        let bytes = hasher.digest();
        let [a, b, c, d, ..] = bytes;
        Self { bytes, tag: RuleTag(u32::from_le_bytes([a, b, c, d])) }
    }
}

fn add_to_identity(part: &KeyPart, hasher: &mut KeyHasher) {
    let (form, name) = match part {
        KeyPart::ClientIp => ("client_ip", ""),
        KeyPart::Header(name) => ("header", name.as_str()),
        KeyPart::Cookie(name) => ("cookie", name.as_str()),
        KeyPart::Query(name) => ("query", name.as_str()),
        KeyPart::Claim(name) => ("claim", name.as_str()),
        KeyPart::Path => ("path", ""),
        KeyPart::Shared => ("shared", ""),
    };
    hasher.part(form.as_bytes());
    hasher.part(name.as_bytes());
}
