//! The host's functions as proxy-wasm ABI 0.2.1 defines them, and the little that makes them safe to call.
//!
//! This is the one file of the filters with `unsafe` in it. Every function takes slices and gives owned bytes or a
//! [`Status`]; none panics, whatever the host answers.
#![expect(unsafe_code, reason = "host functions are foreign, and memory crosses the border here")]

/// Why the host refused a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    /// What was asked for is not there.
    NotFound,
    /// An argument does not fit, or the map is not available in this phase.
    BadArgument,
    /// The value was changed by another since it was read.
    CasMismatch,
    /// The host could not do it: a capability is missing, no host is healthy, a bound is reached.
    Failed,
}

/// Which header map a call is about.
#[derive(Clone, Copy, Debug)]
#[repr(u32)]
pub(crate) enum Map {
    /// The client's request.
    Request = 0,
    /// What the client's request has behind its body.
    RequestTrailers = 1,
    /// The answer on its way to the client.
    Answer = 2,
    /// What the answer has behind its body.
    AnswerTrailers = 3,
    /// The answer to a call of ours.
    CallAnswer = 6,
}

/// Which buffer a call is about.
#[derive(Clone, Copy, Debug)]
#[repr(u32)]
pub(crate) enum Buffer {
    /// The body of the answer on its way to the client.
    ResponseBody = 1,
    /// The body of the answer to a call of ours.
    CallBody = 4,
    /// The message that a gRPC service answered a call of ours with.
    GrpcMessage = 5,
    /// The plugin's configuration.
    PluginConfiguration = 7,
}

/// Which half of a stream goes on or is closed.
#[derive(Clone, Copy, Debug)]
#[repr(u32)]
pub(crate) enum Stream {
    /// The request, towards the upstream.
    Request = 0,
    /// The answer, towards the client.
    Response = 1,
}

type Size = usize;

#[link(wasm_import_module = "env")]
unsafe extern "C" {
    fn proxy_log(level: u32, text: *const u8, size: Size) -> u32;
    fn proxy_get_current_time_nanoseconds(time: *mut u64) -> u32;
    fn proxy_set_tick_period_milliseconds(period: u32) -> u32;
    fn proxy_set_effective_context(context: u32) -> u32;
    fn proxy_get_buffer_bytes(kind: u32, start: Size, most: Size, data: *mut *mut u8, size: *mut Size)
    -> u32;
    fn proxy_set_buffer_bytes(kind: u32, start: Size, replaced: Size, data: *const u8, size: Size) -> u32;
    fn proxy_get_header_map_pairs(map: u32, data: *mut *mut u8, size: *mut Size) -> u32;
    fn proxy_get_header_map_value(
        map: u32,
        name: *const u8,
        n: Size,
        data: *mut *mut u8,
        size: *mut Size,
    ) -> u32;
    fn proxy_add_header_map_value(map: u32, name: *const u8, n: Size, value: *const u8, v: Size) -> u32;
    fn proxy_replace_header_map_value(map: u32, name: *const u8, n: Size, value: *const u8, v: Size) -> u32;
    fn proxy_remove_header_map_value(map: u32, name: *const u8, n: Size) -> u32;
    fn proxy_get_property(path: *const u8, size: Size, data: *mut *mut u8, data_size: *mut Size) -> u32;
    fn proxy_set_property(path: *const u8, size: Size, value: *const u8, value_size: Size) -> u32;
    fn proxy_get_shared_data(
        key: *const u8,
        n: Size,
        data: *mut *mut u8,
        size: *mut Size,
        cas: *mut u32,
    ) -> u32;
    fn proxy_set_shared_data(key: *const u8, n: Size, value: *const u8, size: Size, cas: u32) -> u32;
    fn proxy_continue_stream(stream: u32) -> u32;
    fn proxy_close_stream(stream: u32) -> u32;
    fn proxy_send_local_response(
        status: u32,
        detail: *const u8,
        detail_size: Size,
        body: *const u8,
        body_size: Size,
        headers: *const u8,
        headers_size: Size,
        grpc_status: i32,
    ) -> u32;
    fn proxy_http_call(
        cluster: *const u8,
        cluster_size: Size,
        headers: *const u8,
        headers_size: Size,
        body: *const u8,
        body_size: Size,
        trailers: *const u8,
        trailers_size: Size,
        timeout: u32,
        token: *mut u32,
    ) -> u32;
    fn proxy_grpc_call(
        target: *const u8,
        target_size: Size,
        service: *const u8,
        service_size: Size,
        method: *const u8,
        method_size: Size,
        metadata: *const u8,
        metadata_size: Size,
        message: *const u8,
        message_size: Size,
        timeout: u32,
        token: *mut u32,
    ) -> u32;
    fn proxy_call_foreign_function(
        name: *const u8,
        name_size: Size,
        argument: *const u8,
        argument_size: Size,
        data: *mut *mut u8,
        size: *mut Size,
    ) -> u32;
    fn proxy_define_metric(kind: u32, name: *const u8, size: Size, id: *mut u32) -> u32;
    fn proxy_increment_metric(id: u32, by: i64) -> u32;
    fn proxy_record_metric(id: u32, value: u64) -> u32;
}

