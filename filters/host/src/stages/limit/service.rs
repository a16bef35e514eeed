//! Rate limit services, and the requests that wait for their answers.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use portcullis_rate_limit::{Answer as Word, Ask, Global, Payer, Rule, Ruling, Slot};

use super::{Limiter, subject};
use crate::exchange::Exchange;
use crate::host::{self, Answer, CallId, GrpcMethod};
use crate::stage::{Progress, Waiting};
use crate::stages::places::{Place, Places};

const SHOULD_RATE_LIMIT: GrpcMethod =
    GrpcMethod { service: "envoy.service.ratelimit.v3.RateLimitService", name: "ShouldRateLimit" };

/// A word with what is told besides is some hundred bytes; what is much longer is none.
const LONGEST_ANSWER: usize = 65_536;

/// The questions that are under way for more than one request, by the key that they ask for, and the requests that wait.
#[derive(Default)]
pub(super) struct Services {
    asked: RefCell<BTreeMap<Slot, Question>>,
    places: Places,
}

/// A question whose answer serves all requests of a key.
struct Question {
    call: CallId,
    rule: Rc<Rule>,
    ask: Ask,
}

/// A request that waits for an answer: to its own question, or to that of another one with its key.
struct WaitingForService {
    limiter: Rc<Limiter>,
    rule: Rc<Rule>,
    ask: Ask,
    is_asker: bool,
    /// When it began to wait.
    since: Duration,
    _place: Place,
}

impl Limiter {
    /// Asks the rule's service, or waits with others for what it says. `since` is when the request began to wait.
    pub(super) fn ask(
        self: &Rc<Self>,
        rule: &Rc<Rule>,
        ask: Ask,
        since: Duration,
        exchange: &mut Exchange,
    ) -> Progress {
        let Some(global) = rule.global() else { return Progress::Continue };
        let waited = exchange.now().saturating_sub(since);
        let left = global.timeout().checked_sub(waited).filter(|left| !left.is_zero());
        let Some((left, place)) = left.zip(self.services.places.take()) else {
            return self.give_up(rule, global, &ask, exchange);
        };
        let is_asker = match self.services.call_for(&ask, global) {
            Some(call) => {
                exchange.share_call(call);
                false
            }
            None => {
                let Ok(call) = self.send(rule, global, &ask, left, exchange) else {
                    return self.give_up(rule, global, &ask, exchange);
                };
                self.services.note(call, rule, ask, global);
                true
            }
        };
        let (limiter, rule) = (Rc::clone(self), Rc::clone(rule));
        Progress::Wait(Box::new(WaitingForService { limiter, rule, ask, is_asker, since, _place: place }))
    }

    fn send(
        &self,
        rule: &Rule,
        global: &Global,
        ask: &Ask,
        timeout: Duration,
        exchange: &Exchange,
    ) -> Result<CallId, host::NotSent> {
        self.counters.count_call();
        let message = rule.question(global, &subject(exchange), ask.hits);
        exchange.grpc_call(global.cluster(), SHOULD_RATE_LIMIT, &message, timeout)
    }

    fn give_up(
        self: &Rc<Self>,
        rule: &Rc<Rule>,
        global: &Global,
        ask: &Ask,
        exchange: &mut Exchange,
    ) -> Progress {
        self.counters.count_error();
        self.follow(rule, global.give_up(ask), exchange)
    }

    /// An answer for which no request waits any more: the clients have left, and others may spend what was taken for them.
    pub(super) fn keep_for_others(&self, call: CallId, answer: &Answer, now: Duration) {
        let Some(Question { rule, ask, .. }) = self.services.take_any(call) else { return };
        if let (Some(global), Some(word)) = (rule.global(), read(answer)) {
            global.keep(&ask, &word, false, &self.table, &self.store, now);
        }
    }

    /// What an answer means for one of those who waited for it.
    fn hear(
        &self,
        waiting: &WaitingForService,
        global: &Global,
        call: CallId,
        word: &Word,
        now: Duration,
    ) -> Ruling {
        let ask = waiting.ask;
        let is_first = !ask.is_for_many(global) || self.services.take(ask.slot, call).is_some();
        if is_first {
            global.keep(&ask, word, waiting.is_asker, &self.table, &self.store, now);
        }
        if is_first && waiting.is_asker {
            return global.hear(ask, word, now);
        }
        global.charge_again(ask, &self.table, &self.store, now)
    }
}

impl Services {
    /// The question that is under way for this key, if its answer may be shared.
    fn call_for(&self, ask: &Ask, global: &Global) -> Option<CallId> {
        let asked = self.asked.borrow();
        asked.get(&ask.slot).filter(|_| ask.is_for_many(global)).map(|question| question.call)
    }

    fn note(&self, call: CallId, rule: &Rc<Rule>, ask: Ask, global: &Global) {
        if ask.is_for_many(global) {
            self.asked.borrow_mut().insert(ask.slot, Question { call, rule: Rc::clone(rule), ask });
        }
    }

    /// Ends the question of a key.
    fn take(&self, slot: Slot, call: CallId) -> Option<Question> {
        let mut asked = self.asked.borrow_mut();
        asked.get(&slot).filter(|question| question.call == call)?;
        asked.remove(&slot)
    }

    /// Ends a question, whosoever it is.
    fn take_any(&self, call: CallId) -> Option<Question> {
        let slot = {
            let asked = self.asked.borrow();
            asked.iter().find(|(_, question)| question.call == call).map(|(slot, _)| *slot)
        };
        self.take(slot?, call)
    }
}

impl Waiting for WaitingForService {
    fn on_answer(self: Box<Self>, call: CallId, answer: Answer, exchange: &mut Exchange) -> Progress {
        let Some(global) = self.rule.global() else { return Progress::Continue };
        let Some(word) = read(&answer) else {
            self.limiter.services.take(self.ask.slot, call);
            return self.limiter.give_up(&self.rule, global, &self.ask, exchange);
        };
        match self.limiter.hear(&self, global, call, &word, exchange.now()) {
            Ruling::Asks(ask) => self.limiter.ask(&self.rule, ask, self.since, exchange),
            ruling => self.limiter.follow(&self.rule, ruling, exchange),
        }
    }

    /// Envoy ends a call when its time is up.
    fn next_tick(&self) -> Option<Duration> {
        None
    }

    fn on_tick(self: Box<Self>, _now: Duration, _exchange: &mut Exchange) -> Progress {
        Progress::Wait(self)
    }
}

/// The service's word; `None` where the call failed, or its answer makes no sense.
fn read(answer: &Answer) -> Option<Word> {
    match answer {
        Answer::Response { body_size } => {
            Word::read(&host::answer_message((*body_size).min(LONGEST_ANSWER))).ok()
        }
        Answer::Reset => None,
    }
}

/// For the trace.
pub(super) fn name_of(payer: Payer) -> &'static str {
    match payer {
        Payer::Lease => "lease",
        Payer::Service => "asked",
        Payer::OnError => "unanswered",
    }
}
