//! One request on its way through the stages, driven by Envoy's callbacks.
//!
//! Rules that a real Envoy imposes, and that are kept here once for all stages:
//! * While a stage waits, body and trailers are paused too. With `allow_on_headers_stop_iteration`, a body callback
//!   that continued would release the headers before the decision.
//! * A reply of ours comes back through our own answer callbacks: a refusal passes them untouched, a stage's answer
//!   is treated like an upstream's.
//! * A call's answer may find nothing that waits: the waiting value was consumed before, and nothing happens.

use std::mem;
use std::rc::Rc;
use std::time::Duration;

use portcullis_http::{HeaderMap, Refusal, Reply};

use crate::abi::{self, Map, Status, Stream};
use crate::answer::AnswerFlow;
use crate::answer_head::AnswerHead;
use crate::edits;
use crate::exchange::Exchange;
use crate::gate::Gate;
use crate::host::{Answer, CallId};
use crate::metrics;
use crate::stage::{Origin, Progress, Waiting};

/// What Envoy does after a callback.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub(crate) enum Action {
    /// Goes on to the next filter.
    Continue = 0,
    /// Waits until told.
    Pause = 1,
}

/// How far a request has come.
enum State {
    /// Its headers have not been seen, or are being seen.
    New,
    /// A stage waits for something.
    Waiting { stage: usize, waiting: Box<dyn Waiting> },
    /// All stages let it through.
    Passed,
    /// We answered it.
    Replied(Origin),
}

/// One request.
pub(crate) struct Flow {
    gate: Rc<Gate>,
    exchange: Exchange,
    state: State,
    answer: AnswerFlow,
}

impl Flow {
    pub(crate) fn new(gate: Rc<Gate>) -> Self {
        Self { gate, exchange: Exchange::default(), state: State::New, answer: AnswerFlow::default() }
    }

    pub(crate) fn on_request_headers(&mut self) -> Action {
        let received = abi::header_map(Map::Request).ok().and_then(HeaderMap::decode);
        let Some(received) = received else {
            self.refuse(unreadable());
            return Action::Pause;
        };
        self.exchange.begin(received);
        if self.gate.is_traced(&self.exchange.request) {
            self.exchange.begin_trace();
        }
        self.run_from(0);
        self.request_action()
    }

    /// Body and trailers follow the headers: held while those are held.
    pub(crate) fn request_action(&self) -> Action {
        match self.state {
            State::Passed => Action::Continue,
            State::New | State::Waiting { .. } | State::Replied(_) => Action::Pause,
        }
    }

    /// Trailers wait like a body. What is to be taken off them goes now: Envoy does not ask again when it releases them.
    pub(crate) fn on_request_trailers(&mut self) -> Action {
        if self.strip_trailers().is_err() {
            self.refuse(unreadable());
        }
        self.request_action()
    }

    pub(crate) fn on_answer(&mut self, call: CallId, answer: Answer) {
        let Some((stage, waiting)) = self.take_waiting() else {
            return;
        };
        let progress = waiting.on_answer(call, answer, &mut self.exchange);
        self.resume(stage, progress);
    }

    pub(crate) fn on_tick(&mut self, now: Duration) {
        let Some((stage, waiting)) = self.take_waiting() else {
            return;
        };
        let progress = waiting.on_tick(now, &mut self.exchange);
        self.resume(stage, progress);
    }

    /// Whether it was let through, and nothing is left to do for it but what its body or trailers may ask for.
    pub(crate) fn is_done(&self) -> bool {
        matches!(self.state, State::Passed) && !self.exchange.has_hooks() && !self.exchange.has_calls()
    }

    /// The calls that were made for this request since this was asked last.
    pub(crate) fn take_calls(&mut self) -> Vec<CallId> {
        self.exchange.take_calls()
    }

    /// When the waiting stage wants to be woken.
    pub(crate) fn next_tick(&self) -> Option<Duration> {
        match &self.state {
            State::Waiting { waiting, .. } => waiting.next_tick(),
            State::New | State::Passed | State::Replied(_) => None,
        }
    }

    pub(crate) fn on_response_headers(&mut self, is_complete: bool) -> Action {
        let origin = match self.state {
            State::Replied(origin) => origin,
            State::New | State::Waiting { .. } | State::Passed => Origin::Upstream,
        };
        let head = AnswerHead::new(origin, is_complete, self.gate.headers_wait());
        let refusal = self.answer.on_headers(&mut self.exchange, head);
        self.answer_action(refusal)
    }

