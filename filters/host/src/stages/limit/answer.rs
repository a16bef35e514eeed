//! What an answer tells of the limit.

use std::rc::Rc;
use std::time::Duration;

use portcullis_rate_limit::{Rule, Standing};

use crate::answer_head::AnswerHead;
use crate::stage::{BodyPlan, OnAnswer};

/// The fields of a request that passed, until its answer comes.
pub(super) struct Fields {
    pub(super) rule: Rc<Rule>,
    pub(super) standing: Standing,
    pub(super) now: Duration,
}

impl OnAnswer for Fields {
    fn on_headers(self: Box<Self>, answer: &mut AnswerHead) -> Option<BodyPlan> {
        self.rule.write_fields(&self.standing, self.now, &mut |name, value| answer.set(name, value));
        None
    }
}
