//! The floor under `aggregate.wasm`: a filter that asks three services at once and pastes what they say into one answer.
//!
//! It does what `lua/nginx.conf` does with `pasted`: it knows its path, sends the requests that `aggregate.wasm` would send,
//! looks at their statuses, and forgets a request whose client has left. It has no document, checks no body, keeps no time
//! and counts nothing. What a request costs with it is what Envoy takes for four requests and their way into a module and back.
#![expect(unsafe_code, reason = "host functions are foreign, and memory crosses the border here")]

use std::cell::RefCell;

const PATH: &[u8] = b"/api/home";
/// What stands before each part in the answer, and the path that it is asked for.
const PARTS: [(&[u8], &[u8]); 3] = [
    (b"{\"user\":", b"/users/7"),
    (b",\"recent_orders\":", b"/orders"),
    (b",\"recommendations\":", b"/recommendations"),
];
const CLUSTER: &[u8] = b"upstream";
const TIMEOUT_MILLIS: u32 = 1000;

const CONTINUE: u32 = 0;
const PAUSE: u32 = 1;
const REQUEST_HEADERS: u32 = 0;
const CALL_HEADERS: u32 = 6;
const CALL_BODY: u32 = 4;

type Lines<'a> = [(&'a [u8], &'a [u8])];

/// A request whose parts are under way.
struct Page {
    context: u32,
    calls: [u32; PARTS.len()],
    bodies: [Option<Vec<u8>>; PARTS.len()],
}

thread_local! {
    static PAGES: RefCell<Vec<Page>> = const { RefCell::new(Vec::new()) };
}

#[link(wasm_import_module = "env")]
unsafe extern "C" {
    fn proxy_set_effective_context(context: u32) -> u32;
    fn proxy_get_header_map_value(
        map: u32,
        name: *const u8,
        n: usize,
        data: *mut *mut u8,
        size: *mut usize,
    ) -> u32;
    fn proxy_get_buffer_bytes(
        kind: u32,
        start: usize,
        most: usize,
        data: *mut *mut u8,
        size: *mut usize,
    ) -> u32;
    fn proxy_send_local_response(
        status: u32,
        detail: *const u8,
        detail_size: usize,
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
}

unsafe extern "C" {
    fn __wasm_call_ctors();
}

#[unsafe(no_mangle)]
extern "C" fn _initialize() {
    // SAFETY: the host calls this first and once, as a reactor's start is defined.
    unsafe { __wasm_call_ctors() };
}

#[unsafe(no_mangle)]
extern "C" fn proxy_abi_version_0_2_1() {}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_memory_allocate(size: usize) -> *mut u8 {
    Box::into_raw(vec![0_u8; size].into_boxed_slice()).cast()
}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_context_create(_context: u32, _root: u32) {}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_request_headers(context: u32, _lines: usize, _is_last: bool) -> u32 {
    if header(REQUEST_HEADERS, b":path") != PATH {
        return CONTINUE;
    }
    let calls = PARTS.map(|(_, path)| ask(path));
    PAGES.with(|pages| pages.borrow_mut().push(Page { context, calls, bodies: [None, None, None] }));
    PAUSE
}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_http_call_response(
    _root: u32,
    token: u32,
    _lines: usize,
    _size: usize,
    _trailers: usize,
) {
    let is_good = header(CALL_HEADERS, b":status") == b"200";
    let body = is_good.then(body);
    let ended = PAGES.with(|pages| keep(token, body, &mut pages.borrow_mut()));
    ended.iter().for_each(answer);
}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_delete(context: u32) {
    PAGES.with(|pages| pages.borrow_mut().retain(|page| page.context != context));
}

/// The token of the call for a part.
fn ask(path: &[u8]) -> u32 {
    let headers = encoded(&[
        (b":method", b"GET"),
        (b":path", path),
        (b":authority", CLUSTER),
        (b"accept-encoding", b"identity"),
        (b"accept", b"application/json"),
    ]);
    let (no_body, no_trailers, mut token) = ([0_u8; 0], [0_u8; 4], 0);
    // SAFETY: slices and pointer are valid for the call.
    unsafe {
        proxy_http_call(
            CLUSTER.as_ptr(),
            CLUSTER.len(),
            headers.as_ptr(),
            headers.len(),
            no_body.as_ptr(),
            no_body.len(),
            no_trailers.as_ptr(),
            no_trailers.len(),
            TIMEOUT_MILLIS,
            &raw mut token,
        );
    }
    token
}

/// Keeps what a call brought; the page that ends with it, because it is whole or because a part is missing for good.
fn keep(token: u32, body: Option<Vec<u8>>, pages: &mut Vec<Page>) -> Option<Page> {
    let at = pages.iter().position(|page| page.calls.contains(&token))?;
    let page = pages.get_mut(at)?;
    let has_failed = body.is_none();
    let part = page.calls.iter().position(|call| *call == token)?;
    *page.bodies.get_mut(part)? = body;
    (has_failed || page.bodies.iter().all(Option::is_some)).then(|| pages.swap_remove(at))
}

fn answer(page: &Page) {
    let mut pasted = Vec::new();
    for ((before, _), body) in PARTS.iter().zip(&page.bodies) {
        let Some(body) = body else { return reply(page.context, 502, b"a part failed") };
        pasted.extend_from_slice(before);
        pasted.extend_from_slice(body);
    }
    pasted.push(b'}');
    reply(page.context, 200, &pasted);
}

fn reply(context: u32, status: u32, body: &[u8]) {
    let (no_detail, no_grpc_status) = ([0_u8; 0], -1);
    let headers = encoded(&[(b"content-type", b"application/json")]);
    // SAFETY: the slices are valid for the call.
    unsafe {
        proxy_set_effective_context(context);
        proxy_send_local_response(
            status,
            no_detail.as_ptr(),
            no_detail.len(),
            body.as_ptr(),
            body.len(),
            headers.as_ptr(),
            headers.len(),
            no_grpc_status,
        );
    }
}

fn header(map: u32, name: &[u8]) -> Vec<u8> {
    // SAFETY: slice and pointers are valid for the call.
    received(|data, size| unsafe { proxy_get_header_map_value(map, name.as_ptr(), name.len(), data, size) })
}

/// The body of the answer that is being told.
fn body() -> Vec<u8> {
    // SAFETY: the pointers are valid for the call.
    received(|data, size| unsafe { proxy_get_buffer_bytes(CALL_BODY, 0, usize::MAX, data, size) })
}

fn received(call: impl FnOnce(*mut *mut u8, *mut usize) -> u32) -> Vec<u8> {
    let (mut data, mut size) = (std::ptr::null_mut(), 0);
    if call(&raw mut data, &raw mut size) != 0 || data.is_null() {
        return Vec::new();
    }
    // SAFETY: the host filled a block that `proxy_on_memory_allocate` gave it with exactly this size.
    unsafe { Vec::from_raw_parts(data, size, size) }
}

/// A header map in the host's encoding.
fn encoded(lines: &Lines<'_>) -> Vec<u8> {
    let number = |length: usize| u32::try_from(length).unwrap_or_default().to_le_bytes();
    let mut bytes = number(lines.len()).to_vec();
    for (name, value) in lines {
        bytes.extend(number(name.len()));
        bytes.extend(number(value.len()));
    }
    for text in lines.iter().flat_map(|(name, value)| [name, value]) {
        bytes.extend_from_slice(text);
        bytes.push(0);
    }
    bytes
}
