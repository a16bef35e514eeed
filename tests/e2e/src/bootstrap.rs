//! The configuration of a story's Envoy, as JSON.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use serde_json::{Value, json};
use services::Services;

use crate::capabilities::all_but_foreign_functions;
use crate::envoy::repository;
use crate::setup::{Filter, Setup};

/// The one listener's name.
pub(crate) const LISTENER: &str = "gateway";

const HCM: &str =
    "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager";
const ROUTER: &str = "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router";
const WASM: &str = "type.googleapis.com/envoy.extensions.filters.http.wasm.v3.Wasm";
const STRING: &str = "type.googleapis.com/google.protobuf.StringValue";
const STRUCT: &str = "type.googleapis.com/google.protobuf.Struct";
const LISTENER_TYPE: &str = "type.googleapis.com/envoy.config.listener.v3.Listener";
const HTTP_OPTIONS: &str = "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions";
const STDOUT: &str = "type.googleapis.com/envoy.extensions.access_loggers.stream.v3.StdoutAccessLog";

/// The whole bootstrap; the listener is left to `listener_file` where there is one.
pub(crate) fn bootstrap(setup: &Setup, services: &Services, listener_file: Option<&Path>) -> Value {
    let mut bootstrap = json!({
        "node": { "id": "e2e", "cluster": "e2e" },
        "admin": { "address": address(SocketAddr::from(([127, 0, 0, 1], 0))) },
        "static_resources": { "clusters": clusters(setup, services) },
    });
    match listener_file {
        None => bootstrap["static_resources"]["listeners"] = json!([listener(setup)]),
        Some(file) => {
            let source = json!({ "path_config_source": { "path": file }, "resource_api_version": "V3" });
            bootstrap["dynamic_resources"] = json!({ "lds_config": source });
        }
    }
    bootstrap
}

/// What a listener file holds.
pub(crate) fn listener_file(setup: &Setup, version: u32) -> Value {
    let mut listener = listener(setup);
    listener["@type"] = json!(LISTENER_TYPE);
    json!({ "version_info": version.to_string(), "resources": [listener] })
}

fn listener(setup: &Setup) -> Value {
    json!({
        "name": LISTENER,
        "address": address(SocketAddr::from(([127, 0, 0, 1], 0))),
        "filter_chains": [{ "filters": [{
            "name": "envoy.filters.network.http_connection_manager",
            "typed_config": connection_manager(setup),
        }] }],
    })
}

/// Nothing here protects a filter unless the story asks for it: paths, underscores and header counts come as they are.
fn connection_manager(setup: &Setup) -> Value {
    let mut filters: Vec<Value> = setup.filters.iter().map(|filter| wasm(filter, setup)).collect();
    filters.push(json!({ "name": "envoy.filters.http.router", "typed_config": { "@type": ROUTER } }));
    let mut manager = json!({
        "@type": HCM,
        "stat_prefix": "gateway",
        "use_remote_address": true,
        "always_set_request_id_in_response": true,
        "http_protocol_options": { "enable_trailers": true },
        "common_http_protocol_options": { "max_headers_count": 5000 },
        "max_request_headers_kb": 1024,
        "access_log": [{ "name": "envoy.access_loggers.stdout", "typed_config": access_log() }],
        "http_filters": filters,
        "route_config": { "name": "gateway", "virtual_hosts": [{
            "name": "gateway", "domains": ["*"], "routes": routes(setup),
        }] },
    });
    if !setup.is_logged {
        manager["access_log"] = json!([]);
    }
    if setup.normalized {
        manager["normalize_path"] = json!(true);
        manager["merge_slashes"] = json!(true);
        manager["path_with_escaped_slashes_action"] = json!("REJECT_REQUEST");
    }
    manager
}

fn access_log() -> Value {
    let line = "access %REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %RESPONSE_CODE% %RESPONSE_CODE_DETAILS% %REQ(X-REQUEST-ID)%\n";
    json!({ "@type": STDOUT, "log_format": { "text_format_source": { "inline_string": line } } })
}

fn wasm(filter: &Filter, setup: &Setup) -> Value {
    let mut wasm = json!({
        "name": filter.module,
        "typed_config": { "@type": WASM, "config": {
            "name": filter.module,
            "vm_config": {
                "vm_id": "portcullis",
                "runtime": "envoy.wasm.runtime.v8",
                "code": { "local": { "filename": module_file(&filter.module) } },
                // No module of ours reads it; another value is another VM, in which the module starts anew.
                "configuration": { "@type": STRING, "value": setup.generation.to_string() },
            },
            "failure_policy": "FAIL_RELOAD",
            "allow_on_headers_stop_iteration": setup.headers_wait,
            "configuration": configuration(filter, setup),
        } },
    });
    if !setup.has_foreign_functions {
        wasm["typed_config"]["config"]["vm_config"]["capability_restriction_config"] =
            json!({ "allowed_capabilities": all_but_foreign_functions() });
    }
    wasm
}

