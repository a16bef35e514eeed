//! What a module may do where its capabilities are restricted: Envoy then refuses whatever is not named.

use serde_json::{Map, Value, json};

/// Host functions and callbacks of proxy-wasm ABI 0.2.1 that the modules may use, without `call_foreign_function`.
const PROXY: &str = "log get_current_time_nanoseconds set_tick_period_milliseconds set_effective_context \
    get_buffer_bytes set_buffer_bytes get_header_map_pairs get_header_map_value replace_header_map_value \
    remove_header_map_value add_header_map_value set_header_map_pairs get_property set_property get_shared_data \
    set_shared_data continue_stream close_stream send_local_response http_call grpc_call get_status define_metric \
    increment_metric record_metric get_metric get_log_level done on_context_create on_vm_start on_configure on_tick \
    on_request_headers on_request_body on_request_trailers on_response_headers on_response_body \
    on_response_trailers on_http_call_response on_grpc_receive on_grpc_close on_done on_log on_delete";

/// What Rust's standard library asks of WASI.
const WASI: [&str; 9] = [
    "args_get",
    "args_sizes_get",
    "clock_time_get",
    "environ_get",
    "environ_sizes_get",
    "fd_write",
    "proc_exit",
    "random_get",
    "sched_yield",
];

/// Everything that a module may do, but call foreign functions.
pub(crate) fn all_but_foreign_functions() -> Value {
    let proxy = PROXY.split_ascii_whitespace().map(|name| format!("proxy_{name}"));
    let names = proxy.chain(WASI.map(str::to_owned));
    Value::Object(names.map(|name| (name, json!({}))).collect::<Map<_, _>>())
}
