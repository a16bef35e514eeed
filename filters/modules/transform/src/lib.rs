//! What Envoy loads as `transform.wasm`: the answer's JSON, rewritten as it streams.

portcullis_host::module!(portcullis_host::module::Module::TRANSFORM;
    tick,
    request_headers,
    response_headers, response_body, response_trailers,
);
