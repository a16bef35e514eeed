//! What Envoy loads as `aggregate.wasm`: one request, many services.
//!
//! A request waits for its parts, so its body and trailers are held. What happens to answers is no concern of it.

portcullis_host::module!(portcullis_host::module::Module::AGGREGATE;
    tick,
    request_headers, request_body, request_trailers,
    http_call_response,
);
