//! What a story's Envoy is made of, before it is started.

use std::net::SocketAddr;

use serde_json::{Value, json};
use services::Services;

use crate::gate::{Gate, RUNTIME};

/// The order of the single modules: an answer that an earlier filter makes never reaches a later one, so what
/// transforms answers stands before what makes them.
const CHAIN: [(&str, &str); 4] = [
    ("jwt_auth", "auth"),
    ("rate_limit", "rate_limiting"),
    ("transform", "transformations"),
    ("aggregate", "aggregations"),
];

/// One wasm filter of the chain.
#[derive(Debug, Clone)]
pub(crate) struct Filter {
    pub(crate) module: String,
    pub(crate) document: Value,
}

/// A gateway in the making: modules, document, routes and clusters. The mock services come with it.
#[derive(Debug, Clone)]
pub struct Setup {
    pub(crate) filters: Vec<Filter>,
    pub(crate) headers_wait: bool,
    pub(crate) workers: usize,
    pub(crate) normalized: bool,
    pub(crate) reloadable: bool,
    pub(crate) is_struct: bool,
    pub(crate) has_foreign_functions: bool,
    pub(crate) clusters: Vec<(String, Option<SocketAddr>)>,
    pub(crate) grpc_clusters: Vec<(String, SocketAddr)>,
    pub(crate) generation: u32,
    pub(crate) is_logged: bool,
    pub(crate) routes: Vec<Value>,
}

impl Setup {
    /// `gateway.wasm` with this document; one worker, headers may wait, Envoy does not touch paths.
    pub fn gateway(document: Value) -> Setup {
        Setup::module("gateway", document)
    }

    /// One module with this document.
    pub fn module(module: &str, document: Value) -> Setup {
        Setup {
            filters: vec![Filter { module: module.to_owned(), document }],
            headers_wait: true,
            workers: 1,
            normalized: false,
            reloadable: false,
            is_struct: false,
            has_foreign_functions: true,
            clusters: Vec::new(),
            grpc_clusters: Vec::new(),
            generation: 0,
            is_logged: true,
            routes: Vec::new(),
        }
    }

    /// The same with another document, in its first filter.
    pub fn document(mut self, document: Value) -> Setup {
        self.filters[0].document = document;
        self
    }

    /// The four single modules in one chain, each with its own section of the document.
    pub fn chain(document: &Value) -> Setup {
        let mut setup = Setup::plain();
        for (module, section) in CHAIN {
            let Some(rules) = document.get(section) else { continue };
            let mut part = json!({});
            part[section] = rules.clone();
            setup.filters.push(Filter { module: module.to_owned(), document: part });
        }
        setup
    }

    /// An Envoy without any filter of ours.
    pub fn plain() -> Setup {
        Setup { filters: Vec::new(), ..Setup::gateway(Value::Null) }
    }

    /// Neither `allow_on_headers_stop_iteration` nor `headers_wait`: everything streams.
    pub fn streaming(self) -> Setup {
        Setup { headers_wait: false, ..self }
    }

    /// Runs this many workers.
    pub fn workers(self, workers: usize) -> Setup {
        Setup { workers, ..self }
    }

    /// Envoy puts paths right before any filter sees them, as envoy/envoy.yaml has it.
    pub fn normalized(self) -> Setup {
        Setup { normalized: true, ..self }
    }

    /// The listener comes from a file, so that [`Gate::reload`] can change the document.
    pub fn reloadable(self) -> Setup {
        Setup { reloadable: true, ..self }
    }

    /// The document arrives as a `google.protobuf.Struct`, as it must not.
    pub fn as_struct(self) -> Setup {
        Setup { is_struct: true, ..self }
    }

    /// The modules may not call Envoy's foreign functions, as in a host that has none.
    pub fn without_foreign_functions(self) -> Setup {
        Setup { has_foreign_functions: false, ..self }
    }

    /// Adds a cluster, or puts another address behind one of the usual names.
    pub fn cluster(mut self, name: &str, address: SocketAddr) -> Setup {
        self.clusters.push((name.to_owned(), Some(address)));
        self
    }

    /// Adds a cluster without a host.
    pub fn empty_cluster(mut self, name: &str) -> Setup {
        self.clusters.push((name.to_owned(), None));
        self
    }

    /// Adds a cluster that speaks HTTP/2, as gRPC does.
    pub fn grpc_cluster(mut self, name: &str, address: SocketAddr) -> Setup {
        self.grpc_clusters.push((name.to_owned(), address));
        self
    }

    /// Writes no access log, which of a million requests would be all there is.
    pub fn unlogged(self) -> Setup {
        Setup { is_logged: false, ..self }
    }

    /// Adds a route that Envoy answers itself, with 200, where what is behind it does not matter.
    pub fn answered(mut self, prefix: &str) -> Setup {
        self.routes.push(json!({ "match": { "prefix": prefix }, "direct_response": { "status": 200 } }));
        self
    }

    /// Adds a route before the usual ones: a prefix, and what it becomes at the cluster.
    pub fn route(mut self, prefix: &str, cluster: &str, rewrite: &str) -> Setup {
        self.routes.push(json!({
            "match": { "prefix": prefix },
            "route": { "cluster": cluster, "prefix_rewrite": rewrite, "host_rewrite_literal": cluster },
        }));
        self
    }

    /// Starts the services, then Envoy, and waits until it is ready.
    ///
    /// # Panics
    /// When Envoy refuses the configuration.
    pub fn start(self) -> Gate {
        self.start_after(|_| ())
    }

    /// The same, after something was done to the services: before Envoy, and so the filters, can ask them anything.
    pub fn start_after(self, prepare: impl FnOnce(&Services)) -> Gate {
        let services = RUNTIME.block_on(Services::start()).expect("the services listen");
        prepare(&services);
        Gate::start(self, services)
    }
}
