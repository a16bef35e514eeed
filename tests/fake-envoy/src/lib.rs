//! Native definitions of the proxy-wasm host calls, with Envoy's rules.
