//! Transformation as a stage: it moves bytes between Envoy and `portcullis-transform`, which decides.

mod tally;

use std::rc::Rc;

use portcullis_document::{Document, Mistakes};
use portcullis_http::Head;
use portcullis_transform::{
    Answer, Body, Chosen, DIGESTS, Fault, Reading, Step, Transformation, Transformations, make_true,
    prepare_request, read_answer, refusal,
};

use crate::answer_head::{AnswerHead, Unreadable};
use crate::exchange::Exchange;
use crate::stage::{BodyPlan, BodyStage, BodyStep, OnAnswer, Origin, Piece, Progress, Stage};
use crate::trace::Trace;
use tally::Tally;

/// The section `transformations`.
struct Transform {
    rules: Transformations,
    tally: Rc<Tally>,
}

/// An answer whose path has a rule.
struct Awaited {
    chosen: Chosen,
    tally: Rc<Tally>,
}

/// A body on its way through.
struct Rewriting {
    body: Body,
    rule: Rc<Transformation>,
    tally: Rc<Tally>,
    /// What is shown to the client once the body is known, where its head waits for it.
    trace: Trace,
}

/// Compiles the section, if it is there.
pub(super) fn compile(document: &Document, mistakes: &mut Mistakes) -> Option<Box<dyn Stage>> {
    if document.transformations.is_empty() {
        return None;
    }
    let rules = Transformations::compile(&document.transformations, mistakes);
    Some(Box::new(Transform { rules, tally: Rc::new(Tally::new()) }))
}

impl Stage for Transform {
    fn on_request(&self, exchange: &mut Exchange) -> Progress {
        if let Some(chosen) = self.rules.choose(&exchange.path, exchange.request.method()) {
            prepare_request(&mut exchange.request);
            exchange.on_answer(Box::new(Awaited { chosen, tally: Rc::clone(&self.tally) }));
        }
        Progress::Continue
    }
}

impl OnAnswer for Awaited {
    fn on_headers(self: Box<Self>, answer: &mut AnswerHead) -> Option<BodyPlan> {
        if answer.origin == Origin::Refusal {
            return None;
        }
        let is_complete = answer.is_complete;
        let Ok(head) = answer.read() else {
            answer.refuse(Unreadable::refusal());
            return None;
        };
        let rule = self.chosen.for_status(head.status())?;
        match read_answer(head, is_complete, rule.sse) {
            Ok(Answer::Other) => None,
            Ok(Answer::HeadOnly) => {
                make_true(head, None);
                None
            }
            Ok(Answer::Body(reading)) => Some(rewrite(reading, rule, self.tally, answer)),
            Err(fault) => {
                self.tally.refuse_or_pass(fault, &rule, answer);
                None
            }
        }
    }
}

fn rewrite(
    reading: Reading,
    rule: Rc<Transformation>,
    tally: Rc<Tally>,
    answer: &mut AnswerHead,
) -> BodyPlan {
    let hold_bytes = answer.may_hold.then_some(rule.hold_bytes);
    let body = Body::new(Rc::clone(&rule.rules), reading, rule.on_failure, hold_bytes);
    let hold = body.is_held();
    let trace = answer.trace.clone();
    if !hold {
        answer.trace.add(format_args!("transform;rule={:?};streamed", rule.path));
        // The head was read before the body was planned.
        if let Ok(head) = answer.read() {
            make_true(head, None);
        }
    }
    BodyPlan { stage: Box::new(Rewriting { body, rule, tally, trace }), hold }
}

impl BodyStage for Rewriting {
    fn on_piece(
        &mut self,
        piece: Piece<'_>,
        head: &mut Head,
        out: &mut Vec<u8>,
        send: &mut dyn FnMut(&mut Vec<u8>),
    ) -> BodyStep {
        let was_held = self.body.is_held();
        let step = self.body.push(piece.bytes, piece.is_last, head, out, send);
        self.tally.read(piece.bytes.len());
        if piece.is_last || matches!(step, Step::Refuse(_)) {
            self.tally.end(self.body.changes());
        }
        match step {
            Step::Hold => BodyStep::Hold,
            Step::Send => {
                if was_held {
                    self.show(piece.is_last, head);
                }
                BodyStep::Send
            }
            Step::Pass => {
                self.tally.pass(was_held);
                BodyStep::Unchanged
            }
            Step::Refuse(fault) => BodyStep::Refuse(Box::new(refusal(fault))),
        }
    }

    fn broken_trailers(&self) -> &'static [&'static str] {
        &DIGESTS
    }
}

impl Rewriting {
    /// A held head leaves now; what was done is known if the body has ended.
    fn show(&mut self, is_whole: bool, head: &mut Head) {
        let (path, changes) = (&self.rule.path, self.body.changes());
        if is_whole {
            let (removed, renamed) = (changes.removed, changes.renamed);
            self.trace.add(format_args!("transform;rule={path:?};removed={removed};renamed={renamed}"));
        } else {
            self.trace.add(format_args!("transform;rule={path:?};streamed"));
        }
        self.trace.show(head);
    }
}

impl Tally {
    /// The head tells that the body cannot be transformed.
    fn refuse_or_pass(&self, fault: Fault, rule: &Transformation, answer: &mut AnswerHead) {
        if rule.passes_failures() {
            self.pass(true);
        } else {
            answer.refuse(refusal(fault));
        }
    }
}
