//! One aggregation under way.
//!
//! A [`Gather`] is consumed by whatever happens to it and hands itself back while there is something to wait for, so
//! that an answer which comes too late finds nothing to wake. It keeps no clock: every call that it sends has a
//! timeout within the deadline, and Envoy answers a call that has timed out.

mod state;

use std::rc::Rc;
use std::time::Duration;

use crate::answer::Answer;
use crate::call::{CallId, Caller};
use crate::failure::{Failure, not_found};
use crate::outcome::{Ending, Outcome, Report};
use crate::plan::{Part, Plan};
use crate::request::Request;
use crate::sending::Sending;
use crate::stitch::stitch;
use state::{Called, Filling, State};

/// An aggregation that waits for answers.
#[derive(Debug)]
pub struct Gather {
    plan: Rc<Plan>,
    captures: Vec<Vec<u8>>,
    started: Duration,
    states: Vec<State>,
    /// The calls under way, with the numbers of their parts.
    calls: Vec<(CallId, usize)>,
}

/// Whether an aggregation is over.
#[derive(Debug)]
pub enum Progress {
    /// There are answers to come.
    Waiting(Box<Gather>),
    /// It is over.
    Done(Box<Outcome>),
}

/// What an aggregation may use when it has its turn.
pub struct Turn<'a> {
    /// The request that is being answered.
    pub request: Request<'a>,
    /// The time since the Unix epoch.
    pub now: Duration,
    /// Who sends calls.
    pub caller: &'a mut dyn Caller,
}

/// The shortest time that a call can be given: Envoy counts milliseconds, and takes 0 for no limit at all.
const SHORTEST: Duration = Duration::from_millis(1);

impl Gather {
    pub(crate) fn start(plan: Rc<Plan>, captures: Vec<Vec<u8>>, turn: &mut Turn<'_>) -> Progress {
        let is_wanted =
            |part: &Part| part.when.as_ref().is_none_or(|when| turn.request.value(when).is_some());
        let states =
            plan.parts.iter().map(|part| if is_wanted(part) { State::Due } else { State::LeftOut }).collect();
        let gather = Self { plan, captures, started: turn.now, states, calls: Vec::new() };
        Box::new(gather).go_on(turn)
    }

    /// A call has come back. One that is not known, or whose part has been settled by its twin, changes nothing.
    #[must_use]
    pub fn on_answer(
        mut self: Box<Self>,
        call: CallId,
        answer: &Answer<'_>,
        turn: &mut Turn<'_>,
    ) -> Progress {
        if let Some(at) = self.calls.iter().position(|(known, _)| *known == call) {
            let (_, number) = self.calls.swap_remove(at);
            if let (Some(part), Some(state)) = (self.plan.parts.get(number), self.states.get_mut(number)) {
                state.settle(part, answer, turn.now);
            }
        }
        self.go_on(turn)
    }

    /// When a second copy of a call is due, if none is answered before.
    #[must_use]
    pub fn next_wakeup(&self) -> Option<Duration> {
        self.states.iter().filter_map(|state| state.called()?.hedge_at).min()
    }

    /// Sends the second copies that are due. A copy that cannot be sent is as if there were none.
    #[must_use]
    pub fn on_time(mut self: Box<Self>, turn: &mut Turn<'_>) -> Progress {
        let plan = Rc::clone(&self.plan);
        let sending = Sending::new(&plan, turn.request);
        for (number, part) in plan.parts.iter().enumerate() {
            let Some(sent) = self.states.get_mut(number).and_then(|state| state.hedge_due(turn.now)) else {
                continue;
            };
            if let Ok(call) = self.call(part, sent, &sending, turn) {
                self.calls.push((call, number));
                self.states.get_mut(number).map(State::add_copy);
            }
        }
        Progress::Waiting(self)
    }

