//! The modules over the fake Envoy: what every test of this ring begins with.
//!
//! ```text
//! let envoy = native_tests::gateway(document).cluster("users-service:3001").start().unwrap();
//! let stream = envoy.get("/api/home").end();
//! ```

use fake_envoy::{Callbacks, Envoy, Refused, Setup};
use portcullis_host::callbacks;
use portcullis_host::module::Module;

/// A module and its document, before Envoy starts.
pub struct Gate {
    setup: Setup,
    module: Module,
    document: String,
}

/// `gateway.wasm` with this document.
pub fn gateway(document: &str) -> Gate {
    module(Module::GATEWAY, document)
}

/// Any module with this document.
pub fn module(module: Module, document: &str) -> Gate {
    Gate { setup: Setup::new(exports(module)), module, document: document.to_owned() }
}

/// What Envoy knows of a metric once the module has told it, which it does once a second.
pub fn metric(envoy: &Envoy, name: &str) -> Option<u64> {
    envoy.tick();
    envoy.metric(name)
}

impl Gate {
    /// Changes what the fake Envoy is like.
    #[must_use]
    pub fn with(mut self, change: impl FnOnce(Setup) -> Setup) -> Self {
        self.setup = change(self.setup);
        self
    }

    /// Adds a cluster that calls can go to.
    #[must_use]
    pub fn cluster(self, name: &str) -> Self {
        self.with(|setup| setup.cluster(name))
    }

    /// Starts Envoy; a document with mistakes refuses.
    pub fn start(self) -> Result<Envoy, Refused> {
        callbacks::initialize(self.module);
        self.setup.start(self.document)
    }
}

/// The callbacks that the module exports: those of its `portcullis_host::module!`.
fn exports(module: Module) -> Callbacks {
    let every = Callbacks {
        on_context_create: Some(callbacks::context_create),
        on_configure: Some(callbacks::configure),
        on_delete: Some(callbacks::delete),
        on_tick: Some(callbacks::tick),
        on_request_headers: Some(callbacks::request_headers),
        ..Callbacks::default()
    };
    let holds = |callbacks: Callbacks| Callbacks {
        on_request_body: Some(callbacks::request_body),
        on_request_trailers: Some(callbacks::request_trailers),
        ..callbacks
    };
    let waits = |callbacks: Callbacks| Callbacks {
        on_http_call_response: Some(callbacks::http_call_response),
        ..holds(callbacks)
    };
    let asks = |callbacks: Callbacks| Callbacks {
        on_grpc_receive: Some(callbacks::grpc_receive),
        on_grpc_close: Some(callbacks::grpc_close),
        ..callbacks
    };
    let sees_answers = |callbacks: Callbacks| Callbacks {
        on_response_headers: Some(callbacks::response_headers),
        ..callbacks
    };
    let reads_bodies = |callbacks: Callbacks| Callbacks {
        on_response_body: Some(callbacks::response_body),
        on_response_trailers: Some(callbacks::response_trailers),
        ..sees_answers(callbacks)
    };
    match module.name() {
        "gateway" => reads_bodies(asks(waits(every))),
        "rate_limit" => sees_answers(asks(holds(every))),
        "jwt_auth" => sees_answers(waits(every)),
        "aggregate" => waits(every),
        _ => reads_bodies(every),
    }
}
