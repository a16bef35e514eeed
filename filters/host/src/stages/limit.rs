//! Limits as a stage: it moves requests, the clock and shared data between Envoy and `portcullis-rate-limit`, which
//! decides.

mod answer;
mod counters;
mod shared;

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::rc::Rc;

use portcullis_document::{Document, Mistakes};
use portcullis_rate_limit::{Charge, RateLimits, Reason, Rule, Ruling, Subject, Table, Verdict};

use crate::exchange::Exchange;
use crate::host;
use crate::stage::{Progress, Stage};
use answer::Fields;
use counters::Counters;
use shared::SharedData;

/// The section `rate_limiting`, before it is divided into stages.
pub(super) struct Limits(Option<Rc<Limiter>>);

/// The rules, and the table that all workers share.
struct Limiter {
    limits: RateLimits,
    table: Table,
    store: SharedData,
    counters: Counters,
}

/// The rules of one side of authentication.
struct LimitStage {
    limiter: Rc<Limiter>,
    before_auth: bool,
}

/// Compiles the section, if it is there.
pub(super) fn compile(document: &Document, mistakes: &mut Mistakes) -> Limits {
    let limiter = document.rate_limiting.as_ref().and_then(|config| {
        let limits = RateLimits::compile(config, document.auth.is_some(), mistakes);
        let store = SharedData::default();
        let Ok(table) = Table::open(limits.max_keys(), &store, random()) else {
            mistakes.wrong(config.at.as_str(), "Envoy keeps no shared data for this module");
            return None;
        };
        Some(Rc::new(Limiter { limits, table, store, counters: Counters::default() }))
    });
    Limits(limiter)
}

/// Bytes that nobody can guess. Where the module runs, the standard library asks the host for its keys; each hash
/// under them is as random.
fn random() -> [u8; 16] {
    let keys = RandomState::new();
    let halves = [keys.hash_one(0_u8), keys.hash_one(1_u8)];
    let mut random = [0; 16];
    for (byte, drawn) in random.iter_mut().zip(halves.iter().flat_map(|half| half.to_le_bytes())) {
        *byte = drawn;
    }
    random
}

impl Limits {
    /// The rules that are asked before authentication, if there are any.
    pub(super) fn before_auth(&self) -> Option<Box<dyn Stage>> {
        self.stage(true)
    }

    /// The others.
    pub(super) fn after_auth(&self) -> Option<Box<dyn Stage>> {
        self.stage(false)
    }

    fn stage(&self, before_auth: bool) -> Option<Box<dyn Stage>> {
        let limiter = self.0.as_ref()?;
        let has_rules = limiter.limits.rules().any(|rule| rule.is_before_auth() == before_auth);
        has_rules.then(|| Box::new(LimitStage { limiter: Rc::clone(limiter), before_auth }) as Box<dyn Stage>)
    }
}

impl Stage for LimitStage {
    fn on_request(&self, exchange: &mut Exchange) -> Progress {
        let rule = self.limiter.limits.rule(&exchange.path, exchange.request.method());
        match rule.filter(|rule| rule.is_before_auth() == self.before_auth) {
            Some(rule) => self.limiter.apply(rule, exchange),
            None => Progress::Continue,
        }
    }
}

impl Limiter {
    fn apply(&self, rule: &Rc<Rule>, exchange: &mut Exchange) -> Progress {
        let now = exchange.now();
        let subject = Subject {
            head: &exchange.request,
            path: exchange.path.as_str(),
            identity: exchange.identity.as_ref(),
            address: &host::source_address,
        };
        match rule.charge(&subject, &self.table, &self.store, now) {
            Ruling::Unlimited => Progress::Continue,
            Ruling::KeyMissing => self.refuse(rule, &Reason::KeyMissing, exchange),
            Ruling::Contended => self.refuse(rule, &Reason::Contended, exchange),
            Ruling::Counted(charge) => self.go_on(rule, charge, exchange),
        }
    }

    fn go_on(&self, rule: &Rc<Rule>, charge: Charge, exchange: &mut Exchange) -> Progress {
        self.counters.count(&charge);
        let (now, standing) = (exchange.now(), *charge.verdict.standing());
        let passes = charge.verdict.is_permitted() || rule.is_dry_run();
        if passes && rule.tells_permitted() {
            exchange.on_answer(Box::new(Fields { rule: Rc::clone(rule), standing, now }));
        }
        match charge.verdict {
            Verdict::Permitted(_) => {
                exchange.trace(format_args!("limit;rule={:?};remaining={}", rule.name(), standing.remaining));
                Progress::Continue
            }
            Verdict::Refused { wait, .. } => {
                self.refuse(rule, &Reason::Exceeded { rule, wait, standing, now }, exchange)
            }
        }
    }

    fn refuse(&self, rule: &Rule, reason: &Reason<'_>, exchange: &mut Exchange) -> Progress {
        let (name, detail) = (rule.name(), reason.detail());
        if !rule.is_dry_run() {
            exchange.trace(format_args!("limit;rule={name:?};refused={detail}"));
            return Progress::Refuse(Box::new(reason.refusal()));
        }
        self.counters.count_dry_run();
        exchange.trace(format_args!("limit;rule={name:?};dry_run={detail}"));
        log::info!("the rule {name:?} would refuse a request: {detail}");
        Progress::Continue
    }
}