fn checked(status: u32) -> Result<(), Status> {
    match status {
        0 => Ok(()),
        1 | 7 => Err(Status::NotFound),
        2 => Err(Status::BadArgument),
        8 => Err(Status::CasMismatch),
        _ => Err(Status::Failed),
    }
}

/// Runs a call that answers with memory, which the host took from [`allocate`].
fn received(call: impl FnOnce(*mut *mut u8, *mut Size) -> u32) -> Result<Vec<u8>, Status> {
    let (mut data, mut size) = (std::ptr::null_mut(), 0);
    checked(call(&raw mut data, &raw mut size))?;
    if data.is_null() || size == 0 {
        return Ok(Vec::new());
    }
    // SAFETY: the host filled `size` bytes of a block that `allocate` gave it with exactly this size, and hands it
    // over once.
    Ok(unsafe { Vec::from_raw_parts(data, size, size) })
}

/// Gives the host a block of `size` bytes to answer with. The host fills all of it, so nothing is written there before.
pub(crate) fn allocate(size: usize) -> *mut u8 {
    Box::into_raw(Box::<[u8]>::new_uninit_slice(size)).cast()
}

/// Writes a line to Envoy's log; `level` counts from trace (0) to error (4).
pub(crate) fn log(level: u32, text: &str) {
    // SAFETY: the slice is valid for the call. A log line that is lost is not worth a status.
    unsafe { proxy_log(level, text.as_ptr(), text.len()) };
}

/// Nanoseconds since the Unix epoch.
pub(crate) fn now() -> Result<u64, Status> {
    let mut time = 0;
    // SAFETY: the pointer is valid for the call.
    checked(unsafe { proxy_get_current_time_nanoseconds(&raw mut time) })?;
    Ok(time)
}

/// Sets the beat of the root context, in milliseconds; 0 stops it.
pub(crate) fn set_tick_period(millis: u32) -> Result<(), Status> {
    // SAFETY: no memory crosses.
    checked(unsafe { proxy_set_tick_period_milliseconds(millis) })
}

/// Makes the calls that follow act on another context, until this callback ends.
pub(crate) fn set_effective_context(context: u32) -> Result<(), Status> {
    // SAFETY: no memory crosses.
    checked(unsafe { proxy_set_effective_context(context) })
}

/// Reads at most `most` bytes of a buffer from `start` on.
pub(crate) fn buffer(kind: Buffer, start: usize, most: usize) -> Result<Vec<u8>, Status> {
    // SAFETY: the pointers are valid for the call.
    received(|data, size| unsafe { proxy_get_buffer_bytes(kind as u32, start, most, data, size) })
}

