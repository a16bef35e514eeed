//! Limits as a stage: it moves requests, the clock and shared data between Envoy and `portcullis-rate-limit`, which
//! decides.

mod answer;
mod counters;
mod service;
mod shared;

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::rc::Rc;
use std::time::Duration;

use portcullis_document::{Document, Mistakes};
use portcullis_rate_limit::{
    Charge, Paid, RateLimits, Reason, Rule, Ruling, Standing, Subject, Table, Verdict,
};

use crate::exchange::Exchange;
use crate::host::{self, Answer, CallId};
use crate::stage::{Progress, Stage};
use answer::Fields;
use counters::Counters;
use service::Services;
use shared::SharedData;

/// The section `rate_limiting`, before it is divided into stages.
pub(super) struct Limits(Option<Rc<Limiter>>);

/// The rules, and the table that all workers share.
struct Limiter {
    limits: RateLimits,
    table: Table,
    store: SharedData,
    counters: Counters,
    services: Services,
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
        let (counters, services) = (Counters::default(), Services::default());
        Some(Rc::new(Limiter { limits, table, store, counters, services }))
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

    fn on_answer(&self, call: CallId, answer: &Answer, now: Duration) {
        self.limiter.keep_for_others(call, answer, now);
    }
}

impl Limiter {
    fn apply(self: &Rc<Self>, rule: &Rc<Rule>, exchange: &mut Exchange) -> Progress {
        let ruling = rule.charge(&subject(exchange), &self.table, &self.store, exchange.now());
        self.follow(rule, ruling, exchange)
    }

    fn follow(self: &Rc<Self>, rule: &Rc<Rule>, ruling: Ruling, exchange: &mut Exchange) -> Progress {
        let now = exchange.now();
        match ruling {
            Ruling::Unlimited => Progress::Continue,
            Ruling::KeyMissing => self.refuse(rule, &Reason::KeyMissing, exchange),
            Ruling::Contended => self.refuse(rule, &Reason::Contended, exchange),
            Ruling::Counted(charge) => self.go_on(rule, charge, exchange),
            Ruling::Asks(ask) => self.ask(rule, ask, now, exchange),
            Ruling::Paid(paid) => self.go_on_paid(rule, paid, exchange),
            Ruling::UsedUp { wait, standing } => {
                self.tell(rule, standing, rule.is_dry_run(), exchange);
                self.refuse(rule, &Reason::UsedUp { rule, wait, standing, now }, exchange)
            }
            Ruling::Unanswered => self.refuse(rule, &Reason::Unanswered, exchange),
        }
    }

    fn go_on(&self, rule: &Rc<Rule>, charge: Charge, exchange: &mut Exchange) -> Progress {
        self.counters.count(&charge);
        let (now, standing) = (exchange.now(), *charge.verdict.standing());
        self.tell(rule, standing, charge.verdict.is_permitted() || rule.is_dry_run(), exchange);
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

    fn go_on_paid(&self, rule: &Rc<Rule>, paid: Paid, exchange: &mut Exchange) -> Progress {
        self.counters.count_paid(&paid);
        let (name, by) = (rule.name(), service::name_of(paid.by));
        match paid.standing {
            Some(standing) => {
                self.tell(rule, standing, true, exchange);
                let remaining = standing.remaining;
                exchange.trace(format_args!("limit;rule={name:?};remaining={remaining};global={by}"));
            }
            None => exchange.trace(format_args!("limit;rule={name:?};global={by}")),
        }
        Progress::Continue
    }

    /// Leaves the fields for the answer to a request that passes.
    fn tell(&self, rule: &Rc<Rule>, standing: Standing, passes: bool, exchange: &mut Exchange) {
        if passes && rule.tells_permitted() {
            let now = exchange.now();
            exchange.on_answer(Box::new(Fields { rule: Rc::clone(rule), standing, now }));
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

fn subject(exchange: &Exchange) -> Subject<'_> {
    Subject {
        head: &exchange.request,
        path: exchange.path.as_str(),
        identity: exchange.identity.as_ref(),
        address: &host::source_address,
    }
}
