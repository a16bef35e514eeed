//! What Envoy loads as `jwt_auth.wasm`: tokens to identity headers.
//!
//! A request may wait for the first keys, so its body and trailers are held; an answer is looked at for its trace alone.

portcullis_host::module!(portcullis_host::module::Module::JWT_AUTH;
    tick,
    request_headers, request_body, request_trailers,
    response_headers,
    http_call_response,
);
