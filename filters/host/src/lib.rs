//! The only crate that knows Envoy's ABI: host calls, the flow of a request, one stage per filter.
