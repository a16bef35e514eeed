//! What Envoy loads as `aggregate.wasm`: one request, many services.
//!
//! A request waits for its parts, so its body and trailers are held.

portcullis_host::module!(portcullis_host::module::Module::AGGREGATE;
    tick,
    request_headers, request_body, request_trailers,
    response_headers,
    http_call_response,
);