    pub(crate) fn on_response_body(&mut self, size: usize, is_last: bool) -> Action {
        let refusal = self.answer.on_body(size, is_last);
        self.answer_action(refusal)
    }

    pub(crate) fn on_response_trailers(&mut self) -> Action {
        let refusal = self.answer.on_trailers();
        self.answer_action(refusal)
    }

    fn answer_action(&mut self, refusal: Option<Box<Refusal>>) -> Action {
        let Some(refusal) = refusal else { return self.answer.action() };
        // Answers are read and refused by one filter, which has no hold of the exchange any more. And Envoy sends what
        // takes an answer's place to the client without asking the filters again.
        self.exchange.trace(format_args!("transform;refused={}", refusal.detail));
        let mut reply = self.written(*refusal);
        self.exchange.trace_so_far().show_in(&mut reply);
        self.send(&reply, Origin::Refusal);
        Action::Pause
    }

    fn take_waiting(&mut self) -> Option<(usize, Box<dyn Waiting>)> {
        match mem::replace(&mut self.state, State::New) {
            State::Waiting { stage, waiting } => {
                self.exchange.wake();
                Some((stage, waiting))
            }
            other => {
                self.state = other;
                None
            }
        }
    }

    fn resume(&mut self, stage: usize, progress: Progress) {
        if self.settle(stage, progress) {
            self.run_from(stage.saturating_add(1));
        }
        if matches!(self.state, State::Passed) && abi::continue_stream(Stream::Request).is_err() {
            log::warn!("the request could not be resumed");
        }
    }

    fn run_from(&mut self, first: usize) {
        let gate = Rc::clone(&self.gate);
        for (at, stage) in gate.stages().iter().enumerate().skip(first) {
            let progress = stage.on_request(&mut self.exchange);
            if !self.settle(at, progress) {
                return;
            }
        }
        self.pass();
    }

    /// Whether the next stage has its turn.
    fn settle(&mut self, stage: usize, progress: Progress) -> bool {
        match progress {
            Progress::Continue => return true,
            Progress::Wait(waiting) => self.state = State::Waiting { stage, waiting },
            Progress::Refuse(refusal) => self.refuse(*refusal),
            Progress::Reply(reply) => self.reply(reply, Origin::Stage),
        }
        false
    }

    /// A change that Envoy does not take would let through what a stage took away: then nothing goes through.
    fn pass(&mut self) {
        match edits::apply(Map::Request, &self.exchange.request.take_edits()) {
            Ok(()) => self.state = State::Passed,
            Err(_) => self.refuse(unreadable()),
        }
    }

    fn strip_trailers(&self) -> Result<(), Status> {
        let trailers = abi::header_map(Map::RequestTrailers)?;
        let trailers = HeaderMap::decode(trailers).ok_or(Status::Failed)?;
        let is_allowed = |name: &[u8]| self.gate.stages().iter().all(|stage| stage.allows_trailer(name));
        let names = trailers.iter().map(|(name, _)| name).filter(|name| !is_allowed(name));
        names
            .filter_map(|name| std::str::from_utf8(name).ok())
            .try_for_each(|name| abi::remove_header(Map::RequestTrailers, name))
    }

    fn refuse(&mut self, refusal: Refusal) {
        let reply = self.written(refusal);
        self.reply(reply, Origin::Refusal);
    }

    /// A refusal, counted and written down for the client.
    fn written(&self, refusal: Refusal) -> Reply {
        metrics::count_refusal(refusal.detail);
        refusal.into_reply(&self.exchange.request, self.gate.error_format())
    }

    /// The reply comes by as an answer, and gets its trace then, where answers do.
    fn reply(&mut self, mut reply: Reply, origin: Origin) {
        if !self.gate.sees_answers() {
            self.exchange.trace_so_far().show_in(&mut reply);
        }
        self.send(&reply, origin);
    }

    fn send(&mut self, reply: &Reply, origin: Origin) {
        self.state = State::Replied(origin);
        let headers = edits::encode(reply);
        if abi::send_local_response(reply.status, reply.detail, &headers, &reply.body).is_err() {
            // An answer that cannot be given must not become an answer that never comes.
            let _ = abi::close_stream(Stream::Request);
        }
    }
}

/// Envoy did not show the headers, or did not take their changes: nothing can be decided.
fn unreadable() -> Refusal {
    Refusal::new(500, "internal_error", "The request could not be processed.", "portcullis.host_failed")
}
