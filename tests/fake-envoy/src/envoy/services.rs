//! The services that a module calls, as a test plays them.

use super::Envoy;
use crate::calls::{Call, CallAnswer};
use crate::grpc::GrpcCall;
use crate::guest;
use crate::header_map::HeaderMap;
use crate::host;

const CONNECT_FAILURE: &str =
    "upstream connect error or disconnect/reset before headers. reset reason: remote connection failure";

impl Envoy {
    /// The HTTP calls that nobody has answered, oldest first.
    #[must_use]
    pub fn calls(&self) -> Vec<Call> {
        host::with(|host| host.calls.pending.values().cloned().collect())
    }

    /// The gRPC calls that nobody has answered, oldest first.
    #[must_use]
    pub fn grpc_calls(&self) -> Vec<GrpcCall> {
        host::with(|host| host.grpc.pending.values().cloned().collect())
    }

    /// The upstream of a call answers it.
    pub fn answer<Name: AsRef<str>, Value: AsRef<[u8]>>(
        &self,
        call: &Call,
        status: u16,
        headers: impl IntoIterator<Item = (Name, Value)>,
        body: impl AsRef<[u8]>,
    ) {
        let mut all = HeaderMap::from_iter([(":status", status.to_string())]);
        for (name, value) in headers {
            all.add(name.as_ref(), value.as_ref());
        }
        answer_call(call.token, CallAnswer { headers: all, body: body.as_ref().to_vec(), trailers: None });
    }

    /// The call's stream is reset, or its answer is bigger than 32 MiB: the callback has no headers, and reading one is an error.
    pub fn fail(&self, call: &Call) {
        fail_call(call.token);
    }

    /// The upstream of a call cannot be reached. That arrives as an ordinary 503, made by Envoy.
    pub fn connect_failure(&self, call: &Call) {
        answer_call(call.token, CallAnswer::of_envoy(503, CONNECT_FAILURE));
    }

    /// A call's time is up. That arrives as an ordinary 504, made by Envoy.
    pub fn time_out(&self, call: &Call) {
        answer_call(call.token, CallAnswer::of_envoy(504, "upstream request timeout"));
    }

    /// The service answers a gRPC call.
    pub fn answer_grpc(&self, call: &GrpcCall, message: impl AsRef<[u8]>) {
        let known = host::with(|host| {
            host.grpc.receiving = Some(message.as_ref().to_vec());
            host.grpc.pending.remove(&call.token).is_some()
        });
        if known {
            guest::grpc_receive(call.root, call.token, message.as_ref().len());
        }
    }

    /// A gRPC call ends without an answer.
    pub fn fail_grpc(&self, call: &GrpcCall, status: u32, message: &str) {
        fail_grpc(call, status, message);
    }
}

pub(crate) fn answer_call(token: u32, answer: CallAnswer) {
    let sizes = (answer.headers.len(), answer.body.len(), answer.trailers.as_ref().map_or(0, HeaderMap::len));
    let Some(call) = host::with(|host| {
        let call = host.calls.pending.remove(&token)?;
        host.calls.answering = Some(answer);
        Some(call)
    }) else {
        return;
    };
    guest::http_call_response(call.root, token, sizes.0, sizes.1, sizes.2);
}

fn fail_call(token: u32) {
    /// `BrokenConnection`, which is no status of a host call.
    const BROKEN_CONNECTION: u32 = 11;
    let Some(call) = host::with(|host| {
        host.status = (BROKEN_CONNECTION, "reset".to_owned());
        host.calls.pending.remove(&token)
    }) else {
        return;
    };
    guest::http_call_response(call.root, token, 0, 0, 0);
}

pub(crate) fn fail_grpc(call: &GrpcCall, status: u32, message: &str) {
    if host::with(|host| host.grpc.pending.remove(&call.token).is_some()) {
        guest::grpc_close(call.root, call.token, status, message);
    }
}