/// Replaces `replaced` bytes of a buffer from `start` on.
pub(crate) fn set_buffer(kind: Buffer, start: usize, replaced: usize, bytes: &[u8]) -> Result<(), Status> {
    // SAFETY: the slice is valid for the call.
    checked(unsafe { proxy_set_buffer_bytes(kind as u32, start, replaced, bytes.as_ptr(), bytes.len()) })
}

/// All lines of a header map, in the host's encoding.
pub(crate) fn header_map(map: Map) -> Result<Vec<u8>, Status> {
    // SAFETY: the pointers are valid for the call.
    received(|data, size| unsafe { proxy_get_header_map_pairs(map as u32, data, size) })
}

/// The first value of a header.
pub(crate) fn header(map: Map, name: &str) -> Result<Vec<u8>, Status> {
    // SAFETY: the pointers are valid for the call.
    received(|data, size| unsafe {
        proxy_get_header_map_value(map as u32, name.as_ptr(), name.len(), data, size)
    })
}

/// Adds a line, whatever lines the header has.
pub(crate) fn add_header(map: Map, name: &str, value: &[u8]) -> Result<(), Status> {
    // SAFETY: the slices are valid for the call.
    checked(unsafe {
        proxy_add_header_map_value(map as u32, name.as_ptr(), name.len(), value.as_ptr(), value.len())
    })
}

/// Sets a header to one value.
pub(crate) fn set_header(map: Map, name: &str, value: &[u8]) -> Result<(), Status> {
    // SAFETY: the slices are valid for the call.
    checked(unsafe {
        proxy_replace_header_map_value(map as u32, name.as_ptr(), name.len(), value.as_ptr(), value.len())
    })
}

/// Removes every line of a header.
pub(crate) fn remove_header(map: Map, name: &str) -> Result<(), Status> {
    // SAFETY: the slice is valid for the call.
    checked(unsafe { proxy_remove_header_map_value(map as u32, name.as_ptr(), name.len()) })
}

/// A property, by its path with NUL between the steps.
pub(crate) fn property(path: &str) -> Result<Vec<u8>, Status> {
    // SAFETY: slice and pointers are valid for the call.
    received(|data, size| unsafe { proxy_get_property(path.as_ptr(), path.len(), data, size) })
}

/// Sets a property, which becomes filter state that access logs can show.
pub(crate) fn set_property(path: &str, value: &[u8]) -> Result<(), Status> {
    // SAFETY: the slices are valid for the call.
    checked(unsafe { proxy_set_property(path.as_ptr(), path.len(), value.as_ptr(), value.len()) })
}

/// A value that all workers share, and the number that its next writer must show.
pub(crate) fn shared_data(key: &[u8]) -> Result<(Vec<u8>, u32), Status> {
    let mut cas = 0;
    // SAFETY: slice and pointers are valid for the call.
    let value = received(|data, size| unsafe {
        proxy_get_shared_data(key.as_ptr(), key.len(), data, size, &raw mut cas)
    })?;
    Ok((value, cas))
}

/// Sets a value that all workers share: without condition where `cas` is 0, else if nobody wrote since.
pub(crate) fn set_shared_data(key: &[u8], value: &[u8], cas: u32) -> Result<(), Status> {
    // SAFETY: the slices are valid for the call.
    checked(unsafe { proxy_set_shared_data(key.as_ptr(), key.len(), value.as_ptr(), value.len(), cas) })
}

/// Lets a stream that was paused go on.
pub(crate) fn continue_stream(stream: Stream) -> Result<(), Status> {
    // SAFETY: no memory crosses.
    checked(unsafe { proxy_continue_stream(stream as u32) })
}

/// Resets a stream.
pub(crate) fn close_stream(stream: Stream) -> Result<(), Status> {
    // SAFETY: no memory crosses.
    checked(unsafe { proxy_close_stream(stream as u32) })
}

