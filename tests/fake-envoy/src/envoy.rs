//! The driver: plays one worker thread of Envoy for one module.

pub(crate) mod services;

use std::marker::PhantomData;
use std::time::Duration;

use crate::allocations;
use crate::counts::Counts;
use crate::header_map::HeaderMap;
use crate::host::{self, LogLine, Root};
use crate::setup::Setup;
use crate::stream::Request;
use crate::{Callbacks, guest};

/// The module refused its configuration: Envoy would not start, or would keep the configuration that it has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// What the module said about it.
    pub log: Vec<LogLine>,
}

/// A running worker, on the thread that started it. It stops when it is dropped.
#[derive(Debug)]
pub struct Envoy {
    pub(crate) root: std::cell::Cell<u32>,
    pub(crate) this_thread_only: PhantomData<*const ()>,
}

impl Envoy {
    /// Starts a worker with the usual settings; [`Setup`] has the others.
    ///
    /// # Errors
    /// When the module refuses the configuration.
    pub fn start(callbacks: Callbacks, configuration: impl AsRef<[u8]>) -> Result<Self, Refused> {
        Setup::new(callbacks).start(configuration)
    }

    /// Hands the module a new configuration, as a listener update does: in the same VM, as a new root context. The old one goes when its
    /// last stream has.
    ///
    /// # Errors
    /// When the module refuses it; then the old one stays.
    pub fn reload(&self, configuration: impl AsRef<[u8]>) -> Result<(), Refused> {
        let old = self.root.replace(start_root(configuration.as_ref())?);
        guest::retire_root(old);
        Ok(())
    }

    /// A client's request. Its headers name the pseudo-headers too: `:method`, `:path`, `:authority`, `:scheme`.
    pub fn request<Name: AsRef<str>, Value: AsRef<[u8]>>(
        &self,
        headers: impl IntoIterator<Item = (Name, Value)>,
    ) -> Request<'_> {
        Request::new(self, self.root.get(), headers.into_iter().collect())
    }

    /// `GET path` to `gateway.example`.
    pub fn get(&self, path: &str) -> Request<'_> {
        self.method("GET", path)
    }

    /// `POST path` to `gateway.example`.
    pub fn post(&self, path: &str) -> Request<'_> {
        self.method("POST", path)
    }

    /// A client sends what is no HTTP: Envoy refuses it by itself, and the module hears only of the end of a stream that it never saw begin.
    pub fn unparsable_request(&self) {
        let _ = Request::new(self, self.root.get(), HeaderMap::default()).refused();
    }

    fn method(&self, method: &str, path: &str) -> Request<'_> {
        let authority = (":authority", "gateway.example");
        self.request([authority, (":path", path), (":method", method), (":scheme", "http")])
    }

    /// The time of day, since the epoch.
    #[must_use]
    pub fn now(&self) -> Duration {
        host::with(|host| host.wall)
    }

    /// Steps the clock, forwards or backwards; timers do not notice.
    pub fn set_clock(&self, now: Duration) {
        host::with(|host| host.wall = now);
    }

    /// Lets time pass: ticks and the timeouts of calls come when they are due, in their order.
    pub fn advance(&self, by: Duration) {
        crate::time::advance(by);
    }

    /// Ticks once, whatever the period, every root that asked for ticks.
    pub fn tick(&self) {
        let ticking = host::with(|host| {
            let roots = host.roots.iter().filter(|(_, root)| root.tick.is_some());
            roots.map(|(id, _)| *id).collect::<Vec<_>>()
        });
        ticking.into_iter().for_each(guest::tick);
    }

    /// The period that the module asked its ticks for.
    #[must_use]
    pub fn tick_period(&self) -> Option<Duration> {
        host::with(|host| host.roots.get(&self.root.get()).and_then(|root| root.tick).map(|tick| tick.period))
    }

    /// Tells the roots that registered queues that there is something in them.
    pub fn deliver_queues(&self) {
        let ready = host::with(|host| {
            let queues = host.queues.iter().filter(|(queue, _)| host.shared_queues.has_items(**queue));
            queues.map(|(queue, root)| (*queue, *root)).collect::<Vec<_>>()
        });
        for (queue, root) in ready {
            guest::queue_ready(root, queue);
        }
    }

    /// Makes a cluster known, or healthy again.
    pub fn add_cluster(&self, name: &str) {
        host::with(|host| {
            host.calls.clusters.insert(name.to_owned());
            host.calls.unhealthy.remove(name);
        });
    }

    /// Takes a cluster's last healthy host: calls to it fail at once.
    pub fn lose_cluster(&self, name: &str) {
        host::with(|host| host.calls.unhealthy.insert(name.to_owned()));
    }

    /// What the module logged so far.
    #[must_use]
    pub fn log(&self) -> Vec<LogLine> {
        host::with(|host| host.log.clone())
    }

    /// The value of a counter or a gauge; `None` if the module defined none of that name.
    #[must_use]
    pub fn metric(&self, name: &str) -> Option<u64> {
        host::with(|host| host.metrics.value(name))
    }

    /// What was recorded in a histogram.
    #[must_use]
    pub fn samples(&self, name: &str) -> Vec<u64> {
        host::with(|host| host.metrics.samples(name))
    }

    /// The names of all metrics that the module defined.
    #[must_use]
    pub fn metric_names(&self) -> Vec<String> {
        host::with(|host| host.metrics.names().map(str::to_owned).collect())
    }

    /// How often the border was crossed so far, by name.
    #[must_use]
    pub fn counts(&self) -> Counts {
        host::with(|host| host.counts.clone())
    }

    /// How often the guest took memory so far, where [`Allocator`](crate::Allocator) is the test's own.
    #[must_use]
    pub fn allocations(&self) -> u64 {
        allocations::count()
    }
}

/// Stopping ends the streams, then the root. A test that has failed already is not made to run the module once more.
impl Drop for Envoy {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let streams = host::with(|host| host.streams.keys().copied().collect::<Vec<_>>());
            streams.into_iter().for_each(guest::end_stream);
            let roots = host::with(|host| host.roots.keys().copied().collect::<Vec<_>>());
            roots.into_iter().for_each(guest::end_root);
        }
        host::uninstall();
    }
}

/// Creates a root context in the VM, and configures it.
pub(crate) fn start_root(configuration: &[u8]) -> Result<u32, Refused> {
    let root = host::next_context();
    let heard = host::with(|host| {
        host.roots.insert(root, Root { configuration: configuration.to_vec(), ..Root::default() });
        host.log.len()
    });
    guest::context_create(root, 0);
    if guest::vm_start(root) && guest::configure(root) {
        return Ok(root);
    }
    let log = host::with(|host| {
        host.forget_root(root);
        host.log.split_off(heard)
    });
    Err(Refused { log })
}
