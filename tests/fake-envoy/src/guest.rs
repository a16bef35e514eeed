//! Entering the guest, and what Envoy does when it has returned.

use crate::abi::Direction;
use crate::allocations;
use crate::callbacks::{Callbacks, OnContext, OnFrame};
use crate::flow;
use crate::half::Body;
use crate::hazard;
use crate::host::{self, Afterwards, Host};

/// `UNAVAILABLE`, which is also what a gRPC call gets whose time is up.
pub(crate) const UNAVAILABLE: u32 = 14;

/// What a callback told the filter manager.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Continue,
    Pause,
    /// A reply or a reset was asked for, so the action does not count.
    Stop,
}

/// Enters the guest on behalf of `context`. The effective context is forgotten at each entry, and restored after it.
/// Returns what the callback answered and whether the iteration must stop; then does what the guest's host calls asked for.
fn enter<R>(context: u32, name: &'static str, callback: impl FnOnce() -> R) -> (R, bool) {
    let outer = host::with(|host| {
        host.counts.add(name);
        let outer = (host.current, host.effective);
        (host.current, host.effective) = (context, 0);
        outer
    });
    let answer = allocations::while_guest(true, callback);
    let (stop, afterwards, torn_down) = host::with(|host| {
        (host.current, host.effective) = outer;
        host.forget_answer();
        let torn_down = host.stream(context).is_some_and(|stream| stream.torn_down);
        (std::mem::take(&mut host.stop_next), std::mem::take(&mut host.afterwards), torn_down)
    });
    if torn_down && !afterwards.is_empty() {
        hazard::hazard(hazard::TOUCHED_WHILE_TORN_DOWN);
    }
    afterwards.into_iter().for_each(do_afterwards);
    (answer, stop)
}

fn do_afterwards(action: Afterwards) {
    match action {
        Afterwards::Continue(stream, direction) => flow::resume(stream, direction),
        Afterwards::Reply(stream, reply) => flow::reply(stream, &reply),
        Afterwards::Reset(stream) => flow::reset(stream),
        Afterwards::DeleteRoot(root) => delete_root(root),
        Afterwards::CloseGrpc { root, token, message } => grpc_close(root, token, UNAVAILABLE, message),
        Afterwards::Hazard(what) => hazard::hazard(what),
    }
}

fn callbacks() -> Callbacks {
    host::with(|host| host.callbacks)
}

fn verdict((action, stop): (u32, bool)) -> Verdict {
    match (stop, action) {
        (true, _) => Verdict::Stop,
        (false, 0) => Verdict::Continue,
        (false, 1) => Verdict::Pause,
        (false, other) => panic!("the callback answered {other}, which is no action of ABI 0.2.1"),
    }
}

pub(crate) fn context_create(context: u32, root: u32) {
    if let Some(callback) = callbacks().on_context_create {
        enter(context, "proxy_on_context_create", || callback(context, root));
    }
}

/// `on_vm_start` cannot read the plugin's configuration, only the VM's.
pub(crate) fn vm_start(root: u32) -> bool {
    let Some(callback) = callbacks().on_vm_start else {
        return true;
    };
    let size = host::with(|host| host.vm_configuration.len());
    enter(root, "proxy_on_vm_start", || callback(root, size)).0
}

pub(crate) fn configure(root: u32) -> bool {
    let Some(callback) = callbacks().on_configure else {
        return true;
    };
    let size = host::with(|host| {
        host.configuring = Some(root);
        host.roots.get(&root).map_or(0, |root| root.configuration.len())
    });
    let accepted = enter(root, "proxy_on_configure", || callback(root, size)).0;
    host::with(|host| host.configuring = None);
    accepted
}

pub(crate) fn tick(root: u32) {
    notify(root, "proxy_on_tick", callbacks().on_tick);
}

pub(crate) fn queue_ready(root: u32, queue: u32) {
    if let Some(callback) = callbacks().on_queue_ready {
        enter(root, "proxy_on_queue_ready", || callback(root, queue));
    }
}

fn notify(context: u32, name: &'static str, callback: Option<OnContext>) {
    if let Some(callback) = callback {
        enter(context, name, || callback(context));
    }
}

pub(crate) fn headers(stream: u32, direction: Direction, size: usize, end: bool) -> Verdict {
    let callbacks = callbacks();
    match direction {
        Direction::Request => {
            frame(stream, "proxy_on_request_headers", callbacks.on_request_headers, size, end)
        }
        Direction::Response => {
            frame(stream, "proxy_on_response_headers", callbacks.on_response_headers, size, end)
        }
    }
}

