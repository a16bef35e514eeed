//! What stages ask the host for, in their own words.

use std::time::Duration;

use portcullis_http::HeaderMap;

use crate::abi::{self, Buffer, Map, Status};
use crate::protobuf::grpc_service;

/// The time since the Unix epoch. This is the one function that reads the clock.
///
/// A host without a clock stands at the epoch: buckets do not refill then, which refuses rather than grants.
#[must_use]
pub fn now() -> Duration {
    Duration::from_nanos(abi::now().unwrap_or_default())
}

/// The address of the client as Envoy sees it after its own rules for trusted hops, such as `192.0.2.7:40022`.
#[must_use]
pub fn source_address() -> Option<Vec<u8>> {
    abi::property("source\0address").ok()
}

/// A call that was sent, until its answer comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CallId(pub(crate) u32);

/// Why a call could not even be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotSent {
    /// No cluster has this name, or a header that a request needs is missing.
    NoSuchCluster,
    /// The cluster has no healthy host, or its circuit breaker is open.
    NoHealthyHost,
}

/// What came back from a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// A whole answer; Envoy's own 502, 503 and 504 look like one. While it is being told, [`answer_header`],
    /// [`answer_headers`] and [`answer_body`] read it, or [`answer_message`] where a gRPC service was asked.
    Response {
        /// The size of its body.
        body_size: usize,
    },
    /// The stream was reset, the body was too big for the host, or a gRPC call failed: there is nothing to read.
    Reset,
}

/// Sends a request without a body to a cluster. The answer comes to the context that is at work now.
pub fn call<N: AsRef<[u8]>, V: AsRef<[u8]>>(
    cluster: &str,
    headers: &[(N, V)],
    timeout: Duration,
) -> Result<CallId, NotSent> {
    match abi::http_call(cluster, &HeaderMap::encode(headers), &[], millis(timeout)) {
        Ok(token) => Ok(CallId(token)),
        Err(Status::Failed) => Err(NotSent::NoHealthyHost),
        Err(_) => Err(NotSent::NoSuchCluster),
    }
}

/// A method of a gRPC service, which any cluster may serve.
#[derive(Clone, Copy, Debug)]
pub struct GrpcMethod {
    /// `package.Service`
    pub service: &'static str,
    /// `Method`
    pub name: &'static str,
}

/// Asks the gRPC service of a cluster. The answer comes to the context that is at work now.
pub fn grpc_call(
    cluster: &str,
    method: GrpcMethod,
    message: &[u8],
    timeout: Duration,
) -> Result<CallId, NotSent> {
    let target = grpc_service(cluster);
    match abi::grpc_call(&target, method.service, method.name, message, millis(timeout)) {
        Ok(token) => Ok(CallId(token)),
        // An unknown cluster is told like a sick one.
        Err(_) => Err(NotSent::NoHealthyHost),
    }
}

/// The host takes 0 for "no timeout", and nothing here may wait for ever.
fn millis(timeout: Duration) -> u32 {
    let millis = timeout.as_secs().saturating_mul(1000).saturating_add(u64::from(timeout.subsec_millis()));
    u32::try_from(millis).unwrap_or(u32::MAX).max(1)
}

/// The first value of a header of the answer that is being told, `:status` among them.
#[must_use]
pub fn answer_header(name: &str) -> Option<Vec<u8>> {
    abi::header(Map::CallAnswer, name).ok()
}

/// All headers of the answer that is being told.
#[must_use]
pub fn answer_headers() -> HeaderMap {
    abi::header_map(Map::CallAnswer).ok().and_then(HeaderMap::decode).unwrap_or_default()
}

/// At most `most` bytes of the body of the answer that is being told.
#[must_use]
pub fn answer_body(most: usize) -> Vec<u8> {
    abi::buffer(Buffer::CallBody, 0, most).unwrap_or_default()
}

/// At most `most` bytes of the message of the answer that is being told.
#[must_use]
pub fn answer_message(most: usize) -> Vec<u8> {
    abi::buffer(Buffer::GrpcMessage, 0, most).unwrap_or_default()
}

/// Calls a function that the host offers by name; `None` where it has none of that name or refuses the argument.
#[must_use]
pub fn foreign_function(name: &str, argument: &[u8]) -> Option<Vec<u8>> {
    abi::foreign_function(name, argument).ok()
}

/// As [`foreign_function`], for the length of the answer alone, which costs half of it.
#[must_use]
pub fn length_of_foreign_function(name: &str, argument: &[u8]) -> Option<usize> {
    abi::length_of_foreign_function(name, argument).ok()
}