/// A document that is a string is sent as it is: it need not be JSON.
fn configuration(filter: &Filter, setup: &Setup) -> Value {
    let mut document = filter.document.clone();
    if setup.headers_wait && document.is_object() {
        document["headers_wait"] = json!(true);
    }
    if setup.is_struct {
        return json!({ "@type": STRUCT, "value": document });
    }
    let text = document.as_str().map_or_else(|| document.to_string(), str::to_owned);
    json!({ "@type": STRING, "value": text })
}

/// `dist/<module>.wasm`, or the probe, which is built when it is first asked for.
fn module_file(module: &str) -> PathBuf {
    if module == "probe" {
        static PROBE: LazyLock<PathBuf> = LazyLock::new(build_probe);
        return PROBE.clone();
    }
    let file = repository().join(format!("dist/{module}.wasm"));
    assert!(file.exists(), "dist/{module}.wasm is missing: run scripts/build");
    file
}

fn build_probe() -> PathBuf {
    let arguments = ["build", "--quiet", "--release", "--target", "wasm32-wasip1", "--package", "probe"];
    let built = Command::new(env!("CARGO")).args(arguments).current_dir(repository()).status();
    assert!(built.is_ok_and(|status| status.success()), "the probe module does not build");
    let target =
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| repository().join("target"), PathBuf::from);
    target.join("wasm32-wasip1/release/probe.wasm")
}

/// The sample document's routes; whatever they do not take reaches the users service as it is, so that a request which
/// a filter lets through is always seen.
fn routes(setup: &Setup) -> Value {
    let usual = [
        ("/api/users", "users-service:3001", "/users"),
        ("/api/orders", "orders-service:3002", "/orders"),
        ("/api/products", "products-service:3003", "/products"),
        ("/api/search", "products-service:3003", "/search"),
        ("/api/auth", "auth-service:3004", "/auth"),
        ("/api/health", "auth-service:3004", "/health"),
        ("/", "users-service:3001", "/"),
    ];
    let usual = usual.map(|(prefix, cluster, rewrite)| {
        json!({
            "match": { "prefix": prefix },
            "route": { "cluster": cluster, "prefix_rewrite": rewrite, "host_rewrite_literal": cluster },
        })
    });
    Value::Array(setup.routes.iter().cloned().chain(usual).collect())
}

fn clusters(setup: &Setup, services: &Services) -> Value {
    let usual = [
        ("users-service:3001", services.users.address()),
        ("orders-service:3002", services.orders.address()),
        ("products-service:3003", services.products.address()),
        ("auth-service:3004", services.auth.address()),
        ("auth.example.com:443", services.auth.address()),
    ];
    let chosen = |name: &str| setup.clusters.iter().any(|(other, _)| other == name);
    let usual = usual
        .into_iter()
        .filter(|(name, _)| !chosen(name))
        .map(|(name, address)| cluster(name, Some(address)));
    let others = setup.clusters.iter().map(|(name, address)| cluster(name, *address));
    let grpc = setup.grpc_clusters.iter().map(|(name, address)| grpc_cluster(name, *address));
    Value::Array(others.chain(grpc).chain(usual).collect())
}

/// Speaks HTTP/2 without asking, and tries a service that was gone again soon.
fn grpc_cluster(name: &str, endpoint: SocketAddr) -> Value {
    let mut cluster = cluster(name, Some(endpoint));
    cluster["typed_extension_protocol_options"]["envoy.extensions.upstreams.http.v3.HttpProtocolOptions"]["explicit_http_config"] =
        json!({ "http2_protocol_options": {} });
    cluster
}

fn cluster(name: &str, endpoint: Option<SocketAddr>) -> Value {
    let endpoints: Vec<Value> = endpoint
        .into_iter()
        .map(|endpoint| json!({ "endpoint": { "address": address(endpoint) } }))
        .collect();
    json!({
        "name": name,
        "type": "STATIC",
        "connect_timeout": "1s",
        "typed_extension_protocol_options": { "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
            "@type": HTTP_OPTIONS,
            "explicit_http_config": { "http_protocol_options": { "enable_trailers": true } },
        } },
        "load_assignment": { "cluster_name": name, "endpoints": [{ "lb_endpoints": endpoints }] },
    })
}

fn address(of: SocketAddr) -> Value {
    json!({ "socket_address": { "address": of.ip().to_string(), "port_value": of.port() } })
}
