//! The contexts of one VM: roots, which hold a compiled document each, and the requests that go through them.
//!
//! No borrow is held across a stage, so that nothing a stage does can collide with the bookkeeping.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use std::time::Duration;

use crate::abi::{self, Buffer};
use crate::flow::{Action, Flow};
use crate::gate::Gate;
use crate::host::{self, Answer, CallId};
use crate::metrics;
use crate::module::Module;
use crate::requests::{Known, Request, Requests};
use crate::root::Root;

/// The number that Envoy gives to a root or a request.
pub(crate) type ContextId = u32;

thread_local! {
    static VM: Vm = const {
        Vm {
            module: Cell::new(None),
            roots: RefCell::new(Vec::new()),
            requests: Requests::new(),
            calls: RefCell::new(VecDeque::new()),
        }
    };
}

struct Vm {
    module: Cell<Option<Module>>,
    /// There is one for each plugin entry, and those that are on their way out: a look at each costs least.
    roots: RefCell<Vec<(ContextId, Rc<Root>)>>,
    requests: Requests,
    /// Which requests wait for a call. An entry goes with the answer, which Envoy gives to every call in its time, also
    /// where the request has gone. Sorted: new calls have the highest numbers, and old ones are answered first.
    calls: RefCell<VecDeque<(CallId, ContextId)>>,
}

/// A VM has started.
pub(crate) fn start(module: Module) {
    crate::logger::install();
    metrics::start();
    VM.with(|vm| vm.module.set(Some(module)));
}

/// A context has come: a root where `root` is 0, else a request.
pub(crate) fn create(context: ContextId, root: ContextId) {
    if root == 0 {
        VM.with(|vm| vm.roots.borrow_mut().push((context, Rc::default())));
    } else if let Some((older, root)) = VM.with(|vm| vm.requests.welcome(context, root)) {
        match find_gate(root) {
            Some(gate) => hold(older, root, Flow::new(gate)),
            None => hold_unchecked(older),
        }
    }
}

/// A context has gone, and with it all that was waiting for it.
pub(crate) fn delete(context: ContextId) {
    if let Some(request) = VM.with(|vm| vm.requests.remove(context)) {
        request.root.note(context, None);
    } else if let Some(at) = look_for_root(context) {
        delete_root(at);
    }
}

#[cold]
fn delete_root(at: usize) {
    let root = VM.with(|vm| vm.roots.borrow_mut().remove(at));
    drop(root);
    metrics::flush();
    // Envoy forgets the calls of a root that goes.
    VM.with(|vm| vm.calls.borrow_mut().retain(|(_, request)| vm.requests.has(*request)));
}

/// A plugin's configuration has come; says whether it is taken. A refused one leaves no trace but log lines.
pub(crate) fn configure(context: ContextId, size: usize) -> bool {
    let (Some(root), Some(module)) = (find_root(context), VM.with(|vm| vm.module.get())) else {
        return false;
    };
    let configuration = abi::buffer(Buffer::PluginConfiguration, 0, size).unwrap_or_default();
    match Gate::compile(&module, &configuration) {
        Ok(gate) => {
            root.take(gate);
            root.schedule();
            true
        }
        Err(mistakes) => {
            mistakes.found().iter().for_each(|mistake| log::error!("the document is refused: {mistake}"));
            false
        }
    }
}

/// The beat of a root.
pub(crate) fn tick(context: ContextId) {
    let Some(root) = find_root(context) else { return };
    let now = host::now();
    let gate = root.gate();
    gate.inspect(|gate| gate.on_tick(now));
    metrics::flush();
    wake(context, &root, now, false);
    root.schedule();
}

/// A call has come back. Envoy makes every call for the root and tells the root, also for a request that has gone.
pub(crate) fn answer(root: ContextId, call: CallId, answer: &Answer) {
    let (mut is_of_root, mut is_heard) = (true, false);
    while let Some(context) = take_waiting(call) {
        is_of_root = false;
        is_heard |= abi::set_effective_context(context).is_ok()
            && tell(context, |flow| flow.on_answer(call, answer.clone()));
    }
    if is_heard {
        // With the callback's end Envoy forgets that another context was at work.
        return;
    }
    // The root made it for nobody in particular; or all that waited have gone, and what was asked for may serve others.
    let _ = abi::set_effective_context(root);
    let Some(found) = find_root(root) else { return };
    let now = host::now();
    let gate = found.gate();
    gate.inspect(|gate| gate.on_answer(call, answer, now));
    if is_of_root {
        wake(root, &found, now, true);
        found.schedule();
    }
}

