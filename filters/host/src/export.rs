//! The macro that makes a module of the callbacks it needs.

/// Exports the callbacks of a module under the names that Envoy looks for.
///
/// `module!(Module::RATE_LIMIT: request_headers, response_headers)` exports what every module needs, and of a
/// request's life these two callbacks.
#[macro_export]
macro_rules! module {
    ($module:expr; $($callback:ident),+ $(,)?) => {
        #[cfg(target_os = "wasi")]
        #[expect(unsafe_code, reason = "Envoy finds callbacks by their names")]
        mod exports {
            unsafe extern "C" {
                fn __wasm_call_ctors();
            }

            #[unsafe(no_mangle)]
            extern "C" fn _initialize() {
                // SAFETY: the host calls this first and once, as a reactor's start is defined.
                unsafe { __wasm_call_ctors() };
                $crate::callbacks::initialize($module);
            }

            #[unsafe(no_mangle)]
            extern "C" fn proxy_abi_version_0_2_1() {}

            $crate::export!(memory_allocate);
            $crate::export!(context_create);
            $crate::export!(configure);
            $crate::export!(delete);
            $($crate::export!($callback);)+
        }
    };
}

/// Exports one callback.
#[doc(hidden)]
#[macro_export]
macro_rules! export {
    (memory_allocate) => { $crate::export!(proxy_on_memory_allocate = memory_allocate(size: usize) -> *mut u8); };
    (context_create) => { $crate::export!(proxy_on_context_create = context_create(context: u32, root: u32) -> ()); };
    (configure) => { $crate::export!(proxy_on_configure = configure(root: u32, size: usize) -> bool); };
    (delete) => { $crate::export!(proxy_on_delete = delete(context: u32) -> ()); };
    (tick) => { $crate::export!(proxy_on_tick = tick(root: u32) -> ()); };
    (request_headers) => {
        $crate::export!(proxy_on_request_headers = request_headers(context: u32, lines: usize, last: bool) -> u32);
    };
    (request_body) => {
        $crate::export!(proxy_on_request_body = request_body(context: u32, size: usize, last: bool) -> u32);
    };
    (request_trailers) => {
        $crate::export!(proxy_on_request_trailers = request_trailers(context: u32, lines: usize) -> u32);
    };
    (response_headers) => {
        $crate::export!(proxy_on_response_headers = response_headers(context: u32, lines: usize, last: bool) -> u32);
    };
    (response_body) => {
        $crate::export!(proxy_on_response_body = response_body(context: u32, size: usize, last: bool) -> u32);
    };
    (response_trailers) => {
        $crate::export!(proxy_on_response_trailers = response_trailers(context: u32, lines: usize) -> u32);
    };
    (http_call_response) => {
        $crate::export!(proxy_on_http_call_response = http_call_response(
            context: u32, token: u32, lines: usize, size: usize, trailers: usize) -> ());
    };
    (grpc_receive) => {
        $crate::export!(proxy_on_grpc_receive = grpc_receive(context: u32, token: u32, size: usize) -> ());
    };
    (grpc_close) => {
        $crate::export!(proxy_on_grpc_close = grpc_close(context: u32, token: u32, status: u32) -> ());
    };
    ($name:ident = $callback:ident($($argument:ident: $type:ty),*) -> $result:ty) => {
        #[unsafe(no_mangle)]
        extern "C" fn $name($($argument: $type),*) -> $result {
            $crate::callbacks::$callback($($argument),*)
        }
    };
}
