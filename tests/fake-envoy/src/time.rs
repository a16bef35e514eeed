//! Time that passes when a test says so.

use std::time::Duration;

use crate::calls::CallAnswer;
use crate::envoy::services::{answer_call, fail_grpc};
use crate::grpc::GrpcCall;
use crate::guest;
use crate::host::{self, Host};

/// Something that a timer was set for.
enum Due {
    Tick(u32),
    Call(u32),
    Grpc(GrpcCall),
}

const GRPC_TIMEOUT: &str = "upstream request timeout{response_timeout}";

pub(crate) fn advance(by: Duration) {
    let end = host::with(|host| host.elapsed + by);
    while let Some((at, due)) = host::with(|host| next_due(host, end)) {
        host::with(|host| move_to(host, at));
        match due {
            Due::Tick(root) => tick(root),
            Due::Call(token) => answer_call(token, CallAnswer::of_envoy(504, "upstream request timeout")),
            Due::Grpc(call) => fail_grpc(&call, guest::UNAVAILABLE, GRPC_TIMEOUT),
        }
    }
    host::with(|host| move_to(host, end));
}

/// Both clocks go on together.
fn move_to(host: &mut Host, at: Duration) {
    host.wall += at.saturating_sub(host.elapsed);
    host.elapsed = host.elapsed.max(at);
}

/// The first timer that is due until then.
fn next_due(host: &Host, end: Duration) -> Option<(Duration, Due)> {
    let ticks = host.roots.iter().filter_map(|(id, root)| Some((root.tick?.due, Due::Tick(*id))));
    let calls = host.calls.due(end).and_then(|call| Some((call.due?, Due::Call(call.token))));
    let grpc = host.grpc.due(end).and_then(|call| Some((call.due?, Due::Grpc(call))));
    let all = ticks.chain(calls).chain(grpc).filter(|(at, _)| *at <= end);
    all.min_by_key(|(at, _)| *at)
}

/// The next tick is due a period after this one, unless the guest changes that.
fn tick(root: u32) {
    host::with(|host| {
        if let Some(tick) = host.roots.get_mut(&root).and_then(|root| root.tick.as_mut()) {
            tick.due += tick.period;
        }
    });
    guest::tick(root);
}
