//! A real Envoy, the real modules, HTTP.
