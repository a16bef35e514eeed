//! What Envoy calls, as plain functions; [`module!`](crate::module!) exports those that a module needs.
//!
//! Envoy calls every callback that a module exports, at about 0.3 us each: a module exports no more than it uses.

use crate::abi;
use crate::host::{Answer, CallId};
use crate::module::Module;
use crate::vm;

/// The VM has started.
pub fn initialize(module: Module) {
    vm::start(module);
}

/// `proxy_on_memory_allocate`
pub fn memory_allocate(size: usize) -> *mut u8 {
    abi::allocate(size)
}

/// `proxy_on_context_create`
pub fn context_create(context: u32, root: u32) {
    vm::create(context, root);
}

/// `proxy_on_configure`
pub fn configure(root: u32, size: usize) -> bool {
    vm::configure(root, size)
}

/// `proxy_on_tick`
pub fn tick(root: u32) {
    vm::tick(root);
}

/// `proxy_on_request_headers`
pub fn request_headers(context: u32, _lines: usize, is_whole: bool) -> u32 {
    vm::on_request_headers(context, is_whole) as u32
}

/// `proxy_on_request_body`
pub fn request_body(context: u32, _size: usize, _is_last: bool) -> u32 {
    vm::act(context, |flow| flow.request_action()) as u32
}

/// `proxy_on_request_trailers`
pub fn request_trailers(context: u32, _lines: usize) -> u32 {
    vm::act(context, |flow| flow.on_request_trailers()) as u32
}

/// `proxy_on_response_headers`
pub fn response_headers(context: u32, _lines: usize, is_complete: bool) -> u32 {
    vm::act(context, |flow| flow.on_response_headers(is_complete)) as u32
}

/// `proxy_on_response_body`
pub fn response_body(context: u32, size: usize, is_last: bool) -> u32 {
    vm::act(context, |flow| flow.on_response_body(size, is_last)) as u32
}

/// `proxy_on_response_trailers`
pub fn response_trailers(context: u32, _lines: usize) -> u32 {
    vm::act(context, |flow| flow.on_response_trailers()) as u32
}

/// `proxy_on_http_call_response`
pub fn http_call_response(context: u32, token: u32, lines: usize, body_size: usize, _trailers: usize) {
    let answer = if lines == 0 { Answer::Reset } else { Answer::Response { body_size } };
    vm::answer(context, CallId(token), &answer);
}

/// `proxy_on_grpc_receive`: the one message of a call that was answered.
pub fn grpc_receive(context: u32, token: u32, size: usize) {
    vm::answer(context, CallId(token), &Answer::Response { body_size: size });
}

/// `proxy_on_grpc_close`: a call has failed. This also comes for a call that could not be sent, with a token that nobody was
/// given.
pub fn grpc_close(context: u32, token: u32, _status: u32) {
    vm::answer(context, CallId(token), &Answer::Reset);
}

/// `proxy_on_delete`
pub fn delete(context: u32) {
    vm::delete(context);
}
