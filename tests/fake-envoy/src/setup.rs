//! What an Envoy is like before it starts.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::marker::PhantomData;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use crate::abi::{LogLevel, Status};
use crate::calls::Calls;
use crate::envoy::{Envoy, Refused, start_root};
use crate::host::{self, ForeignFunction, Host};
use crate::properties::{self, Properties};
use crate::{Callbacks, SharedData, SharedQueues};

/// Envoy's own default for `per_connection_buffer_limit_bytes`.
const BUFFER_LIMIT: usize = 1024 * 1024;

/// 2026-01-01T00:00:00Z: a whole day, so that windows in tests begin where one thinks they do.
const NEW_YEAR: Duration = Duration::from_secs(1_767_225_600);

/// The settings of a worker, its plugin and its VM.
pub struct Setup {
    callbacks: Callbacks,
    vm_id: String,
    headers_wait: bool,
    buffer_limit: usize,
    clock: Duration,
    log_level: LogLevel,
    clusters: BTreeSet<String>,
    unhealthy: BTreeSet<String>,
    properties: Properties,
    foreign: BTreeMap<String, ForeignFunction>,
    shared_data: Arc<SharedData>,
    shared_queues: Arc<SharedQueues>,
}

impl Setup {
    /// The default settings: no clusters, no properties but the plugin's names, shared data of its own.
    #[must_use]
    pub fn new(callbacks: Callbacks) -> Self {
        let mut of_all = Properties::default();
        of_all.set(b"plugin_name", b"plugin");
        of_all.set(&properties::path("source.address"), b"192.0.2.1:40000");
        Self {
            callbacks,
            vm_id: String::from("vm"),
            headers_wait: false,
            buffer_limit: BUFFER_LIMIT,
            clock: NEW_YEAR,
            log_level: LogLevel::Trace,
            clusters: BTreeSet::new(),
            unhealthy: BTreeSet::new(),
            properties: of_all,
            foreign: BTreeMap::new(),
            shared_data: Arc::default(),
            shared_queues: Arc::default(),
        }
    }

    /// `allow_on_headers_stop_iteration`
    #[must_use]
    pub fn headers_wait(mut self, headers_wait: bool) -> Self {
        self.headers_wait = headers_wait;
        self
    }

    /// `per_connection_buffer_limit_bytes`
    #[must_use]
    pub fn buffer_limit(mut self, bytes: usize) -> Self {
        self.buffer_limit = bytes;
        self
    }

    /// The time of day at the start, since the epoch.
    #[must_use]
    pub fn clock(mut self, now: Duration) -> Self {
        self.clock = now;
        self
    }

    /// What the log drops is below this.
    #[must_use]
    pub fn log_level(mut self, level: LogLevel) -> Self {
        self.log_level = level;
        self
    }

    /// A cluster that can be called.
    #[must_use]
    pub fn cluster(mut self, name: &str) -> Self {
        self.clusters.insert(name.to_owned());
        self
    }

    /// A cluster that is known and has no healthy host: calls to it fail at once.
    #[must_use]
    pub fn unhealthy_cluster(mut self, name: &str) -> Self {
        self.unhealthy.insert(name.to_owned());
        self.cluster(name)
    }

    /// A property of every stream, segments joined by `.`.
    #[must_use]
    pub fn property(mut self, path: &str, value: impl AsRef<[u8]>) -> Self {
        self.properties.set(&properties::path(path), value.as_ref());
        self
    }

    /// A foreign function; one that is not here is `NotFound`.
    #[must_use]
    pub fn foreign_function(
        mut self,
        name: &str,
        function: impl Fn(&[u8]) -> Result<Vec<u8>, Status> + 'static,
    ) -> Self {
        self.foreign.insert(name.to_owned(), Rc::new(function));
        self
    }

    /// The namespace of shared data.
    #[must_use]
    pub fn vm_id(mut self, vm_id: &str) -> Self {
        vm_id.clone_into(&mut self.vm_id);
        self
    }

    /// Makes this worker one of several of a process.
    #[must_use]
    pub fn shared_data(mut self, shared_data: Arc<SharedData>) -> Self {
        self.shared_data = shared_data;
        self
    }

    /// As [`shared_data`](Self::shared_data), for queues.
    #[must_use]
    pub fn shared_queues(mut self, shared_queues: Arc<SharedQueues>) -> Self {
        self.shared_queues = shared_queues;
        self
    }

    /// Starts the worker: creates a root context, starts the VM, hands the configuration over.
    ///
    /// # Errors
    /// When the module refuses the configuration.
    ///
    /// # Panics
    /// When an Envoy runs on this thread already.
    pub fn start(self, configuration: impl AsRef<[u8]>) -> Result<Envoy, Refused> {
        host::install(self.into_host());
        match start_root(configuration.as_ref()) {
            Ok(root) => Ok(Envoy { root: Cell::new(root), this_thread_only: PhantomData }),
            Err(refused) => {
                host::uninstall();
                Err(refused)
            }
        }
    }

    fn into_host(mut self) -> Host {
        self.properties.set(b"plugin_vm_id", self.vm_id.as_bytes());
        Host {
            callbacks: self.callbacks,
            vm_id: self.vm_id,
            vm_configuration: Vec::new(),
            headers_wait: self.headers_wait,
            buffer_limit: self.buffer_limit,
            wall: self.clock,
            elapsed: Duration::ZERO,
            log_level: self.log_level,
            log: Vec::new(),
            counts: crate::Counts::default(),
            metrics: crate::metrics::Metrics::default(),
            properties: self.properties,
            shared_data: self.shared_data,
            shared_queues: self.shared_queues,
            queues: BTreeMap::new(),
            foreign: self.foreign,
            roots: BTreeMap::new(),
            streams: BTreeMap::new(),
            calls: Calls::to(self.clusters, self.unhealthy),
            grpc: crate::grpc::GrpcCalls::default(),
            status: (0, String::new()),
            configuring: None,
            current: 0,
            effective: 0,
            afterwards: Vec::new(),
            stop_next: false,
        }
    }
}
