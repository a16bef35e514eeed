//! A guest that does what a closure says, and remembers what it was told.

pub(crate) mod host;

use std::cell::RefCell;

use fake_envoy::Callbacks;

pub(crate) const CONTINUE: u32 = 0;
pub(crate) const PAUSE: u32 = 1;

pub(crate) const OK: u32 = 0;
pub(crate) const NOT_FOUND: u32 = 1;
pub(crate) const BAD_ARGUMENT: u32 = 2;
pub(crate) const INTERNAL_FAILURE: u32 = 10;

/// One callback.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Event {
    Create { root: u32 },
    VmStart,
    Configure { size: usize },
    Tick,
    RequestHeaders { count: usize, end: bool },
    RequestBody { size: usize, end: bool },
    RequestTrailers { count: usize },
    ResponseHeaders { count: usize, end: bool },
    ResponseBody { size: usize, end: bool },
    ResponseTrailers { count: usize },
    CallAnswer { token: u32, headers: usize, body: usize },
    GrpcMessage { token: u32, size: usize },
    GrpcClose { token: u32, status: u32 },
    Done,
    Log,
    Delete,
}

type Act = Box<dyn FnMut(u32, Event) -> u32>;

thread_local! {
    static ACT: RefCell<Option<Act>> = const { RefCell::new(None) };
    static SEEN: RefCell<Vec<(u32, Event)>> = const { RefCell::new(Vec::new()) };
}

/// The guest's behaviour from now on. `CONTINUE` is "yes" where a callback answers yes or no.
pub(crate) fn play(act: impl FnMut(u32, Event) -> u32 + 'static) {
    ACT.set(Some(Box::new(act)));
}

/// What the guest was told since it was last asked, contexts left out.
pub(crate) fn seen() -> Vec<Event> {
    SEEN.take().into_iter().map(|(_, event)| event).collect()
}

/// As [`seen`], with the contexts.
pub(crate) fn seen_by() -> Vec<(u32, Event)> {
    SEEN.take()
}

fn told(context: u32, event: Event) -> u32 {
    SEEN.with_borrow_mut(|seen| seen.push((context, event)));
    ACT.with_borrow_mut(|act| act.as_mut().map_or(CONTINUE, |act| act(context, event)))
}

fn yes(context: u32, event: Event) -> bool {
    told(context, event) == CONTINUE
}

/// Every callback there is.
pub(crate) const CALLBACKS: Callbacks = Callbacks {
    on_context_create: Some(on_context_create),
    on_vm_start: Some(on_vm_start),
    on_configure: Some(on_configure),
    on_tick: Some(on_tick),
    on_request_headers: Some(on_request_headers),
    on_request_body: Some(on_request_body),
    on_request_trailers: Some(on_request_trailers),
    on_response_headers: Some(on_response_headers),
    on_response_body: Some(on_response_body),
    on_response_trailers: Some(on_response_trailers),
    on_http_call_response: Some(on_http_call_response),
    on_grpc_receive_initial_metadata: None,
    on_grpc_receive: Some(on_grpc_receive),
    on_grpc_receive_trailing_metadata: None,
    on_grpc_close: Some(on_grpc_close),
    on_queue_ready: None,
    on_done: Some(on_done),
    on_log: Some(on_log),
    on_delete: Some(on_delete),
};

fn on_context_create(context: u32, root: u32) {
    told(context, Event::Create { root });
}
fn on_vm_start(root: u32, _: usize) -> bool {
    yes(root, Event::VmStart)
}
fn on_configure(root: u32, size: usize) -> bool {
    yes(root, Event::Configure { size })
}
fn on_tick(root: u32) {
    told(root, Event::Tick);
}
fn on_request_headers(context: u32, count: usize, end: bool) -> u32 {
    told(context, Event::RequestHeaders { count, end })
}
fn on_request_body(context: u32, size: usize, end: bool) -> u32 {
    told(context, Event::RequestBody { size, end })
}
fn on_request_trailers(context: u32, count: usize) -> u32 {
    told(context, Event::RequestTrailers { count })
}
fn on_response_headers(context: u32, count: usize, end: bool) -> u32 {
    told(context, Event::ResponseHeaders { count, end })
}
fn on_response_body(context: u32, size: usize, end: bool) -> u32 {
    told(context, Event::ResponseBody { size, end })
}
fn on_response_trailers(context: u32, count: usize) -> u32 {
    told(context, Event::ResponseTrailers { count })
}
fn on_http_call_response(root: u32, token: u32, headers: usize, body: usize, _: usize) {
    told(root, Event::CallAnswer { token, headers, body });
}
fn on_grpc_receive(root: u32, token: u32, size: usize) {
    told(root, Event::GrpcMessage { token, size });
}
fn on_grpc_close(root: u32, token: u32, status: u32) {
    told(root, Event::GrpcClose { token, status });
}
fn on_done(context: u32) -> bool {
    yes(context, Event::Done)
}
fn on_log(context: u32) {
    told(context, Event::Log);
}
fn on_delete(context: u32) {
    told(context, Event::Delete);
}
