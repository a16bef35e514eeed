//! What Envoy loads as `transform.wasm`.
