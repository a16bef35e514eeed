//! What Envoy loads as `gateway.wasm`.
