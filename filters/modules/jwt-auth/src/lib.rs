//! What Envoy loads as `jwt_auth.wasm`.