pub(crate) fn body(stream: u32, direction: Direction, size: usize, end: bool) -> Verdict {
    let callbacks = callbacks();
    match direction {
        Direction::Request => frame(stream, "proxy_on_request_body", callbacks.on_request_body, size, end),
        Direction::Response => frame(stream, "proxy_on_response_body", callbacks.on_response_body, size, end),
    }
}

fn frame(stream: u32, name: &'static str, callback: Option<OnFrame>, size: usize, end: bool) -> Verdict {
    let Some(callback) = callback else {
        return Verdict::Continue;
    };
    verdict(enter(stream, name, || callback(stream, size, end)))
}

pub(crate) fn trailers(stream: u32, direction: Direction, size: usize) -> Verdict {
    let (name, callback) = match direction {
        Direction::Request => ("proxy_on_request_trailers", callbacks().on_request_trailers),
        Direction::Response => ("proxy_on_response_trailers", callbacks().on_response_trailers),
    };
    let Some(callback) = callback else {
        return Verdict::Continue;
    };
    verdict(enter(stream, name, || callback(stream, size)))
}

pub(crate) fn http_call_response(root: u32, token: u32, headers: usize, body: usize, trailers: usize) {
    if let Some(callback) = callbacks().on_http_call_response {
        let call = || callback(root, token, headers, body, trailers);
        enter(root, "proxy_on_http_call_response", call);
    }
    host::with(Host::forget_answer);
}

pub(crate) fn grpc_receive(root: u32, token: u32, size: usize) {
    if let Some(callback) = callbacks().on_grpc_receive {
        enter(root, "proxy_on_grpc_receive", || callback(root, token, size));
    }
    host::with(Host::forget_answer);
}

pub(crate) fn grpc_close(root: u32, token: u32, status: u32, message: &str) {
    host::with(|host| host.status = (status, message.to_owned()));
    if let Some(callback) = callbacks().on_grpc_close {
        enter(root, "proxy_on_grpc_close", || callback(root, token, status));
    }
    host::with(Host::forget_answer);
}

/// The end of a stream: log, done, delete, in this order. Only while it is logged can every map be read.
pub(crate) fn end_stream(stream: u32) {
    let begins = host::with(|host| {
        let stream = host.stream_mut(stream).filter(|stream| !stream.torn_down)?;
        (stream.torn_down, stream.logging) = (true, true);
        Some(())
    });
    if begins.is_none() {
        return;
    }
    notify(stream, "proxy_on_log", callbacks().on_log);
    host::with(|host| {
        if let Some(stream) = host.stream_mut(stream) {
            stream.logging = false;
            (stream.request.body, stream.response.body) = (Body::Empty, Body::Empty);
        }
    });
    done(stream);
    notify(stream, "proxy_on_delete", callbacks().on_delete);
    host::with(|host| {
        if let Some(stream) = host.streams.get_mut(&stream) {
            stream.deleted = true;
        }
    });
    end_idle_roots();
}

/// A newer configuration takes this root's place.
pub(crate) fn retire_root(root: u32) {
    host::with(|host| {
        if let Some(root) = host.roots.get_mut(&root) {
            root.retired = true;
        }
    });
    end_idle_roots();
}

fn end_idle_roots() {
    let idle = host::with(|host| {
        let in_use = |id: u32| host.streams.values().any(|stream| stream.root == id && !stream.deleted);
        let roots = host.roots.iter().filter(|(id, root)| root.retired && !root.leaving && !in_use(**id));
        roots.map(|(id, _)| *id).collect::<Vec<_>>()
    });
    idle.into_iter().for_each(end_root);
}

fn done(context: u32) -> bool {
    let Some(callback) = callbacks().on_done else {
        return true;
    };
    enter(context, "proxy_on_done", || callback(context)).0
}

/// A root that is not done yet stays until it calls `proxy_done`.
pub(crate) fn end_root(root: u32) {
    if done(root) {
        delete_root(root);
    } else {
        host::with(|host| {
            if let Some(root) = host.roots.get_mut(&root) {
                root.leaving = true;
            }
        });
    }
}

fn delete_root(root: u32) {
    notify(root, "proxy_on_delete", callbacks().on_delete);
    host::with(|host| host.forget_root(root));
}
