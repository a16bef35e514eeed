//! What Envoy loads as `rate_limit.wasm`.
