//! What Envoy loads as `rate_limit.wasm`: token buckets in shared data.
//!
//! A request may wait for a rate limit service, so its body and trailers are held.

portcullis_host::module!(portcullis_host::module::Module::RATE_LIMIT;
    tick,
    request_headers, request_body, request_trailers,
    response_headers,
    grpc_receive, grpc_close,
);
