//! What Envoy loads as `gateway.wasm`: the four filters in one context per request.

portcullis_host::module!(portcullis_host::module::Module::GATEWAY;
    tick,
    request_headers, request_body, request_trailers,
    response_headers, response_body, response_trailers,
    http_call_response, grpc_receive, grpc_close,
);
