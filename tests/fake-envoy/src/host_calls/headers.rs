//! Headers and bodies.

use super::host_call;
use crate::abi::{Answer, BufferType, MapType, Status};
use crate::half::Half;
use crate::header_map::HeaderMap;
use crate::host::Host;
use crate::memory;
use crate::stream_state::StreamState;

/// A map that can be changed: the stream's own, while the phase has it.
fn editable(host: &mut Host, map: u32) -> Result<&mut HeaderMap, Status> {
    let map = MapType::from_abi(map)?;
    let stream = host.current_stream().ok_or(Status::BadArgument)?;
    let (half, trailers) = half_of(stream, map).ok_or(Status::BadArgument)?;
    let visible = if trailers { half.trailers_visible } else { half.headers_visible };
    let map = if trailers { half.trailers.as_mut() } else { half.headers.as_mut() };
    map.filter(|_| visible).ok_or(Status::BadArgument)
}

/// A map that can be read. While a stream is logged every map can, and what is not there is `NotFound`; else it is `BadArgument`.
fn readable(host: &mut Host, map: u32) -> Result<&HeaderMap, Status> {
    let map = MapType::from_abi(map)?;
    if map == MapType::CallHeaders || map == MapType::CallTrailers {
        let logging = host.current_stream().is_some_and(|stream| stream.logging);
        let missing = if logging { Status::NotFound } else { Status::BadArgument };
        let answer = host.calls.answering.as_ref().ok_or(missing)?;
        let trailers = answer.trailers.as_ref();
        return if map == MapType::CallHeaders { Ok(&answer.headers) } else { trailers.ok_or(missing) };
    }
    let stream = host.current_stream().ok_or(Status::BadArgument)?;
    let logging = stream.logging;
    let missing = if logging { Status::NotFound } else { Status::BadArgument };
    let (half, trailers) = half_of(stream, map).ok_or(missing)?;
    let visible = logging || if trailers { half.trailers_visible } else { half.headers_visible };
    let map = if trailers { half.trailers.as_ref() } else { half.headers.as_ref() };
    map.filter(|_| visible).ok_or(missing)
}

/// Which direction a map is of, and whether it is its trailers.
fn half_of(stream: &mut StreamState, map: MapType) -> Option<(&mut Half, bool)> {
    match map {
        MapType::RequestHeaders => Some((&mut stream.request, false)),
        MapType::RequestTrailers => Some((&mut stream.request, true)),
        MapType::ResponseHeaders => Some((&mut stream.response, false)),
        MapType::ResponseTrailers => Some((&mut stream.response, true)),
        _ => None,
    }
}

/// Only the first of several values.
#[unsafe(no_mangle)]
unsafe extern "C" fn proxy_get_header_map_value(
    map: u32,
    name: *const u8,
    name_size: usize,
    value: *mut *mut u8,
    value_size: *mut usize,
) -> Status {
    host_call("proxy_get_header_map_value", |host| {
        // SAFETY: the guest's promise, as in every function of the ABI.
        let name = unsafe { memory::text(name, name_size) };
        let found = readable(host, map)?.get(&name).ok_or(Status::NotFound)?.to_vec();
        // SAFETY: as above.
        unsafe { memory::give(found, value, value_size) }
    })
}

