//! Putting a part's call together.
//!
//! A call names the host of its upstream. It carries the headers that the document sets on the part, those of the
//! client that the plan hands on, and none else: a part's answer must not depend on what else the client sent.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::time::Duration;

use crate::call::{Call, CallId, Caller, Line};
use crate::failure::Failure;
use crate::plan::{Part, Plan};
use crate::request::Request;
use crate::template::{Unfilled, Values};

/// On what Envoy tries a call again: the service was not reached, or broke off, or said 502 to 504.
const RETRY_ON: &[u8] = b"connect-failure,refused-stream,reset,gateway-error";

/// Paths and headers of a call seldom take more; longer ones grow.
const USUAL_TEXT: usize = 256;
const USUAL_LINES: usize = 16;

/// What the calls that leave at one time have in common.
pub(crate) struct Sending<'a> {
    plan: &'a Plan,
    request: Request<'a>,
    forwarded: OnceCell<Vec<Line<'a>>>,
}

impl<'a> Sending<'a> {
    pub(crate) fn new(plan: &'a Plan, request: Request<'a>) -> Self {
        Self { plan, request, forwarded: OnceCell::new() }
    }

    /// Sends the call of a part.
    pub(crate) fn send(
        &self,
        part: &Part,
        values: &impl Values,
        timeout: Duration,
        caller: &mut dyn Caller,
    ) -> Result<CallId, Failure> {
        let filled = Filled::of(part, values)?;
        let mut lines: Vec<Line<'_>> = Vec::with_capacity(USUAL_LINES);
        lines.push((b":method", part.method.as_bytes()));
        lines.push((b":path", filled.target()));
        lines.push((b":authority", part.authority.as_bytes()));
        // What is compressed could not be stitched.
        lines.push((b"accept-encoding", b"identity"));
        if part.asks_for_json {
            lines.push((b"accept", b"application/json"));
        }
        lines.extend(self.forwarded().iter().filter(|(name, _)| !part.sets(name)));
        lines.extend(filled.headers(part));
        if let Some(retries) = &part.retries {
            lines.push((b"x-envoy-retry-on", RETRY_ON));
            lines.push((b"x-envoy-max-retries", retries.as_bytes()));
        }
        let call = Call { cluster: &part.cluster, headers: &lines, timeout };
        caller.call(&call).map_err(Failure::from)
    }

    /// The client's headers that are handed on, looked for once for all calls.
    fn forwarded(&self) -> &[Line<'a>] {
        self.forwarded.get_or_init(|| {
            self.request.head.lines().filter(|(name, _)| self.plan.forwarded.holds(name)).collect()
        })
    }
}

/// A part's filled templates, one behind the other in one buffer. A part without holes has no need of one.
struct Filled<'p> {
    text: Cow<'p, [u8]>,
    target_end: usize,
    /// Where each header's value ends.
    header_ends: Vec<usize>,
}

impl<'p> Filled<'p> {
    fn of(part: &'p Part, values: &impl Values) -> Result<Self, Unfilled> {
        if let Some(target) = part.target.literal().filter(|_| part.headers.is_empty()) {
            let target_end = target.len();
            return Ok(Self { text: target.as_bytes().into(), target_end, header_ends: Vec::new() });
        }
        let mut text = Vec::with_capacity(USUAL_TEXT);
        part.target.fill(values, &mut text)?;
        let target_end = text.len();
        let mut header_ends = Vec::with_capacity(part.headers.len());
        for (_, value) in &part.headers {
            value.fill(values, &mut text)?;
            header_ends.push(text.len());
        }
        Ok(Self { text: text.into(), target_end, header_ends })
    }

    fn target(&self) -> &[u8] {
        self.text.get(..self.target_end).unwrap_or_default()
    }

    fn headers<'f>(&'f self, part: &'f Part) -> impl Iterator<Item = Line<'f>> {
        let starts = std::iter::once(&self.target_end).chain(&self.header_ends);
        let ranges = starts.zip(&self.header_ends);
        let values = ranges.map(|(start, end)| self.text.get(*start..*end).unwrap_or_default());
        part.headers.iter().map(|(name, _)| name.as_bytes()).zip(values)
    }
}
