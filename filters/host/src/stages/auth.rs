//! Authentication as a stage: it moves headers, keys and verdicts between Envoy and `portcullis-jwt-auth`, which decides.

mod keys;
mod tally;
mod verifier;
mod waiting;

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use portcullis_document::{Document, Mistakes};
use portcullis_jwt_auth::{Auth, Decision, Missing, Need, Pass, Reason, Trust};

use super::places::Places;
use crate::exchange::Exchange;
use crate::host::{Answer, CallId};
use crate::stage::{Progress, Stage};
use keys::Source;
use tally::Tallies;
use verifier::BoringSsl;
use waiting::WaitingForKeys;

/// The section `auth` and what a worker knows by now.
struct Gatekeeper {
    auth: Auth,
    trust: RefCell<Trust>,
    sources: Vec<Source>,
    host: BoringSsl,
    tallies: Tallies,
    places: Places,
}

/// The stage is shared with the requests that wait for it.
struct AuthStage(Rc<Gatekeeper>);

/// How often a worker looks for what the others have fetched: all see a new key set within two seconds.
const BEAT: Duration = Duration::from_secs(1);

/// Compiles the section, if it is there. `wanted` are the claims that other sections ask for.
pub(super) fn compile(
    document: &Document,
    wanted: &[String],
    mistakes: &mut Mistakes,
) -> Option<Box<dyn Stage>> {
    let (auth, trust) = Auth::compile(document.auth.as_ref()?, wanted, mistakes);
    let providers = auth.providers().iter().enumerate();
    let sources = providers.filter_map(|(number, provider)| Source::of(number, provider)).collect();
    Some(Box::new(AuthStage(Rc::new(Gatekeeper {
        sources,
        auth,
        trust: RefCell::new(trust),
        host: BoringSsl::default(),
        tallies: Tallies::default(),
        places: Places::default(),
    }))))
}

impl Stage for AuthStage {
    fn on_request(&self, exchange: &mut Exchange) -> Progress {
        let now = exchange.now();
        self.0.decide(exchange, now)
    }

    fn allows_trailer(&self, name: &[u8]) -> bool {
        !self.0.auth.carries_identity(name)
    }

    fn next_tick(&self) -> Option<Duration> {
        self.0.sources.iter().map(Source::next_look).min()
    }

    fn on_tick(&self, now: Duration) {
        for source in self.0.sources.iter().filter(|source| source.next_look() <= now) {
            source.beat(&mut self.0.trust.borrow_mut(), now);
        }
    }

    fn on_answer(&self, call: CallId, answer: &Answer, now: Duration) {
        if let Some(source) = self.0.sources.iter().find(|source| source.made(call)) {
            source.receive(answer, &mut self.0.trust.borrow_mut(), now);
        }
    }
}

impl Gatekeeper {
    /// Decides about a request that has waited since `since`.
    fn decide(self: &Rc<Self>, exchange: &mut Exchange, since: Duration) -> Progress {
        let now = exchange.now();
        loop {
            let mut trust = self.trust.borrow_mut();
            let decision =
                self.auth.decide(&mut exchange.request, &exchange.path, &mut trust, &self.host, now);
            match decision {
                Decision::Pass(pass) => return self.pass(exchange, pass),
                Decision::Refuse(reason) => return self.refuse(exchange, &reason),
                // Another worker may have fetched what is missing: each look that brings something new is worth a try.
                Decision::NeedKeys(need) if self.look(need, &mut trust, now) => {}
                Decision::NeedKeys(need) => return self.wait_or_refuse(exchange, need, since),
            }
        }
    }

    fn look(&self, need: Need, trust: &mut Trust, now: Duration) -> bool {
        self.source(need).is_some_and(|source| source.look(trust, now))
    }

    fn source(&self, need: Need) -> Option<&Source> {
        self.sources.iter().find(|source| source.provider() == need.provider)
    }

    fn pass(&self, exchange: &mut Exchange, pass: Pass) -> Progress {
        self.tallies.count_pass(&pass);
        match pass {
            Pass::Preflight => exchange.trace(format_args!("jwt;preflight")),
            Pass::Excluded => exchange.trace(format_args!("jwt;excluded")),
            Pass::Anonymous => exchange.trace(format_args!("jwt;anonymous")),
            Pass::Verified { identity, subject, was_remembered } => {
                let cache = if was_remembered { "hit" } else { "miss" };
                let subject = subject.as_deref().unwrap_or_default();
                exchange.trace(format_args!("jwt;sub={subject};cache={cache}"));
                exchange.identity = Some(identity);
            }
        }
        Progress::Continue
    }

    fn wait_or_refuse(self: &Rc<Self>, exchange: &mut Exchange, need: Need, since: Duration) -> Progress {
        let now = exchange.now();
        let Some(source) = self.source(need) else {
            return self.refuse(exchange, &Reason::UnknownKey);
        };
        let deadline = since.saturating_add(source.timeout());
        if source.may_come(need.missing, now, deadline)
            && let Some(place) = self.places.take()
        {
            let waiting = WaitingForKeys::new(Rc::clone(self), source, need, since, place);
            return Progress::Wait(Box::new(waiting.resting_from(now)));
        }
        let reason = match need.missing {
            Missing::Everything => Reason::KeysUnavailable { retry_after: source.retry_after(now) },
            Missing::NamedKey => Reason::UnknownKey,
        };
        self.refuse(exchange, &reason)
    }

    fn refuse(&self, exchange: &mut Exchange, reason: &Reason) -> Progress {
        let word = reason.word();
        self.tallies.count_refusal(word);
        exchange.trace(format_args!("jwt;refused={word}"));
        Progress::Refuse(Box::new(reason.refusal(self.auth.realm())))
    }
}
