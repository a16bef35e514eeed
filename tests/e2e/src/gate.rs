//! A running gateway: Envoy with the modules in front, the mock services behind.

use std::fs;
use std::net::SocketAddr;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::Value;
use services::{Act, SeenRequest, Service, Services, Wire, WireRequest};
use tokio::runtime::Runtime;

use crate::admin::Admin;
use crate::answer::{Answer, Lost};
use crate::bootstrap::{LISTENER, bootstrap, listener_file};
use crate::client::{Connection, Request, send_bytes};
use crate::envoy::{Envoy, validate};
use crate::eventually::eventually;
use crate::setup::Setup;

/// What every service of this process runs on. It outlives the tests, which are plain functions.
pub static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().expect("threads"));

/// A gateway that a story speaks to.
pub struct Gate {
    envoy: Envoy,
    address: SocketAddr,
    setup: Setup,
    version: AtomicU32,
    /// What stands behind it.
    pub services: Services,
}

impl Gate {
    pub(crate) fn start(setup: Setup, services: Services) -> Gate {
        let folder = tempfile::tempdir().expect("a folder");
        let file = setup.reloadable.then(|| folder.path().join("listener.json"));
        if let Some(file) = &file {
            fs::write(file, listener_file(&setup, 1).to_string()).expect("the listener is written");
        }
        let configuration = bootstrap(&setup, &services, file.as_deref()).to_string();
        let envoy = Envoy::start_in(folder, "envoy.json", &configuration, setup.workers);
        let address = eventually("the listener listens", || envoy.admin().listener(LISTENER));
        Gate { envoy, address, setup, version: AtomicU32::new(1), services }
    }

    /// Where clients connect.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// A GET of a target, sent as it is written.
    pub fn get(&self, target: impl AsRef<[u8]>) -> Request {
        self.request("GET", target)
    }

    /// A POST.
    pub fn post(&self, target: impl AsRef<[u8]>) -> Request {
        self.request("POST", target)
    }

    /// Any method.
    pub fn request(&self, method: &str, target: impl AsRef<[u8]>) -> Request {
        Request::new(self.address, method, target)
    }

    /// A connection to send several requests on.
    pub fn connect(&self, client: [u8; 4]) -> Connection {
        Connection::open(self.address, client).unwrap_or_else(|Lost(why)| panic!("no connection: {why}"))
    }

    /// Sends bytes that need not be a request at all.
    pub fn send_bytes(&self, bytes: &[u8]) -> Result<Answer, Lost> {
        send_bytes(self.address, bytes)
    }

    /// What reached the services for the sake of this answer: everything with its request id.
    #[track_caller]
    pub fn reached(&self, answer: &Answer) -> Vec<SeenRequest> {
        let id = answer.request_id();
        let services = self.services.all();
        services.iter().flat_map(|service| service.seen().with_header("x-request-id", id)).collect()
    }

    /// The one request that reached a service for the sake of this answer.
    #[track_caller]
    pub fn forwarded(&self, answer: &Answer) -> SeenRequest {
        let mut reached = self.reached(answer);
        assert_eq!(reached.len(), 1, "{answer:?}\n{reached:#?}");
        reached.remove(0)
    }

    /// Envoy's admin port.
    pub fn admin(&self) -> &Admin {
        self.envoy.admin()
    }

    /// The memory that Envoy takes, modules and all.
    pub fn resident_bytes(&self) -> u64 {
        self.envoy.resident_bytes()
    }

    /// What Envoy and the filters wrote.
    pub fn log(&self) -> String {
        self.envoy.log()
    }

    /// The response-code detail of an answer, from the access log.
    pub fn details(&self, answer: &Answer) -> String {
        let id = answer.request_id();
        eventually("the request is in the access log", || {
            let log = self.log();
            let line = log.lines().find(|line| line.starts_with("access ") && line.ends_with(id))?;
            line.split(' ').nth(4).map(str::to_owned)
        })
    }

    /// Says that no module has trapped since the start.
    #[track_caller]
    pub fn has_not_trapped(&self) {
        let traps = self.admin().traps();
        assert!(traps.is_empty(), "{traps:?}");
    }

    /// Puts another document into the listener's file, in the first filter, and waits until Envoy has tried it.
    /// Says whether Envoy took it.
    pub fn reload(&self, document: &Value) -> bool {
        let mut setup = self.setup.clone();
        setup.filters[0].document = document.clone();
        self.update(&setup)
    }

    /// Makes Envoy load the module anew, into VMs of their own, as a new version of it would be.
    pub fn restart_module(&self, generation: u32) -> bool {
        self.update(&Setup { generation, ..self.setup.clone() })
    }

    fn update(&self, setup: &Setup) -> bool {
        let version = self.version.fetch_add(1, Ordering::Relaxed) + 1;
        let outcome = |of: &str| self.admin().stat(&format!("listener_manager.lds.update_{of}"));
        let (taken, refused) = (outcome("success"), outcome("rejected"));
        let new = self.envoy.folder().join("listener.new");
        fs::write(&new, listener_file(setup, version).to_string()).expect("the listener is written");
        fs::rename(new, self.envoy.folder().join("listener.json")).expect("the listener is put in place");
        eventually("Envoy tries the new listener", || {
            (outcome("success") + outcome("rejected") > taken + refused).then(|| outcome("success") > taken)
        })
    }
}

/// Whether Envoy would start with this setup, and what it and the modules say.
pub fn validate_setup(setup: Setup) -> Result<String, String> {
    let services = RUNTIME.block_on(Services::start()).expect("the services listen");
    validate(&bootstrap(&setup, &services, None).to_string())
}

/// Stops services as if they were killed.
pub fn stop<'a>(services: impl IntoIterator<Item = &'a Service>) {
    services.into_iter().for_each(|service| RUNTIME.block_on(service.stop()));
}

/// Starts stopped services again, where they were.
pub fn restart<'a>(services: impl IntoIterator<Item = &'a Service>) {
    for service in services {
        RUNTIME.block_on(service.restart()).expect("the port is still free");
    }
}

/// A service that answers with chosen bytes.
pub fn wire(script: impl Fn(&WireRequest) -> Vec<Act> + Send + Sync + 'static) -> Wire {
    RUNTIME.block_on(Wire::start(script)).expect("the wire listens")
}

/// A user that no other test is.
pub fn fresh_user() -> String {
    static LAST: AtomicU32 = AtomicU32::new(0);
    format!("usr_{}", LAST.fetch_add(1, Ordering::Relaxed) + 1)
}
