//! The way back: the answer's headers, body and trailers through what the stages left for them.
//!
//! Rules that a real Envoy imposes:
//! * The request's headers cannot be read any more: what is needed of them was kept.
//! * While headers are held, the size of a body callback counts everything held so far; afterwards the piece alone.
//! * An answer with trailers never has a last body piece: the trailers are the end.
//! * Once the headers have gone, a failure can only reset the stream.

use portcullis_http::Refusal;

use crate::abi::{self, Buffer, Map, Status, Stream};
use crate::answer_head::{AnswerHead, Unreadable};
use crate::exchange::Exchange;
use crate::flow::Action;
use crate::metrics;
use crate::stage::{BodyPlan, BodyStage, BodyStep, Origin, Piece};

/// One answer on its way to the client.
#[derive(Default)]
pub(crate) struct AnswerFlow {
    head: Option<AnswerHead>,
    body: Option<Box<dyn BodyStage>>,
    out: Vec<u8>,
    phase: Phase,
}

/// Where the answer's headers are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Phase {
    /// With Envoy, or gone: pieces of the body pass as they come.
    #[default]
    Streaming,
    /// Held, with this much of the body read.
    Holding { read: usize },
    /// The stream was reset, or another answer is on its way in place of this.
    Ended,
}

/// What takes the place of a part of the host's buffer.
struct Part {
    /// So many bytes are still to be replaced.
    replaced: usize,
    /// So many bytes have taken their place.
    written: Result<usize, Status>,
}

/// A buffer that has grown beyond this is not kept for the next piece.
const LARGE: usize = 256 << 10;

impl Part {
    /// Moves `out` to the host.
    fn write(&mut self, out: &mut Vec<u8>) {
        if let Ok(written) = self.written
            && (self.replaced > 0 || !out.is_empty())
        {
            let done = abi::set_buffer(Buffer::ResponseBody, written, self.replaced, out);
            self.replaced = 0;
            self.written = done.map(|()| written.saturating_add(out.len()));
        }
        out.clear();
        if out.capacity() > LARGE {
            *out = Vec::new();
        }
    }
}

impl AnswerFlow {
    /// What Envoy is to do after the last callback.
    pub(crate) fn action(&self) -> Action {
        match self.phase {
            Phase::Streaming => Action::Continue,
            Phase::Holding { .. } | Phase::Ended => Action::Pause,
        }
    }

    /// The headers have come.
    pub(crate) fn on_headers(
        &mut self,
        exchange: &mut Exchange,
        mut head: AnswerHead,
    ) -> Option<Box<Refusal>> {
        self.phase = Phase::Streaming;
        if !exchange.has_hooks() {
            return None;
        }
        self.phase = Phase::Holding { read: 0 };
        head.trace = exchange.trace_so_far();
        let plan = run_hooks(exchange, &mut head);
        if let Some(refusal) = head.take_refusal() {
            self.head = Some(head);
            return self.give_way(refusal);
        }
        head.show_trace();
        let has_body = !head.is_complete && head.origin != Origin::Refusal;
        let plan = plan.filter(|_| has_body);
        let holds = head.may_hold && plan.as_ref().is_some_and(|plan| plan.hold);
        self.head = Some(head);
        self.body = plan.map(|plan| plan.stage);
        if !holds {
            self.send_headers();
        }
        None
    }

    pub(crate) fn on_body(&mut self, size: usize, is_last: bool) -> Option<Box<Refusal>> {
        let from = match self.phase {
            Phase::Streaming => 0,
            Phase::Holding { read } => read,
            Phase::Ended => return None,
        };
        self.body.as_ref()?;
        let fresh = size.saturating_sub(from);
        let bytes = if fresh == 0 { Ok(Vec::new()) } else { abi::buffer(Buffer::ResponseBody, from, fresh) };
        match bytes {
            Ok(bytes) if bytes.len() == fresh => self.on_piece(Piece { bytes: &bytes, is_last }, size),
            _ => self.unreadable(),
        }
    }

    pub(crate) fn on_trailers(&mut self) -> Option<Box<Refusal>> {
        let size = match self.phase {
            Phase::Streaming => 0,
            Phase::Holding { read } => read,
            Phase::Ended => return None,
        };
        let broken = self.body.as_ref().map_or(&[][..], |body| body.broken_trailers());
        let refusal = self.on_piece(Piece { bytes: &[], is_last: true }, size);
        // One that is not there need not go.
        broken.iter().for_each(|name| _ = abi::remove_header(Map::AnswerTrailers, name));
        refusal
    }

    /// `size` bytes of the host's buffer are replaced by what the stage writes.
    fn on_piece(&mut self, piece: Piece<'_>, size: usize) -> Option<Box<Refusal>> {
        let is_last = piece.is_last;
        let (body, head) = self.body.as_mut().zip(self.head.as_mut())?;
        let mut part = Part { replaced: size, written: Ok(0) };
        let step = body.on_piece(piece, head.known(), &mut self.out, &mut |out| part.write(out));
        match (step, self.phase) {
            (BodyStep::Hold, Phase::Holding { .. }) if !is_last => self.phase = Phase::Holding { read: size },
            (BodyStep::Hold | BodyStep::Send, _) => self.send(part),
            (BodyStep::Unchanged, _) => self.send_headers(),
            (BodyStep::Refuse(refusal), Phase::Holding { .. }) => return self.give_way(refusal),
            (BodyStep::Refuse(refusal), _) => {
                metrics::count_refusal(refusal.detail);
                self.reset();
            }
        }
        if is_last {
            self.body = None;
        }
        None
    }

    fn send(&mut self, mut part: Part) {
        part.write(&mut self.out);
        match part.written {
            Ok(_) => self.send_headers(),
            Err(_) => self.reset(),
        }
    }

    /// Tells Envoy the changes of the headers, which go with the next [`Action::Continue`].
    fn send_headers(&mut self) {
        let Some(head) = &mut self.head else { return };
        if !matches!(self.phase, Phase::Holding { .. }) {
            head.forget();
        } else if head.send().is_err() {
            return self.reset();
        }
        self.phase = Phase::Streaming;
    }

    fn unreadable(&mut self) -> Option<Box<Refusal>> {
        if matches!(self.phase, Phase::Holding { .. }) {
            return self.give_way(Box::new(Unreadable::refusal()));
        }
        self.reset();
        None
    }

    /// What other stages set on the answer, such as what is left of a limit, is told with the refusal: Envoy sends it
    /// without asking the filters again.
    fn give_way(&mut self, mut refusal: Box<Refusal>) -> Option<Box<Refusal>> {
        self.phase = Phase::Ended;
        self.body = None;
        if let Some(head) = &mut self.head {
            refusal.headers.extend(head.take_set());
        }
        Some(refusal)
    }

    fn reset(&mut self) {
        self.phase = Phase::Ended;
        self.body = None;
        if abi::close_stream(Stream::Response).is_err() {
            log::warn!("an answer that must not go on could not be reset");
        }
    }
}

/// The last hook that was left is the first to act; of several that ask for the body, the last to act gets it.
fn run_hooks(exchange: &mut Exchange, head: &mut AnswerHead) -> Option<BodyPlan> {
    let mut plan = None;
    for hook in exchange.take_hooks().into_iter().rev() {
        plan = hook.on_headers(head).or(plan);
    }
    plan
}