/// A map that the phase does not have is an empty one here, not an error.
#[unsafe(no_mangle)]
unsafe extern "C" fn proxy_get_header_map_pairs(map: u32, data: *mut *mut u8, size: *mut usize) -> Status {
    host_call("proxy_get_header_map_pairs", |host| {
        MapType::from_abi(map)?;
        let pairs = readable(host, map).map(HeaderMap::encode).unwrap_or_default();
        // SAFETY: the guest's promise.
        unsafe { memory::give(pairs, data, size) }
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn proxy_set_header_map_pairs(map: u32, data: *const u8, size: usize) -> Status {
    host_call("proxy_set_header_map_pairs", |host| {
        // SAFETY: the guest's promise.
        let pairs = HeaderMap::decode(unsafe { memory::bytes(data, size) });
        *editable(host, map)? = pairs;
        Ok(())
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn proxy_add_header_map_value(
    map: u32,
    name: *const u8,
    name_size: usize,
    value: *const u8,
    value_size: usize,
) -> Status {
    host_call("proxy_add_header_map_value", |host| {
        // SAFETY: the guest's promise.
        let (name, value) = unsafe { (memory::text(name, name_size), memory::bytes(value, value_size)) };
        editable(host, map)?.add(&name, value);
        Ok(())
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn proxy_replace_header_map_value(
    map: u32,
    name: *const u8,
    name_size: usize,
    value: *const u8,
    value_size: usize,
) -> Status {
    host_call("proxy_replace_header_map_value", |host| {
        // SAFETY: the guest's promise.
        let (name, value) = unsafe { (memory::text(name, name_size), memory::bytes(value, value_size)) };
        editable(host, map)?.set(&name, value);
        Ok(())
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn proxy_remove_header_map_value(map: u32, name: *const u8, name_size: usize) -> Status {
    host_call("proxy_remove_header_map_value", |host| {
        // SAFETY: the guest's promise.
        let name = unsafe { memory::text(name, name_size) };
        editable(host, map)?.remove(&name);
        Ok(())
    })
}

/// The bytes of a buffer that the phase has. A body that is not there is an empty one; the rest is `NotFound`.
fn buffer(host: &mut Host, buffer: u32) -> Result<Vec<u8>, Status> {
    let found = match BufferType::from_abi(buffer)? {
        BufferType::RequestBody => Some(body(host, |stream| &mut stream.request)),
        BufferType::ResponseBody => Some(body(host, |stream| &mut stream.response)),
        BufferType::Elsewhere => Some(Vec::new()),
        BufferType::CallBody => host.calls.answering.as_ref().map(|answer| answer.body.clone()),
        BufferType::GrpcMessage => Some(host.grpc.receiving.clone().unwrap_or_default()),
        BufferType::VmConfiguration => Some(host.vm_configuration.clone()),
        BufferType::PluginConfiguration => {
            let root = host.configuring.and_then(|root| host.roots.get(&root));
            root.map(|root| root.configuration.clone())
        }
    };
    found.ok_or(Status::NotFound)
}

fn body(host: &mut Host, half: impl FnOnce(&mut StreamState) -> &mut Half) -> Vec<u8> {
    let stream = host.current_stream();
    stream.and_then(|stream| half(stream).visible_body().cloned()).unwrap_or_default()
}

/// Reads from `start`, at most `max_size`; what is past the end is not there, and nothing at all is a null pointer.
#[unsafe(no_mangle)]
unsafe extern "C" fn proxy_get_buffer_bytes(
    kind: u32,
    start: usize,
    max_size: usize,
    data: *mut *mut u8,
    size: *mut usize,
) -> Status {
    host_call("proxy_get_buffer_bytes", |host| {
        let bytes = buffer(host, kind)?;
        let end = start.checked_add(max_size).ok_or(Status::BadArgument)?.min(bytes.len());
        let part = bytes.get(start..end).unwrap_or_default().to_vec();
        if part.is_empty() {
            return Ok(());
        }
        // SAFETY: the guest's promise.
        unsafe { memory::give(part, data, size) }
    })
}

/// Replaces `size` bytes from `start`: all of it, or in front (`0, 0`), or behind (a start past the end).
#[unsafe(no_mangle)]
unsafe extern "C" fn proxy_set_buffer_bytes(
    number: u32,
    start: usize,
    size: usize,
    data: *const u8,
    data_size: usize,
) -> Status {
    host_call("proxy_set_buffer_bytes", |host| {
        let kind = BufferType::from_abi(number)?;
        // SAFETY: the guest's promise.
        let bytes = unsafe { memory::bytes(data, data_size) };
        if !matches!(kind, BufferType::RequestBody | BufferType::ResponseBody) {
            // What can be read cannot be written; what cannot be read is not found.
            return buffer(host, number).and(Err(Status::BadArgument));
        }
        let stream = host.current_stream().ok_or(Status::BadArgument)?;
        let half = if kind == BufferType::RequestBody { &mut stream.request } else { &mut stream.response };
        replace(half.visible_body().ok_or(Status::BadArgument)?, start, size, bytes)
    })
}

fn replace(body: &mut Vec<u8>, start: usize, size: usize, bytes: &[u8]) -> Answer {
    if start == 0 {
        let tail = body.split_off(size.min(body.len()));
        *body = [bytes, &tail].concat();
        Ok(())
    } else if start >= body.len() {
        body.extend_from_slice(bytes);
        Ok(())
    } else {
        Err(Status::BadArgument)
    }
}
