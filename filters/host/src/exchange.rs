//! One request and what the stages have found out about it.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::time::Duration;

use portcullis_document::CanonicalPath;
use portcullis_http::{Head, HeaderMap, Identity};

use crate::host::{self, CallId, GrpcMethod, NotSent};
use crate::stage::OnAnswer;
use crate::trace::Trace;

/// A request on its way through the stages.
#[derive(Default)]
pub struct Exchange {
    /// The request's headers, with the changes of the stages so far.
    pub request: Head,
    /// The path that patterns are matched on. Where the request did not come in this form, nothing may be granted because of it.
    pub path: CanonicalPath<'static>,
    /// Who the request comes from, once authentication said so.
    pub identity: Option<Identity>,
    now: Cell<Option<Duration>>,
    calls: RefCell<Vec<CallId>>,
    on_answer: Vec<Box<dyn OnAnswer>>,
    trace: Trace,
}

impl Exchange {
    /// The request's headers have come. They are taken in where the exchange stands, which costs less than moving it.
    pub(crate) fn begin(&mut self, received: HeaderMap) {
        self.request.receive(received);
        self.path = CanonicalPath::of(self.request.path()).into_owned();
    }

    /// The request may see what the filters do with it.
    pub(crate) fn begin_trace(&mut self) {
        self.trace = Trace::begun();
    }

    /// The time since the Unix epoch; stages that are asked in one go share one look at the clock.
    #[must_use]
    pub fn now(&self) -> Duration {
        let now = self.now.get().unwrap_or_else(host::now);
        self.now.set(Some(now));
        now
    }

    /// Sends a call whose answer wakes what this request waits for; [`host::call`] makes one for nobody in particular.
    pub fn call<N: AsRef<[u8]>, V: AsRef<[u8]>>(
        &self,
        cluster: &str,
        headers: &[(N, V)],
        timeout: Duration,
    ) -> Result<CallId, NotSent> {
        let call = host::call(cluster, headers, timeout)?;
        self.share_call(call);
        Ok(call)
    }

    /// Asks a gRPC service; its answer wakes what this request waits for.
    pub fn grpc_call(
        &self,
        cluster: &str,
        method: GrpcMethod,
        message: &[u8],
        timeout: Duration,
    ) -> Result<CallId, NotSent> {
        let call = host::grpc_call(cluster, method, message, timeout)?;
        self.share_call(call);
        Ok(call)
    }

    /// Waits for the answer to a call that was sent for another request of this worker.
    pub fn share_call(&self, call: CallId) {
        self.calls.borrow_mut().push(call);
    }

    /// The calls that were sent since this was asked last.
    pub(crate) fn take_calls(&mut self) -> Vec<CallId> {
        self.calls.take()
    }

    pub(crate) fn has_calls(&self) -> bool {
        !self.calls.borrow().is_empty()
    }

    /// The request has waited: the next look at the clock is a new one.
    pub(crate) fn wake(&mut self) {
        self.now.set(None);
    }

    /// Leaves something to do when the answer comes. The last one left is the first to act.
    pub fn on_answer(&mut self, hook: Box<dyn OnAnswer>) {
        self.on_answer.push(hook);
    }

    /// Adds an item to the request's trace, such as `jwt;sub=usr_8a3f;cache=hit`; costs nothing where nobody asked
    /// for one.
    pub fn trace(&mut self, item: fmt::Arguments<'_>) {
        self.trace.add(item);
    }

    pub(crate) fn take_hooks(&mut self) -> Vec<Box<dyn OnAnswer>> {
        std::mem::take(&mut self.on_answer)
    }

    pub(crate) fn has_hooks(&self) -> bool {
        !self.on_answer.is_empty() || self.trace.is_asked_for()
    }

    /// The trace so far; it stays, for the refusal that may take the answer's place.
    pub(crate) fn trace_so_far(&self) -> Trace {
        self.trace.clone()
    }
}
