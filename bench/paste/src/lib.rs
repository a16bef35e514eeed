//! The floor under `aggregate.wasm`: a filter that asks three services at once and pastes what they say into one answer.
//!
//! It does what `lua/nginx.conf` does with `pasted`: it knows its path, sends three requests, looks at their statuses, and forgets a
//! request whose client has left. It has no document, checks no body and counts nothing. What a request costs with it is what
//! Envoy takes for four requests and their way into a module and back.
//!
//! With any configuration it is polite, and does what nobody can leave out who keeps the contract of an aggregation: it answers `GET` and `HEAD`
//! alone, hands on the headers that identify a request, and says in the answer which request it was and how long it took.
#![expect(unsafe_code, reason = "host functions are foreign, and memory crosses the border here")]

use std::cell::{Cell, RefCell};

const PATH: &[u8] = b"/api/home";
/// What stands before each part in the answer, and the path that it is asked for.
const PARTS: [(&[u8], &[u8]); 3] = [
    (b"{\"user\":", b"/users/7"),
    (b",\"recent_orders\":", b"/orders"),
    (b",\"recommendations\":", b"/recommendations"),
];
const CLUSTER: &[u8] = b"upstream";
const TIMEOUT_MILLIS: u32 = 1000;

/// What the parts are handed of the client's request.
const FORWARDED: [&[u8]; 12] = [
    b"x-user-id",
    b"x-user-role",
    b"x-request-id",
    b"traceparent",
    b"tracestate",
    b"b3",
    b"x-b3-traceid",
    b"x-b3-spanid",
    b"x-b3-parentspanid",
    b"x-b3-sampled",
    b"x-b3-flags",
    b"accept-language",
];

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
    manners: Option<Manners>,
}

/// What a polite answer tells of its request.
struct Manners {
    started: u64,
    request_id: Option<Vec<u8>>,
}

thread_local! {
    static IS_POLITE: Cell<bool> = const { Cell::new(false) };
    static PAGES: RefCell<Vec<Page>> = const { RefCell::new(Vec::new()) };
}

#[link(wasm_import_module = "env")]
unsafe extern "C" {
    fn proxy_set_effective_context(context: u32) -> u32;
    fn proxy_get_current_time_nanoseconds(time: *mut u64) -> u32;
    fn proxy_get_header_map_pairs(map: u32, data: *mut *mut u8, size: *mut usize) -> u32;
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
extern "C" fn proxy_on_configure(_root: u32, size: usize) -> bool {
    IS_POLITE.set(size > 0);
    true
}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_request_headers(context: u32, _lines: usize, _is_last: bool) -> u32 {
    let begun = if IS_POLITE.get() { politely(context) } else { bluntly(context) };
    let Some(page) = begun else { return CONTINUE };
    PAGES.with(|pages| pages.borrow_mut().push(page));
    PAUSE
}

fn bluntly(context: u32) -> Option<Page> {
    let is_ours = header(REQUEST_HEADERS, b":path") == PATH;
    is_ours.then(|| Page {
        context,
        calls: PARTS.map(|(_, path)| ask(path, &[])),
        bodies: [None, None, None],
        manners: None,
    })
}

fn politely(context: u32) -> Option<Page> {
    let headers = request_headers();
    let lines = decoded(&headers);
    let value = |wanted: &[u8]| lines.iter().find(|(name, _)| *name == wanted).map(|(_, value)| *value);
    if value(b":path") != Some(PATH) || !matches!(value(b":method"), Some(b"GET" | b"HEAD")) {
        return None;
    }
    let forwarded: Vec<_> = lines.iter().copied().filter(|(name, _)| FORWARDED.contains(name)).collect();
    let manners = Manners { started: now(), request_id: value(b"x-request-id").map(<[u8]>::to_vec) };
    let calls = PARTS.map(|(_, path)| ask(path, &forwarded));
    Some(Page { context, calls, bodies: [None, None, None], manners: Some(manners) })
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
fn ask(path: &[u8], forwarded: &Lines<'_>) -> u32 {
    let mut lines: Vec<(&[u8], &[u8])> = vec![
        (b":method", b"GET"),
        (b":path", path),
        (b":authority", CLUSTER),
        (b"accept-encoding", b"identity"),
        (b"accept", b"application/json"),
    ];
    lines.extend_from_slice(forwarded);
    let headers = encoded(&lines);
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
        let Some(body) = body else { return reply(page, 502, b"a part failed") };
        pasted.extend_from_slice(before);
        pasted.extend_from_slice(body);
    }
    pasted.push(b'}');
    reply(page, 200, &pasted);
}

fn reply(page: &Page, status: u32, body: &[u8]) {
    let (no_detail, no_grpc_status) = ([0_u8; 0], -1);
    let manners = page.manners.as_ref();
    let took = manners.map(|manners| format!("{}ms", now().saturating_sub(manners.started) / 1_000_000));
    let id = manners.and_then(|manners| manners.request_id.as_deref());
    let mut lines: Vec<(&[u8], &[u8])> = vec![(b"content-type", b"application/json")];
    lines.extend(id.map(|id| (&b"x-request-id"[..], id)));
    lines.extend(took.as_ref().map(|took| (&b"x-response-time"[..], took.as_bytes())));
    let headers = encoded(&lines);
    // SAFETY: the slices are valid for the call.
    unsafe {
        proxy_set_effective_context(page.context);
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

/// Nanoseconds since the Unix epoch.
fn now() -> u64 {
    let mut time = 0;
    // SAFETY: the pointer is valid for the call.
    unsafe { proxy_get_current_time_nanoseconds(&raw mut time) };
    time
}

/// All headers of the request, in the host's encoding.
fn request_headers() -> Vec<u8> {
    // SAFETY: the pointers are valid for the call.
    received(|data, size| unsafe { proxy_get_header_map_pairs(REQUEST_HEADERS, data, size) })
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

/// The lines of a header map in the host's encoding.
fn decoded(bytes: &[u8]) -> Vec<(&[u8], &[u8])> {
    let number = |at: usize| Some(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?) as usize);
    let count = number(0).unwrap_or_default();
    let mut at = 4 + count * 8;
    let mut next = |length: usize| {
        let text = bytes.get(at..at + length);
        at += length + 1;
        text
    };
    (0..count).map_while(|line| next(number(4 + line * 8)?).zip(next(number(8 + line * 8)?))).collect()
}
