//! What a filter is to the flow of a request.
//!
//! A [`Stage`] is a filter compiled from the document, shared by all requests of a worker. It decides when a
//! request's headers arrive. If it has to wait, it hands over a [`Waiting`], which is consumed by what it waits for:
//! a late answer finds nothing to wake. If it has something to do with the answer, it leaves an [`OnAnswer`] in the
//! [`Exchange`], which may in turn ask for the body and become a [`BodyStage`].

use std::time::Duration;

use portcullis_http::{Head, Refusal, Reply};

use crate::answer_head::AnswerHead;
use crate::exchange::Exchange;
use crate::host::{Answer, CallId};

/// How a request goes on after a stage.
pub enum Progress {
    /// To the next stage, and then to the upstream.
    Continue,
    /// Not yet.
    Wait(Box<dyn Waiting>),
    /// No further: the client gets an error.
    Refuse(Box<Refusal>),
    /// No further: the client gets this answer, which later goes through the answer's stages like an upstream's.
    Reply(Reply),
}

/// A filter, ready for requests.
pub trait Stage {
    /// The headers of a request are there.
    fn on_request(&self, exchange: &mut Exchange) -> Progress;

    /// Whether a client may send a trailer of this name. There are servers that take trailers for headers, so a name that is
    /// taken off the headers is one to take off here.
    fn allows_trailer(&self, _name: &[u8]) -> bool {
        true
    }

    /// When this stage next has something to do that no request asks for, such as fetching keys.
    fn next_tick(&self) -> Option<Duration> {
        None
    }

    /// That time has come, or passed.
    fn on_tick(&self, _now: Duration) {}

    /// A call that [`Stage::on_tick`] made has come back. Every stage is told, and knows its own calls.
    fn on_answer(&self, _call: CallId, _answer: &Answer, _now: Duration) {}
}

/// What a request waits for. Being woken consumes it; who must wait on hands itself back.
pub trait Waiting {
    /// A call made for this request has come back.
    fn on_answer(self: Box<Self>, call: CallId, answer: Answer, exchange: &mut Exchange) -> Progress;

    /// When to be woken without an answer. Whoever gives a time is also woken after each background answer of its stages.
    fn next_tick(&self) -> Option<Duration>;

    /// That time has come, or a stage has news.
    fn on_tick(self: Box<Self>, now: Duration, exchange: &mut Exchange) -> Progress;
}

/// Where an answer comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The upstream, Envoy, or another filter.
    Upstream,
    /// A stage's own [`Progress::Reply`].
    Stage,
    /// A refusal of ours: its body is not to be touched.
    Refusal,
}

/// What a stage does when the answer's headers arrive; it is consumed by them.
pub trait OnAnswer {
    /// Changes the headers, and takes the body over if it wants it.
    fn on_headers(self: Box<Self>, answer: &mut AnswerHead) -> Option<BodyPlan>;
}

/// Who takes the body over, and whether the headers wait for it.
pub struct BodyPlan {
    /// The one that reads and writes the body.
    pub stage: Box<dyn BodyStage>,
    /// Hold the headers until [`BodyStep::Send`].
    pub hold: bool,
}

/// One piece of a body, in its order.
pub struct Piece<'a> {
    /// The bytes; may be empty.
    pub bytes: &'a [u8],
    /// Nothing follows.
    pub is_last: bool,
}

/// How a body goes on after a piece.
pub enum BodyStep {
    /// Hold headers and body on. Where the headers have gone already, or with the last piece, this is [`BodyStep::Send`].
    Hold,
    /// Send what was written so far in place of what was read so far; held headers go first, with their changes.
    Send,
    /// What was read goes out as it came; nothing was written.
    Unchanged,
    /// The body must not reach the client: a clean error where the headers are held, else the stream is reset.
    Refuse(Box<Refusal>),
}

/// Reads a body piece by piece and writes another.
pub trait BodyStage {
    /// Takes a piece and appends to `out`. `head` is the answer's; it can be changed until the headers go. Once they have
    /// gone, `send` takes out of `out` what need not wait for the step.
    fn on_piece(
        &mut self,
        piece: Piece<'_>,
        head: &mut Head,
        out: &mut Vec<u8>,
        send: &mut dyn FnMut(&mut Vec<u8>),
    ) -> BodyStep;

    /// Trailers that do not hold for the other body.
    fn broken_trailers(&self) -> &'static [&'static str] {
        &[]
    }
}
