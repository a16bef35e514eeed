//! What Envoy loads as `aggregate.wasm`.
