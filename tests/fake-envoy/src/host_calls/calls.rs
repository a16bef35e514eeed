//! Calls to other services.

use super::host_call;
use crate::abi::Status;
use crate::calls::Call;
use crate::grpc::GrpcCall;
use crate::grpc_service::Target;
use crate::hazard;
use crate::header_map::HeaderMap;
use crate::host::{Afterwards, Host};
use crate::memory;
use std::time::Duration;

/// The root context makes the call, whatever stream it is for: the answer is told to the root, and it is told even when the
/// stream has gone in the meantime.
fn send(
    host: &mut Host,
    cluster: String,
    headers: HeaderMap,
    rest: (&[u8], HeaderMap, u32),
) -> Result<u32, Status> {
    let (body, trailers, timeout) = rest;
    let timeout = i32::try_from(timeout).map_err(|_| Status::BadArgument)?;
    let timeout = (timeout > 0).then(|| Duration::from_millis(timeout.unsigned_abs().into()));
    let call = Call {
        token: 0,
        cluster,
        headers,
        body: body.to_vec(),
        trailers,
        timeout,
        made_for: host.context(),
        root: host.root(),
        due: timeout.map(|timeout| host.elapsed + timeout),
    };
    host.calls.send(call)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn proxy_http_call(
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
) -> Status {
    host_call("proxy_http_call", |host| {
        // SAFETY: the guest's promise.
        unsafe {
            let headers = HeaderMap::decode(memory::bytes(headers, headers_size));
            let trailers = HeaderMap::decode(memory::bytes(trailers, trailers_size));
            let rest = (memory::bytes(body, body_size), trailers, timeout);
            memory::put(token, 0);
            let sent = send(host, memory::text(cluster, cluster_size).into_owned(), headers, rest)?;
            memory::put(token, sent);
        }
        Ok(())
    })
}

/// A bare name is looked up at once. A message is sent whatever cluster it names: one that is not there fails at once, with a close
/// besides, for a token that the guest was never given.
fn send_grpc(host: &mut Host, mut call: GrpcCall, service: &[u8]) -> Result<u32, Status> {
    call.cluster = match Target::of(service) {
        Target::Nothing => {
            host.afterwards.push(Afterwards::Hazard(hazard::CLUSTER_PARSES));
            return Err(Status::InternalFailure);
        }
        Target::Name(name) if !host.calls.clusters.contains(&name) => return Err(Status::ParseFailure),
        Target::Name(name) | Target::Cluster(name) => name,
    };
    let Some(message) = host.calls.cannot_reach(&call.cluster) else {
        return Ok(host.grpc.send(call));
    };
    let (root, token) = (call.root, host.grpc.next_token());
    host.afterwards.push(Afterwards::CloseGrpc { root, token, message });
    Err(Status::InternalFailure)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn proxy_grpc_call(
    target: *const u8,
    target_size: usize,
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
) -> Status {
    host_call("proxy_grpc_call", |host| {
        let timeout = Duration::from_millis(timeout.into());
        // SAFETY: the guest's promise.
        unsafe {
            let call = GrpcCall {
                token: 0,
                cluster: String::new(),
                service: memory::text(service, service_size).into_owned(),
                method: memory::text(method, method_size).into_owned(),
                metadata: HeaderMap::decode(memory::bytes(metadata, metadata_size)),
                message: memory::bytes(message, message_size).to_vec(),
                timeout,
                made_for: host.context(),
                root: host.root(),
                due: (!timeout.is_zero()).then(|| host.elapsed + timeout),
            };
            let sent = send_grpc(host, call, memory::bytes(target, target_size))?;
            memory::put(token, sent);
        }
        Ok(())
    })
}

/// Cancels a call: nobody is called back. A second time, or when it was answered, it is not found.
#[unsafe(no_mangle)]
extern "C" fn proxy_grpc_cancel(token: u32) -> Status {
    host_call("proxy_grpc_cancel", |host| host.grpc.pending.remove(&token).map(drop).ok_or(Status::NotFound))
}

#[unsafe(no_mangle)]
extern "C" fn proxy_grpc_close(token: u32) -> Status {
    host_call("proxy_grpc_close", |host| host.grpc.pending.remove(&token).map(drop).ok_or(Status::NotFound))
}

/// Streams of gRPC are not played.
#[unsafe(no_mangle)]
unsafe extern "C" fn proxy_grpc_stream(
    _cluster: *const u8,
    _cluster_size: usize,
    _service: *const u8,
    _service_size: usize,
    _method: *const u8,
    _method_size: usize,
    _metadata: *const u8,
    _metadata_size: usize,
    _token: *mut u32,
) -> Status {
    host_call("proxy_grpc_stream", |_| Err(Status::InternalFailure))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn proxy_grpc_send(_token: u32, _message: *const u8, _size: usize, _end: bool) -> Status {
    host_call("proxy_grpc_send", |_| Err(Status::BadArgument))
}

/// Why the call failed whose callback is running.
#[unsafe(no_mangle)]
unsafe extern "C" fn proxy_get_status(
    code: *mut u32,
    message: *mut *mut u8,
    message_size: *mut usize,
) -> Status {
    host_call("proxy_get_status", |host| {
        let (status, text) = host.status.clone();
        // SAFETY: the guest's promise.
        unsafe {
            memory::put(code, status);
            memory::give(text.into_bytes(), message, message_size)
        }
    })
}