    /// Asks what can be asked now, and sees whether that was all.
    fn go_on(mut self: Box<Self>, turn: &mut Turn<'_>) -> Progress {
        let plan = Rc::clone(&self.plan);
        let sending = Sending::new(&plan, turn.request);
        for number in &plan.order {
            let Some(part) = plan.parts.get(*number) else { continue };
            self.begin(*number, part, &sending, turn);
            if let Some(failure) = self.failure(*number).filter(|_| part.required) {
                let failure = failure.clone();
                return self.refused(part, &failure, turn.now);
            }
        }
        if self.states.iter().any(State::is_open) {
            return Progress::Waiting(self);
        }
        self.answered(turn)
    }

    /// Asks a part that is due once its needs are met.
    fn begin(&mut self, number: usize, part: &Part, sending: &Sending<'_>, turn: &mut Turn<'_>) {
        if !matches!(self.states.get(number), Some(State::Due)) {
            return;
        }
        let next = match self.needs(part) {
            Needs::Open => State::Due,
            Needs::LeftOut => State::LeftOut,
            Needs::Failed => State::Failed(Failure::RequirementFailed, Duration::ZERO),
            Needs::Met => match self.call(part, turn.now, sending, turn) {
                Ok(call) => {
                    self.calls.push((call, number));
                    State::Called(Called::new(turn.now, self.end(part, turn.now), part.hedge))
                }
                Err(failure) => State::Failed(failure, Duration::ZERO),
            },
        };
        if let Some(state) = self.states.get_mut(number) {
            *state = next;
        }
    }

    fn failure(&self, number: usize) -> Option<&Failure> {
        match self.states.get(number) {
            Some(State::Failed(failure, _)) => Some(failure),
            _ => None,
        }
    }

    /// Whether the parts that a part requires have come. A part that was left out takes those that require it with
    /// it: that is how it was meant, and no failure.
    fn needs(&self, part: &Part) -> Needs {
        let states = || part.requires.iter().filter_map(|number| self.states.get(*number));
        if states().any(|state| matches!(state, State::LeftOut)) {
            Needs::LeftOut
        } else if states().any(|state| matches!(state, State::Failed(..))) {
            Needs::Failed
        } else if states().any(State::is_open) {
            Needs::Open
        } else {
            Needs::Met
        }
    }

    /// Sends a call of a part whose first one was, or is, sent at `since`.
    fn call(
        &self,
        part: &Part,
        since: Duration,
        sending: &Sending<'_>,
        turn: &mut Turn<'_>,
    ) -> Result<CallId, Failure> {
        let timeout = self.end(part, since).saturating_sub(turn.now);
        if timeout < SHORTEST {
            return Err(Failure::TimedOut);
        }
        let filling = Filling { request: turn.request, captures: &self.captures, states: &self.states };
        sending.send(part, &filling, timeout, turn.caller)
    }

    /// When the time of a part is up whose first call was sent at `since`.
    fn end(&self, part: &Part, since: Duration) -> Duration {
        let deadline = self.started.saturating_add(self.plan.timeout);
        part.timeout.map_or(deadline, |timeout| deadline.min(since.saturating_add(timeout)))
    }

    fn refused(&self, part: &Part, failure: &Failure, now: Duration) -> Progress {
        let refusal = match failure {
            Failure::Status(404) if part.passes_not_found => not_found(&part.name),
            failure => failure.refusal(&part.name),
        };
        Progress::done(Ending::Refused(refusal), self.report(now))
    }

    fn answered(&self, turn: &Turn<'_>) -> Progress {
        let value = |number: usize| self.states.get(number)?.value(self.plan.parts.get(number)?);
        let stitched = stitch(&self.plan.layout, &value);
        let report = Report { clashed: stitched.clashed, ..self.report(turn.now) };
        Progress::done(Ending::Answered(report.reply(turn.request.head, stitched.body)), report)
    }

    fn report(&self, now: Duration) -> Report {
        Report {
            plan: Rc::clone(&self.plan),
            parts: self.states.iter().map(State::end).collect(),
            clashed: Vec::new(),
            took: now.saturating_sub(self.started),
        }
    }
}

impl Progress {
    fn done(ending: Ending, report: Report) -> Self {
        Self::Done(Box::new(Outcome { ending, report }))
    }
}

/// How the needs of a part stand.
enum Needs {
    Met,
    Open,
    LeftOut,
    Failed,
}

#[cfg(test)]
mod tests;
