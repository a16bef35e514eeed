//! What Envoy loads as `rate_limit.wasm`: token buckets in shared data.

portcullis_host::module!(portcullis_host::module::Module::RATE_LIMIT;
    tick,
    request_headers,
    response_headers,
);
