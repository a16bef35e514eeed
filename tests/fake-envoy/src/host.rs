//! The one worker thread: what its VM, its streams and its calls look like right now.
//!
//! It is a thread-local, because the guest's own state is: a host call carries no handle that would say whose it is. Tests run in parallel,
//! one fake Envoy per thread. It is borrowed for the length of a host call or of a step of the driver, never while the guest runs.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use crate::abi::{Direction, LogLevel, Status};
use crate::callbacks::Callbacks;
use crate::calls::Calls;
use crate::counts::Counts;
use crate::grpc::GrpcCalls;
use crate::local_reply::LocalReply;
use crate::metrics::Metrics;
use crate::properties::Properties;
use crate::shared_data::SharedData;
use crate::shared_queues::SharedQueues;
use crate::stream_state::StreamState;

/// One line that the guest logged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    /// How loud.
    pub level: LogLevel,
    /// What it said.
    pub text: String,
}

/// A foreign function: takes the arguments, gives the results.
pub type ForeignFunction = Rc<dyn Fn(&[u8]) -> Result<Vec<u8>, Status>>;

/// A plugin's root context.
#[derive(Debug, Default)]
pub(crate) struct Root {
    pub(crate) configuration: Vec<u8>,
    pub(crate) tick: Option<Tick>,
    /// It answered false to `on_done` and lives until it calls `proxy_done`.
    pub(crate) leaving: bool,
    /// A newer configuration took its place; it goes with its last stream.
    pub(crate) retired: bool,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Tick {
    pub(crate) period: Duration,
    pub(crate) due: Duration,
}

/// What a host call asked for, and Envoy does when the guest has returned.
#[derive(Debug)]
pub(crate) enum Afterwards {
    Continue(u32, Direction),
    Reply(u32, LocalReply),
    Reset(u32),
    DeleteRoot(u32),
    CloseGrpc { root: u32, token: u32, message: &'static str },
    Hazard(&'static str),
}

/// Everything that one worker knows.
pub(crate) struct Host {
    pub(crate) callbacks: Callbacks,
    pub(crate) vm_id: String,
    pub(crate) vm_configuration: Vec<u8>,
    pub(crate) headers_wait: bool,
    pub(crate) buffer_limit: usize,
    /// The time of day, which may step; timers run on `elapsed`, which does not.
    pub(crate) wall: Duration,
    pub(crate) elapsed: Duration,
    pub(crate) log_level: LogLevel,
    pub(crate) log: Vec<LogLine>,
    pub(crate) counts: Counts,
    pub(crate) metrics: Metrics,
    pub(crate) properties: Properties,
    pub(crate) shared_data: Arc<SharedData>,
    pub(crate) shared_queues: Arc<SharedQueues>,
    /// The queues that a root of this worker registered, with that root.
    pub(crate) queues: BTreeMap<u32, u32>,
    pub(crate) foreign: BTreeMap<String, ForeignFunction>,
    pub(crate) roots: BTreeMap<u32, Root>,
    pub(crate) streams: BTreeMap<u32, StreamState>,
    pub(crate) calls: Calls,
    pub(crate) grpc: GrpcCalls,
    /// What `proxy_get_status` answers.
    pub(crate) status: (u32, String),
    /// The root whose configuration can be read: only during its own callback.
    pub(crate) configuring: Option<u32>,
    pub(crate) current: u32,
    pub(crate) effective: u32,
    pub(crate) afterwards: Vec<Afterwards>,
    /// A local reply or a reset was asked for: whatever the callback answers, nothing goes on.
    pub(crate) stop_next: bool,
}

impl Host {
    /// Whether a context can still be named.
    pub(crate) fn knows(&self, context: u32) -> bool {
        self.roots.contains_key(&context) || self.stream(context).is_some()
    }

    /// The context that a host call is about: the effective one while it lives, else the one that was called.
    pub(crate) fn context(&self) -> u32 {
        if self.effective != 0 && self.knows(self.effective) { self.effective } else { self.current }
    }

    /// The root context of [`context`](Self::context), which makes all calls.
    pub(crate) fn root(&self) -> u32 {
        let context = self.context();
        self.stream(context).map_or(context, |stream| stream.root)
    }

    /// An answer can be read in its own callback only, and not even in what that callback sets going.
    pub(crate) fn forget_answer(&mut self) {
        self.calls.answering = None;
        self.grpc.receiving = None;
        self.status.1.clear();
    }

    /// A root that goes takes its calls and timers with it.
    pub(crate) fn forget_root(&mut self, root: u32) {
        self.roots.remove(&root);
        self.calls.pending.retain(|_, call| call.root != root);
        self.grpc.pending.retain(|_, call| call.root != root);
        self.queues.retain(|_, owner| *owner != root);
    }

    /// A stream whose context has not been deleted.
    pub(crate) fn stream(&self, context: u32) -> Option<&StreamState> {
        self.streams.get(&context).filter(|stream| !stream.deleted)
    }

    pub(crate) fn stream_mut(&mut self, context: u32) -> Option<&mut StreamState> {
        self.streams.get_mut(&context).filter(|stream| !stream.deleted)
    }

    /// The stream that a host call is about.
    pub(crate) fn current_stream(&mut self) -> Option<&mut StreamState> {
        let context = self.context();
        self.stream_mut(context)
    }
}

thread_local! {
    static HOST: RefCell<Option<Host>> = const { RefCell::new(None) };
    static NEXT_CONTEXT: Cell<u32> = const { Cell::new(1) };
}

/// Starts the worker of this thread.
pub(crate) fn install(host: Host) {
    HOST.with_borrow_mut(|slot| {
        assert!(slot.is_none(), "one fake Envoy per thread: the guest's state is a thread-local too");
        *slot = Some(host);
    });
}

/// Stops the worker of this thread.
pub(crate) fn uninstall() {
    drop(HOST.take());
}

/// Does something with the worker of this thread.
pub(crate) fn with<R>(act: impl FnOnce(&mut Host) -> R) -> R {
    try_with(act).expect("a fake Envoy runs on this thread")
}

/// As [`with`], where there may be none: a guest's destructor that runs after Envoy stopped.
pub(crate) fn try_with<R>(act: impl FnOnce(&mut Host) -> R) -> Option<R> {
    HOST.with_borrow_mut(|slot| slot.as_mut().map(act))
}

/// Never used twice on a thread, so that a guest that kept something of an earlier Envoy is not confused by a later one.
pub(crate) fn next_context() -> u32 {
    NEXT_CONTEXT.replace(NEXT_CONTEXT.get() + 1)
}
