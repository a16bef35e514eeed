//! The host, as a guest sees it. An error is the status.

use fake_envoy::HeaderMap;

use super::OK;

pub(crate) const REQUEST: u32 = 0;
pub(crate) const REQUEST_TRAILERS: u32 = 1;
pub(crate) const RESPONSE: u32 = 2;
pub(crate) const RESPONSE_TRAILERS: u32 = 3;
pub(crate) const CALL: u32 = 6;

pub(crate) const REQUEST_BODY: u32 = 0;
pub(crate) const RESPONSE_BODY: u32 = 1;
pub(crate) const CALL_BODY: u32 = 4;
pub(crate) const GRPC_MESSAGE: u32 = 5;
pub(crate) const CONFIGURATION: u32 = 7;

unsafe extern "C" {
    fn proxy_get_header_map_value(map: u32, k: *const u8, n: usize, p: *mut *mut u8, s: *mut usize) -> u32;
    fn proxy_get_header_map_pairs(map: u32, p: *mut *mut u8, s: *mut usize) -> u32;
    fn proxy_set_header_map_pairs(map: u32, p: *const u8, n: usize) -> u32;
    fn proxy_replace_header_map_value(map: u32, k: *const u8, n: usize, v: *const u8, s: usize) -> u32;
    fn proxy_add_header_map_value(map: u32, k: *const u8, n: usize, v: *const u8, s: usize) -> u32;
    fn proxy_remove_header_map_value(map: u32, k: *const u8, n: usize) -> u32;
    fn proxy_get_buffer_bytes(kind: u32, start: usize, most: usize, p: *mut *mut u8, s: *mut usize) -> u32;
    fn proxy_set_buffer_bytes(kind: u32, start: usize, size: usize, p: *const u8, n: usize) -> u32;
    fn proxy_get_property(k: *const u8, n: usize, p: *mut *mut u8, s: *mut usize) -> u32;
    fn proxy_set_property(k: *const u8, n: usize, v: *const u8, s: usize) -> u32;
    fn proxy_get_status(code: *mut u32, p: *mut *mut u8, s: *mut usize) -> u32;
    fn proxy_call_foreign_function(
        name: *const u8,
        name_size: usize,
        argument: *const u8,
        argument_size: usize,
        p: *mut *mut u8,
        s: *mut usize,
    ) -> u32;
    fn proxy_get_shared_data(k: *const u8, n: usize, p: *mut *mut u8, s: *mut usize, cas: *mut u32) -> u32;
    fn proxy_set_shared_data(k: *const u8, n: usize, v: *const u8, s: usize, cas: u32) -> u32;
    fn proxy_set_effective_context(context: u32) -> u32;
    fn proxy_continue_stream(direction: u32) -> u32;
    fn proxy_close_stream(direction: u32) -> u32;
    fn proxy_done() -> u32;
    fn proxy_set_tick_period_milliseconds(period: u32) -> u32;
    fn proxy_grpc_cancel(token: u32) -> u32;
    fn proxy_send_local_response(
        status: u32,
        details: *const u8,
        details_size: usize,
        body: *const u8,
        body_size: usize,
        headers: *const u8,
        headers_size: usize,
        grpc_status: i32,
    ) -> u32;
    fn proxy_http_call(
        cluster: *const u8,
        cluster_size: usize,
        headers: *const u8,
        headers_size: usize,
        body: *const u8,
        body_size: usize,
        trailers: *const u8,
        trailers_size: usize,
        timeout: u32,
        token: *mut u32,
    ) -> u32;
    fn proxy_grpc_call(
        cluster: *const u8,
        cluster_size: usize,
        service: *const u8,
        service_size: usize,
        method: *const u8,
        method_size: usize,
        metadata: *const u8,
        metadata_size: usize,
        message: *const u8,
        message_size: usize,
        timeout: u32,
        token: *mut u32,
    ) -> u32;
}

fn checked(status: u32) -> Result<(), u32> {
    if status == OK { Ok(()) } else { Err(status) }
}

fn received(call: impl FnOnce(*mut *mut u8, *mut usize) -> u32) -> Result<Vec<u8>, u32> {
    let (mut data, mut size) = (std::ptr::null_mut(), 0);
    checked(call(&raw mut data, &raw mut size))?;
    if data.is_null() {
        return Ok(Vec::new());
    }
    // SAFETY: the contract of the ABI that is under test: `size` bytes, of exactly that capacity, now ours.
    Ok(unsafe { Vec::from_raw_parts(data, size, size) })
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).expect("tests use text")
}

pub(crate) fn header(map: u32, name: &str) -> Result<String, u32> {
    // SAFETY: valid for the call, here and below.
    received(|p, s| unsafe { proxy_get_header_map_value(map, name.as_ptr(), name.len(), p, s) }).map(text)
}

pub(crate) fn headers(map: u32) -> Result<HeaderMap, u32> {
    let encoded = received(|p, s| unsafe { proxy_get_header_map_pairs(map, p, s) })?;
    Ok(HeaderMap::decode(&encoded))
}

pub(crate) fn set_headers(map: u32, headers: &[(&str, &str)]) -> Result<(), u32> {
    let encoded = headers.iter().copied().collect::<HeaderMap>().encode();
    checked(unsafe { proxy_set_header_map_pairs(map, encoded.as_ptr(), encoded.len()) })
}

pub(crate) fn set_header(map: u32, name: &str, value: &str) -> Result<(), u32> {
    let (v, s) = (value.as_ptr(), value.len());
    checked(unsafe { proxy_replace_header_map_value(map, name.as_ptr(), name.len(), v, s) })
}

