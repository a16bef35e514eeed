//! The contexts of one VM: roots, which hold a compiled document each, and the requests that go through them.
//!
//! No borrow is held across a stage, so that nothing a stage does can collide with the bookkeeping.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::rc::Rc;
use std::time::Duration;

use foldhash::fast::FixedState;

use crate::abi::{self, Buffer};
use crate::flow::{Action, Flow};
use crate::gate::Gate;
use crate::host::{self, Answer, CallId};
use crate::metrics::{self, BEAT};
use crate::module::Module;

type ContextId = u32;

thread_local! {
    static VM: Vm = const {
        Vm {
            module: Cell::new(None),
            roots: RefCell::new(BTreeMap::new()),
            requests: RefCell::new(HashMap::with_hasher(FixedState::with_seed(0))),
            calls: RefCell::new(VecDeque::new()),
        }
    };
}

struct Vm {
    module: Cell<Option<Module>>,
    roots: RefCell<BTreeMap<ContextId, Rc<Root>>>,
    /// Envoy numbers them, so that nobody can choose numbers that collide.
    requests: RefCell<HashMap<ContextId, Rc<Request>, FixedState>>,
    /// Which requests wait for a call. An entry goes with the answer, which Envoy gives to every call in its time, also
    /// where the request has gone. Sorted: new calls have the highest numbers, and old ones are answered first.
    calls: RefCell<VecDeque<(CallId, ContextId)>>,
}

/// One plugin entry of Envoy's configuration.
#[derive(Default)]
struct Root {
    gate: RefCell<Option<Rc<Gate>>>,
    /// The requests that want to be woken.
    sleepers: RefCell<BTreeMap<ContextId, Duration>>,
    /// The beat that Envoy was asked for, in milliseconds.
    period: Cell<u32>,
}

struct Request {
    root: Rc<Root>,
    flow: RefCell<Flow>,
}

impl Root {
    fn gate(&self) -> Option<Rc<Gate>> {
        self.gate.borrow().clone()
    }

    /// Asks Envoy for the beat that the next thing to do needs; what was counted is told once a second at least.
    fn schedule(&self) {
        let gate = self.gate();
        let sleepers = self.sleepers.borrow().values().min().copied();
        let due = gate.and_then(|gate| gate.next_tick()).into_iter().chain(sleepers).min();
        let period = due.map_or(BEAT, |due| millis_until(due, host::now()).min(BEAT));
        if self.period.replace(period) != period && abi::set_tick_period(period).is_err() {
            log::warn!(
                "the host keeps no time: nothing is counted or fetched ahead, and waiting requests may wait long"
            );
        }
    }

    /// The sleepers whose time has come, or all of them where there is news.
    fn due(&self, now: Duration, news: bool) -> Vec<ContextId> {
        let sleepers = self.sleepers.borrow();
        sleepers.iter().filter(|(_, due)| news || **due <= now).map(|(context, _)| *context).collect()
    }

    /// Keeps or forgets when a request wants to be woken; says whether that changed anything.
    fn note(&self, context: ContextId, due: Option<Duration>) -> bool {
        match due {
            None if self.sleepers.borrow().is_empty() => false,
            due => self.change_sleepers(context, due),
        }
    }

    /// Apart, since hardly a request ever waits.
    #[cold]
    fn change_sleepers(&self, context: ContextId, due: Option<Duration>) -> bool {
        let mut sleepers = self.sleepers.borrow_mut();
        match due {
            Some(due) => sleepers.insert(context, due) != Some(due),
            None => sleepers.remove(&context).is_some(),
        }
    }
}

impl Request {
    /// Keeps what the request waits for after a callback. One piece of code for all callbacks: code that has run already for
    /// one is fast for the next.
    #[inline(never)]
    fn keep_waiting(&self, context: ContextId) {
        let Ok(mut flow) = self.flow.try_borrow_mut() else { return };
        let (calls, due) = (flow.take_calls(), flow.next_tick());
        drop(flow);
        calls.into_iter().for_each(|call| wait_for(call, context));
        if self.root.note(context, due) {
            self.root.schedule();
        }
    }
}

/// At least 1, since 0 stops the beat.
fn millis_until(due: Duration, now: Duration) -> u32 {
    let millis = due.saturating_sub(now).as_nanos().div_ceil(1_000_000);
    u32::try_from(millis).unwrap_or(u32::MAX).max(1)
}

/// A VM has started.
pub(crate) fn start(module: Module) {
    crate::logger::install();
    metrics::start();
    VM.with(|vm| vm.module.set(Some(module)));
}

/// A context has come: a root where `root` is 0, else a request.
pub(crate) fn create(context: ContextId, root: ContextId) {
    VM.with(|vm| {
        if root == 0 {
            vm.roots.borrow_mut().insert(context, Rc::default());
        } else if let Some(root) = find_root(root)
            && let Some(gate) = root.gate()
        {
            let request = Rc::new(Request { root, flow: RefCell::new(Flow::new(gate)) });
            vm.requests.borrow_mut().insert(context, request);
        }
    });
}

/// A context has gone, and with it all that was waiting for it.
pub(crate) fn delete(context: ContextId) {
    VM.with(|vm| {
        let request = vm.requests.borrow_mut().remove(&context);
        match request {
            Some(request) => {
                request.root.note(context, None);
            }
            None => {
                vm.roots.borrow_mut().remove(&context);
                metrics::flush();
                // Envoy forgets the calls of a root that goes.
                vm.calls.borrow_mut().retain(|(_, request)| vm.requests.borrow().contains_key(request));
            }
        }
    });
}

/// A plugin's configuration has come; says whether it is taken. A refused one leaves no trace but log lines.
pub(crate) fn configure(context: ContextId, size: usize) -> bool {
    let (Some(root), Some(module)) = (find_root(context), VM.with(|vm| vm.module.get())) else {
        return false;
    };
    let configuration = abi::buffer(Buffer::PluginConfiguration, 0, size).unwrap_or_default();
    match Gate::compile(&module, &configuration) {
        Ok(gate) => {
            root.gate.replace(Some(Rc::new(gate)));
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
            && with_request(context, |flow| flow.on_answer(call, answer.clone())).is_some();
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

/// Runs `act` on a request and keeps what it waits for. `None` where there is no such request: its root was never
/// configured, or it has gone.
pub(crate) fn with_request<R>(context: ContextId, act: impl FnOnce(&mut Flow) -> R) -> Option<R> {
    let request = find_request(context)?;
    let result = act(&mut *request.flow.try_borrow_mut().ok()?);
    request.keep_waiting(context);
    Some(result)
}

/// One piece of code for all callbacks, as is [`Request::keep_waiting`].
#[inline(never)]
fn find_request(context: ContextId) -> Option<Rc<Request>> {
    VM.with(|vm| vm.requests.borrow().get(&context).cloned())
}

/// What Envoy does with a request that no document holds: nothing passes unchecked.
pub(crate) const UNKNOWN: Action = Action::Pause;

fn wake(context: ContextId, root: &Root, now: Duration, news: bool) {
    for sleeper in root.due(now, news) {
        if abi::set_effective_context(sleeper).is_ok() {
            let _ = with_request(sleeper, |flow| flow.on_tick(now));
        }
    }
    let _ = abi::set_effective_context(context);
}

fn find_root(context: ContextId) -> Option<Rc<Root>> {
    VM.with(|vm| vm.roots.borrow().get(&context).cloned())
}
