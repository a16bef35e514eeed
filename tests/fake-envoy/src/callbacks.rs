//! What a module exports, as function pointers.
//!
//! They are handed in, not linked: a module exports only the callbacks that it uses, and Envoy calls only those. They are plain functions
//! of Rust, so that a panic in one fails its test; what is declared `extern "C"` is handed in as a closure that calls it, and a panic in
//! it aborts the process. Either way that is the end: what Envoy does after a trap is not played.

/// `proxy_on_context_create(context, parent)`
pub type OnContextCreate = fn(u32, u32);
/// `proxy_on_vm_start(root, size)` and `proxy_on_configure(root, size)`
pub type OnConfiguration = fn(u32, usize) -> bool;
/// `proxy_on_tick`, `proxy_on_log`, `proxy_on_delete`
pub type OnContext = fn(u32);
/// `proxy_on_done(context)`: false keeps the context until `proxy_done`
pub type OnDone = fn(u32) -> bool;
/// `proxy_on_{request,response}_{headers,body}(context, size, end of stream) -> action`
pub type OnFrame = fn(u32, usize, bool) -> u32;
/// `proxy_on_{request,response}_trailers(context, size) -> action`
pub type OnTrailers = fn(u32, usize) -> u32;
/// `proxy_on_http_call_response(root, token, headers, body size, trailers)`
pub type OnHttpCallResponse = fn(u32, u32, usize, usize, usize);
/// `proxy_on_grpc_receive(root, token, size)`
pub type OnGrpcReceive = fn(u32, u32, usize);
/// `proxy_on_grpc_close(root, token, status)`, `..._metadata(root, token, size)`
pub type OnGrpc = fn(u32, u32, u32);
/// `proxy_on_queue_ready(root, queue)`
pub type OnQueueReady = fn(u32, u32);

/// The callbacks of one module. What is `None` is not exported, and costs nothing.
#[derive(Debug, Clone, Copy, Default)]
#[expect(missing_docs, reason = "each is named as in the ABI, without `proxy_`")]
pub struct Callbacks {
    pub on_context_create: Option<OnContextCreate>,
    pub on_vm_start: Option<OnConfiguration>,
    pub on_configure: Option<OnConfiguration>,
    pub on_tick: Option<OnContext>,
    pub on_request_headers: Option<OnFrame>,
    pub on_request_body: Option<OnFrame>,
    pub on_request_trailers: Option<OnTrailers>,
    pub on_response_headers: Option<OnFrame>,
    pub on_response_body: Option<OnFrame>,
    pub on_response_trailers: Option<OnTrailers>,
    pub on_http_call_response: Option<OnHttpCallResponse>,
    pub on_grpc_receive_initial_metadata: Option<OnGrpc>,
    pub on_grpc_receive: Option<OnGrpcReceive>,
    pub on_grpc_receive_trailing_metadata: Option<OnGrpc>,
    pub on_grpc_close: Option<OnGrpc>,
    pub on_queue_ready: Option<OnQueueReady>,
    pub on_done: Option<OnDone>,
    pub on_log: Option<OnContext>,
    pub on_delete: Option<OnContext>,
}