pub(crate) fn add_header(map: u32, name: &str, value: &str) -> Result<(), u32> {
    let (v, s) = (value.as_ptr(), value.len());
    checked(unsafe { proxy_add_header_map_value(map, name.as_ptr(), name.len(), v, s) })
}

pub(crate) fn remove_header(map: u32, name: &str) -> Result<(), u32> {
    checked(unsafe { proxy_remove_header_map_value(map, name.as_ptr(), name.len()) })
}

pub(crate) fn buffer(kind: u32) -> Result<String, u32> {
    buffer_part(kind, 0, usize::MAX)
}

pub(crate) fn buffer_part(kind: u32, start: usize, most: usize) -> Result<String, u32> {
    received(|p, s| unsafe { proxy_get_buffer_bytes(kind, start, most, p, s) }).map(text)
}

pub(crate) fn set_buffer(kind: u32, start: usize, size: usize, bytes: &str) -> Result<(), u32> {
    checked(unsafe { proxy_set_buffer_bytes(kind, start, size, bytes.as_ptr(), bytes.len()) })
}

pub(crate) fn property(path: &str) -> Result<Vec<u8>, u32> {
    let path = path.replace('.', "\0");
    received(|p, s| unsafe { proxy_get_property(path.as_ptr(), path.len(), p, s) })
}

pub(crate) fn set_property(path: &str, value: &str) -> Result<(), u32> {
    let path = path.replace('.', "\0");
    checked(unsafe { proxy_set_property(path.as_ptr(), path.len(), value.as_ptr(), value.len()) })
}

pub(crate) fn shared_data(key: &str) -> Result<(String, u32), u32> {
    let mut cas = 0;
    let value =
        received(|p, s| unsafe { proxy_get_shared_data(key.as_ptr(), key.len(), p, s, &raw mut cas) })?;
    Ok((text(value), cas))
}

pub(crate) fn set_shared_data(key: &str, value: &str, cas: u32) -> Result<(), u32> {
    let (v, s) = (value.as_ptr(), value.len());
    checked(unsafe { proxy_set_shared_data(key.as_ptr(), key.len(), v, s, cas) })
}

pub(crate) fn status() -> (u32, String) {
    let mut code = 0;
    let message = received(|p, s| unsafe { proxy_get_status(&raw mut code, p, s) });
    (code, message.map(text).unwrap_or_default())
}

pub(crate) fn foreign_function(name: &str, argument: &str) -> Result<String, u32> {
    let (a, n) = (argument.as_ptr(), argument.len());
    received(|p, s| unsafe { proxy_call_foreign_function(name.as_ptr(), name.len(), a, n, p, s) }).map(text)
}

pub(crate) fn length_of_foreign_function(name: &str, argument: &str) -> Result<usize, u32> {
    let (a, n, mut size) = (argument.as_ptr(), argument.len(), 0);
    let nowhere = std::ptr::null_mut();
    checked(unsafe { proxy_call_foreign_function(name.as_ptr(), name.len(), a, n, nowhere, &raw mut size) })?;
    Ok(size)
}

pub(crate) fn set_effective_context(context: u32) -> Result<(), u32> {
    checked(unsafe { proxy_set_effective_context(context) })
}

pub(crate) fn continue_stream(direction: u32) -> Result<(), u32> {
    checked(unsafe { proxy_continue_stream(direction) })
}

pub(crate) fn close_stream(direction: u32) -> Result<(), u32> {
    checked(unsafe { proxy_close_stream(direction) })
}

pub(crate) fn done() -> Result<(), u32> {
    checked(unsafe { proxy_done() })
}

pub(crate) fn set_tick_period(period: u32) -> Result<(), u32> {
    checked(unsafe { proxy_set_tick_period_milliseconds(period) })
}

pub(crate) fn reply(status: u32, headers: &[(&str, &str)], body: &str, details: &str) -> Result<(), u32> {
    let headers = headers.iter().copied().collect::<HeaderMap>().encode();
    checked(unsafe {
        proxy_send_local_response(
            status,
            details.as_ptr(),
            details.len(),
            body.as_ptr(),
            body.len(),
            headers.as_ptr(),
            headers.len(),
            -1,
        )
    })
}

pub(crate) fn call(cluster: &str, headers: &[(&str, &str)], body: &str, timeout: u32) -> Result<u32, u32> {
    let headers = headers.iter().copied().collect::<HeaderMap>().encode();
    let mut token = 0;
    let (c, cluster_size, h, headers_size) =
        (cluster.as_ptr(), cluster.len(), headers.as_ptr(), headers.len());
    let (b, body_size, no_trailers) = (body.as_ptr(), body.len(), std::ptr::null());
    checked(unsafe {
        let token = &raw mut token;
        proxy_http_call(c, cluster_size, h, headers_size, b, body_size, no_trailers, 0, timeout, token)
    })?;
    Ok(token)
}

pub(crate) fn get(cluster: &str, path: &str, timeout: u32) -> Result<u32, u32> {
    call(cluster, &[(":method", "GET"), (":path", path), (":authority", "service")], "", timeout)
}

pub(crate) fn grpc_call(cluster: &str, message: &str, timeout: u32) -> Result<u32, u32> {
    let (service, method, mut token) = ("package.Service", "Method", 0);
    checked(unsafe {
        proxy_grpc_call(
            cluster.as_ptr(),
            cluster.len(),
            service.as_ptr(),
            service.len(),
            method.as_ptr(),
            method.len(),
            std::ptr::null(),
            0,
            message.as_ptr(),
            message.len(),
            timeout,
            &raw mut token,
        )
    })?;
    Ok(token)
}

pub(crate) fn grpc_cancel(token: u32) -> Result<(), u32> {
    checked(unsafe { proxy_grpc_cancel(token) })
}