/// Answers the client; `headers` in the host's encoding.
pub(crate) fn send_local_response(
    status: u16,
    detail: &str,
    headers: &[u8],
    body: &[u8],
) -> Result<(), Status> {
    const NO_GRPC_STATUS: i32 = -1;
    // SAFETY: the slices are valid for the call.
    checked(unsafe {
        proxy_send_local_response(
            u32::from(status),
            detail.as_ptr(),
            detail.len(),
            body.as_ptr(),
            body.len(),
            headers.as_ptr(),
            headers.len(),
            NO_GRPC_STATUS,
        )
    })
}

/// Sends a request to a cluster; `headers` in the host's encoding; answers the call's token.
pub(crate) fn http_call(
    cluster: &str,
    headers: &[u8],
    body: &[u8],
    timeout_millis: u32,
) -> Result<u32, Status> {
    let mut token = 0;
    let no_trailers = 0_u32.to_le_bytes();
    // SAFETY: slices and pointer are valid for the call.
    checked(unsafe {
        proxy_http_call(
            cluster.as_ptr(),
            cluster.len(),
            headers.as_ptr(),
            headers.len(),
            body.as_ptr(),
            body.len(),
            no_trailers.as_ptr(),
            no_trailers.len(),
            timeout_millis,
            &raw mut token,
        )
    })?;
    Ok(token)
}

/// Calls a gRPC method, `package.Service` and `Method`; answers the call's token.
///
/// `target` is an encoded `envoy.config.core.v3.GrpcService`, and never a bare name: Envoy takes a name that happens to parse as
/// that message for one without a target, and aborts.
pub(crate) fn grpc_call(
    target: &[u8],
    service: &str,
    method: &str,
    message: &[u8],
    timeout_millis: u32,
) -> Result<u32, Status> {
    let mut token = 0;
    let no_metadata = 0_u32.to_le_bytes();
    // SAFETY: slices and pointer are valid for the call.
    checked(unsafe {
        proxy_grpc_call(
            target.as_ptr(),
            target.len(),
            service.as_ptr(),
            service.len(),
            method.as_ptr(),
            method.len(),
            no_metadata.as_ptr(),
            no_metadata.len(),
            message.as_ptr(),
            message.len(),
            timeout_millis,
            &raw mut token,
        )
    })?;
    Ok(token)
}

/// Calls a function that the host registered under a name.
pub(crate) fn foreign_function(name: &str, argument: &[u8]) -> Result<Vec<u8>, Status> {
    // SAFETY: slices and pointers are valid for the call.
    received(|data, size| unsafe {
        proxy_call_foreign_function(name.as_ptr(), name.len(), argument.as_ptr(), argument.len(), data, size)
    })
}

/// As [`foreign_function`], for the length of the answer alone: where the host is given no place for an answer, it keeps it.
pub(crate) fn length_of_foreign_function(name: &str, argument: &[u8]) -> Result<usize, Status> {
    let (nowhere, mut size) = (std::ptr::null_mut(), 0);
    // SAFETY: slices and pointers are valid for the call, or null where the host looks for that.
    checked(unsafe {
        proxy_call_foreign_function(
            name.as_ptr(),
            name.len(),
            argument.as_ptr(),
            argument.len(),
            nowhere,
            &raw mut size,
        )
    })?;
    Ok(size)
}

/// Defines a metric: 0 is a counter, 1 a gauge, 2 a histogram.
pub(crate) fn define_metric(kind: u32, name: &str) -> Result<u32, Status> {
    let mut id = 0;
    // SAFETY: slice and pointer are valid for the call.
    checked(unsafe { proxy_define_metric(kind, name.as_ptr(), name.len(), &raw mut id) })?;
    Ok(id)
}

/// Adds to a metric.
pub(crate) fn increment_metric(id: u32, by: i64) -> Result<(), Status> {
    // SAFETY: no memory crosses.
    checked(unsafe { proxy_increment_metric(id, by) })
}

/// Sets a gauge, or adds an observation to a histogram.
pub(crate) fn record_metric(id: u32, value: u64) -> Result<(), Status> {
    // SAFETY: no memory crosses.
    checked(unsafe { proxy_record_metric(id, value) })
}