/// Notes that a request waits for a call.
fn wait_for(call: CallId, context: ContextId) {
    VM.with(|vm| {
        let mut calls = vm.calls.borrow_mut();
        let at = calls.partition_point(|known| *known < (call, context));
        if calls.get(at) != Some(&(call, context)) {
            calls.insert(at, (call, context));
        }
    });
}

/// The next request that waits for this call.
fn take_waiting(call: CallId) -> Option<ContextId> {
    VM.with(|vm| {
        let mut calls = vm.calls.borrow_mut();
        let at = calls.partition_point(|(waited_for, _)| *waited_for < call);
        calls.get(at).filter(|(waited_for, _)| *waited_for == call)?;
        calls.remove(at).map(|(_, context)| context)
    })
}

/// The headers of a request have come, and are all of it where `is_whole`.
pub(crate) fn on_request_headers(context: ContextId, is_whole: bool) -> Action {
    let Some(root) = VM.with(|vm| vm.requests.take_newcomer(context)) else {
        return on_late_headers(context);
    };
    let Some(gate) = find_gate(root) else {
        hold_unchecked(context);
        return Action::Pause;
    };
    let mut flow = Flow::new(gate);
    let action = flow.on_request_headers();
    if !(is_whole && flow.is_done()) {
        hold(context, root, flow);
    }
    action
}

/// The headers of a request that was not the last to be announced. One that never was does not pass.
#[cold]
fn on_late_headers(context: ContextId) -> Action {
    if matches!(find_request(context), Known::LetThrough) {
        hold_unchecked(context);
    }
    act(context, Flow::on_request_headers)
}

/// Keeps a request for what is still to come.
fn hold(context: ContextId, root: ContextId, flow: Flow) {
    let request = find_root(root).map(|root| Rc::new(Request { root, flow: RefCell::new(flow) }));
    VM.with(|vm| vm.requests.hold(context, request.clone()));
    request.inspect(|request| keep_waiting(request, context));
}

/// Lets nothing pass of a request that has no document.
fn hold_unchecked(context: ContextId) {
    VM.with(|vm| vm.requests.hold(context, None));
}

/// What a request does about one of Envoy's callbacks.
pub(crate) fn act(context: ContextId, act: impl FnOnce(&mut Flow) -> Action) -> Action {
    match find_request(context) {
        Known::LetThrough => Action::Continue,
        Known::Unchecked => Action::Pause,
        Known::Held(request) => run(&request, context, act).unwrap_or(Action::Pause),
    }
}

/// Tells a request that waits of news; whether there is one.
fn tell(context: ContextId, news: impl FnOnce(&mut Flow)) -> bool {
    match find_request(context) {
        Known::Held(request) => run(&request, context, news).is_some(),
        Known::LetThrough | Known::Unchecked => false,
    }
}

/// `None` where the request is at work already.
fn run<R>(request: &Request, context: ContextId, act: impl FnOnce(&mut Flow) -> R) -> Option<R> {
    let result = act(&mut *request.flow.try_borrow_mut().ok()?);
    keep_waiting(request, context);
    Some(result)
}

/// Keeps what the request waits for after a callback. One piece of code for all callbacks: code that has run already for
/// one is fast for the next.
#[inline(never)]
fn keep_waiting(request: &Request, context: ContextId) {
    let Ok(mut flow) = request.flow.try_borrow_mut() else { return };
    let (calls, due) = (flow.take_calls(), flow.next_tick());
    drop(flow);
    calls.into_iter().for_each(|call| wait_for(call, context));
    if request.root.note(context, due) {
        request.root.schedule();
    }
}

/// One piece of code for all callbacks, as is [`keep_waiting`].
#[inline(never)]
fn find_request(context: ContextId) -> Known {
    VM.with(|vm| vm.requests.find(context))
}

fn wake(context: ContextId, root: &Root, now: Duration, news: bool) {
    for sleeper in root.due(now, news) {
        if abi::set_effective_context(sleeper).is_ok() {
            tell(sleeper, |flow| flow.on_tick(now));
        }
    }
    let _ = abi::set_effective_context(context);
}

fn find_root(context: ContextId) -> Option<Rc<Root>> {
    look_at_root(context, Rc::clone)
}

/// A root's document; `None` before it has one.
fn find_gate(root: ContextId) -> Option<Rc<Gate>> {
    look_at_root(root, |root| root.gate())?
}

fn look_at_root<R>(context: ContextId, look: impl FnOnce(&Rc<Root>) -> R) -> Option<R> {
    VM.with(|vm| vm.roots.borrow().iter().find(|(known, _)| *known == context).map(|(_, root)| look(root)))
}

/// Where a root stands.
fn look_for_root(context: ContextId) -> Option<usize> {
    VM.with(|vm| vm.roots.borrow().iter().position(|(known, _)| *known == context))
}
